/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/receipts.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct found {
    struct paku_receipt receipt;
    uint64_t number;
    uint16_t slot;
};

struct found_list {
    struct found *items;
    size_t count;
    size_t capacity;
    size_t prefix_size;
};

static void handle_slot(void *data, struct paku_text key, struct paku_text value)
{
    struct found_list *list = data;
    struct found found;
    const char *at = key.data + list->prefix_size, *end = key.data + key.size;
    if (take_u16_le(&at, end, &found.slot) < 0 || at != end)
        return;
    at = value.data;
    end = value.data + value.size;
    if (take_u64_le(&at, end, &found.receipt.id) < 0 ||
        take_u64_le(&at, end, &found.receipt.hash) < 0 || take_u64_le(&at, end, &found.number) < 0)
        return;
    list->items = xgrow(list->items, &list->capacity, list->count + 1, sizeof(found));
    list->items[list->count++] = found;
}

static int by_number(const void *left, const void *right)
{
    uint64_t a = ((const struct found *)left)->number, b = ((const struct found *)right)->number;
    return a < b ? -1 : a > b;
}

/* Names of instances have at most 63 characters: see config.h. */
#define KEY_MAX 80

static struct paku_text slot_key(const struct receipts *receipts, uint16_t slot, char key[KEY_MAX])
{
    size_t size = strlen(receipts->prefix);
    assert(size + 2 <= KEY_MAX);
    memcpy(key, receipts->prefix, size);
    key[size] = (char)slot;
    key[size + 1] = (char)(slot >> 8);
    return (struct paku_text){key, size + 2};
}

static void delete_slot(struct receipts *receipts, uint16_t slot)
{
    char key[KEY_MAX];
    journal_delete(receipts->journal, slot_key(receipts, slot, key));
}

static void put_slot(struct receipts *receipts, uint64_t number)
{
    size_t slot = number % receipts->kept;
    const uint64_t fields[] = {receipts->ring[slot].id, receipts->ring[slot].hash, number};
    char key[KEY_MAX], value[sizeof(fields)];
    for (size_t i = 0; i < sizeof(fields); i++)
        value[i] = (char)(fields[i / 8] >> (8 * (i % 8)));
    journal_put(receipts->journal, slot_key(receipts, (uint16_t)slot, key),
        (struct paku_text){value, sizeof(value)});
}

/* What stands in another slot than it will from now on is moved; what no longer fits is deleted. */
static void take_over(struct receipts *receipts, const struct found_list *list)
{
    receipts->next = list->count > 0 ? list->items[list->count - 1].number + 1 : 0;
    receipts->first = receipts->next;
    for (size_t i = 0; i < list->count; i++) {
        const struct found *found = &list->items[i];
        if (receipts->kept == 0 || found->slot != found->number % receipts->kept ||
            receipts->next - found->number > receipts->kept)
            delete_slot(receipts, found->slot);
    }
    for (size_t i = list->count; receipts->kept > 0 && i-- > 0;) {
        const struct found *found = &list->items[i];
        if (found->number + 1 != receipts->first ||
            receipts->next - found->number > receipts->kept)
            break;
        receipts->first = found->number;
        receipts->ring[found->number % receipts->kept] = found->receipt;
        if (found->slot != found->number % receipts->kept)
            put_slot(receipts, found->number);
    }
}

void receipts_init(struct receipts *receipts, struct journal *journal, const char *input,
    size_t kept)
{
    struct found_list list = {0};
    *receipts = (struct receipts){.journal = journal, .kept = kept};
    receipts->prefix = xasprintf("r/%s/", input);
    receipts->ring = kept > 0 ? xcalloc(kept, sizeof(*receipts->ring)) : NULL;
    list.prefix_size = strlen(receipts->prefix);
    journal_each(journal, (struct paku_text){receipts->prefix, list.prefix_size}, handle_slot,
        &list);
    if (list.count > 1)
        qsort(list.items, list.count, sizeof(*list.items), by_number);
    take_over(receipts, &list);
    receipts->prepared = receipts->settled = receipts->next;
    free(list.items);
}

void receipts_finish(struct receipts *receipts)
{
    free(receipts->prefix);
    free(receipts->ring);
    *receipts = (struct receipts){0};
}

void receipts_put(struct receipts *receipts, const struct paku_receipt *receipt)
{
    if (receipts->kept == 0)
        return;
    receipts->ring[receipts->next % receipts->kept] = *receipt;
    put_slot(receipts, receipts->next++);
    if (receipts->next - receipts->first > receipts->kept)
        receipts->first = receipts->next - receipts->kept;
}

bool receipts_at(const struct receipts *receipts, size_t index, struct paku_receipt *ret_receipt)
{
    if (receipts->settled <= receipts->first || index >= receipts->settled - receipts->first)
        return false;
    *ret_receipt = receipts->ring[(receipts->first + index) % receipts->kept];
    return true;
}

void receipts_forget(struct receipts *receipts)
{
    for (uint64_t number = receipts->first; number < receipts->next; number++)
        delete_slot(receipts, (uint16_t)(number % receipts->kept));
    receipts->first = receipts->next;
}

void receipts_prepare(struct receipts *receipts)
{
    receipts->prepared = receipts->next;
}

void receipts_committed(struct receipts *receipts)
{
    receipts->settled = receipts->prepared;
}
