/* SPDX-License-Identifier: Apache-2.0 */
/* Option rows load YAML into structures. Scalars are in option_scalar.c. */
#include "config/option_scalar.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct option_memory *option_memory_create(void)
{
    return xcalloc(1, sizeof(struct option_memory));
}

void option_memory_destroy(struct option_memory *memory)
{
    if (memory == NULL)
        return;
    for (size_t i = 0; i < memory->count; i++)
        free(memory->items[i]);
    free(memory->items);
    free(memory);
}

void *option_memory_keep(struct option_memory *memory, void *item)
{
    memory->items = xgrow(memory->items, &memory->capacity, memory->count + 1,
        sizeof(*memory->items));
    memory->items[memory->count++] = item;
    return item;
}

/* -- Lists and maps of texts -- */

static void load_strings(struct loading *loading, const struct paku_option *row,
    const struct node *node, struct paku_strings *target)
{
    size_t count = node->kind == NODE_LIST ? node->count : 1;
    const char **items = option_memory_keep(loading->memory, xcalloc(count + 1, sizeof(*items)));
    for (size_t i = 0; i < count; i++) {
        const struct node *item = node->kind == NODE_LIST ? node->items[i] : node;
        if (item->kind != NODE_SCALAR)
            config_errors_add(loading->errors, item->place,
                "option '%s' expects a text here, got %s", row->key,
                item->kind == NODE_NULL ? "nothing" : item->kind == NODE_LIST ? "a list" : "a map");
        else
            items[i] = item->text;
    }
    *target = (struct paku_strings){count, items};
}

static void load_map(struct loading *loading, const struct paku_option *row,
    const struct node *node, struct paku_map *target)
{
    if (node->kind != NODE_MAP) {
        config_errors_add(loading->errors, node->place,
            "option '%s' expects a map of names to texts, such as { kind: data }", row->key);
        return;
    }
    const char **names = option_memory_keep(loading->memory,
        xcalloc(node->count + 1, sizeof(*names)));
    const char **texts = option_memory_keep(loading->memory,
        xcalloc(node->count + 1, sizeof(*texts)));
    for (size_t i = 0; i < node->count; i++) {
        const struct node *value = node->members[i].value;
        if (value->kind != NODE_SCALAR)
            config_errors_add(loading->errors, value->place,
                "option '%s' expects a text for '%s'", row->key, node->members[i].key);
        names[i] = node->members[i].key;
        texts[i] = value->kind == NODE_SCALAR ? value->text : "";
    }
    *target = (struct paku_map){node->count, names, texts};
}

/* -- Groups -- */

static void load_rows(struct loading *loading, const struct paku_option *rows,
    const struct paku_option *also, const struct node *map, struct place place, char *target);

static const struct paku_option *short_row(const struct paku_option *rows)
{
    for (; rows->type != PAKU_OPTION_END; rows++) {
        if ((rows->flags & PAKU_OPTION_SHORT) != 0)
            return rows;
    }
    return NULL;
}

/* An item of a LIST or TABLE: a map, or a scalar that stands for the row marked SHORT. */
static void load_item(struct loading *loading, const struct paku_option *row,
    const struct node *node, char *target)
{
    const struct paku_option *brief = short_row(row->options);
    if (node->kind != NODE_SCALAR || brief == NULL) {
        load_rows(loading, row->options, NULL, node, node->place, target);
        return;
    }
    struct node_member member = {node->place, brief->key, (struct node *)node};
    struct node map = {.kind = NODE_MAP, .place = node->place, .count = 1, .members = &member};
    load_rows(loading, row->options, NULL, &map, node->place, target);
}

static void load_list(struct loading *loading, const struct paku_option *row,
    const struct node *node, struct paku_items *target)
{
    size_t count = node->kind == NODE_LIST ? node->count : 1;
    char *items = option_memory_keep(loading->memory, xcalloc(count + 1, row->item_size));
    for (size_t i = 0; i < count; i++)
        load_item(loading, row, node->kind == NODE_LIST ? node->items[i] : node,
            items + i * row->item_size);
    *target = (struct paku_items){count, items};
}

static void load_table(struct loading *loading, const struct paku_option *row,
    const struct node *node, struct paku_items *target)
{
    if (node->kind != NODE_MAP) {
        config_errors_add(loading->errors, node->place,
            "option '%s' expects a map of names to maps", row->key);
        return;
    }
    char *items = option_memory_keep(loading->memory, xcalloc(node->count + 1, row->item_size));
    for (size_t i = 0; i < node->count; i++) {
        char *item = items + i * row->item_size;
        memcpy(item, &node->members[i].key, sizeof(const char *));
        load_item(loading, row, node->members[i].value, item);
    }
    *target = (struct paku_items){node->count, items};
}

