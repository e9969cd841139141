/* SPDX-License-Identifier: Apache-2.0 */
/* What has become of all that came into a pipeline since its journal began. It moves in the same
 * commits as the records, so it is true after any crash. */
#ifndef PIPELINE_LEDGER_H
#define PIPELINE_LEDGER_H

#include <paku/plugin.h>

#define LEDGER_KEY "l"
#define LEDGER_SIZE 56

/* received + created = appended + rejected + filtered + absorbed + recognised */
struct ledger {
    uint64_t received;   /* submissions of inputs, of any kind */
    uint64_t created;    /* records that processors emitted */
    uint64_t appended;   /* to the journal, for one output at least */
    uint64_t rejected;   /* to the journal, for the dead letters */
    uint64_t filtered;   /* not wanted by an input or a processor, or by no output */
    uint64_t absorbed;   /* kept in the state of a processor */
    uint64_t recognised; /* received again, and known from before */
};

void ledger_encode(const struct ledger *ledger, char bytes[LEDGER_SIZE]);
/* -EBADMSG: it is not one. */
int ledger_decode(struct paku_text bytes, struct ledger *ret_ledger);

/* received + created, less all that has become of it: 0 when the books balance. */
int64_t ledger_difference(const struct ledger *ledger);

#endif
