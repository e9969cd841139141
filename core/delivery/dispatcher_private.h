/* SPDX-License-Identifier: Apache-2.0 */
/* Lanes and batches from inside. For dispatcher.c, lane.c and batch.c only. */
#ifndef DELIVERY_DISPATCHER_PRIVATE_H
#define DELIVERY_DISPATCHER_PRIVATE_H

#include "delivery/window.h"

#include <uv.h>

enum lane_state {
    LANE_CLOSED,    /* an output with its own cursor is not connected */
    LANE_IDLE,      /* ready to send */
    LANE_IN_FLIGHT, /* the output has a batch */
    LANE_BURYING,   /* dead letters are being written */
    LANE_WAITING,   /* for the next try */
};

/* A record on its way, held until it is delivered. */
struct parcel {
    uint64_t sequence;
    struct paku_record *record;
    struct refusal refusal; /* copies */
};

struct mark {
    size_t index; /* in the batch */
    char *code;
    char *reason;
};

struct lane_batch {
    struct paku_batch public; /* first: what plugins see */
    struct lane *lane;
    struct paku_record **records;
    uint64_t *sequences;
    struct mark *marks;
    size_t mark_count;
    size_t mark_capacity;
    enum paku_outcome outcome;
};

struct lane {
    struct dispatcher *dispatcher;
    uint32_t index;
    enum lane_state state;
    uint64_t cursor;     /* everything up to here is done with */
    uint64_t put;        /* as it went into the journal's open commit */
    uint64_t durable;    /* as the journal has it */
    uint64_t counted;    /* the ledger has counted what became of records up to here */
    uint64_t server;     /* own cursor: where the server's stands */
    uint64_t skip_to;    /* own cursor: the server has everything up to here */
    uint64_t next;       /* the next sequence to look at */
    bool dirty;
    bool gap;            /* sequences were lost or dropped on the way */
    bool gap_is_drop;
    bool reopened;       /* while a batch was in flight */
    bool busy;           /* in lane_advance: a batch that is finished at once must not recurse */
    struct lane_ledger ledger;
    uint64_t dead;       /* rejected since `server` */
    struct parcel *parcels; /* looked at and wanted; [head, head + count) */
    size_t head;
    size_t count;
    size_t capacity;
    size_t bytes; /* of the parcels' payloads: bounds what a lane holds while its server is away */
    struct lane_batch batch;
    struct journal_reader *reader;
    bool reading;
    int64_t retry_ms;
    bool lingered;
    uv_timer_t timer;
};

struct dispatcher {
    struct journal *journal;
    struct window *window;
    struct dead_letters *letters;
    uv_loop_t *loop;
    struct logger *logger;
    char *source; /* "pipeline/output", for the log */
    char *pipeline;
    struct dispatcher_options options;
    struct dispatcher_events events;
    void *data;
    struct lane *lanes; /* `lane_count` of them */
    uint32_t lane_count;
    bool started;
    bool stopping;
    uint32_t open_timers;
    uint64_t passed; /* as it was told last */
    void (*stopped)(void *data);
    void *stopped_data;
};

/* -- lane.c -- */

void lane_init(struct lane *lane, struct dispatcher *dispatcher, uint32_t index);
void lane_finish(struct lane *lane);
/* Sends what can be sent. */
void lane_advance(struct lane *lane);
bool lane_is_drained(const struct lane *lane);
uint64_t lane_pending(const struct lane *lane);
void lane_drop_parcels(struct lane *lane, uint64_t up_to);
/* Gives back what a parcel holds; the caller takes it out of the list. */
void lane_parcel_finish(struct lane *lane, struct parcel *parcel);
/* Counts `delivered` and `dead` records unless a rewind brought them back. */
void lane_count(struct lane *lane, uint64_t sequence, bool delivered);
void lane_changed(struct lane *lane);

/* -- batch.c -- */

/* Makes a batch of the first `count` parcels. */
void batch_fill(struct lane *lane, size_t count);
void batch_clear(struct lane_batch *batch);

/* -- dispatcher.c -- */

void dispatcher_stop_if_idle(struct dispatcher *dispatcher);
void dispatcher_told_drained(struct dispatcher *dispatcher);

#endif
