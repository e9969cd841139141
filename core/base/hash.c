/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <string.h>
#include <xxhash.h>

#define CRC32C_POLYNOMIAL 0x82f63b78u /* reflected */

/* One byte of the slow way: eight steps of the division. Used where the processor has no
 * instruction; the journal's bound is the disk, not this. */
static uint32_t crc32c_byte(uint32_t crc, uint8_t byte)
{
    crc ^= byte;
    for (int bit = 0; bit < 8; bit++)
        crc = crc >> 1 ^ (crc & 1 ? CRC32C_POLYNOMIAL : 0);
    return crc;
}

static uint32_t crc32c_portable(uint32_t crc, const uint8_t *at, size_t size)
{
    while (size-- > 0)
        crc = crc32c_byte(crc, *at++);
    return crc;
}

#if defined(__x86_64__)

#include <nmmintrin.h>

__attribute__((target("sse4.2")))
static uint32_t crc32c_instruction(uint32_t crc, const uint8_t *at, size_t size)
{
    uint64_t wide = crc;
    for (; size >= 8; size -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof(word));
        wide = _mm_crc32_u64(wide, word);
    }
    crc = (uint32_t)wide;
    while (size-- > 0)
        crc = _mm_crc32_u8(crc, *at++);
    return crc;
}

static int has_instruction(void)
{
    return __builtin_cpu_supports("sse4.2");
}

#elif defined(__ARM_FEATURE_CRC32)

#include <arm_acle.h>

static uint32_t crc32c_instruction(uint32_t crc, const uint8_t *at, size_t size)
{
    for (; size >= 8; size -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof(word));
        crc = __crc32cd(crc, word);
    }
    while (size-- > 0)
        crc = __crc32cb(crc, *at++);
    return crc;
}

static int has_instruction(void)
{
    return 1;
}

#else

static uint32_t crc32c_instruction(uint32_t crc, const uint8_t *at, size_t size)
{
    return crc32c_portable(crc, at, size);
}

static int has_instruction(void)
{
    return 0;
}

#endif

uint32_t crc32c(uint32_t crc, const void *data, size_t size)
{
    if (has_instruction())
        return ~crc32c_instruction(~crc, data, size);
    return ~crc32c_portable(~crc, data, size);
}

uint64_t hash64(const void *data, size_t size)
{
    return XXH3_64bits(data, size);
}

uint64_t hash64_seeded(const void *data, size_t size, uint64_t seed)
{
    return XXH3_64bits_withSeed(data, size, seed);
}
