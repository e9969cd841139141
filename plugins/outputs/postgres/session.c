/* SPDX-License-Identifier: Apache-2.0 */
/* From a new connection to an open lane, one query after the other. */
#include "postgres.h"

#include <inttypes.h>

static void send_lock(struct lane *lane);
static void send_look(struct lane *lane);
static void send_catalogue(struct lane *lane);
static void send_open(struct lane *lane);

static struct bytes *new_sql(struct lane *lane)
{
    bytes_clear(&lane->sql);
    return &lane->sql;
}

static void ask(struct lane *lane, void (*result)(struct lane *lane, const PGresult *result),
    void (*end)(struct lane *lane))
{
    query_start(lane, bytes_text(&lane->sql), result, end);
}

void session_failed(struct lane *lane, const char *doing)
{
    struct failure *failure = &lane->failure;
    const char *text = bytes_text(&failure->message);

    if (failure->kind == FAILURE_CONFIGURATION || failure->kind == FAILURE_ROW)
        lane_hold(lane, "cannot %s: %s (%s)", doing, text, failure->code);
    else
        lane_lose(lane, "cannot %s: %s", doing, text);
}

/* -- Settings -- */

static void take_settings(struct lane *lane, const PGresult *result)
{
    lane->standby = PQgetvalue(result, 0, 0)[0] == 't';
}

static void end_settings(struct lane *lane)
{
    if (lane->failure.kind != FAILURE_NONE)
        session_failed(lane, "set up the session");
    else if (lane->standby)
        connect_next(lane, "the server is read-only, a standby");
    else if (lane->pg->probing)
        probe_begin(lane);
    else
        send_lock(lane);
}

/* READ COMMITTED, so that `verify` sees the catalogue as it is behind the COPY. The server, too, is to
 * notice within a minute that its client is gone: until then the old session holds the lock. */
void session_begin(struct lane *lane)
{
    const struct options *options = &lane->pg->options;
    struct bytes *sql = new_sql(lane);

    bytes_format(sql,
        "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool, "
        "set_config('statement_timeout', '%" PRId64 "', false), "
        "set_config('lock_timeout', '%" PRId64 "', false), "
        "set_config('default_transaction_isolation', 'read committed', false), "
        "set_config('client_min_messages', 'warning', false), "
        "set_config('tcp_keepalives_idle', '30', false), "
        "set_config('tcp_keepalives_interval', '10', false), "
        "set_config('tcp_keepalives_count', '3', false)",
        options->statement_timeout_ms, options->lock_timeout_ms);
    ask(lane, take_settings, end_settings);
}

/* -- The lock: one session for each cursor -- */

static void take_lock(struct lane *lane, const PGresult *result)
{
    lane->locked = PQgetvalue(result, 0, 0)[0] == 't';
}

static void take_holder(struct lane *lane, const PGresult *result)
{
    if (PQntuples(result) == 0)
        return;
    lane->superseded = PQgetvalue(result, 0, 4)[0] == 't';
    bytes_clear(&lane->errors);
    bytes_format(&lane->errors, "process %s, application '%s', from %s, connected since %s",
        PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1), PQgetvalue(result, 0, 2),
        PQgetvalue(result, 0, 3));
}

static void end_holder(struct lane *lane)
{
    if (lane->failure.kind != FAILURE_NONE)
        session_failed(lane, "ask who holds the lock");
    else if (lane->superseded)
        lane_lose(lane, "lane %u: the server still kept this daemon's last session and was told to "
            "end it", lane->number);
    else if (lane->errors.size == 0) /* let go of in between */
        lane_lose(lane, "lane %u: the lock was held by another session until just now",
            lane->number);
    else
        lane_hold(lane, "lane %u of output %s is in the hands of another session on the same server "
            "(%s): is a second daemon running on this journal, or a copy of it?",
            lane->number, paku_instance_name(lane->pg->host), bytes_text(&lane->errors));
}

