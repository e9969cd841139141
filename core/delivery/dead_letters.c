/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/dead_letters.h"

#include "base/memory.h"
#include "delivery/dead_letter_line.h"
#include "delivery/table.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

struct letter_file {
    uint64_t number;
    int64_t bytes;
    uint64_t letters;
};

/* Letters on their way to disk; requests are served one after the other. */
struct request {
    uv_work_t work;
    struct request *next;
    struct dead_letters *letters;
    struct buffer lines;
    uint64_t count;
    int64_t end; /* of the file before: where a torn write is cut off */
    int error;
    void (*added)(void *data, int error);
    void *data;
};

struct dead_letters {
    struct dead_letters_options options; /* directory is our own copy */
    uv_loop_t *loop;
    struct logger *logger;
    int file; /* of the newest; -1 */
    struct letter_file *files; /* oldest first */
    size_t file_count;
    size_t file_capacity;
    struct table keys; /* ids of the letters that are there */
    int64_t bytes;
    uint64_t count;
    bool warned;
    struct request *first, *last;
    void (*closed)(void *data);
    void *closed_data;
    uv_timer_t closing;
};

static char *file_path(const struct dead_letters *letters, uint64_t number)
{
    return xasprintf("%s/%08" PRIu64 LETTER_SUFFIX, letters->options.directory, number);
}

static struct letter_file *newest(struct dead_letters *letters)
{
    return &letters->files[letters->file_count - 1];
}

/* -- Opening -- */

/* Learns the ids of a file's letters; returns how many bytes are whole lines. */
static int64_t learn_file(struct dead_letters *letters, const char *path, struct letter_file *file)
{
    FILE *stream = fopen(path, "re");
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    int64_t whole = 0;
    while (stream != NULL && (size = getline(&line, &capacity, stream)) > 0) {
        if (line[size - 1] != '\n')
            break;
        whole += size;
        file->letters++;
        struct paku_text id;
        if (dead_letter_id((struct paku_text){line, (size_t)size}, &id))
            table_put(&letters->keys, id, (struct paku_text){"", 0});
    }
    free(line);
    if (stream != NULL)
        fclose(stream);
    return whole;
}

static void cut_torn_line(struct dead_letters *letters, const char *path, int64_t size,
    int64_t whole)
{
    if (size == whole)
        return;
    logger_write(letters->logger, PAKU_WARNING, "", "%s: cut %" PRId64 " bytes of an unfinished "
        "last line; its record is still in the journal", path, size - whole);
    if (truncate(path, whole) < 0)
        logger_write(letters->logger, PAKU_WARNING, "", "cannot cut %s: %s", path,
            strerror(errno));
}

static void open_file(struct dead_letters *letters, const char *name)
{
    char *path = xasprintf("%s/%s", letters->options.directory, name);
    struct stat status;
    if (stat(path, &status) == 0) {
        struct letter_file file = {.number = strtoull(name, NULL, 10)};
        file.bytes = learn_file(letters, path, &file);
        cut_torn_line(letters, path, status.st_size, file.bytes);
        letters->files = xgrow(letters->files, &letters->file_capacity, letters->file_count + 1,
            sizeof(*letters->files));
        letters->files[letters->file_count++] = file;
        letters->bytes += file.bytes;
        letters->count += file.letters;
    }
    free(path);
}

