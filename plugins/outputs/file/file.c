/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Lines into a file, rotated by size and age, or to the standard output. */
#include <paku/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

struct file {
    struct paku_instance *host;
    struct {
        const char *path;
        int64_t max_bytes;
        int64_t max_age_ms;
        int64_t keep;
        bool fsync;
    } options;
    bool is_stdout;
    int descriptor; /* -1: not open */
    int64_t end;    /* behind the last whole batch */
    int64_t opened_ms;
    uv_work_t work;
    struct paku_batch *batch; /* on its way; NULL: none */
    struct paku_bytes lines;
    int error;
    bool stopping;
};

#define AT(member) offsetof(struct file, options.member)

static const struct paku_option options[] = {
    {"path", PAKU_OPTION_STRING, PAKU_OPTION_REQUIRED, AT(path), NULL,
        "File to append to; '-' is the standard output.", NULL, NULL, 0, 0, 0},
    {"max_bytes", PAKU_OPTION_SIZE, 0, AT(max_bytes), "0",
        "Begin a new file beyond this; 0: never.", NULL, NULL, 0, 0, INT64_MAX},
    {"max_age", PAKU_OPTION_DURATION, 0, AT(max_age_ms), "0",
        "Begin a new file after this time; 0: never.", NULL, NULL, 0, 0, INT64_MAX},
    {"keep", PAKU_OPTION_INT, 0, AT(keep), "5",
        "Old files that are kept, as path.1 (the newest), path.2 and so on.", NULL, NULL, 0, 0,
        1000},
    {"fsync", PAKU_OPTION_BOOL, 0, AT(fsync), "true",
        "Whether a batch must be on disk before it counts as delivered.", NULL, NULL, 0, 0, 0},
    {.type = PAKU_OPTION_END},
};

static int init(void *self, struct paku_instance *host)
{
    struct file *file = self;
    file->host = host;
    file->descriptor = -1;
    file->is_stdout = strcmp(file->options.path, "-") == 0;
    return 0;
}

/* -- On the thread pool -- */

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_due(const struct file *file)
{
    int64_t size = file->options.max_bytes, age = file->options.max_age_ms;
    return (size > 0 && file->end >= size) ||
        (age > 0 && file->end > 0 && now_ms() - file->opened_ms >= age);
}

static void old_name(const struct file *file, int64_t number, char *name, size_t size)
{
    if (number == 0)
        snprintf(name, size, "%s", file->options.path);
    else
        snprintf(name, size, "%s.%lld", file->options.path, (long long)number);
}

/* path -> path.1 -> path.2 ..., the oldest goes. */
static int rotate(struct file *file)
{
    char from[4096], to[4096];
    close(file->descriptor);
    file->descriptor = -1;
    for (int64_t i = file->options.keep; i >= 0; i--) {
        old_name(file, i, from, sizeof(from));
        old_name(file, i + 1, to, sizeof(to));
        int failed = i == file->options.keep ? unlink(from) : rename(from, to);
        if (failed < 0 && errno != ENOENT)
            return -errno;
    }
    return 0;
}

static int open_file(struct file *file)
{
    if (file->is_stdout) {
        file->descriptor = STDOUT_FILENO;
        return 0;
    }
    struct stat status;
    file->descriptor = open(file->options.path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (file->descriptor < 0 || fstat(file->descriptor, &status) < 0)
        return -errno;
    file->end = status.st_size;
    file->opened_ms = now_ms();
    return 0;
}

static int write_lines(struct file *file)
{
    size_t done = 0;
    while (done < file->lines.size) {
        const char *at = file->lines.data + done;
        size_t left = file->lines.size - done;
        ssize_t written = file->is_stdout
            ? write(file->descriptor, at, left)
            : pwrite(file->descriptor, at, left, file->end + (off_t)done);
        if (written < 0 && errno != EINTR)
            return -errno;
        done += written > 0 ? (size_t)written : 0;
    }
    if (file->options.fsync && !file->is_stdout && fdatasync(file->descriptor) < 0)
        return -errno;
    file->end += (int64_t)done;
    return 0;
}

/* Half a batch must not stay: the next try would write its lines again behind it. */
static void take_back(struct file *file)
{
    if (file->is_stdout || file->descriptor < 0)
        return;
    if (ftruncate(file->descriptor, file->end) < 0)
        file->error = -errno;
    close(file->descriptor);
    file->descriptor = -1;
}

static void handle_write(uv_work_t *work)
{
    struct file *file = work->data;
    file->error = 0;
    if (file->descriptor >= 0 && is_due(file))
        file->error = rotate(file);
    if (file->error == 0 && file->descriptor < 0)
        file->error = open_file(file);
    if (file->error == 0)
        file->error = write_lines(file);
    if (file->error < 0)
        take_back(file);
}

/* -- On the loop -- */

static void handle_written(uv_work_t *work, int status)
{
    struct file *file = work->data;
    struct paku_batch *batch = file->batch;
    (void)status;
    file->batch = NULL;
    if (file->error < 0)
        paku_batch_finish(batch, PAKU_RETRY, 0, "cannot write to %s: %s", file->options.path,
            strerror(-file->error));
    else
        paku_batch_finish(batch, PAKU_DELIVERED, 0, NULL);
    if (file->stopping)
        paku_stopped(file->host);
}

static void write_batch(void *self, struct paku_batch *batch)
{
    struct file *file = self;
    file->batch = batch;
    file->lines.size = 0;
    for (size_t i = 0; i < batch->count; i++)
        paku_record_print(batch->records[i], &file->lines);
    file->work.data = file;
    uv_queue_work(paku_loop(file->host), &file->work, handle_write, handle_written);
}

static void stop(void *self)
{
    struct file *file = self;
    file->stopping = true;
    if (file->batch == NULL)
        paku_stopped(file->host);
}

static void destroy(void *self)
{
    struct file *file = self;
    if (file->descriptor >= 0 && !file->is_stdout)
        close(file->descriptor);
    free(file->lines.data);
}

PAKU_EXPORT const struct paku_plugin paku_plugin = {
    .abi = PAKU_ABI,
    .size = sizeof(struct paku_plugin),
    .kind = PAKU_OUTPUT,
    .name = "file",
    .version = PAKU_VERSION,
    .summary = "Writes records as JSON Lines to a file or the standard output.",
    .options = options,
    .instance_size = sizeof(struct file),
    .init = init,
    .stop = stop,
    .destroy = destroy,
    .output = {.write = write_batch},
};
