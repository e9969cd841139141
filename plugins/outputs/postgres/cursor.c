/* SPDX-License-Identifier: Apache-2.0 */
/* The lane's row in the cursor table: claiming it, judging what stands there, moving it. */
#include "postgres.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void print_uuid(const uint8_t bytes[16], char text[37])
{
    for (size_t i = 0, at = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text[at++] = '-';
        snprintf(text + at, 3, "%02x", bytes[i]);
        at += 2;
    }
}

static uint64_t hash(uint64_t seed, const void *data, size_t size)
{
    const uint8_t *byte = data;

    for (size_t i = 0; i < size; i++)
        seed = (seed ^ byte[i]) * UINT64_C(1099511628211);
    return seed;
}

/* FNV-1a of what names the cursor: two sessions with the same cursor want the same lock. */
int64_t cursor_lock_key(const struct lane *lane)
{
    const char *output = paku_instance_name(lane->pg->host);
    const char *schema = lane->pg->options.cursor_schema;
    struct paku_position end = paku_journal_end(lane->pg->host);
    uint64_t key = UINT64_C(14695981039346656037);

    key = hash(key, "paku", 5);
    key = hash(key, schema, strlen(schema) + 1);
    key = hash(key, output, strlen(output) + 1);
    key = hash(key, end.journal, sizeof(end.journal));
    for (unsigned shift = 0; shift < 32; shift += 8) {
        uint8_t byte = (uint8_t)(lane->number >> shift);

        key = hash(key, &byte, 1);
    }
    return (int64_t)key;
}

void cursor_new_owner(struct lane *lane)
{
    uint8_t bytes[16] = {0};

    uv_random(NULL, NULL, bytes, sizeof(bytes), 0, NULL);
    print_uuid(bytes, lane->owner);
}

static void push_cursors(struct lane *lane, struct bytes *sql)
{
    push_identifier(sql, lane->conn, lane->pg->options.cursor_schema);
    bytes_push_text(sql, ".cursors");
}

static void push_key(struct lane *lane, const char *compare, struct bytes *sql)
{
    struct paku_position end = paku_journal_end(lane->pg->host);
    char journal[37];

    print_uuid(end.journal, journal);
    bytes_push_text(sql, " WHERE output = ");
    push_literal(sql, lane->conn, paku_instance_name(lane->pg->host));
    bytes_format(sql, " AND lane = %u AND journal %s '%s'", lane->number, compare, journal);
}

/* Changing the row waits for whoever still has a transaction on it, and from then on nobody with
 * another token can move it. */
void cursor_write_open(struct lane *lane, struct bytes *sql)
{
    bytes_push_text(sql, "WITH mine AS (UPDATE ");
    push_cursors(lane, sql);
    bytes_format(sql, " SET owner = '%s'", lane->owner);
    push_key(lane, "=", sql);
    bytes_push_text(sql, " RETURNING epoch, sequence) SELECT (SELECT count(*) FROM ");
    push_cursors(lane, sql);
    push_key(lane, "<>", sql);
    bytes_push_text(sql, "), mine.epoch, mine.sequence FROM (SELECT) AS one LEFT JOIN mine ON true");
}

/* Of the dead letters that this lane has made, those that a part of a batch goes past. */
static uint64_t count_dead(const struct lane *lane, uint64_t sequence)
{
    uint64_t count = 0;

    for (size_t i = 0; i < lane->dead_count; i++)
        count += lane->dead_sequences[i] <= sequence;
    return count;
}

void cursor_moved(struct lane *lane, const struct paku_position *position)
{
    size_t kept = 0;

    lane->known = true;
    lane->has_row = true;
    lane->position = *position;
    lane->attempted = *position;
    for (size_t i = 0; i < lane->dead_count; i++) {
        if (lane->dead_sequences[i] > position->sequence)
            lane->dead_sequences[kept++] = lane->dead_sequences[i];
    }
    lane->dead_count = kept;
}

static int compare(const struct paku_position *left, const struct paku_position *right)
{
    if (left->epoch != right->epoch)
        return left->epoch < right->epoch ? -1 : 1;
    return left->sequence < right->sequence ? -1 : left->sequence > right->sequence;
}

