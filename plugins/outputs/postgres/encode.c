/* SPDX-License-Identifier: Apache-2.0 */
#include "encode.h"

#include "json_check.h"

#include <errno.h>
#include <stdio.h>

enum { SHOWN_MAX = 80 };

void encoder_finish(struct encoder *encoder)
{
    bytes_finish(&encoder->scratch);
    bytes_finish(&encoder->reason);
}

/* -- Refusing -- */

/* At most 80 characters, with what does not belong in a line of a log made visible. */
static void show(struct bytes *out, struct paku_text text)
{
    size_t shown = 0;
    size_t at = 0;

    for (; at < text.size && shown < SHOWN_MAX; at++) {
        unsigned char byte = (unsigned char)text.data[at];

        if ((byte & 0xc0) != 0x80)
            shown++;
        if (byte < 0x20 || byte == 0x7f)
            bytes_format(out, "\\x%02x", byte);
        else
            bytes_push_u8(out, byte);
    }
    while (at < text.size && ((unsigned char)text.data[at] & 0xc0) == 0x80)
        bytes_push_u8(out, (uint8_t)text.data[at++]);
    if (at < text.size)
        bytes_push_text(out, "...");
}

static void show_field(struct bytes *out, struct paku_field field)
{
    switch (field.type) {
    case PAKU_FIELD_MISSING:
        bytes_push_text(out, "nothing");
        break;
    case PAKU_FIELD_TIME:
        bytes_push_text(out, "the time ");
        print_time(field.time_ns, out);
        break;
    case PAKU_FIELD_TEXT:
        bytes_push_u8(out, '"');
        show(out, field.text);
        bytes_push_u8(out, '"');
        break;
    case PAKU_FIELD_BYTES:
        bytes_format(out, "%zu bytes", field.text.size);
        break;
    case PAKU_FIELD_JSON:
        show(out, paku_value_raw(field.value));
        break;
    }
}

int encode_refuse(struct encoder *encoder, const struct column *column, struct paku_field field,
    const char *expected)
{
    struct bytes *reason = &encoder->reason;

    bytes_clear(reason);
    bytes_format(reason, "column %s (%s): expected %s, got ", column->name, column->type_name,
        expected);
    show_field(reason, field);
    return -EINVAL;
}

/* -- Reading -- */

static int read_json_text(struct encoder *encoder, struct paku_value value,
    struct paku_text *ret_text)
{
    int64_t size;

    switch (paku_value_type(value)) {
    case PAKU_JSON_BOOL:
    case PAKU_JSON_NUMBER:
        *ret_text = paku_value_raw(value);
        return 0;
    case PAKU_JSON_STRING:
        break;
    default:
        return -EINVAL;
    }
    if (paku_value_plain(value, ret_text))
        return 0;
    bytes_clear(&encoder->scratch);
    size = paku_value_decode(value, bytes_reserve(&encoder->scratch, paku_value_raw(value).size));
    if (size < 0)
        return -EINVAL;
    encoder->scratch.size = (size_t)size;
    *ret_text = (struct paku_text) {encoder->scratch.data, encoder->scratch.size};
    return 0;
}

int encode_read_text(struct encoder *encoder, struct paku_field field, struct paku_text *ret_text)
{
    switch (field.type) {
    case PAKU_FIELD_TEXT:
        *ret_text = field.text;
        return 0;
    case PAKU_FIELD_TIME:
        bytes_clear(&encoder->scratch);
        print_time(field.time_ns, &encoder->scratch);
        *ret_text = (struct paku_text) {encoder->scratch.data, encoder->scratch.size};
        return 0;
    case PAKU_FIELD_JSON:
        return read_json_text(encoder, field.value, ret_text);
    default:
        return -EINVAL;
    }
}

/* -- Text -- */

/* The length of valid UTF-8 at the front; as strict as PostgreSQL, which also refuses NUL. */
static size_t utf8_prefix(struct paku_text text)
{
    const unsigned char *byte = (const unsigned char *)text.data;
    size_t at = 0;

    while (at < text.size && byte[at] != 0) {
        unsigned char lead = byte[at];
        size_t more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        uint32_t code = more == 0 ? lead : lead & (0x3fu >> more);
        static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};

        if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || text.size - at <= more)
            return at;
        for (size_t i = 1; i <= more; i++) {
            if ((byte[at + i] & 0xc0) != 0x80)
                return at;
            code = code << 6 | (byte[at + i] & 0x3f);
        }
        if (code < smallest[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
            return at;
        at += more + 1;
    }
    return at;
}

static bool is_short_enough(const struct column *column, struct paku_text text)
{
    int64_t length = 0;

    if (column->length_max == 0 || text.size <= (size_t)column->length_max)
        return true;
    while (text.size > 0 && text.data[text.size - 1] == ' ')
        text.size--; /* the server cuts these by itself */
    for (size_t i = 0; i < text.size; i++)
        length += ((unsigned char)text.data[i] & 0xc0) != 0x80;
    return length <= column->length_max;
}

