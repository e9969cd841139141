/* SPDX-License-Identifier: Apache-2.0 */
/* Looking up a host's addresses on a thread of its own. libuv's pool would do, but a name server that
 * never answers would hold one of its few threads, and the end of the process with it: a look-up
 * under way cannot be called off there, only left alone here. */
#ifndef POSTGRES_LOOKUP_H
#define POSTGRES_LOOKUP_H

#include "bytes.h"

#include <uv.h>

struct lookup;

/* Calls `done` on the loop once the answer is there, never from within. NULL: no thread was to be
 * had. */
struct lookup *lookup_begin(uv_loop_t *loop, const char *host, void (*done)(void *data),
    void *data);
bool lookup_is_done(const struct lookup *lookup);
/* Text of address `index` ("192.0.2.7"); false behind the last. */
bool lookup_address(const struct lookup *lookup, size_t index, char ret_address[64]);
/* NULL when there are addresses. */
const char *lookup_error(const struct lookup *lookup);
/* Also while it is under way: `done` is not called then. `closed` (may be NULL) is called when no
 * handle is left. */
void lookup_end(struct lookup *lookup, void (*closed)(void *data), void *data);

#endif
