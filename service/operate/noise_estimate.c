/* Edges and texture hardly reach the diagonal of a 2x2 block, noise fully does, and the median ignores the few blocks
 * that have both.
 *
 * A block's coefficient is a small integer in each plane (before the plane's normalisation), so the median comes from a
 * histogram. */
#include "service/operate/noise_estimate.h"

#include <string.h>

enum {
    BINS = 4 * 510 + 1,     /* the largest |coefficient|: of (1, -2, 1) over R, G, B */
    ENOUGH_BLOCKS = 1 << 20 /* more change nothing: rows of blocks are skipped evenly */
};

struct histogram {
    uint32_t count[BINS];
};

static int diagonal(const uint8_t *top, const uint8_t *bottom, size_t channels)
{
    return top[0] - top[channels] - bottom[0] + bottom[channels];
}

static uint32_t magnitude(int v)
{
    return (uint32_t)(v < 0 ? -v : v);
}

static void count_row(const uint8_t *top, const uint8_t *bottom, uint32_t blocks, uint32_t channels,
                      struct histogram histograms[3])
{
    for (uint32_t i = 0; i < blocks; i++, top += 2 * channels, bottom += 2 * channels) {
        const int r = diagonal(top, bottom, channels);
        if (channels < 3) {
            histograms[0].count[magnitude(r)]++;
            continue;
        }
        const int g = diagonal(top + 1, bottom + 1, channels);
        const int b = diagonal(top + 2, bottom + 2, channels);
        histograms[0].count[magnitude(r + g + b)]++;
        histograms[1].count[magnitude(r - b)]++;
        histograms[2].count[magnitude(r - 2 * g + b)]++;
    }
}

/* Magnitude v stands for the interval v - 1/2 .. v + 1/2 (0 for 0 .. 1/2), evenly filled. */
static float median(const struct histogram *histogram, uint64_t total)
{
    const float half = (float)total / 2;
    float below = 0;
    for (int v = 0; v < BINS; v++) {
        const float here = (float)histogram->count[v];
        if (below + here >= half && here > 0) {
            const float share = (half - below) / here;
            return v == 0 ? share / 2 : (float)v - 0.5F + share;
        }
        below += here;
    }
    return 0;
}

void noise_estimate(const struct image *image, float ret[3])
{
    /* sigma of the integer coefficient, for noise of sigma 1: the norm of its weights */
    static const float norms[3] = {2 * 1.7320508F, 2 * 1.4142136F, 2 * 2.4494897F};
    static const float MEDIAN_OF_NORMAL = 0.6744898F;
    const uint32_t planes = image_colors(image);
    const uint32_t columns = image->width / 2, rows = image->height / 2;
    struct histogram histograms[3];
    memset(histograms, 0, sizeof histograms);

    const uint32_t step = (uint32_t)((uint64_t)columns * rows / ENOUGH_BLOCKS) + 1;
    uint64_t total = 0;
    for (uint32_t y = 0; y < rows; y += step, total += columns)
        count_row(image_row(image, 2 * y), image_row(image, 2 * y + 1), columns, image->channels, histograms);
    for (uint32_t i = 0; i < planes; i++)
        ret[i] = total ? median(&histograms[i], total) / MEDIAN_OF_NORMAL / (planes == 1 ? 2.0F : norms[i]) : 0;
}
