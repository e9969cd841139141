/* SPDX-License-Identifier: Apache-2.0 */
#include "tables.h"

#include <errno.h>
#include <stdlib.h>

enum { NAME_MAX_BYTES = 63 };

/* One part of a name: "in quotes", with "" for a quote, or up to the next point. */
static char *take_part(const char **at)
{
    struct bytes part = {0};
    bool quoted = **at == '"';

    *at += quoted;
    while (**at != '\0' && (quoted || **at != '.')) {
        if (quoted && **at == '"') {
            (*at)++;
            if (**at != '"')
                break;
        }
        bytes_push_u8(&part, (uint8_t)*(*at)++);
    }
    if (part.size == 0 || part.size > NAME_MAX_BYTES) {
        bytes_finish(&part);
        return NULL;
    }
    bytes_text(&part);
    return part.data;
}

static int parse_table(struct table *table, const char *text)
{
    const char *at = text;

    table->text = text;
    table->name = take_part(&at);
    if (table->name != NULL && *at == '.') {
        at++;
        table->schema = table->name;
        table->name = take_part(&at);
    }
    return table->name != NULL && *at == '\0' ? 0 : -EINVAL;
}

static int check_pattern(const char *pattern, struct bytes *message)
{
    for (const char *at = strchr(pattern, '{'); at != NULL; at = strchr(at, '{')) {
        size_t size = strcspn(at + 1, "{}");

        if (size == 0 || at[size + 1] != '}') {
            bytes_format(message, "table '%s': expected {the name of a tag} and a closing brace",
                pattern);
            return -EINVAL;
        }
        at += size + 1;
    }
    return 0;
}

static int fill(struct tables *tables, const char *const *list, size_t count, struct bytes *message)
{
    tables->items = memory_get(count * sizeof(tables->items[0]));
    tables->count = count;
    for (size_t i = 0; i < count; i++) {
        if (parse_table(&tables->items[i], list[i]) < 0) {
            bytes_format(message,
                "'%s' is no table: expected name, schema.name, or \"a name\" in quotes, at most 63 "
                "bytes each", list[i]);
            return -EINVAL;
        }
    }
    return 0;
}

int tables_init(struct tables *tables, const char *pattern, const struct paku_strings *list,
    struct bytes *message)
{
    tables->pattern = pattern;
    tables->by_tag = strchr(pattern, '{') != NULL;
    if (tables->by_tag && list->count == 0) {
        bytes_format(message,
            "table '%s' depends on tags: list the tables that there may be in `tables`", pattern);
        return -EINVAL;
    }
    if (!tables->by_tag && list->count > 0) {
        bytes_format(message,
            "`tables` is only for a table with tags, such as \"%s_{site}\"", pattern);
        return -EINVAL;
    }
    if (check_pattern(pattern, message) < 0)
        return -EINVAL;
    return tables->by_tag ? fill(tables, list->items, list->count, message)
                          : fill(tables, &pattern, 1, message);
}

void tables_finish(struct tables *tables)
{
    for (size_t i = 0; i < tables->count; i++) {
        free(tables->items[i].schema);
        free(tables->items[i].name);
    }
    free(tables->items);
    bytes_finish(&tables->name);
}

/* Writes the table's name for a record into tables->name. */
static int render(struct tables *tables, const struct paku_record *record, struct bytes *reason)
{
    const char *at = tables->pattern;
    char tag[256];

    bytes_clear(&tables->name);
    while (*at != '\0') {
        size_t size = strcspn(at, "{");
        struct paku_text text;

        bytes_push(&tables->name, at, size);
        at += size;
        if (*at == '\0')
            break;
        size = strcspn(++at, "}");
        if (size >= sizeof(tag))
            size = sizeof(tag) - 1;
        memcpy(tag, at, size);
        tag[size] = '\0';
        if (!paku_record_tag(record, tag, &text)) {
            bytes_format(reason, "table %s: the record has no tag %s", tables->pattern, tag);
            return -ENOENT;
        }
        bytes_push(&tables->name, text.data, text.size);
        at += size + 1;
    }
    return 0;
}

int tables_find(struct tables *tables, const struct paku_record *record, size_t *ret_index,
    struct bytes *reason)
{
    bytes_clear(reason);
    if (!tables->by_tag) {
        *ret_index = 0;
        return 0;
    }
    if (render(tables, record, reason) < 0)
        return -ENOENT;
    bytes_text(&tables->name);
    for (size_t i = 0; i < tables->count; i++) {
        if (strcmp(tables->items[i].text, tables->name.data) == 0) {
            *ret_index = i;
            return 0;
        }
    }
    bytes_format(reason, "table %.*s is not in the list of `tables`",
        (int)(tables->name.size < 80 ? tables->name.size : 80), tables->name.data);
    return -ENOENT;
}
