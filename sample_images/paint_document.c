/* A page of a small article, as it comes from a flatbed scanner: grey, a little crooked, darker toward the spine. Its
 * figures are computed while it is drawn: the dots are counts of simulated photons, the four little pictures are made
 * of such counts. */
#include "sample_images/canvas.h"
#include "sample_images/exact.h"
#include "sample_images/page.h"
#include "sample_images/paint.h"

#include <stddef.h>
#include <stdio.h>

static const struct typeface TITLE = {2.05, 2.6, 1.25, 60}, HEADING = {1.3, 1.8, 0.88, 40},
                             BODY = {1.04, 1.22, 0.64, 31}, SMALL = {0.88, 1.0, 0.56, 26.5};
static const double LEFT = 130, MIDDLE = 640, COLUMN = 466, RIGHT = 1106, INDENT = 24;

/* As many photons as arrive when `mean` are expected. The normal approximation serves from a handful upward. */
static double photons(struct exact_random *random, double mean)
{
    return fmax(0, floor(mean + sqrt(mean) * exact_random_normal(random) + 0.5));
}

static void centred(const struct page *page, const struct typeface *face, double x, double y, const char *text)
{
    page_text(page, face, x - page_text_width(face, text) / 2, y, text);
}

static void flush_right(const struct page *page, const struct typeface *face, double x, double y, const char *text)
{
    page_text(page, face, x - page_text_width(face, text), y, text);
}

static void dot(const struct page *page, double x, double y, double radius, double ink)
{
    page_stroke(page, x, y, x, y, radius, radius, ink);
}

/* Counts against light: each dot is one exposure, the curves are the mean and one scatter to each side. */
static void draw_plot(const struct page *page, double left, double top, double width, double height)
{
    const double MOST = 120;
    struct exact_random random = {1921};
    char label[16];
    double bottom = top + height, x_unit = width / 100, y_unit = height / MOST;
    for (int i = 0; i <= 4; i++) {
        double y = bottom - i * 30 * y_unit, x = left + i * 25 * x_unit;
        page_stroke(page, left, y, left + width, y, 0.6, 0.6, i == 0 ? 0 : 0.22);
        page_stroke(page, x, bottom, x, bottom + 7, 0.8, 0.8, 1);
        snprintf(label, sizeof label, "%d", i * 30);
        flush_right(page, &SMALL, left - 12, y + 6, label);
        snprintf(label, sizeof label, "%d", i * 25);
        centred(page, &SMALL, x, bottom + 28, label);
    }
    for (int n = 1; n <= 100; n++)
        for (int i = 0; i < 4; i++) {
            double y = photons(&random, n);
            if (y < MOST)
                dot(page, left + n * x_unit, bottom - y * y_unit, 1.35, 0.62);
        }
    for (int n = 0; n < 100; n++)
        for (int side = -1; side <= 1; side++) {
            double from = n + side * sqrt(n), to = n + 1 + side * sqrt(n + 1);
            page_stroke(page, left + n * x_unit, bottom - from * y_unit, left + (n + 1) * x_unit, bottom - to * y_unit,
                        side == 0 ? 1.7 : 0.9, side == 0 ? 1.7 : 0.9, 1);
        }
    page_stroke(page, left, top, left, bottom, 1, 1, 1);
    page_stroke(page, left, bottom, left + width, bottom, 1, 1, 1);
    centred(page, &SMALL, left + width / 2, bottom + 54, "photons expected");
}

/* A lit ball before a wall, drawn with `mean` photons where it is white. */
static void draw_ball(const struct page *page, double left, double top, double size, double mean)
{
    enum { SQUARES = 64 };
    struct exact_random random = {(uint64_t)mean};
    double ink[SQUARES * SQUARES];
    for (int i = 0; i < SQUARES * SQUARES; i++) {
        double x = 2.0 * (i % SQUARES + 0.5) / SQUARES - 1, y = 2.0 * ((double)(i / SQUARES) + 0.5) / SQUARES - 1;
        double square = (x * x + y * y) / 0.5, z = square < 1 ? sqrt(1 - square) : 0, light = 0.42 - 0.12 * y;
        if (square < 1)
            light = 0.07 + 0.93 * fmax(0, -0.78 * x - 0.88 * y + 0.56 * z) * 0.83;
        else if ((x - 0.42) * (x - 0.42) / 0.5 + (y - 0.62) * (y - 0.62) / 0.05 < 1)
            light *= 0.5; /* its shadow */
        double shown = exact_clamp(photons(&random, mean * light) / mean, 0, 1);
        ink[i] = 0.95 * (1 - sqrt(shown)); /* the eye goes by the root of the light */
    }
    page_squares(page, left, top, size, SQUARES, ink);
    page_stroke(page, left, top, left + size, top, 0.7, 0.7, 1);
    page_stroke(page, left, top + size, left + size, top + size, 0.7, 0.7, 1);
    page_stroke(page, left, top, left, top + size, 0.7, 0.7, 1);
    page_stroke(page, left + size, top, left + size, top + size, 0.7, 0.7, 1);
}

