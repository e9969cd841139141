/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/journal_private.h"

#include "base/memory.h"
#include "record/record.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_MAX 512
#define VALUE_MAX 65536
#define BY_MAX 255
#define REASON_MAX 4096
#define RETAIN_CHECK_MS 60000

char *segment_path(const struct journal *journal, uint64_t number)
{
    return xasprintf("%s/%016" PRIx64 SEGMENT_SUFFIX, journal->options.directory, number);
}

struct segment *newest_segment(struct journal *journal)
{
    return journal->segment_count > 0 ? &journal->segments[journal->segment_count - 1] : NULL;
}

/* -- Opening -- */

static int make_directory(const char *path)
{
    char *copy = xstrdup(path);
    int error = 0;
    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(copy, 0700) < 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
            break;
        *slash = '/';
    }
    free(copy);
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        error = -errno;
    return error;
}

/* The kernel lets go of the lock when the process ends, however it ends, and knows who has it. */
static int take_lock(struct journal *journal, int64_t *ret_holder)
{
    char *path = xasprintf("%s/lock", journal->options.directory);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int error = 0;
    journal->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (journal->lock < 0) {
        error = -errno;
    } else if (fcntl(journal->lock, F_SETLK, &lock) < 0) {
        error = errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
        if (error == -EBUSY && fcntl(journal->lock, F_GETLK, &lock) == 0 &&
            lock.l_type != F_UNLCK)
            *ret_holder = lock.l_pid;
    }
    free(path);
    return error;
}

static void handle_retain_timer(uv_timer_t *timer)
{
    journal_delete_passed(timer->data);
}

static void init_timer(struct journal *journal, uv_timer_t *timer)
{
    uv_timer_init(journal->loop, timer);
    uv_unref((uv_handle_t *)timer);
    timer->data = journal;
    journal->open_handles++;
}

/* Gives back what was allocated ahead: zeros that would do no harm. */
static void close_file(struct journal *journal)
{
    if (journal->file < 0)
        return;
    if (ftruncate(journal->file, newest_segment(journal)->end) < 0)
        logger_write(journal->logger, PAKU_DEBUG, journal->name, "cannot shorten a segment: %s",
            strerror(errno));
    close(journal->file);
}

static void journal_free(struct journal *journal)
{
    close_file(journal);
    if (journal->lock >= 0)
        close(journal->lock);
    table_finish(&journal->table);
    buffer_finish(&journal->open.frames);
    buffer_finish(&journal->open.changes);
    buffer_finish(&journal->job.group.frames);
    buffer_finish(&journal->job.group.changes);
    buffer_finish(&journal->job.head);
    buffer_finish(&journal->job.tail);
    free(journal->segments);
    free((char *)journal->options.directory);
    free(journal->name);
    free(journal);
}

static struct journal *journal_create(const struct journal_options *options,
    struct uv_loop_s *loop, struct logger *logger, const char *name,
    const struct journal_events *events, void *data)
{
    struct journal *journal = xcalloc(1, sizeof(*journal));
    journal->options = *options;
    journal->options.directory = xstrdup(options->directory);
    if (journal->options.segment_bytes > options->max_bytes / 4)
        journal->options.segment_bytes = options->max_bytes / 4;
    journal->loop = loop;
    journal->logger = logger;
    journal->name = xstrdup(name);
    journal->events = *events;
    journal->data = data;
    journal->lock = -1;
    journal->file = -1;
    journal->epoch = 1;
    journal->next_number = 1;
    return journal;
}

static int open_directory(struct journal *journal, int64_t *ret_holder)
{
    const char *directory = journal->options.directory;
    int error = make_directory(directory);
    if (error == 0)
        error = take_lock(journal, ret_holder);
    if (error == -EBUSY)
        logger_write(journal->logger, PAKU_ERROR, journal->name,
            "the journal %s is in use by process %" PRId64 ": stop that one, or give this one "
            "another data_directory", directory, *ret_holder);
    else if (error < 0)
        logger_write(journal->logger, PAKU_ERROR, journal->name, "cannot open the journal %s: %s",
            directory, strerror(-error));
    return error;
}

int journal_open(const struct journal_options *options, struct uv_loop_s *loop,
    struct logger *logger, const char *name, const struct journal_events *events, void *data,
    struct journal **ret_journal, int64_t *ret_holder)
{
    struct journal *journal = journal_create(options, loop, logger, name, events, data);
    *ret_holder = 0;
    int error = open_directory(journal, ret_holder);
    if (error == 0 && getrandom(journal->id, sizeof(journal->id), 0) != sizeof(journal->id))
        error = -EIO;
    if (error == 0)
        error = journal_recover(journal);
    if (error < 0) {
        journal_free(journal);
        return error;
    }
    journal->committed = journal->written = journal->sequence;
    init_timer(journal, &journal->retry_timer);
    init_timer(journal, &journal->retain_timer);
    init_timer(journal, &journal->told_timer);
    uv_timer_start(&journal->retain_timer, handle_retain_timer, RETAIN_CHECK_MS, RETAIN_CHECK_MS);
    journal->full = journal->bytes >= journal->options.max_bytes;
    *ret_journal = journal;
    return 0;
}

