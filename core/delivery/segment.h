/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a journal's segment: header and frames, as docs/journal-format.md lays them down.
 * Everything here works on memory and is safe on any thread. */
#ifndef DELIVERY_SEGMENT_H
#define DELIVERY_SEGMENT_H

#include "base/buffer.h"

#include <paku/plugin.h>

#define SEGMENT_VERSION 1u
#define SEGMENT_HEADER_SIZE 64u
#define FRAME_HEADER_SIZE 16u
#define FRAME_BODY_MAX (64u << 20)

struct segment_header {
    uint8_t journal[16];
    uint64_t epoch;
    uint64_t number;         /* of the segment: 1, 2, 3 ... */
    uint64_t first_sequence; /* records in it and behind it have this or a later one */
    int64_t created_ns;
};

void segment_header_encode(const struct segment_header *header, char bytes[SEGMENT_HEADER_SIZE]);
/* -EBADMSG: no header, or damaged. -EPROTO: of a later version, which is in *ret_version. */
int segment_header_decode(const char *bytes, size_t size, struct segment_header *ret_header,
    uint32_t *ret_version);

enum frame_type {
    FRAME_RECORD = 1,   /* sequence, routes, refusal, record body */
    FRAME_CHANGES = 2,  /* puts and deletes in the table */
    FRAME_SNAPSHOT = 3, /* puts; the table holds these and no others */
    FRAME_COMMIT = 4,   /* closes a group: the journal's last sequence */
};

/* Appends a frame header for a body that the caller appends next; returns where it stands. */
size_t frame_begin(struct buffer *buffer, enum frame_type type);
void frame_end(struct buffer *buffer, size_t begin);
/* Fills in the checksums of all frames in a buffer, which depend on the segment they go to. */
void frames_seal(char *frames, size_t size, const struct segment_header *header);

struct frame {
    enum frame_type type;
    size_t offset; /* in what was given to segment_next */
    struct paku_text body;
};

enum segment_next {
    SEGMENT_FRAME,
    SEGMENT_END,    /* nothing but zeros, or nothing at all, follows */
    SEGMENT_DAMAGE, /* *at is no frame */
};

/* Takes the frame at *at and moves *at behind it; leaves *at alone otherwise. */
enum segment_next segment_next(const struct segment_header *header, struct paku_text bytes,
    size_t *at, struct frame *ret_frame);
/* The next place behind `at` where a whole frame stands; bytes.size when there is none. */
size_t segment_resume(const struct segment_header *header, struct paku_text bytes, size_t at);

/* -- Bodies -- */

struct record_frame {
    uint64_t sequence;
    uint64_t routes;
    struct paku_text by;     /* who refused it; empty: nobody */
    struct paku_text reason;
    struct paku_text record; /* for record_decode */
};
int record_frame_decode(struct paku_text body, struct record_frame *ret_frame);

struct change {
    struct paku_text key;
    struct paku_text value; /* data == NULL: delete */
};
void change_encode(struct buffer *buffer, struct paku_text key, struct paku_text value);
/* Takes one from the front of *body. -ENOENT: none is left. */
int change_decode(struct paku_text *body, struct change *ret_change);

int commit_frame_decode(struct paku_text body, uint64_t *ret_sequence);

#endif
