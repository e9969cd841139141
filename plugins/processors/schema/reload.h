/* SPDX-License-Identifier: Apache-2.0 */
/* Watches files by looking at them once a second, which also works where no file system tells of
 * changes (mounts of containers). */
#ifndef SCHEMA_RELOAD_H
#define SCHEMA_RELOAD_H

#include <stddef.h>

struct uv_loop_s;
struct watched_file;

struct file_watch {
    struct uv_loop_s *loop;
    void (*changed)(void *data, const char *file);
    void (*stopped)(void *data); /* set by file_watch_stop */
    void *data;
    struct watched_file *files;
    size_t open;
};

void file_watch_init(struct file_watch *watch, struct uv_loop_s *loop,
    void (*changed)(void *data, const char *file), void *data);
/* Does nothing when the file is watched already. A negative errno when it cannot be. */
int file_watch_add(struct file_watch *watch, const char *file);
/* Closes all; `stopped` follows, perhaps from within. */
void file_watch_stop(struct file_watch *watch, void (*stopped)(void *data));

#endif
