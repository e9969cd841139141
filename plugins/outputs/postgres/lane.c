/* SPDX-License-Identifier: Apache-2.0 */
#include "postgres.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    PAUSE_FIRST_MS = 250,
    PAUSE_HELD_MS = 2000, /* when a person has to do something */
    ANSWER_EXTRA_MS = 15000, /* beyond statement_timeout, before the server is given up */
    STOP_MS = 2000, /* for a transaction under way at the end */
};

static void handle_timer(uv_timer_t *timer);

/* -- Handles -- */

void handle_lane_closed(uv_handle_t *handle)
{
    struct postgres *pg = handle->data;

    free(handle);
    pg->handles--;
    check_stopped(pg);
}

static void handle_timer_closed(uv_handle_t *handle)
{
    struct lane *lane = handle->data;

    lane->pg->handles--;
    check_stopped(lane->pg);
}

static void handle_poll(uv_poll_t *poll, int status, int events)
{
    struct lane *lane = poll->data;

    (void)events;
    (void)status; /* an error shows in what libpq makes of the socket */
    if (lane->state == LANE_CONNECTING)
        connect_pump(lane);
    else
        query_pump(lane);
}

static void handle_poll_closed(uv_handle_t *handle)
{
    struct postgres *pg = ((struct lane *)handle->data)->pg;

    handle->data = pg;
    handle_lane_closed(handle);
}

void lane_watch(struct lane *lane, int events)
{
    int socket = PQsocket(lane->conn);

    if (socket < 0) { /* gone already: let the timer find that out */
        lane->broken = true;
        lane_timer(lane, 1);
        return;
    }
    if (lane->poll == NULL) {
        lane->poll = memory_get(sizeof(*lane->poll));
        if (uv_poll_init_socket(paku_loop(lane->pg->host), lane->poll, socket) < 0) {
            free(lane->poll);
            lane->poll = NULL;
            lane->broken = true;
            lane_timer(lane, 1);
            return;
        }
        lane->poll->data = lane;
        lane->pg->handles++;
    }
    uv_poll_start(lane->poll, events, handle_poll);
}

/* libpq may go on with another socket of the same number, so the handle goes with each. */
void lane_unwatch(struct lane *lane)
{
    if (lane->poll == NULL)
        return;
    uv_poll_stop(lane->poll);
    uv_close((uv_handle_t *)lane->poll, handle_poll_closed);
    lane->poll = NULL;
}

void lane_timer(struct lane *lane, int64_t ms)
{
    if (lane->state == LANE_IDLE || ms <= 0)
        uv_timer_stop(&lane->timer);
    else
        uv_timer_start(&lane->timer, handle_timer, (uint64_t)ms, 0);
}

void lane_expect_answer(struct lane *lane)
{
    int64_t limit = lane->pg->options.statement_timeout_ms;

    if (lane->pg->stopping)
        return; /* the timer is that of the end */
    if (lane->state == LANE_PREPARING)
        lane_timer(lane, lane->pg->options.connect_timeout_ms +
            lane->pg->options.lock_timeout_ms);
    else
        lane_timer(lane, limit > 0 ? limit + ANSWER_EXTRA_MS : 0);
}

/* -- Pauses -- */

static int64_t jitter(int64_t ms)
{
    uint32_t random = 0;

    uv_random(NULL, NULL, &random, sizeof(random), 0, NULL);
    return ms / 2 + (int64_t)((uint64_t)ms * random / UINT32_MAX / 2) + 1;
}

static void pause_then_try(struct lane *lane, int64_t first_ms)
{
    int64_t max = lane->pg->options.reconnect_max_ms;
    int64_t pause = first_ms << (lane->tries < 16 ? lane->tries : 16);

    lane->tries++;
    lane->state = LANE_WAITING;
    lane_timer(lane, jitter(pause < max ? pause : max));
}

/* -- Ends of a session -- */

void lane_disconnect(struct lane *lane, const char *reason)
{
    lane_unwatch(lane);
    lane->handle_result = NULL;
    lane->handle_end = NULL;
    lane->feed = NULL;
    if (lane->state == LANE_READY || lane->state == LANE_BUSY)
        lane->pg->ready_count--;
    lane->state = lane->state == LANE_IDLE ? LANE_IDLE : LANE_WAITING;
    lane_timer(lane, 0);
    if (lane->conn != NULL) {
        if (lane->locked)
            lane->previous_pid = PQbackendPID(lane->conn);
        lane->locked = false;
        PQfinish(lane->conn);
        lane->conn = NULL;
    }
    lane->broken = false;
    if (lane->transfer.batch != NULL)
        transfer_retry(lane, reason);
    if (lane->opened) {
        lane->opened = false;
        paku_lane_close(lane->pg->host, lane->number);
    }
}

void lane_close(struct lane *lane)
{
    lane_disconnect(lane, "paku is stopping");
    connect_forget(lane);
    lane->state = LANE_IDLE;
    if (!uv_is_closing((uv_handle_t *)&lane->timer))
        uv_close((uv_handle_t *)&lane->timer, handle_timer_closed);
}

static void end_session(struct lane *lane, const char *reason, int64_t pause_ms)
{
    if (lane->pg->stopping) {
        lane_close(lane);
        return;
    }
    lane_disconnect(lane, reason);
    pause_then_try(lane, pause_ms);
}

