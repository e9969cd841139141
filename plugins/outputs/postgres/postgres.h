/* SPDX-License-Identifier: Apache-2.0 */
/* outputs/postgres from inside. An instance has lanes; a lane has a connection, a cursor in the
 * database, and at most one batch under way.
 *
 *   connect.c     looks servers up, connects          -> session_begin
 *   session.c     settings, lock, schema, tables      -> lane_ready
 *   transfer.c    a batch: rows, transaction, outcome
 *   lane.c        what holds these together: state, socket, timer, pauses
 */
#ifndef POSTGRES_POSTGRES_H
#define POSTGRES_POSTGRES_H

#include "catalogue.h"
#include "conninfo.h"
#include "encode.h"
#include "errors.h"
#include "lookup.h"
#include "tables.h"

#include <uv.h>

/* One entry of `columns`. */
struct column_option {
    const char *name;
    const char *from;
    const char *fallback;
    const char *type;
};

enum { ON_CONFLICT_ERROR, ON_CONFLICT_IGNORE };

struct options {
    const char *url;
    const char *table;
    struct paku_strings tables;
    struct paku_items columns; /* struct column_option */
    int on_conflict;
    int64_t connections;
    bool create;
    const char *cursor_schema;
    const char *application_name;
    int64_t connect_timeout_ms;
    int64_t statement_timeout_ms;
    int64_t lock_timeout_ms;
    int64_t reconnect_max_ms;
};

enum lane_state {
    LANE_IDLE,       /* not started, or stopped */
    LANE_WAITING,    /* for the next try */
    LANE_LOOKING_UP, /* a server's addresses */
    LANE_CONNECTING,
    LANE_PREPARING, /* connected; queries before the first batch */
    LANE_READY,
    LANE_BUSY, /* with a batch */
};

/* A batch under way. It is sent in one transaction, unless a row that cannot be named spoils it: then
 * in parts, until that row stands alone. Each part moves the cursor as far as it goes. */
struct rows {
    struct bytes bytes;
    uint32_t *indexes; /* in the batch, of each row */
    size_t count;
    size_t capacity;
};

enum step { STEP_ADVANCE, STEP_COPY, STEP_INSERT, STEP_VERIFY };

struct planned {
    enum step step;
    size_t table;
};

struct transfer {
    struct paku_batch *batch; /* NULL: none */
    size_t start, end;        /* the part under way */
    size_t suspects_end;      /* a bad record stands in [start, suspects_end); 0: none is known of */
    bool partly;              /* a part has arrived that the host does not know of */
    struct paku_position target; /* where the part moves the cursor */
    uint64_t dead;            /* dead letters that the part goes past */
    uint64_t dead_told;       /* and those that earlier parts went past */
    uint64_t inserted;        /* on_conflict: ignore */
    struct rows *rows;        /* of each table */
    struct planned *plan;     /* the results to come, in order */
    size_t plan_count, plan_at;
};

struct lane {
    struct postgres *pg;
    uint32_t number;
    enum lane_state state;
    uv_timer_t timer;

    /* connect.c */
    size_t server, address;  /* which one is being tried */
    struct lookup **lookups; /* of each server; NULL: none under way */
    struct bytes errors;     /* of the servers tried in this round */
    int64_t tries;           /* rounds since the last success */

    /* The connection */
    PGconn *conn;
    uv_poll_t *poll;
    bool broken; /* it is gone, what it still had to say is being read */
    int previous_pid; /* of the server's process for the last connection; 0: none */
    struct bytes notice; /* the last thing the server said unasked */

    /* The query under way */
    void (*handle_result)(struct lane *lane, const PGresult *result);
    void (*handle_end)(struct lane *lane);
    struct failure failure;
    struct bytes *feed; /* rows for a COPY; NULL: none is fed */
    size_t fed;
    const char *feed_abort; /* end the COPY with this error instead */

    /* session.c: what the queries told */
    struct bytes sql;
    bool standby;
    bool locked;
    bool superseded; /* the lock was held by our own last connection */
    bool lacks_schema;
    bool lacks_tables; /* that `create: true` will make; only when probing */
    struct cursor_row {
        bool there;
        struct paku_position position;
        uint64_t others; /* rows of other journals */
    } row;

    /* The cursor */
    struct layout layout;
    char owner[37];     /* this session's token */
    bool opened;        /* the host knows that it may send batches */
    bool known;         /* `position` was read or set in this run */
    bool has_row;
    struct paku_position position; /* where the cursor stands */
    struct paku_position attempted; /* where it stands if the last transaction went through */
    uint64_t *dead_sequences; /* rejected here, not yet passed by the cursor */
    size_t dead_count, dead_capacity;

    struct transfer transfer;
    struct failure suspicion; /* of a row, while the catalogue is asked whether it is the table */
    bool columns_same;
};

