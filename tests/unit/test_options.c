/* SPDX-License-Identifier: Apache-2.0 */
/* What comes out of option rows. The messages for what is wrong are in tests/data/config. */
#include "../support/fixtures/good/inputs/sample.h"

#include "config/options.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct document *document;
static struct config_errors errors;
static struct option_memory *memory;
static struct sample_options options;

static void setup(void)
{
    document = NULL;
    errors = (struct config_errors){0};
    options = (struct sample_options){0};
    memory = option_memory_create();
}

static void teardown(void)
{
    option_memory_destroy(memory);
    document_destroy(document);
    config_errors_finish(&errors);
}

static int load(const char *text)
{
    struct place place = {"here.yaml", 1, 1};
    ck_assert_int_eq(document_load(NULL, text, &errors, &document), 0);
    return options_load(sample_rows, NULL, document_root(document), place, &options, memory,
        &errors);
}

static void assert_error(size_t index, size_t column, const char *part)
{
    ck_assert_uint_gt(errors.count, index);
    ck_assert_uint_eq(errors.items[index].place.column, column);
    ck_assert_msg(strstr(errors.items[index].message, part) != NULL, "message: %s",
        errors.items[index].message);
}

START_TEST(defaults_fill_what_is_not_given)
{
    ck_assert_int_eq(load(""), 0);
    ck_assert_str_eq(options.title, "untitled");
    ck_assert_ptr_null(options.password);
    ck_assert_ptr_null(options.file);
    ck_assert(options.enabled);
    ck_assert_int_eq(options.count, 3);
    ck_assert(options.ratio == 0.5);
    ck_assert_int_eq(options.interval_ms, 5000);
    ck_assert_int_eq(options.limit_bytes, 65536);
    ck_assert_int_eq(options.mode, SAMPLE_CAREFUL);
    ck_assert_uint_eq(options.labels.count, 0);
    ck_assert_ptr_null(options.server.host);
    ck_assert_int_eq(options.server.port, 1883);
}
END_TEST

START_TEST(every_type_is_loaded)
{
    ck_assert_int_eq(load("{ title: a, password: b, file: /c, enabled: no, count: 7, ratio: 1e-1, "
                          "interval: 1m30s, limit: 1MB, mode: thorough, labels: [d, 5], "
                          "columns: { e: .f, g: h }, server: { host: i, port: 80 } }"), 0);
    ck_assert_str_eq(options.title, "a");
    ck_assert_str_eq(options.password, "b");
    ck_assert_str_eq(options.file, "/c");
    ck_assert(!options.enabled);
    ck_assert_int_eq(options.count, 7);
    ck_assert(options.ratio == 0.1);
    ck_assert_int_eq(options.interval_ms, 90000);
    ck_assert_int_eq(options.limit_bytes, 1000000);
    ck_assert_int_eq(options.mode, SAMPLE_THOROUGH);
    ck_assert_uint_eq(options.labels.count, 2);
    ck_assert_str_eq(options.labels.items[1], "5");
    ck_assert_uint_eq(options.columns.count, 2);
    ck_assert_str_eq(options.columns.names[1], "g");
    ck_assert_str_eq(options.columns.texts[0], ".f");
    ck_assert_str_eq(options.server.host, "i");
    ck_assert_int_eq(options.server.port, 80);
}
END_TEST

START_TEST(a_plain_text_stands_for_a_list_of_one)
{
    ck_assert_int_eq(load("{ labels: one, topics: a/b }"), 0);
    const struct sample_topic *topics = options.topics.items;
    ck_assert_uint_eq(options.labels.count, 1);
    ck_assert_str_eq(options.labels.items[0], "one");
    ck_assert_uint_eq(options.topics.count, 1);
    ck_assert_str_eq(topics[0].topic, "a/b");
    ck_assert_int_eq(topics[0].qos, 1);
}
END_TEST

START_TEST(items_may_be_short_or_whole)
{
    ck_assert_int_eq(load("{ topics: [a, { topic: b, qos: 0 }], fields: { x: .x, y: { default: 1 } } }"),
        0);
    const struct sample_topic *topics = options.topics.items;
    const struct sample_column *fields = options.fields.items;
    ck_assert_uint_eq(options.topics.count, 2);
    ck_assert_str_eq(topics[1].topic, "b");
    ck_assert_int_eq(topics[1].qos, 0);
    ck_assert_uint_eq(options.fields.count, 2);
    ck_assert_str_eq(fields[0].name, "x");
    ck_assert_str_eq(fields[0].from, ".x");
    ck_assert_str_eq(fields[0].fallback, "none");
    ck_assert_str_eq(fields[1].name, "y");
    ck_assert_ptr_null(fields[1].from);
    ck_assert_str_eq(fields[1].fallback, "1");
}
END_TEST

