/* paint.h: the six pictures. Each painter fills a canvas of the size that generate.c gives it. */
#ifndef SAMPLE_IMAGES_PAINT_H
#define SAMPLE_IMAGES_PAINT_H

struct canvas;

void paint_scene(struct canvas *canvas);    /* glass, gold and coloured spheres on a stone floor, path traced */
void paint_portrait(struct canvas *canvas); /* a sculpted head in soft light, with film grain */
void paint_document(struct canvas *canvas); /* a scanned page, a little crooked: text, a figure, a table */
void paint_night(struct canvas *canvas);    /* a city by night, photographed at high ISO */
void paint_badge(struct canvas *canvas);    /* a round badge with soft edges on nothing */
void paint_facade(struct canvas *canvas);   /* a tower of windows and balconies seen from the street */

#endif
