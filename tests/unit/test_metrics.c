/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/arrivals.h"

#include <check.h>
#include <stdlib.h>

START_TEST(parts_of_a_histogram_are_within_a_quarter)
{
    struct histogram histogram = {0};
    for (int64_t ms = 1; ms <= 1000; ms++)
        histogram_add(&histogram, ms, 1);
    ck_assert_uint_eq(histogram.total, 1000);
    ck_assert_int_eq(histogram.max_ms, 1000);
    ck_assert_int_ge(histogram_part(&histogram, 0.5), 500);
    ck_assert_int_le(histogram_part(&histogram, 0.5), 625);
    ck_assert_int_ge(histogram_part(&histogram, 0.99), 990);
    ck_assert_int_le(histogram_part(&histogram, 0.99), 1000);
}
END_TEST

START_TEST(every_time_lies_in_a_bucket_that_ends_behind_it)
{
    static const int64_t times[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 1000, 86400000, INT64_MAX};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct histogram histogram = {0};
        histogram_add(&histogram, times[i], 3);
        int64_t part = histogram_part(&histogram, 0.5);
        ck_assert_int_le(part, times[i]);
        if (times[i] < 86400000 * 2)
            ck_assert_int_eq(part, times[i]);
    }
}
END_TEST

START_TEST(an_empty_histogram_has_no_parts)
{
    struct histogram histogram = {0};
    ck_assert_int_eq(histogram_part(&histogram, 0.99), 0);
}
END_TEST

START_TEST(own_counters_are_made_on_first_use)
{
    struct metrics metrics = {0};
    char same[] = "sent";
    metrics_count(&metrics, "sent", 2);
    metrics_count(&metrics, "lost", 1);
    metrics_count(&metrics, same, 3);
    ck_assert_uint_eq(metrics.own_count, 2);
    ck_assert_uint_eq(metrics.own[0].count, 5);
    metrics_finish(&metrics);
    ck_assert_uint_eq(metrics.own_count, 0);
}
END_TEST

START_TEST(records_are_as_old_as_the_turn_in_which_they_were_appended)
{
    static struct arrivals arrivals;
    struct histogram histogram = {0};
    static const uint64_t sequences[] = {3, 10, 11, 20, 25};
    arrivals = (struct arrivals){0};
    arrivals_note(&arrivals, 10, 1000);
    arrivals_note(&arrivals, 20, 2000);
    arrivals_measure(&arrivals, sequences, 5, 3000, &histogram);
    ck_assert_uint_eq(histogram.total, 4); /* 3 is from before the start */
    ck_assert_int_eq(histogram.max_ms, 2000);
    ck_assert_int_ge(histogram_part(&histogram, 0.5), 1000);
    ck_assert_int_lt(histogram_part(&histogram, 0.5), 2000);
}
END_TEST

START_TEST(old_arrivals_are_thinned_out_and_never_count_as_younger)
{
    static struct arrivals arrivals;
    struct histogram histogram = {0};
    arrivals = (struct arrivals){0};
    for (uint64_t i = 0; i < 10 * ARRIVALS; i++)
        arrivals_note(&arrivals, i + 1, (int64_t)i);
    ck_assert_uint_le(arrivals.count, ARRIVALS);
    const uint64_t first = 2000;
    arrivals_measure(&arrivals, &first, 1, 20000, &histogram);
    ck_assert_int_ge(histogram.max_ms, 20000 - 1999);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tests = tcase_create("metrics");
    tcase_add_test(tests, parts_of_a_histogram_are_within_a_quarter);
    tcase_add_test(tests, every_time_lies_in_a_bucket_that_ends_behind_it);
    tcase_add_test(tests, an_empty_histogram_has_no_parts);
    tcase_add_test(tests, own_counters_are_made_on_first_use);
    tcase_add_test(tests, records_are_as_old_as_the_turn_in_which_they_were_appended);
    tcase_add_test(tests, old_arrivals_are_thinned_out_and_never_count_as_younger);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