static void report(struct lane *lane, enum paku_level level, const char *what,
    const struct bytes *text)
{
    struct bytes message = {0};
    char pause[32];

    snprintf(pause, sizeof(pause), "%llds",
        (long long)((lane->pg->options.reconnect_max_ms + 999) / 1000));
    append_clean(&message, lane->conn, text->data);
    bytes_format(&message, "; %s, with pauses of up to %s", what, pause);
    problem_say(lane->pg, level, bytes_text(&message));
    bytes_finish(&message);
}

void lane_restart(struct lane *lane)
{
    lane->tries = 0;
    end_session(lane, "reconnecting", 1);
}

void lane_lose(struct lane *lane, const char *format, ...)
{
    struct bytes text = {0};
    va_list args;

    va_start(args, format);
    bytes_format_list(&text, format, args);
    va_end(args);
    bytes_text(&text);
    if (lane->pg->probing) {
        probe_failed(lane, text.data);
    } else {
        if (!lane->pg->stopping)
            report(lane, PAKU_WARNING, "trying again", &text);
        end_session(lane, text.data, PAUSE_FIRST_MS);
    }
    bytes_finish(&text);
}

void lane_hold(struct lane *lane, const char *format, ...)
{
    struct bytes text = {0};
    va_list args;

    va_start(args, format);
    bytes_format_list(&text, format, args);
    va_end(args);
    bytes_text(&text);
    if (lane->pg->probing) {
        probe_failed(lane, text.data);
    } else {
        if (!lane->pg->stopping)
            report(lane, PAKU_ERROR,
                "nothing is delivered until that is mended, looking again", &text);
        end_session(lane, text.data, PAUSE_HELD_MS);
    }
    bytes_finish(&text);
}

static void announce(struct lane *lane)
{
    struct postgres *pg = lane->pg;
    int version = PQserverVersion(lane->conn);

    if (pg->announced && pg->problem.size == 0)
        return;
    paku_log(pg->host, PAKU_INFO, "%s PostgreSQL %d.%d, database %s at %s, %u connection%s",
        pg->announced ? "all is well again with" : "connected to", version / 10000,
        version % 10000, PQdb(lane->conn), PQhost(lane->conn), pg->lane_count,
        pg->lane_count == 1 ? "" : "s");
    pg->announced = true;
    bytes_clear(&pg->problem);
}

void lane_open(struct lane *lane)
{
    struct postgres *pg = lane->pg;

    lane_timer(lane, 0);
    lane->state = LANE_READY;
    pg->ready_count++;
    lane->opened = true;
    if (paku_lane_open(pg->host, lane->number, lane->has_row ? &lane->position : NULL) < 0) {
        lane->opened = false;
        lane_hold(lane, "lane %u stays closed: its cursor in the database is not one of this journal",
            lane->number);
        return;
    }
    lane->tries = 0;
    if (pg->ready_count == pg->lane_count)
        announce(lane);
}

/* -- Timer -- */

static void handle_timer(uv_timer_t *timer)
{
    struct lane *lane = timer->data;

    switch (lane->state) {
    case LANE_WAITING:
        connect_begin(lane);
        break;
    case LANE_LOOKING_UP:
    case LANE_CONNECTING:
        connect_timed_out(lane);
        break;
    case LANE_PREPARING:
    case LANE_READY:
    case LANE_BUSY:
        if (lane->broken)
            query_pump(lane);
        else
            lane_lose(lane, "the server shows no sign of life");
        break;
    case LANE_IDLE:
        break;
    }
}

/* -- Life -- */

void lane_init(struct lane *lane, struct postgres *pg, uint32_t number)
{
    lane->pg = pg;
    lane->number = number;
    lane->lookups = memory_get(pg->conninfo->server_count * sizeof(lane->lookups[0]));
    lane->transfer.rows = memory_get(pg->tables.count * sizeof(lane->transfer.rows[0]));
    lane->transfer.plan = memory_get((pg->tables.count * 2 + 2) * sizeof(struct planned));
}

void lane_start(struct lane *lane)
{
    uv_timer_init(paku_loop(lane->pg->host), &lane->timer);
    lane->timer.data = lane;
    lane->pg->handles++;
    connect_begin(lane);
}

/* What is being sent is broken off; what the server has in full may still arrive. */
void lane_stop(struct lane *lane)
{
    if (lane->state != LANE_BUSY || lane->broken) {
        lane_close(lane);
        return;
    }
    lane->feed_abort = "paku is stopping";
    lane_timer(lane, STOP_MS);
    query_pump(lane);
}

void lane_finish(struct lane *lane)
{
    if (lane->pg == NULL)
        return;
    for (size_t i = 0; i < lane->pg->tables.count; i++)
        rows_finish(&lane->transfer.rows[i]);
    free(lane->transfer.rows);
    free(lane->transfer.plan);
    free(lane->lookups);
    free(lane->dead_sequences);
    layout_finish(&lane->layout);
    failure_finish(&lane->failure);
    failure_finish(&lane->suspicion);
    bytes_finish(&lane->errors);
    bytes_finish(&lane->sql);
    bytes_finish(&lane->notice);
}
