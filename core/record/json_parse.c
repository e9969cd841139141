/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "record/json_document.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_DEPTH 512
#define SMALL_OBJECT 16 /* up to so many members, comparing each with each is cheaper than a table */

struct parser {
    struct paku_json *json;
    const char *text;
    size_t size;
    size_t at;
    size_t depth;
    struct paku_json_error error;
};

static int fail_at(struct parser *parser, size_t offset, const char *message)
{
    parser->error = (struct paku_json_error){message, offset};
    return -EINVAL;
}

static int fail(struct parser *parser, const char *message)
{
    return fail_at(parser, parser->at, message);
}

static int peek(const struct parser *parser)
{
    return parser->at < parser->size ? (unsigned char)parser->text[parser->at] : -1;
}

static void skip_space(struct parser *parser)
{
    while (parser->at < parser->size) {
        char c = parser->text[parser->at];
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
            return;
        parser->at++;
    }
}

static uint32_t node_add(struct parser *parser, enum paku_json_type type)
{
    struct paku_json *json = parser->json;
    json->nodes = xgrow(json->nodes, &json->capacity, json->count + 1, sizeof(*json->nodes));
    json->nodes[json->count] = (struct json_node){
        .start = (uint32_t)parser->at, .type = type & 7};
    return (uint32_t)json->count++;
}

static void node_close(struct parser *parser, uint32_t index)
{
    struct json_node *node = &parser->json->nodes[index];
    node->size = (uint32_t)(parser->at - node->start);
    node->next = (uint32_t)parser->json->count;
}

/* -- Scalars -- */

static int parse_word(struct parser *parser, const char *word, enum paku_json_type type)
{
    size_t length = strlen(word);
    if (parser->size - parser->at < length ||
        memcmp(parser->text + parser->at, word, length) != 0)
        return fail(parser, "expected a value");
    uint32_t index = node_add(parser, type);
    parser->at += length;
    node_close(parser, index);
    return 0;
}

static bool take_digits(struct parser *parser)
{
    size_t start = parser->at;
    while (peek(parser) >= '0' && peek(parser) <= '9')
        parser->at++;
    return parser->at > start;
}

static int parse_number(struct parser *parser)
{
    uint32_t index = node_add(parser, PAKU_JSON_NUMBER);
    if (peek(parser) == '-')
        parser->at++;
    if (peek(parser) == '0')
        parser->at++;
    else if (!take_digits(parser))
        return fail(parser, "expected a digit");
    if (peek(parser) >= '0' && peek(parser) <= '9')
        return fail(parser, "a number has no leading zeros");
    if (peek(parser) == '.') {
        parser->at++;
        if (!take_digits(parser))
            return fail(parser, "expected a digit behind the decimal point");
    }
    if (peek(parser) == 'e' || peek(parser) == 'E') {
        parser->at++;
        if (peek(parser) == '+' || peek(parser) == '-')
            parser->at++;
        if (!take_digits(parser))
            return fail(parser, "expected a digit in the exponent");
    }
    node_close(parser, index);
    return 0;
}

static int hex_value(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static int take_hex4(struct parser *parser, uint32_t *ret_unit)
{
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(peek(parser));
        if (digit < 0)
            return fail(parser, "expected four hexadecimal digits behind \\u");
        unit = unit << 4 | (uint32_t)digit;
        parser->at++;
    }
    *ret_unit = unit;
    return 0;
}

static int take_unicode_escape(struct parser *parser)
{
    size_t start = parser->at - 2; /* of the backslash */
    uint32_t unit;
    int error = take_hex4(parser, &unit);
    if (error < 0)
        return error;
    if (unit >= 0xdc00 && unit <= 0xdfff)
        return fail_at(parser, start, "a low surrogate without its high one");
    if (unit < 0xd800 || unit > 0xdbff)
        return 0;
    if (parser->size - parser->at < 2 || memcmp(parser->text + parser->at, "\\u", 2) != 0)
        return fail_at(parser, start, "a high surrogate without its low one");
    parser->at += 2;
    error = take_hex4(parser, &unit);
    if (error == 0 && (unit < 0xdc00 || unit > 0xdfff))
        return fail_at(parser, start, "a high surrogate without its low one");
    return error;
}

