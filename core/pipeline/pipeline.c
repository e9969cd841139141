/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/pipeline.h"

#include "base/memory.h"
#include "pipeline/pipeline_private.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct journal *instance_journal(const struct paku_instance *instance)
{
    return instance->host != NULL ? instance->host->journal : NULL;
}

void instance_changed(const struct paku_instance *instance)
{
    if (instance->host != NULL)
        pipeline_changed(instance->host);
}

/* -- What instances tell -- */

static void handle_fatal(void *data, struct paku_instance *instance, const char *message)
{
    struct pipeline *pipeline = data;
    (void)instance;
    (void)message;
    pipeline->events.fatal(pipeline->data, pipeline);
}

static void handle_stopped(void *data, struct paku_instance *instance)
{
    (void)data; /* the next turn of the loop looks at all of them */
    (void)instance;
}

/* -- Making -- */

static size_t count_kind(const struct pipeline *pipeline, enum paku_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < pipeline->config->count; i++)
        count += pipeline->config->instances[i].kind == kind;
    return count;
}

static void attach(struct pipeline *pipeline)
{
    struct input *input = pipeline->inputs;
    struct output *output = pipeline->outputs;
    *output++ = (struct output){.pipeline = pipeline, .name = DEAD_LETTERS_NAME,
        .bit = ROUTE_DEAD_LETTERS, .metrics = &pipeline->letter_metrics};
    for (size_t i = 0; i < pipeline->config->count; i++) {
        struct paku_instance *instance = pipeline->instances[i];
        instance->host = pipeline;
        instance->data = pipeline;
        instance->events = (struct instance_events){
            .stopped = handle_stopped, .fatal = handle_fatal};
        if (instance->plugin->kind == PAKU_INPUT) {
            *input = (struct input){.instance = instance, .pipeline = pipeline};
            instance->input = input++;
        } else if (instance->plugin->kind == PAKU_OUTPUT) {
            *output = (struct output){.instance = instance, .pipeline = pipeline,
                .name = instance->name, .metrics = &instance->metrics};
            instance->output = output++;
        }
    }
}

static int check_outputs(const struct pipeline_config *config, struct config_errors *errors)
{
    size_t outputs = 0;
    for (size_t i = 0; i < config->count; i++) {
        if (config->instances[i].kind != PAKU_OUTPUT || ++outputs < ROUTES_MAX)
            continue;
        config_errors_add(errors, config->instances[i].place,
            "a pipeline can have at most %d outputs", ROUTES_MAX - 1);
        return -EINVAL;
    }
    return 0;
}

static void free_parts(struct pipeline *pipeline)
{
    metrics_finish(&pipeline->letter_metrics);
    free(pipeline->instances);
    free(pipeline->inputs);
    free(pipeline->outputs);
    free(pipeline);
}

int pipeline_create(const struct pipeline_config *config, const struct pipeline_context *context,
    const struct pipeline_events *events, void *data, struct config_errors *errors,
    struct pipeline **ret_pipeline)
{
    struct pipeline *pipeline = xcalloc(1, sizeof(*pipeline));
    pipeline->config = config;
    pipeline->context = context;
    pipeline->events = *events;
    pipeline->data = data;
    pipeline->instances = xcalloc(config->count + 1, sizeof(struct paku_instance *));
    int too_many = check_outputs(config, errors);
    int error = instances_create(config, context->loader, context->loop, context->logger, errors,
        pipeline->instances);
    if (error < 0 || too_many < 0) {
        for (size_t i = 0; i < config->count; i++)
            instance_destroy(pipeline->instances[i]);
        free_parts(pipeline);
        return -EINVAL;
    }
    pipeline->input_count = count_kind(pipeline, PAKU_INPUT);
    pipeline->output_count = count_kind(pipeline, PAKU_OUTPUT) + 1;
    pipeline->inputs = xcalloc(pipeline->input_count + 1, sizeof(*pipeline->inputs));
    pipeline->outputs = xcalloc(pipeline->output_count, sizeof(*pipeline->outputs));
    attach(pipeline);
    size_t first_processor = pipeline->input_count;
    pipeline->chain = chain_create(pipeline->instances + first_processor,
        count_kind(pipeline, PAKU_PROCESSOR), handle_emitted, pipeline);
    pipeline_init_handles(pipeline);
    *ret_pipeline = pipeline;
    return 0;
}

/* -- Opening -- */

int pipeline_open_journal(struct pipeline *pipeline)
{
    const struct journal_config *config = &pipeline->config->journal;
    const struct pipeline_context *context = pipeline->context;
    char *directory = xasprintf("%s/journal/%s", context->data_directory, pipeline->config->name);
    struct journal_options options = {
        .directory = directory,
        .durability = (enum durability)config->durability,
        .max_bytes = config->max_bytes,
        .segment_bytes = config->segment_bytes,
        .retain_ms = config->retain_ms,
    };
    int64_t holder = 0;
    int error = journal_open(&options, context->loop, context->logger, pipeline->config->name,
        &pipeline_journal_events, pipeline, &pipeline->journal, &holder);
    free(directory);
    return error;
}

