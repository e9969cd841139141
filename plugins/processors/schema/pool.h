/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is given back all at once: for compiled schemas as long as they live, and for one
 * evaluation as scratch space, which after the first few records allocates nothing any more. */
#ifndef SCHEMA_POOL_H
#define SCHEMA_POOL_H

#include <paku/plugin.h>

struct pool_chunk;

/* All-zero is an empty pool. */
struct pool {
    struct pool_chunk *first;
    struct pool_chunk *current;
};

struct pool_mark {
    struct pool_chunk *chunk;
    size_t used;
};

/* Zeroed, aligned for anything. Aborts with a message when memory is gone. */
void *pool_take(struct pool *pool, size_t size);
struct paku_text pool_copy(struct pool *pool, struct paku_text text); /* ended by a NUL beside */
struct paku_text pool_print(struct pool *pool, const char *format, ...) PAKU_PRINTF(2, 3);
/* Grows an array by doubling; the old one stays behind in the pool. */
void *pool_grow(struct pool *pool, void *items, size_t *capacity, size_t needed, size_t item_size);

struct pool_mark pool_mark(const struct pool *pool);
/* Gives back what was taken since the mark; the chunks stay for the next use. */
void pool_release(struct pool *pool, struct pool_mark mark);
void pool_finish(struct pool *pool);

#endif
