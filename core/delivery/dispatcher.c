/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "delivery/dispatcher_private.h"
#include "record/record.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define KEY_SIZE 128

/* -- Cursors in the journal's table (docs/journal-format.md, "Cursors") -- */

static struct paku_text cursor_key(const char *output, uint32_t lane, char buffer[KEY_SIZE])
{
    int size = snprintf(buffer, KEY_SIZE, "cursor/%s/%" PRIu32, output, lane);
    return (struct paku_text){buffer, (size_t)size};
}

static struct paku_text lanes_key(const char *output, char buffer[KEY_SIZE])
{
    int size = snprintf(buffer, KEY_SIZE, "lanes/%s", output);
    return (struct paku_text){buffer, (size_t)size};
}

static void cursor_put(struct lane *lane)
{
    const struct lane_ledger *ledger = &lane->ledger;
    const uint64_t values[] = {lane->cursor, lane->server, ledger->routed, ledger->delivered, ledger->dead,
        ledger->dropped, ledger->lost};
    struct buffer buffer = {0};
    char key[KEY_SIZE];
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        buffer_push_u64_le(&buffer, values[i]);
    journal_put(lane->dispatcher->journal,
        cursor_key(lane->dispatcher->options.output, lane->index, key),
        (struct paku_text){buffer.data, buffer.size});
    buffer_finish(&buffer);
}

int lane_cursor_decode(struct paku_text value, struct lane_cursor *ret_cursor)
{
    struct lane_cursor found;
    uint64_t *const fields[] = {&found.cursor, &found.server, &found.ledger.routed,
        &found.ledger.delivered, &found.ledger.dead, &found.ledger.dropped, &found.ledger.lost};
    const char *at = value.data, *end = value.data + value.size;
    if (value.data == NULL)
        return -EBADMSG;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (take_u64_le(&at, end, fields[i]) < 0)
            return -EBADMSG;
    }
    *ret_cursor = found;
    return 0;
}

static uint32_t lanes_read(const struct journal *journal, const char *output)
{
    char key[KEY_SIZE];
    struct paku_text value = journal_get(journal, lanes_key(output, key));
    const char *at = value.data;
    uint32_t lanes = 1;
    if (value.data != NULL)
        take_u32_le(&at, value.data + value.size, &lanes);
    return lanes;
}

static void lanes_put(struct journal *journal, const char *output, uint32_t lanes)
{
    struct buffer buffer = {0};
    char key[KEY_SIZE];
    buffer_push_u32_le(&buffer, lanes);
    journal_put(journal, lanes_key(output, key), (struct paku_text){buffer.data, buffer.size});
    buffer_finish(&buffer);
}

uint64_t dispatcher_remove_output(struct journal *journal, const char *output)
{
    uint32_t lanes = lanes_read(journal, output);
    uint64_t dropped = 0;
    char key[KEY_SIZE];
    for (uint32_t i = 0; i < lanes; i++) {
        struct lane_cursor found;
        struct paku_text name = cursor_key(output, i, key);
        if (lane_cursor_decode(journal_get(journal, name), &found) == 0)
            dropped += lane_pending(&(struct lane){.ledger = found.ledger});
        journal_delete(journal, name);
    }
    journal_delete(journal, lanes_key(output, key));
    return dropped;
}

/* -- Life -- */

static void lane_load(struct lane *lane)
{
    char key[KEY_SIZE];
    struct dispatcher *dispatcher = lane->dispatcher;
    struct paku_text value = journal_get(dispatcher->journal,
        cursor_key(dispatcher->options.output, lane->index, key));
    struct lane_cursor found = {.cursor = journal_end(dispatcher->journal).sequence};
    if (lane_cursor_decode(value, &found) < 0) {
        found.server = found.cursor;
        lane->dirty = true;
    }
    lane->cursor = found.cursor;
    lane->server = found.server;
    lane->ledger = found.ledger;
    lane->put = lane->durable = lane->counted = lane->cursor;
    lane->next = lane->cursor + 1;
}

static void make_lanes(struct dispatcher *dispatcher, uint32_t count)
{
    dispatcher->lanes = xcalloc(count, sizeof(*dispatcher->lanes));
    dispatcher->lane_count = count;
    for (uint32_t i = 0; i < count; i++) {
        lane_init(&dispatcher->lanes[i], dispatcher, i);
        lane_load(&dispatcher->lanes[i]);
    }
}

