/* SPDX-License-Identifier: Apache-2.0 */
/* Opening what an earlier run left: intact, torn at its end, or damaged. */
#include "delivery/journal_private.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What reading a whole segment told. */
struct scan {
    bool commits;          /* it holds at least one whole commit */
    size_t committed_end;  /* behind the last one */
    uint64_t sequence;     /* of the last one */
    size_t last_byte;      /* behind the last byte that is not zero */
    size_t damage_at;      /* of the first damage before committed_end; 0: none */
};

static int read_file(const char *path, struct buffer *bytes)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status) < 0) {
        int error = -errno;
        if (file >= 0)
            close(file);
        return error;
    }
    char *at = buffer_reserve(bytes, (size_t)status.st_size + 1);
    ssize_t got;
    while ((got = pread(file, at + bytes->size, (size_t)status.st_size - bytes->size,
                (off_t)bytes->size)) > 0)
        bytes->size += (size_t)got;
    int error = got < 0 ? -errno : 0;
    close(file);
    return error;
}

/* -- The table from frames -- */

static void apply_changes(struct table *table, struct paku_text body)
{
    struct change change;
    while (change_decode(&body, &change) == 0) {
        if (change.value.data != NULL)
            table_put(table, change.key, change.value);
        else
            table_delete(table, change.key);
    }
}

/* Frames of a group count only once its commit is read: from `begin` to `end` lies a whole group. */
static void apply_group(struct table *table, const struct segment_header *header,
    struct paku_text bytes, size_t begin, size_t end)
{
    struct frame frame;
    size_t at = begin;
    while (at < end) {
        if (segment_next(header, bytes, &at, &frame) != SEGMENT_FRAME) {
            at = segment_resume(header, bytes, at);
            continue;
        }
        if (frame.type == FRAME_SNAPSHOT)
            table_finish(table);
        if (frame.type == FRAME_SNAPSHOT || frame.type == FRAME_CHANGES)
            apply_changes(table, frame.body);
    }
}

/* Reads all frames; with a table, applies what was committed to it. */
static struct scan scan_segment(const struct segment_header *header, struct paku_text bytes,
    struct table *table)
{
    struct scan scan = {.committed_end = SEGMENT_HEADER_SIZE, .last_byte = bytes.size};
    size_t at = SEGMENT_HEADER_SIZE, group = at, damage = 0;
    struct frame frame;
    while (scan.last_byte > 0 && bytes.data[scan.last_byte - 1] == 0)
        scan.last_byte--;
    while (at < bytes.size) {
        enum segment_next next = segment_next(header, bytes, &at, &frame);
        if (next == SEGMENT_END)
            break;
        if (next == SEGMENT_DAMAGE) {
            damage = damage == 0 ? at : damage;
            at = segment_resume(header, bytes, at);
            continue;
        }
        if (frame.type != FRAME_COMMIT ||
            commit_frame_decode(frame.body, &scan.sequence) < 0)
            continue;
        if (table != NULL)
            apply_group(table, header, bytes, group, at);
        scan.commits = true;
        scan.committed_end = group = at;
        scan.damage_at = scan.damage_at == 0 ? damage : scan.damage_at;
    }
    if (scan.last_byte < scan.committed_end)
        scan.last_byte = scan.committed_end; /* a frame may end in zeros */
    return scan;
}

/* -- The folder -- */

static int is_segment(const struct dirent *entry)
{
    static const size_t digits = 16;
    return strlen(entry->d_name) == digits + strlen(SEGMENT_SUFFIX) &&
        strspn(entry->d_name, "0123456789abcdef") == digits &&
        strcmp(entry->d_name + digits, SEGMENT_SUFFIX) == 0;
}

static void set_aside(struct journal *journal, const char *path, const char *suffix,
    const char *why)
{
    char *aside = xasprintf("%s%s", path, suffix);
    bool moved = rename(path, aside) == 0;
    logger_write(journal->logger, PAKU_ERROR, journal->name, "%s: %s; %s %s", path, why,
        moved ? "set aside as" : "it could not be set aside as", aside);
    free(aside);
}

static int refuse_version(struct journal *journal, const char *path, uint32_t version)
{
    logger_write(journal->logger, PAKU_ERROR, journal->name,
        "%s has journal format %u, this paku knows %u: it was written by a newer paku; use that "
        "one", path, version, SEGMENT_VERSION);
    return -EPROTO;
}

static void segment_add(struct journal *journal, const struct segment_header *header,
    const struct stat *status)
{
    journal->segments = xgrow(journal->segments, &journal->segment_capacity,
        journal->segment_count + 1, sizeof(*journal->segments));
    journal->segments[journal->segment_count++] = (struct segment){
        .header = *header,
        .bytes = status->st_size,
        .end = status->st_size,
        .closed_ms = (int64_t)status->st_mtim.tv_sec * 1000,
    };
    journal->bytes += status->st_size;
}

