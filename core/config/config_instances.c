/* SPDX-License-Identifier: Apache-2.0 */
/* A pipeline's lists of instances. */
#include "config/config_private.h"

#include "base/memory.h"
#include "config/option_scalar.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    enum paku_kind kind;
    const char *key;
    const char *one;
} lists[] = {
    {PAKU_INPUT, "inputs", "input"},
    {PAKU_PROCESSOR, "processors", "processor"},
    {PAKU_OUTPUT, "outputs", "output"},
};

/* The router has one bit for each output, and one for the dead letters. */
#define OUTPUTS_MAX 63

const struct paku_option *instance_option_rows(enum paku_kind kind)
{
    switch (kind) {
    case PAKU_INPUT:
        return input_option_rows;
    case PAKU_PROCESSOR:
        return processor_option_rows;
    case PAKU_OUTPUT:
        return output_option_rows;
    }
    return NULL;
}

/* Only the common options are loaded here: the plugin's own wait for the plugin. A copy of the map
 * with just those keys keeps the others from being refused. */
static void load_common(struct instance_config *instance, const struct node *map,
    struct option_memory *memory, struct config_errors *errors)
{
    const struct paku_option *rows = instance_option_rows(instance->kind);
    struct node_member *members = xcalloc(map->count + 1, sizeof(*members));
    struct node common = {.kind = NODE_MAP, .place = map->place, .members = members};
    for (size_t i = 0; map->kind == NODE_MAP && i < map->count; i++) {
        for (const struct paku_option *row = rows; row->type != PAKU_OPTION_END; row++) {
            if (strcmp(row->key, map->members[i].key) == 0)
                members[common.count++] = map->members[i];
        }
    }
    options_load(rows, NULL, &common, instance->place, &instance->common, memory, errors);
    free(members);
}

/* -- Names -- */

static const struct instance_config *find_name(const struct pipeline_config *pipeline,
    const char *name)
{
    for (size_t i = 0; i < pipeline->count; i++) {
        const char *other = pipeline->instances[i].name;
        if (other != NULL && strcmp(other, name) == 0)
            return &pipeline->instances[i];
    }
    return NULL;
}

/* mqtt, mqtt-2, mqtt-3: the first that is free. */
static const char *free_name(const struct pipeline_config *pipeline, const char *plugin,
    struct option_memory *memory)
{
    if (find_name(pipeline, plugin) == NULL)
        return plugin;
    for (unsigned number = 2;; number++) {
        char *name = xasprintf("%s-%u", plugin, number);
        if (find_name(pipeline, name) == NULL)
            return option_memory_keep(memory, name);
        free(name);
    }
}

static void take_given_name(struct pipeline_config *pipeline, struct instance_config *instance,
    struct config_errors *errors)
{
    const char *given = instance->common.name;
    const struct node *node = node_member(instance->options, "name");
    if (given == NULL || node == NULL)
        return;
    const struct instance_config *other = find_name(pipeline, given);
    if (!is_plain_name(given))
        config_errors_add(errors, node->place,
            "name '%s': expected 1 to 63 letters, digits, '_' and '-'", given);
    else if (other != NULL)
        config_errors_add(errors, node->place,
            "the name '%s' is taken by the instance in line %zu: names are unique in a pipeline",
            given, other->place.line);
    else
        instance->name = given;
}

/* Names that are given come first: what has none must not take one of them. */
static void name_instances(struct pipeline_config *pipeline, struct option_memory *memory,
    struct config_errors *errors)
{
    for (size_t i = 0; i < pipeline->count; i++)
        take_given_name(pipeline, &pipeline->instances[i], errors);
    for (size_t i = 0; i < pipeline->count; i++) {
        struct instance_config *instance = &pipeline->instances[i];
        if (instance->name == NULL)
            instance->name = free_name(pipeline, instance->plugin, memory);
    }
}

/* -- Entries of a list -- */

