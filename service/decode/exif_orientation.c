/* Walks the markers of a JPEG file up to the first scan, finds the Exif segment and in it one number.
 *
 * Done here and not with libjpeg's marker saving: that would copy every APP1 segment a file cares to bring. */
#include "service/decode/exif_orientation.h"

#include <string.h>

#include "service/decode/byte_cursor.h"

enum { MARKER_SOI = 0xD8, MARKER_EOI = 0xD9, MARKER_SOS = 0xDA, MARKER_APP1 = 0xE1, MARKER_TEM = 0x01 };
enum { TIFF_TAG_ORIENTATION = 0x0112, TIFF_TYPE_SHORT = 3, TIFF_ENTRY_BYTES = 12 };

/* tiff: the segment after "Exif\0\0"; offsets count from its start. */
static enum image_orientation orientation_in_tiff(struct byte_cursor tiff)
{
    const uint8_t *start = tiff.pos;
    uint16_t order, magic, entries;
    uint32_t ifd0_offset;
    if (!byte_cursor_u16(&tiff, true, &order) || (order != 0x4949 && order != 0x4D4D)) /* "II" or "MM" */
        return IMAGE_ORIENTATION_AS_IS;
    const bool big_endian = order == 0x4D4D;
    if (!byte_cursor_u16(&tiff, big_endian, &magic) || magic != 42 || !byte_cursor_u32(&tiff, big_endian, &ifd0_offset))
        return IMAGE_ORIENTATION_AS_IS;

    tiff.pos = start;
    if (!byte_cursor_skip(&tiff, ifd0_offset) || !byte_cursor_u16(&tiff, big_endian, &entries))
        return IMAGE_ORIENTATION_AS_IS;
    for (uint16_t i = 0; i < entries; i++) {
        const uint8_t *entry = tiff.pos;
        uint16_t tag, type, value;
        uint32_t count;
        if (!byte_cursor_u16(&tiff, big_endian, &tag) || !byte_cursor_u16(&tiff, big_endian, &type) ||
            !byte_cursor_u32(&tiff, big_endian, &count) || !byte_cursor_u16(&tiff, big_endian, &value))
            break;
        if (tag == TIFF_TAG_ORIENTATION)
            return type == TIFF_TYPE_SHORT && count == 1 && value >= 1 && value <= 8 ? (enum image_orientation)value
                                                                                     : IMAGE_ORIENTATION_AS_IS;
        tiff.pos = entry;
        if (!byte_cursor_skip(&tiff, TIFF_ENTRY_BYTES))
            break;
    }
    return IMAGE_ORIENTATION_AS_IS;
}

enum image_orientation exif_orientation(const uint8_t *jpeg, size_t length)
{
    struct byte_cursor cursor = byte_cursor_over(jpeg, length);
    uint8_t marker;
    while (byte_cursor_u8(&cursor, &marker)) {
        if (marker != 0xFF) /* fill or garbage between segments: libjpeg skips it, too */
            continue;
        while (marker == 0xFF)
            if (!byte_cursor_u8(&cursor, &marker))
                return IMAGE_ORIENTATION_AS_IS;
        if (marker == MARKER_SOS || marker == MARKER_EOI)
            break;
        if (marker == 0 || marker == MARKER_SOI || marker == MARKER_TEM)
            continue;

        uint16_t segment_length; /* counts itself */
        if (!byte_cursor_u16(&cursor, true, &segment_length) || segment_length < 2)
            break;
        const struct byte_cursor segment = cursor;
        if (!byte_cursor_skip(&cursor, segment_length - 2U))
            break;
        if (marker == MARKER_APP1 && segment_length >= 2 + 6 && memcmp(segment.pos, "Exif\0", 6) == 0)
            return orientation_in_tiff((struct byte_cursor){segment.pos + 6, cursor.pos});
    }
    return IMAGE_ORIENTATION_AS_IS;
}