static void free_lanes(struct dispatcher *dispatcher)
{
    for (uint32_t i = 0; i < dispatcher->lane_count; i++)
        lane_finish(&dispatcher->lanes[i]);
    free(dispatcher->lanes);
}

struct dispatcher *dispatcher_create(struct journal *journal, struct window *window,
    struct dead_letters *letters, struct uv_loop_s *loop, struct logger *logger,
    const char *pipeline, const struct dispatcher_options *options,
    const struct dispatcher_events *events, void *data)
{
    struct dispatcher *dispatcher = xcalloc(1, sizeof(*dispatcher));
    dispatcher->journal = journal;
    dispatcher->window = window;
    dispatcher->letters = letters;
    dispatcher->loop = loop;
    dispatcher->logger = logger;
    dispatcher->source = xasprintf("%s/%s", pipeline, options->output);
    dispatcher->pipeline = xstrdup(pipeline);
    dispatcher->options = *options;
    dispatcher->options.output = xstrdup(options->output);
    dispatcher->events = *events;
    dispatcher->data = data;
    make_lanes(dispatcher, lanes_read(journal, options->output));
    return dispatcher;
}

static bool stand_together(const struct dispatcher *dispatcher)
{
    for (uint32_t i = 0; i < dispatcher->lane_count; i++) {
        if (dispatcher->lanes[i].cursor != dispatcher->lanes[0].cursor ||
            lane_pending(&dispatcher->lanes[i]) != 0)
            return false;
    }
    return true;
}

/* The books of all lanes go on in the first of the new ones. */
static void change_lanes(struct dispatcher *dispatcher, uint32_t count)
{
    struct lane_ledger sum = dispatcher_ledger(dispatcher);
    uint64_t cursor = dispatcher->lanes[0].cursor;
    char key[KEY_SIZE];
    for (uint32_t i = 0; i < dispatcher->lane_count; i++)
        journal_delete(dispatcher->journal,
            cursor_key(dispatcher->options.output, i, key));
    free_lanes(dispatcher);
    make_lanes(dispatcher, count);
    for (uint32_t i = 0; i < count; i++) {
        struct lane *lane = &dispatcher->lanes[i];
        lane->cursor = lane->put = lane->durable = lane->counted = lane->server = cursor;
        lane->next = cursor + 1;
        lane->ledger = i == 0 ? sum : (struct lane_ledger){0};
        cursor_put(lane);
    }
    lanes_put(dispatcher->journal, dispatcher->options.output, count);
}

uint32_t dispatcher_set_lanes(struct dispatcher *dispatcher, uint32_t lanes)
{
    assert(!dispatcher->started);
    if (lanes == dispatcher->lane_count)
        return lanes;
    if (stand_together(dispatcher)) {
        change_lanes(dispatcher, lanes);
        return lanes;
    }
    logger_write(dispatcher->logger, PAKU_WARNING, dispatcher->source,
        "going on with %" PRIu32 " lanes instead of %" PRIu32 ": the number changes at a start at "
        "which everything was delivered", dispatcher->lane_count, lanes);
    return dispatcher->lane_count;
}

void dispatcher_start(struct dispatcher *dispatcher)
{
    dispatcher->started = true;
    for (uint32_t i = 0; i < dispatcher->lane_count; i++) {
        struct lane *lane = &dispatcher->lanes[i];
        uv_timer_init(dispatcher->loop, &lane->timer);
        lane->timer.data = lane;
        dispatcher->open_timers++;
    }
    dispatcher_wake(dispatcher);
}

void dispatcher_routed(struct dispatcher *dispatcher, const struct paku_record *record)
{
    uint32_t index = dispatcher->lane_count == 1
        ? 0 : (uint32_t)(record_device_hash(record) % dispatcher->lane_count);
    struct lane *lane = &dispatcher->lanes[index];
    lane->ledger.routed++;
    lane_changed(lane);
}

void dispatcher_wake(struct dispatcher *dispatcher)
{
    for (uint32_t i = 0; dispatcher->started && i < dispatcher->lane_count; i++)
        lane_advance(&dispatcher->lanes[i]);
}

