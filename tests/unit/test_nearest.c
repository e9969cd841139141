/* SPDX-License-Identifier: Apache-2.0 */
#include "config/errors.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"table", "topics", "qos", "url", "keepalive", "client_id",
    "max_payload", "postgres"};

static const struct {
    const char *word;
    const char *nearest;
} cases_table[] = {
    {"tabel", "table"},
    {"Table", "table"},
    {"topic", "topics"},
    {"tpoics", "topics"},
    {"keep_alive", "keepalive"},
    {"client-id", "client_id"},
    {"clientid", "client_id"},
    {"postgers", "postgres"},
    {"postgresql", "postgres"},
    {"max_paylaod", "max_payload"},
    {"ur", "url"},
    {"zebra", NULL},
    {"to", NULL},
    {"x", NULL},
    {"", NULL},
    {"a word of more than sixty-three letters is not looked at, since who would", NULL},
};

START_TEST(the_name_that_was_meant_is_found_and_no_other)
{
    const char *found = nearest_name(cases_table[_i].word, names, sizeof(names) / sizeof(names[0]));
    ck_assert_pstr_eq(found, cases_table[_i].nearest);
}
END_TEST

START_TEST(secrets_are_smelt)
{
    ck_assert(sounds_secret("  Password: x"));
    ck_assert(sounds_secret("bot_token"));
    ck_assert(sounds_secret("- url: postgres://a@b/c"));
    ck_assert(!sounds_secret("    interval: abc"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nearest");
    TCase *cases = tcase_create("nearest");
    tcase_add_loop_test(cases, the_name_that_was_meant_is_found_and_no_other, 0,
        (int)(sizeof(cases_table) / sizeof(cases_table[0])));
    tcase_add_test(cases, secrets_are_smelt);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
