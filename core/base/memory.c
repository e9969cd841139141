/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *memory, size_t size)
{
    if (memory == NULL && size > 0) {
        fprintf(stderr, "paku: out of memory (%zu bytes were asked for)\n", size);
        abort();
    }
    return memory;
}

void *xmalloc(size_t size)
{
    return must(malloc(size), size);
}

void *xcalloc(size_t count, size_t size)
{
    return must(calloc(count, size), count * size);
}

void *xrealloc(void *memory, size_t size)
{
    return must(realloc(memory, size), size);
}

void *xgrow(void *items, size_t *capacity, size_t needed, size_t item_size)
{
    if (needed <= *capacity)
        return items;
    size_t grown = *capacity < 8 ? 8 : *capacity;
    while (grown < needed)
        grown *= 2;
    if (grown > SIZE_MAX / item_size)
        must(NULL, SIZE_MAX);
    *capacity = grown;
    return xrealloc(items, grown * item_size);
}

char *xstrdup(const char *text)
{
    return xstrndup(text, strlen(text));
}

char *xstrndup(const char *text, size_t size)
{
    char *copy = xmalloc(size + 1);
    memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

char *xvasprintf(const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        must(NULL, strlen(format));
    return text;
}

char *xasprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    return text;
}
