/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration in force, as YAML. Texts are JSON strings, which are YAML's double-quoted ones. */
#include "config/config_private.h"

#include "config/option_scalar.h"

#include <inttypes.h>
#include <string.h>

#define SECRET "(secret)"

static void push_indent(struct buffer *buffer, int depth)
{
    buffer_push_format(buffer, "%*s", depth * 2, "");
}

/* "postgres://user:word@host" and "password=word" carry a secret in an option that is none itself. */
static bool carries_secret(const char *text)
{
    const char *authority = strstr(text, "://");
    if (authority != NULL) {
        authority += 3;
        const char *at = memchr(authority, '@', strcspn(authority, "/?#"));
        if (at != NULL && memchr(authority, ':', (size_t)(at - authority)) != NULL)
            return true;
    }
    return strstr(text, "password=") != NULL;
}

/* Keys that are words stand without quotes, except those that YAML takes for something else. */
static void push_key(struct buffer *buffer, const char *key)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
    bool plain = key[0] >= 'a' && key[0] <= 'z' &&
        key[strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_-")] == '\0';
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        plain = plain && strcmp(key, words[i]) != 0;
    if (plain)
        buffer_push_text(buffer, key);
    else
        buffer_push_json_string(buffer, key, strlen(key));
    buffer_push_u8(buffer, ':');
}

/* A dollar sign that would begin something is doubled, so that it comes back as itself. */
static void push_escaped(struct buffer *buffer, const char *text)
{
    struct buffer escaped = {0};
    for (; *text != '\0'; text++) {
        if (text[0] == '$' && (text[1] == '{' || text[1] == '$'))
            buffer_push_u8(&escaped, '$');
        buffer_push_u8(&escaped, (uint8_t)*text);
    }
    buffer_push_json_string(buffer, escaped.data, escaped.size);
    buffer_finish(&escaped);
}

static void push_text(struct buffer *buffer, const char *text, bool secret)
{
    if (text == NULL) {
        buffer_push_u8(buffer, '~');
        return;
    }
    if (secret || carries_secret(text))
        text = SECRET;
    push_escaped(buffer, text);
}

/* -- Values that were loaded by rows -- */

static void push_rows(struct buffer *buffer, const struct paku_option *rows, const char *source,
    int depth);

static void push_strings(struct buffer *buffer, const struct paku_strings *strings)
{
    buffer_push_text(buffer, " [");
    for (size_t i = 0; i < strings->count; i++) {
        buffer_push_text(buffer, i > 0 ? ", " : "");
        push_text(buffer, strings->items[i], false);
    }
    buffer_push_text(buffer, "]\n");
}

static void push_map(struct buffer *buffer, const struct paku_map *map)
{
    buffer_push_text(buffer, " {");
    for (size_t i = 0; i < map->count; i++) {
        buffer_push_text(buffer, i > 0 ? ", " : "");
        push_text(buffer, map->names[i], false);
        buffer_push_text(buffer, ": ");
        push_text(buffer, map->texts[i], false);
    }
    buffer_push_text(buffer, "}\n");
}

static void push_number(struct buffer *buffer, const struct paku_option *row, const void *field)
{
    char text[64];
    if (row->type == PAKU_OPTION_NUMBER)
        buffer_push_format(buffer, "%.17g", *(const double *)field);
    else
        buffer_push_text(buffer, option_bound_print(row, *(const int64_t *)field, text,
            sizeof(text)));
}

static void push_scalar_value(struct buffer *buffer, const struct paku_option *row,
    const void *field)
{
    buffer_push_u8(buffer, ' ');
    switch (row->type) {
    case PAKU_OPTION_BOOL:
        buffer_push_text(buffer, *(const bool *)field ? "true" : "false");
        break;
    case PAKU_OPTION_ENUM:
        buffer_push_text(buffer, row->choices[*(const int *)field]);
        break;
    case PAKU_OPTION_STRING:
    case PAKU_OPTION_PATH:
    case PAKU_OPTION_SECRET:
        push_text(buffer, *(const char *const *)field, row->type == PAKU_OPTION_SECRET);
        break;
    default:
        push_number(buffer, row, field);
        break;
    }
    buffer_push_u8(buffer, '\n');
}

static void push_row(struct buffer *buffer, const struct paku_option *row, const char *source,
    int depth)
{
    const void *field = source + row->offset;
    push_indent(buffer, depth);
    buffer_push_format(buffer, "%s:", row->key);
    if (row->type == PAKU_OPTION_GROUP) {
        buffer_push_u8(buffer, '\n');
        push_rows(buffer, row->options, field, depth + 1);
    } else if (row->type == PAKU_OPTION_STRINGS) {
        push_strings(buffer, field);
    } else if (row->type == PAKU_OPTION_MAP) {
        push_map(buffer, field);
    } else {
        push_scalar_value(buffer, row, field);
    }
}

/* Rows of core: none of them is a LIST or TABLE. */
static void push_rows(struct buffer *buffer, const struct paku_option *rows, const char *source,
    int depth)
{
    for (; rows->type != PAKU_OPTION_END; rows++)
        push_row(buffer, rows, source, depth);
}

/* -- Own options of plugins, as they were given -- */

/* What is known about a value: the row that it belongs to, or the rows its members belong to. */
struct knowledge {
    bool secret;
    bool known; /* a row says whether it is secret */
    const struct paku_option *rows;
};

