/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include <assert.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE 16384

struct pool_chunk {
    struct pool_chunk *next;
    size_t size;
    size_t used;
    alignas(max_align_t) char data[];
};

static struct pool_chunk *chunk_create(size_t size)
{
    struct pool_chunk *chunk = malloc(sizeof(*chunk) + size);
    if (chunk == NULL) {
        fprintf(stderr, "schema: out of memory (%zu bytes wanted)\n", size);
        abort();
    }
    *chunk = (struct pool_chunk){.size = size};
    return chunk;
}

static void add_chunk(struct pool *pool, size_t size)
{
    struct pool_chunk *chunk = chunk_create(size > CHUNK_SIZE ? size : CHUNK_SIZE);
    if (pool->current == NULL) {
        chunk->next = pool->first;
        pool->first = chunk;
    } else {
        chunk->next = pool->current->next;
        pool->current->next = chunk;
    }
    pool->current = chunk;
}

void *pool_take(struct pool *pool, size_t size)
{
    size_t aligned = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct pool_chunk *chunk = pool->current;
    if (chunk == NULL || chunk->size - chunk->used < aligned) {
        struct pool_chunk *next = chunk != NULL ? chunk->next : pool->first;
        if (next != NULL && next->size >= aligned)
            pool->current = next;
        else
            add_chunk(pool, aligned);
        chunk = pool->current;
        chunk->used = 0;
    }
    void *memory = chunk->data + chunk->used;
    chunk->used += aligned;
    return memset(memory, 0, size);
}

struct paku_text pool_copy(struct pool *pool, struct paku_text text)
{
    char *copy = pool_take(pool, text.size + 1);
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    return (struct paku_text){copy, text.size};
}

struct paku_text pool_print(struct pool *pool, const char *format, ...)
{
    assert(format != NULL);
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(size >= 0);
    char *text = pool_take(pool, (size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return (struct paku_text){text, (size_t)size};
}

void *pool_grow(struct pool *pool, void *items, size_t *capacity, size_t needed, size_t item_size)
{
    if (needed <= *capacity)
        return items;
    size_t larger = *capacity > 0 ? *capacity * 2 : 8;
    while (larger < needed)
        larger *= 2;
    void *memory = pool_take(pool, larger * item_size);
    if (*capacity > 0)
        memcpy(memory, items, *capacity * item_size);
    *capacity = larger;
    return memory;
}

struct pool_mark pool_mark(const struct pool *pool)
{
    struct pool_chunk *chunk = pool->current;
    return (struct pool_mark){chunk, chunk != NULL ? chunk->used : 0};
}

void pool_release(struct pool *pool, struct pool_mark mark)
{
    pool->current = mark.chunk;
    if (mark.chunk != NULL)
        mark.chunk->used = mark.used;
}

void pool_finish(struct pool *pool)
{
    for (struct pool_chunk *chunk = pool->first, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    *pool = (struct pool){0};
}
