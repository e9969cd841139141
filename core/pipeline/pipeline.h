/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pipeline at work: inputs, processors, router, journal, outputs. Its life is
 *
 *     pipeline_create    instances are made, the configuration is checked as a whole
 *     pipeline_open_journal, pipeline_open      the journal is opened, its books are checked (blocks)
 *     pipeline_start     outputs, processors and inputs begin
 *     pipeline_stop      inputs, processors; the outputs have `grace_ms` to deliver; the journal
 *     pipeline_destroy   after events.closed, and after the loop has run on
 *
 * On one loop all calls and callbacks are on its thread; nothing here is global.
 */
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include "delivery/dispatcher.h"
#include "pipeline/instance.h"
#include "pipeline/ledger.h"

struct pipeline;

/* What pipelines share. Outlives them. */
struct pipeline_context {
    struct uv_loop_s *loop;
    struct logger *logger;
    const struct loader *loader;
    struct dead_letters *letters;
    const char *data_directory;
};

struct pipeline_events {
    /* pipeline_is_ended has become true. */
    void (*ended)(void *data, struct pipeline *pipeline);
    /* An instance cannot go on (it has logged why): the daemon is to end with status 1. */
    void (*fatal)(void *data, struct pipeline *pipeline);
    /* After pipeline_stop: the journal is closed. Not from within pipeline_stop. */
    void (*closed)(void *data, struct pipeline *pipeline);
};

/* -EINVAL with errors added. `config` and `context` must outlive the pipeline; context->letters may
 * still be NULL. */
int pipeline_create(const struct pipeline_config *config, const struct pipeline_context *context,
    const struct pipeline_events *events, void *data, struct config_errors *errors,
    struct pipeline **ret_pipeline);
/* Errors are logged. -EBUSY: another process holds the journal. */
int pipeline_open_journal(struct pipeline *pipeline);
/* After that, and with context->letters set: outputs get their bits and cursors. */
int pipeline_open(struct pipeline *pipeline);
/* An error was logged by the instance; the pipeline is then to be stopped. */
int pipeline_start(struct pipeline *pipeline);
/* May be called after pipeline_create at the earliest; a second call shortens the grace. */
void pipeline_stop(struct pipeline *pipeline, int64_t grace_ms);
/* Names instances that have not stopped yet, in the log; returns how many. */
size_t pipeline_name_unstopped(const struct pipeline *pipeline);
/* Frees everything but instances that have left handles open on the loop, which it names in the log:
 * returns how many. */
size_t pipeline_destroy(struct pipeline *pipeline);

/* -- Looking -- */

const char *pipeline_name(const struct pipeline *pipeline);
/* All inputs have ended and everything is delivered. */
bool pipeline_is_ended(const struct pipeline *pipeline);

struct pipeline_books {
    struct ledger ledger;
    int64_t journal_bytes;
    uint64_t pending; /* of the output that is furthest behind */
};
struct pipeline_books pipeline_books(const struct pipeline *pipeline);

/* What `pipeline_each` tells of an instance; the dead-letter output is one too. */
struct instance_view {
    const char *pipeline;
    const char *name;
    const char *kind;   /* "input", "processor", "output" */
    const char *plugin; /* "mqtt"; "" for the dead letters */
    const struct metrics *metrics;
    uint64_t pending; /* outputs */
};
/* In the order of the configuration, the dead letters last. */
void pipeline_each(const struct pipeline *pipeline,
    void (*each)(void *data, const struct instance_view *view), void *data);

#endif
