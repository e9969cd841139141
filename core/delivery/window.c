/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/window.h"

#include "base/memory.h"
#include "record/record.h"

#include <stdlib.h>

/* A ring of consecutive sequences; its capacity is a power of two. */
struct window {
    struct journal_entry *entries;
    size_t capacity;
    uint64_t first; /* sequence of the oldest */
    size_t count;
    size_t bytes;
    size_t max_bytes;
};

struct window *window_create(size_t max_bytes)
{
    struct window *window = xcalloc(1, sizeof(*window));
    window->max_bytes = max_bytes;
    return window;
}

static struct journal_entry *slot(const struct window *window, uint64_t sequence)
{
    return &window->entries[sequence & (window->capacity - 1)];
}

static void drop_oldest(struct window *window)
{
    struct journal_entry *oldest = slot(window, window->first++);
    window->count--;
    window->bytes -= record_memory(oldest->record);
    paku_record_unref(oldest->record);
    free((char *)oldest->refusal.by);
    free((char *)oldest->refusal.reason);
}

void window_destroy(struct window *window)
{
    while (window->count > 0)
        drop_oldest(window);
    free(window->entries);
    free(window);
}

static void grow(struct window *window)
{
    size_t capacity = window->capacity == 0 ? 64 : window->capacity * 2;
    struct journal_entry *entries = xcalloc(capacity, sizeof(*entries));
    for (size_t i = 0; i < window->count; i++)
        entries[(window->first + i) & (capacity - 1)] = *slot(window, window->first + i);
    free(window->entries);
    window->entries = entries;
    window->capacity = capacity;
}

void window_push(struct window *window, uint64_t sequence, uint64_t routes,
    struct paku_record *record, const struct refusal *refusal)
{
    if (window->count == window->capacity)
        grow(window);
    if (window->count == 0)
        window->first = sequence;
    struct journal_entry *entry = slot(window, sequence);
    *entry = (struct journal_entry){sequence, routes, paku_record_ref(record), {NULL, NULL}};
    if (refusal != NULL)
        entry->refusal = (struct refusal){xstrdup(refusal->by), xstrdup(refusal->reason)};
    /* Parsed JSON counts as it is now: what is parsed later is parsed by its reader. */
    window->count++;
    window->bytes += record_memory(record);
    while (window->bytes > window->max_bytes && window->count > 1)
        drop_oldest(window);
}

bool window_at(const struct window *window, uint64_t sequence, struct journal_entry *ret_entry)
{
    if (sequence < window->first || sequence - window->first >= window->count)
        return false;
    *ret_entry = *slot(window, sequence);
    return true;
}
