/* SPDX-License-Identifier: Apache-2.0 */
#include "json_check.h"

#include "numeric.h"

/* PostgreSQL's parser recurses: with the usual max_stack_depth of 2MB it gives up somewhere between
 * 14,000 and 16,000 levels. Well below that, for servers with less stack. */
enum { DEPTH_MAX = 6000 };

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Most documents have no escapes, no exponents and are short: one look over the bytes says so. */
static bool is_harmless(struct paku_text json)
{
    if (json.size > DEPTH_MAX || memchr(json.data, '\\', json.size) != NULL)
        return false;
    for (size_t i = 1; i < json.size; i++) {
        if ((json.data[i] | 0x20) == 'e' && is_digit(json.data[i - 1]))
            return false;
    }
    return true;
}

/* Goes behind a string; true when it has a \u0000 in it. */
static bool skip_string(const char **at, const char *end)
{
    const char *byte = *at + 1;
    bool has_nul = false;

    while (byte < end && *byte != '"') {
        if (*byte == '\\' && end - byte >= 6 && memcmp(byte, "\\u0000", 6) == 0)
            has_nul = true;
        byte += *byte == '\\' ? 2 : 1;
    }
    *at = byte + 1;
    return has_nul;
}

/* Goes behind a number; false when it is none that `numeric` can hold. */
static bool skip_number(const char **at, const char *end)
{
    const char *start = *at;
    struct decimal decimal;

    while (*at < end && (is_digit(**at) || memchr("+-.eE", **at, 5) != NULL))
        (*at)++;
    return decimal_parse((struct paku_text) {start, (size_t)(*at - start)}, &decimal) < 0 ||
        decimal_fits(&decimal);
}

static const char *check_thoroughly(struct paku_text json, bool binary)
{
    const char *at = json.data;
    const char *end = json.data + json.size;
    size_t depth = 0;

    while (at < end) {
        if (*at == '"') {
            if (skip_string(&at, end) && binary)
                return "a text with \\u0000 in it";
        } else if (*at == '-' || is_digit(*at)) {
            if (!skip_number(&at, end) && binary)
                return "a number beyond 131072 digits before the point or 16383 behind it";
        } else {
            if (*at == '[' || *at == '{')
                depth++;
            else if (*at == ']' || *at == '}')
                depth--;
            if (depth > DEPTH_MAX)
                return "more than 6000 objects and lists inside each other";
            at++;
        }
    }
    return NULL;
}

const char *json_check(struct paku_text json, bool binary)
{
    return is_harmless(json) ? NULL : check_thoroughly(json, binary);
}
