/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Schema, draft 2020-12, compiled. A set is made of everything that one configuration names: it is
 * loaded and compiled whole, is not changed any more, and is given back whole.
 *
 *     documents ──scan──> resources and anchors ──compile──> a graph of struct schema ──> evaluate.h
 */
#ifndef SCHEMA_ENGINE_H
#define SCHEMA_ENGINE_H

#include "format.h"
#include "number.h"
#include "pool.h"
#include "regex.h"
#include "reload.h"

struct evaluation;
struct frame;
struct schema;

enum vocabulary {
    VOCABULARY_CORE = 1,
    VOCABULARY_APPLICATOR = 2,
    VOCABULARY_UNEVALUATED = 4,
    VOCABULARY_VALIDATION = 8,
    VOCABULARY_META_DATA = 16,
    VOCABULARY_FORMAT_ANNOTATION = 32,
    VOCABULARY_FORMAT_ASSERTION = 64,
    VOCABULARY_CONTENT = 128,
};
#define VOCABULARY_DEFAULT 191 /* all but FORMAT_ASSERTION */

/* Sets of types, as `type` names them; "integer" is one of its own. */
#define TYPE_BIT(type) (1u << (type))
#define TYPE_INTEGER (1u << 7)
#define TYPE_ANY 0x7fu

/* A place in the graph where one schema leads to another: "properties" + "metrics". */
struct child {
    struct schema *schema;
    const char *keyword;
    struct paku_text part; /* name or index, data == NULL for none */
};

struct bound {
    struct number number;
    struct paku_text text;
    const char *words;         /* "at most" */
    bool below, equal, above;  /* what a value may be, compared with the number */
};

struct limit {
    uint64_t count;
    bool most; /* else: least */
};

struct names {
    size_t count;
    struct paku_text *items;
};

struct dependents {
    size_t count;
    struct {
        struct paku_text name;
        struct names required;
        struct child child; /* dependentSchemas */
    } *items;
};

struct property {
    struct paku_text name;
    struct child child;
};

struct pattern_property {
    struct regex *regex;
    struct child child;
};

/* properties, patternProperties and additionalProperties in one pass. */
struct members {
    size_t count;
    struct property *properties; /* sorted by size, then bytes */
    size_t pattern_count;
    struct pattern_property *patterns;
    struct child rest; /* schema == NULL: none */
};

struct items {
    size_t prefix_count;
    struct child *prefix;
    struct child rest; /* schema == NULL: none */
};

struct contains {
    struct child child;
    uint64_t least, most;
    bool has_least, has_most;
};

struct conditional {
    struct child condition, then, otherwise; /* schema == NULL: none */
};

struct children {
    size_t count;
    struct child *items;
};

struct dynamic {
    struct child child;    /* where it leads when it is not dynamic */
    struct paku_text name; /* data == NULL: it is not */
};

struct keyword {
    /* False when the value does not fit; in the explaining pass the problem is then recorded. */
    bool (*check)(struct evaluation *evaluation, const struct keyword *keyword,
        struct frame *frame);
    const char *name;
    unsigned types; /* of values that it looks at */
    union {
        unsigned allowed;
        struct paku_value value;
        const struct bound *bound;
        const struct divisor *divisor;
        struct limit limit;
        const struct regex *regex;
        const struct format *format;
        struct names names;
        const struct dependents *dependents;
        const struct members *members;
        const struct items *items;
        const struct contains *contains;
        const struct conditional *conditional;
        struct child child;
        struct children children;
        const struct dynamic *dynamic;
    };
};

struct schema {
    struct resource *resource;
    struct document *document;
    struct paku_value value;
    bool is_boolean, allows; /* `true` and `false` */
    unsigned unevaluated;    /* types of values for which it must know what was evaluated */
    size_t count;
    struct keyword *keywords;

    struct schema *next_pending;
    size_t in_place_count, in_place_capacity;
    struct schema **in_place; /* schemas it applies to the same value */
    int visit;                /* of the search for endless references */
    size_t visit_next;
    struct schema *visit_from;
};

struct anchor {
    struct paku_text name;
    struct paku_value value;
    bool dynamic;
    struct schema *schema; /* dynamic ones, once their resource is in use */
};

/* A schema with a URI of its own: the root of a document, or a part with $id. */
struct resource {
    struct paku_text uri;
    struct document *document;
    struct paku_value root;
    unsigned vocabularies;
    bool used;
    size_t anchor_count, anchor_capacity;
    struct anchor *anchors;
};

