/* SPDX-License-Identifier: Apache-2.0 */
/* Which table a record goes to: always the same one, or by its tags one of a list. */
#ifndef POSTGRES_TABLES_H
#define POSTGRES_TABLES_H

#include "bytes.h"

struct table {
    const char *text; /* as it was written: "telemetry.measurements" */
    char *schema;     /* NULL: where the search path finds it */
    char *name;
};

struct tables {
    const char *pattern; /* "measurements_{site}", or the one table's name */
    bool by_tag;
    size_t count;
    struct table *items;
    struct bytes name; /* scratch */
};

/* -EINVAL with a message. The texts must outlive `tables`. */
int tables_init(struct tables *tables, const char *pattern, const struct paku_strings *list,
    struct bytes *message);
void tables_finish(struct tables *tables);

/* The index of a record's table; -ENOENT with a reason when it has none. */
int tables_find(struct tables *tables, const struct paku_record *record, size_t *ret_index,
    struct bytes *reason);

#endif
