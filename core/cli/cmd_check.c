/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "cli/setup.h"
#include "pipeline/instance.h"

#include <stdlib.h>
#include <uv.h>

#define PROBE_LIMIT_MS 10000

struct check_options {
    bool online;
    bool print;
};

/* What a check holds while it runs. */
struct check {
    struct cli *cli;
    struct config_errors errors;
    struct config *config;
    struct logger *logger;
    struct loader *loader;
    uv_loop_t loop;
    struct paku_instance **instances; /* of all pipelines, one behind the other */
    size_t count;
};

static size_t instance_count(const struct config *config)
{
    size_t count = 0;
    for (size_t i = 0; i < config->pipeline_count; i++)
        count += config->pipelines[i].count;
    return count;
}

static void check_init(struct check *check, struct cli *cli, const char *path)
{
    *check = (struct check){.cli = cli};
    uv_loop_init(&check->loop);
    setup_config(cli, path, &check->errors, &check->config);
    check->logger = setup_logger(cli, check->config);
    check->loader = setup_loader(cli, check->config, check->logger);
}

/* Runs the init of every instance; errors are collected, also behind other errors. */
static void create_instances(struct check *check)
{
    const struct config *config = check->config;
    if (config == NULL)
        return;
    check->count = instance_count(config);
    check->instances = xcalloc(check->count + 1, sizeof(*check->instances));
    struct paku_instance **next = check->instances;
    for (size_t i = 0; i < config->pipeline_count; i++) {
        instances_create(&config->pipelines[i], check->loader, &check->loop, check->logger,
            &check->errors, next);
        next += config->pipelines[i].count;
    }
}

static void check_finish(struct check *check)
{
    for (size_t i = 0; i < check->count; i++)
        instance_destroy(check->instances[i]);
    free(check->instances);
    loader_destroy(check->loader);
    logger_destroy(check->logger);
    config_destroy(check->config);
    uv_run(&check->loop, UV_RUN_DEFAULT);
    uv_loop_close(&check->loop);
    config_errors_finish(&check->errors);
}

static void print_finding(void *data, const struct paku_instance *instance, bool good,
    const char *text)
{
    struct check *check = data;
    fprintf(check->cli->out, "%-5s %s: %s\n", good ? "ok" : "BAD", instance->source, text);
}

static struct result probe(struct check *check)
{
    size_t bad = instances_probe(check->instances, check->count, &check->loop, PROBE_LIMIT_MS,
        print_finding, check);
    if (bad > 0)
        return result_failed("%zu finding%s of the online check %s bad", bad, bad == 1 ? "" : "s",
            bad == 1 ? "is" : "are");
    return result_ok();
}

static const struct paku_option *find_rows(void *data, enum paku_kind kind, const char *name)
{
    struct check *check = data;
    const struct paku_plugin *plugin = loader_find(check->loader, kind, name);
    return plugin != NULL ? plugin->options : NULL;
}

static void print_config(struct check *check)
{
    struct buffer text = {0};
    config_print(check->config, find_rows, check, &text);
    fwrite(text.data, 1, text.size, check->cli->out);
    buffer_finish(&text);
}

static struct result report(struct check *check, const struct check_options *options,
    const char *path)
{
    FILE *out = check->cli->out;
    if (check->errors.count > 0)
        return setup_fail(check->cli, &check->errors);
    if (options->print)
        print_config(check);
    else
        fprintf(out, "%s: good (%zu pipeline%s, %zu instances)\n", path,
            check->config->pipeline_count, check->config->pipeline_count == 1 ? "" : "s",
            check->count);
    fflush(out);
    return options->online ? probe(check) : result_ok();
}

static struct result run(struct cli *cli, const void *data, int argc, char **argv)
{
    const char *path = argc > 0 ? argv[0] : cli->global.config;
    struct check check;
    check_init(&check, cli, path);
    create_instances(&check);
    struct result result = report(&check, data, path);
    check_finish(&check);
    return result;
}

static const struct paku_option option_rows[] = {
    {"online", PAKU_OPTION_BOOL, 0, offsetof(struct check_options, online), NULL,
        "Also connect to every server and say what was found there.", NULL, NULL, 0, 0, 0},
    {"print", PAKU_OPTION_BOOL, 0, offsetof(struct check_options, print), NULL,
        "Print the whole configuration with its defaults; secrets are not shown.", NULL, NULL, 0,
        0, 0},
    {.type = PAKU_OPTION_END},
};

const struct command check_command = {
    .name = "check",
    .summary = "Check a configuration, and say everything that is wrong with it",
    .arguments = "[FILE|FOLDER]",
    .most = 1,
    .help = "Reads the configuration (default: --config), loads the plugins, and tries what can be tried\n"
            "without touching anything: files are readable, schemas compile, options fit together. All\n"
            "errors of all files are shown at once, each with file, line and column.",
    .options = option_rows,
    .options_size = sizeof(struct check_options),
    .run = run,
};