/* "- stdout", without options; "- null" is a plugin's name too, although YAML has a word for it. */
static bool is_bare_plugin(const struct node *item)
{
    return item->kind == NODE_SCALAR ||
        (item->kind == NODE_NULL && item->text != NULL && strcmp(item->text, "null") == 0);
}

static void refuse_instance(const struct node *item, const char *one,
    struct config_errors *errors)
{
    bool flat = item->kind == NODE_MAP && item->count > 1 &&
        item->members[0].value->kind == NODE_NULL;
    if (flat)
        config_errors_add(errors, item->members[1].place,
            "'%s' stands beside '%s' and not below it: options are indented further than the name "
            "of their plugin", item->members[1].key, item->members[0].key);
    else
        config_errors_add(errors, item->place, "expected one %s here, as '- PLUGIN: { options }'",
            one);
}

static void load_instance(struct pipeline_config *pipeline, size_t list, const struct node *item,
    struct option_memory *memory, struct config_errors *errors)
{
    struct instance_config instance = {.kind = lists[list].kind};
    struct node *none = option_memory_keep(memory, xcalloc(1, sizeof(*none)));
    if (is_bare_plugin(item)) {
        instance.plugin = item->text;
        instance.place = item->place;
        instance.options = none;
    } else if (item->kind == NODE_MAP && item->count == 1) {
        instance.plugin = item->members[0].key;
        instance.place = item->members[0].place;
        instance.options = item->members[0].value;
    } else {
        refuse_instance(item, lists[list].one, errors);
        return;
    }
    none->place = instance.place;
    load_common(&instance, instance.options, memory, errors);
    pipeline->instances[pipeline->count++] = instance;
}

/* The list, or NULL; only one of the two errors is told. */
static const struct node *list_of(const struct pipeline_config *pipeline, const struct node *map,
    size_t list, struct config_errors *errors)
{
    const struct node *node = node_member(map, lists[list].key);
    bool empty = node == NULL || node->kind == NODE_NULL ||
        (node->kind == NODE_LIST && node->count == 0);
    if (!empty && node->kind == NODE_LIST)
        return node;
    if (map->kind != NODE_MAP && map->kind != NODE_NULL)
        return NULL; /* that was said */
    if (!empty)
        config_errors_add(errors, node->place, "'%s' expects a list ('- PLUGIN: ...')",
            lists[list].key);
    else if (lists[list].kind != PAKU_PROCESSOR)
        config_errors_add(errors, pipeline->place, "pipeline '%s' has no %s", pipeline->name,
            lists[list].key);
    return NULL;
}

void pipeline_load(struct pipeline_config *pipeline, const struct node *map,
    struct option_memory *memory, struct config_errors *errors)
{
    static const struct paku_option list_rows[] = {
        {.key = "inputs", .type = PAKU_OPTION_LIST},
        {.key = "processors", .type = PAKU_OPTION_LIST},
        {.key = "outputs", .type = PAKU_OPTION_LIST},
        {.type = PAKU_OPTION_END},
    };
    options_load(pipeline_option_rows, list_rows, map, pipeline->place, pipeline, memory, errors);
    const struct node *found[3] = {0};
    size_t total = 0;
    for (size_t i = 0; i < 3; i++) {
        found[i] = list_of(pipeline, map, i, errors);
        total += found[i] != NULL ? found[i]->count : 0;
    }
    if (found[2] != NULL && found[2]->count > OUTPUTS_MAX)
        config_errors_add(errors, pipeline->place, "pipeline '%s' has more than %d outputs",
            pipeline->name, OUTPUTS_MAX);
    pipeline->instances = option_memory_keep(memory,
        xcalloc(total + 1, sizeof(*pipeline->instances)));
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; found[i] != NULL && j < found[i]->count; j++)
            load_instance(pipeline, i, found[i]->items[j], memory, errors);
    }
    name_instances(pipeline, memory, errors);
}