static int take_escape(struct parser *parser)
{
    int c = peek(parser);
    if (c < 0)
        return fail(parser, "the string has no end");
    if (c == '\0' || strchr("\"\\/bfnrtu", c) == NULL)
        return fail(parser, "no such escape: expected one of \" \\ / b f n r t u behind \\");
    parser->at++;
    return c == 'u' ? take_unicode_escape(parser) : 0;
}

/* The byte in each lane's top bit that needs a closer look: quote, backslash, control, not ASCII. */
static bool eight_plain(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof(word));
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');
    uint64_t odd = (quote - ones) | (backslash - ones) | (word - ones * 0x20) | word;
    return (odd & tops) == 0;
}

static int take_character(struct parser *parser)
{
    uint32_t code_point;
    size_t length = utf8_decode(parser->text + parser->at, parser->size - parser->at,
        &code_point);
    if (length == 0)
        return fail(parser, "invalid UTF-8");
    parser->at += length;
    return 0;
}

/* From the opening quote on. */
static int parse_string(struct parser *parser, bool is_name)
{
    uint32_t index = node_add(parser, PAKU_JSON_STRING);
    bool escaped = false;
    int error = 0;
    parser->at++;
    while (error == 0) {
        if (parser->size - parser->at >= 8 && eight_plain(parser->text + parser->at)) {
            parser->at += 8;
            continue;
        }
        int c = peek(parser);
        if (c < 0)
            return fail_at(parser, parser->json->nodes[index].start, "the string has no end");
        if (c == '"')
            break;
        if (c < 0x20)
            return fail(parser, "a control character in a string must be escaped");
        if (c == '\\') {
            parser->at++;
            escaped = true;
            error = take_escape(parser);
        } else if (c < 0x80) {
            parser->at++;
        } else {
            error = take_character(parser);
        }
    }
    if (error < 0)
        return error;
    parser->at++;
    node_close(parser, index);
    parser->json->nodes[index].escaped = escaped;
    parser->json->nodes[index].is_name = is_name;
    return 0;
}

/* -- Duplicate names -- */

static int fail_duplicate(struct parser *parser, const struct json_node *name)
{
    return fail_at(parser, name->start, "a name that this object has already");
}

/* Nodes of members: a name, then its value. */
static uint32_t member_next(const struct paku_json *json, uint32_t name)
{
    return json->nodes[name + 1].next;
}

static int check_few_names(struct parser *parser, uint32_t object)
{
    const struct paku_json *json = parser->json;
    uint32_t end = (uint32_t)json->count;
    for (uint32_t left = object + 1; left < end; left = member_next(json, left)) {
        for (uint32_t right = object + 1; right < left; right = member_next(json, right)) {
            if (json_names_equal(json, &json->nodes[left], &json->nodes[right]))
                return fail_duplicate(parser, &json->nodes[left]);
        }
    }
    return 0;
}

/* An open hash table of node indices: an object of many members must not cost its square. */
static int check_many_names(struct parser *parser, uint32_t object)
{
    const struct paku_json *json = parser->json;
    size_t slots = 64;
    while (slots < 2 * (size_t)json->nodes[object].count)
        slots *= 2;
    uint32_t *table = xcalloc(slots, sizeof(*table));
    int error = 0;
    for (uint32_t at = object + 1; at < json->count && error == 0; at = member_next(json, at)) {
        size_t slot = json_name_hash(json, &json->nodes[at]) & (slots - 1);
        for (; table[slot] != 0 && error == 0; slot = (slot + 1) & (slots - 1)) {
            if (json_names_equal(json, &json->nodes[at], &json->nodes[table[slot]]))
                error = fail_duplicate(parser, &json->nodes[at]);
        }
        if (error == 0)
            table[slot] = at;
    }
    free(table);
    return error;
}

static int check_names(struct parser *parser, uint32_t object)
{
    if (parser->json->nodes[object].count <= SMALL_OBJECT)
        return check_few_names(parser, object);
    return check_many_names(parser, object);
}

/* -- Containers -- */

static int parse_value(struct parser *parser);

