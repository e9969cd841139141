/* SPDX-License-Identifier: Apache-2.0 */
/* A batch on its way: what is sent, and what becomes of it.
 *
 *   SELECT advance(...); COPY t FROM STDIN; SELECT verify(...)
 *
 * in one query is one transaction and one round trip. When the server refuses a row and names it, the
 * record is rejected and the host offers the rest. When it does not say which, the batch goes in
 * halves, each moving the cursor to its own end, until the row stands alone. */
#include "postgres.h"

#include <stdlib.h>

static void begin_part(struct lane *lane);

/* -- Ends -- */

/* The host may offer the next batch from within. */
static void __attribute__((format(printf, 3, 4))) give_back(struct lane *lane,
    enum paku_outcome outcome, const char *format, ...)
{
    struct transfer *transfer = &lane->transfer;
    struct paku_batch *batch = transfer->batch;
    struct bytes text = {0};
    va_list args;

    va_start(args, format);
    bytes_format_list(&text, format, args);
    va_end(args);
    if (transfer->partly && outcome != PAKU_DELIVERED)
        paku_lane_open(lane->pg->host, lane->number, &lane->position);
    transfer->batch = NULL;
    transfer->partly = false;
    if (lane->state == LANE_BUSY) {
        lane->state = LANE_READY;
        lane_timer(lane, 0);
    }
    paku_batch_finish(batch, outcome, 0, "%s", bytes_text(&text));
    bytes_finish(&text);
}

void transfer_retry(struct lane *lane, const char *reason)
{
    give_back(lane, PAKU_RETRY, "%s", reason);
}

/* Behind every end of a batch: whoever stops has waited for it. */
static void close_if_stopping(struct lane *lane)
{
    if (lane->pg->stopping)
        lane_close(lane);
}

/* -- A part has arrived -- */

static void choose_next_part(struct transfer *transfer)
{
    size_t suspects;

    transfer->start = transfer->end;
    if (transfer->suspects_end <= transfer->start) {
        transfer->suspects_end = 0; /* they were innocent when looked at one by one */
        transfer->end = transfer->batch->count;
        return;
    }
    suspects = transfer->suspects_end - transfer->start;
    transfer->end = transfer->start + (suspects + 1) / 2;
}

static void part_arrived(struct lane *lane)
{
    struct transfer *transfer = &lane->transfer;
    size_t rows = transfer->end - transfer->start;

    cursor_moved(lane, &transfer->target);
    if (lane->pg->options.on_conflict == ON_CONFLICT_IGNORE && transfer->inserted < rows)
        paku_count(lane->pg->host, "ignored", rows - transfer->inserted);
    if (transfer->end == transfer->batch->count) {
        give_back(lane, PAKU_DELIVERED, "%s", "");
        close_if_stopping(lane);
        return;
    }
    transfer->partly = true;
    transfer->dead_told += transfer->dead;
    if (lane->pg->stopping) {
        transfer_retry(lane, "paku is stopping");
        lane_close(lane);
        return;
    }
    choose_next_part(transfer);
    begin_part(lane);
}

/* -- A row is to blame -- */

static void reject_one(struct lane *lane, size_t index)
{
    struct failure *failure = &lane->failure;

    transfer_reject(lane, index, failure->code, bytes_text(&failure->message));
    give_back(lane, PAKU_RETRY, "a record was refused: %s", bytes_text(&failure->message));
}

/* The table whose COPY or INSERT failed. */
static size_t failed_table(const struct transfer *transfer)
{
    return transfer->plan_at < transfer->plan_count ? transfer->plan[transfer->plan_at].table : 0;
}

