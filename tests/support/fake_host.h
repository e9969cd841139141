/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host for one instance of a plugin, for tests. It is the host's half of <paku/plugin.h> without a
 * journal: what the plugin does is kept, and the test says what becomes of it.
 *
 *     START_TEST(lines_are_submitted)
 *     {
 *         struct fake_host *host = fake_host_create(&paku_plugin, "path: /tmp/x.jsonl");
 *         fake_host_start(host);
 *         fake_host_run_until_submitted(host, 3);
 *         const struct fake_submission *first = fake_host_submission(host, 0);
 *         ...
 *         fake_host_settle(host);
 *         fake_host_destroy(host);
 *     }
 *
 * The test executable is linked from the plugin's own sources (they bring `paku_plugin`), fake_host,
 * core_config, core_record and core_base; see tests/plugins/meson.build.
 *
 * Whatever a plugin must not do fails the test at once, with the plugin's log lines on stderr: a
 * batch finished twice, a submission after stop, handles or requests left open at paku_stopped(), a
 * stop that does not end. So does a wait that does not come to its end within 20 seconds; that is
 * the only clock here, and no test should need one of its own.
 *
 * Several hosts may exist side by side; each has its own loop.
 */
#ifndef SUPPORT_FAKE_HOST_H
#define SUPPORT_FAKE_HOST_H

#include <paku/plugin.h>

#include <uv.h>

struct fake_host;

/* The plugin whose sources are linked into the test. */
extern const struct paku_plugin paku_plugin;

/* -- Life -- */

/* Loads the plugin's options from `yaml` (a map; "" for none) and calls init. Wrong options or a
 * failing init fail the test. */
struct fake_host *fake_host_create(const struct paku_plugin *plugin, const char *yaml);
/* The same where it may fail: 0, -EINVAL when the options are refused, or what init returned. Sets
 * *ret_host in any case; what is wrong with the options is kept as lines of level PAKU_ERROR, as
 * are those of paku_fail. Such a host can only be destroyed. */
int fake_host_try(const struct paku_plugin *plugin, const char *yaml, struct fake_host **ret_host);
/* Calls start; it must succeed. */
void fake_host_start(struct fake_host *host);
int fake_host_try_start(struct fake_host *host);
/* Calls stop and runs the loop until the instance has stopped. */
void fake_host_stop(struct fake_host *host);
/* As if the process had been killed and started again: stops and destroys the instance, forgets what
 * was not settled (state, receipts), loads the options again (`yaml`; NULL: the same as before) and
 * calls init. Submissions, log lines and batches of earlier runs are kept. */
void fake_host_restart(struct fake_host *host, const char *yaml);
/* Stops the instance when it is running, and destroys it. */
void fake_host_destroy(struct fake_host *host);

struct paku_instance *fake_host_instance(struct fake_host *host); /* what the plugin calls `host` */
void *fake_host_self(struct fake_host *host);                      /* the plugin's structure */

/* -- The loop -- */

uv_loop_t *fake_host_loop(struct fake_host *host);
/* Runs the loop until `condition` is true. `what` names it in the message when it never is. */
void fake_host_run_until(struct fake_host *host, bool (*condition)(void *data), void *data,
    const char *what);
/* One turn of the loop, without waiting. */
void fake_host_turn(struct fake_host *host);
/* So many turns, without waiting for anything: to see that nothing more comes of it. */
void fake_host_turns(struct fake_host *host, unsigned count);
/* Until no timer, socket or work of the plugin is left that could do anything by itself. */
void fake_host_run_until_idle(struct fake_host *host);

/* -- What every instance does -- */

/* Whether a line of that level (and containing `part`) was logged in any run. */
bool fake_host_logged(const struct fake_host *host, enum paku_level level, const char *part);
size_t fake_host_log_count(const struct fake_host *host, enum paku_level level, const char *part);
void fake_host_forget_log(struct fake_host *host);
void fake_host_run_until_logged(struct fake_host *host, enum paku_level level, const char *part);
/* The sum of paku_count. */
uint64_t fake_host_counted(const struct fake_host *host, const char *name);
/* The message of paku_fatal, or NULL. */
const char *fake_host_fatal(const struct fake_host *host);

/* Calls probe and runs the loop until paku_probe_done. The instance can then only be destroyed. */
void fake_host_probe(struct fake_host *host);
/* What paku_probe_found said, index from 0; NULL behind the last. `ret_good` may be NULL. */
const char *fake_host_finding(const struct fake_host *host, size_t index, bool *ret_good);

/* -- State: as the journal holds it, after a settle -- */

/* data == NULL: there is none. paku_state_get(fake_host_instance(host), key) tells the newest. */
struct paku_text fake_host_state(const struct fake_host *host, const char *key);
/* As if left by an earlier run; before start. */
void fake_host_set_state(struct fake_host *host, const char *key, struct paku_text value);

/* -- Inputs -- */

enum fake_submission_kind {
    FAKE_SUBMITTED,
    FAKE_REJECTED,
    FAKE_RECOGNISED,
    FAKE_FILTERED,
};

