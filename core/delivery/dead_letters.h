/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dead letters: records that cannot be parsed, validated or delivered, kept aside with their reason.
 * A folder of JSON Lines files (docs/dead-letters.md), one line a letter, so that grep and jq work
 * on them. Each letter is keyed by where it stood in the journal and which output refused it, so
 * that adding it again after a crash changes nothing.
 */
#ifndef DELIVERY_DEAD_LETTERS_H
#define DELIVERY_DEAD_LETTERS_H

#include "base/log.h"

#include <paku/plugin.h>

struct dead_letters;
struct uv_loop_s;

struct dead_letter {
    struct paku_position position; /* of the record in its journal */
    const char *pipeline;
    const char *refused_by; /* instance name: the input, processor or output */
    const char *code;       /* the server's own code ("23514"), or "" */
    const char *reason;
    struct paku_record *record;
};

struct dead_letters_options {
    const char *directory; /* made when it is not there (mode 0700) */
    int64_t max_bytes;     /* a warning at 80 %; beyond it the oldest file goes, and its letters are
                              counted and named in the log */
    int64_t file_bytes;    /* a new file is begun beyond this */
};

/* Opens the folder; cuts a torn last line and says so. Keys of letters are remembered so that
 * repeated ones are told. Blocks: call it before the loop runs. */
int dead_letters_open(const struct dead_letters_options *options, struct uv_loop_s *loop,
    struct logger *logger, struct dead_letters **ret_letters);
void dead_letters_close(struct dead_letters *letters, void (*closed)(void *data), void *data);

/* Writes letters and syncs them on the thread pool, then calls back on the loop with 0 or the error
 * (the caller tries again). Takes references and copies; never calls back from within. */
void dead_letters_add(struct dead_letters *letters, const struct dead_letter *items, size_t count,
    void (*added)(void *data, int error), void *data);

uint64_t dead_letters_count(const struct dead_letters *letters);
int64_t dead_letters_bytes(const struct dead_letters *letters);

/* -- For the command line: reading a folder, also while a daemon writes to it -- */

struct dead_letter_entry {
    struct dead_letter letter; /* .record is owned by the scan: ref it to keep it */
    const char *id;            /* what people type: "telemetry-1-4711" or "telemetry-1-4711-postgres" */
    int64_t time_ns;           /* when it was set aside */
};

/* Calls `each` for every letter, oldest first, until it returns false. Lines that cannot be read are
 * counted in *ret_unreadable. Blocks. */
int dead_letters_scan(const char *directory, bool (*each)(void *data,
    const struct dead_letter_entry *entry), void *data, size_t *ret_unreadable);

#endif
