/* What encode.c asks of each format. Only files of this folder include this. */
#ifndef SERVICE_ENCODE_FORMAT_H
#define SERVICE_ENCODE_FORMAT_H

#include "service/encode/encode.h"

enum status encode_jpeg(struct job *job, const struct image *image, int quality, struct encoded *ret);
enum status encode_png(struct job *job, const struct image *image, int quality,
                       struct encoded *ret); /* quality is ignored */
enum status encode_webp(struct job *job, const struct image *image, int quality, struct encoded *ret);

#endif
