/* SPDX-License-Identifier: Apache-2.0 */
/* Counts records and forgets them: to try an input without a server, and the smallest complete output
 * to begin your own from. */
#include <paku/plugin.h>

#include <stddef.h>

struct null {
    struct paku_instance *host;
    bool log; /* option */
};

static const struct paku_option options[] = {
    {
        .key = "log",
        .type = PAKU_OPTION_BOOL,
        .offset = offsetof(struct null, log),
        .fallback = "false",
        .help = "Write a line to the log for each batch.",
    },
    {.type = PAKU_OPTION_END},
};

static int init(void *self, struct paku_instance *host)
{
    struct null *null = self;
    null->host = host;
    return 0;
}

static void write_batch(void *self, struct paku_batch *batch)
{
    struct null *null = self;
    if (null->log)
        paku_log(null->host, PAKU_INFO, "forgot %zu records", batch->count);
    paku_batch_finish(batch, PAKU_DELIVERED, 0, NULL);
}

PAKU_EXPORT const struct paku_plugin paku_plugin = {
    .abi = PAKU_ABI,
    .size = sizeof(struct paku_plugin),
    .kind = PAKU_OUTPUT,
    .name = "null",
    .version = PAKU_VERSION,
    .summary = "Counts records and forgets them.",
    .options = options,
    .instance_size = sizeof(struct null),
    .init = init,
    .output = {.write = write_batch},
};