static struct knowledge member_knowledge(const struct knowledge *map, const char *key)
{
    for (const struct paku_option *row = map->rows; row != NULL && row->type != PAKU_OPTION_END;
         row++) {
        if (strcmp(row->key, key) == 0)
            return (struct knowledge){row->type == PAKU_OPTION_SECRET, true, row->options};
    }
    bool secret = map->secret || (!map->known && sounds_secret(key)) ||
        (!map->known && strcmp(key, "url") == 0);
    return (struct knowledge){secret, map->known, map->rows};
}

/* A plain text in place of a group stands for its row marked SHORT. */
static bool is_short_secret(const struct paku_option *rows)
{
    for (; rows != NULL && rows->type != PAKU_OPTION_END; rows++) {
        if ((rows->flags & PAKU_OPTION_SHORT) != 0)
            return rows->type == PAKU_OPTION_SECRET;
    }
    return false;
}

static void push_node(struct buffer *buffer, const struct node *node, struct knowledge known,
    int depth);

static void push_members(struct buffer *buffer, const struct node *map, struct knowledge known,
    int depth)
{
    for (size_t i = 0; i < map->count; i++) {
        const char *key = map->members[i].key;
        push_indent(buffer, depth);
        push_key(buffer, key);
        push_node(buffer, map->members[i].value, member_knowledge(&known, key), depth + 1);
    }
}

static void push_items(struct buffer *buffer, const struct node *list, struct knowledge known,
    int depth)
{
    for (size_t i = 0; i < list->count; i++) {
        push_indent(buffer, depth);
        buffer_push_u8(buffer, '-');
        push_node(buffer, list->items[i], known, depth + 1);
    }
}

static void push_node(struct buffer *buffer, const struct node *node, struct knowledge known,
    int depth)
{
    if (node->kind == NODE_NULL) {
        buffer_push_text(buffer, " ~\n");
    } else if (node->kind == NODE_SCALAR) {
        buffer_push_u8(buffer, ' ');
        push_text(buffer, node->text,
            known.secret || node->secret || is_short_secret(known.rows));
        buffer_push_u8(buffer, '\n');
    } else if (node->count == 0) {
        buffer_push_text(buffer, node->kind == NODE_MAP ? " {}\n" : " []\n");
    } else {
        buffer_push_u8(buffer, '\n');
        if (node->kind == NODE_MAP)
            push_members(buffer, node, known, depth);
        else
            push_items(buffer, node, known, depth);
    }
}

static bool is_common(const struct instance_config *instance, const char *key)
{
    for (const struct paku_option *row = instance_option_rows(instance->kind);
         row->type != PAKU_OPTION_END; row++) {
        if (strcmp(row->key, key) == 0)
            return true;
    }
    return false;
}

static void push_own_options(struct buffer *buffer, const struct instance_config *instance,
    struct knowledge known, int depth)
{
    const struct node *map = instance->options;
    for (size_t i = 0; map->kind == NODE_MAP && i < map->count; i++) {
        struct node one = {.kind = NODE_MAP, .count = 1, .members = &map->members[i]};
        if (!is_common(instance, map->members[i].key))
            push_members(buffer, &one, known, depth);
    }
}

/* -- The whole -- */

struct printing {
    struct buffer *buffer;
    option_rows_cb *find_rows;
    void *data;
};

static void push_instance(const struct printing *printing, const struct instance_config *instance)
{
    const struct paku_option *own = printing->find_rows != NULL
        ? printing->find_rows(printing->data, instance->kind, instance->plugin) : NULL;
    struct knowledge known = {.known = own != NULL, .rows = own};
    struct buffer *buffer = printing->buffer;
    buffer_push_text(buffer, "      - ");
    push_key(buffer, instance->plugin);
    buffer_push_text(buffer, "\n          name: ");
    push_text(buffer, instance->name, false);
    buffer_push_u8(buffer, '\n');
    const struct paku_option *rows = instance_option_rows(instance->kind);
    for (; rows->type != PAKU_OPTION_END; rows++) {
        if (strcmp(rows->key, "name") != 0)
            push_row(buffer, rows, (const char *)&instance->common, 5);
    }
    push_own_options(buffer, instance, known, 5);
}

static void push_pipeline(const struct printing *printing, const struct pipeline_config *pipeline)
{
    static const char *const lists[] = {NULL, "inputs", "processors", "outputs"};
    int last = 0;
    buffer_push_text(printing->buffer, "  ");
    push_key(printing->buffer, pipeline->name);
    buffer_push_u8(printing->buffer, '\n');
    push_rows(printing->buffer, pipeline_option_rows, (const char *)pipeline, 2);
    for (size_t i = 0; i < pipeline->count; i++) {
        const struct instance_config *instance = &pipeline->instances[i];
        if ((int)instance->kind != last)
            buffer_push_format(printing->buffer, "    %s:\n", lists[instance->kind]);
        last = (int)instance->kind;
        push_instance(printing, instance);
    }
}

void config_print(const struct config *config, option_rows_cb *find_rows, void *data,
    struct buffer *buffer)
{
    struct printing printing = {buffer, find_rows, data};
    push_rows(buffer, config_option_rows, (const char *)config, 0);
    buffer_push_text(buffer, "pipelines:\n");
    for (size_t i = 0; i < config->pipeline_count; i++)
        push_pipeline(&printing, &config->pipelines[i]);
}
