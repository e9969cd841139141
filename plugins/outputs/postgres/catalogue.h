/* SPDX-License-Identifier: Apache-2.0 */
/* What the database says of the tables, and what follows from it for the columns. */
#ifndef POSTGRES_CATALOGUE_H
#define POSTGRES_CATALOGUE_H

#include "encode.h"

#include <libpq-fe.h>

struct postgres;

struct table_layout {
    char *name;     /* schema and table, quoted */
    char *relation; /* the name alone, as errors have it */
    uint32_t oid;
    char *fingerprint;
    struct column *columns; /* in the order of the options */
};

struct layout {
    size_t count;
    size_t column_count;
    struct table_layout *tables;
};

/* SQL that tells all about all tables. `with_fingerprint`: the cursor schema is there. */
void catalogue_write(struct postgres *pg, PGconn *conn, bool with_fingerprint, struct bytes *sql);

/* Fills `layout` from its answer. `problem` is called for each reason why rows cannot go there, and
 * the number of these is returned. */
size_t catalogue_read(struct postgres *pg, const PGresult *result, struct layout *layout,
    void (*problem)(void *data, const char *text), void *data);

/* Whether the answer still is what `layout` was made of. */
bool catalogue_is_same(const PGresult *result, const struct layout *layout);

void layout_finish(struct layout *layout);

/* "ts", "device_id": the names of the mapped columns as SQL. */
void catalogue_write_columns(const struct postgres *pg, PGconn *conn, struct bytes *sql);

#endif