/* -- Rows -- */

static void load_value(struct loading *loading, const struct paku_option *row,
    const struct node *node, char *target)
{
    void *field = target + row->offset;
    switch (row->type) {
    case PAKU_OPTION_STRINGS:
        load_strings(loading, row, node, field);
        break;
    case PAKU_OPTION_MAP:
        load_map(loading, row, node, field);
        break;
    case PAKU_OPTION_GROUP:
        load_rows(loading, row->options, NULL, node, node->place, field);
        break;
    case PAKU_OPTION_LIST:
        load_list(loading, row, node, field);
        break;
    case PAKU_OPTION_TABLE:
        load_table(loading, row, node, field);
        break;
    default:
        option_scalar_load(loading, row, node, field);
        break;
    }
}

/* A group that is not given still has the defaults of its rows; what it requires is required only of
 * those who give it. */
static void load_default(struct loading *loading, const struct paku_option *row,
    struct place place, char *target)
{
    if (row->type == PAKU_OPTION_GROUP) {
        for (const struct paku_option *inner = row->options; inner->type != PAKU_OPTION_END; inner++)
            load_default(loading, inner, place, target + row->offset);
        return;
    }
    if (row->fallback == NULL)
        return;
    struct node node = {.kind = NODE_SCALAR, .place = place, .text = row->fallback};
    load_value(loading, row, &node, target);
}

static bool has_row(const struct paku_option *rows, const char *key)
{
    for (; rows != NULL && rows->type != PAKU_OPTION_END; rows++) {
        if (strcmp(rows->key, key) == 0)
            return true;
    }
    return false;
}

static void collect_keys(const struct paku_option *rows, const char **keys, size_t *count,
    size_t room)
{
    for (; rows != NULL && rows->type != PAKU_OPTION_END && *count < room; rows++)
        keys[(*count)++] = rows->key;
}

static void refuse_unknown(struct loading *loading, const struct paku_option *rows,
    const struct paku_option *also, const struct node_member *member)
{
    const char *keys[128];
    size_t count = 0;
    collect_keys(rows, keys, &count, 128);
    collect_keys(also, keys, &count, 128);
    const char *meant = nearest_name(member->key, keys, count);
    if (meant != NULL) {
        config_errors_add(loading->errors, member->place,
            "unknown option '%s', did you mean '%s'?", member->key, meant);
        return;
    }
    struct buffer known = {0};
    for (size_t i = 0; i < count; i++)
        buffer_push_format(&known, "%s%s", i > 0 ? ", " : "", keys[i]);
    config_errors_add(loading->errors, member->place, "unknown option '%s'; there are: %s",
        member->key, buffer_text(&known));
    buffer_finish(&known);
}

/* The default comes first, so that a structure has sensible values behind an error too. */
static void load_row(struct loading *loading, const struct paku_option *row,
    const struct node *map, struct place place, char *target)
{
    const struct node *node = node_member(map, row->key);
    bool given = node != NULL && node->kind != NODE_NULL;
    if (!given && (row->flags & PAKU_OPTION_REQUIRED) != 0)
        config_errors_add(loading->errors, node != NULL ? node->place : place,
            "option '%s' is missing: %s", row->key, row->help);
    if (!given || row->type != PAKU_OPTION_GROUP)
        load_default(loading, row, place, target);
    if (given)
        load_value(loading, row, node, target);
}

static void load_rows(struct loading *loading, const struct paku_option *rows,
    const struct paku_option *also, const struct node *map, struct place place, char *target)
{
    bool wrong = map != NULL && map->kind != NODE_MAP && map->kind != NODE_NULL;
    if (wrong)
        config_errors_add(loading->errors, map->place,
            "expected a map of options ('key: value'), got a %s",
            map->kind == NODE_LIST ? "list" : "text");
    for (const struct paku_option *row = rows; row->type != PAKU_OPTION_END; row++) {
        if (!wrong || (row->flags & PAKU_OPTION_REQUIRED) == 0)
            load_row(loading, row, map, place, target);
    }
    for (size_t i = 0; map != NULL && map->kind == NODE_MAP && i < map->count; i++) {
        const char *key = map->members[i].key;
        if (!has_row(rows, key) && !has_row(also, key))
            refuse_unknown(loading, rows, also, &map->members[i]);
    }
}

int options_load(const struct paku_option *rows, const struct paku_option *also,
    const struct node *map, struct place place, void *target, struct option_memory *memory,
    struct config_errors *errors)
{
    static const struct paku_option none[] = {{.type = PAKU_OPTION_END}};
    struct loading loading = {memory, errors};
    size_t before = errors->count;
    load_rows(&loading, rows != NULL ? rows : none, also, map, place, target);
    return errors->count > before ? -EINVAL : 0;
}