/* The index of the record that the server named; false when it named none. */
static bool find_named(struct lane *lane, size_t *ret_index)
{
    struct transfer *transfer = &lane->transfer;
    size_t table = failed_table(transfer);
    struct bytes stage = {0};
    uint64_t line;

    if (lane->pg->options.on_conflict == ON_CONFLICT_IGNORE)
        bytes_format(&stage, "paku_stage_%zu", table);
    else
        bytes_push_text(&stage, lane->layout.tables[table].relation);
    line = failure_line(&lane->failure, bytes_text(&stage));
    bytes_finish(&stage);
    if (line == 0 || line > transfer->rows[table].count)
        return false;
    *ret_index = transfer->rows[table].indexes[line - 1];
    return true;
}

static void blame(struct lane *lane)
{
    struct transfer *transfer = &lane->transfer;
    size_t size = transfer->end - transfer->start;
    size_t index;

    if (size == 1) {
        reject_one(lane, transfer->start);
    } else if (find_named(lane, &index)) {
        reject_one(lane, index);
    } else {
        if (transfer->suspects_end == 0)
            paku_count(lane->pg->host, "splits", 1);
        transfer->suspects_end = transfer->end;
        transfer->end = transfer->start + size / 2;
        begin_part(lane);
    }
}

/* -- Is it the row, or has the table changed? -- */

static void take_catalogue(struct lane *lane, const PGresult *result)
{
    lane->columns_same = catalogue_is_same(result, &lane->layout);
}

static void end_catalogue(struct lane *lane)
{
    if (lane->failure.kind != FAILURE_NONE) {
        session_failed(lane, "read the catalogue");
    } else if (!lane->columns_same || lane->pg->stopping) {
        lane_restart(lane);
    } else {
        struct failure failure = lane->failure;

        lane->failure = lane->suspicion; /* back to what it was about */
        lane->suspicion = failure;
        blame(lane);
    }
}

/* Rows that were made for other columns than there are now fail, too, and are not to blame. */
static void check_columns(struct lane *lane)
{
    struct failure failure = lane->suspicion;

    lane->suspicion = lane->failure;
    lane->failure = failure;
    lane->columns_same = false;
    bytes_clear(&lane->sql);
    catalogue_write(lane->pg, lane->conn, true, &lane->sql);
    query_start(lane, bytes_text(&lane->sql), take_catalogue, end_catalogue);
}

/* -- The transaction's end -- */

static void part_failed(struct lane *lane)
{
    struct failure *failure = &lane->failure;
    const char *text = bytes_text(&failure->message);
    bool has_rows = lane->transfer.end > lane->transfer.start;

    switch (failure->kind) {
    case FAILURE_RETRY:
        give_back(lane, PAKU_RETRY, "%s (%s)", text, failure->code);
        close_if_stopping(lane);
        break;
    case FAILURE_ROW:
        if (has_rows && !lane->pg->stopping) {
            check_columns(lane);
            break;
        }
        /* fall through */
    case FAILURE_NONE: /* fewer results than there should have been */
    case FAILURE_CONFIGURATION:
        lane_hold(lane, "%s (%s)", text, failure->code);
        break;
    case FAILURE_CONNECTION:
        lane_lose(lane, "%s", text);
        break;
    case FAILURE_CURSOR:
        lane_hold(lane, "%s (%s): another session works with this cursor; its transaction was refused "
            "and nothing was doubled", text, failure->code);
        break;
    case FAILURE_COLUMNS:
        lane_restart(lane);
        break;
    }
}

static void handle_end(struct lane *lane)
{
    const struct transfer *transfer = &lane->transfer;

    /* The last result comes behind the commit; what breaks after it is no matter. */
    if (transfer->plan_at == transfer->plan_count)
        part_arrived(lane);
    else
        part_failed(lane);
}

static void handle_result(struct lane *lane, const PGresult *result)
{
    struct transfer *transfer = &lane->transfer;
    const struct planned *planned;

    if (transfer->plan_at >= transfer->plan_count)
        return;
    planned = &transfer->plan[transfer->plan_at];
    if (PQresultStatus(result) == PGRES_COPY_IN) {
        query_feed(lane, &transfer->rows[planned->table].bytes);
        return;
    }
    if (planned->step == STEP_INSERT)
        transfer->inserted += strtoull(PQcmdTuples((PGresult *)result), NULL, 10);
    transfer->plan_at++;
}

