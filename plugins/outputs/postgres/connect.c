/* SPDX-License-Identifier: Apache-2.0 */
/* From a list of servers to a connection: each server's name is looked up, each of its addresses
 * tried, each with the whole connect_timeout. */
#include "postgres.h"

#include <stdlib.h>

static void try_server(struct lane *lane);

static struct server *server_of(const struct lane *lane)
{
    return &lane->pg->conninfo->servers[lane->server];
}

static void handle_lookup_closed(void *data)
{
    struct postgres *pg = data;

    pg->handles--;
    check_stopped(pg);
}

static void forget_lookup(struct lane *lane, size_t server)
{
    if (lane->lookups[server] == NULL)
        return;
    lookup_end(lane->lookups[server], handle_lookup_closed, lane->pg);
    lane->lookups[server] = NULL;
}

void connect_forget(struct lane *lane)
{
    for (size_t i = 0; i < lane->pg->conninfo->server_count; i++)
        forget_lookup(lane, i);
}

/* -- What went wrong -- */

static void note_error(struct lane *lane, const char *text)
{
    if (lane->errors.size > 0)
        bytes_push_text(&lane->errors, "; ");
    append_clean(&lane->errors, lane->conn, text);
}

static void drop_connection(struct lane *lane)
{
    lane_unwatch(lane);
    lane_timer(lane, 0);
    if (lane->conn != NULL)
        PQfinish(lane->conn);
    lane->conn = NULL;
    lane->broken = false;
}

static void next_server(struct lane *lane)
{
    lane->server++;
    lane->address = 0;
    if (lane->server < lane->pg->conninfo->server_count) {
        try_server(lane);
        return;
    }
    lane_lose(lane, "%s", bytes_text(&lane->errors));
}

/* -- One address -- */

static void notice(void *data, const char *text)
{
    struct lane *lane = data;

    bytes_clear(&lane->notice);
    append_clean(&lane->notice, lane->conn, text);
    paku_log(lane->pg->host, PAKU_DEBUG, "the server says: %s", bytes_text(&lane->notice));
}

static void try_address(struct lane *lane, const char *address)
{
    lane->state = LANE_CONNECTING;
    lane->conn = conninfo_connect(lane->pg->conninfo, server_of(lane), address);
    if (lane->conn == NULL || PQstatus(lane->conn) == CONNECTION_BAD) {
        connect_next(lane, lane->conn != NULL ? PQerrorMessage(lane->conn) : "out of memory");
        return;
    }
    PQsetNoticeProcessor(lane->conn, notice, lane);
    lane_timer(lane, lane->pg->options.connect_timeout_ms);
    lane_watch(lane, UV_WRITABLE);
}

/* Whether there is another address of the same server. */
static bool try_next_address(struct lane *lane)
{
    struct lookup *lookup = lane->lookups[lane->server];
    char address[64];

    if (lookup == NULL || !lookup_is_done(lookup) ||
        !lookup_address(lookup, lane->address, address))
        return false;
    lane->address++;
    try_address(lane, address);
    return true;
}

void connect_next(struct lane *lane, const char *reason)
{
    note_error(lane, reason);
    drop_connection(lane);
    if (try_next_address(lane))
        return;
    if (lane->lookups[lane->server] != NULL && lookup_is_done(lane->lookups[lane->server]))
        forget_lookup(lane, lane->server);
    next_server(lane);
}

void connect_pump(struct lane *lane)
{
    PostgresPollingStatusType status;

    lane_unwatch(lane);
    status = PQconnectPoll(lane->conn);
    switch (status) {
    case PGRES_POLLING_READING:
        lane_watch(lane, UV_READABLE);
        break;
    case PGRES_POLLING_WRITING:
        lane_watch(lane, UV_WRITABLE);
        break;
    case PGRES_POLLING_OK:
        lane_timer(lane, 0);
        forget_lookup(lane, lane->server);
        PQsetnonblocking(lane->conn, 1);
        lane->state = LANE_PREPARING;
        bytes_clear(&lane->notice);
        session_begin(lane);
        break;
    default:
        connect_next(lane, PQerrorMessage(lane->conn));
        break;
    }
}

/* -- One server -- */

static void look_at_answer(struct lane *lane)
{
    const char *error = lookup_error(lane->lookups[lane->server]);
    struct bytes text = {0};

    if (error == NULL && try_next_address(lane))
        return;
    bytes_format(&text, "cannot find the address of %s: %s", server_of(lane)->host,
        error != NULL ? error : "it has none");
    connect_next(lane, bytes_text(&text));
    bytes_finish(&text);
}

static void handle_answer(void *data)
{
    struct lane *lane = data;

    /* An answer that came too late for its turn waits for the next one. */
    if (lane->state == LANE_LOOKING_UP && lane->lookups[lane->server] != NULL &&
        lookup_is_done(lane->lookups[lane->server])) {
        lane_timer(lane, 0);
        look_at_answer(lane);
    }
}

static void look_up(struct lane *lane)
{
    struct lookup **lookup = &lane->lookups[lane->server];

    lane->state = LANE_LOOKING_UP;
    if (*lookup == NULL) {
        *lookup = lookup_begin(paku_loop(lane->pg->host), server_of(lane)->host, handle_answer,
            lane);
        if (*lookup == NULL) {
            connect_next(lane, "no thread could be started to look up the server's name");
            return;
        }
        lane->pg->handles++;
    }
    if (lookup_is_done(*lookup))
        look_at_answer(lane);
    else
        lane_timer(lane, lane->pg->options.connect_timeout_ms);
}

static void try_server(struct lane *lane)
{
    if (server_of(lane)->is_name)
        look_up(lane);
    else
        try_address(lane, server_of(lane)->address);
}

void connect_timed_out(struct lane *lane)
{
    const struct server *server = server_of(lane);
    const char *name = server->host != NULL ? server->host : server->address;
    struct bytes text = {0};

    bytes_format(&text, "%s has not answered within %.3gs",
        lane->state == LANE_LOOKING_UP ? "the name server" : name != NULL ? name : "the socket",
        (double)lane->pg->options.connect_timeout_ms / 1000);
    if (lane->state == LANE_LOOKING_UP)
        bytes_format(&text, " for %s", name);
    connect_next(lane, bytes_text(&text));
    bytes_finish(&text);
}

void connect_begin(struct lane *lane)
{
    lane->server = 0;
    lane->address = 0;
    bytes_clear(&lane->errors);
    try_server(lane);
}
