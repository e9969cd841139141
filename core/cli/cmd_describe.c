/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/describe.h"

#include "cli/setup.h"
#include "pipeline/instance.h"

#include <string.h>

struct describe_options {
    int kind; /* enum paku_kind, or 0 for all */
    bool markdown;
};

static struct result refuse_name(const struct loader *loader, const char *name)
{
    const char *names[256];
    size_t count = 0;
    for (; count < loader_count(loader) && count < 256; count++)
        names[count] = loader_at(loader, count, NULL)->name;
    const char *meant = nearest_name(name, names, count);
    if (meant != NULL)
        return result_failed("there is no plugin '%s', did you mean '%s'?", name, meant);
    return result_failed("there is no plugin '%s'; 'paku plugins' lists them", name);
}

static struct result describe_named(const struct loader *loader,
    const struct describe_options *options, const char *name, struct buffer *buffer)
{
    size_t found = 0;
    for (size_t i = 0; i < loader_count(loader); i++) {
        const struct paku_plugin *plugin = loader_at(loader, i, NULL);
        bool wanted = options->kind == 0 || options->kind == (int)plugin->kind;
        if (!wanted || strcmp(plugin->name, name) != 0)
            continue;
        if (found++ > 0)
            buffer_push_u8(buffer, '\n');
        if (options->markdown)
            describe_plugin_markdown(plugin, buffer);
        else
            describe_plugin(plugin, buffer);
    }
    return found > 0 ? result_ok() : refuse_name(loader, name);
}

static struct result run(struct cli *cli, const void *data, int argc, char **argv)
{
    const struct describe_options *options = data;
    struct buffer text = {0};
    struct loader *loader = NULL;
    struct result result = setup_loader_alone(cli, &loader);
    if (result.status != 0)
        return result;
    if (argc > 0)
        result = describe_named(loader, options, argv[0], &text);
    else if (options->markdown)
        describe_daemon_markdown(loader, &text);
    else
        describe_daemon(loader, &text);
    fwrite(text.data, 1, text.size, cli->out);
    buffer_finish(&text);
    loader_destroy(loader);
    return result;
}

static const char *const kinds[] = {"all", "input", "processor", "output", NULL};

static const struct paku_option option_rows[] = {
    {"kind", PAKU_OPTION_ENUM, 0, offsetof(struct describe_options, kind), "all",
        "Which of several plugins of one name: input, processor or output.", kinds, NULL, 0, 0, 0},
    {"markdown", PAKU_OPTION_BOOL, 0, offsetof(struct describe_options, markdown), NULL,
        "As Markdown, for the reference pages.", NULL, NULL, 0, 0, 0},
    {.type = PAKU_OPTION_END},
};

const struct command describe_command = {
    .name = "describe",
    .summary = "Print the options of a plugin, or of the daemon and its pipelines",
    .arguments = "[PLUGIN]",
    .most = 1,
    .help = "With the name of a plugin: what it is for, its options with types and defaults, and the options\n"
            "that all plugins of its kind share. Without: the options of the daemon and of pipelines.",
    .options = option_rows,
    .options_size = sizeof(struct describe_options),
    .run = run,
};