static int read_any_text(struct encoder *encoder, struct paku_field field,
    struct paku_text *ret_text)
{
    if (field.type == PAKU_FIELD_BYTES) {
        *ret_text = field.text;
        return 0;
    }
    if (encode_read_text(encoder, field, ret_text) < 0)
        *ret_text = paku_value_raw(field.value); /* objects and lists, as they are written */
    return 0;
}

static int push_text(struct encoder *encoder, const struct column *column, struct paku_field field)
{
    struct paku_text text;

    read_any_text(encoder, field, &text);
    /* What is no RAW payload is known to be UTF-8, but a decoded string may hold a NUL. */
    if (field.type == PAKU_FIELD_BYTES ? utf8_prefix(text) < text.size
                                       : text.size > 0 && memchr(text.data, 0, text.size) != NULL)
        return encode_refuse(encoder, column, field, "UTF-8 without U+0000");
    if (!is_short_enough(column, text)) {
        char expected[64];

        snprintf(expected, sizeof(expected), "at most %lld characters",
            (long long)column->length_max);
        return encode_refuse(encoder, column, field, expected);
    }
    bytes_push(encoder->out, text.data, text.size);
    return 0;
}

static int push_bytea(struct encoder *encoder, struct paku_field field)
{
    struct paku_text text;

    read_any_text(encoder, field, &text);
    bytes_push(encoder->out, text.data, text.size);
    return 0;
}

/* -- JSON -- */

static void push_json_string(struct bytes *out, struct paku_text text)
{
    bytes_push_u8(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];

        if (byte == '"' || byte == '\\')
            bytes_push_u8(out, '\\');
        if (byte < 0x20)
            bytes_format(out, "\\u%04x", byte);
        else
            bytes_push_u8(out, byte);
    }
    bytes_push_u8(out, '"');
}

static int push_json(struct encoder *encoder, const struct column *column, struct paku_field field)
{
    bool binary = column->type == COLUMN_JSONB;
    struct paku_text text;

    if (binary)
        bytes_push_u8(encoder->out, 1);
    if (field.type == PAKU_FIELD_JSON) {
        const char *wrong;

        text = paku_value_raw(field.value);
        wrong = json_check(text, binary);
        if (wrong != NULL) {
            char expected[128];

            snprintf(expected, sizeof(expected), "JSON without %s", wrong);
            return encode_refuse(encoder, column, field, expected);
        }
        bytes_push(encoder->out, text.data, text.size);
        return 0;
    }
    read_any_text(encoder, field, &text);
    if (field.type == PAKU_FIELD_BYTES && utf8_prefix(text) < text.size)
        return encode_refuse(encoder, column, field, "UTF-8 without U+0000");
    push_json_string(encoder->out, text);
    return 0;
}

/* -- Lists of texts -- */

static int push_element(struct encoder *encoder, const struct column *column,
    struct paku_field field, struct paku_field element)
{
    size_t at = encoder->out->size;

    bytes_push_u32(encoder->out, UINT32_MAX);
    if (element.type == PAKU_FIELD_JSON) {
        enum paku_json_type type = paku_value_type(element.value);

        if (type == PAKU_JSON_NULL)
            return 0;
        if (type == PAKU_JSON_ARRAY || type == PAKU_JSON_OBJECT)
            return encode_refuse(encoder, column, field, "a flat list of texts");
    }
    if (push_text(encoder, column, element) < 0)
        return -EINVAL;
    bytes_put_u32(encoder->out, at, (uint32_t)(encoder->out->size - at - 4));
    return 0;
}

/* int32 dimensions, has nulls, element type; for the one dimension its size and lower bound. */
static void push_array_head(struct encoder *encoder, const struct column *column, size_t count)
{
    bytes_push_u32(encoder->out, count > 0 ? 1 : 0);
    bytes_push_u32(encoder->out, 1);
    bytes_push_u32(encoder->out, column->element_oid);
    if (count == 0)
        return;
    bytes_push_u32(encoder->out, (uint32_t)count);
    bytes_push_u32(encoder->out, 1);
}

static int push_array(struct encoder *encoder, const struct column *column, struct paku_field field)
{
    struct paku_field element = {.type = PAKU_FIELD_JSON};

    if (field.type != PAKU_FIELD_JSON || paku_value_type(field.value) != PAKU_JSON_ARRAY) {
        push_array_head(encoder, column, 1);
        return push_element(encoder, column, field, field);
    }
    push_array_head(encoder, column, paku_value_count(field.value));
    for (element.value = paku_value_first(field.value);
         paku_value_type(element.value) != PAKU_JSON_NONE;
         element.value = paku_value_next(element.value)) {
        if (push_element(encoder, column, field, element) < 0)
            return -EINVAL;
    }
    return 0;
}

/* -- Any field -- */