/* -- The transaction -- */

static void plan(struct transfer *transfer, enum step step, size_t table)
{
    transfer->plan[transfer->plan_count++] = (struct planned) {step, table};
}

static void write_copy(struct lane *lane, size_t table, struct bytes *sql)
{
    bool staged = lane->pg->options.on_conflict == ON_CONFLICT_IGNORE;
    const char *name = lane->layout.tables[table].name;

    if (staged)
        bytes_format(sql, "; COPY pg_temp.paku_stage_%zu (", table);
    else
        bytes_format(sql, "; COPY %s (", name);
    catalogue_write_columns(lane->pg, lane->conn, sql);
    bytes_push_text(sql, ") FROM STDIN (FORMAT binary)");
    plan(&lane->transfer, STEP_COPY, table);
    if (!staged)
        return;
    bytes_format(sql, "; INSERT INTO %s (", name);
    catalogue_write_columns(lane->pg, lane->conn, sql);
    bytes_push_text(sql, ") SELECT ");
    catalogue_write_columns(lane->pg, lane->conn, sql);
    bytes_format(sql, " FROM pg_temp.paku_stage_%zu ON CONFLICT DO NOTHING", table);
    plan(&lane->transfer, STEP_INSERT, table);
}

static void write_verify(struct lane *lane, size_t table, const char *before, struct bytes *sql)
{
    const struct table_layout *layout = &lane->layout.tables[table];

    bytes_push_text(sql, before);
    push_identifier(sql, lane->conn, lane->pg->options.cursor_schema);
    bytes_push_text(sql, ".verify(");
    push_literal(sql, lane->conn, layout->name);
    bytes_format(sql, ", %u, ", layout->oid);
    push_literal(sql, lane->conn, layout->fingerprint);
    bytes_push_u8(sql, ')');
}

static void write_transaction(struct lane *lane, struct bytes *sql)
{
    struct transfer *transfer = &lane->transfer;
    size_t tables = lane->pg->tables.count;
    size_t used = 0;

    transfer->plan_count = 0;
    transfer->plan_at = 0;
    cursor_write_advance(lane, transfer->end - transfer->start, sql);
    plan(transfer, STEP_ADVANCE, 0);
    for (size_t i = 0; i < tables; i++) {
        if (transfer->rows[i].count > 0)
            write_copy(lane, i, sql);
    }
    for (size_t i = 0; i < tables; i++) {
        if (transfer->rows[i].count > 0)
            write_verify(lane, i, used++ == 0 ? "; SELECT " : ", ", sql);
    }
    if (used > 0)
        plan(transfer, STEP_VERIFY, 0);
}

static void begin_part(struct lane *lane)
{
    size_t rejected = rows_encode(lane);

    if (rejected > 0) {
        give_back(lane, PAKU_RETRY, "%zu record%s did not fit the table", rejected,
            rejected == 1 ? "" : "s");
        return;
    }
    lane->transfer.inserted = 0;
    bytes_clear(&lane->sql);
    write_transaction(lane, &lane->sql);
    query_start(lane, bytes_text(&lane->sql), handle_result, handle_end);
}

void transfer_begin(struct lane *lane, struct paku_batch *batch)
{
    struct transfer *transfer = &lane->transfer;

    transfer->batch = batch;
    if (lane->state != LANE_READY || lane->broken || lane->pg->stopping) {
        transfer_retry(lane, "the database is not connected");
        return;
    }
    if (lane->has_row && batch->from.epoch == lane->position.epoch &&
        batch->from.sequence < lane->position.sequence) {
        transfer_retry(lane, "the batch begins behind the cursor, which is read again");
        lane_restart(lane);
        return;
    }
    lane->state = LANE_BUSY;
    transfer->start = 0;
    transfer->end = batch->count;
    transfer->suspects_end = 0;
    transfer->dead_told = 0;
    begin_part(lane);
}
