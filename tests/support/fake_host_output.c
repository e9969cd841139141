/* SPDX-License-Identifier: Apache-2.0 */
/* Batches and lanes, and the records to fill them with. */
#include "fake_host_private.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* -- Records -- */

#define RECORD_TIME_NS (INT64_C(1764619200) * 1000000000) /* 2025-12-01T20:00:00Z */

struct paku_record *fake_record_of(enum paku_payload type, const void *data, size_t size)
{
    struct paku_record *record = paku_record_create(size + 64);
    struct paku_json_error error;
    paku_record_set_time(record, RECORD_TIME_NS);
    if (paku_record_set_payload(record, type, data, size, &error) < 0)
        ck_abort_msg("the payload is not what it was said to be, at byte %zu: %s: %.*s",
            error.offset, error.message, (int)size, (const char *)data);
    return record;
}

struct paku_record *fake_record(const char *payload, ...)
{
    struct paku_record *record = fake_record_of(PAKU_PAYLOAD_JSON, payload, strlen(payload));
    va_list args;
    va_start(args, payload);
    for (const char *name; (name = va_arg(args, const char *)) != NULL;) {
        const char *text = va_arg(args, const char *);
        ck_assert_int_eq(
            paku_record_set_tag(record, name, (struct paku_text){text, strlen(text)}), 0);
    }
    va_end(args);
    return record;
}

/* -- Batches -- */

static struct fake_batch *allocate(struct fake_host *host, uint32_t lane, size_t count)
{
    struct fake_batch *batch = xcalloc(1, sizeof(*batch));
    batch->host = host;
    batch->marks = xcalloc(count + 1, sizeof(*batch->marks));
    batch->records = xcalloc(count + 1, sizeof(struct paku_record *));
    batch->sequences = xcalloc(count + 1, sizeof(uint64_t));
    batch->public = (struct paku_batch){
        .lane = lane,
        .records = batch->records,
        .sequences = batch->sequences,
    };
    batch->public.from = batch->public.to = host->journal;
    batch->public.from.sequence = host->lanes[lane].cursor;
    FAKE_ADD(host->batches, batch);
    return batch;
}

static void push(struct fake_batch *batch, struct paku_record *record, uint64_t sequence)
{
    struct paku_batch *public = &batch->public;
    batch->records[public->count] = paku_record_ref(record);
    batch->sequences[public->count++] = sequence;
    public->bytes += paku_record_payload(record).size;
    public->to.sequence = sequence;
}

struct fake_batch *fake_batch_make(struct fake_host *host, uint32_t lane,
    struct paku_record *const *records, size_t count)
{
    ck_assert_uint_lt(lane, FAKE_LANES_MAX);
    struct fake_batch *batch = allocate(host, lane, count);
    for (size_t i = 0; i < count; i++)
        push(batch, records[i], ++host->journal.sequence);
    return batch;
}

struct fake_batch *fake_batch_again(struct fake_batch *old)
{
    ck_assert_msg(old->finished, "a batch is offered again once it is finished");
    struct fake_batch *batch = allocate(old->host, old->public.lane, old->public.count);
    batch->public.dead = old->public.dead;
    for (size_t i = 0; i < old->public.count; i++) {
        if (old->marks[i].code == NULL)
            push(batch, old->records[i], old->sequences[i]);
        else
            batch->public.dead++;
    }
    batch->public.to = old->public.to;
    return batch;
}

void fake_batch_offer(struct fake_batch *batch)
{
    struct fake_host *host = batch->host;
    ck_assert_msg(host->stage == FAKE_RUNNING, "a batch is offered between start and stop");
    ck_assert_msg(!batch->in_flight && !batch->finished, "the batch was offered before");
    for (size_t i = 0; i < host->batches.count; i++)
        ck_assert_msg(!host->batches.items[i]->in_flight ||
                host->batches.items[i]->public.lane != batch->public.lane,
            "one batch a lane at a time");
    batch->in_flight = true;
    host->plugin->output.write(host->self, &batch->public);
}

static bool is_finished(void *data)
{
    return ((struct fake_batch *)data)->finished;
}

void fake_batch_wait(struct fake_batch *batch)
{
    fake_host_run_until(batch->host, is_finished, batch, "the end of a batch");
}

struct fake_batch *fake_host_write(struct fake_host *host, struct paku_record *const *records,
    size_t count)
{
    struct fake_batch *batch = fake_batch_make(host, 0, records, count);
    fake_batch_offer(batch);
    fake_batch_wait(batch);
    return batch;
}

void paku_batch_reject(struct paku_batch *public, size_t index, const char *code,
    const char *format, ...)
{
    struct fake_batch *batch = (struct fake_batch *)public;
    if (!batch->in_flight || index >= public->count)
        fake_host_fail(batch->host, "paku_batch_reject: no such record, or no such batch");
    va_list args;
    va_start(args, format);
    char *reason = xvasprintf(format, args);
    va_end(args);
    if (batch->marks[index].code != NULL) { /* the first reason stays */
        free(reason);
        return;
    }
    batch->marks[index] = (struct fake_mark){xstrdup(code), reason};
}

