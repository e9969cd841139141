/* SPDX-License-Identifier: Apache-2.0 */
/* One lane: looks at the records behind its cursor, and offers those that are its own. */
#include "base/memory.h"
#include "delivery/dispatcher_private.h"
#include "record/record.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define READ_BYTES (1u << 20)

void lane_init(struct lane *lane, struct dispatcher *dispatcher, uint32_t index)
{
    *lane = (struct lane){.dispatcher = dispatcher, .index = index};
    lane->state = dispatcher->options.own_cursor ? LANE_CLOSED : LANE_IDLE;
    lane->batch.lane = lane;
}

void lane_finish(struct lane *lane)
{
    lane_drop_parcels(lane, UINT64_MAX);
    batch_clear(&lane->batch);
    free(lane->batch.records);
    free(lane->batch.sequences);
    free(lane->batch.marks);
    free(lane->parcels);
    journal_reader_destroy(lane->reader);
}

void lane_changed(struct lane *lane)
{
    lane->dirty = true;
}

uint64_t lane_pending(const struct lane *lane)
{
    const struct lane_ledger *ledger = &lane->ledger;
    return ledger->routed - ledger->delivered - ledger->dead - ledger->dropped - ledger->lost;
}

void lane_count(struct lane *lane, uint64_t sequence, bool delivered)
{
    if (sequence <= lane->counted)
        return; /* delivered once before: the database was put back to an older state */
    if (delivered)
        lane->ledger.delivered++;
    else
        lane->ledger.dead++;
}

/* -- Parcels -- */

void lane_parcel_finish(struct lane *lane, struct parcel *parcel)
{
    lane->bytes -= paku_record_payload(parcel->record).size;
    paku_record_unref(parcel->record);
    free((char *)parcel->refusal.by);
    free((char *)parcel->refusal.reason);
}

void lane_drop_parcels(struct lane *lane, uint64_t up_to)
{
    while (lane->count > 0 && lane->parcels[lane->head].sequence <= up_to) {
        lane_parcel_finish(lane, &lane->parcels[lane->head++]);
        lane->count--;
    }
    if (lane->count == 0)
        lane->head = 0;
}

static bool is_mine(const struct lane *lane, const struct journal_entry *entry)
{
    const struct dispatcher *dispatcher = lane->dispatcher;
    if ((entry->routes >> dispatcher->options.bit & 1) == 0)
        return false;
    return dispatcher->lane_count == 1 ||
        record_device_hash(entry->record) % dispatcher->lane_count == lane->index;
}

static void push_parcel(struct lane *lane, const struct journal_entry *entry)
{
    if (lane->head > 0 && lane->head + lane->count == lane->capacity) {
        memmove(lane->parcels, lane->parcels + lane->head, lane->count * sizeof(*lane->parcels));
        lane->head = 0;
    }
    lane->parcels = xgrow(lane->parcels, &lane->capacity, lane->head + lane->count + 1,
        sizeof(*lane->parcels));
    struct parcel *parcel = &lane->parcels[lane->head + lane->count++];
    *parcel = (struct parcel){
        .sequence = entry->sequence,
        .record = paku_record_ref(entry->record),
    };
    lane->bytes += paku_record_payload(entry->record).size;
    if (entry->refusal.by != NULL)
        parcel->refusal = (struct refusal){
            xstrdup(entry->refusal.by), xstrdup(entry->refusal.reason)};
}

static void take_entry(struct lane *lane, const struct journal_entry *entry)
{
    if (is_mine(lane, entry)) {
        if (entry->sequence <= lane->skip_to)
            lane_count(lane, entry->sequence, true);
        else
            push_parcel(lane, entry);
    }
    lane->next = entry->sequence + 1;
}

/* -- From the files, when the window does not reach back far enough -- */

static void handle_entries(void *data, int error, const struct journal_entry *entries,
    size_t count, uint64_t lost)
{
    struct lane *lane = data;
    uint64_t end = lane->next + lost + count;
    lane->reading = false;
    if (error < 0)
        return; /* said in the log; tried again with the next commit */
    for (size_t i = 0; i < count; i++)
        take_entry(lane, &entries[i]);
    if (lost > 0) {
        lane->gap = true;
        lane->next = end;
    }
    if (count > 0 || lost > 0)
        lane_advance(lane);
}

