/* SPDX-License-Identifier: Apache-2.0 */
/* What each instance counts. The numbers are since the daemon's start; the durable books are in
 * ledger.h. */
#ifndef PIPELINE_METRICS_H
#define PIPELINE_METRICS_H

#include <stddef.h>
#include <stdint.h>

/* Buckets at 1, 1.25, 1.5, 1.75, 2, 2.5 ... ms: at most 25 % wide, from 1 ms to 9 days. */
#define HISTOGRAM_BUCKETS 120

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t total;
    int64_t max_ms;
};

void histogram_add(struct histogram *histogram, int64_t ms, uint64_t count);
/* Upper bound of the bucket in which the part (0.5, 0.99) lies; 0 without any. */
int64_t histogram_part(const struct histogram *histogram, double part);

struct own_counter {
    const char *name; /* static text of the plugin */
    uint64_t count;
};

/* All-zero is an empty one. */
struct metrics {
    uint64_t in;       /* records: submitted, offered to the processor, routed to the output */
    uint64_t out;      /* records: handed on, or delivered */
    uint64_t filtered; /* not wanted, or absorbed */
    uint64_t rejected; /* to the dead letters */
    uint64_t dropped;  /* lost on purpose: drop_oldest */
    uint64_t retried;  /* batches that an output asked to be given again */
    uint64_t bytes;    /* of payloads: submitted, or delivered */
    struct histogram latency; /* outputs: from the append to the delivery */
    struct own_counter *own;
    size_t own_count;
    size_t own_capacity;
};

void metrics_finish(struct metrics *metrics);
void metrics_count(struct metrics *metrics, const char *name, uint64_t count);

#endif