/* Within one run the lane knows where it can have left its cursor. False: it was moved on by somebody
 * else, whose records would have taken the place of ours. */
static bool is_plausible(struct lane *lane, const struct paku_position *found)
{
    if (!lane->known)
        return true;
    if (found == NULL) {
        if (lane->has_row)
            paku_log(lane->pg->host, PAKU_WARNING, "lane %u: its cursor, left at sequence %" PRIu64
                ", is gone from the database (restored from a backup?)", lane->number,
                lane->position.sequence);
        return true;
    }
    if (compare(found, &lane->attempted) > 0 &&
        (!lane->has_row || compare(found, &lane->position) > 0))
        return false;
    if (lane->has_row && compare(found, &lane->position) < 0)
        paku_log(lane->pg->host, PAKU_WARNING, "lane %u: its cursor stands at sequence %" PRIu64
            ", behind %" PRIu64 " where it was left (restored from a backup?); delivering again "
            "from there", lane->number, found->sequence, lane->position.sequence);
    return true;
}

static void say_others(struct lane *lane)
{
    uint64_t others = lane->row.others;

    if (lane->number == 0 && !lane->known && others > 0)
        paku_log(lane->pg->host, PAKU_INFO, "the database also has cursors of %" PRIu64
            " other journal%s for this output: other daemons deliver there, or did once", others,
            others == 1 ? "" : "s");
}

static void refuse_moved(struct lane *lane, const struct paku_position *found)
{
    lane_hold(lane, "lane %u: its cursor was left at sequence %" PRIu64 " and now stands at %" PRIu64
        ": another daemon works with a copy of this journal, or somebody moved it by hand; to go on "
        "would lose the records in between. Stop the other one; to accept the cursor as it is, "
        "restart this daemon", lane->number, lane->position.sequence, found->sequence);
}

void cursor_read(struct lane *lane, const PGresult *result)
{
    struct cursor_row *row = &lane->row;

    row->there = !PQgetisnull(result, 0, 1);
    row->others = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
    row->position = paku_journal_end(lane->pg->host);
    row->position.epoch = strtoull(PQgetvalue(result, 0, 1), NULL, 10);
    row->position.sequence = strtoull(PQgetvalue(result, 0, 2), NULL, 10);
}

bool cursor_accept(struct lane *lane)
{
    const struct cursor_row *row = &lane->row;

    say_others(lane);
    if (!is_plausible(lane, row->there ? &row->position : NULL)) {
        refuse_moved(lane, &row->position);
        return false;
    }
    if (row->there) {
        cursor_moved(lane, &row->position);
    } else {
        lane->known = true;
        lane->has_row = false;
        lane->attempted = (struct paku_position) {0};
    }
    return true;
}

void cursor_write_advance(struct lane *lane, size_t delivered, struct bytes *sql)
{
    struct transfer *transfer = &lane->transfer;
    const struct paku_batch *batch = transfer->batch;
    char journal[37];

    transfer->target = batch->to;
    transfer->dead = batch->dead - transfer->dead_told;
    if (transfer->end < batch->count) {
        uint64_t dead;

        transfer->target.sequence = batch->sequences[transfer->end - 1];
        dead = count_dead(lane, transfer->target.sequence);
        transfer->dead = dead < transfer->dead ? dead : transfer->dead;
    }
    lane->attempted = transfer->target;
    print_uuid(transfer->target.journal, journal);
    bytes_push_text(sql, "SELECT ");
    push_identifier(sql, lane->conn, lane->pg->options.cursor_schema);
    bytes_push_text(sql, ".advance(");
    push_literal(sql, lane->conn, paku_instance_name(lane->pg->host));
    bytes_format(sql, ", %u, '%s', '%s', ", lane->number, journal, lane->owner);
    if (lane->has_row)
        bytes_format(sql, "%" PRIu64 ", %" PRIu64, lane->position.epoch, lane->position.sequence);
    else
        bytes_push_text(sql, "NULL, NULL");
    bytes_format(sql, ", %" PRIu64 ", %" PRIu64 ", %zu, %" PRIu64 ")", transfer->target.epoch,
        transfer->target.sequence, delivered, transfer->dead);
}
