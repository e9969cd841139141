/* SPDX-License-Identifier: Apache-2.0 */
/* Groups on their way to disk, new segments, and the end of old ones. */
#include "delivery/journal_private.h"

#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ALLOCATION_STEP (1 << 20)
#define RETRY_FIRST_MS 100
#define RETRY_MOST_MS 5000

/* -- On the thread pool: nothing here touches the journal but its file -- */

static int write_all(int file, const char *data, size_t size, int64_t offset)
{
    while (size > 0) {
        ssize_t written = pwrite(file, data, size, offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? -errno : -ENOSPC;
        data += written;
        size -= (size_t)written;
        offset += written;
    }
    return 0;
}

/* Space is taken ahead in steps: a sync then need not write the file's size, and a full disk shows
 * here, before a byte of the group is written. */
static int allocate(struct write_job *job, int64_t needed)
{
    int file = job->journal->file;
    if (needed <= job->segment.bytes)
        return 0;
    int64_t target = (needed + ALLOCATION_STEP - 1) / ALLOCATION_STEP * ALLOCATION_STEP;
    int error = posix_fallocate(file, job->segment.bytes, target - job->segment.bytes);
    if (error == 0)
        job->segment.bytes = target;
    else if (error == EOPNOTSUPP || error == EINVAL)
        job->segment.bytes = needed;
    else /* the last step may not fit where the group itself does */
        error = posix_fallocate(file, job->segment.bytes, needed - job->segment.bytes);
    if (error != 0 && error != EOPNOTSUPP && error != EINVAL)
        return -error;
    if (job->segment.bytes < needed)
        job->segment.bytes = needed;
    return 0;
}

static int sync_directory(const char *path)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = directory < 0 || fsync(directory) < 0 ? -errno : 0;
    if (directory >= 0)
        close(directory);
    return error;
}

static int create_file(struct write_job *job)
{
    char header[SEGMENT_HEADER_SIZE];
    char *path = segment_path(job->journal, job->segment.header.number);
    job->what = "create a segment";
    job->journal->file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int error = job->journal->file < 0 ? -errno : 0;
    free(path);
    if (error < 0)
        return error;
    segment_header_encode(&job->segment.header, header);
    job->segment.bytes = 0;
    error = allocate(job, (int64_t)(SEGMENT_HEADER_SIZE + job->head.size));
    if (error == 0)
        error = write_all(job->journal->file, header, sizeof(header), 0);
    job->segment.end = SEGMENT_HEADER_SIZE;
    return error;
}

static int write_frames(struct write_job *job)
{
    struct buffer *parts[] = {&job->head, &job->group.frames, &job->tail};
    int64_t at = job->segment.end;
    size_t total = 0;
    for (size_t i = 0; i < 3; i++) {
        frames_seal(parts[i]->data, parts[i]->size, &job->segment.header);
        total += parts[i]->size;
    }
    job->what = "allocate space";
    int error = allocate(job, at + (int64_t)total);
    job->what = error < 0 ? job->what : "write";
    for (size_t i = 0; i < 3 && error == 0; i++) {
        error = write_all(job->journal->file, parts[i]->data, parts[i]->size, at);
        at += (int64_t)parts[i]->size;
    }
    if (error == 0)
        job->segment.end = at;
    return error;
}

static int sync_file(struct write_job *job)
{
    if (job->journal->options.durability != DURABILITY_COMMITTED)
        return 0;
    job->what = "sync";
    if (fdatasync(job->journal->file) < 0)
        return -errno;
    job->journal->syncs++;
    return job->creates ? sync_directory(job->journal->options.directory) : 0;
}

/* What a failed write left behind is cut off as far as the disk lets us; readers cope if it does not.
 * The file is not written to again: after a failed sync the kernel may have dropped its pages. */
static void abandon_file(struct write_job *job, int64_t good_end)
{
    struct journal *journal = job->journal;
    if (job->creates) {
        char *path = segment_path(journal, job->segment.header.number);
        unlink(path);
        free(path);
    } else if (journal->file >= 0 && ftruncate(journal->file, good_end) == 0) {
        fdatasync(journal->file);
    }
    if (journal->file >= 0)
        close(journal->file);
    journal->file = -1;
}

static void handle_write(uv_work_t *work)
{
    struct write_job *job = work->data;
    int64_t good_end = job->segment.end;
    job->error = 0;
    if (job->creates) {
        if (job->journal->file >= 0) { /* the segment before: complete, and synced with its commits */
            if (ftruncate(job->journal->file, good_end) < 0)
                job->what = "close a segment"; /* zeros at its end do no harm */
            close(job->journal->file);
        }
        job->journal->file = -1;
        job->error = create_file(job);
    }
    if (job->error == 0)
        job->error = write_frames(job);
    if (job->error == 0)
        job->error = sync_file(job);
    if (job->error < 0)
        abandon_file(job, good_end);
}

