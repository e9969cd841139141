/* SPDX-License-Identifier: Apache-2.0 */
/* A batch: handed to an output, marked, and brought to its end. */
#include "base/memory.h"
#include "delivery/dispatcher_private.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void batch_clear(struct lane_batch *batch)
{
    for (size_t i = 0; i < batch->mark_count; i++) {
        free(batch->marks[i].code);
        free(batch->marks[i].reason);
    }
    for (size_t i = 0; i < batch->public.count; i++)
        paku_record_unref(batch->records[i]);
    batch->mark_count = 0;
    batch->public.count = 0;
}

static struct paku_position at(const struct dispatcher *dispatcher, uint64_t sequence)
{
    struct paku_position position = journal_end(dispatcher->journal);
    position.sequence = sequence;
    return position;
}

void batch_fill(struct lane *lane, size_t count)
{
    struct lane_batch *batch = &lane->batch;
    const struct parcel *parcels = lane->parcels + lane->head;
    batch_clear(batch);
    batch->records = xrealloc(batch->records, (count + 1) * sizeof(struct paku_record *));
    batch->sequences = xrealloc(batch->sequences, (count + 1) * sizeof(uint64_t));
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        batch->records[i] = paku_record_ref(parcels[i].record);
        batch->sequences[i] = parcels[i].sequence;
        bytes += paku_record_payload(parcels[i].record).size;
    }
    bool own = lane->dispatcher->options.own_cursor;
    uint64_t to = count < lane->count ? parcels[count].sequence - 1 : lane->next - 1;
    batch->public = (struct paku_batch){
        .lane = lane->index,
        .count = count,
        .records = batch->records,
        .sequences = batch->sequences,
        .from = at(lane->dispatcher, own ? lane->server : lane->cursor),
        .to = at(lane->dispatcher, to),
        .dead = lane->dead,
        .bytes = bytes,
    };
}

struct refusal dispatcher_refusal(const struct paku_batch *batch, size_t index)
{
    const struct lane *lane = ((const struct lane_batch *)batch)->lane;
    return lane->parcels[lane->head + index].refusal;
}

static void mark(struct lane_batch *batch, size_t index, const char *code, const char *reason)
{
    for (size_t i = 0; i < batch->mark_count; i++) {
        if (batch->marks[i].index == index)
            return;
    }
    batch->marks = xgrow(batch->marks, &batch->mark_capacity, batch->mark_count + 1,
        sizeof(*batch->marks));
    batch->marks[batch->mark_count++] = (struct mark){index, xstrdup(code), xstrdup(reason)};
}

void paku_batch_reject(struct paku_batch *public, size_t index, const char *code,
    const char *format, ...)
{
    struct lane_batch *batch = (struct lane_batch *)public;
    assert(batch->lane->state == LANE_IN_FLIGHT && index < public->count);
    va_list args;
    va_start(args, format);
    char *reason = xvasprintf(format, args);
    va_end(args);
    mark(batch, index, code, reason);
    free(reason);
}

/* -- The end of a batch -- */

static bool is_marked(const struct lane_batch *batch, size_t index)
{
    for (size_t i = 0; i < batch->mark_count; i++) {
        if (batch->marks[i].index == index)
            return true;
    }
    return false;
}

static void complete(struct lane *lane)
{
    struct lane_batch *batch = &lane->batch;
    uint64_t to = batch->public.to.sequence;
    for (size_t i = 0; i < batch->public.count; i++)
        lane_count(lane, batch->sequences[i], !is_marked(batch, i));
    lane_drop_parcels(lane, to);
    lane->cursor = lane->server = to;
    lane->counted = to > lane->counted ? to : lane->counted;
    lane->dead = 0;
    lane->retry_ms = 0;
    lane_changed(lane);
    lane->state = LANE_IDLE;
    journal_commit(lane->dispatcher->journal);
}

/* The parcels that were marked are dead letters now; their neighbours are offered again. */
static void remove_marked(struct lane *lane)
{
    struct lane_batch *batch = &lane->batch;
    for (size_t i = 0; i < batch->mark_count; i++) {
        uint64_t sequence = batch->sequences[batch->marks[i].index];
        for (size_t j = 0; j < lane->count; j++) {
            struct parcel *parcel = &lane->parcels[lane->head + j];
            if (parcel->sequence != sequence)
                continue;
            lane_parcel_finish(lane, parcel);
            memmove(parcel, parcel + 1, (lane->count - j - 1) * sizeof(*parcel));
            lane->count--;
            lane_count(lane, sequence, false);
            lane->dead++;
            break;
        }
    }
    lane_changed(lane);
    lane->state = LANE_IDLE;
    /* Without a cursor of the server's own there is nobody to tell: the cursor just moves on. */
    if (!lane->dispatcher->options.own_cursor)
        lane->dead = 0;
}

