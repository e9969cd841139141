/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/test_compare.h"

#include "base/memory.h"
#include "record/json.h"

#include <stdlib.h>
#include <string.h>

/* -- JSON -- */

static bool same_text(struct paku_text left, struct paku_text right)
{
    return left.size == right.size && memcmp(left.data, right.data, left.size) == 0;
}

static char *decode(struct paku_value string, struct paku_text *ret_text)
{
    char *buffer = xmalloc(paku_value_raw(string).size + 1);
    int64_t size = paku_value_decode(string, buffer);
    *ret_text = (struct paku_text){buffer, size > 0 ? (size_t)size : 0};
    return buffer;
}

static bool same_string(struct paku_value left, struct paku_value right)
{
    struct paku_text left_text, right_text;
    char *left_buffer = decode(left, &left_text), *right_buffer = decode(right, &right_text);
    bool same = same_text(left_text, right_text);
    free(left_buffer);
    free(right_buffer);
    return same;
}

static bool same_number(struct paku_value left, struct paku_value right)
{
    int64_t left_int, right_int;
    double left_double, right_double;
    if (paku_value_int64(left, &left_int) == 0 && paku_value_int64(right, &right_int) == 0)
        return left_int == right_int;
    if (paku_value_double(left, &left_double) == 0 && paku_value_double(right, &right_double) == 0)
        return left_double == right_double;
    return same_text(paku_value_raw(left), paku_value_raw(right));
}

static bool array_fits(struct paku_value actual, struct paku_value expected, bool subset)
{
    struct paku_value left = paku_value_first(actual), right = paku_value_first(expected);
    while (paku_value_type(right) != PAKU_JSON_NONE) {
        if (!json_fits(left, right, subset))
            return false;
        left = paku_value_next(left);
        right = paku_value_next(right);
    }
    return paku_value_type(left) == PAKU_JSON_NONE;
}

static bool object_fits(struct paku_value actual, struct paku_value expected, bool subset)
{
    if (!subset && paku_value_count(actual) != paku_value_count(expected))
        return false;
    for (struct paku_value member = paku_value_first(expected);
         paku_value_type(member) != PAKU_JSON_NONE; member = paku_value_next(member)) {
        struct paku_text name;
        char *buffer = decode(paku_value_name(member), &name);
        struct paku_value other = paku_value_member(actual, name.data, name.size);
        free(buffer);
        if (!json_fits(other, member, subset))
            return false;
    }
    return true;
}

bool json_fits(struct paku_value actual, struct paku_value expected, bool subset)
{
    if (paku_value_type(actual) != paku_value_type(expected))
        return false;
    switch (paku_value_type(expected)) {
    case PAKU_JSON_BOOL:
        return paku_value_bool(actual) == paku_value_bool(expected);
    case PAKU_JSON_NUMBER:
        return same_number(actual, expected);
    case PAKU_JSON_STRING:
        return same_string(actual, expected);
    case PAKU_JSON_ARRAY:
        return array_fits(actual, expected, subset);
    case PAKU_JSON_OBJECT:
        return object_fits(actual, expected, subset);
    default:
        return true;
    }
}

/* -- Records -- */

static void differ(struct buffer *report, const char *what, const char *expected,
    struct paku_text actual)
{
    buffer_push_format(report, "      %s: expected %s\n      %*s  but got  ", what, expected,
        (int)strlen(what), "");
    buffer_push(report, actual.data, actual.size);
    buffer_push_text(report, "\n");
}

static bool payload_fits(const struct paku_record *record, const char *expected, bool subset,
    struct buffer *report)
{
    struct paku_json *json = NULL;
    if (expected == NULL)
        return true;
    json_parse((struct paku_text){expected, strlen(expected)}, NULL, &json, NULL);
    bool fits = json != NULL && json_fits(paku_record_json(record), json_root(json), subset);
    json_destroy(json);
    if (!fits)
        differ(report, subset ? "payload_contains" : "payload", expected,
            paku_record_payload(record));
    return fits;
}

static bool text_fits(const struct paku_record *record, const char *expected,
    struct buffer *report)
{
    if (expected == NULL)
        return true;
    struct paku_text payload = paku_record_payload(record);
    bool fits = paku_record_payload_type(record) != PAKU_PAYLOAD_JSON &&
        same_text(payload, (struct paku_text){expected, strlen(expected)});
    if (!fits)
        differ(report, "text", expected, payload);
    return fits;
}

static bool tags_fit(const struct paku_record *record, const struct paku_map *tags,
    struct buffer *report)
{
    bool fits = true;
    for (size_t i = 0; i < tags->count; i++) {
        struct paku_text text = {"no such tag", 11};
        bool there = paku_record_tag(record, tags->names[i], &text);
        if (there && same_text(text, (struct paku_text){tags->texts[i], strlen(tags->texts[i])}))
            continue;
        char *what = xasprintf("tag %s", tags->names[i]);
        differ(report, what, tags->texts[i], text);
        free(what);
        fits = false;
    }
    return fits;
}

static bool time_fits(const struct paku_record *record, const char *expected,
    struct buffer *report)
{
    int64_t time_ns = 0;
    if (expected == NULL ||
        (paku_time_parse((struct paku_text){expected, strlen(expected)}, &time_ns) == 0 &&
            time_ns == paku_record_time(record)))
        return true;
    struct paku_bytes line = {0};
    paku_record_print(record, &line);
    differ(report, "time", expected, (struct paku_text){line.data, line.size - 1});
    free(line.data);
    return false;
}

static bool outputs_fit(const char *outputs, const struct paku_strings *expected,
    struct buffer *report)
{
    size_t found = 0, there = 0;
    for (size_t i = 0; i < expected->count; i++) {
        char *name = xasprintf("[%s]", expected->items[i]);
        found += strstr(outputs, name) != NULL;
        free(name);
    }
    for (const char *at = outputs; (at = strchr(at, '[')) != NULL; at++)
        there++;
    if (expected->count == 0 || (found == expected->count && there == found))
        return true;
    struct buffer names = {0};
    for (size_t i = 0; i < expected->count; i++)
        buffer_push_format(&names, "[%s]", expected->items[i]);
    differ(report, "outputs", buffer_text(&names), (struct paku_text){outputs, strlen(outputs)});
    buffer_finish(&names);
    return false;
}

bool record_fits(const struct paku_record *record, const char *outputs,
    const struct test_expected *expected, struct buffer *report)
{
    bool fits = tags_fit(record, &expected->tags, report);
    fits = payload_fits(record, expected->payload, false, report) && fits;
    fits = payload_fits(record, expected->payload_contains, true, report) && fits;
    fits = text_fits(record, expected->text, report) && fits;
    fits = time_fits(record, expected->time, report) && fits;
    return outputs_fit(outputs, &expected->outputs, report) && fits;
}
