/* SPDX-License-Identifier: Apache-2.0 */
/* What a configuration becomes. The messages for what is wrong are in tests/data/config. */
#include "config/config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct config *config;
static struct config_errors errors;

#define PIPELINE "pipelines:\n  p:\n    inputs: [a]\n    outputs: [b]\n"

static void setup(void)
{
    config = NULL;
    errors = (struct config_errors){0};
}

static void teardown(void)
{
    config_destroy(config);
    config_errors_finish(&errors);
}

static void load(const char *text)
{
    int error = config_load_text(text, &errors, &config);
    ck_assert_msg(error == 0, "error: %s", errors.count > 0 ? errors.items[0].message : "none");
}

START_TEST(defaults_are_those_of_the_contract)
{
    load(PIPELINE);
    ck_assert_str_eq(config->data_directory, "/var/lib/paku");
    ck_assert_int_eq(config->log.level, PAKU_INFO);
    ck_assert_int_eq(config->log.format, LOG_AUTO);
    ck_assert_int_eq(config->shutdown_grace_ms, 10000);
    ck_assert_int_eq(config->dead_letters.max_bytes, 256 << 20);
    ck_assert_int_eq(config->dead_letters.file_bytes, 8 << 20);
    ck_assert_uint_eq(config->pipeline_count, 1);
    const struct pipeline_config *pipeline = &config->pipelines[0];
    ck_assert_str_eq(pipeline->name, "p");
    ck_assert_int_eq(pipeline->journal.durability, 0);
    ck_assert_int_eq(pipeline->journal.max_bytes, 1 << 30);
    ck_assert_int_eq(pipeline->journal.segment_bytes, 16 << 20);
    ck_assert_int_eq(pipeline->journal.retain_ms, 36 * 3600000);
    ck_assert_int_eq(pipeline->journal.memory_bytes, 4 << 20);
    ck_assert_int_eq(pipeline->journal.when_full, WHEN_FULL_PAUSE);
}
END_TEST

START_TEST(instances_keep_kind_order_and_defaults)
{
    load("pipelines:\n  p:\n    outputs: [x, y: {}]\n    processors: [z]\n    inputs: ['null': ]\n");
    const struct instance_config *instances = config->pipelines[0].instances;
    ck_assert_uint_eq(config->pipelines[0].count, 4);
    ck_assert_int_eq(instances[0].kind, PAKU_INPUT);
    ck_assert_str_eq(instances[0].plugin, "null");
    ck_assert_int_eq(instances[0].input.time.missing, TIME_NOW);
    ck_assert_int_eq(instances[0].input.time.max_future_ms, 3600000);
    ck_assert_int_eq(instances[1].kind, PAKU_PROCESSOR);
    ck_assert_int_eq(instances[2].kind, PAKU_OUTPUT);
    ck_assert_str_eq(instances[2].name, "x");
    ck_assert_int_eq(instances[3].output.batch_records, 5000);
    ck_assert_int_eq(instances[3].output.batch_bytes, 4 << 20);
    ck_assert_int_eq(instances[3].output.linger_ms, 0);
    ck_assert_int_eq(instances[3].output.retry_initial_ms, 500);
    ck_assert_int_eq(instances[3].output.retry_max_ms, 30000);
    ck_assert_int_eq(instances[3].options->kind, NODE_MAP);
    ck_assert_int_eq(instances[2].options->kind, NODE_NULL);
}
END_TEST

START_TEST(common_options_are_taken_and_own_ones_left)
{
    load("pipelines:\n  p:\n    inputs: [a]\n    outputs:\n      - b:\n          name: c\n"
         "          own: 1\n          log_level: error\n          match: { kind: data }\n"
         "          batch: { records: 7, bytes: 2KiB, linger: 1s }\n"
         "          retry: { initial: 1s, max: 2s }\n");
    const struct instance_config *output = &config->pipelines[0].instances[1];
    ck_assert_str_eq(output->name, "c");
    ck_assert_str_eq(output->plugin, "b");
    ck_assert_int_eq(output->common.log_level, PAKU_ERROR);
    ck_assert_uint_eq(output->output.match.count, 1);
    ck_assert_int_eq(output->output.batch_records, 7);
    ck_assert_int_eq(output->output.batch_bytes, 2048);
    ck_assert_int_eq(output->output.linger_ms, 1000);
    ck_assert_int_eq(output->output.retry_initial_ms, 1000);
    ck_assert_int_eq(output->output.retry_max_ms, 2000);
    ck_assert_str_eq(node_member(output->options, "own")->text, "1");
}
END_TEST