static double draw_table(const struct page *page, double left, double top, double width)
{
    static const int PHOTONS[] = {4, 16, 100, 400, 2500, 10000};
    static const char *const HEADS[] = {"photons", "scatter", "ratio", "in %"};
    double columns[4], row = 33, y = top + 24;
    for (int c = 0; c < 4; c++)
        columns[c] = left + width * (c + 1) / 4 - 26;
    page_stroke(page, left, top, left + width, top, 1.5, 1.5, 1);
    for (int c = 0; c < 4; c++)
        flush_right(page, &SMALL, columns[c], y, HEADS[c]);
    page_stroke(page, left, y + 11, left + width, y + 11, 0.7, 0.7, 1);
    for (int r = 0; r < 6; r++) {
        char text[16];
        int root = (int)sqrt(PHOTONS[r]);
        const int CELLS[4] = {PHOTONS[r], root, root, 100 / root};
        y += row;
        if (r % 2 == 1)
            page_fill(page, left, y - row + 17, left + width, y + 10, 0.07);
        for (int c = 0; c < 4; c++) {
            snprintf(text, sizeof text, "%d", CELLS[c]);
            flush_right(page, &SMALL, columns[c], y, text);
        }
    }
    page_stroke(page, left, y + 12, left + width, y + 12, 1.5, 1.5, 1);
    return y + 12;
}

static void draw_left_column(const struct page *page, double y)
{
    page_text(page, &HEADING, LEFT, y, "1  Light arrives in grains");
    y = page_paragraph(
        page, &BODY, LEFT, y + 42, COLUMN, 0,
        "A sensor does not measure brightness. It counts photons, and counts of independent events scatter. If a "
        "pixel receives N photons on average, the next exposure will differ from that mean by about the square "
        "root of N. Nothing in the camera causes this, and nothing in the camera can cure it.");
    y = page_paragraph(
        page, &BODY, LEFT, y, COLUMN, INDENT,
        "What the eye can tell apart is decided by the ratio of the mean to its scatter: N divided by the root of "
        "N, which is again the root of N. Four times the light gives twice the ratio. A sunlit wall that sends "
        "ten thousand photons to a pixel is drawn with a scatter of one percent, a street corner at midnight "
        "that sends a hundred with ten, and the sky above it with far more.");
    double size = 218, second = y + size + 50;
    draw_ball(page, LEFT, y, size, 4);
    draw_ball(page, LEFT + COLUMN - size, y, size, 16);
    draw_ball(page, LEFT, second, size, 100);
    draw_ball(page, LEFT + COLUMN - size, second, size, 2500);
    centred(page, &SMALL, LEFT + size / 2, y + size + 28, "4 photons");
    centred(page, &SMALL, LEFT + COLUMN - size / 2, y + size + 28, "16 photons");
    centred(page, &SMALL, LEFT + size / 2, second + size + 28, "100 photons");
    centred(page, &SMALL, LEFT + COLUMN - size / 2, second + size + 28, "2500 photons");
    page_paragraph(
        page, &SMALL, LEFT, second + size + 72, COLUMN, 0,
        "Figure 1: The same ball, drawn with more and more light. Each square is a count of simulated photons; white "
        "is the number below the picture.");
}

static void draw_right_column(const struct page *page, double y)
{
    draw_plot(page, MIDDLE + 48, y - 14, COLUMN - 56, 290);
    y = page_paragraph(
        page, &SMALL, MIDDLE, y + 372, COLUMN, 0,
        "Figure 2: Four exposures at every level of light. The curves are the mean, and one root of N to each side.");
    page_text(page, &HEADING, MIDDLE, y + 34, "2  How much is enough");
    y = draw_table(page, MIDDLE, y + 64, COLUMN);
    y = page_paragraph(page, &SMALL, MIDDLE, y + 38, COLUMN, 0,
                       "Table 1: Photons, their scatter, the ratio of the two.");
    page_text(page, &HEADING, MIDDLE, y + 38, "3  What a filter can do");
    y = page_paragraph(
        page, &BODY, MIDDLE, y + 80, COLUMN, 0,
        "Averaging nine neighbours divides the scatter by three and blurs every edge. Better filters ask first "
        "what belongs together. They look at small windows in a basis where real structure is large in a few "
        "coefficients, and noise is small in all of them; they remove what is small, and put the windows back "
        "together where they overlap. Edges are large in that basis, so they stay.");
    page_paragraph(
        page, &BODY, MIDDLE, y, COLUMN, INDENT,
        "The price is arithmetic: every pixel is part of sixty-four windows of eight by eight, and each of them is "
        "transformed there and back.");
}

/* Turns the record of ink into grey: paper, lit unevenly by the lamp, falling into shadow at the spine. */
static void scan_row(struct canvas *canvas, int y, const void *context)
{
    (void)context;
    struct vector ink = canvas_srgb(0x1d1c1e);
    for (int x = 0; x < canvas->width; x++) {
        float *pixel = canvas_at(canvas, x, y);
        double spine = exact_smoothstep(70, 0, x + 6 * exact_sin(y / 900.0)),
               lamp = 0.90 - 0.035 * (double)y / canvas->height;
        double paper = lamp * (1 - 0.62 * spine * spine), bare = (double)pixel[3];
        canvas_put(canvas, x, y, vector_mix(ink, (struct vector){paper, paper, paper}, bare));
        pixel[3] = 1;
    }
}

void paint_document(struct canvas *canvas)
{
    struct page page = page_create(canvas, 0.021); /* 1.2 degrees: somebody was in a hurry */
    page_text(&page, &TITLE, LEFT, 160, "Why pictures taken at night are noisy");
    page_text(&page, &BODY, LEFT, 206, "A short note on counting light, with two figures and a table");
    page_stroke(&page, LEFT, 236, RIGHT, 236, 1.2, 1.2, 1);
    draw_left_column(&page, 296);
    draw_right_column(&page, 296);
    centred(&page, &SMALL, (LEFT + RIGHT) / 2, 1668, "17");
    canvas_for_each_row(canvas, scan_row, NULL);
}
