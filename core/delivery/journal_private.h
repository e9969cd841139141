/* SPDX-License-Identifier: Apache-2.0 */
/* The journal from inside. For core/delivery/journal*.c only. */
#ifndef DELIVERY_JOURNAL_PRIVATE_H
#define DELIVERY_JOURNAL_PRIVATE_H

#include "delivery/journal.h"
#include "delivery/segment.h"
#include "delivery/table.h"

#include <uv.h>

#define SEGMENT_SUFFIX ".segment"

struct segment {
    struct segment_header header;
    int64_t bytes;     /* of the file, as allocated */
    int64_t end;       /* behind the last committed frame */
    int64_t closed_ms; /* wall clock; 0 while it is written to */
};

/* Records and changes that go to disk together. */
struct group {
    struct buffer frames;  /* records */
    struct buffer changes; /* of the table, encoded */
    uint64_t last_sequence;
};

/* One write on the thread pool; the journal does not touch it meanwhile. */
struct write_job {
    uv_work_t work;
    struct journal *journal;
    struct group group;
    struct segment segment; /* as it was before, or a new one */
    bool creates;           /* the segment's file is new: header and snapshot come first */
    struct buffer head;     /* snapshot frames */
    struct buffer tail;     /* changes and commit frames */
    int error;
    const char *what;
};

struct journal {
    struct journal_options options; /* directory is our own copy */
    uv_loop_t *loop;
    struct logger *logger;
    char *name;
    struct journal_events events;
    void *data;
    int lock;
    int file; /* of the newest segment while it is written to; -1 */

    uint8_t id[16];
    uint64_t epoch;
    uint64_t sequence;  /* newest appended */
    uint64_t committed; /* newest that is as safe as it was asked for */
    uint64_t written;   /* newest that readers find in the files */
    uint64_t released;

    struct segment *segments; /* oldest first */
    size_t segment_count;
    size_t segment_capacity;
    uint64_t next_number;
    int64_t bytes;
    bool full;
    bool rolls; /* the next commit begins a new segment */

    struct table table;
    struct group open;
    struct write_job job;
    bool writing;
    bool again; /* a commit was asked for while one was under way */
    bool failing;
    int64_t retry_ms;
    uv_timer_t retry_timer;
    uv_timer_t retain_timer;
    uv_timer_t told_timer; /* DURABILITY_MEMORY: tells of a commit in the next turn of the loop */
    uint64_t syncs;        /* for tests and statistics */
    unsigned open_handles;
    void (*closed)(void *data);
    void *closed_data;
    bool closing;
};

char *segment_path(const struct journal *journal, uint64_t number);
struct segment *newest_segment(struct journal *journal);
/* Goes on with closing, if that was asked for, once no write is under way. */
void journal_close_if_idle(struct journal *journal);

/* -- journal_recover.c -- */

/* Lists and reads the segments of the folder; fills id, epoch, sequence, segments and table. */
int journal_recover(struct journal *journal);

/* -- journal_write.c -- */

void journal_write_group(struct journal *journal);
void journal_check_room(struct journal *journal);
void journal_delete_passed(struct journal *journal);

#endif
