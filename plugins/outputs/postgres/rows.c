/* SPDX-License-Identifier: Apache-2.0 */
/* From a batch to the rows of each table, as COPY wants them in binary. */
#include "postgres.h"

#include <stdlib.h>

static const char HEAD[19] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";

/* After a large batch its memory is kept for the next one, but not for ever. */
enum { KEPT_BYTES = 1 << 20, FEW_ROWS = 100 };

void rows_finish(struct rows *rows)
{
    bytes_finish(&rows->bytes);
    free(rows->indexes);
    *rows = (struct rows) {0};
}

static void clear(struct rows *rows, size_t expected)
{
    if (rows->bytes.capacity > KEPT_BYTES && expected < FEW_ROWS)
        rows_finish(rows);
    bytes_clear(&rows->bytes);
    rows->count = 0;
}

static void add_index(struct rows *rows, size_t index)
{
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity > 0 ? rows->capacity * 2 : 256;
        uint32_t *indexes = memory_get(capacity * sizeof(*indexes));

        if (rows->count > 0)
            memcpy(indexes, rows->indexes, rows->count * sizeof(*indexes));
        free(rows->indexes);
        rows->indexes = indexes;
        rows->capacity = capacity;
    }
    rows->indexes[rows->count++] = (uint32_t)index;
}

/* Appends a record's row; nothing when one of its fields does not fit. */
static int encode_row(struct postgres *pg, const struct table_layout *table, struct rows *rows,
    const struct paku_record *record)
{
    struct bytes *out = &rows->bytes;
    size_t count = pg->options.columns.count;
    size_t before;

    if (out->size == 0)
        bytes_push(out, HEAD, sizeof(HEAD));
    before = out->size;
    pg->encoder.out = out;
    bytes_push_u16(out, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        struct paku_field field = paku_selector_read(pg->selectors[i], record);
        int error = encode_field(&pg->encoder, &table->columns[i], field);

        if (error < 0) {
            out->size = before;
            return error;
        }
    }
    return 0;
}

void transfer_reject(struct lane *lane, size_t index, const char *code, const char *reason)
{
    struct paku_batch *batch = lane->transfer.batch;

    if (lane->dead_count == lane->dead_capacity) {
        size_t capacity = lane->dead_capacity > 0 ? lane->dead_capacity * 2 : 16;
        uint64_t *grown = memory_get(capacity * sizeof(*grown));

        if (lane->dead_count > 0)
            memcpy(grown, lane->dead_sequences, lane->dead_count * sizeof(*grown));
        free(lane->dead_sequences);
        lane->dead_sequences = grown;
        lane->dead_capacity = capacity;
    }
    lane->dead_sequences[lane->dead_count++] = batch->sequences[index];
    paku_batch_reject(batch, index, code, "%s", reason);
}

size_t rows_encode(struct lane *lane)
{
    struct postgres *pg = lane->pg;
    struct transfer *transfer = &lane->transfer;
    size_t rejected = 0;

    for (size_t i = 0; i < pg->tables.count; i++)
        clear(&transfer->rows[i], transfer->batch->count);
    for (size_t i = transfer->start; i < transfer->end; i++) {
        const struct paku_record *record = transfer->batch->records[i];
        struct bytes *reason = &pg->encoder.reason;
        size_t table;

        if (tables_find(&pg->tables, record, &table, reason) < 0 ||
            encode_row(pg, &lane->layout.tables[table], &transfer->rows[table], record) < 0) {
            transfer_reject(lane, i, "", bytes_text(reason));
            rejected++;
        } else {
            add_index(&transfer->rows[table], i);
        }
    }
    for (size_t i = 0; i < pg->tables.count; i++) {
        if (transfer->rows[i].count > 0)
            bytes_push_u16(&transfer->rows[i].bytes, UINT16_MAX);
    }
    return rejected;
}
