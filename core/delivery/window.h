/* SPDX-License-Identifier: Apache-2.0 */
/* What dispatchers see of the window (see dispatcher.h). */
#ifndef DELIVERY_WINDOW_H
#define DELIVERY_WINDOW_H

#include "delivery/dispatcher.h"

/* False when `sequence` is not in memory: older than the window, or not appended yet. The entry lives
 * until the next window_push. */
bool window_at(const struct window *window, uint64_t sequence, struct journal_entry *ret_entry);

#endif