static void handle_removed(void *data, const char *name, unsigned bit)
{
    struct pipeline *pipeline = data;
    (void)bit;
    uint64_t dropped = dispatcher_remove_output(pipeline->journal, name);
    if (dropped > 0)
        logger_write(pipeline->context->logger, PAKU_WARNING, pipeline->config->name,
            "the output '%s' is no longer configured: %" PRIu64 " records that it had not "
            "delivered are counted as dropped", name, dropped);
    else
        logger_write(pipeline->context->logger, PAKU_INFO, pipeline->config->name,
            "the output '%s' is no longer configured; it had delivered everything", name);
}

static int assign_bits(struct pipeline *pipeline)
{
    const char *names[ROUTES_MAX] = {0};
    unsigned bits[ROUTES_MAX];
    size_t count = pipeline->output_count - 1, failed = 0;
    for (size_t i = 0; i < count; i++)
        names[i] = pipeline->outputs[i + 1].name;
    int error = router_assign(pipeline->journal, names, count, bits, handle_removed, pipeline,
        &failed);
    if (error < 0) {
        logger_write(pipeline->context->logger, PAKU_ERROR, pipeline->config->name,
            "there is no place in the journal for the output '%s': its records still tell of "
            "%d outputs; give it the name of one that was removed, or wait until the journal has "
            "let go of those (journal.retain)", names[failed], ROUTES_MAX - 1);
        return error;
    }
    for (size_t i = 0; i < count; i++) {
        struct output *output = &pipeline->outputs[i + 1];
        output->bit = bits[i];
        router_add(&pipeline->router, bits[i], &output->instance->match);
    }
    return 0;
}

static void create_dispatchers(struct pipeline *pipeline)
{
    static const struct output_options letters = {
        .batch_records = 1000,
        .batch_bytes = 1 << 20,
        .retry_initial_ms = 500,
        .retry_max_ms = 10000,
    };
    for (size_t i = 0; i < pipeline->output_count; i++) {
        struct output *output = &pipeline->outputs[i];
        output_create_dispatcher(output,
            output->instance != NULL ? &output->instance->config->output : &letters);
    }
}

/* -- Checking the books -- */

static void check_ledger(const struct pipeline *pipeline)
{
    const struct ledger *ledger = &pipeline->ledger;
    int64_t difference = ledger_difference(ledger);
    uint64_t end = journal_end(pipeline->journal).sequence;
    if (difference != 0)
        logger_write(pipeline->context->logger, PAKU_ERROR, pipeline->config->name,
            "the books do not balance: received %" PRIu64 " + created %" PRIu64
            " differ by %" PRId64 " from appended %" PRIu64 " + rejected %" PRIu64
            " + filtered %" PRIu64 " + absorbed %" PRIu64 " + recognised %" PRIu64
            "; paku goes on",
            ledger->received, ledger->created, difference, ledger->appended, ledger->rejected,
            ledger->filtered, ledger->absorbed, ledger->recognised);
    if (ledger->appended + ledger->rejected != end)
        logger_write(pipeline->context->logger, PAKU_ERROR, pipeline->config->name,
            "the books do not balance: appended %" PRIu64 " + rejected %" PRIu64
            " are not the %" PRIu64 " records that the journal has taken; paku goes on",
            ledger->appended, ledger->rejected, end);
}

static void check_lanes(const struct pipeline *pipeline, const struct output *output)
{
    struct lane_ledger lanes = dispatcher_ledger(output->dispatcher);
    uint64_t pending = dispatcher_pending(output->dispatcher);
    if (lanes.routed == lanes.delivered + lanes.dead + lanes.dropped + lanes.lost + pending)
        return;
    logger_write(pipeline->context->logger, PAKU_ERROR, pipeline->config->name,
        "the books of '%s' do not balance: routed %" PRIu64 " is not delivered %" PRIu64
        " + dead %" PRIu64 " + dropped %" PRIu64 " + lost %" PRIu64 " + pending %" PRIu64
        "; paku goes on", output->name, lanes.routed, lanes.delivered, lanes.dead, lanes.dropped,
        lanes.lost, pending);
}

static void load_books(struct pipeline *pipeline)
{
    struct paku_text bytes = journal_get(pipeline->journal,
        (struct paku_text){LEDGER_KEY, strlen(LEDGER_KEY)});
    if (bytes.data != NULL && ledger_decode(bytes, &pipeline->ledger) < 0)
        logger_write(pipeline->context->logger, PAKU_ERROR, pipeline->config->name,
            "the ledger in the journal cannot be read: the books begin anew");
    check_ledger(pipeline);
    for (size_t i = 0; i < pipeline->output_count; i++)
        check_lanes(pipeline, &pipeline->outputs[i]);
}

