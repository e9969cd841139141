/* SPDX-License-Identifier: Apache-2.0 */
/* One query at a time on a lane's connection, without waiting. */
#include "postgres.h"

/* libpq takes all it is given; more than this is not given before the socket has taken the last. */
enum { FEED_SIZE = 128 * 1024 };

void query_start(struct lane *lane, const char *sql,
    void (*result)(struct lane *lane, const PGresult *result), void (*end)(struct lane *lane))
{
    lane->handle_result = result;
    lane->handle_end = end;
    lane->feed = NULL;
    lane->feed_abort = NULL;
    failure_clear(&lane->failure);
    if (PQsendQuery(lane->conn, sql) != 1)
        lane->broken = true;
    lane_expect_answer(lane);
    lane_watch(lane, UV_READABLE | UV_WRITABLE);
}

void query_feed(struct lane *lane, struct bytes *rows)
{
    lane->feed = rows;
    lane->fed = 0;
}

/* Sends rows as far as the socket takes them. True when the COPY is ended. */
static bool feed(struct lane *lane)
{
    int ended;

    while (lane->fed < lane->feed->size && lane->feed_abort == NULL) {
        size_t left = lane->feed->size - lane->fed;
        int size = left < FEED_SIZE ? (int)left : FEED_SIZE;

        if (PQflush(lane->conn) != 0)
            return false;
        if (PQputCopyData(lane->conn, lane->feed->data + lane->fed, size) != 1)
            return false;
        lane->fed += (size_t)size;
    }
    ended = PQputCopyEnd(lane->conn, lane->feed_abort);
    if (ended < 0)
        lane->broken = true;
    return ended == 1;
}

static void end_query(struct lane *lane)
{
    void (*end)(struct lane *lane) = lane->handle_end;

    lane->handle_result = NULL;
    lane->handle_end = NULL;
    lane_timer(lane, 0);
    if (lane->broken && lane->failure.kind == FAILURE_NONE)
        failure_read_connection(&lane->failure, lane->conn);
    end(lane);
}

static void take_result(struct lane *lane, PGresult *result)
{
    switch (PQresultStatus(result)) {
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE:
    case PGRES_NONFATAL_ERROR:
        /* The first error is the cause; a connection that breaks behind it adds another. */
        if (lane->failure.kind == FAILURE_NONE)
            failure_read(&lane->failure, lane->conn, result);
        break;
    default:
        if (lane->handle_result != NULL)
            lane->handle_result(lane, result);
        break;
    }
    PQclear(result);
}

/* One step further; false when the server's next word has to be waited for. */
static bool advance(struct lane *lane)
{
    PGresult *result;

    if (lane->feed != NULL && !lane->broken) {
        if (!feed(lane))
            return lane->broken;
        lane->feed = NULL;
        return true;
    }
    if (!lane->broken && PQisBusy(lane->conn))
        return false;
    /* On a broken connection this does not wait either, it tells what is wrong. */
    result = PQgetResult(lane->conn);
    if (lane->broken && PQresultStatus(result) == PGRES_COPY_IN) {
        PQclear(result); /* it would say so for ever */
        result = NULL;
    }
    if (result == NULL)
        end_query(lane);
    else
        take_result(lane, result);
    return true;
}

void query_pump(struct lane *lane)
{
    PGconn *conn = lane->conn;

    if (!lane->broken && PQconsumeInput(conn) != 1)
        lane->broken = true;
    while (lane->conn == conn && lane->handle_end != NULL && advance(lane)) {
    }
    if (lane->conn != conn)
        return;
    if (!lane->broken && PQflush(conn) < 0)
        lane->broken = true;
    if (lane->broken) {
        if (lane->handle_end != NULL)
            query_pump(lane);
        else if (lane->notice.size > 0)
            lane_lose(lane, "%s", bytes_text(&lane->notice));
        else
            lane_lose(lane, "%s", PQerrorMessage(conn));
        return;
    }
    if (lane->handle_end != NULL)
        lane_expect_answer(lane);
    lane_watch(lane, UV_READABLE | (PQflush(conn) == 1 ? UV_WRITABLE : 0));
}