/* -- Appending -- */

static size_t bounded(const char *text, size_t most)
{
    return text != NULL ? strnlen(text, most) : 0;
}

static void encode_record(struct journal *journal, struct paku_record *record, uint64_t routes,
    const struct refusal *refusal)
{
    struct buffer *frames = &journal->open.frames;
    static const struct refusal none;
    if (refusal == NULL)
        refusal = &none;
    size_t by = bounded(refusal->by, BY_MAX), reason = bounded(refusal->reason, REASON_MAX);
    size_t begin = frame_begin(frames, FRAME_RECORD);
    buffer_push_u64_le(frames, journal->sequence);
    buffer_push_u64_le(frames, routes);
    buffer_push_u8(frames, (uint8_t)by);
    buffer_push(frames, refusal->by, by);
    buffer_push_u16_le(frames, (uint16_t)reason);
    buffer_push(frames, refusal->reason, reason);
    record_encode(record, frames);
    frame_end(frames, begin);
}

uint64_t journal_append(struct journal *journal, struct paku_record *record, uint64_t routes,
    const struct refusal *refusal)
{
    journal->open.last_sequence = ++journal->sequence;
    encode_record(journal, record, routes, refusal);
    return journal->sequence;
}

void journal_put(struct journal *journal, struct paku_text key, struct paku_text value)
{
    assert(key.size > 0 && key.size <= KEY_MAX && value.size <= VALUE_MAX);
    if (value.data == NULL)
        value = (struct paku_text){"", 0};
    table_put(&journal->table, key, value);
    change_encode(&journal->open.changes, key, value);
}

void journal_delete(struct journal *journal, struct paku_text key)
{
    table_delete(&journal->table, key);
    change_encode(&journal->open.changes, key, (struct paku_text){NULL, 0});
}

struct paku_text journal_get(const struct journal *journal, struct paku_text key)
{
    return table_get(&journal->table, key);
}

void journal_each(const struct journal *journal, struct paku_text prefix,
    void (*each)(void *data, struct paku_text key, struct paku_text value), void *data)
{
    table_each(&journal->table, prefix, each, data);
}

void journal_commit(struct journal *journal)
{
    if (journal->writing || journal->failing) {
        journal->again = true;
        return;
    }
    journal->again = false;
    if (journal->events.prepare != NULL &&
        (journal->open.frames.size > 0 || journal->open.changes.size > 0))
        journal->events.prepare(journal->data);
    if (journal->open.frames.size > 0 || journal->open.changes.size > 0)
        journal_write_group(journal);
}

void journal_begin_epoch(struct journal *journal)
{
    journal->epoch++;
    journal->rolls = true;
    logger_write(journal->logger, PAKU_WARNING, journal->name,
        "the journal begins epoch %" PRIu64 " behind sequence %" PRIu64, journal->epoch,
        journal->sequence);
}

/* -- Looking -- */

static struct paku_position position(const struct journal *journal, uint64_t sequence)
{
    struct paku_position at = {.epoch = journal->epoch, .sequence = sequence};
    memcpy(at.journal, journal->id, sizeof(at.journal));
    return at;
}

struct paku_position journal_end(const struct journal *journal)
{
    return position(journal, journal->sequence);
}

struct paku_position journal_committed(const struct journal *journal)
{
    return position(journal, journal->committed);
}

uint64_t journal_first(const struct journal *journal)
{
    return journal->segment_count > 0 ? journal->segments[0].header.first_sequence
                                      : journal->sequence + 1;
}

bool journal_is_full(const struct journal *journal)
{
    return journal->full;
}

int64_t journal_bytes(const struct journal *journal)
{
    return journal->bytes;
}

void journal_release(struct journal *journal, uint64_t sequence)
{
    if (sequence > journal->released)
        journal->released = sequence;
    journal_delete_passed(journal);
}

/* -- Closing -- */

static void handle_handle_closed(uv_handle_t *handle)
{
    struct journal *journal = handle->data;
    if (--journal->open_handles > 0)
        return;
    void (*closed)(void *data) = journal->closed;
    void *data = journal->closed_data;
    journal_free(journal);
    closed(data);
}

void journal_close_if_idle(struct journal *journal)
{
    if (!journal->closing || journal->writing)
        return;
    if (!journal->failing) {
        journal_commit(journal);
        if (journal->writing)
            return;
    } else {
        logger_write(journal->logger, PAKU_ERROR, journal->name,
            "closing although the last records could not be written: their senders were not told "
            "that they are safe");
    }
    uv_close((uv_handle_t *)&journal->retry_timer, handle_handle_closed);
    uv_close((uv_handle_t *)&journal->retain_timer, handle_handle_closed);
    uv_close((uv_handle_t *)&journal->told_timer, handle_handle_closed);
    journal->closing = false;
}

void journal_close(struct journal *journal, void (*closed)(void *data), void *data)
{
    journal->closed = closed;
    journal->closed_data = data;
    journal->closing = true;
    journal_close_if_idle(journal);
}
