/* SPDX-License-Identifier: Apache-2.0 */
/* The receipts of one input: the newest so many, in slots of the journal's table. */
#ifndef PIPELINE_RECEIPTS_H
#define PIPELINE_RECEIPTS_H

#include "delivery/journal.h"

#include <paku/plugin.h>

/* All-zero keeps none. */
struct receipts {
    struct journal *journal;
    char *prefix; /* of the keys: "r/<input>/" */
    size_t kept;
    struct paku_receipt *ring; /* receipt `number` is in slot number % kept */
    uint64_t first;            /* numbers [first, next) are there, as far as the ring reaches back */
    uint64_t next;
    uint64_t prepared; /* `next` when the group was closed that is being written */
    uint64_t settled;  /* `next` of what is committed */
};

/* Reads what the table holds and brings it to `kept` slots. */
void receipts_init(struct receipts *receipts, struct journal *journal, const char *input,
    size_t kept);
void receipts_finish(struct receipts *receipts);
void receipts_put(struct receipts *receipts, const struct paku_receipt *receipt);
/* From 0, the oldest; only those that are committed. */
bool receipts_at(const struct receipts *receipts, size_t index, struct paku_receipt *ret_receipt);
void receipts_forget(struct receipts *receipts);

void receipts_prepare(struct receipts *receipts);   /* the group is closed */
void receipts_committed(struct receipts *receipts); /* and written */

#endif
