/* SPDX-License-Identifier: Apache-2.0 */
/* Submissions, receipts, state, and how they are settled; processors too. */
#include "fake_host_private.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STATE_KEY_MAX 255
#define STATE_VALUE_MAX 65536

/* -- State -- */

static struct fake_state *find_state(const struct fake_host *host, const char *key)
{
    for (size_t i = 0; i < host->states.count; i++) {
        if (strcmp(host->states.items[i].key, key) == 0)
            return &host->states.items[i];
    }
    return NULL;
}

static struct fake_state *make_state(struct fake_host *host, const char *key)
{
    struct fake_state *state = find_state(host, key);
    if (state != NULL)
        return state;
    FAKE_ADD(host->states, (struct fake_state){.key = xstrdup(key)});
    return &host->states.items[host->states.count - 1];
}

static void assign(struct paku_text *text, struct paku_text value)
{
    struct paku_text copy = value.data != NULL ? fake_text_copy(value) : (struct paku_text){NULL, 0};
    free((char *)text->data);
    *text = copy;
}

static int change_state(struct paku_instance *instance, const char *key, struct paku_text value)
{
    struct fake_host *host = instance->host;
    if (host->plugin->kind == PAKU_OUTPUT)
        return -ENOTSUP;
    if (strlen(key) > STATE_KEY_MAX || value.size > STATE_VALUE_MAX)
        return -E2BIG;
    if (host->stage == FAKE_READY)
        fake_host_fail(host, "the state is there from start on, not in init");
    struct fake_state *state = make_state(host, key);
    assign(&state->latest, value);
    struct fake_put put = {.turn = host->turn, .key = (size_t)(state - host->states.items)};
    assign(&put.value, value);
    FAKE_ADD(host->puts, put);
    return 0;
}

int paku_state_put(struct paku_instance *instance, const char *key, struct paku_text value)
{
    return change_state(instance, key,
        (struct paku_text){value.data != NULL ? value.data : "", value.size});
}

int paku_state_delete(struct paku_instance *instance, const char *key)
{
    return change_state(instance, key, (struct paku_text){NULL, 0});
}

struct paku_text paku_state_get(const struct paku_instance *instance, const char *key)
{
    const struct fake_state *state = find_state(instance->host, key);
    return state != NULL ? state->latest : (struct paku_text){NULL, 0};
}

struct paku_text fake_host_state(const struct fake_host *host, const char *key)
{
    const struct fake_state *state = find_state(host, key);
    return state != NULL ? state->settled : (struct paku_text){NULL, 0};
}

void fake_host_set_state(struct fake_host *host, const char *key, struct paku_text value)
{
    struct fake_state *state = make_state(host, key);
    assign(&state->settled, value);
    assign(&state->latest, value);
}

static void settle_state(struct fake_host *host, uint64_t turn)
{
    size_t left = 0;
    for (size_t i = 0; i < host->puts.count; i++) {
        struct fake_put *put = &host->puts.items[i];
        if (put->turn > turn) {
            host->puts.items[left++] = *put;
            continue;
        }
        assign(&host->states.items[put->key].settled, put->value);
        free((char *)put->value.data);
    }
    host->puts.count = left;
}

/* -- Receipts -- */

void paku_keep_receipts(struct paku_instance *instance, size_t receipts_kept)
{
    struct fake_host *host = instance->host;
    if (host->ticket > 0 || receipts_kept > 65535)
        fake_host_fail(host, "paku_keep_receipts: called after a submission, or beyond 65535");
    host->receipts_kept = receipts_kept;
    host->keeps_receipts = true;
    while (host->receipts.count > receipts_kept)
        memmove(host->receipts.items, host->receipts.items + 1,
            --host->receipts.count * sizeof(struct paku_receipt));
}

static void settle_receipt(struct fake_host *host, struct paku_receipt receipt)
{
    if (host->receipts_kept == 0)
        return;
    if (host->receipts.count == host->receipts_kept)
        memmove(host->receipts.items, host->receipts.items + 1,
            --host->receipts.count * sizeof(struct paku_receipt));
    FAKE_ADD(host->receipts, receipt);
}

bool paku_receipt_at(const struct paku_instance *instance, size_t index,
    struct paku_receipt *ret_receipt)
{
    const struct fake_host *host = instance->host;
    if (!host->keeps_receipts || index >= host->receipts.count)
        return false;
    *ret_receipt = host->receipts.items[index];
    return true;
}

/* Those on their way too. */
void paku_forget_receipts(struct paku_instance *instance)
{
    struct fake_host *host = instance->host;
    host->receipts.count = 0;
    for (size_t i = 0; i < host->submissions.count; i++) {
        if (!host->submissions.items[i].settled)
            host->submissions.items[i].has_receipt = false;
    }
}