void paku_batch_finish(struct paku_batch *public, enum paku_outcome outcome, int64_t after_ms,
    const char *format, ...)
{
    struct fake_batch *batch = (struct fake_batch *)public;
    if (!batch->in_flight)
        fake_host_fail(batch->host, "paku_batch_finish: %s",
            batch->finished ? "it is finished already" : "it was never offered");
    if (format == NULL && outcome != PAKU_DELIVERED)
        fake_host_fail(batch->host, "paku_batch_finish: RETRY and REJECTED need a reason");
    if (format != NULL) {
        va_list args;
        va_start(args, format);
        batch->reason = xvasprintf(format, args);
        va_end(args);
    }
    batch->in_flight = false;
    batch->finished = true;
    batch->outcome = outcome;
    batch->after_ms = after_ms;
    if (outcome != PAKU_RETRY)
        batch->host->lanes[public->lane].cursor = public->to.sequence;
}

/* -- Lanes -- */

static struct fake_lane *find_lane(struct paku_instance *instance, uint32_t lane)
{
    struct fake_host *host = instance->host;
    return lane < host->lane_count ? &host->lanes[lane] : NULL;
}

static bool is_same_journal(const struct paku_position *left, const struct paku_position *right)
{
    return memcmp(left->journal, right->journal, sizeof(left->journal)) == 0 &&
        left->epoch == right->epoch;
}

int paku_lane_open(struct paku_instance *instance, uint32_t number,
    const struct paku_position *position)
{
    struct fake_lane *lane = find_lane(instance, number);
    if (lane == NULL)
        return -EINVAL;
    lane->has_position = position != NULL;
    if (position != NULL)
        lane->position = *position;
    if (lane->answer < 0)
        return lane->answer;
    if (position != NULL && is_same_journal(position, &instance->host->journal))
        lane->cursor = position->sequence;
    lane->open = true;
    lane->opened++;
    return 0;
}

void paku_lane_close(struct paku_instance *instance, uint32_t number)
{
    struct fake_host *host = instance->host;
    struct fake_lane *lane = find_lane(instance, number);
    if (lane == NULL)
        fake_host_fail(host, "paku_lane_close: there is no lane %u", number);
    for (size_t i = 0; i < host->batches.count; i++) {
        if (host->batches.items[i]->in_flight && host->batches.items[i]->public.lane == number)
            fake_host_fail(host, "paku_lane_close: a batch is in flight in lane %u", number);
    }
    lane->open = false;
}

struct paku_position paku_journal_end(const struct paku_instance *instance)
{
    return instance->host->journal;
}

uint32_t paku_set_lanes(struct paku_instance *instance, uint32_t lanes)
{
    struct fake_host *host = instance->host;
    if (lanes > FAKE_LANES_MAX)
        fake_host_fail(host, "more lanes than the fake host has");
    host->lane_count = host->forced_lanes > 0 ? host->forced_lanes : lanes > 0 ? lanes : 1;
    return host->lane_count;
}

struct fake_lane *fake_host_lane(struct fake_host *host, uint32_t lane)
{
    ck_assert_uint_lt(lane, FAKE_LANES_MAX);
    return &host->lanes[lane];
}

static bool is_open(void *data)
{
    return ((struct fake_lane *)data)->open;
}

void fake_host_run_until_open(struct fake_host *host, uint32_t lane)
{
    fake_host_run_until(host, is_open, fake_host_lane(host, lane), "an open lane");
}

uint32_t fake_host_lanes(const struct fake_host *host)
{
    return host->lane_count;
}

void fake_host_force_lanes(struct fake_host *host, uint32_t lanes)
{
    host->forced_lanes = lanes;
}

struct paku_position *fake_host_journal(struct fake_host *host)
{
    return &host->journal;
}

/* -- The end -- */

void fake_output_check_stopped(const struct fake_host *host)
{
    for (size_t i = 0; i < host->batches.count; i++) {
        if (host->batches.items[i]->in_flight)
            fake_host_fail(host, "paku_stopped, but a batch is not finished");
    }
}

void fake_output_restart(struct fake_host *host)
{
    for (size_t i = 0; i < FAKE_LANES_MAX; i++)
        host->lanes[i].open = false;
    host->lane_count = 1;
}

void fake_output_finish(struct fake_host *host)
{
    for (size_t i = 0; i < host->batches.count; i++) {
        struct fake_batch *batch = host->batches.items[i];
        for (size_t j = 0; batch->records[j] != NULL; j++) {
            paku_record_unref(batch->records[j]);
            free((char *)batch->marks[j].code);
            free((char *)batch->marks[j].reason);
        }
        free((char *)batch->reason);
        free(batch->marks);
        free(batch->records);
        free(batch->sequences);
        free(batch);
    }
    free(host->batches.items);
}
