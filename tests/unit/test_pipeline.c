/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline_fixture.h"

#include "pipeline/books.h"

#define ONE \
    "pipelines:\n" \
    "  van:\n" \
    "    inputs: [{source: {time: {from: ''}}}]\n" \
    "    processors: [sift: {}]\n" \
    "    outputs: [{sink: {retry: {initial: 1ms, max: 2ms}}}]\n"

static void assert_got(const char *expected)
{
    ck_assert_str_eq(buffer_text(&sink.got), expected);
}

static void assert_balance(void)
{
    struct ledger books = ledger();
    ck_assert_int_eq(ledger_difference(&books), 0);
}

START_TEST(records_are_delivered_in_order)
{
    rig_start(ONE);
    for (int i = 0; i < 10; i++) {
        char text[16];
        snprintf(text, sizeof(text), "%d", i);
        submit(text);
    }
    run_until_delivered(10);
    assert_got("sink:0 sink:1 sink:2 sink:3 sink:4 sink:5 sink:6 sink:7 sink:8 sink:9 ");
    ck_assert_uint_eq(ledger().received, 10);
    ck_assert_uint_eq(ledger().appended, 10);
    rig_stop(1000);
}
END_TEST

START_TEST(a_burst_is_settled_by_one_call_after_its_commit)
{
    rig_start(ONE);
    uint64_t last = 0;
    for (int i = 0; i < 100; i++)
        last = submit("x");
    ck_assert_uint_eq(last, 100);
    ck_assert_uint_eq(source.settled, 0);
    run_until_settled(last);
    ck_assert_uint_eq(source.settled, 100);
    ck_assert_uint_eq(source.settled_calls, 1);
    ck_assert(!source.settled_in_submit);
    rig_stop(1000);
}
END_TEST

START_TEST(what_leaves_no_record_is_settled_too)
{
    rig_start(ONE);
    struct paku_receipt receipt = {1, 2};
    run_until_settled(submit("filter"));
    run_until_settled(submit("absorb"));
    run_until_settled(paku_submit_recognised(source.host));
    run_until_settled(paku_submit_filtered(source.host, &receipt));
    ck_assert_uint_eq(source.settled, 4);
    ck_assert_uint_eq(ledger().filtered, 2);
    ck_assert_uint_eq(ledger().absorbed, 1);
    ck_assert_uint_eq(ledger().recognised, 1);
    assert_balance();
    rig_stop(1000);
}
END_TEST

START_TEST(records_that_a_processor_makes_go_before_the_one_at_hand)
{
    rig_start(ONE);
    submit("make");
    run_until_delivered(2);
    assert_got("sink:made sink:make ");
    ck_assert_uint_eq(ledger().created, 1);
    ck_assert_uint_eq(ledger().appended, 2);
    assert_balance();
    rig_stop(1000);
}
END_TEST

static struct {
    size_t count;
    char text[512];
} letters;

static bool each_letter(void *data, const struct dead_letter_entry *entry)
{
    size_t used = strlen(letters.text);
    (void)data;
    letters.count++;
    snprintf(letters.text + used, sizeof(letters.text) - used, "%s/%s: %s|",
        entry->letter.pipeline, entry->letter.refused_by, entry->letter.reason);
    return true;
}

static void read_letters(void)
{
    char *folder = xasprintf("%s/dead-letters", rig.folder);
    size_t unreadable = 0;
    memset(&letters, 0, sizeof(letters));
    ck_assert_int_eq(dead_letters_scan(folder, each_letter, NULL, &unreadable), 0);
    ck_assert_uint_eq(unreadable, 0);
    free(folder);
}

START_TEST(rejected_records_become_dead_letters_with_who_and_why)
{
    rig_start(ONE);
    submit("good");
    submit("reject");
    paku_submit_rejected(source.host, make_record("{"), NULL, "not JSON at byte %d", 1);
    rig_stop(5000);
    read_letters();
    ck_assert_str_eq(letters.text, "van/sift: it is no good|van/source: not JSON at byte 1|");
    assert_got("sink:good ");
}
END_TEST

START_TEST(a_record_without_a_usable_time_is_rejected_by_the_input_when_so_told)
{
    rig_start("pipelines:\n"
              "  van:\n"
              "    inputs: [{source: {name: in, time: {from: .timestamp, missing: reject}}}]\n"
              "    outputs: [sink: {}]\n");
    submit("no JSON");
    rig_stop(5000);
    read_letters();
    ck_assert_str_eq(letters.text, "van/in: there is no time at .timestamp|");
}
END_TEST

