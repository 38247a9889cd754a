/* Programs with known CPU shares. shares MODE SECONDS: the CPU time of each function follows from its iteration count, because every
 * function runs the same loop body. Prints nothing. */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static volatile uint64_t sink;
static double limit_s;

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#define SPIN(name)                                                                                                                     \
    __attribute__((noinline)) static void name(unsigned iterations)                                                                    \
    {                                                                                                                                  \
        uint64_t value = sink;                                                                                                         \
        for (unsigned i = 0; i < iterations; i++)                                                                                      \
            value = value * 6364136223846793005u + 1442695040888963407u;                                                               \
        sink = value;                                                                                                                  \
    }
SPIN(spin_70)
SPIN(spin_30)
SPIN(spin_99)
SPIN(spin_1)
SPIN(spin_thread)
SPIN(spin_compare)

static void run_70_30(void)
{
    for (unsigned i = 0; i % 64 || cpu_seconds() < limit_s; i++) {
        spin_70(70000);
        spin_30(30000);
    }
}

static void run_99_1(void)
{
    for (unsigned i = 0; i % 64 || cpu_seconds() < limit_s; i++) {
        spin_99(99000);
        spin_1(1000);
    }
}

static void *thread_function(void *unused)
{
    for (unsigned i = 0; i % 64 || cpu_seconds() < limit_s; i++)
        spin_thread(50000);
    return unused;
}

static int thrd_function(void *unused)
{
    thread_function(unused);
    return 0;
}

static int compare(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    spin_compare(200);
    return (x > y) - (x < y);
}

static void run_qsort(void)
{
    static int numbers[4096];
    while (cpu_seconds() < limit_s) {
        for (unsigned i = 0; i < 4096; i++)
            numbers[i] = (int)(i * 7919u % 4099u);
        qsort(numbers, 4096, sizeof numbers[0], compare); /* the line of the library's part */
    }
}

static void run_system_calls(void)
{
    static char buffer[1 << 18];
    int zero = open("/dev/zero", O_RDONLY);
    while (cpu_seconds() < limit_s)
        for (unsigned i = 0; i < 64; i++)
            sink += (uint64_t)read(zero, buffer, sizeof buffer); /* the line of the kernel's part */
    close(zero);
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "70_30";
    limit_s = argc > 2 ? atof(argv[2]) : 1.0;
    if (!strcmp(mode, "70_30")) {
        run_70_30();
    } else if (!strcmp(mode, "99_1")) {
        run_99_1();
    } else if (!strcmp(mode, "thread")) {
        pthread_t first;
        thrd_t second;
        pthread_create(&first, NULL, thread_function, NULL);
        thrd_create(&second, thrd_function, NULL);
        pthread_join(first, NULL);
        thrd_join(second, NULL);
    } else if (!strcmp(mode, "qsort")) {
        run_qsort();
    } else if (!strcmp(mode, "system")) {
        run_system_calls();
    } else {
        return 2;
    }
    return 0;
}
