/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int file;
static char text[8192];

static void setup(void)
{
    char name[] = "/tmp/paku-test-log-XXXXXX";
    file = mkstemp(name);
    ck_assert_int_ge(file, 0);
    unlink(name);
    unsetenv("JOURNAL_STREAM");
}

static void teardown(void)
{
    close(file);
}

static const char *written(void)
{
    ssize_t size = pread(file, text, sizeof(text) - 1, 0);
    ck_assert_int_ge(size, 0);
    text[size] = '\0';
    return text;
}

static size_t count_lines(void)
{
    size_t count = 0;
    for (const char *at = written(); (at = strchr(at, '\n')) != NULL; at++)
        count++;
    return count;
}

START_TEST(logfmt_lines_have_time_level_source_and_message)
{
    struct logger *logger = logger_create(file, LOG_AUTO, PAKU_INFO);
    logger_write(logger, PAKU_WARNING, "van/mqtt", "lost \"%s\"\n", "it");
    logger_destroy(logger);
    ck_assert_int_eq(strncmp(written(), "time=20", 7), 0);
    ck_assert_ptr_nonnull(strstr(text,
        "Z level=warning source=van/mqtt message=\"lost \\\"it\\\"\\n\"\n"));
}
END_TEST

START_TEST(the_daemons_own_lines_have_no_source)
{
    struct logger *logger = logger_create(file, LOG_LOGFMT, PAKU_INFO);
    logger_write(logger, PAKU_INFO, "", "hello");
    logger_destroy(logger);
    ck_assert_ptr_nonnull(strstr(written(), "level=info message=\"hello\"\n"));
}
END_TEST

START_TEST(json_lines_are_json)
{
    struct logger *logger = logger_create(file, LOG_JSON, PAKU_INFO);
    logger_write(logger, PAKU_ERROR, "van/mqtt", "say \"%s\"", "hi");
    logger_destroy(logger);
    ck_assert_int_eq(strncmp(written(), "{\"time\":\"20", 11), 0);
    ck_assert_ptr_nonnull(strstr(text,
        "\",\"level\":\"error\",\"source\":\"van/mqtt\",\"message\":\"say \\\"hi\\\"\"}\n"));
}
END_TEST

START_TEST(text_lines_are_plain_and_whole_where_there_is_no_terminal)
{
    struct logger *logger = logger_create(file, LOG_TEXT, PAKU_INFO);
    logger_write(logger, PAKU_ERROR, "van/mqtt", "one\ntwo \033[2J");
    logger_destroy(logger);
    ck_assert_ptr_nonnull(strstr(written(), " ERROR van/mqtt: one\\ntwo \\x1b[2J\n"));
    ck_assert_uint_eq(count_lines(), 1);
}
END_TEST

START_TEST(lines_below_the_level_are_not_written)
{
    struct logger *logger = logger_create(file, LOG_LOGFMT, PAKU_WARNING);
    logger_write(logger, PAKU_INFO, "a", "no");
    logger_set_level(logger, "a", PAKU_DEBUG);
    logger_set_level(logger, "b", PAKU_ERROR);
    logger_write(logger, PAKU_DEBUG, "a", "yes");
    logger_write(logger, PAKU_WARNING, "b", "no");
    logger_write(logger, PAKU_WARNING, "c", "yes");
    logger_destroy(logger);
    written();
    ck_assert_ptr_null(strstr(text, "no"));
    ck_assert_uint_eq(count_lines(), 2);
}
END_TEST

START_TEST(repeats_are_folded_until_another_line_comes)
{
    struct logger *logger = logger_create(file, LOG_LOGFMT, PAKU_INFO);
    for (int i = 0; i < 15; i++)
        logger_write(logger, PAKU_WARNING, "a", "again");
    logger_write(logger, PAKU_WARNING, "b", "again");
    ck_assert_uint_eq(count_lines(), 2);
    logger_write(logger, PAKU_WARNING, "a", "other");
    ck_assert_uint_eq(count_lines(), 4);
    ck_assert_ptr_nonnull(strstr(text, "source=a message=\"14 more in 1s: again\"\n"));
    logger_destroy(logger);
    ck_assert_uint_eq(count_lines(), 4);
}
END_TEST

START_TEST(repeats_are_counted_each_minute_and_forgotten_in_a_quiet_one)
{
    struct logger *logger = logger_create(file, LOG_LOGFMT, PAKU_INFO);
    struct timespec now;
    logger_write(logger, PAKU_WARNING, "a", "again");
    logger_write(logger, PAKU_WARNING, "a", "again");
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    logger_flush_repeats(logger, now_ms + 30000);
    ck_assert_uint_eq(count_lines(), 1);
    logger_flush_repeats(logger, now_ms + 61000);
    ck_assert_uint_eq(count_lines(), 2);
    ck_assert_ptr_nonnull(strstr(text, "1 more in 1m"));
    logger_flush_repeats(logger, now_ms + 130000);
    ck_assert_uint_eq(count_lines(), 2);
    logger_write(logger, PAKU_WARNING, "a", "again");
    ck_assert_uint_eq(count_lines(), 3);
    logger_destroy(logger);
}
END_TEST

START_TEST(what_is_folded_is_told_at_the_end)
{
    struct logger *logger = logger_create(file, LOG_LOGFMT, PAKU_INFO);
    logger_write(logger, PAKU_WARNING, "a", "again");
    logger_write(logger, PAKU_WARNING, "a", "again");
    logger_destroy(logger);
    ck_assert_ptr_nonnull(strstr(written(), "1 more in 1s: again"));
    logger_destroy(NULL);
}
END_TEST

static Suite *log_suite(void)
{
    Suite *suite = suite_create("log");
    TCase *tests = tcase_create("log");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, logfmt_lines_have_time_level_source_and_message);
    tcase_add_test(tests, the_daemons_own_lines_have_no_source);
    tcase_add_test(tests, json_lines_are_json);
    tcase_add_test(tests, text_lines_are_plain_and_whole_where_there_is_no_terminal);
    tcase_add_test(tests, lines_below_the_level_are_not_written);
    tcase_add_test(tests, repeats_are_folded_until_another_line_comes);
    tcase_add_test(tests, repeats_are_counted_each_minute_and_forgotten_in_a_quiet_one);
    tcase_add_test(tests, what_is_folded_is_told_at_the_end);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(log_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
