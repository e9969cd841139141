/* SPDX-License-Identifier: Apache-2.0 */
/* JSON values as JSON Schema compares them: 1 is 1.0, the order of members does not count. */
#ifndef SCHEMA_EQUAL_H
#define SCHEMA_EQUAL_H

#include "pool.h"

/* A string's text: in place when it has no escapes, else decoded into the pool. */
struct paku_text string_text(struct paku_value string, struct pool *scratch);
bool text_equal(struct paku_text left, struct paku_text right);

bool value_equal(struct paku_value left, struct paku_value right, struct pool *scratch);
/* Equal values have equal hashes. */
uint64_t value_hash(struct paku_value value, uint64_t seed, struct pool *scratch);

#endif
