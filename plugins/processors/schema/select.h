/* SPDX-License-Identifier: Apache-2.0 */
/* Which schema is for which record. A selection is made whole, with its schemas compiled, and is not
 * changed any more: on a reload another one takes its place. */
#ifndef SCHEMA_SELECT_H
#define SCHEMA_SELECT_H

#include "engine.h"

/* One of `schemas`. */
struct schema_choice {
    struct paku_map match; /* tags to globs */
    const char *schema;
};

/* The options, as far as they say which schemas there are. */
struct select_options {
    const char *directory;
    const char *schema;
    struct paku_items schemas; /* of struct schema_choice */
    const char *field;
    struct paku_map map;
    int format; /* enum schema_format */
};

enum schema_format { FORMAT_ANNOTATION, FORMAT_ASSERTION };

struct selection;

/* Reads and compiles. *ret_selection is set in any case, also at -EINVAL: it then knows what is wrong
 * and which files were read, and can be asked for nothing else. */
int selection_create(const struct select_options *options, struct selection **ret_selection);
void selection_destroy(struct selection *selection); /* NULL is allowed */
/* "schema: data.json at /properties: ..." */
const char *selection_error(const struct selection *selection);
/* Files and folders on which it rests, and how they were; index from 0, NULL behind the last. */
const char *selection_file(const struct selection *selection, size_t index,
    struct file_stamp *ret_stamp);
size_t selection_count(const struct selection *selection);

/* NULL: no schema is for this record. *ret_name is the schema's, when there are several, else
 * NULL. */
const struct schema *selection_find(const struct selection *selection,
    const struct paku_record *record, const char **ret_name);

#endif