START_TEST(outputs_get_what_matches_and_what_nobody_wants_is_filtered)
{
    rig_start("pipelines:\n"
              "  van:\n"
              "    inputs: [{source: {time: {from: ''}}}]\n"
              "    processors: [sift: {}]\n"
              "    outputs:\n"
              "      - sink: {name: odd, match: {count: '*[13579]'}}\n"
              "      - sink: {name: small, match: {count: '1|2'}}\n");
    for (int i = 0; i < 4; i++)
        submit("count");
    submit("x");
    run_until_delivered(4);
    ck_assert_ptr_nonnull(strstr(buffer_text(&sink.got), "odd:count=1 odd:count=3 "));
    ck_assert_ptr_nonnull(strstr(buffer_text(&sink.got), "small:count=1 small:count=2 "));
    ck_assert_uint_eq(ledger().appended, 3);
    ck_assert_uint_eq(ledger().filtered, 2);
    assert_balance();
    rig_stop(1000);
}
END_TEST

START_TEST(state_and_books_survive_a_restart)
{
    rig_start(ONE);
    submit("count");
    submit("count");
    rig_stop(5000);
    rig_start(ONE);
    ck_assert_uint_eq(ledger().received, 2);
    submit("count");
    run_until_delivered(3);
    assert_got("sink:count=1 sink:count=2 sink:count=3 ");
    rig_stop(5000);
}
END_TEST

static void submit_with_receipt(uint64_t id, const char *text)
{
    struct paku_receipt receipt = {id, id * 10};
    paku_submit(source.host, make_record(text), &receipt);
}

static void assert_receipts(const char *expected)
{
    char text[256] = "";
    struct paku_receipt receipt;
    for (size_t i = 0; paku_receipt_at(source.host, i, &receipt); i++) {
        size_t used = strlen(text);
        ck_assert_uint_eq(receipt.hash, receipt.id * 10);
        snprintf(text + used, sizeof(text) - used, "%u ", (unsigned)receipt.id);
    }
    ck_assert_str_eq(text, expected);
}

START_TEST(the_newest_receipts_survive_a_restart_whatever_became_of_the_message)
{
    source.receipts = 4;
    rig_start(ONE);
    assert_receipts("");
    submit_with_receipt(1, "a");
    submit_with_receipt(2, "filter");
    submit_with_receipt(3, "reject");
    assert_receipts("");
    run_until_settled(3);
    assert_receipts("1 2 3 ");
    submit_with_receipt(4, "b");
    submit_with_receipt(5, "c");
    run_until_settled(5);
    assert_receipts("2 3 4 5 ");
    rig_stop(5000);
    rig_start(ONE);
    assert_receipts("2 3 4 5 ");
    rig_stop(5000);
    source.receipts = 2;
    rig_start(ONE);
    assert_receipts("4 5 ");
    rig_stop(5000);
    source.receipts = 7;
    rig_start(ONE);
    assert_receipts("4 5 ");
    paku_forget_receipts(source.host);
    assert_receipts("");
    rig_stop(5000);
    rig_start(ONE);
    assert_receipts("");
    rig_stop(5000);
}
END_TEST

START_TEST(what_a_failing_output_did_not_take_waits_in_the_journal)
{
    sink.mode = SINK_RETRIES;
    rig_start(ONE);
    run_until_settled(submit("a"));
    run_until_settled(submit("b"));
    rig_stop(60000); /* does not wait for a server that is away */
    ck_assert_uint_eq(sink.count, 0);
    sink.mode = SINK_DELIVERS;
    rig_start(ONE);
    run_until_delivered(2);
    assert_got("sink:a sink:b ");
    rig_stop(5000);
    char *log = rig_log();
    ck_assert_ptr_nonnull(strstr(log, "the server is away; retrying in"));
    ck_assert_ptr_nonnull(strstr(log, "2 records for 'sink' stay in the journal"));
    free(log);
}
END_TEST

START_TEST(a_stop_waits_for_batches_within_the_grace)
{
    sink.mode = SINK_HOLDS;
    rig_start(ONE);
    submit("a");
    while (sink.holder == NULL)
        uv_run(&rig.loop, UV_RUN_ONCE);
    pipeline_stop(rig.pipeline, 60000);
    for (int i = 0; i < 5; i++)
        uv_run(&rig.loop, UV_RUN_NOWAIT);
    ck_assert(!rig.closed);
    sink.mode = SINK_DELIVERS;
    sink_release();
    rig_stop(60000);
    assert_got("sink:a ");
}
END_TEST

