/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/metrics.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Bucket 0 is below 1 ms; then four for each power of two. */
static size_t bucket_of(int64_t ms)
{
    if (ms < 1)
        return 0;
    unsigned power = 63 - (unsigned)__builtin_clzll((uint64_t)ms);
    unsigned quarter = power >= 2 ? (unsigned)(ms >> (power - 2)) & 3
                                  : (unsigned)(ms << (2 - power)) & 3;
    size_t bucket = 1 + 4 * (size_t)power + quarter;
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* The largest whole number of milliseconds in it. */
static int64_t bucket_end(size_t bucket)
{
    if (bucket == 0)
        return 0;
    unsigned power = (unsigned)(bucket - 1) / 4;
    int64_t quarters = 4 + (int64_t)((bucket - 1) % 4) + 1;
    int64_t end = power >= 2 ? quarters << (power - 2) : (quarters + (4 >> power) - 1) >> (2 - power);
    return end - 1;
}

void histogram_add(struct histogram *histogram, int64_t ms, uint64_t count)
{
    histogram->counts[bucket_of(ms)] += count;
    histogram->total += count;
    if (ms > histogram->max_ms)
        histogram->max_ms = ms;
}

int64_t histogram_part(const struct histogram *histogram, double part)
{
    uint64_t wanted = (uint64_t)((double)histogram->total * part + 0.5), seen = 0;
    if (wanted == 0)
        wanted = 1;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->counts[i];
        if (seen >= wanted) {
            int64_t end = bucket_end(i);
            return end < histogram->max_ms ? end : histogram->max_ms;
        }
    }
    return 0;
}

void metrics_count(struct metrics *metrics, const char *name, uint64_t count)
{
    for (size_t i = 0; i < metrics->own_count; i++) {
        if (metrics->own[i].name == name || strcmp(metrics->own[i].name, name) == 0) {
            metrics->own[i].count += count;
            return;
        }
    }
    metrics->own = xgrow(metrics->own, &metrics->own_capacity, metrics->own_count + 1,
        sizeof(*metrics->own));
    metrics->own[metrics->own_count++] = (struct own_counter){name, count};
}

void metrics_finish(struct metrics *metrics)
{
    free(metrics->own);
    *metrics = (struct metrics){0};
}
