/* SPDX-License-Identifier: Apache-2.0 */
/* Reading committed records back, on the thread pool. */
#include "delivery/journal_private.h"

#include "base/memory.h"
#include "record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct found {
    struct journal_entry entry;
    char *texts; /* what entry.refusal points to, or NULL */
};

/* Where the next read goes on, if it asks for the sequence that follows. */
struct bookmark {
    uint64_t segment;
    int64_t offset;
    uint64_t sequence;
};

struct journal_reader {
    struct journal *journal;
    uv_work_t work;
    bool busy;
    bool destroyed;
    journal_read_cb callback;
    void *data;
    struct bookmark bookmark;
    struct buffer bytes;

    /* For the thread pool: what to read, and what came of it. */
    char *path;
    struct segment_header header;
    int64_t offset;
    int64_t end;           /* of what is committed in this segment */
    uint64_t from;
    uint64_t last_here;    /* records behind this one belong to the next segment */
    size_t max_bytes;
    uint64_t damaged_at;   /* offset, 0: none */
    struct found *found;
    size_t found_count;
    size_t found_capacity;
    int error;
};

struct journal_reader *journal_reader_create(struct journal *journal)
{
    struct journal_reader *reader = xcalloc(1, sizeof(*reader));
    reader->journal = journal;
    return reader;
}

static void free_found(struct found *found, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        paku_record_unref(found[i].entry.record);
        free(found[i].texts);
    }
    free(found);
}

static void reader_free(struct journal_reader *reader)
{
    free_found(reader->found, reader->found_count);
    free(reader->path);
    buffer_finish(&reader->bytes);
    free(reader);
}

void journal_reader_destroy(struct journal_reader *reader)
{
    if (reader == NULL)
        return;
    reader->destroyed = true;
    if (!reader->busy)
        reader_free(reader);
}

/* -- On the thread pool -- */