/* A connection that was cut in the network may live on at the server. */
static void send_holder(struct lane *lane)
{
    int64_t key = cursor_lock_key(lane);
    struct bytes *sql = new_sql(lane);

    bytes_clear(&lane->errors);
    lane->superseded = false;
    bytes_format(sql,
        "SELECT l.pid, coalesce(a.application_name, '?'), "
        "coalesce(host(a.client_addr), 'a local socket'), "
        "to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ'), "
        "CASE WHEN l.pid = %d THEN pg_terminate_backend(l.pid) ELSE false END "
        "FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid "
        "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.classid = %" PRIu32
        " AND l.objid = %" PRIu32
        " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        lane->previous_pid, (uint32_t)((uint64_t)key >> 32), (uint32_t)key);
    ask(lane, take_holder, end_holder);
}

static void end_lock(struct lane *lane)
{
    if (lane->failure.kind != FAILURE_NONE)
        session_failed(lane, "take the lock on the cursor");
    else if (lane->locked)
        send_look(lane);
    else
        send_holder(lane);
}

static void send_lock(struct lane *lane)
{
    bytes_format(new_sql(lane), "SELECT pg_try_advisory_lock(%" PRId64 ")",
        cursor_lock_key(lane));
    lane->locked = false;
    ask(lane, take_lock, end_lock);
}

/* -- What is there, what is to be made -- */

static void end_create(struct lane *lane)
{
    if (lane->failure.kind == FAILURE_NONE)
        send_catalogue(lane);
    else
        session_failed(lane, "create what is missing (`create: true`)");
}

static bool is_anything_missing(const PGresult *result)
{
    for (int field = 0; field < PQnfields(result); field++) {
        if (PQgetvalue(result, 0, field)[0] == 't')
            return true;
    }
    return false;
}

static void take_look(struct lane *lane, const PGresult *result)
{
    struct postgres *pg = lane->pg;

    lane->lacks_schema = PQgetvalue(result, 0, 1)[0] == 't';
    new_sql(lane);
    if (pg->options.create && is_anything_missing(result))
        create_write(pg, lane->conn, result, &lane->sql);
}

static void end_look(struct lane *lane)
{
    struct postgres *pg = lane->pg;

    if (lane->failure.kind != FAILURE_NONE) {
        session_failed(lane, "look for the cursor schema");
    } else if (lane->sql.size > 0) {
        if (lane->number == 0)
            paku_log(pg->host, PAKU_INFO, "creating what is missing in the database (`create: true`)");
        ask(lane, NULL, end_create);
    } else if (lane->lacks_schema) {
        lane_hold(lane, "the schema %s, where paku keeps its cursors, is missing or incomplete: set "
            "`create: true`, or run `psql -v schema=%s -f schema.sql` with the file that comes with "
            "the plugin", pg->options.cursor_schema, pg->options.cursor_schema);
    } else {
        send_catalogue(lane);
    }
}

static void send_look(struct lane *lane)
{
    create_write_look(lane->pg, lane->conn, new_sql(lane));
    ask(lane, take_look, end_look);
}

/* -- The tables -- */

static void note_problem(void *data, const char *text)
{
    struct bytes *problems = data;

    bytes_format(problems, "%s%s", problems->size > 0 ? "; " : "", text);
}

static void take_catalogue(struct lane *lane, const PGresult *result)
{
    bytes_clear(&lane->errors);
    catalogue_read(lane->pg, result, &lane->layout, note_problem, &lane->errors);
}

static void end_stages(struct lane *lane)
{
    if (lane->failure.kind == FAILURE_NONE)
        send_open(lane);
    else
        session_failed(lane, "create the temporary tables that `on_conflict: ignore` needs");
}

/* Rows go there first. It has the columns that are mapped, and none of the table's constraints. */
static void send_stages(struct lane *lane)
{
    struct bytes *sql = new_sql(lane);

    for (size_t i = 0; i < lane->layout.count; i++) {
        bytes_format(sql, "CREATE TEMPORARY TABLE paku_stage_%zu (", i);
        for (size_t k = 0; k < lane->layout.column_count; k++) {
            const struct column *column = &lane->layout.tables[i].columns[k];

            if (k > 0)
                bytes_push_text(sql, ", ");
            push_identifier(sql, lane->conn, column->name);
            bytes_format(sql, " %s", column->type_name);
        }
        bytes_push_text(sql, ") ON COMMIT DELETE ROWS;\n");
    }
    ask(lane, NULL, end_stages);
}

static void end_catalogue(struct lane *lane)
{
    if (lane->failure.kind != FAILURE_NONE)
        session_failed(lane, "read the catalogue");
    else if (lane->errors.size > 0)
        lane_hold(lane, "%s", bytes_text(&lane->errors));
    else if (lane->pg->options.on_conflict == ON_CONFLICT_IGNORE)
        send_stages(lane);
    else
        send_open(lane);
}

static void send_catalogue(struct lane *lane)
{
    catalogue_write(lane->pg, lane->conn, true, new_sql(lane));
    ask(lane, take_catalogue, end_catalogue);
}

/* -- The cursor -- */

static void end_open(struct lane *lane)
{
    if (lane->failure.kind != FAILURE_NONE)
        session_failed(lane, "open the cursor");
    else if (cursor_accept(lane))
        lane_open(lane);
}

static void send_open(struct lane *lane)
{
    cursor_new_owner(lane);
    cursor_write_open(lane, new_sql(lane));
    ask(lane, cursor_read, end_open);
}
