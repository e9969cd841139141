/* SPDX-License-Identifier: Apache-2.0 */
/* When records were appended: one note for each turn of the loop, fewer the longer ago. For the
 * latency of outputs. */
#ifndef PIPELINE_ARRIVALS_H
#define PIPELINE_ARRIVALS_H

#include "pipeline/metrics.h"

#define ARRIVALS 1024

struct arrivals {
    size_t count;
    struct {
        uint64_t sequence; /* this one and those up to the next note ... */
        int64_t ms;        /* ... were appended at this time of the loop */
    } notes[ARRIVALS];
};

void arrivals_note(struct arrivals *arrivals, uint64_t sequence, int64_t now_ms);
/* Adds the ages of records (ascending sequences) to the histogram; those from before the daemon's
 * start are left out. */
void arrivals_measure(const struct arrivals *arrivals, const uint64_t *sequences, size_t count,
    int64_t now_ms, struct histogram *histogram);

#endif
