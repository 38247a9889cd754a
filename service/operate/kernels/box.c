/* Box filter down the columns: a running sum per column, all columns of a strip side by side, so the cost does not depend on the
 * radius. Rows are filtered by turning a strip of them into columns first.
 *
 *   sum(y) = sum(y-1) - src[y-r-1] + src[y+r]         in 16 bits: at most 255 * 255
 *   dst[y] = (sum(y) * whole + (src[y-r-1] + src[y+r+1]) * fraction + 2^23) >> 24 */
#include "service/operate/kernels/kernel_isa.h"

#include "service/operate/kernels/simd.h"

static inline const uint8_t *row_at(const uint8_t *src, size_t stride, ptrdiff_t y, size_t rows)
{
    return src + stride * (y < 0 ? 0 : (size_t)y >= rows ? rows - 1 : (size_t)y);
}

static inline void slide(uint16_t *restrict sums, const uint8_t *leaving, const uint8_t *entering, size_t width)
{
    for (size_t i = 0; i < width; i++)
        sums[i] = (uint16_t)(sums[i] - leaving[i] + entering[i]);
}

static inline void filter_row(uint16_t *restrict sums, const uint8_t *leaving, const uint8_t *entering,
                              const uint8_t *beyond, uint8_t *restrict out, size_t width, uint32_t whole, uint32_t fraction)
{
    for (size_t i = 0; i < width; i++) {
        const uint16_t sum = (uint16_t)(sums[i] - leaving[i] + entering[i]);
        const uint16_t ends = (uint16_t)(leaving[i] + beyond[i]);
        sums[i] = sum;
        out[i] = (uint8_t)((sum * whole + ends * fraction + (1U << 23)) >> 24);
    }
}

static void box_columns(const uint8_t *src, size_t src_stride, uint8_t *dst, size_t dst_stride, size_t rows, size_t width,
                        const struct box *box)
{
    const ptrdiff_t radius = (ptrdiff_t)box->radius;
    uint16_t sums[BOX_STRIP_BYTES]; /* around the row before the first one */
    for (size_t i = 0; i < width; i++)
        sums[i] = (uint16_t)(src[i] * (box->radius * 2 + 1));
    for (ptrdiff_t y = 0; y < radius; y++)
        slide(sums, src, row_at(src, src_stride, y, rows), width);

    for (size_t y = 0; y < rows; y++) {
        const ptrdiff_t at = (ptrdiff_t)y;
        filter_row(sums, row_at(src, src_stride, at - radius - 1, rows), row_at(src, src_stride, at + radius, rows),
                   row_at(src, src_stride, at + radius + 1, rows), dst + dst_stride * y, width, box->whole_weight,
                   box->fraction_weight);
    }
}

static void rows_to_columns(const uint8_t *src, size_t src_stride, uint8_t *dst, size_t dst_stride, size_t length,
                            size_t rows)
{
    size_t i = 0;
#if SIMD
    for (; rows == TRANSPOSE_ROWS && i + SIMD_BYTES <= length; i += SIMD_BYTES) {
        __m128i square[TRANSPOSE_ROWS];
        for (size_t r = 0; r < TRANSPOSE_ROWS; r++)
            square[r] = simd_load(src + r * src_stride + i);
        simd_transpose_16x16(square);
        for (size_t r = 0; r < TRANSPOSE_ROWS; r++)
            simd_store(dst + (i + r) * dst_stride, square[r]);
    }
#endif
    for (; i < length; i++)
        for (size_t r = 0; r < TRANSPOSE_ROWS; r++)
            dst[i * dst_stride + r] = r < rows ? src[r * src_stride + i] : 0;
}

static void columns_to_rows(const uint8_t *src, size_t src_stride, uint8_t *dst, size_t dst_stride, size_t length,
                            size_t rows)
{
    size_t i = 0;
#if SIMD
    for (; rows == TRANSPOSE_ROWS && i + SIMD_BYTES <= length; i += SIMD_BYTES) {
        __m128i square[TRANSPOSE_ROWS];
        for (size_t r = 0; r < TRANSPOSE_ROWS; r++)
            square[r] = simd_load(src + (i + r) * src_stride);
        simd_transpose_16x16(square);
        for (size_t r = 0; r < TRANSPOSE_ROWS; r++)
            simd_store(dst + r * dst_stride + i, square[r]);
    }
#endif
    for (; i < length; i++)
        for (size_t r = 0; r < rows; r++)
            dst[r * dst_stride + i] = src[i * src_stride + r];
}

const struct box_kernels KERNEL_TABLE(box) = {box_columns, rows_to_columns, columns_to_rows};
