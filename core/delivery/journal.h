/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal of one pipeline: a log of records on disk and a small keyed table beside it, changed
 * together in commits. What a commit holds is there after a crash as a whole, or not at all.
 *
 * The table is for what must move together with the records: ledgers, cursors, receipts, the state
 * of processors. It is held in memory, written with each commit as far as it changed, and written
 * whole at the head of each segment, so that old segments can go.
 *
 * All functions are called on the loop thread. Writing, syncing and reading happen on libuv's
 * thread pool. The format is described byte by byte in docs/journal-format.md.
 */
#ifndef DELIVERY_JOURNAL_H
#define DELIVERY_JOURNAL_H

#include "base/log.h"

#include <paku/plugin.h>

struct journal;
struct uv_loop_s;

enum durability {
    DURABILITY_COMMITTED, /* fdatasync before a commit counts: survives a power cut */
    DURABILITY_WRITTEN,   /* write() before a commit counts: survives a killed process */
    DURABILITY_MEMORY,    /* a commit counts at once and is written soon after */
};

struct journal_options {
    const char *directory; /* of this journal alone; made when it is not there (mode 0700) */
    enum durability durability;
    int64_t max_bytes;     /* of all segments together */
    int64_t segment_bytes; /* a new one is begun beyond this */
    int64_t retain_ms;     /* passed segments are kept this long */
};

struct journal_events {
    /* The open group is about to be closed for writing: put what goes with it. */
    void (*prepare)(void *data);
    /* Everything appended and put before the latest `prepare` is as safe as `durability` says.
     * `sequence` is that of the last record among it. */
    void (*committed)(void *data, uint64_t sequence);
    /* Writing failed (disk full, I/O error). The group is kept in memory and tried again, in a new
     * segment, with a growing pause; `recovered` tells when it went through (before `committed`). */
    void (*failed)(void *data, int error, const char *what);
    void (*recovered)(void *data);
    /* max_bytes is reached: what is appended nevertheless is still taken; and there is room again
     * (segments were deleted until 1/16 of max_bytes, at least one segment, is free). */
    void (*full)(void *data);
    void (*room)(void *data);
};

/* Opens the journal in options->directory or makes a new one (random id, epoch 1, sequence 0).
 * Recovers: cuts a torn tail behind the last whole commit, and says in the log how many bytes; a
 * segment that is damaged inside is reported with its file and offset, and read on behind the
 * damage. -EBUSY: another process holds it (*ret_holder is its pid, or 0 when unknown); -EPROTO:
 * the format is newer than this program; other errors as from the file system, all logged.
 * Takes copies of the options. Blocks: call it before the loop runs. */
int journal_open(const struct journal_options *options, struct uv_loop_s *loop,
    struct logger *logger, const char *name, const struct journal_events *events, void *data,
    struct journal **ret_journal, int64_t *ret_holder);

/* Commits what is pending, closes, then calls `closed`. Readers must be destroyed before. */
void journal_close(struct journal *journal, void (*closed)(void *data), void *data);

/* -- Appending -- */

/* Who refused a record, and why: it then goes to the dead letters. */
struct refusal {
    const char *by; /* name of the instance */
    const char *reason;
};

/* Adds a record to the open group; takes a reference of its own. `routes` is a bit set of outputs
 * (bit 0: the dead letters); `refusal` is NULL for a good record. Returns its sequence: 1, 2, 3 ... */
uint64_t journal_append(struct journal *journal, struct paku_record *record, uint64_t routes,
    const struct refusal *refusal);

/* Changes the table, in the open group. Keys are bytes, 1 to 512 of them; values up to 64 KiB.
 * What journal_get returns belongs to the journal until the key is changed. */
void journal_put(struct journal *journal, struct paku_text key, struct paku_text value);
void journal_delete(struct journal *journal, struct paku_text key);
struct paku_text journal_get(const struct journal *journal, struct paku_text key);
/* Calls `each` for every key that begins with `prefix`, in no particular order; it must not change
 * the table. */
void journal_each(const struct journal *journal, struct paku_text prefix,
    void (*each)(void *data, struct paku_text key, struct paku_text value), void *data);

/* Closes the open group and writes it, unless a commit is under way (then it follows by itself as
 * soon as that one ends). Does nothing when the group is empty. Groups that arrive meanwhile are
 * one: that is the group commit. `committed` is never called from within. */
void journal_commit(struct journal *journal);

/* -- Looking -- */

struct paku_position journal_end(const struct journal *journal);       /* newest appended record */
struct paku_position journal_committed(const struct journal *journal); /* newest committed */
uint64_t journal_first(const struct journal *journal); /* oldest sequence still on disk; end + 1
                                                          when there is none */
bool journal_is_full(const struct journal *journal);
int64_t journal_bytes(const struct journal *journal); /* on disk */

/* Since it was opened. */
struct journal_stats {
    uint64_t commits; /* that went through */
    uint64_t records; /* in them */
    uint64_t bytes;   /* written, with everything around the records */
    uint64_t syncs;   /* fdatasync and fsync */
    uint64_t failed;  /* tries to write that failed */
};
struct journal_stats journal_stats(const struct journal *journal);

/* A new epoch: sequences go on, but positions of the old epoch are told apart from now on. */
void journal_begin_epoch(struct journal *journal);

/* No cursor needs records up to `sequence` any more: whole segments below it are deleted once they
 * are older than retain_ms. */
void journal_release(struct journal *journal, uint64_t sequence);
/* Deletes the oldest segment although it is needed (drop_oldest). Returns the first sequence that
 * is left. */
uint64_t journal_drop_oldest(struct journal *journal);

/* -- Reading back -- */

struct journal_entry {
    uint64_t sequence;
    uint64_t routes;
    struct paku_record *record; /* the reader's; ref it to keep it */
    struct refusal refusal;     /* NULLs for a good record */
};

struct journal_reader;

/* Entries in order. `lost` counts sequences between the asked one and the first entry, or inside the
 * span, that can no longer be read (damaged, or dropped); they are named in the log once.
 * error 0, or negative when the disk could not be read: the span is tried again by the next call.
 * count 0 without error: nothing committed is left beyond. */
typedef void (*journal_read_cb)(void *data, int error, const struct journal_entry *entries,
    size_t count, uint64_t lost);

struct journal_reader *journal_reader_create(struct journal *journal);
/* Reads committed entries from sequence `from` on, about `max_bytes` of them (at least one entry),
 * on the thread pool; calls back once on the loop. One read at a time for each reader. */
void journal_reader_read(struct journal_reader *reader, uint64_t from, size_t max_bytes,
    journal_read_cb callback, void *data);
/* A read that is under way ends without calling back. */
void journal_reader_destroy(struct journal_reader *reader);

#endif
