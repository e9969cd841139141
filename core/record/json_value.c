/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "record/json_document.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SMALL_NAME 256

static const struct paku_value no_value;

static bool exists(struct paku_value value)
{
    return value.json != NULL && value.node < value.json->count;
}

struct paku_value json_root(const struct paku_json *json)
{
    return json != NULL && json->count > 0 ? (struct paku_value){json, 0} : no_value;
}

enum paku_json_type paku_value_type(struct paku_value value)
{
    return exists(value) ? (enum paku_json_type)json_node(value)->type : PAKU_JSON_NONE;
}

struct paku_text paku_value_raw(struct paku_value value)
{
    if (!exists(value))
        return (struct paku_text){NULL, 0};
    const struct json_node *node = json_node(value);
    return (struct paku_text){value.json->text.data + node->start, node->size};
}

size_t paku_value_count(struct paku_value value)
{
    return exists(value) ? json_node(value)->count : 0;
}

/* -- Strings -- */

static uint32_t hex4(const char *text)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = text[i];
        value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

/* `at` is behind the "\u"; returns how many bytes of the text were used. */
static size_t unescape_unicode(const char *at, char *buffer, size_t *written)
{
    uint32_t unit = hex4(at);
    size_t used = 4;
    if (unit >= 0xd800 && unit <= 0xdbff) {
        unit = 0x10000 + ((unit - 0xd800) << 10) + (hex4(at + 6) - 0xdc00);
        used = 10;
    }
    *written += utf8_encode(unit, buffer + *written);
    return used;
}

size_t json_unescape(const char *text, size_t size, char *buffer)
{
    size_t written = 0;
    for (size_t at = 0; at < size;) {
        char c = text[at++];
        if (c != '\\') {
            buffer[written++] = c;
            continue;
        }
        c = text[at++];
        if (c == 'u') {
            at += unescape_unicode(text + at, buffer, &written);
            continue;
        }
        static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
        const char *special = strchr(from, c);
        buffer[written++] = special != NULL ? to[special - from] : c;
    }
    return written;
}

static struct paku_text between_quotes(const struct paku_json *json, const struct json_node *node)
{
    return (struct paku_text){json->text.data + node->start + 1, node->size - 2};
}

/* The decoded name: in place when it has no escapes, otherwise in `small`, or in memory that the
 * caller frees (*ret_memory). */
static struct paku_text name_text(const struct paku_json *json, const struct json_node *name,
    char small[SMALL_NAME], char **ret_memory)
{
    struct paku_text text = between_quotes(json, name);
    *ret_memory = NULL;
    if (!name->escaped)
        return text;
    char *buffer = small;
    if (text.size > SMALL_NAME)
        buffer = *ret_memory = xmalloc(text.size);
    return (struct paku_text){buffer, json_unescape(text.data, text.size, buffer)};
}

static bool texts_equal(struct paku_text left, struct paku_text right)
{
    return left.size == right.size && memcmp(left.data, right.data, left.size) == 0;
}

static bool name_is(const struct paku_json *json, const struct json_node *name,
    struct paku_text wanted)
{
    if (!name->escaped)
        return texts_equal(between_quotes(json, name), wanted);
    char small[SMALL_NAME], *memory;
    bool equal = texts_equal(name_text(json, name, small, &memory), wanted);
    free(memory);
    return equal;
}

bool json_names_equal(const struct paku_json *json, const struct json_node *left,
    const struct json_node *right)
{
    if (!left->escaped)
        return name_is(json, right, between_quotes(json, left));
    char small[SMALL_NAME], *memory;
    bool equal = name_is(json, right, name_text(json, left, small, &memory));
    free(memory);
    return equal;
}

uint64_t json_name_hash(const struct paku_json *json, const struct json_node *name)
{
    char small[SMALL_NAME], *memory;
    struct paku_text text = name_text(json, name, small, &memory);
    uint64_t hash = hash64(text.data, text.size);
    free(memory);
    return hash;
}

bool paku_value_plain(struct paku_value string, struct paku_text *ret_text)
{
    if (paku_value_type(string) != PAKU_JSON_STRING || json_node(string)->escaped)
        return false;
    *ret_text = between_quotes(string.json, json_node(string));
    return true;
}

int64_t paku_value_decode(struct paku_value string, char *buffer)
{
    if (paku_value_type(string) != PAKU_JSON_STRING)
        return -EINVAL;
    struct paku_text text = between_quotes(string.json, json_node(string));
    return (int64_t)json_unescape(text.data, text.size, buffer);
}

/* -- Members and elements -- */

struct paku_value paku_value_first(struct paku_value container)
{
    if (paku_value_count(container) == 0)
        return no_value;
    container.node += paku_value_type(container) == PAKU_JSON_OBJECT ? 2 : 1;
    return container;
}

static bool is_member(struct paku_value value)
{
    return value.node > 0 && value.json->nodes[value.node - 1].is_name;
}

/* A value's next sibling begins where the value ends, unless its container ends there too; that is so
 * when only closing brackets and white space follow up to the next node: told by the comma. */
static bool comma_follows(struct paku_value value)
{
    const struct json_node *node = json_node(value);
    size_t at = (size_t)node->start + node->size;
    struct paku_text text = value.json->text;
    while (at < text.size && strchr(" \t\r\n", text.data[at]) != NULL && text.data[at] != '\0')
        at++;
    return at < text.size && text.data[at] == ',';
}