void dispatcher_prepare(struct dispatcher *dispatcher)
{
    for (uint32_t i = 0; i < dispatcher->lane_count; i++) {
        struct lane *lane = &dispatcher->lanes[i];
        if (lane->dirty) {
            cursor_put(lane);
            lane->put = lane->cursor;
            lane->dirty = false;
        }
    }
}

void dispatcher_committed(struct dispatcher *dispatcher)
{
    for (uint32_t i = 0; i < dispatcher->lane_count; i++)
        dispatcher->lanes[i].durable = dispatcher->lanes[i].put;
    uint64_t lowest = dispatcher_lowest(dispatcher);
    if (lowest > dispatcher->passed) {
        dispatcher->passed = lowest;
        dispatcher->events.passed(dispatcher->data, lowest);
    }
}

/* -- Stopping -- */

static void handle_timer_closed(uv_handle_t *handle)
{
    const struct lane *lane = handle->data;
    struct dispatcher *dispatcher = lane->dispatcher;
    if (--dispatcher->open_timers == 0)
        dispatcher->stopped(dispatcher->stopped_data);
}

void dispatcher_stop_if_idle(struct dispatcher *dispatcher)
{
    for (uint32_t i = 0; i < dispatcher->lane_count; i++) {
        enum lane_state state = dispatcher->lanes[i].state;
        if (state == LANE_IN_FLIGHT || state == LANE_BURYING)
            return;
    }
    for (uint32_t i = 0; i < dispatcher->lane_count; i++) {
        uv_handle_t *timer = (uv_handle_t *)&dispatcher->lanes[i].timer;
        if (!uv_is_closing(timer))
            uv_close(timer, handle_timer_closed);
    }
}

void dispatcher_stop(struct dispatcher *dispatcher, void (*stopped)(void *data), void *data)
{
    dispatcher->stopped = stopped;
    dispatcher->stopped_data = data;
    dispatcher->stopping = true;
    if (!dispatcher->started) {
        stopped(data);
        return;
    }
    dispatcher_stop_if_idle(dispatcher);
}

void dispatcher_destroy(struct dispatcher *dispatcher)
{
    if (dispatcher == NULL)
        return;
    free_lanes(dispatcher);
    free(dispatcher->source);
    free(dispatcher->pipeline);
    free((char *)dispatcher->options.output);
    free(dispatcher);
}

/* -- Outputs that keep the cursor themselves -- */

static int refuse_stale(struct lane *lane, const struct paku_position *position,
    struct paku_position end)
{
    struct dispatcher *dispatcher = lane->dispatcher;
    logger_write(dispatcher->logger, PAKU_ERROR, dispatcher->source,
        "the server has records up to %" PRIu64 " of epoch %" PRIu64 " of this journal, which "
        "itself ends at %" PRIu64 " of epoch %" PRIu64 ": an older copy of the journal was put "
        "back, or the daemon with the newer one is still alive. Nothing is delivered here until "
        "that is cleared up", position->sequence, position->epoch, end.sequence, end.epoch);
    return -ESTALE;
}

/* The server has more than we were told: its answer was lost on the way. */
static void follow_server(struct lane *lane, uint64_t sequence)
{
    for (size_t i = 0; i < lane->count; i++) {
        uint64_t parcel = lane->parcels[lane->head + i].sequence;
        if (parcel <= sequence)
            lane_count(lane, parcel, true);
    }
    lane_drop_parcels(lane, sequence);
    lane->skip_to = sequence;
    lane->dead = 0;
    uint64_t seen = lane->next - 1 < sequence ? lane->next - 1 : sequence;
    lane->cursor = seen > lane->cursor ? seen : lane->cursor;
    lane->counted = lane->cursor > lane->counted ? lane->cursor : lane->counted;
    lane_changed(lane);
}

