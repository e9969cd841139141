/* SPDX-License-Identifier: Apache-2.0 */
/* What a pipeline does once in each turn of the loop, and what its journal tells it. */
#include "pipeline/pipeline_private.h"

#include <inttypes.h>
#include <string.h>

#define BACKLOG_MAX (32u << 20) /* bytes of records that wait for the disk before inputs pause */
#define BACKLOG_LOW (BACKLOG_MAX / 2)
#define DROPPED_LOG_MS 1000

void pipeline_changed(struct pipeline *pipeline)
{
    pipeline->changed = true;
    pipeline->ledger_changed = true;
}

/* -- Pausing -- */

static void tell_inputs(struct pipeline *pipeline)
{
    bool pause = pipeline->pauses != 0;
    for (size_t i = 0; i < pipeline->input_count; i++) {
        struct input *input = &pipeline->inputs[i];
        const struct paku_instance *instance = input->instance;
        if (instance->stage != INSTANCE_RUNNING || input->paused == pause)
            continue;
        input->paused = pause;
        void (*tell)(void *self) = pause ? instance->plugin->input.pause
                                         : instance->plugin->input.resume;
        if (tell != NULL)
            tell(instance->self);
    }
}

void pipeline_pause(struct pipeline *pipeline, enum pause_reason reason)
{
    pipeline->pauses |= reason;
    tell_inputs(pipeline);
}

void pipeline_unpause(struct pipeline *pipeline, enum pause_reason reason)
{
    pipeline->pauses &= ~(unsigned)reason;
    tell_inputs(pipeline);
}

/* -- The journal's events -- */

static void put_ledger(struct pipeline *pipeline)
{
    char bytes[LEDGER_SIZE];
    if (!pipeline->ledger_changed)
        return;
    ledger_encode(&pipeline->ledger, bytes);
    journal_put(pipeline->journal, (struct paku_text){LEDGER_KEY, strlen(LEDGER_KEY)},
        (struct paku_text){bytes, sizeof(bytes)});
    pipeline->ledger_changed = false;
}

static void put_cursors(struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->output_count; i++) {
        if (pipeline->outputs[i].dispatcher != NULL)
            dispatcher_prepare(pipeline->outputs[i].dispatcher);
    }
}

static void handle_prepare(void *data)
{
    struct pipeline *pipeline = data;
    put_ledger(pipeline);
    put_cursors(pipeline);
    for (size_t i = 0; i < pipeline->input_count; i++)
        input_prepare(&pipeline->inputs[i]);
    pipeline->writing_bytes += pipeline->open_bytes;
    pipeline->open_bytes = 0;
    pipeline->changed = false;
}

/* Outputs first: settling makes inputs submit more. */
static void handle_committed(void *data, uint64_t sequence)
{
    struct pipeline *pipeline = data;
    (void)sequence;
    pipeline->writing_bytes = 0;
    for (size_t i = 0; i < pipeline->output_count; i++) {
        if (pipeline->outputs[i].dispatcher == NULL)
            continue;
        dispatcher_committed(pipeline->outputs[i].dispatcher);
        dispatcher_wake(pipeline->outputs[i].dispatcher);
    }
    for (size_t i = 0; i < pipeline->input_count; i++)
        input_committed(&pipeline->inputs[i]);
}

static void handle_failed(void *data, int error, const char *what)
{
    (void)error;
    (void)what; /* the journal has logged both */
    pipeline_pause(data, PAUSE_FAILED);
}

static void handle_recovered(void *data)
{
    pipeline_unpause(data, PAUSE_FAILED);
}

static void handle_full(void *data)
{
    struct pipeline *pipeline = data;
    if (pipeline->config->journal.when_full == WHEN_FULL_DROP_OLDEST)
        return; /* room is made between two turns of the loop */
    logger_write(pipeline->context->logger, PAKU_WARNING, pipeline->config->name,
        "the journal has reached max_bytes: inputs pause until outputs have delivered some of it");
    pipeline_pause(pipeline, PAUSE_FULL);
}

static void handle_room(void *data)
{
    struct pipeline *pipeline = data;
    if ((pipeline->pauses & PAUSE_FULL) == 0)
        return;
    logger_write(pipeline->context->logger, PAKU_INFO, pipeline->config->name,
        "the journal has room again: inputs go on");
    pipeline_unpause(pipeline, PAUSE_FULL);
}

const struct journal_events pipeline_journal_events = {
    .prepare = handle_prepare,
    .committed = handle_committed,
    .failed = handle_failed,
    .recovered = handle_recovered,
    .full = handle_full,
    .room = handle_room,
};

/* -- Dropping the oldest -- */