static void read_files(struct lane *lane)
{
    if (lane->reading)
        return;
    if (lane->reader == NULL)
        lane->reader = journal_reader_create(lane->dispatcher->journal);
    lane->reading = true;
    journal_reader_read(lane->reader, lane->next, READ_BYTES, handle_entries, lane);
}

/* -- Filling a batch -- */

static bool is_enough(const struct lane *lane)
{
    const struct dispatcher_options *options = &lane->dispatcher->options;
    return lane->count >= options->batch_records || lane->bytes >= options->batch_bytes;
}

static void look_ahead(struct lane *lane)
{
    uint64_t end = journal_committed(lane->dispatcher->journal).sequence;
    struct journal_entry entry;
    while (!lane->reading && lane->next <= end && !is_enough(lane)) {
        if (!window_at(lane->dispatcher->window, lane->next, &entry)) {
            read_files(lane);
            return;
        }
        take_entry(lane, &entry);
    }
}

/* How many parcels go into the next batch. */
static size_t batch_size(const struct lane *lane)
{
    const struct dispatcher_options *options = &lane->dispatcher->options;
    size_t count = 0, bytes = 0;
    while (count < lane->count && count < options->batch_records && bytes < options->batch_bytes)
        bytes += paku_record_payload(lane->parcels[lane->head + count++].record).size;
    return count;
}

/* What was lost or dropped cannot be told from what was for others, one by one; at the end of the
 * journal the books tell it. */
static void settle_gap(struct lane *lane)
{
    uint64_t missing = lane_pending(lane);
    if (!lane->gap)
        return;
    if (lane->gap_is_drop)
        lane->ledger.dropped += missing;
    else
        lane->ledger.lost += missing;
    lane->gap = lane->gap_is_drop = false;
    lane_changed(lane);
}

bool lane_is_drained(const struct lane *lane)
{
    return lane->count == 0 && lane->dead == 0 && !lane->reading &&
        lane->state != LANE_IN_FLIGHT && lane->state != LANE_BURYING &&
        lane->next > journal_committed(lane->dispatcher->journal).sequence &&
        (lane->state != LANE_CLOSED || lane_pending(lane) == 0);
}

/* Nothing of what was looked at is for this lane: the cursor follows. */
static void skip_ahead(struct lane *lane)
{
    uint64_t seen = lane->next - 1;
    if (seen > lane->cursor) {
        lane->cursor = seen;
        lane->counted = seen > lane->counted ? seen : lane->counted;
        lane_changed(lane);
    }
    if (lane->next > journal_end(lane->dispatcher->journal).sequence)
        settle_gap(lane);
}

static void handle_timer(uv_timer_t *timer)
{
    struct lane *lane = timer->data;
    lane->lingered = true;
    if (lane->state == LANE_WAITING)
        lane->state = LANE_IDLE;
    lane_advance(lane);
}

static bool lingers(struct lane *lane)
{
    int64_t linger = lane->dispatcher->options.linger_ms;
    if (linger == 0 || lane->lingered || is_enough(lane))
        return false;
    if (!uv_is_active((uv_handle_t *)&lane->timer))
        uv_timer_start(&lane->timer, handle_timer, (uint64_t)linger, 0);
    return true;
}

static void send_batch(struct lane *lane)
{
    struct dispatcher *dispatcher = lane->dispatcher;
    uv_timer_stop(&lane->timer);
    lane->lingered = false;
    lane->reopened = false;
    lane->state = LANE_IN_FLIGHT;
    batch_fill(lane, batch_size(lane));
    dispatcher->events.write(dispatcher->data, &lane->batch.public);
}

static bool can_send(struct lane *lane)
{
    if (lane->dispatcher->stopping || !lane->dispatcher->started || lane->state != LANE_IDLE)
        return false;
    look_ahead(lane);
    if (lane->count > 0)
        return !lingers(lane);
    if (lane->dead > 0)
        return true; /* all was rejected: the server's cursor is to move over it */
    if (!lane->reading)
        skip_ahead(lane);
    return false;
}

void lane_advance(struct lane *lane)
{
    if (lane->busy)
        return;
    lane->busy = true;
    while (can_send(lane))
        send_batch(lane);
    lane->busy = false;
    dispatcher_told_drained(lane->dispatcher);
}
