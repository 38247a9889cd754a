/* Box filter down the columns: a running sum per column, all columns of a strip side by side, so the cost does not
 * depend on the radius. Rows are filtered by turning a strip of them into columns first.
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

static inline void filter_columns(uint16_t *restrict sums, const uint8_t *leaving, const uint8_t *entering,
                                  const uint8_t *beyond, uint8_t *restrict out, size_t width, const struct box *box)
{
    const uint32_t whole = box->whole_weight, fraction = box->fraction_weight;
    for (size_t i = 0; i < width; i++) {
        const uint16_t sum = (uint16_t)(sums[i] - leaving[i] + entering[i]);
        const uint16_t ends = (uint16_t)(leaving[i] + beyond[i]);
        sums[i] = sum;
        out[i] = (uint8_t)((sum * whole + ends * fraction + (1U << 23)) >> 24);
    }
}

#if defined(__AVX2__)
/* Sixteen columns: sums and ends are interleaved with zeros to 32 bits and packed again within the same halves of the
 * vectors. */
static inline void filter_sixteen(uint16_t *sums, const uint8_t *leaving, const uint8_t *entering,
                                  const uint8_t *beyond, uint8_t *out, __m256i whole, __m256i fraction)
{
    const __m256i zero = _mm256_setzero_si256(), half = _mm256_set1_epi32(1 << 23);
    const __m256i left = _mm256_cvtepu8_epi16(simd_load(leaving));
    const __m256i right = _mm256_cvtepu8_epi16(simd_load(beyond));
    __m256i sum = _mm256_loadu_si256((const __m256i_u *)(const void *)sums);
    sum = _mm256_add_epi16(_mm256_sub_epi16(sum, left), _mm256_cvtepu8_epi16(simd_load(entering)));
    _mm256_storeu_si256((__m256i_u *)(void *)sums, sum);
    const __m256i ends = _mm256_add_epi16(left, right);
    __m256i low = _mm256_mullo_epi32(_mm256_unpacklo_epi16(sum, zero), whole);
    __m256i high = _mm256_mullo_epi32(_mm256_unpackhi_epi16(sum, zero), whole);
    low = _mm256_add_epi32(low, _mm256_mullo_epi32(_mm256_unpacklo_epi16(ends, zero), fraction));
    high = _mm256_add_epi32(high, _mm256_mullo_epi32(_mm256_unpackhi_epi16(ends, zero), fraction));
    low = _mm256_srli_epi32(_mm256_add_epi32(low, half), 24);
    high = _mm256_srli_epi32(_mm256_add_epi32(high, half), 24);
    const __m256i words = _mm256_packus_epi32(low, high);
    simd_store(out, _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
}
#endif

static inline void filter_row(uint16_t *sums, const uint8_t *leaving, const uint8_t *entering, const uint8_t *beyond,
                              uint8_t *out, size_t width, const struct box *box)
{
    size_t i = 0;
#if defined(__AVX2__)
    const __m256i whole = _mm256_set1_epi32((int)box->whole_weight),
                  fraction = _mm256_set1_epi32((int)box->fraction_weight);
    for (; i + SIMD_BYTES <= width; i += SIMD_BYTES)
        filter_sixteen(sums + i, leaving + i, entering + i, beyond + i, out + i, whole, fraction);
#endif
    filter_columns(sums + i, leaving + i, entering + i, beyond + i, out + i, width - i, box);
}

static void box_columns(const uint8_t *src, size_t src_stride, uint8_t *dst, size_t dst_stride, size_t rows,
                        size_t width, const struct box *box)
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
                   row_at(src, src_stride, at + radius + 1, rows), dst + dst_stride * y, width, box);
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
