/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a pipeline, one stage behind the other: each waits until all is done in the one before.
 * Nothing here is done from within a callback of an instance; the loop's turns drive it. */
#include "pipeline/pipeline_private.h"

#include <inttypes.h>

static bool is_stopped(const struct paku_instance *instance)
{
    return instance->stage != INSTANCE_RUNNING && instance->stage != INSTANCE_STOPPING;
}

static bool all_stopped(const struct pipeline *pipeline, enum paku_kind kind)
{
    for (size_t i = 0; i < pipeline->config->count; i++) {
        const struct paku_instance *instance = pipeline->instances[i];
        if (instance->plugin->kind == kind && !is_stopped(instance))
            return false;
    }
    return true;
}

static void stop_all(struct pipeline *pipeline, enum paku_kind kind)
{
    for (size_t i = 0; i < pipeline->config->count; i++) {
        if (pipeline->instances[i]->plugin->kind == kind)
            instance_stop(pipeline->instances[i]);
    }
}

/* -- Draining -- */

static bool is_committed(const struct pipeline *pipeline)
{
    return !pipeline->changed &&
        journal_committed(pipeline->journal).sequence == journal_end(pipeline->journal).sequence;
}

static bool all_drained(const struct pipeline *pipeline)
{
    if (!is_committed(pipeline))
        return false;
    for (size_t i = 0; i < pipeline->output_count; i++) {
        if (!output_is_drained(&pipeline->outputs[i]))
            return false;
    }
    return true;
}

/* Its server is not there, or refuses: waiting would not help. */
static bool is_hopeless(const struct output *output)
{
    bool own_cursor = output->instance != NULL &&
        (output->instance->plugin->output.flags & PAKU_OUTPUT_OWN_CURSOR) != 0;
    return output->failing || (own_cursor && output->open_lanes == 0);
}

static bool is_drained_enough(const struct pipeline *pipeline)
{
    if ((int64_t)uv_now(pipeline->context->loop) >= pipeline->deadline_ms)
        return true;
    if ((pipeline->pauses & PAUSE_FAILED) == 0 && !is_committed(pipeline))
        return false;
    for (size_t i = 0; i < pipeline->output_count; i++) {
        const struct output *output = &pipeline->outputs[i];
        if (!output_is_drained(output) && !is_hopeless(output))
            return false;
    }
    return true;
}

static void log_undelivered(const struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->output_count; i++) {
        const struct output *output = &pipeline->outputs[i];
        uint64_t pending = dispatcher_pending(output->dispatcher);
        if (pending > 0)
            logger_write(pipeline->context->logger, PAKU_INFO, pipeline->config->name,
                "%" PRIu64 " records for '%s' stay in the journal until the next start", pending,
                output->name);
    }
}

/* -- Outputs -- */

static void handle_dispatcher_stopped(void *data)
{
    ((struct output *)data)->stopped = true;
}

static void stop_outputs(struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->output_count; i++)
        dispatcher_stop(pipeline->outputs[i].dispatcher, handle_dispatcher_stopped,
            &pipeline->outputs[i]);
    stop_all(pipeline, PAKU_OUTPUT);
}

static bool dispatchers_stopped(const struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->output_count; i++) {
        if (!pipeline->outputs[i].stopped)
            return false;
    }
    return true;
}

/* -- The journal and the handles -- */

static void handle_handle_closed(uv_handle_t *handle)
{
    struct pipeline *pipeline = handle->data;
    if (--pipeline->open_handles > 0)
        return;
    pipeline->stage = PIPELINE_CLOSED;
    pipeline->events.closed(pipeline->data, pipeline);
}

static void close_handles(struct pipeline *pipeline)
{
    pipeline->stage = PIPELINE_CLOSING_HANDLES;
    uv_close((uv_handle_t *)&pipeline->before_poll, handle_handle_closed);
    uv_close((uv_handle_t *)&pipeline->after_poll, handle_handle_closed);
    uv_close((uv_handle_t *)&pipeline->second, handle_handle_closed);
    uv_close((uv_handle_t *)&pipeline->deadline, handle_handle_closed);
}

static void handle_journal_closed(void *data)
{
    struct pipeline *pipeline = data;
    pipeline->journal = NULL;
    close_handles(pipeline);
}

