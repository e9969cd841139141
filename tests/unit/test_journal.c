/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "delivery/journal_private.h"
#include "record/record.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* One journal on a loop of its own, and what it told. */
struct fixture {
    char folder[64];
    uv_loop_t loop;
    struct logger *logger;
    struct journal *journal;
    uint64_t committed;
    unsigned commits;
    unsigned failed;
    unsigned recovered;
    bool closed;
};

static struct fixture fix;

static void handle_committed(void *data, uint64_t sequence)
{
    struct fixture *fixture = data;
    fixture->committed = sequence;
    fixture->commits++;
}

static void handle_failed(void *data, int error, const char *what)
{
    (void)error;
    (void)what;
    ((struct fixture *)data)->failed++;
}

static void handle_recovered(void *data)
{
    ((struct fixture *)data)->recovered++;
}

static void ignore(void *data)
{
    (void)data;
}

static const struct journal_events events = {
    .committed = handle_committed,
    .failed = handle_failed,
    .recovered = handle_recovered,
    .full = ignore,
    .room = ignore,
};

static struct journal_options small_options(void)
{
    return (struct journal_options){
        .directory = fix.folder,
        .durability = DURABILITY_COMMITTED,
        .max_bytes = 1 << 30,
        .segment_bytes = 4096,
        .retain_ms = 3600000,
    };
}

static int open_journal(const struct journal_options *options)
{
    int64_t holder;
    return journal_open(options, &fix.loop, fix.logger, "test", &events, &fix, &fix.journal,
        &holder);
}

static void handle_closed(void *data)
{
    ((struct fixture *)data)->closed = true;
}

static void close_journal(void)
{
    fix.closed = false;
    journal_close(fix.journal, handle_closed, &fix);
    while (!fix.closed)
        uv_run(&fix.loop, UV_RUN_ONCE);
    fix.journal = NULL;
}

