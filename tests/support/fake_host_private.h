/* SPDX-License-Identifier: Apache-2.0 */
/* For fake_host*.c only. */
#ifndef SUPPORT_FAKE_HOST_PRIVATE_H
#define SUPPORT_FAKE_HOST_PRIVATE_H

#include "fake_host.h"

#include "base/memory.h"
#include "config/options.h"

enum fake_stage {
    FAKE_READY,
    FAKE_RUNNING,
    FAKE_PROBING,
    FAKE_STOPPING,
    FAKE_STOPPED, /* or never made whole */
};

struct fake_line {
    enum paku_level level;
    char *text;
};

struct fake_counter {
    char *name;
    uint64_t count;
};

struct fake_finding {
    bool good;
    char *text;
};

/* One key of the state: what the journal holds, and what was put since. */
struct fake_state {
    char *key;
    struct paku_text settled; /* data == NULL: none */
    struct paku_text latest;
};

/* A put (or delete: data == NULL) on its way into the journal. */
struct fake_put {
    uint64_t turn;
    size_t key; /* index into states */
    struct paku_text value;
};

#define FAKE_LIST(type, name) struct { type *items; size_t count, capacity; } name

struct paku_instance {
    struct fake_host *host;
    char *name;
};

struct fake_host {
    struct paku_instance instance;
    const struct paku_plugin *plugin;
    char *yaml;
    void *self;
    struct option_memory *memory;
    struct document *document;
    enum fake_stage stage;

    uv_loop_t loop;
    uv_prepare_t before_poll;
    uv_check_t after_poll;
    uv_idle_t hurry; /* active while something is to be settled: the loop must not wait */
    uv_timer_t deadline;
    bool late;

    FAKE_LIST(struct fake_line, lines);
    FAKE_LIST(struct fake_counter, counters);
    FAKE_LIST(struct fake_finding, findings);
    char *fatal;
    bool probed;

    uint64_t turn;
    unsigned run;
    uint64_t ticket;
    uint64_t settled_ticket; /* what `settled` was told */
    bool settle_always;
    bool ended;
    FAKE_LIST(struct fake_submission, submissions);
    FAKE_LIST(char *, texts); /* that live as long as the host */
    FAKE_LIST(struct fake_state, states);
    FAKE_LIST(struct fake_put, puts);
    FAKE_LIST(struct paku_receipt, receipts); /* settled */
    size_t receipts_kept;
    bool keeps_receipts;

    char *reason;
    FAKE_LIST(struct paku_record *, emitted);

    FAKE_LIST(struct fake_batch *, batches);
    struct fake_lane lanes[FAKE_LANES_MAX];
    uint32_t lane_count;
    uint32_t forced_lanes;
    struct paku_position journal;
};

#define FAKE_ADD(list, ...) \
    ((list).items = xgrow((list).items, &(list).capacity, (list).count + 1, \
         sizeof(*(list).items)), \
        (list).items[(list).count++] = __VA_ARGS__)

/* Prints the log lines and fails the test. */
void fake_host_fail(const struct fake_host *host, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));
void fake_host_note(struct fake_host *host, enum paku_level level, char *text);
struct paku_text fake_text_copy(struct paku_text text);

/* What each part of the host does at its own time. */
void fake_input_turn(struct fake_host *host);   /* between two turns of the loop */
void fake_input_restart(struct fake_host *host); /* forgets what was not settled */
void fake_input_finish(struct fake_host *host);
void fake_output_check_stopped(const struct fake_host *host);
void fake_output_restart(struct fake_host *host);
void fake_output_finish(struct fake_host *host);

#endif
