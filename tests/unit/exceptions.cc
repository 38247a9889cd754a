// Exceptions thrown through the frames of others: thrown deep in C++, through qsort() of the C library, past destructors, rethrown, and
// caught. For test_unwind_oracle_exceptions.c.
#include <cstdlib>
#include <stdexcept>
#include <string>

extern "C" void throw_and_catch(volatile double *sink);

namespace {

struct guard {
    volatile double *sink;
    ~guard() { *sink += std::atoi("3"); }
};

volatile double *where;

[[gnu::noinline]] void throw_from(int depth)
{
    guard cleans_up{where};
    if (depth == 0)
        throw std::runtime_error("as deep as it gets " + std::to_string(depth));
    throw_from(depth - 1);
    *where += depth; // not a tail call
}

int throwing_compare(const void *a, const void *b)
{
    if (*static_cast<const int *>(a) == 7 || *static_cast<const int *>(b) == 7)
        throw_from(4);
    return *static_cast<const int *>(a) - *static_cast<const int *>(b);
}

[[gnu::noinline]] void sort_badly()
{
    int values[12] = {3, 9, 1, 12, 5, 4, 7, 2, 8, 6, 11, 10};
    try {
        std::qsort(values, 12, sizeof values[0], throwing_compare);
    } catch (const std::logic_error &) {
        *where += 1; // never
    } catch (const std::runtime_error &) {
        *where += values[0];
        throw; // on to the next one
    }
}

} // namespace

void throw_and_catch(volatile double *sink)
{
    where = sink;
    for (int round = 0; round < 2; round++) {
        try {
            sort_badly();
        } catch (const std::exception &caught) {
            *sink += caught.what()[0];
        }
    }
}
