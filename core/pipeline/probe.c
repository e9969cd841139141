/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pipeline_private.h"

#include <stdio.h>

struct probing {
    uv_loop_t *loop;
    uv_timer_t limit;
    size_t open; /* probes that have not ended */
    size_t bad;
    bool given_up;
    bool closed;
    void (*found)(void *data, const struct paku_instance *instance, bool good, const char *text);
    void *data;
};

static void handle_found(void *data, struct paku_instance *instance, bool good, const char *text)
{
    struct probing *probing = data;
    probing->bad += !good;
    probing->found(probing->data, instance, good, text);
}

static void handle_done(void *data, struct paku_instance *instance)
{
    struct probing *probing = data;
    (void)instance;
    if (--probing->open == 0)
        uv_stop(probing->loop);
}

static void handle_limit(uv_timer_t *timer)
{
    struct probing *probing = timer->data;
    probing->given_up = true;
    uv_stop(probing->loop);
}

static void handle_limit_closed(uv_handle_t *timer)
{
    ((struct probing *)timer->data)->closed = true;
}

static void begin(struct probing *probing, struct paku_instance *const *instances, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct paku_instance *instance = instances[i];
        if (instance == NULL || instance->plugin->probe == NULL)
            continue;
        instance->events = (struct instance_events){
            .probe_found = handle_found, .probe_done = handle_done};
        instance->data = probing;
        instance->stage = INSTANCE_RUNNING;
        probing->open++;
        instance->plugin->probe(instance->self);
    }
}

/* What a probe that was given up has left open must not keep the loop running. */
static void let_go(uv_handle_t *handle, void *data)
{
    if (handle != data)
        uv_unref(handle);
}

static void give_up(struct probing *probing, struct paku_instance *const *instances,
    size_t count, int64_t limit_ms)
{
    char text[64];
    snprintf(text, sizeof(text), "gave up after %lldms", (long long)limit_ms);
    for (size_t i = 0; i < count; i++) {
        if (instances[i] == NULL || instances[i]->stage != INSTANCE_RUNNING)
            continue;
        handle_found(probing, instances[i], false, text);
        instances[i]->stage = INSTANCE_LOST;
    }
    uv_walk(probing->loop, let_go, &probing->limit);
}

size_t instances_probe(struct paku_instance *const *instances, size_t count,
    struct uv_loop_s *loop, int64_t limit_ms,
    void (*found)(void *data, const struct paku_instance *instance, bool good, const char *text),
    void *data)
{
    struct probing probing = {.loop = loop, .found = found, .data = data};
    uv_timer_init(loop, &probing.limit);
    probing.limit.data = &probing;
    uv_timer_start(&probing.limit, handle_limit, (uint64_t)limit_ms, 0);
    begin(&probing, instances, count);
    while (probing.open > 0 && !probing.given_up)
        uv_run(loop, UV_RUN_DEFAULT);
    if (probing.open > 0)
        give_up(&probing, instances, count, limit_ms);
    uv_close((uv_handle_t *)&probing.limit, handle_limit_closed);
    while (!probing.closed)
        uv_run(loop, UV_RUN_NOWAIT);
    return probing.bad;
}
