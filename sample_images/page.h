/* page.h: ink on paper: lines, areas and text in page units, drawn through a slight rotation as a scanner sees a page.
 */
#ifndef SAMPLE_IMAGES_PAGE_H
#define SAMPLE_IMAGES_PAGE_H

#include "sample_images/canvas.h"

struct page {
    struct canvas *canvas;       /* ink is subtracted from its light */
    double cosine, sine, cx, cy; /* the rotation, about the middle */
};

struct typeface {
    double size;        /* page units per unit of the glyph grid, 14 of which are a capital's height */
    double thick, thin; /* radii of the pen across and along the line of text */
    double leading;     /* from baseline to baseline */
};

struct page page_create(struct canvas *canvas, double turn_radians);

/* A straight stroke by an elliptic pen with these radii. ink: 0..1. */
void page_stroke(const struct page *page, double x0, double y0, double x1, double y1, double radius_x, double radius_y,
                 double ink);

/* An upright rectangle. */
void page_fill(const struct page *page, double left, double top, double right, double bottom, double ink);

/* A picture of count x count squares. ink: row by row, 0..1. */
void page_squares(const struct page *page, double left, double top, double size, int count, const double *ink);

/* One line of text, its baseline beginning at (x, y). ret: where it ends. Characters without a glyph leave a space. */
double page_text(const struct page *page, const struct typeface *face, double x, double y, const char *text);

double page_text_width(const struct typeface *face, const char *text);

/* Text broken into lines of `width`, set flush on both sides except the last line. ret: the baseline after the last
 * line. */
double page_paragraph(const struct page *page, const struct typeface *face, double x, double y, double width,
                      double first_indent, const char *text);

#endif
