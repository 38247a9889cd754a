/* Text -> one stable copy of it. Equal strings give equal pointers, so that later stages compare and hash pointers.
 *
 * Ownership: every string lives as long as the pool. Threads: one at a time. */
#ifndef HOTLINE_STRING_POOL_H
#define HOTLINE_STRING_POOL_H

#include <stddef.h>

struct string_pool;

struct string_pool *string_pool_create(void);
void string_pool_destroy(struct string_pool *pool);

/* The pool's copy of `length` bytes of `text` (no NUL needed at its end; the copy has one). Never NULL. Bounded, whatever comes: texts are cut
 * after 16 KiB, and beyond 256 MiB of them new ones all become the same. */
const char *string_pool_intern_bytes(struct string_pool *pool, const char *text, size_t length);
const char *string_pool_intern(struct string_pool *pool, const char *text);

/* As printf. */
const char *string_pool_format(struct string_pool *pool, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
