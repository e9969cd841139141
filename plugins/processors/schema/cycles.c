/* SPDX-License-Identifier: Apache-2.0 */
/* {"$ref": "#"} would be evaluated for ever: a schema that is applied to the same value again and again.
 * What goes into the value in between ends with the value, and is welcome. */
#include "engine.h"

#include <errno.h>

enum visit { VISIT_NEW, VISIT_OPEN, VISIT_DONE };

static int refuse(struct schema_set *set, const struct schema *schema)
{
    return set_fail(set, schema->document, schema->value,
        "this schema leads back to itself without going into the value, so that it would be "
        "evaluated for ever");
}

/* Depth first, with the way back kept in the schemas and not on the stack. */
static int visit(struct schema_set *set, struct schema *schema)
{
    schema->visit = VISIT_OPEN;
    while (schema != NULL) {
        if (schema->visit_next == schema->in_place_count) {
            schema->visit = VISIT_DONE;
            schema = schema->visit_from;
            continue;
        }
        struct schema *next = schema->in_place[schema->visit_next++];
        if (next->visit == VISIT_OPEN)
            return refuse(set, next);
        if (next->visit == VISIT_DONE)
            continue;
        next->visit = VISIT_OPEN;
        next->visit_from = schema;
        schema = next;
    }
    return 0;
}

int cycles_refuse(struct schema_set *set)
{
    for (size_t i = 0; i < set->schema_count; i++) {
        if (set->schemas[i]->visit != VISIT_NEW)
            continue;
        int error = visit(set, set->schemas[i]);
        if (error < 0)
            return error;
    }
    return 0;
}