int pipeline_open(struct pipeline *pipeline)
{
    pipeline->window = window_create((size_t)pipeline->config->journal.memory_bytes);
    pipeline->noted_sequence = journal_end(pipeline->journal).sequence;
    int error = assign_bits(pipeline);
    if (error < 0)
        return error;
    create_dispatchers(pipeline);
    load_books(pipeline);
    pipeline->changed = true; /* what was assigned */
    if (journal_is_full(pipeline->journal) &&
        pipeline->config->journal.when_full == WHEN_FULL_PAUSE)
        pipeline->pauses |= PAUSE_FULL;
    return 0;
}

/* -- Starting -- */

static int start_kind(struct pipeline *pipeline, enum paku_kind kind)
{
    for (size_t i = 0; i < pipeline->config->count; i++) {
        struct paku_instance *instance = pipeline->instances[i];
        if (instance->plugin->kind != kind)
            continue;
        int error = instance_start(instance);
        if (error < 0)
            return error;
    }
    return 0;
}

/* From the end to the beginning, so that nothing comes before somebody is there to take it. */
int pipeline_start(struct pipeline *pipeline)
{
    pipeline->stage = PIPELINE_RUNNING;
    int error = start_kind(pipeline, PAKU_OUTPUT);
    if (error < 0)
        return error;
    for (size_t i = 0; i < pipeline->output_count; i++) {
        struct output *output = &pipeline->outputs[i];
        if (output->lanes == 0) /* the output did not say */
            output->lanes = dispatcher_set_lanes(output->dispatcher, 1);
        dispatcher_start(output->dispatcher);
    }
    error = start_kind(pipeline, PAKU_PROCESSOR);
    if (error == 0)
        error = start_kind(pipeline, PAKU_INPUT);
    if (error == 0 && pipeline->pauses != 0)
        pipeline_pause(pipeline, PAUSE_FULL);
    return error;
}

/* -- Looking -- */

bool pipeline_is_ended(const struct pipeline *pipeline)
{
    return pipeline->told_ended;
}

const char *pipeline_name(const struct pipeline *pipeline)
{
    return pipeline->config->name;
}

static uint64_t pending_of(const struct output *output)
{
    return output->dispatcher != NULL ? dispatcher_pending(output->dispatcher)
                                      : output->last_pending;
}

struct pipeline_books pipeline_books(const struct pipeline *pipeline)
{
    struct pipeline_books books = {.ledger = pipeline->ledger,
        .journal_bytes = pipeline->last_journal_bytes};
    if (pipeline->journal != NULL)
        books.journal_bytes = journal_bytes(pipeline->journal);
    for (size_t i = 0; i < pipeline->output_count; i++) {
        uint64_t pending = pending_of(&pipeline->outputs[i]);
        books.pending = pending > books.pending ? pending : books.pending;
    }
    return books;
}

void pipeline_each(const struct pipeline *pipeline,
    void (*each)(void *data, const struct instance_view *view), void *data)
{
    struct instance_view view = {.pipeline = pipeline->config->name};
    for (size_t i = 0; i < pipeline->config->count; i++) {
        const struct paku_instance *instance = pipeline->instances[i];
        view.name = instance->name;
        view.kind = kind_name(instance->plugin->kind);
        view.plugin = instance->plugin->name;
        view.metrics = &instance->metrics;
        view.pending = instance->output != NULL ? pending_of(instance->output) : 0;
        each(data, &view);
    }
    view.name = DEAD_LETTERS_NAME;
    view.kind = kind_name(PAKU_OUTPUT);
    view.plugin = "";
    view.metrics = &pipeline->letter_metrics;
    view.pending = pending_of(&pipeline->outputs[0]);
    each(data, &view);
}

/* -- The end -- */

size_t pipeline_destroy(struct pipeline *pipeline)
{
    size_t lost = 0;
    assert(pipeline->stage == PIPELINE_CLOSED);
    chain_destroy(pipeline->chain);
    if (pipeline->window != NULL)
        window_destroy(pipeline->window);
    for (size_t i = 0; i < pipeline->input_count; i++)
        receipts_finish(&pipeline->inputs[i].receipts);
    for (size_t i = 0; i < pipeline->config->count; i++) {
        struct paku_instance *instance = pipeline->instances[i];
        if (instance_name_leaks(instance) > 0) {
            instance->stage = INSTANCE_LOST;
            lost++;
        }
        instance_destroy(instance);
    }
    free_parts(pipeline);
    return lost;
}
