/* SPDX-License-Identifier: Apache-2.0 */
/* The keywords of draft 2020-12, in the order in which they are checked. */
#ifndef SCHEMA_KEYWORDS_H
#define SCHEMA_KEYWORDS_H

#include "engine.h"

/* Where a keyword's value has schemas in it. */
enum shape {
    SHAPE_NONE,
    SHAPE_SCHEMA,
    SHAPE_LIST,
    SHAPE_MAP,
};

enum keyword_id {
    KEYWORD_SCHEMA,
    KEYWORD_ID,
    KEYWORD_ANCHOR,
    KEYWORD_DYNAMIC_ANCHOR,
    KEYWORD_VOCABULARY,
    KEYWORD_COMMENT,
    KEYWORD_DEFS,
    KEYWORD_DEFINITIONS,
    KEYWORD_TYPE,
    KEYWORD_CONST,
    KEYWORD_ENUM,
    KEYWORD_MULTIPLE_OF,
    KEYWORD_MAXIMUM,
    KEYWORD_EXCLUSIVE_MAXIMUM,
    KEYWORD_MINIMUM,
    KEYWORD_EXCLUSIVE_MINIMUM,
    KEYWORD_MAX_LENGTH,
    KEYWORD_MIN_LENGTH,
    KEYWORD_PATTERN,
    KEYWORD_FORMAT,
    KEYWORD_MAX_ITEMS,
    KEYWORD_MIN_ITEMS,
    KEYWORD_UNIQUE_ITEMS,
    KEYWORD_MAX_PROPERTIES,
    KEYWORD_MIN_PROPERTIES,
    KEYWORD_REQUIRED,
    KEYWORD_DEPENDENT_REQUIRED,
    KEYWORD_PROPERTY_NAMES,
    KEYWORD_PROPERTIES,
    KEYWORD_PATTERN_PROPERTIES,
    KEYWORD_ADDITIONAL_PROPERTIES,
    KEYWORD_PREFIX_ITEMS,
    KEYWORD_ITEMS,
    KEYWORD_CONTAINS,
    KEYWORD_MIN_CONTAINS,
    KEYWORD_MAX_CONTAINS,
    KEYWORD_REF,
    KEYWORD_DYNAMIC_REF,
    KEYWORD_ALL_OF,
    KEYWORD_ANY_OF,
    KEYWORD_ONE_OF,
    KEYWORD_NOT,
    KEYWORD_IF,
    KEYWORD_THEN,
    KEYWORD_ELSE,
    KEYWORD_DEPENDENT_SCHEMAS,
    KEYWORD_UNEVALUATED_ITEMS,
    KEYWORD_UNEVALUATED_PROPERTIES,
    KEYWORD_COUNT,
};

/* One schema at work. */
struct compiler {
    struct schema_set *set;
    struct schema *schema;
    struct paku_value values[KEYWORD_COUNT]; /* of the keywords that are there and known */
};

struct keyword_row {
    const char *name;
    unsigned vocabularies; /* it is known when one of them is in use */
    unsigned accepts;      /* JSON types of its value */
    enum shape shape;
    unsigned types;        /* of values that it looks at */
    /* Fills in the keyword, which has name, types and check. *ret_used = false leaves it out. NULL: it
     * checks nothing by itself. */
    int (*compile)(struct compiler *compiler, struct keyword *keyword, struct paku_value value,
        bool *ret_used);
    bool (*check)(struct evaluation *evaluation, const struct keyword *keyword,
        struct frame *frame);
};

extern const struct keyword_row keyword_rows[KEYWORD_COUNT];
/* The row of a keyword of that name in these vocabularies; NULL: unknown. */
const struct keyword_row *keyword_find(struct paku_text name, unsigned vocabularies);

/* -- compile.c, for the compile_*.c -- */

enum place { IN_PLACE, INSIDE };
/* A child at `value`. `in_place`: applied to the same value, not to one in it. */
int compile_child(struct compiler *compiler, struct paku_value value, enum place place,
    const char *keyword, struct paku_text part, struct child *ret_child);
struct paku_text compile_text(struct compiler *compiler, struct paku_value string);
struct paku_text compile_index(struct compiler *compiler, size_t index);
int compile_fail(struct compiler *compiler, struct paku_value value, const char *format, ...)
    PAKU_PRINTF(3, 4);

#define DECLARE_COMPILE(name) \
    int compile_##name(struct compiler *compiler, struct keyword *keyword, \
        struct paku_value value, bool *ret_used)
#define DECLARE_CHECK(name) \
    bool check_##name(struct evaluation *evaluation, const struct keyword *keyword, \
        struct frame *frame)

DECLARE_COMPILE(type);
DECLARE_COMPILE(value);
DECLARE_COMPILE(multiple_of);
DECLARE_COMPILE(bound);
DECLARE_COMPILE(limit);
DECLARE_COMPILE(pattern);
DECLARE_COMPILE(format);
DECLARE_COMPILE(unique);
DECLARE_COMPILE(required);
DECLARE_COMPILE(dependent_required);
DECLARE_COMPILE(inside);
DECLARE_COMPILE(in_place);
DECLARE_COMPILE(members);
DECLARE_COMPILE(items);
DECLARE_COMPILE(contains);
DECLARE_COMPILE(ref);
DECLARE_COMPILE(dynamic_ref);
DECLARE_COMPILE(list);
DECLARE_COMPILE(if);
DECLARE_COMPILE(dependent_schemas);
DECLARE_COMPILE(unevaluated);

DECLARE_CHECK(type);
DECLARE_CHECK(const);
DECLARE_CHECK(enum);
DECLARE_CHECK(multiple_of);
DECLARE_CHECK(bound);
DECLARE_CHECK(length);
DECLARE_CHECK(pattern);
DECLARE_CHECK(format);
DECLARE_CHECK(count);
DECLARE_CHECK(unique);
DECLARE_CHECK(required);
DECLARE_CHECK(dependent_required);
DECLARE_CHECK(property_names);
DECLARE_CHECK(members);
DECLARE_CHECK(items);
DECLARE_CHECK(contains);
DECLARE_CHECK(ref);
DECLARE_CHECK(dynamic_ref);
DECLARE_CHECK(all_of);
DECLARE_CHECK(any_of);
DECLARE_CHECK(one_of);
DECLARE_CHECK(not);
DECLARE_CHECK(if);
DECLARE_CHECK(dependent_schemas);
DECLARE_CHECK(unevaluated_items);
DECLARE_CHECK(unevaluated_members);

#endif
