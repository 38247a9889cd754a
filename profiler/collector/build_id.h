/* The GNU build-id of an ELF image. */
#ifndef HOTLINE_BUILD_ID_H
#define HOTLINE_BUILD_ID_H

#include "profiler/collector/table_builder.h"

/* ret: number of bytes written to `ret` (at most 20), 0 when there is none or the image is broken. */
unsigned build_id_of_image(const struct module_image *image, uint8_t ret[20]);

#endif
