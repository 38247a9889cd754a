/* method=mean: three 3x3 means are 27 sums along x and 27 along y, divided by 729 at the end: exact integers, where the
 * original adds floats; the two differ by at most 1, in one sample of a thousand.
 *
 * A band goes down its rows once. Each stage is one row behind the stage before and keeps its last rows in a ring of
 * four:
 *
 *   across[y]  ->  once[y-1]  ->  twice[y-2]  ->  out[y-3]
 *
 * "Edges replicated in each pass" means that row -1 of every stage is that stage's row 0, hence clamped row numbers. */
#include "service/operate/denoise.h"

#include "service/image/image_allocate.h"
#include "service/operate/filter_rows.h"
#include "service/operate/kernel_choice.h"
#include "service/operate/scratch_slots.h"

enum { BAND_ROWS = 64, RING_ROWS = 4, STAGES = 3, HALO_ROWS = 3 };

struct mean {
    const struct image *src;
    const struct image *dst;
    struct scratch_slots slots;
    size_t row_bytes; /* of a row of 16-bit sums */
};

struct ring {
    uint8_t *memory;
    size_t row_bytes;
    int64_t height;
};

size_t denoise_mean_scratch_bytes(uint32_t width, uint32_t channels)
{
    return (STAGES * RING_ROWS + 1) * scratch_round_up((size_t)width * channels * sizeof(uint16_t));
}

static uint16_t *ring_row(const struct ring *ring, int64_t y)
{
    y = y < 0 ? 0 : y >= ring->height ? ring->height - 1 : y;
    return (uint16_t *)(void *)(ring->memory + (size_t)(y % RING_ROWS) * ring->row_bytes);
}

static bool in_picture(int64_t y, int64_t height)
{
    return y >= 0 && y < height;
}

static void mean_band(void *state, uint32_t first_row, uint32_t end_row)
{
    struct mean *mean = state;
    const struct image *src = mean->src;
    const struct mean_kernels *kernels = chosen_kernels->mean;
    const size_t length = (size_t)src->width * src->channels;
    const int64_t height = src->height;
    uint8_t *scratch = scratch_slots_take(&mean->slots);
    struct ring rings[STAGES];
    for (size_t i = 0; i < STAGES; i++)
        rings[i] = (struct ring){scratch + i * RING_ROWS * mean->row_bytes, mean->row_bytes, height};
    const struct ring *across = &rings[0], *once = &rings[1], *twice = &rings[2];
    uint16_t *swap = (uint16_t *)(void *)(scratch + STAGES * RING_ROWS * mean->row_bytes);

    for (int64_t y = (int64_t)first_row - HALO_ROWS; y < (int64_t)end_row + HALO_ROWS; y++) {
        if (in_picture(y, height))
            kernels->sum_across_row(image_row(src, (uint32_t)y), ring_row(across, y), swap, length, src->channels);
        if (in_picture(y - 1, height) && y - 1 >= (int64_t)first_row - 2)
            kernels->sum_rows(ring_row(across, y - 2), ring_row(across, y - 1), ring_row(across, y),
                              ring_row(once, y - 1), length);
        if (in_picture(y - 2, height) && y - 2 >= (int64_t)first_row - 1)
            kernels->sum_rows(ring_row(once, y - 3), ring_row(once, y - 2), ring_row(once, y - 1),
                              ring_row(twice, y - 2), length);
        if (y - 3 >= first_row && y - 3 < end_row) {
            uint8_t *out = image_row(mean->dst, (uint32_t)(y - 3));
            kernels->mean_row(ring_row(twice, y - 4), ring_row(twice, y - 3), ring_row(twice, y - 2), out, length);
            if (image_has_alpha(src))
                copy_alpha_row(image_row(src, (uint32_t)(y - 3)), out, src->width, src->channels);
        }
    }
    scratch_slots_give(&mean->slots, scratch);
}

enum status denoise_mean(struct job *job, const struct image *src, struct image *ret)
{
    struct image dst;
    struct mean mean = {.src = src, .dst = &dst};
    mean.row_bytes = scratch_round_up((size_t)src->width * src->channels * sizeof(uint16_t));
    enum status status = image_allocate(job, src->width, src->height, src->channels, &dst);
    if (status == STATUS_OK)
        status = scratch_slots_init(&mean.slots, job, denoise_mean_scratch_bytes(src->width, src->channels));
    if (status == STATUS_OK)
        status = bands_run(job, src->height, BAND_ROWS, mean_band, &mean);
    if (status == STATUS_OK)
        *ret = dst;
    return status;
}
