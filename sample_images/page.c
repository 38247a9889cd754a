/* Draws strokes, areas and text onto a canvas. Text is written by a pen with an elliptic nib, broad across and narrow
 * along the line, so uprights come out thick, horizontals thin, and uprights get small feet: a page that looks printed.
 */
#include "sample_images/page.h"

#include "sample_images/exact.h"
#include "sample_images/glyphs.h"

#include <stdbool.h>

enum { GLYPH_GAP = 4, WORD_GAP = 6, STROKE_POINTS_MAX = 24, CURVE_STEPS = 8 };

struct page page_create(struct canvas *canvas, double turn_radians)
{
    return (struct page){canvas, exact_cos(turn_radians), exact_sin(turn_radians), canvas->width / 2.0,
                         canvas->height / 2.0};
}

/* ---- strokes and areas ---- */

static void to_canvas(const struct page *page, double x, double y, double *ret_x, double *ret_y)
{
    double dx = x - page->cx, dy = y - page->cy;
    *ret_x = page->cx + dx * page->cosine - dy * page->sine;
    *ret_y = page->cy + dx * page->sine + dy * page->cosine;
}

static void to_page(const struct page *page, double x, double y, double *ret_x, double *ret_y)
{
    double dx = x - page->cx, dy = y - page->cy;
    *ret_x = page->cx + dx * page->cosine + dy * page->sine;
    *ret_y = page->cy - dx * page->sine + dy * page->cosine;
}

/* Ink does not add up where strokes cross: the darker wins. Alpha serves as the record of ink, 1 is bare paper. */
static void ink_pixel(const struct page *page, int x, int y, double ink)
{
    float *pixel = canvas_at(page->canvas, x, y);
    pixel[3] = fminf(pixel[3], (float)(1 - ink));
}

struct box {
    int left, top, right, bottom;
};

/* The pixels that a box of page units, grown by `margin`, may touch. */
static struct box canvas_box(const struct page *page, double left, double top, double right, double bottom,
                             double margin)
{
    const double XS[4] = {left, right, left, right}, YS[4] = {top, top, bottom, bottom};
    double low_x = 1e9, low_y = 1e9, high_x = -1e9, high_y = -1e9;
    for (int i = 0; i < 4; i++) {
        double x, y;
        to_canvas(page, XS[i], YS[i], &x, &y);
        low_x = fmin(low_x, x);
        high_x = fmax(high_x, x);
        low_y = fmin(low_y, y);
        high_y = fmax(high_y, y);
    }
    double width = page->canvas->width, height = page->canvas->height;
    return (struct box){(int)exact_clamp(low_x - margin, 0, width), (int)exact_clamp(low_y - margin, 0, height),
                        (int)exact_clamp(high_x + margin + 1, 0, width),
                        (int)exact_clamp(high_y + margin + 1, 0, height)};
}

void page_stroke(const struct page *page, double x0, double y0, double x1, double y1, double radius_x, double radius_y,
                 double ink)
{
    struct box box =
        canvas_box(page, fmin(x0, x1), fmin(y0, y1), fmax(x0, x1), fmax(y0, y1), fmax(radius_x, radius_y) + 1);
    /* in units of the pen's radii the pen is a circle */
    double ax = x0 / radius_x, ay = y0 / radius_y, bx = x1 / radius_x - ax, by = y1 / radius_y - ay,
           square = bx * bx + by * by;
    for (int y = box.top; y < box.bottom; y++)
        for (int x = box.left; x < box.right; x++) {
            double px, py;
            to_page(page, x + 0.5, y + 0.5, &px, &py);
            px = px / radius_x - ax;
            py = py / radius_y - ay;
            double t = square > 0 ? exact_clamp((px * bx + py * by) / square, 0, 1) : 0;
            double dx = px - t * bx, dy = py - t * by, distance = sqrt(dx * dx + dy * dy);
            /* back to page units along the direction of the nearest point */
            double unit = distance > 0 ? sqrt(dx * dx * radius_x * radius_x + dy * dy * radius_y * radius_y) / distance
                                       : radius_y;
            double covered = exact_clamp(0.5 + (1 - distance) * unit, 0, 1);
            if (covered > 0)
                ink_pixel(page, x, y, covered * ink);
        }
}

void page_fill(const struct page *page, double left, double top, double right, double bottom, double ink)
{
    struct box box = canvas_box(page, left, top, right, bottom, 1);
    for (int y = box.top; y < box.bottom; y++)
        for (int x = box.left; x < box.right; x++) {
            double px, py;
            to_page(page, x + 0.5, y + 0.5, &px, &py);
            double across = exact_clamp(0.5 + fmin(px - left, right - px), 0, 1);
            double down = exact_clamp(0.5 + fmin(py - top, bottom - py), 0, 1);
            if (across * down > 0)
                ink_pixel(page, x, y, across * down * ink);
        }
}

void page_squares(const struct page *page, double left, double top, double size, int count, const double *ink)
{
    struct box box = canvas_box(page, left, top, left + size, top + size, 1);
    for (int y = box.top; y < box.bottom; y++)
        for (int x = box.left; x < box.right; x++) {
            double px, py;
            to_page(page, x + 0.5, y + 0.5, &px, &py);
            int column = (int)floor((px - left) / size * count), row = (int)floor((py - top) / size * count);
            if (column >= 0 && column < count && row >= 0 && row < count)
                ink_pixel(page, x, y, ink[row * count + column]);
        }
}

/* ---- glyphs ---- */

struct points {
    double x[STROKE_POINTS_MAX], y[STROKE_POINTS_MAX];
    int count;
};

