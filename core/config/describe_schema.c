/* SPDX-License-Identifier: Apache-2.0 */
/* Option rows as a JSON Schema, for editors: somewhat more lenient than the loader, since ${...} may
 * stand for any scalar. */
#include "config/options.h"

#include <inttypes.h>
#include <string.h>

#define REFERENCE "\\\\$\\\\{"

static void push_string(struct buffer *buffer, const char *text)
{
    buffer_push_json_string(buffer, text, strlen(text));
}

static void push_range(struct buffer *buffer, const struct paku_option *row)
{
    if (row->min == row->max)
        return;
    buffer_push_format(buffer, ",\"minimum\":%" PRId64, row->min);
    if (row->max != INT64_MAX)
        buffer_push_format(buffer, ",\"maximum\":%" PRId64, row->max);
}

static void push_enum(struct buffer *buffer, const struct paku_option *row)
{
    buffer_push_text(buffer, "\"anyOf\":[{\"enum\":[");
    for (size_t i = 0; row->choices[i] != NULL; i++) {
        buffer_push_text(buffer, i > 0 ? "," : "");
        push_string(buffer, row->choices[i]);
    }
    buffer_push_text(buffer, "]},{\"type\":\"string\",\"pattern\":\"" REFERENCE "\"}]");
}

/* A plain text for a group is allowed where one of its rows says so. */
static bool has_short(const struct paku_option *rows)
{
    for (; rows->type != PAKU_OPTION_END; rows++) {
        if ((rows->flags & PAKU_OPTION_SHORT) != 0)
            return true;
    }
    return false;
}

static void push_item(struct buffer *buffer, const struct paku_option *row)
{
    bool brief = has_short(row->options);
    buffer_push_text(buffer, brief
        ? "{\"anyOf\":[{\"type\":[\"string\",\"number\",\"boolean\"]}," : "");
    options_describe_schema(row->options, NULL, buffer);
    buffer_push_text(buffer, brief ? "]}" : "");
}

static void push_list(struct buffer *buffer, const struct paku_option *row)
{
    buffer_push_text(buffer, "\"anyOf\":[{\"type\":\"array\",\"items\":");
    push_item(buffer, row);
    buffer_push_text(buffer, "},");
    push_item(buffer, row);
    buffer_push_u8(buffer, ']');
}

static void push_type(struct buffer *buffer, const struct paku_option *row)
{
    switch (row->type) {
    case PAKU_OPTION_BOOL:
        buffer_push_text(buffer, "\"type\":[\"boolean\",\"string\"],\"pattern\":"
            "\"^(true|false|yes|no|on|off)$|" REFERENCE "\"");
        break;
    case PAKU_OPTION_INT:
        buffer_push_text(buffer, "\"type\":[\"integer\",\"string\"],\"pattern\":\"^-?[0-9]+$|"
            REFERENCE "\"");
        push_range(buffer, row);
        break;
    case PAKU_OPTION_NUMBER:
        buffer_push_text(buffer, "\"type\":[\"number\",\"string\"]");
        push_range(buffer, row);
        break;
    case PAKU_OPTION_DURATION:
        buffer_push_text(buffer, "\"type\":[\"string\",\"integer\"],\"maximum\":0,\"pattern\":"
            "\"^(0|([0-9.]+(ms|[smhdw]))+)$|" REFERENCE "\"");
        break;
    case PAKU_OPTION_SIZE:
        buffer_push_text(buffer, "\"type\":[\"string\",\"integer\"],\"minimum\":0,\"pattern\":"
            "\"^[0-9.]+([KMGT]i?|k)?B?$|" REFERENCE "\"");
        break;
    case PAKU_OPTION_ENUM:
        push_enum(buffer, row);
        break;
    case PAKU_OPTION_STRINGS:
        buffer_push_text(buffer, "\"type\":[\"array\",\"string\",\"number\",\"boolean\"],"
            "\"items\":{\"type\":[\"string\",\"number\",\"boolean\"]}");
        break;
    case PAKU_OPTION_MAP:
        buffer_push_text(buffer, "\"type\":\"object\",\"additionalProperties\":{\"type\":"
            "[\"string\",\"number\",\"boolean\"]}");
        break;
    case PAKU_OPTION_GROUP:
        buffer_push_text(buffer, "\"allOf\":[");
        options_describe_schema(row->options, NULL, buffer);
        buffer_push_u8(buffer, ']');
        break;
    case PAKU_OPTION_LIST:
        push_list(buffer, row);
        break;
    case PAKU_OPTION_TABLE:
        buffer_push_text(buffer, "\"type\":\"object\",\"additionalProperties\":");
        push_item(buffer, row);
        break;
    default:
        buffer_push_text(buffer, "\"type\":[\"string\",\"number\",\"boolean\"]");
        break;
    }
}

static void push_property(struct buffer *buffer, const struct paku_option *row)
{
    push_string(buffer, row->key);
    buffer_push_text(buffer, ":{\"description\":");
    push_string(buffer, row->help);
    if (row->fallback != NULL) {
        buffer_push_text(buffer, ",\"default\":");
        push_string(buffer, row->fallback);
    }
    buffer_push_u8(buffer, ',');
    push_type(buffer, row);
    buffer_push_u8(buffer, '}');
}

void options_describe_properties(const struct paku_option *rows, struct buffer *buffer)
{
    for (size_t i = 0; rows != NULL && rows[i].type != PAKU_OPTION_END; i++) {
        buffer_push_text(buffer, i > 0 ? "," : "");
        push_property(buffer, &rows[i]);
    }
}

static void push_required(struct buffer *buffer, const struct paku_option *rows)
{
    const char *comma = "";
    buffer_push_text(buffer, "\"required\":[");
    for (; rows != NULL && rows->type != PAKU_OPTION_END; rows++) {
        if ((rows->flags & PAKU_OPTION_REQUIRED) == 0)
            continue;
        buffer_push_text(buffer, comma);
        push_string(buffer, rows->key);
        comma = ",";
    }
    buffer_push_u8(buffer, ']');
}

void options_describe_schema(const struct paku_option *rows, const struct paku_option *also,
    struct buffer *buffer)
{
    bool both = rows != NULL && rows->type != PAKU_OPTION_END && also != NULL;
    buffer_push_text(buffer, "{\"type\":[\"object\",\"null\"],\"additionalProperties\":false,");
    push_required(buffer, rows);
    buffer_push_text(buffer, ",\"properties\":{");
    options_describe_properties(rows, buffer);
    buffer_push_text(buffer, both ? "," : "");
    options_describe_properties(also, buffer);
    buffer_push_text(buffer, "}}");
}
