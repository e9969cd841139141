/* SPDX-License-Identifier: Apache-2.0 */
/* Which outputs a record goes to. */
#ifndef PIPELINE_ROUTER_H
#define PIPELINE_ROUTER_H

#include "delivery/journal.h"
#include "pipeline/match.h"

#define ROUTE_DEAD_LETTERS 0 /* the bit of rejected records */
#define ROUTES_MAX 64

struct router {
    size_t count;
    struct {
        unsigned bit;
        const struct match *match;
    } routes[ROUTES_MAX];
};

void router_add(struct router *router, unsigned bit, const struct match *match);
/* A bit for each output that wants the record; 0: nobody does. */
uint64_t router_route(const struct router *router, const struct paku_record *record);

/* The bits stand in the journal, so an output keeps its own however the YAML changes: the table maps
 * names to bits. Fills `ret_bits`. A new output gets a bit of which no record in the journal tells.
 * Outputs that are no longer there are named to `removed`, once. -ENOSPC when there is no free bit
 * for the output *ret_failed. */
int router_assign(struct journal *journal, const char *const *names, size_t count,
    unsigned *ret_bits, void (*removed)(void *data, const char *name, unsigned bit), void *data,
    size_t *ret_failed);

#endif