/* What is known of a value in a document. */
struct slot {
    struct resource *resource; /* NULL: not known to be a schema */
    struct schema *schema;     /* NULL: not compiled yet */
};

struct document {
    struct paku_record *record;
    struct paku_value root;
    const char *file;     /* for people */
    struct file_stamp stamp; /* of the file, when it is one */
    struct paku_text uri; /* from where it was got */
    struct paku_text metaschema;
    struct resource *resource;
    bool embedded; /* one of the metaschemas that are part of the plugin */
    bool validated;
    size_t slot_count;
    struct slot *slots;
};

struct uri_map {
    struct paku_text prefix;
    const char *folder;
};

struct schema_set {
    struct pool pool;
    bool assert_formats;
    struct paku_text error; /* data == NULL: none */
    size_t document_count, document_capacity;
    struct document **documents;
    size_t resource_count, resource_capacity;
    struct resource **resources;
    size_t regex_count, regex_capacity;
    struct regex **regexes;
    size_t map_count, map_capacity;
    struct uri_map *maps;
    struct schema *pending, *last_pending;
    size_t schema_count, schema_capacity;
    struct schema **schemas;
};

/* -- What users of the engine call -- */

struct schema_set *schema_set_create(bool assert_formats);
void schema_set_destroy(struct schema_set *set); /* NULL is allowed */
/* URIs that begin with `prefix` are looked for in `folder`. */
void schema_set_map(struct schema_set *set, const char *prefix, const char *folder);
/* Loads a file and all it refers to, compiles it and checks it against its metaschema. -EINVAL, with
 * what is wrong in set->error: file, place, what is wrong; the set can then only be destroyed. */
int schema_set_load(struct schema_set *set, const char *file, const struct schema **ret_schema);
/* The same for a text in memory, as if it had come from `uri`. */
int schema_set_load_text(struct schema_set *set, const char *uri, struct paku_text text,
    const struct schema **ret_schema);
/* The files that were read, and how they were then; index from 0, NULL behind the last. */
const char *schema_set_file(const struct schema_set *set, size_t index,
    struct file_stamp *ret_stamp);

/* -- Between the engine's own files -- */

/* Sets set->error, once, and returns -EINVAL. `value` may be none: the document as a whole. */
int set_fail(struct schema_set *set, const struct document *document, struct paku_value value,
    const char *format, ...) PAKU_PRINTF(4, 5);
/* The JSON pointer of a value in a document. */
struct paku_text value_pointer(struct schema_set *set, struct paku_value root,
    struct paku_value value);

struct slot *document_slot(struct schema_set *set, struct document *document,
    struct paku_value value);

/* registry.c: the schema that a reference leads to. `from` is where it stands, `value` the keyword's
 * value. *ret_anchor is set when it led to a $dynamicAnchor, else NULL. */
int registry_resolve(struct schema_set *set, const struct schema *from, struct paku_value value,
    struct document **ret_document, struct paku_value *ret_target,
    const struct anchor **ret_anchor);
/* Loads a file without compiling it. */
int registry_load_file(struct schema_set *set, const char *file, struct paku_text uri,
    struct document **ret_document);
int registry_load_text(struct schema_set *set, const char *file, struct paku_text uri,
    struct paku_text text, bool embedded, struct document **ret_document);
/* The resource with that URI, loaded when it was not; NULL in *ret_resource when there is none. */
int registry_find(struct schema_set *set, struct paku_text uri, struct resource **ret_resource);

/* scan.c: finds $id, $anchor and $dynamicAnchor in a schema and the schemas in it. */
int scan_document(struct schema_set *set, struct document *document);
int scan_schema(struct schema_set *set, struct document *document, struct paku_value value,
    struct resource *resource);

/* dialect.c: the vocabularies that a metaschema asks for. */
int dialect_find(struct schema_set *set, struct document *document, struct paku_value where,
    struct paku_text metaschema, unsigned *ret_vocabularies);

/* compile.c */
int compile_schema_at(struct schema_set *set, struct document *document, struct paku_value value,
    struct schema **ret_schema);
int compile_pending(struct schema_set *set);

/* cycles.c: refuses references that lead back to themselves without going into the value. */
int cycles_refuse(struct schema_set *set);

/* metaschema.c (made from metaschema/) */
struct metaschema {
    const char *uri, *file, *text;
    size_t size;
};
extern const struct metaschema metaschemas[]; /* ended by uri == NULL */

#endif
