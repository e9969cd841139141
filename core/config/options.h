/* SPDX-License-Identifier: Apache-2.0 */
/* Option rows at work: from YAML into structures, and into the texts that describe them. */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include "base/buffer.h"
#include "config/node.h"

#include <paku/plugin.h>

/* Owns what loading allocates (lists, groups, paths). */
struct option_memory;
struct option_memory *option_memory_create(void);
void option_memory_destroy(struct option_memory *memory);
/* Gives what came from malloc to `memory`, and returns it. */
void *option_memory_keep(struct option_memory *memory, void *item);

/* Fills `target` from `map` (NULL or NODE_NULL: an empty one): first the defaults, then what is given.
 * Keys are refused that stand neither in `rows` nor in `also` (rows that somebody else loads from
 * the same map; NULL for none). Returns 0, or -EINVAL with at least one error added. Texts in
 * `target` live as long as `memory` and the document both. */
int options_load(const struct paku_option *rows, const struct paku_option *also,
    const struct node *map, struct place place, void *target, struct option_memory *memory,
    struct config_errors *errors);

/* The table that `paku describe` prints: key, type, default, what it is. */
void options_describe(const struct paku_option *rows, struct buffer *buffer);
/* The same as a Markdown table. */
void options_describe_markdown(const struct paku_option *rows, struct buffer *buffer);
/* A JSON Schema (draft 2020-12) object for the rows. */
void options_describe_schema(const struct paku_option *rows, const struct paku_option *also,
    struct buffer *buffer);
/* Only the members of its "properties", without the braces. */
void options_describe_properties(const struct paku_option *rows, struct buffer *buffer);

#endif
