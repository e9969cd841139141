/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One configured plugin: its options loaded, its structure allocated, its life cycle. It can be
 * part of a pipeline, part of a chain outside of one (paku validate, paku test), or be made only to
 * be checked and probed (paku check).
 */
#ifndef PIPELINE_INSTANCE_H
#define PIPELINE_INSTANCE_H

#include "base/log.h"
#include "config/config.h"
#include "pipeline/match.h"
#include "pipeline/metrics.h"
#include "pipeline/time_policy.h"
#include "plugin/loader.h"

#include <paku/plugin.h>

struct chain;
struct input;
struct output;
struct pipeline;
struct uv_loop_s;

enum instance_stage {
    INSTANCE_READY,   /* init went well */
    INSTANCE_RUNNING, /* between start and the call of stop; or probing */
    INSTANCE_STOPPING,
    INSTANCE_STOPPED,
    INSTANCE_LOST, /* it did not stop, or left handles open: its memory can never be freed */
};

/* What an instance tells whoever runs it. Any may be NULL. */
struct instance_events {
    void (*stopped)(void *data, struct paku_instance *instance);
    void (*fatal)(void *data, struct paku_instance *instance, const char *message);
    void (*probe_found)(void *data, struct paku_instance *instance, bool good, const char *text);
    void (*probe_done)(void *data, struct paku_instance *instance);
};

/* Read by all of core/pipeline, changed by instance.c and whoever runs the instance. */
struct paku_instance {
    const struct instance_config *config;
    const struct paku_plugin *plugin;
    char *name;
    char *pipeline;
    char *source; /* "pipeline/name", for the log */
    void *self;   /* the plugin's structure */
    struct option_memory *memory;
    struct uv_loop_s *loop;
    struct logger *logger;
    struct config_errors *errors; /* while init runs: errors go here and not to the log */
    enum instance_stage stage;
    struct instance_events events;
    void *data;
    struct metrics metrics;
    struct match match;             /* processors and outputs; all-zero matches everything */
    struct time_rule time_policy; /* inputs */

    struct chain *chain; /* processors: the chain they stand in ... */
    size_t chain_index;  /* ... and where */
    char *reason;        /* of the latest paku_reject */
    struct table *state; /* paku_state_*, outside of a pipeline */

    struct pipeline *host; /* that it runs in, or NULL; so for these two */
    struct input *input;
    struct output *output;
};

/* Makes an instance of what the configuration says: finds the plugin, loads its options (its rows,
 * with the common ones of its kind known), allocates its structure, calls init. Whatever is wrong is
 * added to `errors` with a place (of the option, when the message begins with its key and a colon).
 * `config`, `loop` and `logger` must outlive the instance; `loop` may be NULL when it will only be
 * checked, or run in a chain without start. -EINVAL with at least one error added. */
int instance_create(const struct instance_config *config, const char *pipeline,
    const struct loader *loader, struct uv_loop_s *loop, struct logger *logger,
    struct config_errors *errors, struct paku_instance **ret_instance);
/* The same for a whole pipeline, going on after errors. `ret_instances` has room for config->count
 * pointers, in the order of config->instances; NULL where it failed. */
int instances_create(const struct pipeline_config *config, const struct loader *loader,
    struct uv_loop_s *loop, struct logger *logger, struct config_errors *errors,
    struct paku_instance **ret_instances);
/* It is stopped, or was never started. NULL is allowed. */
void instance_destroy(struct paku_instance *instance);

/* start; a plugin without it has nothing to do. The error is logged by the plugin. */
int instance_start(struct paku_instance *instance);
/* stop; events.stopped follows, perhaps from within. Does nothing when it is not running. */
void instance_stop(struct paku_instance *instance);
/* "input", "processor", "output". */
const char *kind_name(enum paku_kind kind);

/* Runs the probes of all instances that have one side by side, runs their loop meanwhile, and gives
 * up after `limit_ms` (10 s is the contract). Reports through `found` (text without a line break);
 * an instance without a probe reports nothing. Returns how many findings were bad, a probe
 * that was given up included. Afterwards the instances can only be destroyed. */
size_t instances_probe(struct paku_instance *const *instances, size_t count,
    struct uv_loop_s *loop, int64_t limit_ms,
    void (*found)(void *data, const struct paku_instance *instance, bool good, const char *text),
    void *data);

#endif
