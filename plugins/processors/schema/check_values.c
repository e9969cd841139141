/* SPDX-License-Identifier: Apache-2.0 */
/* Assertions on values by themselves: types, equality, numbers, strings. */
#include "equal.h"
#include "evaluate.h"
#include "keywords.h"

#include <stdio.h>
#include <string.h>

static bool is_integer(struct paku_value value)
{
    struct number number = number_read(paku_value_raw(value));
    return number_is_integer(&number);
}

/* "a number or a string" */
static const char *types_in_words(unsigned types, char *buffer, size_t size)
{
    static const struct {
        unsigned type;
        const char *words;
    } known[] = {
        {TYPE_BIT(PAKU_JSON_NULL), "null"}, {TYPE_BIT(PAKU_JSON_BOOL), "a boolean"},
        {TYPE_BIT(PAKU_JSON_NUMBER), "a number"}, {TYPE_INTEGER, "an integer"},
        {TYPE_BIT(PAKU_JSON_STRING), "a string"}, {TYPE_BIT(PAKU_JSON_ARRAY), "an array"},
        {TYPE_BIT(PAKU_JSON_OBJECT), "an object"},
    };
    size_t used = 0;
    int left = __builtin_popcount(types), count = 0;
    buffer[0] = '\0';
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if ((types & known[i].type) == 0)
            continue;
        left--;
        used += (size_t)snprintf(buffer + used, size - used, "%s%s",
            count++ == 0 ? "" : left == 0 ? " or " : ", ", known[i].words);
    }
    return buffer;
}

DECLARE_CHECK(type)
{
    if ((keyword->allowed & TYPE_BIT(frame->type)) != 0)
        return true;
    if (frame->type == PAKU_JSON_NUMBER && (keyword->allowed & TYPE_INTEGER) != 0 &&
        is_integer(frame->value))
        return true;
    char words[128];
    return fail_expected(evaluation, frame, "type", WEIGHT_TYPE, "%s",
        types_in_words(keyword->allowed, words, sizeof(words)));
}

DECLARE_CHECK(const)
{
    if (value_equal(frame->value, keyword->value, &evaluation->scratch))
        return true;
    if (!evaluation->explaining)
        return false;
    return fail_expected(evaluation, frame, "const", WEIGHT_OTHER_KIND, "%s",
        describe(evaluation, keyword->value).data);
}

static bool fail_enum(struct evaluation *evaluation, const struct keyword *keyword,
    const struct frame *frame)
{
    char words[400];
    size_t used = 0;
    const char *separator = "";
    if (!evaluation->explaining)
        return false;
    for (struct paku_value value = paku_value_first(keyword->value);
         paku_value_type(value) != PAKU_JSON_NONE; value = paku_value_next(value)) {
        struct paku_text raw = paku_value_raw(value);
        enum paku_json_type type = paku_value_type(value);
        const char *shown = type == PAKU_JSON_ARRAY ? "[...]" : "{...}";
        if (type != PAKU_JSON_ARRAY && type != PAKU_JSON_OBJECT)
            shown = pool_copy(&evaluation->texts, raw).data;
        size_t size = strlen(shown) + strlen(separator);
        if (used + size + 8 > sizeof(words)) {
            snprintf(words + used, sizeof(words) - used, ", ...");
            break;
        }
        used += (size_t)snprintf(words + used, sizeof(words) - used, "%s%s", separator, shown);
        separator = ", ";
    }
    return fail_expected(evaluation, frame, "enum", WEIGHT_OTHER_KIND, "one of %s", words);
}

DECLARE_CHECK(enum)
{
    for (struct paku_value value = paku_value_first(keyword->value);
         paku_value_type(value) != PAKU_JSON_NONE; value = paku_value_next(value)) {
        if (value_equal(frame->value, value, &evaluation->scratch))
            return true;
    }
    return fail_enum(evaluation, keyword, frame);
}

/* -- Numbers -- */

DECLARE_CHECK(multiple_of)
{
    struct number number = number_read(paku_value_raw(frame->value));
    if (number_is_multiple(&number, keyword->divisor, &evaluation->scratch))
        return true;
    return fail_expected(evaluation, frame, "multipleOf", WEIGHT_DETAIL, "a multiple of %.*s",
        (int)keyword->divisor->text.size, keyword->divisor->text.data);
}

DECLARE_CHECK(bound)
{
    const struct bound *bound = keyword->bound;
    struct number number = number_read(paku_value_raw(frame->value));
    int order = number_compare(&number, &bound->number);
    if (order < 0 ? bound->below : order > 0 ? bound->above : bound->equal)
        return true;
    return fail_expected(evaluation, frame, keyword->name, WEIGHT_DETAIL, "%s %.*s", bound->words,
        (int)bound->text.size, bound->text.data);
}

/* -- Strings -- */

/* Characters (code points) of a string, counted in its text as it came: an escape is one, and a pair
 * of surrogates too. */
static size_t count_characters(struct paku_text raw)
{
    size_t count = 0;
    for (size_t i = 1; i + 1 < raw.size; i++) {
        unsigned char c = (unsigned char)raw.data[i];
        if (c != '\\') {
            count += (c & 0xc0) != 0x80;
            continue;
        }
        if (raw.data[++i] == 'u') {
            bool high = (raw.data[i + 1] | 0x20) == 'd' && strchr("89abAB", raw.data[i + 2]) != NULL;
            i += high ? 10 : 4;
        }
        count++;
    }
    return count;
}

DECLARE_CHECK(length)
{
    size_t length = count_characters(paku_value_raw(frame->value));
    if (keyword->limit.most ? length <= keyword->limit.count : length >= keyword->limit.count)
        return true;
    return fail_expected(evaluation, frame, keyword->name, WEIGHT_DETAIL,
        "at %s %llu character%s", keyword->limit.most ? "most" : "least",
        (unsigned long long)keyword->limit.count, keyword->limit.count == 1 ? "" : "s");
}

DECLARE_CHECK(pattern)
{
    struct pool_mark mark = pool_mark(&evaluation->scratch);
    struct paku_text text = string_text(frame->value, &evaluation->scratch);
    enum regex_result result = regex_search(keyword->regex, evaluation->matcher, text);
    pool_release(&evaluation->scratch, mark);
    struct paku_text pattern = regex_pattern(keyword->regex);
    if (result == REGEX_MATCH)
        return true;
    if (result == REGEX_GAVE_UP)
        return fail_broken(evaluation, frame, "pattern",
            "the pattern %.*s needs too many steps for this text of %zu bytes", (int)pattern.size,
            pattern.data, text.size);
    return fail_expected(evaluation, frame, "pattern", WEIGHT_DETAIL,
        "a string with the pattern %.*s", (int)pattern.size, pattern.data);
}

DECLARE_CHECK(format)
{
    struct pool_mark mark = pool_mark(&evaluation->scratch);
    bool good = keyword->format->matches(string_text(frame->value, &evaluation->scratch));
    pool_release(&evaluation->scratch, mark);
    return good || fail_expected(evaluation, frame, "format", WEIGHT_DETAIL, "%s",
        keyword->format->expected);
}
