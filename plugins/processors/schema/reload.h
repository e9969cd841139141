/* SPDX-License-Identifier: Apache-2.0 */
/* Watches files by looking at them once a second, which also works where no file system tells of
 * changes (mounts of containers). */
#ifndef SCHEMA_RELOAD_H
#define SCHEMA_RELOAD_H

#include <stddef.h>
#include <stdint.h>

struct uv_loop_s;
struct watched_file;
struct stat;

/* What tells one state of a file from another; all-zero: it was not there. */
struct file_stamp {
    int64_t changed_ns;
    uint64_t inode;
    uint64_t size;
};

struct file_stamp file_stamp(const struct stat *status);

/* On the heap, since requests outlive a stop. */
struct file_watch;

struct file_watch *file_watch_create(struct uv_loop_s *loop,
    void (*changed)(void *data, const char *file), void *data);
/* `stamp` is of the file as it was read: a change since then is told too. Does nothing when the file
 * is watched already. */
void file_watch_add(struct file_watch *watch, const char *file, struct file_stamp stamp);
/* Begins to look. */
int file_watch_start(struct file_watch *watch);
/* Looks no more and frees the watch; `stopped` follows from the loop. */
void file_watch_destroy(struct file_watch *watch, void (*stopped)(void *data));

#endif