/* -- On the loop -- */

static int64_t wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void push_snapshot_entry(void *data, struct paku_text key, struct paku_text value)
{
    change_encode(data, key, value);
}

static void encode_tail(struct write_job *job)
{
    buffer_clear(&job->tail);
    if (job->group.changes.size > 0 && !job->creates) {
        size_t begin = frame_begin(&job->tail, FRAME_CHANGES);
        buffer_push(&job->tail, job->group.changes.data, job->group.changes.size);
        frame_end(&job->tail, begin);
    }
    size_t begin = frame_begin(&job->tail, FRAME_COMMIT);
    buffer_push_u64_le(&job->tail, job->group.last_sequence);
    frame_end(&job->tail, begin);
}

/* A new segment begins with the whole table as it is with the group that is written with it. */
static void encode_snapshot(struct journal *journal, struct buffer *head)
{
    buffer_clear(head);
    size_t begin = frame_begin(head, FRAME_SNAPSHOT);
    table_each(&journal->table, (struct paku_text){"", 0}, push_snapshot_entry, head);
    frame_end(head, begin);
}

static void begin_segment(struct journal *journal, struct write_job *job, uint64_t first_sequence)
{
    job->creates = true;
    job->segment = (struct segment){
        .header = {
            .epoch = journal->epoch,
            .number = journal->next_number++,
            .first_sequence = first_sequence,
            .created_ns = wall_ms() * 1000000,
        },
        .end = newest_segment(journal) != NULL ? newest_segment(journal)->end : 0,
    };
    memcpy(job->segment.header.journal, journal->id, sizeof(journal->id));
}

static void handle_written(uv_work_t *work, int status);

static void queue_job(struct journal *journal)
{
    struct write_job *job = &journal->job;
    journal->writing = true;
    job->journal = journal;
    job->work.data = job;
    uv_queue_work(journal->loop, &job->work, handle_write, handle_written);
}

static void handle_told_timer(uv_timer_t *timer)
{
    struct journal *journal = timer->data;
    uv_unref((uv_handle_t *)timer);
    journal->events.committed(journal->data, journal->committed);
}

static bool is_due(const struct journal *journal, size_t more)
{
    const struct segment *newest = &journal->segments[journal->segment_count - 1];
    return journal->rolls || journal->file < 0 ||
        newest->end + (int64_t)more > journal->options.segment_bytes;
}

void journal_write_group(struct journal *journal)
{
    struct write_job *job = &journal->job;
    uint64_t before = journal->written;
    struct group spare = job->group;
    job->group = journal->open;
    buffer_clear(&spare.frames);
    buffer_clear(&spare.changes);
    journal->open = spare;
    job->group.last_sequence = journal->sequence;
    size_t size = job->group.frames.size + job->group.changes.size;
    job->creates = false;
    buffer_clear(&job->head);
    if (journal->segment_count == 0 || is_due(journal, size)) {
        begin_segment(journal, job, before + 1);
        encode_snapshot(journal, &job->head);
    } else {
        job->segment = *newest_segment(journal);
    }
    encode_tail(job);
    queue_job(journal);
    if (journal->options.durability == DURABILITY_MEMORY) {
        journal->committed = job->group.last_sequence;
        uv_ref((uv_handle_t *)&journal->told_timer);
        uv_timer_start(&journal->told_timer, handle_told_timer, 0, 0);
    }
}

/* -- After a write -- */

static void adopt_segment(struct journal *journal, const struct write_job *job)
{
    if (!job->creates) {
        struct segment *newest = newest_segment(journal);
        journal->bytes += job->segment.bytes - newest->bytes;
        *newest = job->segment;
        return;
    }
    struct segment *closed = newest_segment(journal);
    if (closed != NULL && closed->closed_ms == 0) {
        closed->closed_ms = wall_ms();
        journal->bytes -= closed->bytes - closed->end;
        closed->bytes = closed->end;
    }
    journal->segments = xgrow(journal->segments, &journal->segment_capacity,
        journal->segment_count + 1, sizeof(*journal->segments));
    journal->segments[journal->segment_count++] = job->segment;
    journal->bytes += job->segment.bytes;
    journal->rolls = false;
}

static void shrink(struct buffer *buffer)
{
    if (buffer->capacity > ALLOCATION_STEP)
        buffer_finish(buffer);
}