static void setup(void)
{
    memset(&fix, 0, sizeof(fix));
    strcpy(fix.folder, "/tmp/paku-test-journal-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(fix.folder));
    ck_assert_int_eq(uv_loop_init(&fix.loop), 0);
    fix.logger = logger_create(open("/dev/null", O_WRONLY | O_CLOEXEC), LOG_TEXT, PAKU_DEBUG);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static void teardown(void)
{
    if (fix.journal != NULL)
        close_journal();
    ck_assert_int_eq(uv_loop_close(&fix.loop), 0);
    logger_destroy(fix.logger);
    nftw(fix.folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void append(const char *payload)
{
    struct paku_record *record = paku_record_create(64);
    paku_record_set_tag(record, "device", (struct paku_text){"cabin", 5});
    paku_record_set_payload(record, PAKU_PAYLOAD_TEXT, payload, strlen(payload), NULL);
    journal_append(fix.journal, record, 2, NULL);
    paku_record_unref(record);
}

static void append_number(uint64_t number)
{
    char text[32];
    snprintf(text, sizeof(text), "record %" PRIu64, number);
    append(text);
}

static struct paku_text text_of(const char *text)
{
    return (struct paku_text){text, strlen(text)};
}

static void commit_and_wait(void)
{
    uint64_t end = journal_end(fix.journal).sequence;
    unsigned before = fix.commits;
    journal_commit(fix.journal);
    while (fix.commits == before || fix.committed < end)
        ck_assert_int_ne(uv_run(&fix.loop, UV_RUN_ONCE) + 1, 0);
}

/* -- Reading everything back -- */

struct reading {
    bool done;
    uint64_t next;
    uint64_t count;
    uint64_t lost;
    bool wrong; /* a payload that is not the one of its sequence */
    size_t last;
};

static void handle_entries(void *data, int error, const struct journal_entry *entries,
    size_t count, uint64_t lost)
{
    struct reading *reading = data;
    ck_assert_int_eq(error, 0);
    for (size_t i = 0; i < count; i++) {
        char expected[32];
        snprintf(expected, sizeof(expected), "record %" PRIu64, entries[i].sequence);
        struct paku_text payload = paku_record_payload(entries[i].record);
        reading->wrong |= payload.size != strlen(expected) ||
            memcmp(payload.data, expected, payload.size) != 0;
        reading->wrong |= entries[i].sequence < reading->next;
        reading->next = entries[i].sequence + 1;
    }
    reading->count += count;
    reading->lost += lost;
    reading->last = count + (size_t)lost;
    reading->done = true;
}

static struct reading read_all(size_t chunk)
{
    struct journal_reader *reader = journal_reader_create(fix.journal);
    struct reading reading = {.next = journal_first(fix.journal)};
    uint64_t from = reading.next;
    do {
        reading.done = false;
        journal_reader_read(reader, from, chunk, handle_entries, &reading);
        while (!reading.done)
            uv_run(&fix.loop, UV_RUN_ONCE);
        from += reading.last;
    } while (reading.last > 0);
    journal_reader_destroy(reader);
    return reading;
}

/* -- Tests -- */

START_TEST(what_is_committed_is_there_after_reopening)
{
    struct journal_options options = small_options();
    ck_assert_int_eq(open_journal(&options), 0);
    for (uint64_t i = 1; i <= 500; i++) {
        append_number(i);
        if (i % 7 == 0)
            commit_and_wait();
    }
    journal_put(fix.journal, text_of("key"), text_of("value"));
    close_journal();
    ck_assert_int_eq(open_journal(&options), 0);
    ck_assert_uint_eq(journal_end(fix.journal).sequence, 500);
    struct paku_text value = journal_get(fix.journal, text_of("key"));
    ck_assert_uint_eq(value.size, 5);
    ck_assert_mem_eq(value.data, "value", 5);
    struct reading reading = read_all(1000);
    ck_assert_uint_eq(reading.count, 500);
    ck_assert_uint_eq(reading.lost, 0);
    ck_assert(!reading.wrong);
}
END_TEST

START_TEST(second_opening_is_refused_with_the_holders_pid)
{
    struct journal_options options = small_options();
    ck_assert_int_eq(open_journal(&options), 0);
    pid_t child = fork();
    if (child == 0) {
        struct journal *other;
        int64_t holder = 0;
        int error = journal_open(&options, &fix.loop, fix.logger, "test", &events, &fix, &other,
            &holder);
        _exit(error == -EBUSY && holder == getppid() ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(changes_of_the_table_move_with_their_commit)
{
    struct journal_options options = small_options();
    ck_assert_int_eq(open_journal(&options), 0);
    for (int i = 0; i < 300; i++) {
        char value[16];
        snprintf(value, sizeof(value), "%d", i);
        journal_put(fix.journal, text_of("counter"), text_of(value));
        journal_put(fix.journal, text_of("gone"), text_of("x"));
        append_number((uint64_t)i + 1);
        commit_and_wait();
    }
    journal_delete(fix.journal, text_of("gone"));
    journal_release(fix.journal, 300);
    close_journal();
    options.retain_ms = 0;
    ck_assert_int_eq(open_journal(&options), 0);
    journal_release(fix.journal, 300); /* all old segments go; the table is in the newest */
    ck_assert_uint_eq(fix.journal->segment_count, 1);
    close_journal();
    ck_assert_int_eq(open_journal(&options), 0);
    struct paku_text value = journal_get(fix.journal, text_of("counter"));
    ck_assert_uint_eq(value.size, 3);
    ck_assert_mem_eq(value.data, "299", 3);
    ck_assert_ptr_null(journal_get(fix.journal, text_of("gone")).data);
}
END_TEST

static char *only_segment(void)
{
    return segment_path(fix.journal, 1);
}

static size_t read_whole(const char *path, char *bytes, size_t room)
{
    FILE *file = fopen(path, "re");
    ck_assert_ptr_nonnull(file);
    size_t size = fread(bytes, 1, room, file);
    fclose(file);
    return size;
}

static void write_whole(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

START_TEST(torn_tail_at_every_byte_leaves_whole_commits)
{
    static char bytes[8192];
    struct journal_options options = small_options();
    size_t ends[6] = {0};
    ck_assert_int_eq(open_journal(&options), 0);
    for (uint64_t i = 1; i <= 5; i++) {
        append_number(i);
        commit_and_wait();
        ends[i] = (size_t)fix.journal->segments[0].end;
    }
    char *path = only_segment();
    close_journal();
    size_t size = read_whole(path, bytes, sizeof(bytes));
    ck_assert_uint_eq(size, ends[5]);
    for (size_t cut = 0; cut <= size; cut++) {
        write_whole(path, bytes, cut);
        uint64_t whole = 0;
        while (whole < 5 && ends[whole + 1] <= cut)
            whole++;
        ck_assert_int_eq(open_journal(&options), 0);
        ck_assert_uint_eq(journal_end(fix.journal).sequence, whole);
        ck_assert_uint_eq(read_all(4096).count, whole);
        close_journal();
    }
    free(path);
}
END_TEST

START_TEST(any_flipped_byte_is_survived_and_counted)
{
    static char bytes[8192];
    struct journal_options options = small_options();
    ck_assert_int_eq(open_journal(&options), 0);
    for (uint64_t i = 1; i <= 8; i++) {
        append_number(i);
        if (i % 2 == 0)
            commit_and_wait();
    }
    char *path = only_segment();
    close_journal();
    size_t size = read_whole(path, bytes, sizeof(bytes));
    for (size_t at = 0; at < size; at++) {
        bytes[at] ^= 0x10;
        write_whole(path, bytes, size);
        bytes[at] ^= 0x10;
        int error = open_journal(&options);
        if (error == -EPROTO) { /* the version itself */
            ck_assert(at >= 8 && at < 12);
            fix.journal = NULL;
            continue;
        }
        ck_assert_int_eq(error, 0);
        struct reading reading = read_all(4096);
        ck_assert(!reading.wrong);
        ck_assert_uint_eq(reading.count + reading.lost, journal_end(fix.journal).sequence);
        close_journal();
        char *aside = xasprintf("%s.damaged", path);
        unlink(aside);
        free(aside);
    }
    free(path);
}
END_TEST

START_TEST(full_disk_loses_nothing)
{
    struct journal_options options = small_options();
    options.segment_bytes = 1 << 20;
    ck_assert_int_eq(open_journal(&options), 0);
    signal(SIGXFSZ, SIG_IGN);
    append_number(1);
    commit_and_wait();
    struct rlimit limit, saved;
    getrlimit(RLIMIT_FSIZE, &saved);
    limit = saved;
    limit.rlim_cur = 100; /* no file may grow beyond this */
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    append_number(2);
    journal_commit(fix.journal);
    while (fix.failed == 0)
        uv_run(&fix.loop, UV_RUN_ONCE);
    append_number(3);
    journal_put(fix.journal, text_of("with"), text_of("3"));
    journal_commit(fix.journal);
    uv_run(&fix.loop, UV_RUN_ONCE);
    ck_assert_uint_eq(fix.committed, 1);
    setrlimit(RLIMIT_FSIZE, &saved);
    while (fix.committed < 3)
        uv_run(&fix.loop, UV_RUN_ONCE);
    ck_assert_uint_eq(fix.recovered, 1);
    close_journal();
    ck_assert_int_eq(open_journal(&options), 0);
    struct reading reading = read_all(4096);
    ck_assert_uint_eq(reading.count, 3);
    ck_assert_uint_eq(reading.lost, 0);
    ck_assert(!reading.wrong);
    ck_assert_ptr_nonnull(journal_get(fix.journal, text_of("with")).data);
}
END_TEST

START_TEST(appends_during_a_write_go_out_together)
{
    struct journal_options options = small_options();
    options.segment_bytes = 1 << 20;
    ck_assert_int_eq(open_journal(&options), 0);
    append_number(1);
    journal_commit(fix.journal);
    for (uint64_t i = 2; i <= 100; i++) {
        append_number(i);
        journal_commit(fix.journal);
    }
    while (fix.committed < 100)
        uv_run(&fix.loop, UV_RUN_ONCE);
    ck_assert_uint_eq(fix.journal->syncs, 2);
}
END_TEST

/* A child appends and tells what was committed, until it is killed. */
static void run_child(int out)
{
    struct journal_options options = small_options();
    options.segment_bytes = 64 << 10;
    if (open_journal(&options) < 0)
        _exit(1);
    for (uint64_t next = journal_end(fix.journal).sequence + 1;; next++) {
        append_number(next);
        if (next % 5 != 0)
            continue;
        commit_and_wait();
        if (write(out, &fix.committed, sizeof(fix.committed)) < 0)
            _exit(1);
    }
}

START_TEST(killed_at_any_moment_keeps_what_was_committed)
{
    uint64_t told = 0;
    srand(4711);
    for (int round = 0; round < 30; round++) {
        int ends[2];
        ck_assert_int_eq(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0)
            run_child(ends[1]);
        close(ends[1]);
        uint64_t sequence;
        int reports = rand() % 40 + 1;
        while (reports-- > 0 && read(ends[0], &sequence, sizeof(sequence)) > 0)
            told = sequence;
        usleep((useconds_t)(rand() % 3000));
        kill(child, SIGKILL);
        while (read(ends[0], &sequence, sizeof(sequence)) > 0)
            told = sequence;
        close(ends[0]);
        waitpid(child, NULL, 0);
        struct journal_options options = small_options();
        ck_assert_int_eq(open_journal(&options), 0);
        ck_assert_uint_ge(journal_end(fix.journal).sequence, told);
        struct reading reading = read_all(65536);
        ck_assert_uint_eq(reading.count, journal_end(fix.journal).sequence);
        ck_assert_uint_eq(reading.lost, 0);
        ck_assert(!reading.wrong);
        close_journal();
    }
    ck_assert_uint_gt(told, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal");
    TCase *cases = tcase_create("journal");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 100);
    tcase_add_test(cases, what_is_committed_is_there_after_reopening);
    tcase_add_test(cases, second_opening_is_refused_with_the_holders_pid);
    tcase_add_test(cases, changes_of_the_table_move_with_their_commit);
    tcase_add_test(cases, torn_tail_at_every_byte_leaves_whole_commits);
    tcase_add_test(cases, any_flipped_byte_is_survived_and_counted);
    tcase_add_test(cases, full_disk_loses_nothing);
    tcase_add_test(cases, appends_during_a_write_go_out_together);
    tcase_add_test(cases, killed_at_any_moment_keeps_what_was_committed);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
