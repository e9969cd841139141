/* SPDX-License-Identifier: Apache-2.0 */
/* Between dispatchers and outputs. The dead letters are an output like any other. */
#include "base/memory.h"
#include "base/units.h"
#include "pipeline/pipeline_private.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* -- The dead letters as an output -- */

struct letters_batch {
    struct output *output;
    struct paku_batch *batch;
};

static void handle_added(void *data, int error)
{
    struct letters_batch *writing = data;
    if (error < 0)
        paku_batch_finish(writing->batch, PAKU_RETRY, 0, "cannot write dead letters: %s",
            strerror(-error));
    else
        paku_batch_finish(writing->batch, PAKU_DELIVERED, 0, NULL);
    free(writing);
}

static void write_letters(struct output *output, struct paku_batch *batch)
{
    struct pipeline *pipeline = output->pipeline;
    struct dead_letter *letters = xcalloc(batch->count + 1, sizeof(*letters));
    for (size_t i = 0; i < batch->count; i++) {
        struct refusal refusal = dispatcher_refusal(batch, i);
        letters[i] = (struct dead_letter){
            .position = batch->to,
            .pipeline = pipeline->config->name,
            .refused_by = refusal.by != NULL ? refusal.by : "",
            .code = "",
            .reason = refusal.reason != NULL ? refusal.reason : "",
            .record = batch->records[i],
        };
        letters[i].position.sequence = batch->sequences[i];
    }
    struct letters_batch *writing = xcalloc(1, sizeof(*writing));
    *writing = (struct letters_batch){output, batch};
    dead_letters_add(pipeline->context->letters, letters, batch->count, handle_added, writing);
    free(letters);
}

/* -- What the dispatcher tells -- */

static void handle_batch(void *data, struct paku_batch *batch)
{
    struct output *output = data;
    if (output->instance == NULL)
        write_letters(output, batch);
    else
        output->instance->plugin->output.write(output->instance->self, batch);
}

static void log_failure(struct output *output, size_t rejected, const char *reason,
    int64_t retry_in_ms)
{
    struct logger *logger = output->pipeline->context->logger;
    char pause[32];
    char *source = xasprintf("%s/%s", output->pipeline->config->name, output->name);
    if (reason == NULL)
        reason = "no reason was given";
    if (rejected == 0)
        logger_write(logger, PAKU_WARNING, source, "%s; retrying in %s", reason,
            duration_print(retry_in_ms, pause, sizeof(pause)));
    else
        logger_write(logger, PAKU_WARNING, source,
            "%zu records rejected, set aside as dead letters: %s", rejected, reason);
    free(source);
}

static void handle_finished(void *data, const struct paku_batch *batch, enum paku_outcome outcome,
    size_t delivered, size_t rejected, size_t bytes, const char *reason, int64_t retry_in_ms)
{
    struct output *output = data;
    const struct pipeline *pipeline = output->pipeline;
    output->metrics->out += delivered;
    output->metrics->rejected += rejected;
    output->metrics->bytes += bytes;
    output->metrics->retried += outcome == PAKU_RETRY;
    output->failing = outcome == PAKU_RETRY && retry_in_ms > 0;
    if (outcome == PAKU_DELIVERED)
        arrivals_measure(&pipeline->arrivals, batch->sequences, batch->count,
            (int64_t)uv_now(pipeline->context->loop), &output->metrics->latency);
    if (rejected > 0 || output->failing)
        log_failure(output, rejected, reason, retry_in_ms);
}

/* The journal may let go of what every output has passed. */
static void handle_passed(void *data, uint64_t sequence)
{
    struct output *moved = data;
    struct pipeline *pipeline = moved->pipeline;
    for (size_t i = 0; i < pipeline->output_count; i++) {
        uint64_t lowest = pipeline->outputs[i].dispatcher != NULL
            ? dispatcher_lowest(pipeline->outputs[i].dispatcher) : sequence;
        sequence = lowest < sequence ? lowest : sequence;
    }
    journal_release(pipeline->journal, sequence);
}

/* What was dropped is known once the lanes have come to the journal's end; for the rest, the loop's
 * turn ends with a look at all outputs. */
static void handle_drained(void *data)
{
    struct output *output = data;
    output->metrics->dropped = dispatcher_ledger(output->dispatcher).dropped;
}

void output_create_dispatcher(struct output *output, const struct output_options *options)
{
    static const struct dispatcher_events events = {
        .write = handle_batch,
        .finished = handle_finished,
        .drained = handle_drained,
        .passed = handle_passed,
    };
    struct pipeline *pipeline = output->pipeline;
    const struct pipeline_context *context = pipeline->context;
    struct dispatcher_options wanted = {
        .output = output->name,
        .bit = output->bit,
        .own_cursor = output->instance != NULL &&
            (output->instance->plugin->output.flags & PAKU_OUTPUT_OWN_CURSOR) != 0,
        .batch_records = (size_t)options->batch_records,
        .batch_bytes = (size_t)options->batch_bytes,
        .linger_ms = options->linger_ms,
        .retry_initial_ms = options->retry_initial_ms,
        .retry_max_ms = options->retry_max_ms,
    };
    output->dispatcher = dispatcher_create(pipeline->journal, pipeline->window, context->letters,
        context->loop, context->logger, pipeline->config->name, &wanted, &events, output);
}

bool output_is_drained(const struct output *output)
{
    return dispatcher_is_drained(output->dispatcher);
}

/* -- What outputs call -- */

int paku_lane_open(struct paku_instance *instance, uint32_t lane,
    const struct paku_position *position)
{
    struct output *output = instance->output;
    if (output == NULL || output->dispatcher == NULL)
        return -ESHUTDOWN;
    if (lane >= output->lanes)
        return -EINVAL;
    int error = dispatcher_lane_open(output->dispatcher, lane, position);
    if (error == 0)
        output->open_lanes |= UINT64_C(1) << (lane % 64);
    return error;
}

void paku_lane_close(struct paku_instance *instance, uint32_t lane)
{
    struct output *output = instance->output;
    if (output == NULL || output->dispatcher == NULL || lane >= output->lanes)
        return;
    output->open_lanes &= ~(UINT64_C(1) << (lane % 64));
    dispatcher_lane_close(output->dispatcher, lane);
}

struct paku_position paku_journal_end(const struct paku_instance *instance)
{
    struct journal *journal = instance_journal(instance);
    return journal != NULL ? journal_end(journal) : (struct paku_position){0};
}

uint32_t paku_set_lanes(struct paku_instance *instance, uint32_t lanes)
{
    struct output *output = instance->output;
    if (output == NULL || output->dispatcher == NULL)
        return lanes;
    output->lanes = dispatcher_set_lanes(output->dispatcher, lanes > 0 ? lanes : 1);
    return output->lanes;
}
