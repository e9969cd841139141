/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that grow. All-zero is an empty buffer. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

struct buffer {
    char *data;
    size_t size;
    size_t capacity;
};

void buffer_finish(struct buffer *buffer);
void buffer_clear(struct buffer *buffer); /* keeps the memory */
/* Room for `size` more bytes; returns where they go. The caller adds to `size` what it wrote. */
char *buffer_reserve(struct buffer *buffer, size_t size);
void buffer_push(struct buffer *buffer, const void *data, size_t size);
void buffer_push_text(struct buffer *buffer, const char *text); /* without its NUL */
void buffer_push_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buffer_push_u8(struct buffer *buffer, uint8_t value);
void buffer_push_u16_le(struct buffer *buffer, uint16_t value);
void buffer_push_u32_le(struct buffer *buffer, uint32_t value);
void buffer_push_u64_le(struct buffer *buffer, uint64_t value);
void buffer_push_u16_be(struct buffer *buffer, uint16_t value);
void buffer_push_u32_be(struct buffer *buffer, uint32_t value);
void buffer_push_u64_be(struct buffer *buffer, uint64_t value);
/* A JSON string with its quotes; invalid UTF-8 becomes U+FFFD. */
void buffer_push_json_string(struct buffer *buffer, const char *data, size_t size);
/* Appends a NUL that does not count in `size`, and returns the text. */
const char *buffer_text(struct buffer *buffer);

/* The other direction: takes values from the front of [*at, end). 0, or -EBADMSG when too short. */
int take_u8(const char **at, const char *end, uint8_t *ret_value);
int take_u16_le(const char **at, const char *end, uint16_t *ret_value);
int take_u32_le(const char **at, const char *end, uint32_t *ret_value);
int take_u64_le(const char **at, const char *end, uint64_t *ret_value);
int take_bytes(const char **at, const char *end, size_t size, const char **ret_bytes);

#endif