START_TEST(a_batch_beyond_the_grace_is_cut_off_and_delivered_at_the_next_start)
{
    sink.mode = SINK_HOLDS;
    rig_start(ONE);
    submit("a");
    while (sink.holder == NULL)
        uv_run(&rig.loop, UV_RUN_ONCE);
    rig_stop(1);
    assert_got("");
    sink.mode = SINK_DELIVERS;
    rig_start(ONE);
    run_until_delivered(1);
    rig_stop(5000);
}
END_TEST

START_TEST(the_end_is_told_when_all_inputs_ended_and_all_is_delivered)
{
    sink.mode = SINK_HOLDS;
    rig_start(ONE);
    submit("a");
    paku_input_ended(source.host);
    while (sink.holder == NULL)
        uv_run(&rig.loop, UV_RUN_ONCE);
    ck_assert(!rig.ended);
    sink.mode = SINK_DELIVERS;
    sink_release();
    while (!rig.ended)
        uv_run(&rig.loop, UV_RUN_ONCE);
    rig_stop(5000);
}
END_TEST

START_TEST(an_output_that_was_removed_is_dropped_with_a_count_and_returns_at_the_end)
{
    static const char two[] =
        "pipelines:\n"
        "  van:\n"
        "    inputs: [{source: {time: {from: ''}}}]\n"
        "    outputs: [{sink: {name: a}}, {sink: {name: b}}]\n";
    static const char one[] =
        "pipelines:\n"
        "  van:\n"
        "    inputs: [{source: {time: {from: ''}}}]\n"
        "    outputs: [{sink: {name: b}}]\n";
    sink.mode = SINK_RETRIES;
    rig_start(two);
    run_until_settled(submit("1"));
    rig_stop(0);
    sink.mode = SINK_DELIVERS;
    rig_start(one);
    run_until_delivered(1);
    assert_got("b:1 ");
    rig_stop(5000);
    char *log = rig_log();
    ck_assert_ptr_nonnull(strstr(log,
        "the output 'a' is no longer configured: 1 records that it had not delivered"));
    free(log);
    rig_start(two);
    submit("2");
    run_until_delivered(3);
    rig_stop(5000);
    ck_assert_ptr_null(strstr(buffer_text(&sink.got), "a:1"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&sink.got), "a:2"));
}
END_TEST

static void submit_bytes(size_t size)
{
    char *text = xcalloc(size + 1, 1);
    memset(text, 'x', size);
    submit(text);
    free(text);
}

#define SMALL(when_full) \
    "pipelines:\n" \
    "  van:\n" \
    "    journal: {max_bytes: 2MiB, segment_bytes: 256KiB, retain: 0, memory: 64KiB, " \
    "durability: written, when_full: " when_full "}\n" \
    "    inputs: [{source: {time: {from: ''}}}]\n" \
    "    outputs: [{sink: {retry: {initial: 1ms, max: 2ms}}}]\n"

START_TEST(a_full_journal_pauses_the_inputs_until_there_is_room)
{
    sink.mode = SINK_RETRIES;
    rig_start(SMALL("pause"));
    for (int i = 0; i < 64 && !source.paused; i++) {
        submit_bytes(100000);
        run_until_settled((uint64_t)i + 1);
    }
    ck_assert(source.paused);
    sink.mode = SINK_DELIVERS;
    while (source.paused)
        uv_run(&rig.loop, UV_RUN_ONCE);
    ck_assert_uint_eq(source.resumed, 1);
    rig_stop(5000);
}
END_TEST

START_TEST(a_full_journal_drops_the_oldest_when_so_told_and_counts_them)
{
    sink.mode = SINK_RETRIES;
    rig_start(SMALL("drop_oldest"));
    for (int i = 0; i < 64; i++) {
        submit_bytes(100000);
        run_until_settled((uint64_t)i + 1);
    }
    ck_assert(!source.paused);
    sink.mode = SINK_DELIVERS;
    paku_input_ended(source.host);
    while (!rig.ended)
        uv_run(&rig.loop, UV_RUN_ONCE);
    ck_assert_uint_gt(sink.count, 0);
    ck_assert_uint_lt(sink.count, 64);
    rig_stop(5000);
    struct books books;
    char *folder = xasprintf("%s/journal/van", rig.folder);
    ck_assert_int_eq(books_read(folder, &books), 0);
    ck_assert(books_balance(&books));
    ck_assert_uint_eq(books.outputs[1].ledger.delivered, sink.count);
    ck_assert_uint_eq(books.outputs[1].ledger.dropped, 64 - sink.count);
    books_finish(&books);
    free(folder);
    char *log = rig_log();
    ck_assert_ptr_nonnull(strstr(log, "the journal is full: dropped"));
    free(log);
}
END_TEST

