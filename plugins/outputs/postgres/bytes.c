/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <stdio.h>
#include <stdlib.h>

static void *check(void *memory)
{
    if (memory == NULL) {
        fputs("paku: out of memory in outputs/postgres\n", stderr);
        abort();
    }
    return memory;
}

void *memory_get(size_t size)
{
    return check(calloc(1, size > 0 ? size : 1));
}

char *memory_text(const char *text)
{
    return check(strdup(text));
}

void bytes_finish(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes) {0};
}

void bytes_grow(struct bytes *bytes, size_t size)
{
    size_t needed = bytes->size + size;
    size_t capacity = bytes->capacity > 0 ? bytes->capacity : 256;

    while (capacity < needed)
        capacity *= 2;
    if (capacity == bytes->capacity)
        return;
    bytes->data = check(realloc(bytes->data, capacity));
    bytes->capacity = capacity;
}

void bytes_format_list(struct bytes *bytes, const char *format, va_list args)
{
    va_list again;
    int size;

    va_copy(again, args);
    size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (size < 0)
        return;
    vsnprintf(bytes_reserve(bytes, (size_t)size + 1), (size_t)size + 1, format, args);
    bytes->size += (size_t)size;
}

void bytes_format(struct bytes *bytes, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    bytes_format_list(bytes, format, args);
    va_end(args);
}

const char *bytes_text(struct bytes *bytes)
{
    *bytes_reserve(bytes, 1) = '\0';
    return bytes->data;
}