/* The dispatchers put what they know into the last group, and go: their readers may not outlive the
 * journal. */
static void close_journal(struct pipeline *pipeline)
{
    pipeline->stage = PIPELINE_CLOSING_JOURNAL;
    if (pipeline->journal == NULL) {
        close_handles(pipeline);
        return;
    }
    for (size_t i = 0; i < pipeline->output_count; i++) {
        struct output *output = &pipeline->outputs[i];
        if (output->dispatcher == NULL)
            continue;
        output->last_pending = dispatcher_pending(output->dispatcher);
        dispatcher_prepare(output->dispatcher);
        dispatcher_destroy(output->dispatcher);
        output->dispatcher = NULL;
    }
    pipeline->last_journal_bytes = journal_bytes(pipeline->journal);
    journal_close(pipeline->journal, handle_journal_closed, pipeline);
}

/* -- The stages -- */

static void tell_ended(struct pipeline *pipeline)
{
    bool ended = pipeline->input_count > 0;
    for (size_t i = 0; i < pipeline->input_count; i++)
        ended = ended && pipeline->inputs[i].ended;
    ended = ended && all_drained(pipeline);
    bool news = ended && !pipeline->told_ended;
    pipeline->told_ended = ended;
    if (news)
        pipeline->events.ended(pipeline->data, pipeline);
}

static void leave_stage(struct pipeline *pipeline)
{
    switch (pipeline->stage) {
    case PIPELINE_RUNNING:
        tell_ended(pipeline);
        break;
    case PIPELINE_STOPPING_INPUTS:
        if (!all_stopped(pipeline, PAKU_INPUT))
            break;
        pipeline->stage = PIPELINE_STOPPING_PROCESSORS;
        stop_all(pipeline, PAKU_PROCESSOR);
        break;
    case PIPELINE_STOPPING_PROCESSORS:
        if (all_stopped(pipeline, PAKU_PROCESSOR))
            pipeline->stage = PIPELINE_DRAINING;
        break;
    case PIPELINE_DRAINING:
        if (!is_drained_enough(pipeline))
            break;
        log_undelivered(pipeline);
        pipeline->stage = PIPELINE_STOPPING_OUTPUTS;
        stop_outputs(pipeline);
        break;
    case PIPELINE_STOPPING_OUTPUTS:
        if (all_stopped(pipeline, PAKU_OUTPUT) && dispatchers_stopped(pipeline))
            close_journal(pipeline);
        break;
    default:
        break;
    }
}

/* What stops at once must not wait for an event that wakes the loop. */
void pipeline_advance(struct pipeline *pipeline)
{
    enum pipeline_stage before;
    do {
        before = pipeline->stage;
        leave_stage(pipeline);
    } while (pipeline->stage != before);
}

static void handle_deadline(uv_timer_t *handle)
{
    (void)handle; /* the turn that follows looks at the clock */
}

void pipeline_stop(struct pipeline *pipeline, int64_t grace_ms)
{
    pipeline->deadline_ms = (int64_t)uv_now(pipeline->context->loop) + grace_ms;
    uv_timer_start(&pipeline->deadline, handle_deadline, (uint64_t)grace_ms, 0);
    if (pipeline->stage == PIPELINE_CREATED) {
        close_journal(pipeline);
        return;
    }
    if (pipeline->stage != PIPELINE_RUNNING)
        return;
    pipeline->stage = PIPELINE_STOPPING_INPUTS;
    stop_all(pipeline, PAKU_INPUT);
}

size_t pipeline_name_unstopped(const struct pipeline *pipeline)
{
    size_t count = 0;
    for (size_t i = 0; i < pipeline->config->count; i++) {
        const struct paku_instance *instance = pipeline->instances[i];
        if (instance->stage != INSTANCE_STOPPING)
            continue;
        logger_write(pipeline->context->logger, PAKU_ERROR, instance->source,
            "has not stopped in time");
        count++;
    }
    for (size_t i = 0; pipeline->stage == PIPELINE_STOPPING_OUTPUTS && i < pipeline->output_count;
         i++) {
        if (pipeline->outputs[i].stopped)
            continue;
        logger_write(pipeline->context->logger, PAKU_ERROR, pipeline->config->name,
            "the output '%s' has not finished its batch in time", pipeline->outputs[i].name);
        count++;
    }
    return count;
}