static void handle_retry_timer(uv_timer_t *timer)
{
    struct lane *lane = timer->data;
    if (lane->state == LANE_WAITING)
        lane->state = LANE_IDLE;
    lane_advance(lane);
}

/* Half of the pause is fixed, half is chance, so that many daemons do not come back together. */
static int64_t next_pause(struct lane *lane, int64_t after_ms)
{
    const struct dispatcher_options *options = &lane->dispatcher->options;
    lane->retry_ms = lane->retry_ms == 0 ? options->retry_initial_ms : lane->retry_ms * 2;
    if (lane->retry_ms > options->retry_max_ms)
        lane->retry_ms = options->retry_max_ms;
    int64_t half = lane->retry_ms / 2;
    int64_t pause = half + (int64_t)(random() % (half + 1));
    return pause > after_ms ? pause : after_ms;
}

static int64_t wait_for_retry(struct lane *lane, int64_t after_ms)
{
    if (lane->reopened) { /* the connection is there again: nothing to wait for */
        lane->state = LANE_IDLE;
        return 0;
    }
    int64_t pause = next_pause(lane, after_ms);
    lane->state = LANE_WAITING;
    uv_timer_start(&lane->timer, handle_retry_timer, (uint64_t)pause, 0);
    return pause;
}

static void handle_buried(void *data, int error);

static void bury_marked(struct lane *lane)
{
    struct dispatcher *dispatcher = lane->dispatcher;
    struct lane_batch *batch = &lane->batch;
    struct dead_letter *letters = xcalloc(batch->mark_count, sizeof(*letters));
    for (size_t i = 0; i < batch->mark_count; i++) {
        const struct mark *marked = &batch->marks[i];
        letters[i] = (struct dead_letter){
            .position = at(dispatcher, batch->sequences[marked->index]),
            .pipeline = dispatcher->pipeline,
            .refused_by = dispatcher->options.output,
            .code = marked->code,
            .reason = marked->reason,
            .record = batch->records[marked->index],
        };
    }
    lane->state = LANE_BURYING;
    dead_letters_add(dispatcher->letters, letters, batch->mark_count, handle_buried, lane);
    free(letters);
}

static void handle_bury_timer(uv_timer_t *timer)
{
    bury_marked(timer->data);
}

static void go_on(struct lane *lane)
{
    batch_clear(&lane->batch);
    if (lane->dispatcher->stopping)
        dispatcher_stop_if_idle(lane->dispatcher);
    else
        lane_advance(lane);
}

static void handle_buried(void *data, int error)
{
    struct lane *lane = data;
    if (error < 0) {
        logger_write(lane->dispatcher->logger, PAKU_ERROR, lane->dispatcher->source,
            "cannot write dead letters: %s; trying again in 1s", strerror(-error));
        uv_timer_start(&lane->timer, handle_bury_timer, 1000, 0);
        return;
    }
    if (lane->batch.outcome == PAKU_RETRY)
        remove_marked(lane);
    else
        complete(lane);
    go_on(lane);
}

static void tell_finished(struct lane *lane, const char *reason, int64_t retry_in_ms)
{
    const struct lane_batch *batch = &lane->batch;
    const struct dispatcher_events *events = &lane->dispatcher->events;
    size_t delivered = batch->outcome == PAKU_DELIVERED ? batch->public.count - batch->mark_count
                                                        : 0;
    if (reason == NULL && batch->mark_count > 0)
        reason = batch->marks[0].reason;
    events->finished(lane->dispatcher->data, &batch->public, batch->outcome, delivered,
        batch->mark_count, delivered > 0 ? batch->public.bytes : 0, reason, retry_in_ms);
}

static void end_batch(struct lane *lane, int64_t after_ms, const char *reason)
{
    struct lane_batch *batch = &lane->batch;
    if (batch->outcome == PAKU_REJECTED) {
        for (size_t i = 0; i < batch->public.count; i++)
            mark(batch, i, "", reason != NULL ? reason : "the output gave no reason");
    }
    if (batch->mark_count > 0) {
        tell_finished(lane, reason, 0);
        bury_marked(lane);
        return;
    }
    if (batch->outcome == PAKU_RETRY) {
        tell_finished(lane, reason, wait_for_retry(lane, after_ms));
    } else {
        tell_finished(lane, reason, 0);
        complete(lane);
    }
    go_on(lane);
}

void paku_batch_finish(struct paku_batch *public, enum paku_outcome outcome, int64_t after_ms,
    const char *format, ...)
{
    struct lane_batch *batch = (struct lane_batch *)public;
    assert(batch->lane->state == LANE_IN_FLIGHT);
    char *reason = NULL;
    if (format != NULL) {
        va_list args;
        va_start(args, format);
        reason = xvasprintf(format, args);
        va_end(args);
    }
    batch->outcome = outcome;
    end_batch(batch->lane, after_ms, reason);
    free(reason);
}
