/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/router.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "o/"

void router_add(struct router *router, unsigned bit, const struct match *match)
{
    assert(router->count < ROUTES_MAX && bit < ROUTES_MAX);
    router->routes[router->count].bit = bit;
    router->routes[router->count].match = match;
    router->count++;
}

uint64_t router_route(const struct router *router, const struct paku_record *record)
{
    uint64_t routes = 0;
    for (size_t i = 0; i < router->count; i++) {
        if (match_record(router->routes[i].match, record))
            routes |= UINT64_C(1) << router->routes[i].bit;
    }
    return routes;
}

/* -- Bits -- */

/* One output that the journal knows. */
struct known {
    char *name;
    uint8_t bit;
    uint64_t removed_at; /* journal's end when it was taken out of the YAML; UINT64_MAX: it was not */
};

struct known_list {
    struct known *items;
    size_t count;
    size_t capacity;
};

static void handle_known(void *data, struct paku_text key, struct paku_text value)
{
    struct known_list *list = data;
    struct known known;
    const char *at = value.data, *end = value.data + value.size;
    if (take_u8(&at, end, &known.bit) < 0 || take_u64_le(&at, end, &known.removed_at) < 0 ||
        known.bit >= ROUTES_MAX)
        return;
    known.name = xstrndup(key.data + strlen(PREFIX), key.size - strlen(PREFIX));
    list->items = xgrow(list->items, &list->capacity, list->count + 1, sizeof(known));
    list->items[list->count++] = known;
}

static struct known *find(const struct known_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].name, name) == 0)
            return &list->items[i];
    }
    return NULL;
}

static void put(struct journal *journal, const char *name, unsigned bit, uint64_t removed_at)
{
    struct buffer key = {0}, value = {0};
    buffer_push_text(&key, PREFIX);
    buffer_push_text(&key, name);
    buffer_push_u8(&value, (uint8_t)bit);
    buffer_push_u64_le(&value, removed_at);
    journal_put(journal, (struct paku_text){key.data, key.size},
        (struct paku_text){value.data, value.size});
    buffer_finish(&key);
    buffer_finish(&value);
}

static void delete_name(struct journal *journal, const char *name)
{
    struct buffer key = {0};
    buffer_push_text(&key, PREFIX);
    buffer_push_text(&key, name);
    journal_delete(journal, (struct paku_text){key.data, key.size});
    buffer_finish(&key);
}

static bool is_named(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

/* Bits that are in use, or of which records in the journal still tell. */
static uint64_t settle_removed(struct journal *journal, const struct known_list *list,
    const char *const *names, size_t count,
    void (*removed)(void *data, const char *name, unsigned bit), void *data)
{
    uint64_t taken = UINT64_C(1) << ROUTE_DEAD_LETTERS;
    for (size_t i = 0; i < list->count; i++) {
        struct known *known = &list->items[i];
        bool named = is_named(names, count, known->name);
        if (!named && known->removed_at == UINT64_MAX) {
            removed(data, known->name, known->bit);
            known->removed_at = journal_end(journal).sequence;
            put(journal, known->name, known->bit, known->removed_at);
        }
        if (!named && journal_first(journal) > known->removed_at)
            delete_name(journal, known->name);
        else
            taken |= UINT64_C(1) << known->bit;
    }
    return taken;
}

static int assign(struct journal *journal, const struct known_list *list,
    const char *const *names, size_t count, uint64_t taken, unsigned *ret_bits,
    size_t *ret_failed)
{
    for (size_t i = 0; i < count; i++) {
        const struct known *known = find(list, names[i]);
        if (known == NULL && ~taken == 0) {
            *ret_failed = i;
            return -ENOSPC;
        }
        ret_bits[i] = known != NULL ? known->bit : (unsigned)__builtin_ctzll(~taken);
        taken |= UINT64_C(1) << ret_bits[i];
        if (known == NULL || known->removed_at != UINT64_MAX)
            put(journal, names[i], ret_bits[i], UINT64_MAX);
    }
    return 0;
}

int router_assign(struct journal *journal, const char *const *names, size_t count,
    unsigned *ret_bits, void (*removed)(void *data, const char *name, unsigned bit), void *data,
    size_t *ret_failed)
{
    struct known_list list = {0};
    journal_each(journal, (struct paku_text){PREFIX, strlen(PREFIX)}, handle_known, &list);
    uint64_t taken = settle_removed(journal, &list, names, count, removed, data);
    int error = assign(journal, &list, names, count, taken, ret_bits, ret_failed);
    for (size_t i = 0; i < list.count; i++)
        free(list.items[i].name);
    free(list.items);
    return error;
}