static void handle_success(struct journal *journal)
{
    struct write_job *job = &journal->job;
    adopt_segment(journal, job);
    shrink(&job->group.frames);
    shrink(&job->head);
    journal->written = job->group.last_sequence;
    if (journal->failing) {
        journal->failing = false;
        journal->retry_ms = 0;
        logger_write(journal->logger, PAKU_INFO, journal->name,
            "the journal can be written again; nothing was lost");
        journal->events.recovered(journal->data);
    }
    journal->committed = journal->written > journal->committed ? journal->written
                                                               : journal->committed;
    journal->events.committed(journal->data, journal->committed);
    journal_delete_passed(journal);
    journal_check_room(journal);
    if (journal->again || journal->closing)
        journal_commit(journal);
}

/* The open group joins the one that failed: the snapshot for the new segment is of the table as it is
 * now, and must not speak of records that are not in the same commit. */
static void join_open_group(struct journal *journal)
{
    struct group *group = &journal->job.group, *open = &journal->open;
    if (journal->events.prepare != NULL)
        journal->events.prepare(journal->data);
    buffer_push(&group->frames, open->frames.data, open->frames.size);
    group->last_sequence = journal->sequence;
    buffer_clear(&open->frames);
    buffer_clear(&open->changes);
}

static void handle_retry_timer(uv_timer_t *timer)
{
    struct journal *journal = timer->data;
    uv_unref((uv_handle_t *)timer);
    join_open_group(journal);
    begin_segment(journal, &journal->job, journal->written + 1);
    encode_snapshot(journal, &journal->job.head);
    encode_tail(&journal->job);
    queue_job(journal);
}

static void handle_failure(struct journal *journal)
{
    const struct write_job *job = &journal->job;
    journal->retry_ms = journal->retry_ms == 0 ? RETRY_FIRST_MS : journal->retry_ms * 2;
    if (journal->retry_ms > RETRY_MOST_MS)
        journal->retry_ms = RETRY_MOST_MS;
    if (!journal->failing) {
        journal->failing = true;
        logger_write(journal->logger, PAKU_ERROR, journal->name,
            "cannot %s in the journal %s: %s; inputs pause, and it is tried again until it works",
            job->what, journal->options.directory, strerror(-job->error));
        journal->events.failed(journal->data, job->error, job->what);
    }
    uv_ref((uv_handle_t *)&journal->retry_timer);
    uv_timer_start(&journal->retry_timer, handle_retry_timer, (uint64_t)journal->retry_ms, 0);
}

static void handle_written(uv_work_t *work, int status)
{
    struct write_job *job = work->data;
    struct journal *journal = job->journal;
    assert(status == 0);
    journal->writing = false;
    if (job->error < 0)
        handle_failure(journal);
    else
        handle_success(journal);
    journal_close_if_idle(journal);
}

/* -- Room -- */

static void delete_oldest(struct journal *journal)
{
    char *path = segment_path(journal, journal->segments[0].header.number);
    if (unlink(path) < 0 && errno != ENOENT)
        logger_write(journal->logger, PAKU_WARNING, journal->name, "cannot delete %s: %s", path,
            strerror(errno));
    free(path);
    journal->bytes -= journal->segments[0].bytes;
    memmove(journal->segments, journal->segments + 1,
        --journal->segment_count * sizeof(*journal->segments));
}

static bool is_passed(const struct journal *journal)
{
    return journal->segment_count > 1 &&
        journal->segments[1].header.first_sequence <= journal->released + 1;
}

void journal_delete_passed(struct journal *journal)
{
    int64_t now = wall_ms();
    while (is_passed(journal) &&
        (journal->bytes >= journal->options.max_bytes ||
            now - journal->segments[0].closed_ms >= journal->options.retain_ms))
        delete_oldest(journal);
    journal_check_room(journal);
}

void journal_check_room(struct journal *journal)
{
    int64_t slack = journal->options.max_bytes / 16;
    if (slack < journal->options.segment_bytes)
        slack = journal->options.segment_bytes;
    if (!journal->full && journal->bytes >= journal->options.max_bytes) {
        journal->full = true;
        /* The newest segment is part of the room: passed or not, it can only go once it is closed. */
        journal->rolls = true;
        journal->events.full(journal->data);
    } else if (journal->full && journal->bytes <= journal->options.max_bytes - slack) {
        journal->full = false;
        journal->events.room(journal->data);
    }
}

uint64_t journal_drop_oldest(struct journal *journal)
{
    if (journal->segment_count > 1)
        delete_oldest(journal);
    journal_check_room(journal);
    return journal_first(journal);
}
