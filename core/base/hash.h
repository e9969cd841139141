/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* CRC32C (Castagnoli, RFC 3720 appendix B.4). Start with 0; pass the result on to go on. Uses the
 * processor's instruction where there is one. */
uint32_t crc32c(uint32_t crc, const void *data, size_t size);

/* XXH3, 64 bits: for tables and for recognising what was seen; not against an enemy. */
uint64_t hash64(const void *data, size_t size);
uint64_t hash64_seeded(const void *data, size_t size, uint64_t seed);

#endif
