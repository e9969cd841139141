/* SPDX-License-Identifier: Apache-2.0 */
/* The books of a pipeline as its journal on disk tells them, read beside a running daemon: for `paku
 * status`. */
#ifndef PIPELINE_BOOKS_H
#define PIPELINE_BOOKS_H

#include "delivery/dispatcher.h"
#include "pipeline/ledger.h"

/* What has become of the records of one output, all lanes together. */
struct output_books {
    char *name;
    struct lane_ledger ledger;
    uint64_t pending;
    uint64_t cursor; /* of the lane that is furthest behind */
    bool balances;   /* no lane waits for more than there is behind its cursor */
};

struct books {
    uint8_t journal[16];
    uint64_t epoch;
    uint64_t sequence; /* newest committed */
    size_t segments;
    int64_t bytes;     /* on disk */
    int64_t holder;    /* process that has the journal open; 0: nobody */
    struct ledger ledger;
    struct output_books *outputs; /* sorted by name */
    size_t output_count;
};

/* Changes nothing. -ENOENT: there is no journal in the folder; -EBADMSG: none of it can be read. */
int books_read(const char *directory, struct books *ret_books);
void books_finish(struct books *books);

/* All sums hold: those of the ledger, of the journal's sequence, and of each output. */
bool books_balance(const struct books *books);

#endif