/* The header alone; the newest segments are read whole later. */
static int list_segment(struct journal *journal, const char *path, uint64_t number)
{
    char bytes[SEGMENT_HEADER_SIZE];
    struct segment_header header;
    struct stat status;
    uint32_t version = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) < 0) {
        int error = -errno;
        logger_write(journal->logger, PAKU_ERROR, journal->name, "cannot read %s: %s", path,
            strerror(errno));
        if (file >= 0)
            close(file);
        return error;
    }
    ssize_t size = pread(file, bytes, sizeof(bytes), 0);
    close(file);
    int error = segment_header_decode(bytes, size > 0 ? (size_t)size : 0, &header, &version);
    if (error == -EPROTO)
        return refuse_version(journal, path, version);
    journal->next_number = number + 1;
    if (error < 0 && status.st_size == 0)
        unlink(path); /* made, and then the power went: it never held anything */
    else if (error < 0 || header.number != number)
        set_aside(journal, path, ".damaged", "its header is damaged");
    else
        segment_add(journal, &header, &status);
    return 0;
}

static int list_segments(struct journal *journal)
{
    struct dirent **entries;
    int count = scandir(journal->options.directory, &entries, is_segment, alphasort);
    int error = count < 0 ? -errno : 0;
    for (int i = 0; i < count; i++) {
        char *path = xasprintf("%s/%s", journal->options.directory, entries[i]->d_name);
        if (error == 0)
            error = list_segment(journal, path, strtoull(entries[i]->d_name, NULL, 16));
        free(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return error;
}

/* A segment of another journal that was copied here: the newest one says which journal this is. */
static void remove_foreign(struct journal *journal)
{
    size_t kept = 0;
    for (size_t i = 0; i < journal->segment_count; i++) {
        const struct segment *segment = &journal->segments[i];
        if (memcmp(segment->header.journal, journal->id, sizeof(journal->id)) == 0) {
            journal->segments[kept++] = *segment;
            continue;
        }
        char *path = segment_path(journal, segment->header.number);
        set_aside(journal, path, ".foreign", "it belongs to another journal");
        journal->bytes -= segment->bytes;
        free(path);
    }
    journal->segment_count = kept;
}

/* -- The newest segments -- */

static void cut_tail(struct journal *journal, struct segment *segment, const char *path,
    const struct scan *scan)
{
    if (scan->last_byte > scan->committed_end)
        logger_write(journal->logger, PAKU_WARNING, journal->name,
            "%s: cut %zu bytes of an unfinished commit at offset %zu; nobody was told that they "
            "are safe", path, scan->last_byte - scan->committed_end, scan->committed_end);
    if (truncate(path, (off_t)scan->committed_end) < 0)
        logger_write(journal->logger, PAKU_WARNING, journal->name, "cannot cut %s: %s", path,
            strerror(errno));
    journal->bytes -= segment->bytes - (int64_t)scan->committed_end;
    segment->bytes = segment->end = (int64_t)scan->committed_end;
}

static void report_damage(struct journal *journal, const char *path, const struct scan *scan)
{
    if (scan->damage_at != 0)
        logger_write(journal->logger, PAKU_ERROR, journal->name,
            "%s is damaged at offset %zu: reading on behind it; what cannot be read is counted as "
            "lost when it is delivered", path, scan->damage_at);
}

/* Takes the table and the last sequence from the newest segment. False when no commit of it is whole:
 * then the segment before is the newest. */
static int take_newest(struct journal *journal, bool *ret_taken)
{
    struct segment *segment = newest_segment(journal);
    char *path = segment_path(journal, segment->header.number);
    struct buffer bytes = {0};
    int error = read_file(path, &bytes);
    *ret_taken = false;
    if (error < 0) {
        logger_write(journal->logger, PAKU_ERROR, journal->name, "cannot read %s: %s", path,
            strerror(-error));
    } else {
        struct paku_text text = {bytes.data, bytes.size};
        struct scan scan = scan_segment(&segment->header, text, &journal->table);
        *ret_taken = scan.commits;
        if (scan.commits) {
            journal->sequence = scan.sequence;
            journal->epoch = segment->header.epoch;
            report_damage(journal, path, &scan);
            cut_tail(journal, segment, path, &scan);
        } else {
            logger_write(journal->logger, PAKU_WARNING, journal->name,
                "%s: cut all of its %zu bytes, an unfinished commit", path, scan.last_byte);
            journal->bytes -= segment->bytes;
            journal->segment_count--;
            unlink(path);
        }
    }
    buffer_finish(&bytes);
    free(path);
    return error;
}

/* After a crash with a failing disk the newest segment may be behind an abandoned one; what the
 * sequences say is what counts: never fall back behind the header of a segment that was there. */
int journal_recover(struct journal *journal)
{
    int error = list_segments(journal);
    if (error < 0)
        return error;
    if (journal->segment_count > 0)
        memcpy(journal->id, newest_segment(journal)->header.journal, sizeof(journal->id));
    remove_foreign(journal);
    bool taken = false;
    while (error == 0 && !taken && journal->segment_count > 0)
        error = take_newest(journal, &taken);
    return error;
}
