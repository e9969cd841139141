/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/test_run.h"

#include "base/memory.h"
#include "cli/test_compare.h"
#include "pipeline/chain.h"
#include "record/record.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

struct refused {
    char *by;
    char *reason;
    struct paku_record *record;
};

struct running {
    const struct test_case *test;
    const struct pipeline_config *config;
    const struct loader *loader;
    struct logger *logger;
    struct config_errors *errors;
    struct buffer *report;
    uv_loop_t loop;
    struct paku_instance **instances; /* inputs and processors, in the order of the configuration */
    size_t input_count;
    size_t count;
    struct chain *chain;
    struct paku_record **passed;
    size_t passed_count, passed_capacity;
    struct refused *refused;
    size_t refused_count, refused_capacity;
    int64_t filtered, absorbed;
};

/* -- What comes out -- */

static void add_refused(struct running *running, struct paku_record *record, const char *by,
    const char *reason)
{
    running->refused = xgrow(running->refused, &running->refused_capacity,
        running->refused_count + 1, sizeof(*running->refused));
    running->refused[running->refused_count++] = (struct refused){
        xstrdup(by), xstrdup(reason), paku_record_ref(record)};
}

static void handle_outcome(void *data, struct paku_record *record,
    const struct chain_outcome *outcome)
{
    struct running *running = data;
    switch (outcome->result) {
    case CHAIN_PASSED:
        running->passed = xgrow(running->passed, &running->passed_capacity,
            running->passed_count + 1, sizeof(*running->passed));
        running->passed[running->passed_count++] = paku_record_ref(record);
        break;
    case CHAIN_FILTERED:
        running->filtered++;
        break;
    case CHAIN_ABSORBED:
        running->absorbed++;
        break;
    case CHAIN_REJECTED:
        add_refused(running, record, outcome->by, outcome->reason);
        break;
    }
}

/* -- Making and unmaking -- */

static bool create_instances(struct running *running)
{
    bool good = true;
    for (size_t i = 0; i < running->config->count; i++) {
        const struct instance_config *config = &running->config->instances[i];
        struct paku_instance *instance = NULL;
        if (config->kind == PAKU_OUTPUT)
            continue;
        if (instance_create(config, running->config->name, running->loader, &running->loop,
                running->logger, running->errors, &instance) < 0) {
            good = false;
            continue;
        }
        running->instances[running->count++] = instance;
        running->input_count += config->kind == PAKU_INPUT;
    }
    return good;
}

static bool start_processors(struct running *running)
{
    for (size_t i = running->input_count; i < running->count; i++) {
        if (instance_start(running->instances[i]) < 0) {
            buffer_push_format(running->report, "      '%s' could not be started\n",
                running->instances[i]->name);
            return false;
        }
    }
    return true;
}

static void finish(struct running *running)
{
    for (size_t i = running->input_count; i < running->count; i++)
        instance_stop(running->instances[i]);
    uv_run(&running->loop, UV_RUN_DEFAULT);
    chain_destroy(running->chain);
    for (size_t i = 0; i < running->count; i++)
        instance_destroy(running->instances[i]);
    uv_loop_close(&running->loop);
    for (size_t i = 0; i < running->passed_count; i++)
        paku_record_unref(running->passed[i]);
    for (size_t i = 0; i < running->refused_count; i++) {
        free(running->refused[i].by);
        free(running->refused[i].reason);
        paku_record_unref(running->refused[i].record);
    }
    free(running->passed);
    free(running->refused);
    free(running->instances);
}

/* -- Messages -- */

static struct paku_instance *find_input(const struct running *running, const char *name)
{
    for (size_t i = 0; i < running->input_count; i++) {
        if (name == NULL || strcmp(running->instances[i]->name, name) == 0)
            return running->instances[i];
    }
    return NULL;
}

static struct paku_record *make_record(const struct test_message *message)
{
    struct paku_record *record = paku_record_create(strlen(message->payload) + 256);
    paku_record_set_payload(record, PAKU_PAYLOAD_RAW, message->payload, strlen(message->payload),
        NULL);
    if (message->topic != NULL)
        paku_record_set_tag(record, "topic",
            (struct paku_text){message->topic, strlen(message->topic)});
    return record;
}

static void set_tags(struct paku_record *record, const struct paku_map *tags)
{
    for (size_t i = 0; i < tags->count; i++)
        paku_record_set_tag(record, tags->names[i],
            (struct paku_text){tags->texts[i], strlen(tags->texts[i])});
}

static int make_as_input(struct paku_instance *input, struct paku_record *record, char *reason,
    size_t reason_size)
{
    struct paku_json_error error;
    if (input->plugin->input.make != NULL)
        return input->plugin->input.make(input->self, record, reason, reason_size);
    struct paku_text payload = paku_record_payload(record);
    int result = paku_record_set_payload(record, PAKU_PAYLOAD_JSON, payload.data, payload.size,
        &error);
    if (result < 0)
        snprintf(reason, reason_size, "not JSON at byte %zu: %s", error.offset, error.message);
    return result;
}

