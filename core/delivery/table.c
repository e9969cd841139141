/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/table.h"

#include "base/hash.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct table_entry {
    struct table_entry *next; /* in its slot */
    uint64_t hash;
    size_t key_size;
    size_t value_size;
    size_t room; /* for the value: most are rewritten with the same size */
    char bytes[];
};

void table_finish(struct table *table)
{
    for (size_t i = 0; i < table->slot_count; i++) {
        while (table->slots[i] != NULL) {
            struct table_entry *next = table->slots[i]->next;
            free(table->slots[i]);
            table->slots[i] = next;
        }
    }
    free(table->slots);
    *table = (struct table){0};
}

static void grow(struct table *table)
{
    size_t slot_count = table->slot_count == 0 ? 64 : table->slot_count * 2;
    struct table_entry **slots = xcalloc(slot_count, sizeof(struct table_entry *));
    for (size_t i = 0; i < table->slot_count; i++) {
        while (table->slots[i] != NULL) {
            struct table_entry *entry = table->slots[i];
            table->slots[i] = entry->next;
            entry->next = slots[entry->hash & (slot_count - 1)];
            slots[entry->hash & (slot_count - 1)] = entry;
        }
    }
    free(table->slots);
    table->slots = slots;
    table->slot_count = slot_count;
}

/* The link that points to the entry, or to NULL at the end of its slot. */
static struct table_entry **find(const struct table *table, struct paku_text key, uint64_t hash)
{
    struct table_entry **link = &table->slots[hash & (table->slot_count - 1)];
    while (*link != NULL && ((*link)->hash != hash || (*link)->key_size != key.size ||
                                memcmp((*link)->bytes, key.data, key.size) != 0))
        link = &(*link)->next;
    return link;
}

static struct table_entry *entry_create(struct paku_text key, uint64_t hash, size_t room)
{
    struct table_entry *entry = xmalloc(sizeof(*entry) + key.size + room);
    *entry = (struct table_entry){.hash = hash, .key_size = key.size, .room = room};
    memcpy(entry->bytes, key.data, key.size);
    return entry;
}

void table_put(struct table *table, struct paku_text key, struct paku_text value)
{
    if (table->count >= table->slot_count)
        grow(table);
    uint64_t hash = hash64(key.data, key.size);
    struct table_entry **link = find(table, key, hash);
    struct table_entry *entry = *link;
    if (entry == NULL || entry->room < value.size) {
        struct table_entry *grown = entry_create(key, hash, value.size);
        grown->next = entry != NULL ? entry->next : NULL;
        table->count += entry == NULL;
        *link = grown;
        free(entry);
        entry = grown;
    }
    entry->value_size = value.size;
    memcpy(entry->bytes + entry->key_size, value.data, value.size);
}

void table_delete(struct table *table, struct paku_text key)
{
    if (table->count == 0)
        return;
    struct table_entry **link = find(table, key, hash64(key.data, key.size));
    struct table_entry *entry = *link;
    if (entry == NULL)
        return;
    *link = entry->next;
    table->count--;
    free(entry);
}

struct paku_text table_get(const struct table *table, struct paku_text key)
{
    if (table->count == 0)
        return (struct paku_text){NULL, 0};
    const struct table_entry *entry = *find(table, key, hash64(key.data, key.size));
    if (entry == NULL)
        return (struct paku_text){NULL, 0};
    return (struct paku_text){entry->bytes + entry->key_size, entry->value_size};
}

void table_each(const struct table *table, struct paku_text prefix,
    void (*each)(void *data, struct paku_text key, struct paku_text value), void *data)
{
    for (size_t i = 0; i < table->slot_count; i++) {
        for (const struct table_entry *entry = table->slots[i]; entry != NULL;
             entry = entry->next) {
            if (entry->key_size >= prefix.size &&
                memcmp(entry->bytes, prefix.data, prefix.size) == 0)
                each(data, (struct paku_text){entry->bytes, entry->key_size},
                    (struct paku_text){entry->bytes + entry->key_size, entry->value_size});
        }
    }
}