START_TEST(paths_are_seen_from_the_file)
{
    char folder[] = "/tmp/paku-test-XXXXXX";
    char name[64], expected[80];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(name, sizeof(name), "%s/a.yaml", folder);
    FILE *file = fopen(name, "w");
    fputs("file: b/c\n", file);
    fclose(file);
    ck_assert_int_eq(document_load(name, NULL, &errors, &document), 0);
    const struct node *root = document_root(document);
    ck_assert_int_eq(options_load(sample_rows, NULL, root, root->place, &options, memory, &errors),
        0);
    snprintf(expected, sizeof(expected), "%s/b/c", folder);
    ck_assert_str_eq(options.file, expected);
    unlink(name);
    rmdir(folder);
}
END_TEST

START_TEST(a_dash_is_no_path)
{
    ck_assert_int_eq(load("file: '-'"), 0);
    ck_assert_str_eq(options.file, "-");
}
END_TEST

START_TEST(null_is_as_if_not_given)
{
    ck_assert_int_eq(load("{ count: ~, server: , title: null }"), 0);
    ck_assert_int_eq(options.count, 3);
    ck_assert_int_eq(options.server.port, 1883);
    ck_assert_str_eq(options.title, "untitled");
}
END_TEST

START_TEST(all_errors_come_at_once_and_defaults_stay)
{
    ck_assert_int_lt(load("{ count: x, titel: a, interval: [], server: { port: 0 } }"), 0);
    ck_assert_uint_eq(errors.count, 5);
    assert_error(0, 10, "integer");
    assert_error(1, 33, "duration");
    assert_error(2, 45, "'host' is missing");
    assert_error(3, 53, "from 1 to 65535");
    assert_error(4, 13, "did you mean 'title'");
    ck_assert_int_eq(options.count, 3);
    ck_assert_int_eq(options.interval_ms, 5000);
}
END_TEST

START_TEST(options_of_others_are_let_be)
{
    struct place place = {"here.yaml", 1, 1};
    const struct paku_option also[] = {{.key = "other", .type = PAKU_OPTION_INT},
        {.type = PAKU_OPTION_END}};
    ck_assert_int_eq(document_load(NULL, "{ other: x, count: 4 }", &errors, &document), 0);
    ck_assert_int_eq(options_load(sample_rows, also, document_root(document), place, &options,
        memory, &errors), 0);
    ck_assert_int_eq(options.count, 4);
}
END_TEST

static struct buffer described(void (*describe)(const struct paku_option *, struct buffer *))
{
    struct buffer text = {0};
    describe(sample_rows, &text);
    buffer_text(&text);
    return text;
}

START_TEST(descriptions_name_every_option)
{
    static const char *const keys[] = {"title", "server.host", "topics[].qos",
        "fields.NAME.default"};
    struct buffer plain = described(options_describe);
    struct buffer markdown = described(options_describe_markdown);
    struct buffer schema = described(options_describe_properties);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        ck_assert_ptr_nonnull(strstr(plain.data, keys[i]));
        ck_assert_ptr_nonnull(strstr(markdown.data, keys[i]));
    }
    ck_assert_ptr_nonnull(strstr(markdown.data, "| `count` | integer, 1 to 100 | `3` |"));
    ck_assert_ptr_nonnull(strstr(schema.data, "\"minimum\":1,\"maximum\":100"));
    buffer_finish(&plain);
    buffer_finish(&markdown);
    buffer_finish(&schema);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *cases = tcase_create("options");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, defaults_fill_what_is_not_given);
    tcase_add_test(cases, every_type_is_loaded);
    tcase_add_test(cases, a_plain_text_stands_for_a_list_of_one);
    tcase_add_test(cases, items_may_be_short_or_whole);
    tcase_add_test(cases, paths_are_seen_from_the_file);
    tcase_add_test(cases, a_dash_is_no_path);
    tcase_add_test(cases, null_is_as_if_not_given);
    tcase_add_test(cases, all_errors_come_at_once_and_defaults_stay);
    tcase_add_test(cases, options_of_others_are_let_be);
    tcase_add_test(cases, descriptions_name_every_option);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
