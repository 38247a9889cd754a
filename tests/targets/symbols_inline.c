/* Source for the symbolizer's tests: inlining three deep, a call site on a line of its own, a cold part, a clone for a constant, a
 * nested block that becomes a range list, recursion, and code from an #include'd line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline unsigned rotate(unsigned value, unsigned by)
{
    return value << by | value >> (32 - by);
}

static inline unsigned mix(unsigned state, unsigned value)
{
    state ^= rotate(value, 7);
    state *= 0x9e3779b9u;
    return rotate(state,
                  13) +
           value;
}

static unsigned digest(const unsigned char *bytes, size_t count)
{
    unsigned state = 1;
    for (size_t i = 0; i < count; i++)
        state = mix(state, bytes[i]);
    return state;
}

__attribute__((cold)) static void complain(const char *what)
{
    fprintf(stderr, "no %s\n", what);
    exit(1);
}

/* The error branch goes to .text.unlikely: two ranges for one function. */
__attribute__((noinline)) static unsigned checked(const char *text, int repeat)
{
    if (!text)
        complain("text");
    unsigned sum = 0;
    for (int i = 0; i < repeat; i++) {
        size_t length = strlen(text);
        if (length > 1000000)
            complain("short text");
        sum += digest((const unsigned char *)text, length);
    }
    return sum;
}

__attribute__((noinline)) static unsigned long fibonacci(unsigned n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

#line 100 "generated/table.inc"
static const int table[] = {3, 1, 4, 1, 5, 9, 2, 6};
__attribute__((noinline)) static int lookup(unsigned at)
{
    int found = table[at % 8];
    return found * found;
}
#line 62 "symbols_inline.c"

static int compare_ints(const void *a, const void *b)
{
    const int *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

int main(int argc, char **argv)
{
    int numbers[16];
    for (int i = 0; i < 16; i++)
        numbers[i] = lookup((unsigned)(i * argc));
    qsort(numbers, 16, sizeof *numbers, compare_ints);
    printf("%u %lu %d\n", checked(argv[0], argc), fibonacci((unsigned)argc + 5), numbers[3]);
    return 0;
}
