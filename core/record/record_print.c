/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "record/record_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char base64_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* RFC 4648, section 4. */
static void push_base64(struct buffer *buffer, struct paku_text bytes)
{
    const unsigned char *at = (const unsigned char *)bytes.data;
    for (size_t left = bytes.size; left > 0;) {
        size_t taken = left < 3 ? left : 3;
        uint32_t three = (uint32_t)at[0] << 16;
        three |= taken > 1 ? (uint32_t)at[1] << 8 : 0;
        three |= taken > 2 ? at[2] : 0;
        char four[4];
        for (int i = 0; i < 4; i++)
            four[i] = base64_letters[three >> (18 - 6 * i) & 63];
        memset(four + taken + 1, '=', 3 - taken);
        buffer_push(buffer, four, 4);
        at += taken;
        left -= taken;
    }
}

static int base64_value(char c)
{
    const char *found = c != '\0' ? strchr(base64_letters, c) : NULL;
    return found != NULL ? (int)(found - base64_letters) : -1;
}

/* Decodes in place. -EINVAL when it is no base64 with its padding. */
static int base64_decode(char *text, size_t size, size_t *ret_size)
{
    size_t written = 0, padding = 0;
    if (size % 4 != 0)
        return -EINVAL;
    while (padding < 2 && size > padding && text[size - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < size; i += 4) {
        uint32_t four = 0;
        for (size_t j = i; j < i + 4; j++) {
            int value = j < size - padding ? base64_value(text[j]) : 0;
            if (value < 0)
                return -EINVAL;
            four = four << 6 | (uint32_t)value;
        }
        text[written++] = (char)(four >> 16);
        text[written++] = (char)(four >> 8);
        text[written++] = (char)four;
    }
    *ret_size = written - padding;
    return 0;
}

/* Line breaks in valid JSON are white space between values: strings have them escaped. */
static void push_one_line(struct buffer *buffer, struct paku_text json)
{
    char *at = buffer_reserve(buffer, json.size);
    memcpy(at, json.data, json.size);
    for (size_t i = 0; i < json.size; i++) {
        if (at[i] == '\n' || at[i] == '\r')
            at[i] = ' ';
    }
    buffer->size += json.size;
}

static void push_tags(struct buffer *buffer, const struct paku_record *record)
{
    for (size_t i = 0; i < record->tag_count; i++) {
        const struct tag *tag = &record->tags[i];
        if (i > 0)
            buffer_push_u8(buffer, ',');
        buffer_push_json_string(buffer, tag->name.data, tag->name.size);
        buffer_push_u8(buffer, ':');
        buffer_push_json_string(buffer, tag->text.data, tag->text.size);
    }
}

static void push_payload(struct buffer *buffer, const struct paku_record *record)
{
    switch (record->type) {
    case PAKU_PAYLOAD_JSON:
        buffer_push_text(buffer, ",\"payload\":");
        push_one_line(buffer, record->payload);
        break;
    case PAKU_PAYLOAD_TEXT:
        buffer_push_text(buffer, ",\"text\":");
        buffer_push_json_string(buffer, record->payload.data, record->payload.size);
        break;
    case PAKU_PAYLOAD_RAW:
        buffer_push_text(buffer, ",\"base64\":\"");
        push_base64(buffer, record->payload);
        buffer_push_u8(buffer, '"');
        break;
    }
}

void record_print(const struct paku_record *record, struct buffer *buffer)
{
    buffer_push_text(buffer, "{\"time\":\"");
    time_print(record->time_ns, buffer);
    buffer_push_text(buffer, "\",\"tags\":{");
    push_tags(buffer, record);
    buffer_push_u8(buffer, '}');
    push_payload(buffer, record);
    buffer_push_u8(buffer, '}');
}

void paku_record_print(const struct paku_record *record, struct paku_bytes *bytes)
{
    struct buffer buffer = {bytes->data, bytes->size, bytes->capacity};
    record_print(record, &buffer);
    buffer_push_u8(&buffer, '\n');
    *bytes = (struct paku_bytes){buffer.data, buffer.size, buffer.capacity};
}

/* -- The reverse -- */

static int refuse(struct paku_json_error *ret_error, struct paku_value at, const char *message)
{
    if (ret_error != NULL) {
        size_t offset = at.json != NULL ? json_node(at)->start : 0;
        *ret_error = (struct paku_json_error){message, offset};
    }
    return -EINVAL;
}

/* The decoded string; the caller frees its data. */
static struct paku_text string_copy(struct paku_value string)
{
    char *buffer = xmalloc(paku_value_raw(string).size + 1);
    int64_t size = paku_value_decode(string, buffer);
    buffer[size] = '\0';
    return (struct paku_text){buffer, (size_t)size};
}

static int scan_time(struct paku_record *record, struct paku_value value,
    struct paku_json_error *ret_error)
{
    struct paku_text text;
    int64_t time_ns;
    if (paku_value_type(value) == PAKU_JSON_NONE)
        return 0;
    if (!paku_value_plain(value, &text) || paku_time_parse(text, &time_ns) < 0)
        return refuse(ret_error, value, "expected \"time\" as RFC 3339, \"2025-12-01T20:00:00Z\"");
    paku_record_set_time(record, time_ns);
    return 0;
}

static int scan_tag(struct paku_record *record, struct paku_value value,
    struct paku_json_error *ret_error)
{
    if (paku_value_type(value) != PAKU_JSON_STRING)
        return refuse(ret_error, value, "expected a tag as a string");
    struct paku_text name = string_copy(paku_value_name(value));
    struct paku_text text = string_copy(value);
    int error = strlen(name.data) == name.size ? paku_record_set_tag(record, name.data, text)
                                               : -EINVAL;
    free((char *)name.data);
    free((char *)text.data);
    return error < 0 ? refuse(ret_error, value, "no valid tag: too long, or with a NUL") : 0;
}

static int scan_tags(struct paku_record *record, struct paku_value tags,
    struct paku_json_error *ret_error)
{
    if (paku_value_type(tags) != PAKU_JSON_NONE && paku_value_type(tags) != PAKU_JSON_OBJECT)
        return refuse(ret_error, tags, "expected \"tags\" as an object");
    struct paku_value tag = paku_value_first(tags);
    int error = 0;
    for (; error == 0 && paku_value_type(tag) != PAKU_JSON_NONE; tag = paku_value_next(tag))
        error = scan_tag(record, tag, ret_error);
    return error;
}

static int scan_string_payload(struct paku_record *record, struct paku_value value, bool base64,
    struct paku_json_error *ret_error)
{
    if (paku_value_type(value) != PAKU_JSON_STRING)
        return refuse(ret_error, value, "expected a string");
    struct paku_text text = string_copy(value);
    int error = base64 ? base64_decode((char *)text.data, text.size, &text.size) : 0;
    if (error == 0)
        error = paku_record_set_payload(record, base64 ? PAKU_PAYLOAD_RAW : PAKU_PAYLOAD_TEXT,
            text.data, text.size, NULL);
    free((char *)text.data);
    return error < 0 ? refuse(ret_error, value, base64 ? "no valid base64" : "no valid text") : 0;
}

static int scan_payload(struct paku_record *record, struct paku_value line,
    struct paku_json_error *ret_error)
{
    struct paku_value payload = paku_value_member(line, "payload", 7);
    struct paku_value text = paku_value_member(line, "text", 4);
    struct paku_value bytes = paku_value_member(line, "base64", 6);
    if (paku_value_type(payload) != PAKU_JSON_NONE) {
        struct paku_text raw = paku_value_raw(payload);
        return paku_record_set_payload(record, PAKU_PAYLOAD_JSON, raw.data, raw.size, ret_error);
    }
    if (paku_value_type(text) != PAKU_JSON_NONE)
        return scan_string_payload(record, text, false, ret_error);
    if (paku_value_type(bytes) != PAKU_JSON_NONE)
        return scan_string_payload(record, bytes, true, ret_error);
    return refuse(ret_error, line, "expected \"payload\", \"text\" or \"base64\"");
}

int paku_record_scan(struct paku_text line, struct paku_record **ret_record,
    struct paku_json_error *ret_error)
{
    struct paku_json *json;
    int error = json_parse(line, NULL, &json, ret_error);
    if (error < 0)
        return error;
    struct paku_record *record = paku_record_create(line.size);
    struct paku_value root = json_root(json);
    if (paku_value_type(root) != PAKU_JSON_OBJECT)
        error = refuse(ret_error, root, "expected an object");
    if (error == 0)
        error = scan_time(record, paku_value_member(root, "time", 4), ret_error);
    if (error == 0)
        error = scan_tags(record, paku_value_member(root, "tags", 4), ret_error);
    if (error == 0)
        error = scan_payload(record, root, ret_error);
    json_destroy(json);
    if (error < 0)
        paku_record_unref(record);
    else
        *ret_record = record;
    return error;
}
