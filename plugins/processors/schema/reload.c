/* SPDX-License-Identifier: Apache-2.0 */
#include "reload.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#define INTERVAL_MS 1000

struct watched_file {
    uv_fs_t request;
    struct watched_file *next;
    struct file_watch *watch;
    struct file_stamp stamp;
    char path[];
};

struct file_watch {
    struct uv_loop_s *loop;
    uv_timer_t timer;
    void (*changed)(void *data, const char *file);
    void (*stopped)(void *data); /* set once it is to end */
    void *data;
    struct watched_file *files;
    size_t asked; /* requests that are under way */
    bool timer_closed;
};

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (memory == NULL) {
        fprintf(stderr, "schema: out of memory (%zu bytes wanted)\n", size);
        abort();
    }
    return memory;
}

struct file_stamp file_stamp(const struct stat *status)
{
    return (struct file_stamp){
        (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec,
        (uint64_t)status->st_ino, (uint64_t)status->st_size,
    };
}

static struct file_stamp uv_stamp(const uv_stat_t *status)
{
    return (struct file_stamp){
        (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec, status->st_ino,
        status->st_size,
    };
}

static bool same(struct file_stamp left, struct file_stamp right)
{
    return left.changed_ns == right.changed_ns && left.inode == right.inode &&
        left.size == right.size;
}

/* -- Making -- */

struct file_watch *file_watch_create(struct uv_loop_s *loop,
    void (*changed)(void *data, const char *file), void *data)
{
    struct file_watch *watch = allocate(sizeof(*watch));
    watch->loop = loop;
    watch->changed = changed;
    watch->data = data;
    watch->timer.data = watch;
    uv_timer_init(loop, &watch->timer);
    return watch;
}

void file_watch_add(struct file_watch *watch, const char *path, struct file_stamp stamp)
{
    for (const struct watched_file *file = watch->files; file != NULL; file = file->next) {
        if (strcmp(file->path, path) == 0)
            return;
    }
    struct watched_file *file = allocate(sizeof(*file) + strlen(path) + 1);
    strcpy(file->path, path);
    file->watch = watch;
    file->stamp = stamp;
    file->request.data = file;
    file->next = watch->files;
    watch->files = file;
}

/* -- Ending -- */

static void finish_when_quiet(struct file_watch *watch)
{
    if (!watch->timer_closed || watch->asked > 0)
        return;
    for (struct watched_file *file = watch->files, *next; file != NULL; file = next) {
        next = file->next;
        free(file);
    }
    void (*stopped)(void *) = watch->stopped;
    void *data = watch->data;
    free(watch);
    stopped(data);
}

static void handle_timer_closed(uv_handle_t *handle)
{
    struct file_watch *watch = handle->data;
    watch->timer_closed = true;
    finish_when_quiet(watch);
}

void file_watch_destroy(struct file_watch *watch, void (*stopped)(void *data))
{
    watch->stopped = stopped;
    uv_close((uv_handle_t *)&watch->timer, handle_timer_closed);
}

/* -- Looking -- */

/* A file that is gone is waited for: there is nothing to be read of it. */
static void handle_stat(uv_fs_t *request)
{
    struct watched_file *file = request->data;
    struct file_watch *watch = file->watch;
    bool there = request->result == 0;
    struct file_stamp stamp = uv_stamp(&request->statbuf);
    uv_fs_req_cleanup(request);
    watch->asked--;
    if (watch->stopped != NULL) {
        finish_when_quiet(watch);
    } else if (there && !same(stamp, file->stamp)) {
        file->stamp = stamp;
        watch->changed(watch->data, file->path);
    }
}

/* Not before all answers to the last time are there. */
static void handle_timer(uv_timer_t *timer)
{
    struct file_watch *watch = timer->data;
    if (watch->asked > 0)
        return;
    for (struct watched_file *file = watch->files; file != NULL; file = file->next) {
        if (uv_fs_stat(watch->loop, &file->request, file->path, handle_stat) == 0)
            watch->asked++;
    }
}

int file_watch_start(struct file_watch *watch)
{
    return uv_timer_start(&watch->timer, handle_timer, INTERVAL_MS, INTERVAL_MS);
}
