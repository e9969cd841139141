/* SPDX-License-Identifier: Apache-2.0 */
/* A file's name with parts from the record: "{kind}.json", "{tag.system}-{.type}.json". */
#ifndef SCHEMA_NAME_TEMPLATE_H
#define SCHEMA_NAME_TEMPLATE_H

#include <paku/plugin.h>

#define NAME_TEMPLATE_MAX 256

struct name_template;

/* In braces: a member of the payload, or a selector. -EINVAL with *ret_error. */
int name_template_create(const char *text, struct name_template **ret_template,
    struct paku_json_error *ret_error);
void name_template_destroy(struct name_template *name_template); /* NULL is allowed */
/* False when a part is missing or is no text or number, or the name becomes too long. */
bool name_template_fill(const struct name_template *name_template,
    const struct paku_record *record, char name[NAME_TEMPLATE_MAX]);

#endif
