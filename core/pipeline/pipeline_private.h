/* SPDX-License-Identifier: Apache-2.0 */
/* A pipeline from inside. For core/pipeline only. */
#ifndef PIPELINE_PIPELINE_PRIVATE_H
#define PIPELINE_PIPELINE_PRIVATE_H

#include "pipeline/arrivals.h"
#include "pipeline/chain.h"
#include "pipeline/pipeline.h"
#include "pipeline/receipts.h"
#include "pipeline/router.h"

#include <uv.h>

#define DEAD_LETTERS_NAME "dead letters" /* no instance can have a space in its name */

struct input {
    struct paku_instance *instance;
    struct pipeline *pipeline;
    struct receipts receipts;
    uint64_t ticket;   /* newest submission */
    uint64_t prepared; /* newest in the group that is being written */
    uint64_t settled;  /* newest that the input was told of */
    bool paused;
    bool ended;
};

struct output {
    struct paku_instance *instance; /* NULL: the dead letters */
    struct pipeline *pipeline;
    struct dispatcher *dispatcher;
    struct metrics *metrics; /* of the instance */
    const char *name;
    unsigned bit;
    uint32_t lanes;
    uint64_t open_lanes; /* bits of those that paku_lane_open has opened; own cursors only */
    bool failing;        /* its last batch came back */
    bool stopped;        /* the dispatcher */
    uint64_t last_pending; /* when it was destroyed */
};

enum pipeline_stage {
    PIPELINE_CREATED,
    PIPELINE_RUNNING,
    PIPELINE_STOPPING_INPUTS,
    PIPELINE_STOPPING_PROCESSORS,
    PIPELINE_DRAINING,
    PIPELINE_STOPPING_OUTPUTS,
    PIPELINE_CLOSING_JOURNAL,
    PIPELINE_CLOSING_HANDLES,
    PIPELINE_CLOSED,
};

/* Why inputs are paused. */
enum pause_reason {
    PAUSE_FULL = 1,    /* the journal has max_bytes */
    PAUSE_FAILED = 2,  /* it cannot be written */
    PAUSE_BACKLOG = 4, /* the disk is slower than the inputs */
};

struct pipeline {
    const struct pipeline_config *config;
    const struct pipeline_context *context;
    struct pipeline_events events;
    void *data;
    enum pipeline_stage stage;
    struct paku_instance **instances; /* config->count, in the order of the configuration */

    struct input *inputs;
    size_t input_count;
    struct output *outputs; /* the dead letters first */
    size_t output_count;
    struct chain *chain;
    struct router router;
    struct window *window;
    struct journal *journal;

    struct ledger ledger;
    bool ledger_changed; /* since it was put into the journal's table */
    bool changed;        /* something waits for a commit */
    bool told_ended;
    unsigned pauses;     /* enum pause_reason */
    size_t open_bytes;   /* submitted since the group was closed ... */
    size_t writing_bytes; /* ... and before, not committed yet */

    struct arrivals arrivals;
    uint64_t noted_sequence;
    uint64_t dropped; /* records let go of by drop_oldest, not logged yet */
    int64_t dropped_logged_ms;
    int64_t last_journal_bytes; /* when it was closed */

    struct metrics letter_metrics;
    uv_prepare_t before_poll;
    uv_check_t after_poll;
    uv_timer_t second;   /* what is not urgent enough for a commit of its own */
    uv_timer_t deadline; /* of the outputs' grace; wakes the loop, no more */
    int64_t deadline_ms;
    unsigned open_handles;
};

/* -- instance.c and friends: what an instance of no pipeline answers with NULL or nothing -- */

struct journal *instance_journal(const struct paku_instance *instance);
/* Something was put into the journal's open group. */
void instance_changed(const struct paku_instance *instance);
/* Logs the handles on the loop that lie in the instance's memory or point to it; returns how many. */
size_t instance_name_leaks(const struct paku_instance *instance);

/* -- input.c -- */

void input_prepare(struct input *input);
/* Tells the input what is settled. */
void input_committed(struct input *input);
void handle_emitted(void *data, struct paku_record *record, const struct chain_outcome *outcome);

/* -- output.c -- */

void output_create_dispatcher(struct output *output, const struct output_options *options);
/* False while it could still deliver something. */
bool output_is_drained(const struct output *output);

/* -- turn.c -- */

extern const struct journal_events pipeline_journal_events;

void pipeline_init_handles(struct pipeline *pipeline);
void pipeline_changed(struct pipeline *pipeline);
void pipeline_pause(struct pipeline *pipeline, enum pause_reason reason);
void pipeline_unpause(struct pipeline *pipeline, enum pause_reason reason);

/* -- pipeline_stop.c -- */

/* Goes on to the next stage when all is done in this one. */
void pipeline_advance(struct pipeline *pipeline);

#endif