static void draw_segment(const struct page *page, const struct typeface *face, double x0, double y0, double x1,
                         double y1)
{
    page_stroke(page, x0, y0, x1, y1, face->thick, face->thin, 1);
}

/* Catmull-Rom: passes through its points, and each curve between two of them knows its neighbours. */
static void draw_curve(const struct page *page, const struct typeface *face, const struct points *points, int closed)
{
    int n = points->count, spans = closed ? n : n - 1;
    for (int i = 0; i < spans; i++) {
        int before = closed ? (i + n - 1) % n : i > 0 ? i - 1 : 0, from = i, to = (i + 1) % n;
        int after = closed ? (i + 2) % n : i + 2 < n ? i + 2 : n - 1;
        double last_x = points->x[from], last_y = points->y[from];
        for (int step = 1; step <= CURVE_STEPS; step++) {
            double t = (double)step / CURVE_STEPS, square = t * t, cube = square * t;
            double w0 = -0.5 * cube + square - 0.5 * t, w1 = 1.5 * cube - 2.5 * square + 1;
            double w2 = -1.5 * cube + 2 * square + 0.5 * t, w3 = 0.5 * cube - 0.5 * square;
            double x = w0 * points->x[before] + w1 * points->x[from] + w2 * points->x[to] + w3 * points->x[after];
            double y = w0 * points->y[before] + w1 * points->y[from] + w2 * points->y[to] + w3 * points->y[after];
            draw_segment(page, face, last_x, last_y, x, y);
            last_x = x;
            last_y = y;
        }
    }
}

/* The feet of an upright: at both ends, where these lie on one of the lines that letters stand on or reach up to. */
static void draw_feet(const struct page *page, const struct typeface *face, const struct points *points,
                      double baseline)
{
    bool upright = points->count == 2 && fabs(points->x[0] - points->x[1]) < 1e-9;
    if (!upright || fabs(points->y[0] - points->y[1]) < 1e-9) /* a dot has no feet */
        return;
    double foot = 1.9 * face->size;
    for (int i = 0; i < 2; i++) {
        int level = (int)floor((baseline - points->y[i]) / face->size + 0.5);
        if (level == 0 || level == -5)
            draw_segment(page, face, points->x[i] - foot, points->y[i], points->x[i] + foot, points->y[i]);
        else if (level == 10 || level >= 14)
            draw_segment(page, face, points->x[i] - foot, points->y[i] + 0.4 * face->size, points->x[i], points->y[i]);
    }
}

static int hexadecimal(char digit)
{
    return digit <= '9' ? digit - '0' : digit - 'A' + 10;
}

static void draw_glyph(const struct page *page, const struct typeface *face, double x, double y, const char *strokes)
{
    while (*strokes != '\0') {
        char kind = *strokes == '~' || *strokes == '@' ? *strokes++ : '-';
        struct points points = {.count = 0};
        for (; *strokes != '\0' && *strokes != ' ' && points.count < STROKE_POINTS_MAX; strokes += 2) {
            points.x[points.count] = x + hexadecimal(strokes[0]) * face->size;
            points.y[points.count++] = y - (strokes[1] - 'i') * face->size;
        }
        if (*strokes == ' ')
            strokes++;
        if (kind != '-') {
            draw_curve(page, face, &points, kind == '@');
            continue;
        }
        for (int i = 0; i + 1 < points.count; i++)
            draw_segment(page, face, points.x[i], points.y[i], points.x[i + 1], points.y[i + 1]);
        draw_feet(page, face, &points, y);
    }
}

/* ---- text ---- */

static double advance(const struct typeface *face, char character)
{
    int width = glyphs_find((unsigned char)character)->width;
    return (width > 0 ? width + GLYPH_GAP : WORD_GAP) * face->size;
}

double page_text_width(const struct typeface *face, const char *text)
{
    double width = 0;
    for (; *text != '\0'; text++)
        width += advance(face, *text);
    return width - GLYPH_GAP * face->size;
}

/* `stretch` is added to each space. */
static double draw_line(const struct page *page, const struct typeface *face, double x, double y, const char *text,
                        int length, double stretch)
{
    for (int i = 0; i < length; i++) {
        const struct glyph *glyph = glyphs_find((unsigned char)text[i]);
        if (glyph->width > 0)
            draw_glyph(page, face, x, y, glyph->strokes);
        x += advance(face, text[i]) + (text[i] == ' ' ? stretch : 0);
    }
    return x;
}

double page_text(const struct page *page, const struct typeface *face, double x, double y, const char *text)
{
    return draw_line(page, face, x, y, text, (int)strlen(text), 0);
}

double page_paragraph(const struct page *page, const struct typeface *face, double x, double y, double width,
                      double first_indent, const char *text)
{
    for (double indent = first_indent; *text != '\0'; indent = 0) {
        int length = 0, spaces = 0, fit = 0, fit_spaces = 0;
        double used = -GLYPH_GAP * face->size, fit_used = 0;
        for (;; length++) { /* take words while they fit */
            if (text[length] == ' ' || text[length] == '\0') {
                if (used > width - indent && fit > 0)
                    break;
                fit = length;
                fit_used = used;
                fit_spaces = spaces;
            }
            if (text[length] == '\0')
                break;
            spaces += text[length] == ' ';
            used += advance(face, text[length]);
        }
        int is_last = text[fit] == '\0';
        double stretch = is_last || fit_spaces == 0 ? 0 : (width - indent - fit_used) / fit_spaces;
        draw_line(page, face, x + indent, y, text, fit, stretch);
        y += face->leading;
        text += fit + !is_last;
    }
    return y;
}
