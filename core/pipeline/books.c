/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/books.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "delivery/dispatcher.h"
#include "delivery/segment.h"
#include "delivery/table.h"
#include "pipeline/router.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CURSOR_PREFIX "cursor/"
#define DEAD_LETTERS "dead letters"

/* -- Segments -- */

static int is_segment(const struct dirent *entry)
{
    const char *dot = strchr(entry->d_name, '.');
    return dot != NULL && strcmp(dot, ".segment") == 0;
}

static int read_file(const char *path, struct buffer *bytes)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0)
        return -errno;
    int error = fstat(file, &status) < 0 ? -errno : 0;
    ssize_t got = error;
    while (error == 0 && bytes->size < (size_t)status.st_size) {
        size_t room = (size_t)status.st_size - bytes->size;
        got = pread(file, buffer_reserve(bytes, room), room, (off_t)bytes->size);
        if (got <= 0)
            break; /* the daemon has cut it meanwhile */
        bytes->size += (size_t)got;
    }
    error = got < 0 && error == 0 ? -errno : error;
    close(file);
    return error;
}

static void apply(struct table *table, const struct frame *frame)
{
    struct paku_text body = frame->body;
    struct change change;
    if (frame->type == FRAME_SNAPSHOT)
        table_finish(table);
    while (change_decode(&body, &change) == 0) {
        if (change.value.data != NULL)
            table_put(table, change.key, change.value);
        else
            table_delete(table, change.key);
    }
}

/* Applies a group once its commit is there. True when there was one at least. */
static bool read_frames(const struct segment_header *header, struct paku_text bytes,
    struct table *table, uint64_t *ret_sequence)
{
    size_t at = SEGMENT_HEADER_SIZE, group = at;
    struct frame frame;
    bool commits = false;
    for (;;) {
        enum segment_next next = segment_next(header, bytes, &at, &frame);
        if (next == SEGMENT_END)
            return commits;
        if (next == SEGMENT_DAMAGE) {
            at = segment_resume(header, bytes, at);
            continue;
        }
        if (frame.type != FRAME_COMMIT || commit_frame_decode(frame.body, ret_sequence) < 0)
            continue;
        for (size_t begin = group; begin < at;) {
            if (segment_next(header, bytes, &begin, &frame) != SEGMENT_FRAME)
                begin = segment_resume(header, bytes, begin);
            else if (frame.type == FRAME_SNAPSHOT || frame.type == FRAME_CHANGES)
                apply(table, &frame);
        }
        group = at;
        commits = true;
    }
}

static int read_segment(const char *path, struct books *books, struct table *table)
{
    struct buffer bytes = {0};
    struct segment_header header;
    uint32_t version = 0;
    int error = read_file(path, &bytes);
    if (error == 0)
        error = segment_header_decode(bytes.data, bytes.size, &header, &version);
    if (error == 0 && !read_frames(&header, (struct paku_text){bytes.data, bytes.size}, table,
                          &books->sequence))
        error = -EBADMSG;
    if (error == 0) {
        memcpy(books->journal, header.journal, sizeof(books->journal));
        books->epoch = header.epoch;
    }
    buffer_finish(&bytes);
    return error;
}

/* Each segment begins with the whole table, so the newest one with a commit tells all. */
static int read_newest(const char *directory, struct books *books, struct table *table)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, is_segment, alphasort);
    if (count < 0)
        return -errno;
    int error = count == 0 ? -ENOENT : -EBADMSG;
    for (int i = count; i-- > 0;) {
        char *path = xasprintf("%s/%s", directory, entries[i]->d_name);
        struct stat status;
        if (stat(path, &status) == 0) {
            books->segments++;
            books->bytes += status.st_size;
        }
        if (error < 0)
            error = read_segment(path, books, table);
        free(path);
        free(entries[i]);
    }
    free(entries);
    return error;
}