static int parse_member(struct parser *parser)
{
    if (peek(parser) != '"')
        return fail(parser, "expected a member's name in double quotes");
    int error = parse_string(parser, true);
    if (error < 0)
        return error;
    skip_space(parser);
    if (peek(parser) != ':')
        return fail(parser, "expected ':' behind a member's name");
    parser->at++;
    skip_space(parser);
    return parse_value(parser);
}

static int parse_items(struct parser *parser, uint32_t index, char close,
    int (*parse_item)(struct parser *parser), const char *expected)
{
    for (uint32_t count = 1;; count++) {
        int error = parse_item(parser);
        if (error < 0)
            return error;
        if (count > JSON_COUNT_MAX)
            return fail(parser, "too many members or elements");
        parser->json->nodes[index].count = count & JSON_COUNT_MAX;
        skip_space(parser);
        int c = peek(parser);
        if (c == close)
            return 0;
        if (c != ',')
            return fail(parser, expected);
        parser->at++;
        skip_space(parser);
    }
}

static int parse_container(struct parser *parser, enum paku_json_type type)
{
    bool object = type == PAKU_JSON_OBJECT;
    char close = object ? '}' : ']';
    if (parser->depth == 0)
        return fail(parser, "nested too deeply");
    parser->depth--;
    uint32_t index = node_add(parser, type);
    int error = 0;
    parser->at++;
    skip_space(parser);
    if (peek(parser) != close)
        error = parse_items(parser, index, close, object ? parse_member : parse_value,
            object ? "expected ',' or '}' behind a member" : "expected ',' or ']' behind an element");
    if (error < 0)
        return error;
    parser->at++;
    node_close(parser, index);
    parser->depth++;
    return object ? check_names(parser, index) : 0;
}

static int parse_value(struct parser *parser)
{
    switch (peek(parser)) {
    case '{':
        return parse_container(parser, PAKU_JSON_OBJECT);
    case '[':
        return parse_container(parser, PAKU_JSON_ARRAY);
    case '"':
        return parse_string(parser, false);
    case 't':
        return parse_word(parser, "true", PAKU_JSON_BOOL);
    case 'f':
        return parse_word(parser, "false", PAKU_JSON_BOOL);
    case 'n':
        return parse_word(parser, "null", PAKU_JSON_NULL);
    case '-': case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9':
        return parse_number(parser);
    default:
        return fail(parser, "expected a value");
    }
}

static int parse_text(struct parser *parser)
{
    if (parser->size >= 3 && memcmp(parser->text, "\xef\xbb\xbf", 3) == 0)
        return fail(parser, "a byte order mark has no place in JSON");
    skip_space(parser);
    int error = parse_value(parser);
    if (error < 0)
        return error;
    skip_space(parser);
    return parser->at == parser->size ? 0 : fail(parser, "something stands behind the value");
}

int json_reparse(struct paku_json **json, struct paku_text text, const struct json_limits *limits,
    struct paku_json_error *ret_error)
{
    if (text.size > UINT32_MAX) {
        if (ret_error != NULL)
            *ret_error = (struct paku_json_error){"longer than 4 GiB", 0};
        return -E2BIG;
    }
    if (*json == NULL)
        *json = xcalloc(1, sizeof(**json));
    (*json)->text = text;
    (*json)->count = 0;
    /* A telemetry payload has a node for about each ten bytes: grow once. */
    size_t guess = text.size / 10 + 8;
    if (guess < 4096)
        (*json)->nodes = xgrow((*json)->nodes, &(*json)->capacity, guess, sizeof(*(*json)->nodes));
    struct parser parser = {
        .json = *json,
        .text = text.data,
        .size = text.size,
        .depth = limits != NULL && limits->depth > 0 ? limits->depth : DEFAULT_DEPTH,
    };
    int error = parse_text(&parser);
    if (error < 0) {
        (*json)->count = 0;
        if (ret_error != NULL)
            *ret_error = parser.error;
    }
    return error;
}

int json_parse(struct paku_text text, const struct json_limits *limits,
    struct paku_json **ret_json, struct paku_json_error *ret_error)
{
    struct paku_json *json = NULL;
    int error = json_reparse(&json, text, limits, ret_error);
    if (error < 0) {
        json_destroy(json);
        return error;
    }
    *ret_json = json;
    return 0;
}

void json_destroy(struct paku_json *json)
{
    if (json == NULL)
        return;
    free(json->nodes);
    free(json);
}
