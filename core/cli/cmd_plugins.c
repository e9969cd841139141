/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/setup.h"
#include "pipeline/instance.h"

#include <string.h>

static void print_loaded(const struct loader *loader, FILE *stream)
{
    fprintf(stream, "%-10s %-12s %-8s %-48s %s\n", "KIND", "NAME", "VERSION", "FILE", "SUMMARY");
    for (size_t i = 0; i < loader_count(loader); i++) {
        const char *file;
        const struct paku_plugin *plugin = loader_at(loader, i, &file);
        fprintf(stream, "%-10s %-12s %-8s %-48s %s\n", kind_name(plugin->kind), plugin->name,
            plugin->version, file, plugin->summary);
    }
}

static void print_refused(const struct loader *loader, FILE *stream)
{
    if (loader_refused_count(loader) > 0)
        fputs("\nRefused:\n", stream);
    for (size_t i = 0; i < loader_refused_count(loader); i++) {
        const struct refused_plugin *refused = loader_refused_at(loader, i);
        fprintf(stream, "  %s: %s\n", refused->file, refused->reason);
    }
}

static struct result run(struct cli *cli, const void *options, int argc, char **argv)
{
    (void)options, (void)argc, (void)argv;
    struct loader *loader = NULL;
    struct result result = setup_loader_alone(cli, &loader);
    if (result.status != 0)
        return result;
    print_loaded(loader, cli->out);
    print_refused(loader, cli->out);
    if (loader_count(loader) == 0)
        result = result_failed("no plugins were found; --plugin-dir names a folder to search");
    loader_destroy(loader);
    return result;
}

const struct command plugins_command = {
    .name = "plugins",
    .summary = "List the plugins that are found, and those that are refused with the reason",
    .arguments = "",
    .help = "Searched are --plugin-dir, plugins.directories of the configuration (when there is one), the\n"
            "build tree when run from there, and the install folder.",
    .run = run,
};
