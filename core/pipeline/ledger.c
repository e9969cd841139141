/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/ledger.h"

#include "base/buffer.h"

#include <errno.h>

#define FIELDS 7

void ledger_encode(const struct ledger *ledger, char bytes[LEDGER_SIZE])
{
    const uint64_t fields[FIELDS] = {ledger->received, ledger->created, ledger->appended,
        ledger->rejected, ledger->filtered, ledger->absorbed, ledger->recognised};
    for (size_t i = 0; i < FIELDS; i++) {
        for (size_t byte = 0; byte < 8; byte++)
            bytes[8 * i + byte] = (char)(fields[i] >> (8 * byte));
    }
}

int ledger_decode(struct paku_text bytes, struct ledger *ret_ledger)
{
    uint64_t fields[FIELDS];
    const char *at = bytes.data, *end = bytes.data + bytes.size;
    if (bytes.size != LEDGER_SIZE)
        return -EBADMSG;
    for (size_t i = 0; i < FIELDS; i++)
        take_u64_le(&at, end, &fields[i]);
    *ret_ledger = (struct ledger){
        .received = fields[0],
        .created = fields[1],
        .appended = fields[2],
        .rejected = fields[3],
        .filtered = fields[4],
        .absorbed = fields[5],
        .recognised = fields[6],
    };
    return 0;
}

int64_t ledger_difference(const struct ledger *ledger)
{
    return (int64_t)(ledger->received + ledger->created - ledger->appended - ledger->rejected -
        ledger->filtered - ledger->absorbed - ledger->recognised);
}