void fake_host_add_receipt(struct fake_host *host, struct paku_receipt receipt)
{
    FAKE_ADD(host->receipts, receipt);
}

size_t fake_host_receipts(const struct fake_host *host)
{
    return host->receipts.count;
}

/* -- Submissions -- */

static uint64_t submit(struct paku_instance *instance, enum fake_submission_kind kind,
    struct paku_record *record, const struct paku_receipt *receipt, char *reason)
{
    struct fake_host *host = instance->host;
    if (host->plugin->kind != PAKU_INPUT || host->stage != FAKE_RUNNING)
        fake_host_fail(host, "submits though it is %s",
            host->plugin->kind != PAKU_INPUT ? "no input" : "not running (any more)");
    if (host->ended)
        fake_host_fail(host, "submits after paku_input_ended");
    if (reason != NULL)
        FAKE_ADD(host->texts, reason);
    FAKE_ADD(host->submissions, (struct fake_submission){
        .kind = kind,
        .run = host->run,
        .ticket = ++host->ticket,
        .turn = host->turn,
        .record = record,
        .has_receipt = receipt != NULL,
        .receipt = receipt != NULL ? *receipt : (struct paku_receipt){0, 0},
        .reason = reason,
    });
    return host->ticket;
}

uint64_t paku_submit(struct paku_instance *instance, struct paku_record *record,
    const struct paku_receipt *receipt)
{
    return submit(instance, FAKE_SUBMITTED, record, receipt, NULL);
}

uint64_t paku_submit_rejected(struct paku_instance *instance, struct paku_record *record,
    const struct paku_receipt *receipt, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *reason = xvasprintf(format, args);
    va_end(args);
    return submit(instance, FAKE_REJECTED, record, receipt, reason);
}

uint64_t paku_submit_recognised(struct paku_instance *instance)
{
    return submit(instance, FAKE_RECOGNISED, NULL, NULL, NULL);
}

uint64_t paku_submit_filtered(struct paku_instance *instance, const struct paku_receipt *receipt)
{
    return submit(instance, FAKE_FILTERED, NULL, receipt, NULL);
}

void paku_input_ended(struct paku_instance *instance)
{
    instance->host->ended = true;
}

size_t fake_host_submitted(const struct fake_host *host)
{
    return host->submissions.count;
}

const struct fake_submission *fake_host_submission(const struct fake_host *host, size_t index)
{
    if (index >= host->submissions.count)
        fake_host_fail(host, "submission %zu was asked for, of %zu", index,
            host->submissions.count);
    return &host->submissions.items[index];
}

static const char *keep_text(struct fake_host *host, struct paku_text text)
{
    char *copy = xstrndup(text.data, text.size);
    FAKE_ADD(host->texts, copy);
    return copy;
}

const char *fake_host_payload(struct fake_host *host, size_t index)
{
    return keep_text(host, paku_record_payload(fake_host_submission(host, index)->record));
}

const char *fake_host_tag(struct fake_host *host, size_t index, const char *name)
{
    struct paku_text text = {"", 0};
    paku_record_tag(fake_host_submission(host, index)->record, name, &text);
    return keep_text(host, text);
}

struct wanted_count {
    const struct fake_host *host;
    size_t count;
};

static bool is_submitted(void *data)
{
    const struct wanted_count *wanted = data;
    return wanted->host->submissions.count >= wanted->count;
}

void fake_host_run_until_submitted(struct fake_host *host, size_t count)
{
    struct wanted_count wanted = {host, count};
    char *what = xasprintf("%zu submissions", count);
    fake_host_run_until(host, is_submitted, &wanted, what);
    free(what);
}

bool fake_host_ended(const struct fake_host *host)
{
    return host->ended;
}

static bool has_ended(void *data)
{
    return ((struct fake_host *)data)->ended;
}

void fake_host_run_until_ended(struct fake_host *host)
{
    fake_host_run_until(host, has_ended, host, "the end of the input");
}

int fake_host_make(struct fake_host *host, struct paku_record *record, char *reason)
{
    ck_assert_msg(host->plugin->input.make != NULL, "the plugin has no input.make");
    return host->plugin->input.make(host->self, record, reason, 256);
}

/* -- Settling -- */

static bool has_unsettled(const struct fake_host *host)
{
    const struct fake_submission *last =
        host->submissions.count > 0 ? &host->submissions.items[host->submissions.count - 1] : NULL;
    return host->puts.count > 0 || (last != NULL && last->run == host->run && !last->settled);
}

