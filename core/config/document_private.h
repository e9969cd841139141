/* SPDX-License-Identifier: Apache-2.0 */
/* How a YAML text becomes a tree. For core/config/document*.c only. */
#ifndef CONFIG_DOCUMENT_PRIVATE_H
#define CONFIG_DOCUMENT_PRIVATE_H

#include "base/buffer.h"
#include "config/node.h"

#include <yaml.h>

#define DEPTH_MAX 64
#define NODES_MAX 100000
#define FILE_MAX (4u << 20)

struct document {
    char *file;
    struct node *root;
    struct node **nodes; /* all of them, to free */
    size_t count;
    size_t capacity;
};

struct node *document_node_create(struct document *document, enum node_kind kind,
    struct place place);

/* Line and column of an offset in bytes; what is before it is valid UTF-8. */
struct place document_place_at(const struct document *document, const struct buffer *text,
    size_t offset);

/* Makes the tree of a text that is valid UTF-8. */
int document_read(struct document *document, const struct buffer *text,
    struct config_errors *errors);

/* Says in words what libyaml found wrong. */
void document_problem_add(const struct document *document, const struct buffer *text,
    const yaml_parser_t *parser, struct config_errors *errors);

#endif
