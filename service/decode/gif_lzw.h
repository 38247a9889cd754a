/* GIF's variable-length-code LZW. */
#ifndef SERVICE_GIF_LZW_H
#define SERVICE_GIF_LZW_H

#include "service/decode/byte_cursor.h"

/* Decode `count` palette indices from the data sub-blocks at `blocks`, which begin with the minimum code size.
 * ret: false when the codes are broken or end before `count` indices. 24 KiB of stack, no other memory. Any thread.
 * Source: GIF89a specification, appendix F. */
bool gif_lzw_decode(struct byte_cursor blocks, uint8_t *indices, size_t count);

#endif