struct paku_value paku_value_next(struct paku_value value)
{
    if (!exists(value) || !comma_follows(value))
        return no_value;
    value.node = json_node(value)->next + (is_member(value) ? 1 : 0);
    return value;
}

struct paku_value paku_value_name(struct paku_value member)
{
    if (!exists(member) || !is_member(member))
        return no_value;
    member.node--;
    return member;
}

struct paku_value paku_value_member(struct paku_value object, const char *name, size_t size)
{
    if (paku_value_type(object) != PAKU_JSON_OBJECT)
        return no_value;
    const struct paku_json *json = object.json;
    struct paku_text wanted = {name, size};
    uint32_t end = json_node(object)->next;
    for (uint32_t at = object.node + 1; at < end; at = json->nodes[at + 1].next) {
        if (name_is(json, &json->nodes[at], wanted))
            return (struct paku_value){json, at + 1};
    }
    return no_value;
}

bool paku_value_bool(struct paku_value value)
{
    return paku_value_type(value) == PAKU_JSON_BOOL && paku_value_raw(value).data[0] == 't';
}

/* -- Numbers -- */

/* strtod needs a NUL; numbers of more digits than fit here are cut where digits no longer count. */
static double number_read(struct paku_text raw)
{
    char small[64];
    if (raw.size < sizeof(small)) {
        memcpy(small, raw.data, raw.size);
        small[raw.size] = '\0';
        return strtod(small, NULL);
    }
    char *copy = xstrndup(raw.data, raw.size);
    double number = strtod(copy, NULL);
    free(copy);
    return number;
}

int paku_value_double(struct paku_value value, double *ret_number)
{
    if (paku_value_type(value) != PAKU_JSON_NUMBER)
        return -EINVAL;
    double number = number_read(paku_value_raw(value));
    if (!isfinite(number))
        return -ERANGE;
    *ret_number = number;
    return 0;
}

static int integer_read(struct paku_text raw, int64_t *ret_number)
{
    bool negative = raw.data[0] == '-';
    int64_t number = 0;
    for (size_t i = negative ? 1 : 0; i < raw.size; i++) {
        int digit = raw.data[i] - '0';
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_sub_overflow(number, digit, &number))
            return -ERANGE;
    }
    if (!negative && number == INT64_MIN)
        return -ERANGE;
    *ret_number = negative ? number : -number;
    return 0;
}

int paku_value_int64(struct paku_value value, int64_t *ret_number)
{
    if (paku_value_type(value) != PAKU_JSON_NUMBER)
        return -EINVAL;
    struct paku_text raw = paku_value_raw(value);
    if (memchr(raw.data, '.', raw.size) == NULL && memchr(raw.data, 'e', raw.size) == NULL &&
        memchr(raw.data, 'E', raw.size) == NULL)
        return integer_read(raw, ret_number);
    /* 2.0 and 1e3 are integers; beyond 2^53 a double cannot tell. */
    double number = number_read(raw);
    if (!(fabs(number) <= 9007199254740992.0) || number != floor(number))
        return -ERANGE;
    *ret_number = (int64_t)number;
    return 0;
}

/* -- Places -- */

void json_locate(struct paku_text text, size_t offset, size_t *ret_line, size_t *ret_column)
{
    size_t line = 1, start = 0;
    for (size_t i = 0; i < offset && i < text.size; i++) {
        if (text.data[i] == '\n') {
            line++;
            start = i + 1;
        }
    }
    *ret_line = line;
    *ret_column = 1 + utf8_length(text.data + start, offset - start);
}

static struct paku_value element_at(struct paku_value array, const char *index, size_t size)
{
    if (size == 0 || size > 9 || (index[0] == '0' && size > 1) ||
        strspn(index, "0123456789") < size)
        return no_value;
    size_t wanted = strtoul(index, NULL, 10);
    if (wanted >= paku_value_count(array))
        return no_value;
    struct paku_value element = paku_value_first(array);
    while (wanted-- > 0)
        element = paku_value_next(element);
    return element;
}

/* "~1" is '/', "~0" is '~'. */
static size_t pointer_token_decode(struct paku_text token, char *buffer)
{
    size_t written = 0;
    for (size_t i = 0; i < token.size; i++) {
        char c = token.data[i];
        if (c == '~' && i + 1 < token.size)
            c = token.data[++i] == '1' ? '/' : '~';
        buffer[written++] = c;
    }
    return written;
}

struct paku_value json_pointer_read(struct paku_value root, struct paku_text pointer)
{
    char *buffer = xmalloc(pointer.size + 1);
    const char *at = pointer.data, *end = pointer.data + pointer.size;
    while (at < end && *at == '/') {
        const char *start = ++at;
        while (at < end && *at != '/')
            at++;
        size_t size = pointer_token_decode((struct paku_text){start, (size_t)(at - start)}, buffer);
        buffer[size] = '\0';
        if (paku_value_type(root) == PAKU_JSON_ARRAY)
            root = element_at(root, buffer, size);
        else
            root = paku_value_member(root, buffer, size);
    }
    free(buffer);
    return at == end ? root : no_value;
}
