/* SPDX-License-Identifier: Apache-2.0 */
/* The way of a record from an input into the journal. */
#include "base/memory.h"
#include "pipeline/pipeline_private.h"
#include "record/record.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* -- Into the journal -- */

static void append(struct pipeline *pipeline, struct paku_record *record, uint64_t routes,
    const struct refusal *refusal)
{
    uint64_t sequence = journal_append(pipeline->journal, record, routes, refusal);
    window_push(pipeline->window, sequence, routes, record, refusal);
    pipeline->open_bytes += record_memory(record);
    for (size_t i = 0; i < pipeline->output_count; i++) {
        struct output *output = &pipeline->outputs[i];
        if ((routes >> output->bit & 1) == 0)
            continue;
        dispatcher_routed(output->dispatcher, record);
        output->metrics->in++;
    }
}

static void append_good(struct pipeline *pipeline, struct paku_record *record)
{
    uint64_t routes = router_route(&pipeline->router, record);
    if (routes == 0) {
        pipeline->ledger.filtered++;
        return;
    }
    pipeline->ledger.appended++;
    append(pipeline, record, routes, NULL);
}

static void append_refused(struct pipeline *pipeline, struct paku_record *record, const char *by,
    const char *reason)
{
    struct refusal refusal = {.by = by, .reason = reason};
    pipeline->ledger.rejected++;
    append(pipeline, record, UINT64_C(1) << ROUTE_DEAD_LETTERS, &refusal);
}

static void take_outcome(struct pipeline *pipeline, struct paku_record *record,
    const struct chain_outcome *outcome)
{
    switch (outcome->result) {
    case CHAIN_PASSED:
        append_good(pipeline, record);
        break;
    case CHAIN_FILTERED:
        pipeline->ledger.filtered++;
        break;
    case CHAIN_ABSORBED:
        pipeline->ledger.absorbed++;
        break;
    case CHAIN_REJECTED:
        append_refused(pipeline, record, outcome->by, outcome->reason);
        break;
    }
}

void handle_emitted(void *data, struct paku_record *record, const struct chain_outcome *outcome)
{
    struct pipeline *pipeline = data;
    if (pipeline->journal == NULL)
        return;
    pipeline->ledger.created++;
    take_outcome(pipeline, record, outcome);
    pipeline_changed(pipeline);
}

/* -- What inputs call -- */

/* Each submission leaves its receipt and its line in the ledger in the group that is open now; the
 * group is closed between two turns of the loop, and so never in the middle of a submission. */
static struct input *begin_submission(struct paku_instance *instance, struct paku_record *record,
    const struct paku_receipt *receipt)
{
    struct input *input = instance->input;
    if (input == NULL || input->pipeline->journal == NULL)
        return NULL;
    input->pipeline->ledger.received++;
    input->ticket++;
    instance->metrics.in++;
    if (record != NULL)
        instance->metrics.bytes += paku_record_payload(record).size;
    if (receipt != NULL)
        receipts_put(&input->receipts, receipt);
    pipeline_changed(input->pipeline);
    return input;
}

uint64_t paku_submit(struct paku_instance *instance, struct paku_record *record,
    const struct paku_receipt *receipt)
{
    struct input *input = begin_submission(instance, record, receipt);
    if (input == NULL) {
        paku_record_unref(record);
        return 0;
    }
    char *reason = time_policy_apply(&instance->time_policy, record, now_ns());
    if (reason == NULL) {
        instance->metrics.out++;
        struct chain_outcome outcome = chain_run(input->pipeline->chain, record);
        take_outcome(input->pipeline, record, &outcome);
    } else {
        instance->metrics.rejected++;
        append_refused(input->pipeline, record, instance->name, reason);
        free(reason);
    }
    paku_record_unref(record);
    return input->ticket;
}

uint64_t paku_submit_rejected(struct paku_instance *instance, struct paku_record *record,
    const struct paku_receipt *receipt, const char *format, ...)
{
    struct input *input = begin_submission(instance, record, receipt);
    va_list args;
    va_start(args, format);
    char *reason = xvasprintf(format, args);
    va_end(args);
    if (input != NULL) {
        instance->metrics.rejected++;
        append_refused(input->pipeline, record, instance->name, reason);
    }
    free(reason);
    paku_record_unref(record);
    return input != NULL ? input->ticket : 0;
}

uint64_t paku_submit_recognised(struct paku_instance *instance)
{
    struct input *input = begin_submission(instance, NULL, NULL);
    if (input == NULL)
        return 0;
    input->pipeline->ledger.recognised++;
    metrics_count(&instance->metrics, "recognised", 1);
    return input->ticket;
}

uint64_t paku_submit_filtered(struct paku_instance *instance, const struct paku_receipt *receipt)
{
    struct input *input = begin_submission(instance, NULL, receipt);
    if (input == NULL)
        return 0;
    input->pipeline->ledger.filtered++;
    instance->metrics.filtered++;
    return input->ticket;
}

void paku_keep_receipts(struct paku_instance *instance, size_t receipts_kept)
{
    struct input *input = instance->input;
    if (input == NULL)
        return;
    assert(input->ticket == 0 && receipts_kept <= 65535);
    receipts_finish(&input->receipts);
    receipts_init(&input->receipts, input->pipeline->journal, instance->name, receipts_kept);
    pipeline_changed(input->pipeline);
}

bool paku_receipt_at(const struct paku_instance *instance, size_t index,
    struct paku_receipt *ret_receipt)
{
    return instance->input != NULL &&
        receipts_at(&instance->input->receipts, index, ret_receipt);
}

void paku_forget_receipts(struct paku_instance *instance)
{
    if (instance->input == NULL)
        return;
    receipts_forget(&instance->input->receipts);
    pipeline_changed(instance->input->pipeline);
}

void paku_input_ended(struct paku_instance *instance)
{
    if (instance->input != NULL)
        instance->input->ended = true;
}

/* -- Settling -- */

void input_prepare(struct input *input)
{
    input->prepared = input->ticket;
    receipts_prepare(&input->receipts);
}

void input_committed(struct input *input)
{
    const struct paku_instance *instance = input->instance;
    receipts_committed(&input->receipts);
    if (input->prepared == input->settled)
        return;
    input->settled = input->prepared;
    bool listens = instance->stage == INSTANCE_RUNNING || instance->stage == INSTANCE_STOPPING;
    if (listens && instance->plugin->input.settled != NULL)
        instance->plugin->input.settled(instance->self, input->settled);
}
