/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that grow: rows on their way to the server (big-endian, as PostgreSQL wants them), SQL, and
 * messages. All-zero is an empty one. Running out of memory ends the process with a message: the
 * journal holds what was promised. */
#ifndef POSTGRES_BYTES_H
#define POSTGRES_BYTES_H

#include <paku/plugin.h>

#include <endian.h>
#include <stdarg.h>
#include <string.h>

struct bytes {
    char *data;
    size_t size;
    size_t capacity;
};

void *memory_get(size_t size); /* zeroed; never NULL */
char *memory_text(const char *text);

void bytes_finish(struct bytes *bytes);
static inline void bytes_clear(struct bytes *bytes)
{
    bytes->size = 0;
}
void bytes_grow(struct bytes *bytes, size_t size); /* room for `size` more */
void bytes_format(struct bytes *bytes, const char *format, ...) PAKU_PRINTF(2, 3);
void bytes_format_list(struct bytes *bytes, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* Ends with a NUL that is not counted. */
const char *bytes_text(struct bytes *bytes);

static inline char *bytes_reserve(struct bytes *bytes, size_t size)
{
    if (bytes->capacity - bytes->size < size)
        bytes_grow(bytes, size);
    return bytes->data + bytes->size;
}

static inline void bytes_push(struct bytes *bytes, const void *data, size_t size)
{
    char *at = bytes_reserve(bytes, size);

    if (size > 0)
        memcpy(at, data, size);
    bytes->size += size;
}

static inline void bytes_push_text(struct bytes *bytes, const char *text)
{
    bytes_push(bytes, text, strlen(text));
}

static inline void bytes_push_u8(struct bytes *bytes, uint8_t value)
{
    bytes_push(bytes, &value, 1);
}

static inline void bytes_push_u16(struct bytes *bytes, uint16_t value)
{
    value = htobe16(value);
    bytes_push(bytes, &value, sizeof(value));
}

static inline void bytes_push_u32(struct bytes *bytes, uint32_t value)
{
    value = htobe32(value);
    bytes_push(bytes, &value, sizeof(value));
}

static inline void bytes_push_u64(struct bytes *bytes, uint64_t value)
{
    value = htobe64(value);
    bytes_push(bytes, &value, sizeof(value));
}

/* Overwrites four bytes that were pushed before: lengths that are known only behind what they
 * count. */
static inline void bytes_put_u32(struct bytes *bytes, size_t at, uint32_t value)
{
    value = htobe32(value);
    memcpy(bytes->data + at, &value, sizeof(value));
}

#endif
