/* SPDX-License-Identifier: Apache-2.0 */
/* A table of byte keys and values in memory. All-zero is an empty one. */
#ifndef DELIVERY_TABLE_H
#define DELIVERY_TABLE_H

#include "base/buffer.h"

#include <paku/plugin.h>

struct table_entry;

struct table {
    struct table_entry **slots;
    size_t slot_count;
    size_t count;
};

void table_finish(struct table *table);
void table_put(struct table *table, struct paku_text key, struct paku_text value);
void table_delete(struct table *table, struct paku_text key);
/* data == NULL: there is none. Belongs to the table until the key is changed. */
struct paku_text table_get(const struct table *table, struct paku_text key);
void table_each(const struct table *table, struct paku_text prefix,
    void (*each)(void *data, struct paku_text key, struct paku_text value), void *data);

#endif
