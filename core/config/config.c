/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include "base/memory.h"
#include "config/config_private.h"
#include "config/option_scalar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool is_plain_name(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    size_t size = strlen(name);
    return size > 0 && size <= 63 && strspn(name, letters) == size;
}

static void load_pipelines(struct gathering *all)
{
    struct config *config = &all->owned->config;
    struct option_memory *memory = all->owned->memory;
    config->pipelines = option_memory_keep(memory,
        xcalloc(all->pipelines.count + 1, sizeof(*config->pipelines)));
    for (size_t i = 0; i < all->pipelines.count; i++) {
        const struct node_member *member = &all->pipelines.items[i];
        struct pipeline_config *pipeline = &config->pipelines[config->pipeline_count++];
        pipeline->name = member->key;
        pipeline->place = member->place;
        if (!is_plain_name(member->key))
            config_errors_add(all->errors, member->place,
                "pipeline '%s': a name has 1 to 63 letters, digits, '_' and '-'", member->key);
        pipeline_load(pipeline, member->value, memory, all->errors);
    }
}

/* There is no option type for a list of paths; these are the only ones. */
static void resolve_directories(struct gathering *all)
{
    struct paku_strings *directories = &all->owned->config.plugin_directories;
    const struct node *given = NULL;
    for (size_t i = 0; i < all->settings.count; i++) {
        if (strcmp(all->settings.items[i].key, "plugins") == 0)
            given = node_member(all->settings.items[i].value, "directories");
    }
    const char **items = option_memory_keep(all->owned->memory,
        xcalloc(directories->count + 1, sizeof(*items)));
    size_t count = 0;
    for (size_t i = 0; given != NULL && i < directories->count; i++) {
        if (directories->items[i] != NULL)
            items[count++] = option_path(all->owned->memory, given->place, directories->items[i]);
    }
    *directories = (struct paku_strings){count, items};
}

static void load_gathered(struct gathering *all, struct place place)
{
    struct node map = {
        .kind = NODE_MAP,
        .place = place,
        .count = all->settings.count,
        .members = all->settings.items,
    };
    static const struct paku_option also[] = {
        {.key = "pipelines", .type = PAKU_OPTION_TABLE},
        {.key = "include", .type = PAKU_OPTION_STRINGS},
        {.type = PAKU_OPTION_END},
    };
    struct owned_config *owned = all->owned;
    options_load(config_option_rows, also, &map, place, &owned->config, owned->memory,
        all->errors);
    resolve_directories(all);
    if (all->pipelines.count == 0 && all->errors->count == 0)
        config_errors_add(all->errors, place,
            "there are no pipelines: expected 'pipelines:' with at least one");
    load_pipelines(all);
}

static int load(const char *path, const char *text, struct config_errors *errors,
    struct config **ret_config)
{
    struct owned_config *owned = xcalloc(1, sizeof(*owned));
    struct gathering all = {.owned = owned, .errors = errors};
    struct place place = {path != NULL ? path : "<text>", 0, 0};
    size_t before = errors->count;
    owned->memory = option_memory_create();
    if (path != NULL)
        gather_path(&all, path, (struct place){0});
    else
        gather_text(&all, text);
    load_gathered(&all, place);
    gathering_finish(&all);
    *ret_config = &owned->config;
    return errors->count > before ? -EINVAL : 0;
}

int config_load(const char *path, struct config_errors *errors, struct config **ret_config)
{
    return load(path, NULL, errors, ret_config);
}

int config_load_text(const char *text, struct config_errors *errors, struct config **ret_config)
{
    return load(NULL, text, errors, ret_config);
}

void config_destroy(struct config *config)
{
    if (config == NULL)
        return;
    struct owned_config *owned = (struct owned_config *)config;
    for (size_t i = 0; i < owned->document_count; i++)
        document_destroy(owned->documents[i]);
    free(owned->documents);
    option_memory_destroy(owned->memory);
    free(owned);
}