static void send_message(struct running *running, struct paku_instance *input,
    const struct test_message *message)
{
    char reason[1024] = "";
    struct timespec now;
    struct paku_record *record = make_record(message);
    int error = make_as_input(input, record, reason, sizeof(reason));
    set_tags(record, &message->tags);
    clock_gettime(CLOCK_REALTIME, &now);
    if (error < 0) {
        add_refused(running, record, input->name, reason);
    } else {
        char *refusal = time_policy_apply(&input->time_policy, record,
            (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
        if (refusal != NULL) {
            add_refused(running, record, input->name, refusal);
        } else {
            struct chain_outcome outcome = chain_run(running->chain, record);
            handle_outcome(running, record, &outcome);
        }
        free(refusal);
    }
    paku_record_unref(record);
}

static bool send_messages(struct running *running)
{
    for (size_t i = 0; i < running->test->message_count; i++) {
        const struct test_message *message = &running->test->messages[i];
        struct paku_instance *input = find_input(running, message->input);
        if (input == NULL) {
            buffer_push_format(running->report, "      the pipeline has no input '%s'\n",
                message->input != NULL ? message->input : "");
            return false;
        }
        send_message(running, input, message);
    }
    return true;
}

/* -- Comparing -- */

static void push_record(struct buffer *report, const struct paku_record *record)
{
    buffer_push_text(report, "        ");
    record_print(record, report);
    buffer_push_text(report, "\n");
}

static bool counts_fit(struct running *running, const char *what, int64_t expected,
    int64_t actual)
{
    if (expected == actual)
        return true;
    buffer_push_format(running->report, "      expected %lld %s, but got %lld\n",
        (long long)expected, what, (long long)actual);
    return false;
}

static void outputs_of(const struct running *running, const struct paku_record *record,
    struct buffer *names)
{
    for (size_t i = 0; i < running->config->count; i++) {
        const struct instance_config *config = &running->config->instances[i];
        const struct match match = {&config->output.match};
        if (config->kind == PAKU_OUTPUT && match_record(&match, record))
            buffer_push_format(names, "[%s]", config->name);
    }
}

static bool passed_fit(struct running *running)
{
    const struct test_case *test = running->test;
    bool fits = counts_fit(running, "records", (int64_t)test->expected_count,
        (int64_t)running->passed_count);
    for (size_t i = 0; i < running->passed_count; i++) {
        struct buffer differences = {0}, names = {0};
        outputs_of(running, running->passed[i], &names);
        if (i >= test->expected_count)
            buffer_push_format(running->report, "      record %zu was not expected:\n", i + 1);
        else if (!record_fits(running->passed[i], buffer_text(&names), &test->expected[i],
                     &differences))
            buffer_push_format(running->report, "      record %zu is not as expected:\n%s", i + 1,
                buffer_text(&differences));
        if (i >= test->expected_count || differences.size > 0) {
            push_record(running->report, running->passed[i]);
            fits = false;
        }
        buffer_finish(&differences);
        buffer_finish(&names);
    }
    return fits;
}

static bool refusal_fits(const struct refused *refused, const struct test_rejected *expected)
{
    struct paku_text reason = {refused->reason, strlen(refused->reason)};
    return (expected->by == NULL || strcmp(expected->by, refused->by) == 0) &&
        (expected->reason == NULL || strstr(refused->reason, expected->reason) != NULL ||
            glob_matches(expected->reason, reason));
}

static bool refused_fit(struct running *running)
{
    const struct test_case *test = running->test;
    bool fits = counts_fit(running, "rejected records", (int64_t)test->rejected_count,
        (int64_t)running->refused_count);
    for (size_t i = 0; i < running->refused_count; i++) {
        const struct refused *refused = &running->refused[i];
        const struct test_rejected *expected = i < test->rejected_count ? &test->rejected[i]
                                                                        : NULL;
        if (expected != NULL && refusal_fits(refused, expected))
            continue;
        if (expected != NULL)
            buffer_push_format(running->report, "      rejection %zu: expected %s%s%s\n", i + 1,
                expected->reason != NULL ? expected->reason : "any reason",
                expected->by != NULL ? ", by " : "", expected->by != NULL ? expected->by : "");
        buffer_push_format(running->report, "      rejected by %s: %s\n", refused->by,
            refused->reason);
        push_record(running->report, refused->record);
        fits = false;
    }
    return fits;
}

static bool compare(struct running *running)
{
    const struct test_case *test = running->test;
    bool fits = passed_fit(running);
    fits = refused_fit(running) && fits;
    fits = counts_fit(running, "filtered records", test->filtered, running->filtered) && fits;
    return (test->absorbed < 0 ||
               counts_fit(running, "absorbed records", test->absorbed, running->absorbed)) &&
        fits;
}

bool test_run(const struct test_case *test, const struct pipeline_config *pipeline,
    const struct loader *loader, struct logger *logger, struct config_errors *errors,
    struct buffer *report)
{
    struct running running = {
        .test = test,
        .config = pipeline,
        .loader = loader,
        .logger = logger,
        .errors = errors,
        .report = report,
    };
    uv_loop_init(&running.loop);
    running.instances = xcalloc(pipeline->count + 1, sizeof(struct paku_instance *));
    bool passed = create_instances(&running);
    if (passed) {
        running.chain = chain_create(running.instances + running.input_count,
            running.count - running.input_count, handle_outcome, &running);
        passed = start_processors(&running) && send_messages(&running) && compare(&running);
    }
    finish(&running);
    return passed;
}
