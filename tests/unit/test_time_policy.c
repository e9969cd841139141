/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/time_policy.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define NS INT64_C(1000000000)
#define NOW (INT64_C(1764619200) * NS) /* 2025-12-01T20:00:00Z */
#define RECEIVED (NOW + 5)

static struct time_options options(void)
{
    return (struct time_options){
        .from = ".timestamp",
        .missing = TIME_NOW,
        .implausible = TIME_NOW,
        .earliest = "2020-01-01T00:00:00Z",
        .max_future_ms = 3600000,
        .tag = "time_source",
    };
}

static void init(struct time_rule *rule, const struct time_options *wanted)
{
    struct config_errors errors = {0};
    ck_assert_int_eq(time_policy_init(rule, wanted, (struct place){"f", 1, 1}, &errors), 0);
}

static struct paku_record *make_record(const char *json)
{
    struct paku_record *record = paku_record_create(64);
    ck_assert_int_eq(paku_record_set_payload(record, PAKU_PAYLOAD_JSON, json, strlen(json), NULL),
        0);
    paku_record_set_time(record, RECEIVED);
    return record;
}

static const struct {
    const char *payload;
    int64_t time_ns;
    bool received;
    const char *reason; /* when told to reject */
} cases[] = {
    {"{\"timestamp\":\"2025-12-01T20:00:00Z\"}", NOW, false, NULL},
    {"{\"timestamp\":\"2025-12-01T22:00:00.5+02:00\"}", NOW + NS / 2, false, NULL},
    {"{\"timestamp\":1764619200}", NOW, false, NULL},
    {"{\"timestamp\":1764619200.25}", NOW + NS / 4, false, NULL},
    {"{\"timestamp\":\"2025-12-01T20:59:00Z\"}", NOW + 59 * 60 * NS, false, NULL},
    {"{}", RECEIVED, true, "there is no time at .timestamp"},
    {"{\"timestamp\":null}", RECEIVED, true, "there is no time at .timestamp"},
    {"{\"timestamp\":\"yesterday\"}", RECEIVED, true,
        "no time at .timestamp: expected RFC 3339 text or seconds since 1970, got \"yesterday\""},
    {"{\"timestamp\":[1]}", RECEIVED, true,
        "no time at .timestamp: expected RFC 3339 text or seconds since 1970, got [1]"},
    {"{\"timestamp\":\"1970-01-01T00:00:12Z\"}", RECEIVED, true,
        "the time at .timestamp, 1970-01-01T00:00:12Z, lies before 2020-01-01T00:00:00Z"},
    {"{\"timestamp\":12}", RECEIVED, true,
        "the time at .timestamp, 1970-01-01T00:00:12Z, lies before 2020-01-01T00:00:00Z"},
    {"{\"timestamp\":\"2025-12-01T21:00:01Z\"}", RECEIVED, true,
        "the time at .timestamp, 2025-12-01T21:00:01Z, lies in the future"},
    {"{\"timestamp\":1e300}", RECEIVED, true,
        "the time at .timestamp lies outside of the years 1678 to 2262"},
    {"{\"timestamp\":99999999999999999999}", RECEIVED, true,
        "the time at .timestamp lies outside of the years 1678 to 2262"},
};

START_TEST(times_are_taken_or_replaced_by_the_time_of_receipt)
{
    struct time_options wanted = options();
    struct time_rule rule;
    struct paku_text tag;
    init(&rule, &wanted);
    struct paku_record *record = make_record(cases[_i].payload);
    ck_assert_ptr_null(time_policy_apply(&rule, record, NOW));
    ck_assert_int_eq(paku_record_time(record), cases[_i].time_ns);
    ck_assert_int_eq(paku_record_tag(record, "time_source", &tag), cases[_i].received);
    paku_record_unref(record);
    time_policy_finish(&rule);
}
END_TEST

START_TEST(times_that_cannot_be_used_are_rejected_when_so_told)
{
    struct time_options wanted = options();
    struct time_rule rule;
    wanted.missing = wanted.implausible = TIME_REJECT;
    init(&rule, &wanted);
    struct paku_record *record = make_record(cases[_i].payload);
    char *reason = time_policy_apply(&rule, record, NOW);
    if (cases[_i].reason == NULL)
        ck_assert_ptr_null(reason);
    else
        ck_assert_str_eq(reason, cases[_i].reason);
    free(reason);
    paku_record_unref(record);
    time_policy_finish(&rule);
}
END_TEST

START_TEST(without_a_selector_the_time_stays)
{
    struct time_options wanted = options();
    struct time_rule rule;
    wanted.from = "";
    init(&rule, &wanted);
    struct paku_record *record = make_record("{\"timestamp\":\"2025-12-01T20:00:00Z\"}");
    ck_assert_ptr_null(time_policy_apply(&rule, record, NOW));
    ck_assert_int_eq(paku_record_time(record), RECEIVED);
    paku_record_unref(record);
    time_policy_finish(&rule);
}
END_TEST

START_TEST(an_empty_tag_name_sets_none)
{
    struct time_options wanted = options();
    struct time_rule rule;
    struct paku_text name, text;
    wanted.tag = "";
    init(&rule, &wanted);
    struct paku_record *record = make_record("{}");
    ck_assert_ptr_null(time_policy_apply(&rule, record, NOW));
    ck_assert(!paku_record_tag_at(record, 0, &name, &text));
    paku_record_unref(record);
    time_policy_finish(&rule);
}
END_TEST

START_TEST(bad_options_are_errors)
{
    struct time_options wanted = options();
    struct config_errors errors = {0};
    struct time_rule rule;
    wanted.from = ".a[";
    wanted.earliest = "soon";
    ck_assert_int_lt(time_policy_init(&rule, &wanted, (struct place){"f", 1, 1}, &errors), 0);
    ck_assert_uint_eq(errors.count, 2);
    ck_assert_ptr_nonnull(strstr(errors.items[0].message, "time.from: '.a['"));
    ck_assert_ptr_nonnull(strstr(errors.items[1].message, "time.earliest: 'soon' is no time"));
    config_errors_finish(&errors);
    time_policy_finish(&rule);
}
END_TEST

int main(void)
{
    int count = sizeof(cases) / sizeof(cases[0]);
    Suite *suite = suite_create("time_policy");
    TCase *tests = tcase_create("time_policy");
    tcase_add_loop_test(tests, times_are_taken_or_replaced_by_the_time_of_receipt, 0, count);
    tcase_add_loop_test(tests, times_that_cannot_be_used_are_rejected_when_so_told, 0, count);
    tcase_add_test(tests, without_a_selector_the_time_stays);
    tcase_add_test(tests, an_empty_tag_name_sets_none);
    tcase_add_test(tests, bad_options_are_errors);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
