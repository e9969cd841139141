/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <endian.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_finish(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

void buffer_clear(struct buffer *buffer)
{
    buffer->size = 0;
}

char *buffer_reserve(struct buffer *buffer, size_t size)
{
    buffer->data = xgrow(buffer->data, &buffer->capacity, buffer->size + size, 1);
    return buffer->data + buffer->size;
}

void buffer_push(struct buffer *buffer, const void *data, size_t size)
{
    if (size == 0)
        return;
    memcpy(buffer_reserve(buffer, size), data, size);
    buffer->size += size;
}

void buffer_push_text(struct buffer *buffer, const char *text)
{
    buffer_push(buffer, text, strlen(text));
}

void buffer_push_format(struct buffer *buffer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    buffer_push_text(buffer, text);
    free(text);
}

void buffer_push_u8(struct buffer *buffer, uint8_t value)
{
    buffer_push(buffer, &value, sizeof(value));
}

void buffer_push_u16_le(struct buffer *buffer, uint16_t value)
{
    value = htole16(value);
    buffer_push(buffer, &value, sizeof(value));
}

void buffer_push_u32_le(struct buffer *buffer, uint32_t value)
{
    value = htole32(value);
    buffer_push(buffer, &value, sizeof(value));
}

void buffer_push_u64_le(struct buffer *buffer, uint64_t value)
{
    value = htole64(value);
    buffer_push(buffer, &value, sizeof(value));
}

void buffer_push_u16_be(struct buffer *buffer, uint16_t value)
{
    value = htobe16(value);
    buffer_push(buffer, &value, sizeof(value));
}

void buffer_push_u32_be(struct buffer *buffer, uint32_t value)
{
    value = htobe32(value);
    buffer_push(buffer, &value, sizeof(value));
}

void buffer_push_u64_be(struct buffer *buffer, uint64_t value)
{
    value = htobe64(value);
    buffer_push(buffer, &value, sizeof(value));
}

static void push_json_control(struct buffer *buffer, unsigned char c)
{
    static const char short_names[] = "btn\0fr"; /* \b \t \n, none for 0x0b, \f \r */

    if (c >= 0x08 && c <= 0x0d && c != 0x0b) {
        char text[2] = {'\\', short_names[c - 0x08]};
        buffer_push(buffer, text, 2);
        return;
    }
    buffer_push_format(buffer, "\\u%04x", c);
}

/* Bytes that stand for themselves in a JSON string. */
static size_t json_plain_prefix(const char *data, size_t size)
{
    size_t i = 0;
    while (i < size && (unsigned char)data[i] >= 0x20 && data[i] != '"' && data[i] != '\\')
        i++;
    return i;
}

static void push_json_valid(struct buffer *buffer, const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        size_t plain = json_plain_prefix(data + i, size - i);
        buffer_push(buffer, data + i, plain);
        i += plain;
        if (i == size)
            return;
        if (data[i] == '"' || data[i] == '\\')
            buffer_push(buffer, (char[]){'\\', data[i]}, 2);
        else
            push_json_control(buffer, (unsigned char)data[i]);
    }
}

void buffer_push_json_string(struct buffer *buffer, const char *data, size_t size)
{
    buffer_push_u8(buffer, '"');
    while (size > 0) {
        size_t valid = utf8_valid_prefix(data, size);
        push_json_valid(buffer, data, valid);
        data += valid;
        size -= valid;
        if (size > 0) {
            buffer_push_text(buffer, "\xef\xbf\xbd");
            data++;
            size--;
        }
    }
    buffer_push_u8(buffer, '"');
}

const char *buffer_text(struct buffer *buffer)
{
    *buffer_reserve(buffer, 1) = '\0';
    return buffer->data;
}

int take_bytes(const char **at, const char *end, size_t size, const char **ret_bytes)
{
    if ((size_t)(end - *at) < size)
        return -EBADMSG;
    *ret_bytes = *at;
    *at += size;
    return 0;
}

static int take(const char **at, const char *end, void *value, size_t size)
{
    const char *bytes;
    int error = take_bytes(at, end, size, &bytes);
    if (error == 0)
        memcpy(value, bytes, size);
    return error;
}

int take_u8(const char **at, const char *end, uint8_t *ret_value)
{
    return take(at, end, ret_value, sizeof(*ret_value));
}

int take_u16_le(const char **at, const char *end, uint16_t *ret_value)
{
    uint16_t value;
    int error = take(at, end, &value, sizeof(value));
    if (error == 0)
        *ret_value = le16toh(value);
    return error;
}

int take_u32_le(const char **at, const char *end, uint32_t *ret_value)
{
    uint32_t value;
    int error = take(at, end, &value, sizeof(value));
    if (error == 0)
        *ret_value = le32toh(value);
    return error;
}

int take_u64_le(const char **at, const char *end, uint64_t *ret_value)
{
    uint64_t value;
    int error = take(at, end, &value, sizeof(value));
    if (error == 0)
        *ret_value = le64toh(value);
    return error;
}
