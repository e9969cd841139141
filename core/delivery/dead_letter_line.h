/* SPDX-License-Identifier: Apache-2.0 */
/* One dead letter as a line of JSON (docs/dead-letters.md). */
#ifndef DELIVERY_DEAD_LETTER_LINE_H
#define DELIVERY_DEAD_LETTER_LINE_H

#include "base/buffer.h"
#include "delivery/dead_letters.h"

struct dirent;

#define LETTER_SUFFIX ".jsonl"

/* For scandir: is it a file of dead letters? */
int dead_letter_file(const struct dirent *entry);

/* "telemetry-3f2a91bc-1-4711-postgres": pipeline, journal, epoch, sequence, who refused it. From
 * malloc. */
char *dead_letter_make_id(const struct dead_letter *letter);
void dead_letter_print(const struct dead_letter *letter, const char *id, int64_t time_ns,
    struct buffer *buffer);
/* The id of a line; false when it has none where it should be. */
bool dead_letter_id(struct paku_text line, struct paku_text *ret_id);

#endif
