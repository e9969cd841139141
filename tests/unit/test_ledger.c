/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/ledger.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

static const struct ledger books = {
    .received = UINT64_C(0x0102030405060708),
    .created = 2,
    .appended = UINT64_C(0x0102030405060700),
    .rejected = 1,
    .filtered = 3,
    .absorbed = 4,
    .recognised = 2,
};

START_TEST(a_ledger_reads_as_it_was_written)
{
    char bytes[LEDGER_SIZE];
    struct ledger read;
    ledger_encode(&books, bytes);
    ck_assert_int_eq(bytes[0], 8);
    ck_assert_int_eq(ledger_decode((struct paku_text){bytes, sizeof(bytes)}, &read), 0);
    ck_assert_mem_eq(&read, &books, sizeof(books));
    ck_assert_int_eq(ledger_decode((struct paku_text){bytes, sizeof(bytes) - 1}, &read), -EBADMSG);
}
END_TEST

START_TEST(the_difference_says_what_is_missing)
{
    struct ledger wrong = books;
    ck_assert_int_eq(ledger_difference(&books), 0);
    wrong.received += 5;
    ck_assert_int_eq(ledger_difference(&wrong), 5);
    wrong.absorbed += 6;
    ck_assert_int_eq(ledger_difference(&wrong), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger");
    TCase *tests = tcase_create("ledger");
    tcase_add_test(tests, a_ledger_reads_as_it_was_written);
    tcase_add_test(tests, the_difference_says_what_is_missing);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