struct fake_submission {
    enum fake_submission_kind kind;
    unsigned run;    /* 0, and one more after each restart */
    uint64_t ticket; /* begins at 1 in each run */
    uint64_t turn;   /* of the loop; what belongs to one turn is settled together */
    bool settled;
    struct paku_record *record; /* NULL for RECOGNISED and FILTERED */
    bool has_receipt;
    struct paku_receipt receipt;
    const char *reason; /* REJECTED */
};

/* Of all runs, in order. */
size_t fake_host_submitted(const struct fake_host *host);
const struct fake_submission *fake_host_submission(const struct fake_host *host, size_t index);
/* The payload as a NUL-terminated text, and a tag ("" when there is none); live as long as the host. */
const char *fake_host_payload(struct fake_host *host, size_t index);
const char *fake_host_tag(struct fake_host *host, size_t index, const char *name);
void fake_host_run_until_submitted(struct fake_host *host, size_t count);
bool fake_host_ended(const struct fake_host *host); /* paku_input_ended, in this run */
void fake_host_run_until_ended(struct fake_host *host);

/* Settles all that was submitted and put up to now, and calls `settled`. */
void fake_host_settle(struct fake_host *host);
/* The same up to the end of the turn in which this run's `ticket` was submitted. */
void fake_host_settle_through(struct fake_host *host, uint64_t ticket);
/* From now on everything is settled between two turns of the loop. */
void fake_host_settle_always(struct fake_host *host, bool on);
void fake_host_pause(struct fake_host *host);
void fake_host_resume(struct fake_host *host);

/* Receipts: as paku_receipt_at shows them. fake_host_add_receipt is for before start: as if left by
 * an earlier run. */
void fake_host_add_receipt(struct fake_host *host, struct paku_receipt receipt);
size_t fake_host_receipts(const struct fake_host *host);

/* Calls input.make; `reason` (256 bytes) is set when it returns -EINVAL. */
int fake_host_make(struct fake_host *host, struct paku_record *record, char *reason);

/* -- Processors -- */

/* Calls process. The record stays the caller's. */
enum paku_verdict fake_host_process(struct fake_host *host, struct paku_record *record);
/* Of the latest paku_reject; NULL when process did not reject. */
const char *fake_host_reason(const struct fake_host *host);
/* What paku_emit handed on: index from 0, NULL behind the last; belongs to the host. */
struct paku_record *fake_host_emitted(const struct fake_host *host, size_t index);

/* -- Outputs -- */

struct fake_mark {
    const char *code; /* NULL: not marked */
    const char *reason;
};

/* A batch, and what the plugin made of it. */
struct fake_batch {
    struct paku_batch public; /* a test may change positions and `dead` before it is offered */
    struct fake_host *host;
    struct fake_mark *marks;  /* one a record */
    bool in_flight;
    bool finished;
    enum paku_outcome outcome; /* of these three once finished is true */
    int64_t after_ms;
    const char *reason;        /* NULL: none was given */
    struct paku_record **records;
    uint64_t *sequences;
};

/* Makes a batch that follows the newest one: sequences go on from the journal's end, which moves along;
 * from where the lane's cursor stands. Takes a reference of its own to each record. Belongs to the
 * host. `count` may be 0. */
struct fake_batch *fake_batch_make(struct fake_host *host, uint32_t lane,
    struct paku_record *const *records, size_t count);
/* The records of a finished batch that were not marked, once more, as after RETRY. */
struct fake_batch *fake_batch_again(struct fake_batch *batch);
/* Calls write. Once the batch is finished with DELIVERED or REJECTED the lane's cursor stands behind
 * it. */
void fake_batch_offer(struct fake_batch *batch);
void fake_batch_wait(struct fake_batch *batch); /* runs the loop until it is finished */
/* All in one, for the usual case: lane 0, offered and waited for. */
struct fake_batch *fake_host_write(struct fake_host *host, struct paku_record *const *records,
    size_t count);

struct fake_lane {
    bool open;
    unsigned opened; /* how many times; all calls that were answered with 0 */
    bool has_position;
    struct paku_position position; /* of the latest paku_lane_open */
    int answer; /* what paku_lane_open returns: the test may set it; 0 */
    uint64_t cursor;
};

#define FAKE_LANES_MAX 64
struct fake_lane *fake_host_lane(struct fake_host *host, uint32_t lane);
void fake_host_run_until_open(struct fake_host *host, uint32_t lane);
/* What paku_set_lanes asked for (1 before), and what it is told instead when `lanes` is not 0. */
uint32_t fake_host_lanes(const struct fake_host *host);
void fake_host_force_lanes(struct fake_host *host, uint32_t lanes);
/* What paku_journal_end answers; the test may change it. Begins as 16 bytes of 0x11, epoch 1,
 * sequence 0. */
struct paku_position *fake_host_journal(struct fake_host *host);

/* -- Records, for the caller to unref -- */

/* A JSON payload (anything else fails the test), the time 2025-12-01T20:00:00Z, and tags: pairs of
 * names and texts, ended by NULL. */
struct paku_record *fake_record(const char *payload, ...) __attribute__((sentinel));
struct paku_record *fake_record_of(enum paku_payload type, const void *data, size_t size);

#endif
