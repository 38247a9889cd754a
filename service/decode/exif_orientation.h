/* Bytes of a JPEG file -> its EXIF orientation. */
#ifndef SERVICE_EXIF_ORIENTATION_H
#define SERVICE_EXIF_ORIENTATION_H

#include "service/image/image_orient.h"

/* ret: 1..8; IMAGE_ORIENTATION_AS_IS when the file has none or a broken one (a picture is not refused for its
 * metadata). Any thread. Source: Exif 2.32, 4.5.4 (TIFF header, IFD0, tag 0x0112). */
enum image_orientation exif_orientation(const uint8_t *jpeg, size_t length);

#endif