/* The server has less than it had: a backup was put back. What the journal still holds fills it up. */
static void rewind_lane(struct lane *lane, uint64_t sequence)
{
    struct dispatcher *dispatcher = lane->dispatcher;
    uint64_t first = journal_first(dispatcher->journal);
    if (sequence + 1 < first)
        logger_write(dispatcher->logger, PAKU_ERROR, dispatcher->source,
            "the server was put back to record %" PRIu64 ", and the journal begins at %" PRIu64
            ": the records between are gone; delivering what is there", sequence, first);
    else
        logger_write(dispatcher->logger, PAKU_WARNING, dispatcher->source,
            "the server was put back to record %" PRIu64 "; delivering %" PRIu64 " to %" PRIu64
            " again from the journal", sequence, sequence + 1, lane->cursor);
    lane_drop_parcels(lane, UINT64_MAX);
    lane->cursor = sequence + 1 < first ? first - 1 : sequence;
    lane->next = lane->cursor + 1;
    lane->skip_to = 0;
    lane->dead = 0;
    lane_changed(lane);
}

int dispatcher_lane_open(struct dispatcher *dispatcher, uint32_t index,
    const struct paku_position *position)
{
    assert(index < dispatcher->lane_count);
    struct lane *lane = &dispatcher->lanes[index];
    struct paku_position end = journal_end(dispatcher->journal);
    /* A server that knows nothing of what it was sent is a new one. */
    bool renewed = position == NULL && lane->ledger.delivered > 0;
    uint64_t server = position != NULL ? position->sequence : renewed ? 0 : lane->cursor;
    if (position != NULL && (position->epoch > end.epoch || server > end.sequence))
        return refuse_stale(lane, position, end);
    /* The local cursor also moves over what is for others, of which the server is not told: it is
     * behind only when something that was delivered is not there any more. */
    if (server > lane->cursor)
        follow_server(lane, server);
    else if (server < lane->server)
        rewind_lane(lane, server);
    lane->server = server;
    if (lane->state == LANE_CLOSED)
        lane->state = LANE_IDLE;
    lane->reopened = lane->state == LANE_IN_FLIGHT;
    if (lane->state == LANE_IDLE)
        lane_advance(lane);
    return 0;
}

void dispatcher_lane_close(struct dispatcher *dispatcher, uint32_t index)
{
    struct lane *lane = &dispatcher->lanes[index];
    assert(lane->state != LANE_IN_FLIGHT);
    if (lane->state == LANE_WAITING)
        uv_timer_stop(&lane->timer);
    if (lane->state != LANE_BURYING)
        lane->state = LANE_CLOSED;
}

/* -- Looking -- */

struct lane_ledger dispatcher_ledger(const struct dispatcher *dispatcher)
{
    struct lane_ledger sum = {0};
    for (uint32_t i = 0; i < dispatcher->lane_count; i++) {
        const struct lane_ledger *ledger = &dispatcher->lanes[i].ledger;
        sum.routed += ledger->routed;
        sum.delivered += ledger->delivered;
        sum.dead += ledger->dead;
        sum.dropped += ledger->dropped;
        sum.lost += ledger->lost;
    }
    return sum;
}

uint64_t dispatcher_pending(const struct dispatcher *dispatcher)
{
    uint64_t pending = 0;
    for (uint32_t i = 0; i < dispatcher->lane_count; i++)
        pending += lane_pending(&dispatcher->lanes[i]);
    return pending;
}

bool dispatcher_is_drained(const struct dispatcher *dispatcher)
{
    for (uint32_t i = 0; i < dispatcher->lane_count; i++) {
        if (!lane_is_drained(&dispatcher->lanes[i]))
            return false;
    }
    return true;
}

void dispatcher_told_drained(struct dispatcher *dispatcher)
{
    if (dispatcher_is_drained(dispatcher))
        dispatcher->events.drained(dispatcher->data);
}

uint64_t dispatcher_lowest(const struct dispatcher *dispatcher)
{
    uint64_t lowest = UINT64_MAX;
    for (uint32_t i = 0; i < dispatcher->lane_count; i++) {
        if (dispatcher->lanes[i].durable < lowest)
            lowest = dispatcher->lanes[i].durable;
    }
    return lowest;
}

void dispatcher_dropped(struct dispatcher *dispatcher, uint64_t first)
{
    for (uint32_t i = 0; i < dispatcher->lane_count; i++) {
        struct lane *lane = &dispatcher->lanes[i];
        if (lane->next >= first)
            continue;
        lane->next = first;
        lane->gap = lane->gap_is_drop = true;
        lane_changed(lane);
    }
}
