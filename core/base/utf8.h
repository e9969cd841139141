/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of `data` before the first that is not valid UTF-8 (RFC 3629: shortest form, no
 * surrogates, at most U+10FFFF); `size` when all is valid. */
size_t utf8_valid_prefix(const char *data, size_t size);
/* Writes a code point (at most 4 bytes), returns how many; 0 for surrogates and beyond U+10FFFF. */
size_t utf8_encode(uint32_t code_point, char *buffer);
/* Reads one code point of valid UTF-8, returns its length; 0 when invalid or empty. */
size_t utf8_decode(const char *data, size_t size, uint32_t *ret_code_point);
/* Code points in valid UTF-8. */
size_t utf8_length(const char *data, size_t size);

#endif