int dead_letters_open(const struct dead_letters_options *options, struct uv_loop_s *loop,
    struct logger *logger, struct dead_letters **ret_letters)
{
    struct dirent **entries;
    if (mkdir(options->directory, 0700) < 0 && errno != EEXIST)
        return -errno;
    int count = scandir(options->directory, &entries, dead_letter_file, alphasort);
    if (count < 0)
        return -errno;
    struct dead_letters *letters = xcalloc(1, sizeof(*letters));
    letters->options = *options;
    letters->options.directory = xstrdup(options->directory);
    letters->loop = loop;
    letters->logger = logger;
    letters->file = -1;
    for (int i = 0; i < count; i++) {
        open_file(letters, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    *ret_letters = letters;
    return 0;
}

/* -- Bounds -- */

static void delete_oldest(struct dead_letters *letters)
{
    struct letter_file oldest = letters->files[0];
    char *path = file_path(letters, oldest.number);
    if (unlink(path) < 0 && errno != ENOENT) {
        logger_write(letters->logger, PAKU_ERROR, "", "cannot delete %s: %s", path,
            strerror(errno));
    } else {
        logger_write(letters->logger, PAKU_ERROR, "", "dead letters have reached max_bytes: the "
            "oldest %" PRIu64 " were deleted with %s", oldest.letters, path);
        letters->bytes -= oldest.bytes;
        letters->count -= oldest.letters;
        memmove(letters->files, letters->files + 1,
            --letters->file_count * sizeof(*letters->files));
    }
    free(path);
}

static void keep_bounds(struct dead_letters *letters)
{
    while (letters->bytes > letters->options.max_bytes && letters->file_count > 1) {
        size_t before = letters->file_count;
        delete_oldest(letters);
        if (letters->file_count == before)
            return;
    }
    bool near = letters->bytes > letters->options.max_bytes / 10 * 8;
    if (near && !letters->warned)
        logger_write(letters->logger, PAKU_WARNING, "", "dead letters take more than 80 %% of "
            "dead_letters.max_bytes: look at them with 'paku dlq list'; the oldest will go");
    letters->warned = near;
}

/* -- Writing, on the thread pool -- */

static void handle_write(uv_work_t *work)
{
    struct request *request = work->data;
    int file = request->letters->file;
    size_t done = 0;
    if (request->error < 0)
        return; /* there is no file; told from the loop, as all that happens to a request */
    while (done < request->lines.size && request->error == 0) {
        ssize_t written = pwrite(file, request->lines.data + done, request->lines.size - done,
            request->end + (off_t)done);
        if (written > 0)
            done += (size_t)written;
        else if (errno != EINTR)
            request->error = written < 0 ? -errno : -ENOSPC;
    }
    if (request->error == 0 && fdatasync(file) < 0)
        request->error = -errno;
    if (request->error < 0 && ftruncate(file, request->end) < 0)
        request->error = -errno; /* a torn line is cut at the next opening */
}

/* -- On the loop -- */

static int begin_file(struct dead_letters *letters)
{
    uint64_t number = letters->file_count > 0 ? newest(letters)->number + 1 : 1;
    char *path = file_path(letters, number);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int error = file < 0 ? -errno : 0;
    free(path);
    if (error < 0)
        return error;
    int directory = open(letters->options.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
        fsync(directory);
        close(directory);
    }
    if (letters->file >= 0)
        close(letters->file);
    letters->file = file;
    letters->files = xgrow(letters->files, &letters->file_capacity, letters->file_count + 1,
        sizeof(*letters->files));
    letters->files[letters->file_count++] = (struct letter_file){.number = number};
    return 0;
}

/* After a failed sync the file is not written to again. */
static void abandon_file(struct dead_letters *letters)
{
    if (letters->file >= 0)
        close(letters->file);
    letters->file = -1;
}

static void handle_written(uv_work_t *work, int status);

static void next_request(struct dead_letters *letters)
{
    struct request *request = letters->first;
    if (request == NULL)
        return;
    request->error = 0;
    if (letters->file < 0 || newest(letters)->bytes >= letters->options.file_bytes)
        request->error = begin_file(letters);
    request->end = request->error == 0 ? newest(letters)->bytes : 0;
    request->work.data = request;
    uv_queue_work(letters->loop, &request->work, handle_write, handle_written);
}

static void forget_keys(struct dead_letters *letters, const struct request *request)
{
    const char *line = request->lines.data, *end = line + request->lines.size;
    while (line < end) {
        const char *next = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1;
        struct paku_text id;
        if (dead_letter_id((struct paku_text){line, (size_t)(next - line)}, &id))
            table_delete(&letters->keys, id);
        line = next;
    }
}

static void handle_written(uv_work_t *work, int status)
{
    struct request *request = work->data;
    struct dead_letters *letters = request->letters;
    (void)status;
    if (request->error == 0) {
        newest(letters)->bytes += (int64_t)request->lines.size;
        newest(letters)->letters += request->count;
        letters->bytes += (int64_t)request->lines.size;
        letters->count += request->count;
    } else {
        forget_keys(letters, request);
        abandon_file(letters);
    }
    /* It stays the first until its owner was told, who may add more from there. */
    request->added(request->data, request->error);
    letters->first = request->next;
    if (letters->first == NULL)
        letters->last = NULL;
    buffer_finish(&request->lines);
    free(request);
    keep_bounds(letters);
    next_request(letters);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* What is there already was written before a crash: it is not written again. */
static void add_line(struct request *request, const struct dead_letter *letter)
{
    struct dead_letters *letters = request->letters;
    char *id = dead_letter_make_id(letter);
    struct paku_text key = {id, strlen(id)};
    if (table_get(&letters->keys, key).data == NULL) {
        table_put(&letters->keys, key, (struct paku_text){"", 0});
        dead_letter_print(letter, id, now_ns(), &request->lines);
        request->count++;
    }
    free(id);
}

void dead_letters_add(struct dead_letters *letters, const struct dead_letter *items, size_t count,
    void (*added)(void *data, int error), void *data)
{
    struct request *request = xcalloc(1, sizeof(*request));
    request->letters = letters;
    request->added = added;
    request->data = data;
    for (size_t i = 0; i < count; i++)
        add_line(request, &items[i]);
    if (letters->last != NULL)
        letters->last->next = request;
    letters->last = request;
    if (letters->first != NULL)
        return;
    letters->first = request;
    next_request(letters);
}

uint64_t dead_letters_count(const struct dead_letters *letters)
{
    return letters->count;
}

int64_t dead_letters_bytes(const struct dead_letters *letters)
{
    return letters->bytes;
}

/* -- Closing: all requests have been answered before -- */

static void handle_closed(uv_handle_t *handle)
{
    struct dead_letters *letters = handle->data;
    void (*closed)(void *data) = letters->closed;
    void *data = letters->closed_data;
    if (letters->file >= 0)
        close(letters->file);
    table_finish(&letters->keys);
    free(letters->files);
    free((char *)letters->options.directory);
    free(letters);
    closed(data);
}

void dead_letters_close(struct dead_letters *letters, void (*closed)(void *data), void *data)
{
    letters->closed = closed;
    letters->closed_data = data;
    uv_timer_init(letters->loop, &letters->closing);
    letters->closing.data = letters;
    uv_close((uv_handle_t *)&letters->closing, handle_closed);
}