static int read_chunk(struct journal_reader *reader)
{
    int file = open(reader->path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -errno;
    size_t size = (size_t)(reader->end - reader->offset);
    if (size > reader->max_bytes)
        size = reader->max_bytes;
    buffer_clear(&reader->bytes);
    char *at = buffer_reserve(&reader->bytes, size);
    ssize_t got = 0;
    while (reader->bytes.size < size &&
        (got = pread(file, at + reader->bytes.size, size - reader->bytes.size,
             reader->offset + (off_t)reader->bytes.size)) > 0)
        reader->bytes.size += (size_t)got;
    int error = got < 0 ? -errno : 0;
    close(file);
    return error;
}

static void add_found(struct journal_reader *reader, const struct record_frame *frame)
{
    struct paku_record *record;
    if (frame->sequence < reader->from || frame->sequence > reader->last_here ||
        record_decode(frame->record, &record) < 0)
        return;
    struct found found = {
        .entry = {.sequence = frame->sequence, .routes = frame->routes, .record = record},
    };
    if (frame->by.size > 0) {
        found.texts = xmalloc(frame->by.size + frame->reason.size + 2);
        memcpy(found.texts, frame->by.data, frame->by.size);
        found.texts[frame->by.size] = '\0';
        char *reason = found.texts + frame->by.size + 1;
        memcpy(reason, frame->reason.data, frame->reason.size);
        reason[frame->reason.size] = '\0';
        found.entry.refusal = (struct refusal){found.texts, reason};
    }
    reader->found = xgrow(reader->found, &reader->found_capacity, reader->found_count + 1,
        sizeof(*reader->found));
    reader->found[reader->found_count++] = found;
}

/* Takes the whole frames of the chunk; returns behind the last one. A frame that the chunk cuts off is
 * no damage unless the chunk reaches the committed end. */
static size_t take_frames(struct journal_reader *reader, bool whole)
{
    struct paku_text bytes = {reader->bytes.data, reader->bytes.size};
    struct frame frame;
    struct record_frame record;
    size_t at = 0;
    while (at < bytes.size) {
        if (segment_next(&reader->header, bytes, &at, &frame) == SEGMENT_FRAME) {
            if (frame.type == FRAME_RECORD && record_frame_decode(frame.body, &record) == 0)
                add_found(reader, &record);
            continue;
        }
        size_t next = segment_resume(&reader->header, bytes, at);
        if (next == bytes.size && !whole)
            return at;
        if (reader->damaged_at == 0)
            reader->damaged_at = (uint64_t)reader->offset + at;
        at = next;
    }
    return at;
}

/* A chunk in which no frame ends (a large record, or damage) is read again, larger. */
static void handle_read(uv_work_t *work)
{
    struct journal_reader *reader = work->data;
    reader->damaged_at = 0;
    for (;;) {
        reader->error = read_chunk(reader);
        if (reader->error < 0)
            return;
        bool whole = reader->offset + (int64_t)reader->bytes.size >= reader->end ||
            reader->bytes.size < reader->max_bytes;
        size_t taken = take_frames(reader, whole);
        reader->offset = whole ? reader->end : reader->offset + (int64_t)taken;
        if (reader->found_count > 0 || reader->offset >= reader->end)
            return;
        if (taken == 0)
            reader->max_bytes *= 2;
    }
}

/* -- On the loop -- */

static const struct segment *segment_of(const struct journal *journal, uint64_t sequence,
    uint64_t *ret_last)
{
    for (size_t i = journal->segment_count; i > 0; i--) {
        const struct segment *segment = &journal->segments[i - 1];
        if (segment->header.first_sequence > sequence && i > 1)
            continue;
        *ret_last = i < journal->segment_count
            ? journal->segments[i].header.first_sequence - 1 : journal->written;
        return segment;
    }
    return NULL;
}

static void handle_read_done(uv_work_t *work, int status);

static bool queue_read(struct journal_reader *reader)
{
    struct journal *journal = reader->journal;
    if (reader->from > journal->written)
        return false;
    const struct segment *segment = segment_of(journal, reader->from, &reader->last_here);
    if (segment == NULL)
        return false;
    const struct bookmark *mark = &reader->bookmark;
    bool goes_on = mark->segment == segment->header.number && mark->sequence == reader->from;
    free(reader->path);
    reader->path = segment_path(journal, segment->header.number);
    reader->header = segment->header;
    reader->offset = goes_on ? mark->offset : SEGMENT_HEADER_SIZE;
    reader->end = segment->end;
    reader->work.data = reader;
    reader->busy = true;
    uv_queue_work(journal->loop, &reader->work, handle_read, handle_read_done);
    return true;
}

static void report_lost(struct journal_reader *reader, uint64_t first, uint64_t last)
{
    struct journal *journal = reader->journal;
    if (reader->damaged_at != 0)
        logger_write(journal->logger, PAKU_ERROR, journal->name,
            "%s is damaged at offset %" PRIu64 ": the records %" PRIu64 " to %" PRIu64
            " cannot be read", reader->path, reader->damaged_at, first, last);
    else
        logger_write(journal->logger, PAKU_ERROR, journal->name,
            "the records %" PRIu64 " to %" PRIu64 " are missing from the journal", first, last);
}

/* Sequences that should be there and are not, up to the last one found or the segment's last. */
static uint64_t count_lost(struct journal_reader *reader, uint64_t last)
{
    uint64_t expected = reader->from, lost = 0;
    for (size_t i = 0; i <= reader->found_count; i++) {
        uint64_t next = i < reader->found_count ? reader->found[i].entry.sequence : last + 1;
        if (next > expected) {
            report_lost(reader, expected, next - 1);
            lost += next - expected;
        }
        expected = next + 1;
    }
    return lost;
}

/* The callback may begin the next read, or destroy the reader: what was found is not the reader's any
 * more by then. */
static void deliver(struct journal_reader *reader, uint64_t lost)
{
    size_t count = reader->found_count;
    struct found *found = reader->found;
    struct journal_entry *entries = xcalloc(count + 1, sizeof(*entries));
    for (size_t i = 0; i < count; i++)
        entries[i] = found[i].entry;
    reader->found = NULL;
    reader->found_count = reader->found_capacity = 0;
    reader->callback(reader->data, reader->error, entries, count, lost);
    free_found(found, count);
    free(entries);
}

static void handle_read_done(uv_work_t *work, int status)
{
    struct journal_reader *reader = work->data;
    (void)status;
    reader->busy = false;
    if (reader->destroyed) {
        reader_free(reader);
        return;
    }
    if (reader->error < 0) {
        logger_write(reader->journal->logger, PAKU_ERROR, reader->journal->name,
            "cannot read %s: %s", reader->path, strerror(-reader->error));
        deliver(reader, 0);
        return;
    }
    bool at_end = reader->offset >= reader->end;
    uint64_t last = reader->last_here;
    if (!at_end)
        last = reader->found[reader->found_count - 1].entry.sequence;
    uint64_t lost = count_lost(reader, last);
    reader->bookmark = (struct bookmark){reader->header.number, reader->offset, last + 1};
    reader->from = last + 1;
    bool empty = reader->found_count == 0;
    if (empty && lost == 0 && queue_read(reader))
        return;
    deliver(reader, lost);
}

void journal_reader_read(struct journal_reader *reader, uint64_t from, size_t max_bytes,
    journal_read_cb callback, void *data)
{
    reader->callback = callback;
    reader->data = data;
    reader->from = from;
    reader->max_bytes = max_bytes;
    reader->error = 0;
    reader->damaged_at = 0;
    if (!queue_read(reader))
        callback(data, 0, NULL, 0, 0);
}
