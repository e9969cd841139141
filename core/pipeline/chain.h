/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processors of a pipeline, one behind the other. A chain needs no journal and no loop, so it
 * serves `paku validate` and `paku test` as well as the daemon:
 *
 *     instance_create(&config, "validate", loader, NULL, logger, &errors, &instance);
 *     struct chain *chain = chain_create(&instance, 1, NULL, NULL);
 *     struct chain_outcome outcome = chain_run(chain, record);
 *     if (outcome.result == CHAIN_REJECTED)
 *         printf("%s: %s\n", outcome.by, outcome.reason);
 *     chain_destroy(chain);
 *     instance_destroy(instance);
 *
 * A processor that keeps state through paku_state_* has it, outside of a pipeline, for as long as
 * the instance lives.
 */
#ifndef PIPELINE_CHAIN_H
#define PIPELINE_CHAIN_H

#include "pipeline/instance.h"

struct chain;

enum chain_result {
    CHAIN_PASSED,
    CHAIN_FILTERED,
    CHAIN_ABSORBED,
    CHAIN_REJECTED,
};

struct chain_outcome {
    enum chain_result result;
    const char *by;     /* the processor that ended it; NULL when it passed */
    const char *reason; /* REJECTED only; the instance's, until its next rejection */
};

/* A record that a processor made (paku_emit) has gone through the processors behind it. The
 * reference stays the chain's. Inside chain_run it comes before chain_run returns. */
typedef void (*chain_emitted_cb)(void *data, struct paku_record *record,
    const struct chain_outcome *outcome);

/* The instances stay the caller's and must outlive the chain; `emitted` may be NULL: then what is
 * emitted is forgotten. */
struct chain *chain_create(struct paku_instance *const *processors, size_t count,
    chain_emitted_cb emitted, void *data);
void chain_destroy(struct chain *chain);

/* Takes a record through all processors. The reference stays the caller's; the processors may have
 * changed the record. A processor whose `match` does not fit is passed by. */
struct chain_outcome chain_run(struct chain *chain, struct paku_record *record);

#endif