struct postgres {
    struct options options;
    struct paku_instance *host;
    struct conninfo *conninfo;
    struct tables tables;
    struct paku_selector **selectors; /* of each column */
    struct encoder encoder;
    struct lane *lanes;
    uint32_t lane_count;
    uint32_t ready_count;
    struct bytes problem; /* what was last complained of; empty: all is well */
    bool announced;
    bool probing;
    bool stopping;
    bool stopped;
    size_t handles; /* not yet closed */
};

static inline const struct column_option *column_options(const struct postgres *pg)
{
    return pg->options.columns.items;
}

/* -- lane.c -- */

void lane_init(struct lane *lane, struct postgres *pg, uint32_t number);
void lane_start(struct lane *lane);
/* Ends the lane: at once, unless a transaction is under way. */
void lane_stop(struct lane *lane);
void lane_close(struct lane *lane);
void lane_finish(struct lane *lane); /* frees; no handle is open */

/* Events on the connection's socket go to query_pump, or to connect_pump while connecting. */
void lane_watch(struct lane *lane, int events);
void lane_unwatch(struct lane *lane);
/* What happens then depends on the state; 0 stops the timer. */
void lane_timer(struct lane *lane, int64_t ms);
/* Gives up the connection. A batch is handed back. */
void lane_disconnect(struct lane *lane, const char *reason);
/* Gives it up and tries again: at once; after a pause that grows; after a long one, because a person
 * has to do something. The text is logged, once as long as it stays the same. */
void lane_restart(struct lane *lane);
void lane_lose(struct lane *lane, const char *format, ...) PAKU_PRINTF(2, 3);
void lane_hold(struct lane *lane, const char *format, ...) PAKU_PRINTF(2, 3);
/* The session is complete: tells the host. */
void lane_open(struct lane *lane);
/* Timer that ends a session whose server shows no sign of life. */
void lane_expect_answer(struct lane *lane);
/* For uv_close. */
void handle_lane_closed(uv_handle_t *handle);

/* -- connect.c -- */

void connect_begin(struct lane *lane);
/* The server that was connected to is of no use (a standby): tries the next. */
void connect_next(struct lane *lane, const char *reason);
void connect_pump(struct lane *lane);
void connect_timed_out(struct lane *lane);
void connect_forget(struct lane *lane);

/* -- query.c -- */

/* Sends SQL. `result` gets each result that is no error; `end` comes once, when the server is done,
 * with lane->failure filled, or when the connection broke on the way (then the lane is lost behind
 * `end`, unless `end` saw to it). */
void query_start(struct lane *lane, const char *sql,
    void (*result)(struct lane *lane, const PGresult *result), void (*end)(struct lane *lane));
void query_pump(struct lane *lane);
/* From `result` of a COPY_IN: what to send. */
void query_feed(struct lane *lane, struct bytes *rows);

/* -- session.c -- */

void session_begin(struct lane *lane);
/* What a failed query means for the lane, outside of batches. `doing` ends "cannot ...". */
void session_failed(struct lane *lane, const char *doing);

/* -- create.c -- */

/* SQL that tells what is missing; one row: cursor schema, cursors, functions, tables, schemas. */
void create_write_look(struct postgres *pg, PGconn *conn, struct bytes *sql);
/* SQL that makes it. */
void create_write(struct postgres *pg, PGconn *conn, const PGresult *missing, struct bytes *sql);

/* -- cursor.c -- */

int64_t cursor_lock_key(const struct lane *lane);
void cursor_new_owner(struct lane *lane);
void cursor_write_open(struct lane *lane, struct bytes *sql);
void cursor_read(struct lane *lane, const PGresult *result);
/* Judges what was read. false: the lane is on hold. */
bool cursor_accept(struct lane *lane);
/* The cursor stands there now. */
void cursor_moved(struct lane *lane, const struct paku_position *position);
void cursor_write_advance(struct lane *lane, size_t delivered, struct bytes *sql);

/* -- transfer.c, rows.c -- */

void transfer_begin(struct lane *lane, struct paku_batch *batch);
/* Hands the batch back. */
void transfer_retry(struct lane *lane, const char *reason);
/* Marks a record as impossible, and remembers that it is. */
void transfer_reject(struct lane *lane, size_t index, const char *code, const char *reason);
/* Encodes the part under way. The number of records that were rejected. */
size_t rows_encode(struct lane *lane);
void rows_finish(struct rows *rows);

/* -- probe.c -- */

void probe_begin(struct lane *lane);
void probe_failed(struct lane *lane, const char *text);

/* -- postgres.c -- */

/* Logs what is wrong, unless it was the last thing said. */
void problem_say(struct postgres *pg, enum paku_level level, const char *text);
/* The last handle may be closed: ends `stop` or the probe. */
void check_stopped(struct postgres *pg);
void push_literal(struct bytes *sql, PGconn *conn, const char *text);
void push_identifier(struct bytes *sql, PGconn *conn, const char *name);

#endif
