/* SPDX-License-Identifier: Apache-2.0 */
/* How a record lies in memory. For core/record only. */
#ifndef RECORD_RECORD_PRIVATE_H
#define RECORD_RECORD_PRIVATE_H

#include "record/json_document.h"
#include "record/record.h"

#define RECORD_TAGS_MAX 255
#define RECORD_NAME_MAX 255
#define RECORD_TEXT_MAX 65535

struct tag {
    struct paku_text name;
    struct paku_text text;
};

/* Where texts lie that did not fit into the record's own block. */
struct chunk {
    struct chunk *next;
    char data[];
};

struct paku_record {
    unsigned references;
    enum paku_payload type;
    bool parsed; /* `json` holds the payload's document */
    int64_t time_ns;
    struct paku_text payload;
    struct paku_json json;
    struct tag *tags;
    size_t tag_count;
    size_t tag_capacity;
    struct tag first_tags[8]; /* enough for nearly all */
    struct chunk *chunks;
    size_t memory; /* of chunks and tags, beyond the record's own block */
    size_t room;
    size_t used;
    char block[];
};

/* Memory that lives as long as the record. */
char *record_allocate(struct paku_record *record, size_t size);
/* As paku_record_set_payload for bytes that are known to be valid: JSON is parsed when read. */
void record_put_payload(struct paku_record *record, enum paku_payload type,
    struct paku_text payload);
/* As paku_record_set_tag, for a tag that is known to be valid and new. */
void record_put_tag(struct paku_record *record, struct paku_text name, struct paku_text text);

#endif