static int push_value(struct encoder *encoder, const struct column *column, struct paku_field field)
{
    switch (column->type) {
    case COLUMN_TEXT:
        return push_text(encoder, column, field);
    case COLUMN_BYTEA:
        return push_bytea(encoder, field);
    case COLUMN_JSON:
    case COLUMN_JSONB:
        return push_json(encoder, column, field);
    case COLUMN_TIMESTAMP:
        return encode_timestamp(encoder, column, field);
    case COLUMN_DATE:
        return encode_date(encoder, column, field);
    case COLUMN_BOOL:
        return encode_bool(encoder, column, field);
    case COLUMN_INT2:
    case COLUMN_INT4:
    case COLUMN_INT8:
        return encode_integer(encoder, column, field);
    case COLUMN_FLOAT4:
    case COLUMN_FLOAT8:
        return encode_float(encoder, column, field);
    case COLUMN_NUMERIC:
        return encode_numeric(encoder, column, field);
    case COLUMN_UUID:
        return encode_uuid(encoder, column, field);
    case COLUMN_INET:
        return encode_inet(encoder, column, field);
    case COLUMN_MACADDR:
    case COLUMN_MACADDR8:
        return encode_macaddr(encoder, column, field);
    case COLUMN_TEXT_ARRAY:
        return push_array(encoder, column, field);
    case COLUMN_UNKNOWN:
        break;
    }
    return encode_refuse(encoder, column, field, "a type that paku can fill");
}

static bool is_missing(struct paku_field field)
{
    return field.type == PAKU_FIELD_MISSING ||
        (field.type == PAKU_FIELD_JSON && paku_value_type(field.value) <= PAKU_JSON_NULL);
}

static int encode_missing(struct encoder *encoder, const struct column *column)
{
    if (column->fallback.size > 0) {
        bytes_push(encoder->out, column->fallback.data, column->fallback.size);
        return 0;
    }
    if (column->not_null) {
        bytes_clear(&encoder->reason);
        bytes_format(&encoder->reason,
            "column %s (%s): it is NOT NULL, and the record has no %s; give the column a `default` "
            "to take such records", column->name, column->type_name, column->from);
        return -EINVAL;
    }
    bytes_push_u32(encoder->out, UINT32_MAX);
    return 0;
}

int encode_field(struct encoder *encoder, const struct column *column, struct paku_field field)
{
    size_t at = encoder->out->size;

    if (is_missing(field))
        return encode_missing(encoder, column);
    bytes_push_u32(encoder->out, 0);
    if (push_value(encoder, column, field) < 0)
        return -EINVAL;
    bytes_put_u32(encoder->out, at, (uint32_t)(encoder->out->size - at - 4));
    return 0;
}

int encode_fallback(struct encoder *encoder, struct column *column, const char *text)
{
    struct paku_field field = {.type = PAKU_FIELD_TEXT, .text = {text, strlen(text)}};
    struct paku_record *record = NULL;
    int error = 0;

    if (column->type == COLUMN_JSON || column->type == COLUMN_JSONB) {
        record = paku_record_create(field.text.size);
        error = paku_record_set_payload(record, PAKU_PAYLOAD_JSON, text, field.text.size, NULL);
        if (error < 0)
            encode_refuse(encoder, column, field, "a default that is JSON");
        else
            field = (struct paku_field) {PAKU_FIELD_JSON, .value = paku_record_json(record)};
    }
    encoder->out = &column->fallback;
    if (error == 0 && !is_missing(field))
        error = encode_field(encoder, column, field);
    if (error < 0)
        bytes_clear(&column->fallback);
    paku_record_unref(record);
    return error;
}

enum column_type column_type_of(const char *receive, const char *element)
{
    static const struct {
        const char *receive;
        enum column_type type;
    } rows[] = {
        {"textrecv", COLUMN_TEXT}, {"varcharrecv", COLUMN_TEXT}, {"bpcharrecv", COLUMN_TEXT},
        {"namerecv", COLUMN_TEXT}, {"enum_recv", COLUMN_TEXT}, {"citextrecv", COLUMN_TEXT},
        {"bytearecv", COLUMN_BYTEA}, {"json_recv", COLUMN_JSON}, {"jsonb_recv", COLUMN_JSONB},
        {"timestamptz_recv", COLUMN_TIMESTAMP}, {"timestamp_recv", COLUMN_TIMESTAMP},
        {"date_recv", COLUMN_DATE}, {"boolrecv", COLUMN_BOOL}, {"int2recv", COLUMN_INT2},
        {"int4recv", COLUMN_INT4}, {"int8recv", COLUMN_INT8}, {"float4recv", COLUMN_FLOAT4},
        {"float8recv", COLUMN_FLOAT8}, {"numeric_recv", COLUMN_NUMERIC},
        {"uuid_recv", COLUMN_UUID}, {"inet_recv", COLUMN_INET}, {"macaddr_recv", COLUMN_MACADDR},
        {"macaddr8_recv", COLUMN_MACADDR8},
    };

    if (strcmp(receive, "array_recv") == 0)
        return column_type_of(element, "") == COLUMN_TEXT ? COLUMN_TEXT_ARRAY : COLUMN_UNKNOWN;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(rows[i].receive, receive) == 0)
            return rows[i].type;
    }
    return COLUMN_UNKNOWN;
}
