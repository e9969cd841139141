/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/router.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *glob;
    const char *text;
    bool fits;
} cases[] = {
    {"data", "data", true},
    {"data", "date", false},
    {"data", "data2", false},
    {"", "", true},
    {"", "a", false},
    {"*", "", true},
    {"*", "anything at all", true},
    {"a*c", "abbbc", true},
    {"a*c", "abbbcd", false},
    {"*ab*ab", "abxabyab", true},
    {"a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
    {"?", "\xc3\xa4", true},
    {"??", "\xc3\xa4", false},
    {"[a-c]x", "bx", true},
    {"[a-c]x", "dx", false},
    {"[!a-c]x", "dx", true},
    {"[]]", "]", true},
    {"[\xc3\xa4\xc3\xb6]", "\xc3\xb6", true},
    {"[a-]", "-", true},
    {"data|status", "data", true},
    {"data|status", "status", true},
    {"data|status", "state", false},
    {"a|b*", "bcd", true},
    {"[|]", "|", true},
    {"a\\*", "a*", true},
    {"a\\*", "ab", false},
    {"a\\|b", "a|b", true},
    {"a\\|b", "a", false},
};

START_TEST(globs_fit_whole_texts)
{
    struct paku_text text = {cases[_i].text, strlen(cases[_i].text)};
    ck_assert_msg(glob_matches(cases[_i].glob, text) == cases[_i].fits, "%s against %s",
        cases[_i].glob, cases[_i].text);
}
END_TEST

START_TEST(globs_that_cannot_be_meant_are_refused_by_tag)
{
    static const char *const globs[] = {"[a-", "a||b", "|a", "a|"};
    const char *name = "kind";
    for (size_t i = 0; i < sizeof(globs) / sizeof(globs[0]); i++) {
        struct paku_map map = {1, &name, &globs[i]};
        struct config_errors errors = {0};
        struct match match;
        ck_assert_int_lt(match_init(&match, &map, (struct place){"f", 1, 1}, &errors), 0);
        ck_assert_uint_eq(errors.count, 1);
        ck_assert_ptr_nonnull(strstr(errors.items[0].message, "match: kind: '"));
        config_errors_finish(&errors);
    }
}
END_TEST

static struct paku_record *make_record(void)
{
    struct paku_record *record = paku_record_create(64);
    paku_record_set_tag(record, "kind", (struct paku_text){"data", 4});
    paku_record_set_tag(record, "site", (struct paku_text){"van", 3});
    return record;
}

START_TEST(a_record_goes_to_each_output_whose_tags_all_fit)
{
    static const char *const names[] = {"kind", "site"};
    static const char *const both[] = {"data", "v*"};
    static const char *const other[] = {"data", "boat"};
    static const char *const missing_name[] = {"room"};
    static const char *const any[] = {"*"};
    static const char *const some[] = {"?*"};
    const struct paku_map maps[] = {
        {2, names, both}, {2, names, other}, {1, missing_name, any}, {1, missing_name, some}, {0}};
    struct match matches[5];
    struct router router = {0};
    for (unsigned i = 0; i < 5; i++) {
        matches[i] = (struct match){&maps[i]};
        router_add(&router, 10 + i, &matches[i]);
    }
    struct paku_record *record = make_record();
    ck_assert_uint_eq(router_route(&router, record), 1u << 10 | 1u << 12 | 1u << 14);
    paku_record_unref(record);
}
END_TEST

static Suite *router_suite(void)
{
    Suite *suite = suite_create("router");
    TCase *tests = tcase_create("router");
    tcase_add_loop_test(tests, globs_fit_whole_texts, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tests, globs_that_cannot_be_meant_are_refused_by_tag);
    tcase_add_test(tests, a_record_goes_to_each_output_whose_tags_all_fit);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(router_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
