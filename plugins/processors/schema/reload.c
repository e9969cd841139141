/* SPDX-License-Identifier: Apache-2.0 */
#include "reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define INTERVAL_MS 1000

struct watched_file {
    uv_fs_poll_t poll;
    struct watched_file *next;
    struct file_watch *watch;
    char path[];
};

void file_watch_init(struct file_watch *watch, struct uv_loop_s *loop,
    void (*changed)(void *data, const char *file), void *data)
{
    *watch = (struct file_watch){.loop = loop, .changed = changed, .data = data};
}

static void handle_closed(uv_handle_t *handle)
{
    struct watched_file *file = handle->data;
    struct file_watch *watch = file->watch;
    free(file);
    if (--watch->open == 0 && watch->stopped != NULL)
        watch->stopped(watch->data);
}

/* A file that is gone is looked for on; nothing is told until it is back. */
static void handle_change(uv_fs_poll_t *poll, int status, const uv_stat_t *before,
    const uv_stat_t *now)
{
    struct watched_file *file = poll->data;
    (void)before, (void)now;
    if (status == 0 && file->watch->stopped == NULL)
        file->watch->changed(file->watch->data, file->path);
}

int file_watch_add(struct file_watch *watch, const char *path)
{
    for (const struct watched_file *file = watch->files; file != NULL; file = file->next) {
        if (strcmp(file->path, path) == 0)
            return 0;
    }
    struct watched_file *file = calloc(1, sizeof(*file) + strlen(path) + 1);
    if (file == NULL)
        return -ENOMEM;
    strcpy(file->path, path);
    file->watch = watch;
    int error = uv_fs_poll_init(watch->loop, &file->poll);
    if (error < 0) {
        free(file);
        return error;
    }
    file->poll.data = file;
    file->next = watch->files;
    watch->files = file;
    watch->open++;
    return uv_fs_poll_start(&file->poll, handle_change, path, INTERVAL_MS);
}

void file_watch_stop(struct file_watch *watch, void (*stopped)(void *data))
{
    watch->stopped = stopped;
    for (struct watched_file *file = watch->files, *next; file != NULL; file = next) {
        next = file->next;
        uv_close((uv_handle_t *)&file->poll, handle_closed);
    }
    watch->files = NULL;
    if (watch->open == 0)
        stopped(watch->data);
}