START_TEST(bare_null_is_a_plugin)
{
    load("pipelines:\n  p:\n    inputs: [a]\n    outputs:\n      - null\n");
    ck_assert_str_eq(config->pipelines[0].instances[1].plugin, "null");
}
END_TEST

START_TEST(unnamed_instances_do_not_take_given_names)
{
    load("pipelines:\n  p:\n    inputs: [a, a, a: { name: a }]\n    outputs: [a: { name: a-2 }]\n");
    const struct instance_config *instances = config->pipelines[0].instances;
    ck_assert_str_eq(instances[0].name, "a-3");
    ck_assert_str_eq(instances[1].name, "a-4");
    ck_assert_str_eq(instances[2].name, "a");
    ck_assert_str_eq(instances[3].name, "a-2");
}
END_TEST

START_TEST(there_is_something_to_go_on_with_behind_errors)
{
    ck_assert_int_lt(config_load_text("log: 5\ndata_directory: []\n" PIPELINE, &errors, &config), 0);
    ck_assert_uint_eq(errors.count, 2);
    ck_assert_ptr_nonnull(config);
    ck_assert_str_eq(config->data_directory, "/var/lib/paku");
    ck_assert_uint_eq(config->pipelines[0].count, 2);
}
END_TEST

START_TEST(what_is_printed_means_the_same)
{
    load("log: { level: debug }\nplugins: { directories: [/a, /b] }\npipelines:\n"
         "  'null':\n    inputs: [a: { text: '$${x} $ \"q\" \\', list: [1, [2], {}], map: { n: ~ } }]\n"
         "    processors: [b: { match: { kind: 'a|b' } }]\n    outputs: ['null': ]\n");
    struct buffer first = {0}, second = {0};
    config_print(config, NULL, NULL, &first);
    config_destroy(config);
    config = NULL;
    load(buffer_text(&first));
    config_print(config, NULL, NULL, &second);
    ck_assert_str_eq(buffer_text(&first), buffer_text(&second));
    ck_assert_str_eq(node_member(config->pipelines[0].instances[0].options, "text")->text,
        "${x} $ \"q\" \\");
    buffer_finish(&first);
    buffer_finish(&second);
}
END_TEST

static const struct paku_option secret_rows[] = {
    {.key = "plain_looking", .type = PAKU_OPTION_SECRET},
    {.key = "public_key", .type = PAKU_OPTION_STRING},
    {.type = PAKU_OPTION_END},
};

static const struct paku_option *find_rows(void *data, enum paku_kind kind, const char *plugin)
{
    (void)data, (void)kind;
    return strcmp(plugin, "known") == 0 ? secret_rows : NULL;
}

START_TEST(no_secret_is_printed)
{
    setenv("PAKU_TEST_SECRET", "hunter2", 1);
    load("pipelines:\n  p:\n    inputs:\n"
         "      - known: { plain_looking: hunter2, public_key: shown, "
         "other: 'x ${PAKU_TEST_SECRET}' }\n"
         "      - unknown: { api_token: hunter2, nested: { password: [hunter2] }, "
         "url: 'mqtt://u:hunter2@h' }\n"
         "      - known: { public_key: 'postgres://u:hunter2@h/d' }\n"
         "    outputs: [b]\n");
    struct buffer text = {0};
    config_print(config, find_rows, NULL, &text);
    ck_assert_ptr_null(strstr(buffer_text(&text), "hunter2"));
    ck_assert_ptr_nonnull(strstr(text.data, "shown"));
    buffer_finish(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *cases = tcase_create("config");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, defaults_are_those_of_the_contract);
    tcase_add_test(cases, instances_keep_kind_order_and_defaults);
    tcase_add_test(cases, common_options_are_taken_and_own_ones_left);
    tcase_add_test(cases, bare_null_is_a_plugin);
    tcase_add_test(cases, unnamed_instances_do_not_take_given_names);
    tcase_add_test(cases, there_is_something_to_go_on_with_behind_errors);
    tcase_add_test(cases, what_is_printed_means_the_same);
    tcase_add_test(cases, no_secret_is_printed);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
