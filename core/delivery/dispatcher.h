/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dispatcher takes the records of one journal to one output: for each of the output's lanes a
 * cursor, a batch in flight, and the pause before the next try. In the usual case batches come
 * straight from memory (the window, shared by all outputs of a pipeline); an output that has fallen
 * behind is served from the files until it has caught up.
 */
#ifndef DELIVERY_DISPATCHER_H
#define DELIVERY_DISPATCHER_H

#include "delivery/dead_letters.h"
#include "delivery/journal.h"

/* -- The window: the newest records of a pipeline, in memory -- */

struct window;

struct window *window_create(size_t max_bytes);
void window_destroy(struct window *window);
/* After journal_append, with the sequence it returned; takes a reference. Drops the oldest beyond
 * max_bytes (whoever needs those reads them from the files). */
void window_push(struct window *window, uint64_t sequence, uint64_t routes,
    struct paku_record *record, const struct refusal *refusal);

/* -- The dispatcher -- */

struct dispatcher;

struct dispatcher_options {
    const char *output;      /* name of the instance: the key of its cursors in the journal's table */
    unsigned bit;            /* in journal_append's `routes` */
    bool own_cursor;         /* PAKU_OUTPUT_OWN_CURSOR */
    size_t batch_records;    /* at most so many ... */
    size_t batch_bytes;      /* ... and about so many bytes in a batch */
    int64_t linger_ms;       /* wait so long for a batch to fill; 0: send what is there */
    int64_t retry_initial_ms;
    int64_t retry_max_ms;
};

/* What has become of the records of one lane since the journal began; moves with its cursor.
 * routed = delivered + dead + dropped + lost + pending; routed is counted at the append. */
struct lane_ledger {
    uint64_t routed;
    uint64_t delivered;
    uint64_t dead;
    uint64_t dropped; /* by drop_oldest, or because the output was taken out of the YAML */
    uint64_t lost;    /* damaged in the journal */
};

/* What the journal's table holds for "cursor/<output>/<lane>". */
struct lane_cursor {
    uint64_t cursor; /* everything up to here is done with */
    uint64_t server; /* own cursor: where the server's stood */
    struct lane_ledger ledger;
};
/* -EBADMSG when the value is damaged or not there (data == NULL). */
int lane_cursor_decode(struct paku_text value, struct lane_cursor *ret_cursor);

struct dispatcher_events {
    /* The output's `write`. */
    void (*write)(void *data, struct paku_batch *batch);
    /* A batch came to its end: for metrics and the log. The batch is as it was handed out. */
    void (*finished)(void *data, const struct paku_batch *batch, enum paku_outcome outcome,
        size_t delivered, size_t rejected, size_t bytes, const char *reason, int64_t retry_in_ms);
    /* All lanes stand at the end of the journal and nothing is in flight. */
    void (*drained)(void *data);
    /* The lowest cursor over all lanes has moved durably: pass it on to journal_release. */
    void (*passed)(void *data, uint64_t sequence);
};

/* Cursors and ledgers are read from the journal's table; an output that is new there begins at the
 * journal's end. Does not dispatch before dispatcher_start. */
struct dispatcher *dispatcher_create(struct journal *journal, struct window *window,
    struct dead_letters *letters, struct uv_loop_s *loop, struct logger *logger,
    const char *pipeline, const struct dispatcher_options *options,
    const struct dispatcher_events *events, void *data);
/* Default 1. Before the start. When the number differs from the one in the journal and the lanes do
 * not all stand at one position, the old number is kept until they do, and the log says so: returns
 * the number in force. */
uint32_t dispatcher_set_lanes(struct dispatcher *dispatcher, uint32_t lanes);
void dispatcher_start(struct dispatcher *dispatcher);
/* Of record `index` of a batch that this dispatcher handed out: who refused it before it was appended
 * (only the records of the dead-letter output have one); NULLs otherwise. */
struct refusal dispatcher_refusal(const struct paku_batch *batch, size_t index);
/* A record was appended that concerns this output (its bit is set): counts it as routed in its
 * lane, in the open group of the journal. */
void dispatcher_routed(struct dispatcher *dispatcher, const struct paku_record *record);
/* The journal has committed: there may be something to do. */
void dispatcher_wake(struct dispatcher *dispatcher);
/* From journal_events.prepare: puts cursors and ledgers that changed into the group. */
void dispatcher_prepare(struct dispatcher *dispatcher);
/* From journal_events.committed: cursors that went along are durable now. */
void dispatcher_committed(struct dispatcher *dispatcher);
/* Offers no more batches; calls `stopped` once none is in flight and no dead letter is being written
 * (the output's stop() finishes its batches). */
void dispatcher_stop(struct dispatcher *dispatcher, void (*stopped)(void *data), void *data);
void dispatcher_destroy(struct dispatcher *dispatcher);

/* For an output that the YAML no longer names: deletes its cursors from the table. Returns how many
 * records it had not delivered; they are dropped. */
uint64_t dispatcher_remove_output(struct journal *journal, const char *output);

/* What paku_lane_open, paku_lane_close mean; see <paku/plugin.h>. */
int dispatcher_lane_open(struct dispatcher *dispatcher, uint32_t lane,
    const struct paku_position *position);
void dispatcher_lane_close(struct dispatcher *dispatcher, uint32_t lane);

struct lane_ledger dispatcher_ledger(const struct dispatcher *dispatcher); /* sum over the lanes */
uint64_t dispatcher_pending(const struct dispatcher *dispatcher);
bool dispatcher_is_drained(const struct dispatcher *dispatcher);
uint64_t dispatcher_lowest(const struct dispatcher *dispatcher); /* durable cursor, lowest lane */
/* drop_oldest deleted segments: everything before `first` is gone. */
void dispatcher_dropped(struct dispatcher *dispatcher, uint64_t first);

#endif