START_TEST(the_books_on_disk_tell_the_same_and_balance)
{
    struct books books;
    char *folder = xasprintf("%s/journal/van", rig.folder);
    ck_assert_int_eq(books_read(folder, &books), -ENOENT);
    rig_start(ONE);
    submit("a");
    submit("make");
    submit("reject");
    submit("filter");
    run_until_delivered(3);
    struct ledger live = ledger();
    rig_stop(5000);
    ck_assert_int_eq(books_read(folder, &books), 0);
    ck_assert(books_balance(&books));
    ck_assert_mem_eq(&books.ledger, &live, sizeof(live));
    ck_assert_uint_eq(books.sequence, 4);
    ck_assert_uint_eq(books.output_count, 2);
    ck_assert_str_eq(books.outputs[0].name, "dead letters");
    ck_assert_uint_eq(books.outputs[0].ledger.delivered, 1);
    ck_assert_str_eq(books.outputs[1].name, "sink");
    ck_assert_uint_eq(books.outputs[1].ledger.delivered, 3);
    ck_assert_uint_eq(books.outputs[1].pending, 0);
    books.ledger.received++;
    ck_assert(!books_balance(&books));
    books_finish(&books);
    free(folder);
}
END_TEST

struct seen {
    struct metrics sink;
    struct metrics source;
};

static void see(void *data, const struct instance_view *view)
{
    struct seen *seen = data;
    if (strcmp(view->name, "sink") == 0)
        seen->sink = *view->metrics;
    if (strcmp(view->name, "source") == 0)
        seen->source = *view->metrics;
}

START_TEST(instances_count_records_bytes_and_latency)
{
    struct seen seen = {0};
    rig_start(ONE);
    submit("four");
    submit("filter");
    run_until_delivered(1);
    pipeline_each(rig.pipeline, see, &seen);
    ck_assert_uint_eq(seen.source.in, 2);
    ck_assert_uint_eq(seen.source.bytes, 10);
    ck_assert_uint_eq(seen.sink.in, 1);
    ck_assert_uint_eq(seen.sink.out, 1);
    ck_assert_uint_eq(seen.sink.bytes, 4);
    ck_assert_uint_eq(seen.sink.latency.total, 1);
    rig_stop(1000);
}
END_TEST

static Suite *pipeline_suite(void)
{
    Suite *suite = suite_create("pipeline");
    TCase *tests = tcase_create("pipeline");
    tcase_add_checked_fixture(tests, rig_setup, rig_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, records_are_delivered_in_order);
    tcase_add_test(tests, a_burst_is_settled_by_one_call_after_its_commit);
    tcase_add_test(tests, what_leaves_no_record_is_settled_too);
    tcase_add_test(tests, records_that_a_processor_makes_go_before_the_one_at_hand);
    tcase_add_test(tests, rejected_records_become_dead_letters_with_who_and_why);
    tcase_add_test(tests, a_record_without_a_usable_time_is_rejected_by_the_input_when_so_told);
    tcase_add_test(tests, outputs_get_what_matches_and_what_nobody_wants_is_filtered);
    tcase_add_test(tests, state_and_books_survive_a_restart);
    tcase_add_test(tests, the_newest_receipts_survive_a_restart_whatever_became_of_the_message);
    tcase_add_test(tests, what_a_failing_output_did_not_take_waits_in_the_journal);
    tcase_add_test(tests, a_stop_waits_for_batches_within_the_grace);
    tcase_add_test(tests, a_batch_beyond_the_grace_is_cut_off_and_delivered_at_the_next_start);
    tcase_add_test(tests, the_end_is_told_when_all_inputs_ended_and_all_is_delivered);
    tcase_add_test(tests, an_output_that_was_removed_is_dropped_with_a_count_and_returns_at_the_end);
    tcase_add_test(tests, a_full_journal_pauses_the_inputs_until_there_is_room);
    tcase_add_test(tests, a_full_journal_drops_the_oldest_when_so_told_and_counts_them);
    tcase_add_test(tests, the_books_on_disk_tell_the_same_and_balance);
    tcase_add_test(tests, instances_count_records_bytes_and_latency);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(pipeline_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