static int64_t read_holder(const char *directory)
{
    char *path = xasprintf("%s/lock", directory);
    int file = open(path, O_RDWR | O_CLOEXEC);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int64_t holder = 0;
    if (file >= 0 && fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
        holder = lock.l_pid;
    if (file >= 0)
        close(file);
    free(path);
    return holder;
}

/* -- The table -- */

static struct output_books *find_output(struct books *books, const char *name, size_t size)
{
    for (size_t i = 0; i < books->output_count; i++) {
        if (strlen(books->outputs[i].name) == size &&
            memcmp(books->outputs[i].name, name, size) == 0)
            return &books->outputs[i];
    }
    books->outputs = xrealloc(books->outputs,
        (books->output_count + 1) * sizeof(*books->outputs));
    books->outputs[books->output_count] = (struct output_books){
        .name = xstrndup(name, size), .cursor = UINT64_MAX, .balances = true};
    return &books->outputs[books->output_count++];
}

/* "cursor/<output>/<lane>": see docs/journal-format.md, "Cursors". */
static void handle_cursor(void *data, struct paku_text key, struct paku_text value)
{
    struct books *books = data;
    const char *name = key.data + strlen(CURSOR_PREFIX), *key_end = key.data + key.size;
    const char *slash = memrchr(name, '/', (size_t)(key_end - name));
    struct lane_cursor found;
    if (slash == NULL || lane_cursor_decode(value, &found) < 0)
        return;
    const struct lane_ledger *ledger = &found.ledger;
    struct output_books *output = find_output(books, name, (size_t)(slash - name));
    uint64_t done = ledger->delivered + ledger->dead + ledger->dropped + ledger->lost;
    uint64_t behind = books->sequence - found.cursor;
    if (found.cursor > books->sequence || done > ledger->routed || ledger->routed - done > behind)
        output->balances = false;
    output->ledger.routed += ledger->routed;
    output->ledger.delivered += ledger->delivered;
    output->ledger.dead += ledger->dead;
    output->ledger.dropped += ledger->dropped;
    output->ledger.lost += ledger->lost;
    output->pending += ledger->routed - done;
    output->cursor = found.cursor < output->cursor ? found.cursor : output->cursor;
}

static int by_name(const void *left, const void *right)
{
    return strcmp(((const struct output_books *)left)->name,
        ((const struct output_books *)right)->name);
}

int books_read(const char *directory, struct books *ret_books)
{
    struct books books = {0};
    struct table table = {0};
    int error = read_newest(directory, &books, &table);
    if (error == 0) {
        struct paku_text ledger = table_get(&table,
            (struct paku_text){LEDGER_KEY, strlen(LEDGER_KEY)});
        if (ledger.data != NULL)
            error = ledger_decode(ledger, &books.ledger);
        table_each(&table, (struct paku_text){CURSOR_PREFIX, strlen(CURSOR_PREFIX)},
            handle_cursor, &books);
    }
    table_finish(&table);
    if (error < 0) {
        books_finish(&books);
        return error;
    }
    if (books.output_count > 1)
        qsort(books.outputs, books.output_count, sizeof(*books.outputs), by_name);
    books.holder = read_holder(directory);
    *ret_books = books;
    return 0;
}

void books_finish(struct books *books)
{
    for (size_t i = 0; i < books->output_count; i++)
        free(books->outputs[i].name);
    free(books->outputs);
    *books = (struct books){0};
}

bool books_balance(const struct books *books)
{
    const struct ledger *ledger = &books->ledger;
    bool balance = ledger_difference(ledger) == 0 &&
        ledger->appended + ledger->rejected == books->sequence;
    for (size_t i = 0; i < books->output_count; i++) {
        const struct output_books *output = &books->outputs[i];
        balance = balance && output->balances;
        if (strcmp(output->name, DEAD_LETTERS) == 0)
            balance = balance && output->ledger.routed == ledger->rejected;
    }
    return balance;
}
