/* SPDX-License-Identifier: Apache-2.0 */
/* URI references (RFC 3986): taken apart, resolved, decoded. */
#ifndef SCHEMA_URI_H
#define SCHEMA_URI_H

#include "pool.h"

/* Parts that are missing have data == NULL; the path never is. */
struct uri {
    struct paku_text scheme, authority, path, query, fragment;
};

/* Takes apart whatever text (appendix B); the parts lie in it. */
struct uri uri_split(struct paku_text text);

/* `reference` against `base`, without its fragment (section 5.2). */
struct paku_text uri_resolve(struct paku_text base, struct paku_text reference, struct pool *pool);

/* %XX decoded; what is no valid escape stays. */
struct paku_text uri_decode(struct paku_text text, struct pool *pool);

/* file:///path, with the characters that a URI cannot hold as %XX. */
struct paku_text uri_from_path(const char *path, struct pool *pool);

#endif
