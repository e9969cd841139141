/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/chain.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

struct chain {
    size_t count;
    struct paku_instance **processors;
    chain_emitted_cb emitted;
    void *data;
};

struct chain *chain_create(struct paku_instance *const *processors, size_t count,
    chain_emitted_cb emitted, void *data)
{
    struct chain *chain = xcalloc(1, sizeof(*chain));
    chain->count = count;
    chain->processors = xcalloc(count + 1, sizeof(*chain->processors));
    chain->emitted = emitted;
    chain->data = data;
    for (size_t i = 0; i < count; i++) {
        chain->processors[i] = processors[i];
        processors[i]->chain = chain;
        processors[i]->chain_index = i;
    }
    return chain;
}

void chain_destroy(struct chain *chain)
{
    if (chain == NULL)
        return;
    for (size_t i = 0; i < chain->count; i++)
        chain->processors[i]->chain = NULL;
    free(chain->processors);
    free(chain);
}

static struct chain_outcome ended(enum chain_result result, const struct paku_instance *processor)
{
    return (struct chain_outcome){.result = result, .by = processor->name};
}

static struct chain_outcome rejected(struct paku_instance *processor)
{
    struct chain_outcome outcome = ended(CHAIN_REJECTED, processor);
    outcome.reason = processor->reason != NULL ? processor->reason : "no reason was given";
    processor->metrics.rejected++;
    return outcome;
}

static struct chain_outcome run_from(struct chain *chain, size_t index,
    struct paku_record *record)
{
    for (; index < chain->count; index++) {
        struct paku_instance *processor = chain->processors[index];
        if (!match_record(&processor->match, record))
            continue;
        processor->metrics.in++;
        processor->metrics.bytes += paku_record_payload(record).size;
        switch (processor->plugin->processor.process(processor->self, record)) {
        case PAKU_PASS:
            processor->metrics.out++;
            break;
        case PAKU_FILTER:
            processor->metrics.filtered++;
            return ended(CHAIN_FILTERED, processor);
        case PAKU_ABSORB:
            processor->metrics.filtered++;
            return ended(CHAIN_ABSORBED, processor);
        default:
            return rejected(processor);
        }
    }
    return (struct chain_outcome){.result = CHAIN_PASSED};
}

struct chain_outcome chain_run(struct chain *chain, struct paku_record *record)
{
    return run_from(chain, 0, record);
}

/* -- What processors call -- */

enum paku_verdict paku_reject(struct paku_instance *processor, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *reason = xvasprintf(format, args); /* the old reason may be among the arguments */
    va_end(args);
    free(processor->reason);
    processor->reason = reason;
    return PAKU_REJECT;
}

void paku_emit(struct paku_instance *processor, struct paku_record *record)
{
    struct chain *chain = processor->chain;
    if (chain != NULL) {
        processor->metrics.out++;
        struct chain_outcome outcome = run_from(chain, processor->chain_index + 1, record);
        if (chain->emitted != NULL)
            chain->emitted(chain->data, record, &outcome);
    }
    paku_record_unref(record);
}
