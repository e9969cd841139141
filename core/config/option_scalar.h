/* SPDX-License-Identifier: Apache-2.0 */
/* What one option of a simple type is, for core/config only. */
#ifndef CONFIG_OPTION_SCALAR_H
#define CONFIG_OPTION_SCALAR_H

#include "config/options.h"

#include <stdbool.h>

struct option_memory {
    void **items;
    size_t count;
    size_t capacity;
};

struct loading {
    struct option_memory *memory;
    struct config_errors *errors;
};

/* Puts a value into `field`, or adds an error at the node's place. */
void option_scalar_load(struct loading *loading, const struct paku_option *row,
    const struct node *node, void *field);

/* `text` as a path from the folder of the place's file; absolute ones, "-" and "" stay. */
const char *option_path(struct option_memory *memory, struct place place, const char *text);

/* A bound of a DURATION, SIZE, INT or NUMBER, spelt as in YAML. Returns `buffer`. */
char *option_bound_print(const struct paku_option *row, int64_t bound, char *buffer, size_t size);

/* "duration", "size", "list of texts" ... as people read it. */
const char *option_type_name(const struct paku_option *row);

#endif
