/* SPDX-License-Identifier: Apache-2.0 */
/* Maps of tags to globs, as `match` of processors and outputs says them. */
#ifndef PIPELINE_MATCH_H
#define PIPELINE_MATCH_H

#include "config/errors.h"

#include <paku/plugin.h>

/* A view on the options: owns nothing. All-zero matches everything. */
struct match {
    const struct paku_map *tags;
};

/* Refuses globs that cannot be meant: an unclosed '[', nothing between two '|'. */
int match_init(struct match *match, const struct paku_map *tags, struct place place,
    struct config_errors *errors);

/* True when each tag of the map is there and fits. A glob that fits the empty text also fits a tag
 * that is missing. */
bool match_record(const struct match *match, const struct paku_record *record);

/* The whole text against a glob: '*' any bytes, '?' one character, [a-z], [!a-z], '|' between
 * alternatives, '\' before a character that means itself. */
bool glob_matches(const char *glob, struct paku_text text);

#endif
