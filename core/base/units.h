/* SPDX-License-Identifier: Apache-2.0 */
/* Durations and sizes as people write them, and back. */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* "250ms", "5s", "1h30m", "2d", "1w"; a bare "0" too. Milliseconds. -EINVAL: no duration;
 * -ERANGE: beyond 64 bits. A bare number other than 0 is refused: of what? */
int duration_parse(const char *text, int64_t *ret_ms);
/* "512", "64KiB", "10MB", "1.5GiB"; KB is 1000, KiB is 1024. */
int size_parse(const char *text, int64_t *ret_bytes);
/* The shortest spelling that parses back: "1h30m", "64KiB". Returns `buffer`; 32 bytes suffice. */
char *duration_print(int64_t ms, char *buffer, size_t size);
char *size_print(int64_t bytes, char *buffer, size_t size);

#endif
