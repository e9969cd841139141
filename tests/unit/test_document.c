/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"
#include "base/memory.h"
#include "config/node.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static struct document *document;
static struct config_errors errors;

static int load(const char *text)
{
    return document_load(NULL, text, &errors, &document);
}

static void setup(void)
{
    document = NULL;
    errors = (struct config_errors){0};
}

static void teardown(void)
{
    document_destroy(document);
    config_errors_finish(&errors);
}

static const char *text_of(const char *key)
{
    const struct node *node = node_member(document_root(document), key);
    ck_assert_msg(node != NULL, "there is no '%s'", key);
    return node->text;
}

START_TEST(nodes_know_kind_place_and_quotes)
{
    ck_assert_int_eq(load("a: 1\n\"b\":\n  - 'x'\n  - ~\nc: { }\nd:\n"), 0);
    const struct node *root = document_root(document);
    ck_assert_int_eq(root->kind, NODE_MAP);
    ck_assert_uint_eq(root->count, 4);
    const struct node *list = node_member(root, "b");
    ck_assert_int_eq(list->kind, NODE_LIST);
    ck_assert_str_eq(list->items[0]->text, "x");
    ck_assert(list->items[0]->quoted);
    ck_assert_uint_eq(list->items[0]->place.line, 3);
    ck_assert_uint_eq(list->items[0]->place.column, 5);
    ck_assert_int_eq(list->items[1]->kind, NODE_NULL);
    ck_assert_int_eq(node_member(root, "c")->kind, NODE_MAP);
    ck_assert_int_eq(node_member(root, "d")->kind, NODE_NULL);
    ck_assert(!node_member(root, "a")->quoted);
    ck_assert_uint_eq(root->members[1].place.line, 2);
    ck_assert_ptr_null(node_member(root, "e"));
    ck_assert_ptr_null(node_member(list, "a"));
}
END_TEST

START_TEST(an_empty_text_is_nothing)
{
    ck_assert_int_eq(load("# only a comment\n"), 0);
    ck_assert_int_eq(document_root(document)->kind, NODE_NULL);
}
END_TEST

START_TEST(quoted_words_stay_texts)
{
    ck_assert_int_eq(load("a: 'null'\nb: \"~\"\nc: !!str null\n"), 0);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(document_root(document)->members[i].value->kind, NODE_SCALAR);
}
END_TEST

START_TEST(aliases_repeat_and_merges_fill_in)
{
    ck_assert_int_eq(load("a: &a { x: 1, y: 2 }\nb: *a\nc: { <<: *a, y: 3 }\n"
                          "d: { <<: [ { x: 5 }, *a ] }\n"), 0);
    const struct node *root = document_root(document);
    ck_assert_ptr_eq(node_member(root, "a"), node_member(root, "b"));
    ck_assert_str_eq(node_member(node_member(root, "c"), "x")->text, "1");
    ck_assert_str_eq(node_member(node_member(root, "c"), "y")->text, "3");
    ck_assert_str_eq(node_member(node_member(root, "d"), "x")->text, "5");
    ck_assert_str_eq(node_member(node_member(root, "d"), "y")->text, "2");
    ck_assert_uint_eq(node_member(root, "d")->count, 2);
}
END_TEST

START_TEST(variables_are_put_in_once_and_are_secret)
{
    setenv("PAKU_TEST_ONE", "a: [${PAKU_TEST_TWO}] $$", 1);
    setenv("PAKU_TEST_EMPTY", "", 1);
    unsetenv("PAKU_TEST_TWO");
    ck_assert_int_eq(load("a: ${PAKU_TEST_ONE}\nb: x${PAKU_TEST_TWO:-y}z\n"
                          "c: ${PAKU_TEST_EMPTY:-full}\nd: ${PAKU_TEST_EMPTY}\n"
                          "e: '$$ $$$ $share/x ${PAKU_TEST_TWO:-${PAKU_TEST_TWO:-in}}'\n"), 0);
    ck_assert_str_eq(text_of("a"), "a: [${PAKU_TEST_TWO}] $$");
    ck_assert(node_member(document_root(document), "a")->secret);
    ck_assert_str_eq(text_of("b"), "xyz");
    ck_assert(!node_member(document_root(document), "b")->secret);
    ck_assert_str_eq(text_of("c"), "full");
    ck_assert_str_eq(text_of("d"), "");
    ck_assert_int_eq(node_member(document_root(document), "d")->kind, NODE_SCALAR);
    ck_assert_str_eq(text_of("e"), "$ $$ $share/x in");
}
END_TEST

START_TEST(a_file_is_put_in_without_its_last_line_breaks)
{
    char path[] = "/tmp/paku-test-XXXXXX";
    int file = mkstemp(path);
    ck_assert_int_eq(write(file, "two\nlines\r\n\n", 12), 12);
    close(file);
    char *text = xasprintf("a: <${file:%s}>\n", path);
    ck_assert_int_eq(load(text), 0);
    ck_assert_str_eq(text_of("a"), "<two\nlines>");
    ck_assert(node_member(document_root(document), "a")->secret);
    unlink(path);
    free(text);
}
END_TEST

START_TEST(a_failed_variable_leaves_the_rest_readable)
{
    ck_assert_int_lt(load("a: ${PAKU_TEST_TWO}\nb: fine\n"), 0);
    ck_assert_ptr_nonnull(document);
    ck_assert(node_member(document_root(document), "a")->failed);
    ck_assert_str_eq(text_of("b"), "fine");
    ck_assert_uint_eq(errors.count, 1);
    ck_assert_uint_eq(errors.items[0].place.column, 4);
}
END_TEST

