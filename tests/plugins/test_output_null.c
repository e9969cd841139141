/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_host.h"

#include <check.h>
#include <stdlib.h>

static struct fake_host *host;
static struct paku_record *records[3];

static void setup_with(const char *yaml)
{
    host = fake_host_create(&paku_plugin, yaml);
    fake_host_start(host);
    for (size_t i = 0; i < 3; i++)
        records[i] = fake_record("{\"metrics\":{}}", "device", "cabin", NULL);
}

static void setup(void)
{
    setup_with("");
}

static void teardown(void)
{
    fake_host_destroy(host);
    for (size_t i = 0; i < 3; i++)
        paku_record_unref(records[i]);
}

START_TEST(a_batch_is_delivered)
{
    struct fake_batch *batch = fake_host_write(host, records, 3);
    ck_assert_int_eq(batch->outcome, PAKU_DELIVERED);
    ck_assert_uint_eq(fake_host_lane(host, 0)->cursor, 3);
    ck_assert_uint_eq(fake_host_log_count(host, PAKU_INFO, ""), 0);
}
END_TEST

START_TEST(batches_are_logged_when_asked_for)
{
    teardown();
    setup_with("log: true");
    fake_host_write(host, records, 2);
    ck_assert(fake_host_logged(host, PAKU_INFO, "forgot 2 records"));
}
END_TEST

START_TEST(an_unknown_option_is_refused_with_the_nearest_name)
{
    struct fake_host *wrong;
    ck_assert_int_lt(fake_host_try(&paku_plugin, "logs: true", &wrong), 0);
    ck_assert(fake_host_logged(wrong, PAKU_ERROR, "did you mean 'log'?"));
    fake_host_destroy(wrong);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("null");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_batch_is_delivered);
    tcase_add_test(tests, batches_are_logged_when_asked_for);
    tcase_add_test(tests, an_unknown_option_is_refused_with_the_nearest_name);
    Suite *suite = suite_create("output_null");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
