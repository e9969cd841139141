/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/arrivals.h"

void arrivals_note(struct arrivals *arrivals, uint64_t sequence, int64_t now_ms)
{
    if (arrivals->count == ARRIVALS) { /* every second one goes: it counts as older than it is */
        for (size_t i = 0; i < ARRIVALS / 2; i++)
            arrivals->notes[i] = arrivals->notes[2 * i];
        arrivals->count = ARRIVALS / 2;
    }
    arrivals->notes[arrivals->count].sequence = sequence;
    arrivals->notes[arrivals->count].ms = now_ms;
    arrivals->count++;
}

/* Index behind the last note that is not above `sequence`. */
static size_t find(const struct arrivals *arrivals, uint64_t sequence)
{
    size_t low = 0, high = arrivals->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (arrivals->notes[middle].sequence <= sequence)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void arrivals_measure(const struct arrivals *arrivals, const uint64_t *sequences, size_t count,
    int64_t now_ms, struct histogram *histogram)
{
    size_t at = 0;
    while (at < count) {
        size_t note = find(arrivals, sequences[at]), from = at;
        while (at < count && (note == arrivals->count ||
                                 sequences[at] < arrivals->notes[note].sequence))
            at++;
        if (note > 0)
            histogram_add(histogram, now_ms - arrivals->notes[note - 1].ms, at - from);
    }
}