START_TEST(places_count_characters)
{
    ck_assert_int_lt(load("\"äöü\": 1\n\"äöü\": 2\n? [x]\n"), 0);
    ck_assert_uint_eq(errors.items[0].place.line, 3);
    document_destroy(document);
    document = NULL;
    ck_assert_int_lt(load("a: \xc3\xa4\xc3\xb6\xff\n"), 0);
    ck_assert_uint_eq(errors.items[1].place.line, 1);
    ck_assert_uint_eq(errors.items[1].place.column, 6);
}
END_TEST

/* -- What means harm -- */

static void bound_memory(void)
{
#if !defined(__SANITIZE_ADDRESS__)
    struct rlimit memory = {256u << 20, 256u << 20};
    setrlimit(RLIMIT_AS, &memory);
#endif
    struct rlimit stack = {1u << 20, 1u << 20};
    setrlimit(RLIMIT_STACK, &stack);
}

static char *repeated(const char *part, size_t count)
{
    struct buffer text = {0};
    for (size_t i = 0; i < count; i++)
        buffer_push_text(&text, part);
    buffer_text(&text);
    return text.data;
}

static void assert_refused(const char *word)
{
    ck_assert_ptr_null(document);
    ck_assert_uint_eq(errors.count, 1);
    ck_assert_msg(strstr(errors.items[0].message, word) != NULL, "message: %s",
        errors.items[0].message);
}

START_TEST(ten_thousand_levels_are_refused)
{
    bound_memory();
    char *text = repeated("[", 10000);
    ck_assert_int_lt(load(text), 0);
    assert_refused("64 levels");
    ck_assert_uint_eq(errors.items[0].place.line, 1);
    free(text);
}
END_TEST

START_TEST(ten_thousand_levels_in_blocks_are_refused)
{
    bound_memory();
    char *text = repeated("- ", 10000);
    ck_assert_int_lt(load(text), 0);
    assert_refused("64 levels");
    free(text);
}
END_TEST

START_TEST(billion_laughs_are_refused)
{
    struct buffer text = {0};
    bound_memory();
    buffer_push_text(&text, "a0: &a0 [lol, lol]\n");
    for (int i = 1; i < 60; i++)
        buffer_push_format(&text, "a%d: &a%d [*a%d, *a%d]\n", i, i, i - 1, i - 1);
    ck_assert_int_lt(load(buffer_text(&text)), 0);
    assert_refused("values");
    ck_assert_uint_gt(errors.items[0].place.line, 10);
    buffer_finish(&text);
}
END_TEST

START_TEST(billion_laughs_through_merges_are_refused)
{
    struct buffer text = {0};
    bound_memory();
    buffer_push_text(&text, "a0: &a0 { x: [1,2,3,4,5,6,7,8,9] }\n");
    for (int i = 1; i < 60; i++)
        buffer_push_format(&text, "a%d: &a%d { <<: *a%d, y%d: *a%d }\n", i, i, i - 1, i, i - 1);
    ck_assert_int_lt(load(buffer_text(&text)), 0);
    assert_refused("");
    buffer_finish(&text);
}
END_TEST

START_TEST(too_much_text_is_refused)
{
    char path[] = "/tmp/paku-test-XXXXXX";
    int file = mkstemp(path);
    ck_assert_int_eq(ftruncate(file, (4 << 20) + 1), 0);
    close(file);
    ck_assert_int_lt(document_load(path, NULL, &errors, &document), 0);
    unlink(path);
    assert_refused("4 MiB");
}
END_TEST

START_TEST(a_large_flat_map_is_read_quickly_and_refused_for_its_doubles)
{
    struct buffer text = {0};
    for (int i = 0; i < 80000; i++)
        buffer_push_format(&text, "k%d: 1\n", i % 79999);
    ck_assert_int_lt(load(buffer_text(&text)), 0);
    ck_assert_uint_eq(errors.count, 1);
    ck_assert_uint_eq(errors.items[0].place.line, 80000);
    ck_assert_uint_eq(document_root(document)->count, 79999);
    buffer_finish(&text);
}
END_TEST

START_TEST(nested_references_are_bounded)
{
    char *text = repeated("${A:-", 100000);
    struct buffer whole = {0};
    bound_memory();
    char *tail = repeated("}", 100000);
    buffer_push_format(&whole, "a: '%s%s'\n", text, tail);
    ck_assert_int_lt(load(buffer_text(&whole)), 0);
    ck_assert_ptr_nonnull(strstr(errors.items[0].message, "inside of each other"));
    buffer_finish(&whole);
    free(text);
    free(tail);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("document");
    TCase *cases = tcase_create("document");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 30);
    tcase_add_test(cases, nodes_know_kind_place_and_quotes);
    tcase_add_test(cases, an_empty_text_is_nothing);
    tcase_add_test(cases, quoted_words_stay_texts);
    tcase_add_test(cases, aliases_repeat_and_merges_fill_in);
    tcase_add_test(cases, variables_are_put_in_once_and_are_secret);
    tcase_add_test(cases, a_file_is_put_in_without_its_last_line_breaks);
    tcase_add_test(cases, a_failed_variable_leaves_the_rest_readable);
    tcase_add_test(cases, places_count_characters);
    tcase_add_test(cases, ten_thousand_levels_are_refused);
    tcase_add_test(cases, ten_thousand_levels_in_blocks_are_refused);
    tcase_add_test(cases, billion_laughs_are_refused);
    tcase_add_test(cases, billion_laughs_through_merges_are_refused);
    tcase_add_test(cases, too_much_text_is_refused);
    tcase_add_test(cases, a_large_flat_map_is_read_quickly_and_refused_for_its_doubles);
    tcase_add_test(cases, nested_references_are_bounded);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
