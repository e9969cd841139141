/* SPDX-License-Identifier: Apache-2.0 */
/* Strict JSON (RFC 8259) into a table of offsets. The reading side is in <paku/plugin.h>. */
#ifndef RECORD_JSON_H
#define RECORD_JSON_H

#include <paku/plugin.h>

struct json_limits {
    size_t depth; /* containers inside each other; 0: the default of 512 */
};

/* Parses `text`, which stays the caller's and must outlive the document. -EINVAL with *ret_error
 * (may be NULL). -E2BIG beyond 4 GiB. Numbers of any size are kept as text. */
int json_parse(struct paku_text text, const struct json_limits *limits,
    struct paku_json **ret_json, struct paku_json_error *ret_error);
/* Parses into a document that was made before, reusing its memory. *json may be NULL at first. */
int json_reparse(struct paku_json **json, struct paku_text text, const struct json_limits *limits,
    struct paku_json_error *ret_error);
void json_destroy(struct paku_json *json); /* NULL is allowed */
struct paku_value json_root(const struct paku_json *json);

/* Line and column (from 1, columns in code points) of a byte offset. */
void json_locate(struct paku_text text, size_t offset, size_t *ret_line, size_t *ret_column);

/* RFC 6901. `pointer` such as "/metrics/temperature_c"; no value when there is none. */
struct paku_value json_pointer_read(struct paku_value root, struct paku_text pointer);

#endif
