/* What decode.c asks of each format. Only files of this folder include this. */
#ifndef SERVICE_DECODE_FORMAT_H
#define SERVICE_DECODE_FORMAT_H

#include "service/decode/decode.h"

/* Size and channels from the file's header, no pixel memory. ret: written only on success. */
enum status decode_jpeg_header(const struct job *job, const uint8_t *bytes, size_t length, struct image_header *ret);
enum status decode_png_header(const struct job *job, const uint8_t *bytes, size_t length, struct image_header *ret);
enum status decode_webp_header(const struct job *job, const uint8_t *bytes, size_t length, struct image_header *ret);
enum status decode_gif_header(const struct job *job, const uint8_t *bytes, size_t length, struct image_header *ret);
enum status decode_bmp_header(const struct job *job, const uint8_t *bytes, size_t length, struct image_header *ret);

/* The pixels; `header` is what the function above said and its size is within the job's limits. ret: written only on
 * success. */
enum status decode_jpeg(struct job *job, const uint8_t *bytes, size_t length, const struct image_header *header,
                        struct image *ret);
enum status decode_png(struct job *job, const uint8_t *bytes, size_t length, const struct image_header *header,
                       struct image *ret);
enum status decode_webp(struct job *job, const uint8_t *bytes, size_t length, const struct image_header *header,
                        struct image *ret);
enum status decode_gif(struct job *job, const uint8_t *bytes, size_t length, const struct image_header *header,
                       struct image *ret);
enum status decode_bmp(struct job *job, const uint8_t *bytes, size_t length, const struct image_header *header,
                       struct image *ret);

#endif
