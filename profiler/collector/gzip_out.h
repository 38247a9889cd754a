/* Bytes -> gzip, the same for the same bytes: no time and no name in it. */
#ifndef HOTLINE_GZIP_OUT_H
#define HOTLINE_GZIP_OUT_H

struct text_out;

/* What `write` puts into its text_out, compressed, into `out`, which fails when memory is out. */
void gzip_out_write(struct text_out *out, void (*write)(struct text_out *out, const void *context), const void *context);

#endif
