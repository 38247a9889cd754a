/* glyphs.h: an alphabet drawn for this project: each glyph is a few pen strokes. */
#ifndef SAMPLE_IMAGES_GLYPHS_H
#define SAMPLE_IMAGES_GLYPHS_H

struct glyph {
    int width;           /* in grid units, without the space between letters; 0: there is none for this character */
    const char *strokes; /* see glyphs.c */
};

const struct glyph *glyphs_find(unsigned char character);

#endif
