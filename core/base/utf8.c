/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <string.h>

size_t utf8_decode(const char *data, size_t size, uint32_t *ret_code_point)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};

    if (size == 0)
        return 0;
    unsigned char first = (unsigned char)data[0];
    if (first < 0x80) {
        *ret_code_point = first;
        return 1;
    }
    size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || size < length)
        return 0;
    uint32_t code_point = first & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)data[i] & 0xc0) != 0x80)
            return 0;
        code_point = code_point << 6 | ((unsigned char)data[i] & 0x3f);
    }
    if (code_point < smallest[length] || code_point > 0x10ffff ||
        (code_point >= 0xd800 && code_point <= 0xdfff))
        return 0;
    *ret_code_point = code_point;
    return length;
}

static bool eight_ascii(const char *data)
{
    uint64_t word;
    memcpy(&word, data, sizeof(word));
    return (word & 0x8080808080808080u) == 0;
}

size_t utf8_valid_prefix(const char *data, size_t size)
{
    size_t i = 0;
    while (i < size) {
        if (size - i >= 8 && eight_ascii(data + i)) {
            i += 8;
            continue;
        }
        uint32_t code_point;
        size_t length = utf8_decode(data + i, size - i, &code_point);
        if (length == 0)
            return i;
        i += length;
    }
    return size;
}

size_t utf8_encode(uint32_t code_point, char *buffer)
{
    if (code_point < 0x80) {
        buffer[0] = (char)code_point;
        return 1;
    }
    if (code_point > 0x10ffff || (code_point >= 0xd800 && code_point <= 0xdfff))
        return 0;
    size_t length = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        buffer[i] = (char)(0x80 | (code_point & 0x3f));
        code_point >>= 6;
    }
    buffer[0] = (char)((0xf00u >> length & 0xff) | code_point);
    return length;
}

size_t utf8_length(const char *data, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)data[i] & 0xc0) != 0x80;
    return count;
}
