/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/describe.h"

#include "config/config.h"
#include "pipeline/instance.h"

static const enum paku_kind kinds[] = {PAKU_INPUT, PAKU_PROCESSOR, PAKU_OUTPUT};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* -- For a terminal -- */

static void push_section(struct buffer *buffer, const char *title,
    const struct paku_option *rows)
{
    buffer_push_format(buffer, "\n%s:\n", title);
    options_describe(rows, buffer);
}

void describe_plugin(const struct paku_plugin *plugin, struct buffer *buffer)
{
    const char *kind = kind_name(plugin->kind);
    buffer_push_format(buffer, "%s (%s, version %s): %s\n", plugin->name, kind, plugin->version,
        plugin->summary);
    if (plugin->options != NULL && plugin->options->type != PAKU_OPTION_END)
        push_section(buffer, "Options", plugin->options);
    else
        buffer_push_text(buffer, "\nIt has no options of its own.\n");
    buffer_push_format(buffer, "\nOptions of every %s:\n", kind);
    options_describe(instance_option_rows(plugin->kind), buffer);
}

void describe_daemon(const struct loader *loader, struct buffer *buffer)
{
    buffer_push_text(buffer, "Options of the daemon, at the top of the YAML:\n");
    options_describe(config_option_rows, buffer);
    push_section(buffer, "Options of a pipeline, beside inputs, processors and outputs",
        pipeline_option_rows);
    for (size_t i = 0; i < KINDS; i++) {
        buffer_push_format(buffer, "\nOptions of every %s:\n", kind_name(kinds[i]));
        options_describe(instance_option_rows(kinds[i]), buffer);
    }
    buffer_push_text(buffer, "\nPlugins ('paku describe PLUGIN' tells more):\n");
    for (size_t i = 0; i < loader_count(loader); i++) {
        const struct paku_plugin *plugin = loader_at(loader, i, NULL);
        buffer_push_format(buffer, "  %-10s %-12s %s\n", kind_name(plugin->kind), plugin->name,
            plugin->summary);
    }
}

/* -- Markdown -- */

#define GENERATED "<!-- Made by scripts/reference from the option rows: edit those, not this. -->\n\n"

void describe_plugin_markdown(const struct paku_plugin *plugin, struct buffer *buffer)
{
    const char *kind = kind_name(plugin->kind);
    buffer_push_format(buffer, GENERATED "# %s (%s)\n\n%s\n\n", plugin->name, kind,
        plugin->summary);
    buffer_push_format(buffer, "How to use it: [README](../../plugins/%ss/%s/README.md), "
        "[sample](../../plugins/%ss/%s/sample.yaml).\n\n", kind, plugin->name, kind, plugin->name);
    if (plugin->options != NULL && plugin->options->type != PAKU_OPTION_END)
        options_describe_markdown(plugin->options, buffer);
    else
        buffer_push_text(buffer, "It has no options of its own.\n");
    buffer_push_format(buffer, "\nBeside these it has the [options of every %s]"
        "(README.md#options-of-every-%s).\n", kind, kind);
}

static void push_plugin_list(const struct loader *loader, struct buffer *buffer)
{
    buffer_push_text(buffer, "| plugin | what it is for |\n| --- | --- |\n");
    for (size_t i = 0; i < loader_count(loader); i++) {
        const struct paku_plugin *plugin = loader_at(loader, i, NULL);
        const char *kind = kind_name(plugin->kind);
        buffer_push_format(buffer, "| [%s %s](%s-%s.md) | %s |\n", kind, plugin->name, kind,
            plugin->name, plugin->summary);
    }
}

void describe_daemon_markdown(const struct loader *loader, struct buffer *buffer)
{
    buffer_push_text(buffer, GENERATED "# Reference\n\nEvery option there is. How a configuration "
        "is put together is told in [configuration.md](../configuration.md).\n\n## Plugins\n\n");
    push_plugin_list(loader, buffer);
    buffer_push_text(buffer, "\n## Options of the daemon\n\nAt the top of the YAML.\n\n");
    options_describe_markdown(config_option_rows, buffer);
    buffer_push_text(buffer, "\n## Options of a pipeline\n\nBeside `inputs`, `processors` and "
        "`outputs`.\n\n");
    options_describe_markdown(pipeline_option_rows, buffer);
    for (size_t i = 0; i < KINDS; i++) {
        buffer_push_format(buffer, "\n## Options of every %s\n\n", kind_name(kinds[i]));
        options_describe_markdown(instance_option_rows(kinds[i]), buffer);
    }
}
