/* SPDX-License-Identifier: Apache-2.0 */
/* A YAML document as a tree that knows where everything stands. */
#ifndef CONFIG_NODE_H
#define CONFIG_NODE_H

#include "config/errors.h"

#include <stdbool.h>

enum node_kind {
    NODE_NULL, /* nothing, ~ or null, unquoted */
    NODE_SCALAR,
    NODE_LIST,
    NODE_MAP,
};

struct node;

struct node_member {
    struct place place; /* of the key */
    const char *key;
    struct node *value;
};

struct node {
    enum node_kind kind;
    struct place place;
    const char *text; /* SCALAR: with ${...} resolved */
    bool quoted;      /* SCALAR: so that "true" in quotes stays text */
    bool secret;      /* SCALAR: has a part from ${file:...} or the environment: never printed */
    bool failed;      /* SCALAR: ${...} could not be resolved, and that was said: no more errors */
    size_t count;     /* LIST, MAP */
    struct node **items;         /* LIST */
    struct node_member *members; /* MAP, in the order of the file, no name twice */
};

struct document; /* owns nodes and texts */

/* Reads one YAML file (NULL name and a text: that text, called "<text>" in errors). All errors are
 * added to `errors`; *ret_document is set when a tree could be made in spite of them.
 * Refused with line and column: duplicate keys, tabs as indentation, invalid UTF-8, cycles through
 * aliases, more than 64 levels, more than 100,000 nodes after aliases are followed (the "billion
 * laughs"), files beyond 4 MiB, several documents in a file. */
int document_load(const char *file, const char *text, struct config_errors *errors,
    struct document **ret_document);
struct node *document_root(const struct document *document);
void document_destroy(struct document *document); /* NULL is allowed */

/* NULL when `map` is no map or has no such key. */
struct node *node_member(const struct node *map, const char *key);

#endif
