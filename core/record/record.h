/* SPDX-License-Identifier: Apache-2.0 */
/* Records, as core sees them. What plugins see is in <paku/plugin.h>. */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include "base/buffer.h"

#include <paku/plugin.h>

/* Bytes in memory that the record accounts for: what the memory bounds count. */
size_t record_memory(const struct paku_record *record);

/* Appends the record's encoding (docs/journal-format.md, "Record body"): time, payload type, tags,
 * payload. All integers little-endian. */
void record_encode(const struct paku_record *record, struct buffer *buffer);

/* Decodes one; the bytes are copied. JSON is not parsed again until somebody reads it: what was
 * encoded was valid. -EBADMSG when the encoding is damaged. */
int record_decode(struct paku_text encoding, struct paku_record **ret_record);

/* Hash of the tags site, system, device (those that are there): deals records to lanes. 0 when the
 * record has none of them. */
uint64_t record_device_hash(const struct paku_record *record);

/* As paku_record_print, without the line break. */
void record_print(const struct paku_record *record, struct buffer *buffer);
/* RFC 3339 in UTC with as many decimals as needed (0, 3, 6 or 9). */
void time_print(int64_t time_ns, struct buffer *buffer);

#endif
