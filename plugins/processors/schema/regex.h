/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of ECMA-262 (with the u flag) by PCRE2, with limits. */
#ifndef SCHEMA_REGEX_H
#define SCHEMA_REGEX_H

#include "pool.h"

struct regex;
struct regex_matcher; /* what matching needs to remember: one for each evaluation */

enum regex_result {
    REGEX_MATCH,
    REGEX_NO_MATCH,
    REGEX_GAVE_UP, /* the pattern needs too many steps for this text */
};

/* Rewrites a pattern for PCRE2. -EINVAL with *ret_message (static text) and *ret_offset for what
 * ECMA-262 does not know. */
int regex_translate(struct paku_text pattern, struct pool *pool, struct paku_text *ret_pattern,
    const char **ret_message, size_t *ret_offset);

/* -EINVAL with a message in the pool. */
int regex_create(struct paku_text pattern, struct pool *pool, struct regex **ret_regex,
    struct paku_text *ret_message);
void regex_destroy(struct regex *regex); /* NULL is allowed */
struct paku_text regex_pattern(const struct regex *regex); /* as it was written */

struct regex_matcher *regex_matcher_create(void);
void regex_matcher_destroy(struct regex_matcher *matcher); /* NULL is allowed */
/* Whether the pattern is found anywhere in the text, which is valid UTF-8. */
enum regex_result regex_search(const struct regex *regex, struct regex_matcher *matcher,
    struct paku_text text);

#endif