/* Marks from behind: what comes before a settled one of this run is settled. */
static void settle_submissions(struct fake_host *host, uint64_t turn)
{
    size_t first = host->submissions.count;
    while (first > 0 && host->submissions.items[first - 1].run == host->run &&
        !host->submissions.items[first - 1].settled)
        first--;
    for (size_t i = first; i < host->submissions.count; i++) {
        struct fake_submission *submission = &host->submissions.items[i];
        if (submission->turn > turn)
            return;
        submission->settled = true;
        if (submission->has_receipt)
            settle_receipt(host, submission->receipt);
        host->settled_ticket = submission->ticket;
    }
}

static void settle(struct fake_host *host, uint64_t turn)
{
    uint64_t before = host->settled_ticket;
    settle_submissions(host, turn);
    settle_state(host, turn);
    if (host->settled_ticket != before && host->plugin->input.settled != NULL &&
        host->stage == FAKE_RUNNING)
        host->plugin->input.settled(host->self, host->settled_ticket);
}

void fake_host_settle(struct fake_host *host)
{
    settle(host, host->turn++);
}

void fake_host_settle_through(struct fake_host *host, uint64_t ticket)
{
    for (size_t i = 0; i < host->submissions.count; i++) {
        const struct fake_submission *submission = &host->submissions.items[i];
        if (submission->run != host->run || submission->ticket != ticket)
            continue;
        if (submission->turn == host->turn)
            host->turn++;
        settle(host, submission->turn);
        return;
    }
    fake_host_fail(host, "there is no ticket %llu in this run", (unsigned long long)ticket);
}

static void handle_hurry(uv_idle_t *handle)
{
    (void)handle;
}

void fake_input_turn(struct fake_host *host)
{
    host->turn++;
    if (host->settle_always && has_unsettled(host))
        settle(host, host->turn - 1);
    if (host->settle_always && has_unsettled(host))
        uv_idle_start(&host->hurry, handle_hurry);
    else
        uv_idle_stop(&host->hurry);
}

void fake_host_settle_always(struct fake_host *host, bool on)
{
    host->settle_always = on;
}

void fake_host_pause(struct fake_host *host)
{
    if (host->plugin->input.pause != NULL)
        host->plugin->input.pause(host->self);
}

void fake_host_resume(struct fake_host *host)
{
    if (host->plugin->input.resume != NULL)
        host->plugin->input.resume(host->self);
}

void fake_input_restart(struct fake_host *host)
{
    for (size_t i = 0; i < host->puts.count; i++)
        free((char *)host->puts.items[i].value.data);
    host->puts.count = 0;
    for (size_t i = 0; i < host->states.count; i++)
        assign(&host->states.items[i].latest, host->states.items[i].settled);
    host->ticket = host->settled_ticket = 0;
    host->keeps_receipts = false;
    host->receipts_kept = 0;
    host->ended = false;
}

/* -- Processors -- */

enum paku_verdict paku_reject(struct paku_instance *instance, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    free(instance->host->reason);
    instance->host->reason = xvasprintf(format, args);
    va_end(args);
    return PAKU_REJECT;
}

void paku_emit(struct paku_instance *instance, struct paku_record *record)
{
    FAKE_ADD(instance->host->emitted, record);
}

enum paku_verdict fake_host_process(struct fake_host *host, struct paku_record *record)
{
    free(host->reason);
    host->reason = NULL;
    enum paku_verdict verdict = host->plugin->processor.process(host->self, record);
    if ((verdict == PAKU_REJECT) != (host->reason != NULL))
        fake_host_fail(host, "PAKU_REJECT and paku_reject belong together");
    return verdict;
}

const char *fake_host_reason(const struct fake_host *host)
{
    return host->reason;
}

struct paku_record *fake_host_emitted(const struct fake_host *host, size_t index)
{
    return index < host->emitted.count ? host->emitted.items[index] : NULL;
}

void fake_input_finish(struct fake_host *host)
{
    fake_input_restart(host);
    for (size_t i = 0; i < host->states.count; i++) {
        free(host->states.items[i].key);
        free((char *)host->states.items[i].settled.data);
        free((char *)host->states.items[i].latest.data);
    }
    for (size_t i = 0; i < host->submissions.count; i++)
        paku_record_unref(host->submissions.items[i].record);
    for (size_t i = 0; i < host->texts.count; i++)
        free(host->texts.items[i]);
    for (size_t i = 0; i < host->emitted.count; i++)
        paku_record_unref(host->emitted.items[i]);
    free(host->states.items);
    free(host->puts.items);
    free(host->submissions.items);
    free(host->texts.items);
    free(host->emitted.items);
    free(host->receipts.items);
    free(host->reason);
}
