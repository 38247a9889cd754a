/* Sums of three, along a row and across rows. Sixteen bits hold all but the last: 255 * 27 after a row's three passes,
 * 255 * 243 after two passes across rows, 255 * 729 at the end. */
#include "service/operate/kernels/kernel_isa.h"

static void widen(const uint8_t *restrict row, uint16_t *restrict out, size_t length)
{
    for (size_t i = 0; i < length; i++)
        out[i] = row[i];
}

/* One pass along the row. A row of one pixel is its own neighbour on both sides. */
static void sum_neighbors(const uint16_t *restrict in, uint16_t *restrict out, size_t length, size_t step)
{
    if (length <= step) {
        for (size_t i = 0; i < length; i++)
            out[i] = (uint16_t)(3 * in[i]);
        return;
    }
    const size_t last = length - step;
    for (size_t i = 0; i < step; i++)
        out[i] = (uint16_t)(2 * in[i] + in[i + step]);
    for (size_t i = step; i < last; i++)
        out[i] = (uint16_t)(in[i - step] + in[i] + in[i + step]);
    for (size_t i = last; i < length; i++)
        out[i] = (uint16_t)(in[i - step] + 2 * in[i]);
}

static void sum_across_row(const uint8_t *row, uint16_t *out, uint16_t *swap, size_t length, size_t step)
{
    widen(row, swap, length);
    sum_neighbors(swap, out, length, step);
    sum_neighbors(out, swap, length, step);
    sum_neighbors(swap, out, length, step);
}

static void sum_rows(const uint16_t *above, const uint16_t *row, const uint16_t *below, uint16_t *restrict out,
                     size_t length)
{
    for (size_t i = 0; i < length; i++)
        out[i] = (uint16_t)(above[i] + row[i] + below[i]);
}

static void mean_row(const uint16_t *above, const uint16_t *row, const uint16_t *below, uint8_t *restrict out,
                     size_t length)
{
    /* The half keeps a multiple of 729 above its quotient; it is 700 times the error of the multiplication. */
    for (size_t i = 0; i < length; i++)
        out[i] = (uint8_t)(int)(((float)(above[i] + row[i] + below[i]) + 0.5F) * (1.0F / 729.0F));
}

const struct mean_kernels KERNEL_TABLE(mean) = {sum_across_row, sum_rows, mean_row};
