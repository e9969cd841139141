/* SPDX-License-Identifier: Apache-2.0 */
/* Which instance left a handle open. Plugins keep handles in their structure, or point from the handle
 * to it: by either one the owner is told. */
#include "pipeline/pipeline_private.h"

struct search {
    const struct paku_instance *instance;
    size_t found;
};

static bool is_inside(const struct paku_instance *instance, const void *pointer)
{
    const char *self = instance->self, *at = pointer;
    return at >= self && at < self + instance->plugin->instance_size;
}

static void handle_each(uv_handle_t *handle, void *data)
{
    struct search *search = data;
    if (uv_is_closing(handle) ||
        (!is_inside(search->instance, handle) && !is_inside(search->instance, handle->data)))
        return;
    search->found++;
    logger_write(search->instance->logger, PAKU_ERROR, search->instance->source,
        "the plugin '%s' has left a %s handle open: this is a fault of the plugin",
        search->instance->plugin->name, uv_handle_type_name(handle->type));
}

size_t instance_name_leaks(const struct paku_instance *instance)
{
    struct search search = {.instance = instance};
    if (instance->loop != NULL)
        uv_walk(instance->loop, handle_each, &search);
    return search.found;
}
