/* SPDX-License-Identifier: Apache-2.0 */
/* How a parsed document looks inside: one node a value or member name, in the order of the text. */
#ifndef RECORD_JSON_DOCUMENT_H
#define RECORD_JSON_DOCUMENT_H

#include "record/json.h"

struct json_node {
    uint32_t start; /* offset of the first byte, strings: of the quote */
    uint32_t size;
    uint32_t next;       /* index of the first node behind this value and all that is in it */
    uint32_t count : 27; /* members or elements */
    uint32_t type : 3;   /* enum paku_json_type */
    uint32_t is_name : 1;
    uint32_t escaped : 1; /* a string with at least one escape */
};

#define JSON_COUNT_MAX ((1u << 27) - 1)

struct paku_json {
    struct paku_text text;
    struct json_node *nodes;
    size_t count;
    size_t capacity;
};

static inline const struct json_node *json_node(struct paku_value value)
{
    return &value.json->nodes[value.node];
}

/* Decodes what stands between a string's quotes; `buffer` has room for `size` bytes. Returns how many
 * were written. The text was checked by json_parse. */
size_t json_unescape(const char *text, size_t size, char *buffer);

/* Whether two member names are the same string once decoded. */
bool json_names_equal(const struct paku_json *json, const struct json_node *left,
    const struct json_node *right);
/* A hash of the decoded name. */
uint64_t json_name_hash(const struct paku_json *json, const struct json_node *name);

#endif