static void log_dropped(struct pipeline *pipeline, int64_t now_ms)
{
    if (pipeline->dropped == 0 || now_ms - pipeline->dropped_logged_ms < DROPPED_LOG_MS)
        return;
    logger_write(pipeline->context->logger, PAKU_WARNING, pipeline->config->name,
        "the journal is full: dropped the oldest %" PRIu64 " records (when_full: drop_oldest); each "
        "output counts those that it had not delivered", pipeline->dropped);
    pipeline->dropped = 0;
    pipeline->dropped_logged_ms = now_ms;
}

static void drop_oldest(struct pipeline *pipeline)
{
    if (pipeline->config->journal.when_full != WHEN_FULL_DROP_OLDEST)
        return;
    while (journal_is_full(pipeline->journal)) {
        uint64_t before = journal_first(pipeline->journal);
        uint64_t first = journal_drop_oldest(pipeline->journal);
        if (first == before)
            return;
        pipeline->dropped += first - before;
        for (size_t i = 0; i < pipeline->output_count; i++)
            dispatcher_dropped(pipeline->outputs[i].dispatcher, first);
    }
}

/* -- The turn -- */

static void note_arrivals(struct pipeline *pipeline)
{
    uint64_t end = journal_end(pipeline->journal).sequence;
    if (end == pipeline->noted_sequence)
        return;
    arrivals_note(&pipeline->arrivals, pipeline->noted_sequence + 1,
        (int64_t)uv_now(pipeline->context->loop));
    pipeline->noted_sequence = end;
}

static void check_backlog(struct pipeline *pipeline)
{
    size_t waiting = pipeline->open_bytes + pipeline->writing_bytes;
    if (waiting > BACKLOG_MAX && (pipeline->pauses & PAUSE_BACKLOG) == 0)
        pipeline_pause(pipeline, PAUSE_BACKLOG);
    else if (waiting < BACKLOG_LOW && (pipeline->pauses & PAUSE_BACKLOG) != 0)
        pipeline_unpause(pipeline, PAUSE_BACKLOG);
}

/* One burst of an input is one group: everything that was submitted since the last turn is committed
 * together. The ledger is put first, since a journal with nothing in its open group does nothing. */
static void commit(struct pipeline *pipeline)
{
    if (!pipeline->changed)
        return;
    put_ledger(pipeline);
    journal_commit(pipeline->journal);
    pipeline->changed = false;
}

static void turn(struct pipeline *pipeline)
{
    if (pipeline->journal != NULL && pipeline->stage < PIPELINE_CLOSING_JOURNAL) {
        note_arrivals(pipeline);
        commit(pipeline);
        drop_oldest(pipeline);
        log_dropped(pipeline, (int64_t)uv_now(pipeline->context->loop));
        check_backlog(pipeline);
    }
    pipeline_advance(pipeline);
}

/* Timers run before the loop polls, sockets after it: both may have submitted something. */
static void handle_before_poll(uv_prepare_t *handle)
{
    turn(handle->data);
}

static void handle_after_poll(uv_check_t *handle)
{
    turn(handle->data);
}

/* Cursors go along with the next records. When none come they are committed here: not at once, which
 * would sync the disk twice for each record of a quiet pipeline. */
static void handle_second(uv_timer_t *handle)
{
    struct pipeline *pipeline = handle->data;
    if (pipeline->stage == PIPELINE_CREATED || pipeline->stage >= PIPELINE_CLOSING_JOURNAL)
        return;
    put_cursors(pipeline);
    journal_commit(pipeline->journal);
    for (size_t i = 0; i < pipeline->output_count; i++)
        dispatcher_wake(pipeline->outputs[i].dispatcher);
}

void pipeline_init_handles(struct pipeline *pipeline)
{
    struct uv_loop_s *loop = pipeline->context->loop;
    uv_prepare_init(loop, &pipeline->before_poll);
    uv_check_init(loop, &pipeline->after_poll);
    uv_timer_init(loop, &pipeline->second);
    uv_timer_init(loop, &pipeline->deadline);
    pipeline->before_poll.data = pipeline;
    pipeline->after_poll.data = pipeline;
    pipeline->second.data = pipeline;
    pipeline->deadline.data = pipeline;
    pipeline->open_handles = 4;
    uv_prepare_start(&pipeline->before_poll, handle_before_poll);
    uv_check_start(&pipeline->after_poll, handle_after_poll);
    uv_timer_start(&pipeline->second, handle_second, 1000, 1000);
    uv_unref((uv_handle_t *)&pipeline->before_poll);
    uv_unref((uv_handle_t *)&pipeline->after_poll);
    uv_unref((uv_handle_t *)&pipeline->deadline);
}
