/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/instance.h"

#include "base/memory.h"
#include "delivery/table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct paku_option no_options[] = {{.type = PAKU_OPTION_END}};

const char *kind_name(enum paku_kind kind)
{
    return kind == PAKU_INPUT ? "input" : kind == PAKU_PROCESSOR ? "processor" : "output";
}

static const struct paku_option *common_rows(enum paku_kind kind)
{
    return kind == PAKU_INPUT ? input_option_rows
        : kind == PAKU_OUTPUT ? output_option_rows : processor_option_rows;
}

/* -- Finding the plugin -- */

/* A file of that name that was there, and was not taken. */
static const struct refused_plugin *find_refused(const struct loader *loader, const char *name)
{
    for (size_t i = 0; i < loader_refused_count(loader); i++) {
        const struct refused_plugin *refused = loader_refused_at(loader, i);
        const char *slash = strrchr(refused->file, '/');
        const char *file = slash != NULL ? slash + 1 : refused->file;
        size_t size = strlen(name);
        if (strncmp(file, name, size) == 0 && strcmp(file + size, ".so") == 0)
            return refused;
    }
    return NULL;
}

static const char *nearest_plugin(const struct loader *loader, enum paku_kind kind,
    const char *name)
{
    size_t count = 0;
    const char **names = xcalloc(loader_count(loader) + 1, sizeof(*names));
    for (size_t i = 0; i < loader_count(loader); i++) {
        const struct paku_plugin *plugin = loader_at(loader, i, NULL);
        if (plugin->kind == kind)
            names[count++] = plugin->name;
    }
    const char *nearest = nearest_name(name, names, count);
    free(names);
    return nearest;
}

static void refuse_unknown_plugin(const struct instance_config *config,
    const struct loader *loader, struct config_errors *errors)
{
    const char *kind = kind_name(config->kind);
    const struct refused_plugin *refused = find_refused(loader, config->plugin);
    const char *nearest = nearest_plugin(loader, config->kind, config->plugin);
    if (refused != NULL)
        config_errors_add(errors, config->place, "the %s plugin '%s' cannot be used: %s: %s", kind,
            config->plugin, refused->file, refused->reason);
    else if (nearest != NULL)
        config_errors_add(errors, config->place, "unknown %s '%s', did you mean '%s'?", kind,
            config->plugin, nearest);
    else
        config_errors_add(errors, config->place,
            "unknown %s '%s'; 'paku plugins' lists those that are there", kind, config->plugin);
}

/* -- Making one -- */

static struct paku_instance *instance_allocate(const struct instance_config *config,
    const char *pipeline, const struct paku_plugin *plugin, struct uv_loop_s *loop,
    struct logger *logger)
{
    struct paku_instance *instance = xcalloc(1, sizeof(*instance));
    instance->config = config;
    instance->plugin = plugin;
    instance->name = xstrdup(config->name);
    instance->pipeline = xstrdup(pipeline);
    instance->source = xasprintf("%s/%s", pipeline, config->name);
    instance->self = xcalloc(1, plugin->instance_size > 0 ? plugin->instance_size : 1);
    instance->memory = option_memory_create();
    instance->loop = loop;
    instance->logger = logger;
    if (config->common.log_level >= PAKU_ERROR && config->common.log_level <= PAKU_DEBUG)
        logger_set_level(logger, instance->source, (enum paku_level)config->common.log_level);
    return instance;
}

static int check_common(struct paku_instance *instance, struct config_errors *errors)
{
    const struct instance_config *config = instance->config;
    switch (config->kind) {
    case PAKU_INPUT:
        return time_policy_init(&instance->time_policy, &config->input.time, config->place,
            errors);
    case PAKU_PROCESSOR:
        return match_init(&instance->match, &config->processor.match, config->place, errors);
    default:
        return match_init(&instance->match, &config->output.match, config->place, errors);
    }
}

/* Errors of init are the configuration's: see paku_log. */
static int initialise(struct paku_instance *instance, struct config_errors *errors)
{
    size_t before = errors->count;
    instance->errors = errors;
    int error = instance->plugin->init != NULL
        ? instance->plugin->init(instance->self, instance) : 0;
    instance->errors = NULL;
    if (error < 0 && errors->count == before)
        config_errors_add(errors, instance->config->place, "'%s' cannot be set up: %s",
            instance->name, strerror(-error));
    return error < 0 || errors->count > before ? -EINVAL : 0;
}

int instance_create(const struct instance_config *config, const char *pipeline,
    const struct loader *loader, struct uv_loop_s *loop, struct logger *logger,
    struct config_errors *errors, struct paku_instance **ret_instance)
{
    const struct paku_plugin *plugin = loader_find(loader, config->kind, config->plugin);
    if (plugin == NULL) {
        refuse_unknown_plugin(config, loader, errors);
        return -EINVAL;
    }
    struct paku_instance *instance = instance_allocate(config, pipeline, plugin, loop, logger);
    int common_error = check_common(instance, errors);
    int error = options_load(plugin->options != NULL ? plugin->options : no_options,
        common_rows(config->kind), config->options, config->place, instance->self,
        instance->memory, errors);
    if (error == 0) /* a plugin sees only options that were loaded whole */
        error = initialise(instance, errors);
    if (error < 0 || common_error < 0) {
        instance_destroy(instance);
        return -EINVAL;
    }
    *ret_instance = instance;
    return 0;
}

int instances_create(const struct pipeline_config *config, const struct loader *loader,
    struct uv_loop_s *loop, struct logger *logger, struct config_errors *errors,
    struct paku_instance **ret_instances)
{
    int result = 0;
    for (size_t i = 0; i < config->count; i++) {
        ret_instances[i] = NULL;
        int error = instance_create(&config->instances[i], config->name, loader, loop, logger,
            errors, &ret_instances[i]);
        result = error < 0 ? error : result;
    }
    return result;
}

void instance_destroy(struct paku_instance *instance)
{
    if (instance == NULL || instance->stage == INSTANCE_LOST)
        return;
    assert(instance->stage == INSTANCE_READY || instance->stage == INSTANCE_STOPPED);
    if (instance->plugin->destroy != NULL)
        instance->plugin->destroy(instance->self);
    time_policy_finish(&instance->time_policy);
    metrics_finish(&instance->metrics);
    if (instance->state != NULL)
        table_finish(instance->state);
    free(instance->state);
    option_memory_destroy(instance->memory);
    free(instance->reason);
    free(instance->self);
    free(instance->source);
    free(instance->pipeline);
    free(instance->name);
    free(instance);
}

/* -- Its life -- */

int instance_start(struct paku_instance *instance)
{
    assert(instance->stage == INSTANCE_READY);
    if (instance->plugin->start != NULL) {
        int error = instance->plugin->start(instance->self);
        if (error < 0)
            return error;
    }
    instance->stage = INSTANCE_RUNNING;
    return 0;
}

void instance_stop(struct paku_instance *instance)
{
    if (instance->stage != INSTANCE_RUNNING)
        return;
    instance->stage = INSTANCE_STOPPING;
    if (instance->plugin->stop != NULL)
        instance->plugin->stop(instance->self);
    else
        paku_stopped(instance);
}
