/* SPDX-License-Identifier: Apache-2.0 */
/* JSON documents against a JSON Schema, by the same plugin as in a pipeline. */
#include "base/memory.h"
#include "cli/setup.h"
#include "pipeline/chain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct validate_options {
    const char *schema;
    struct paku_strings map;
    bool format;
};

static const struct paku_option options[] = {
    {
        .key = "schema",
        .type = PAKU_OPTION_STRING,
        .flags = PAKU_OPTION_REQUIRED,
        .offset = offsetof(struct validate_options, schema),
        .help = "File of the schema (draft 2020-12).",
    },
    {
        .key = "map",
        .type = PAKU_OPTION_STRINGS,
        .offset = offsetof(struct validate_options, map),
        .help = "URI-PREFIX=DIR: where documents are whose URI begins so.",
    },
    {
        .key = "format",
        .type = PAKU_OPTION_BOOL,
        .offset = offsetof(struct validate_options, format),
        .fallback = "false",
        .help = "Check `format` too, which otherwise is only a note.",
    },
    {.type = PAKU_OPTION_END},
};

/* -- The plugin's options, as a YAML file would have them -- */

#define MAPS_MAX 64

struct options_tree {
    struct node root, schema, format, reload, map;
    struct node_member members[4];
    struct node folders[MAPS_MAX];
    struct node_member folder_members[MAPS_MAX];
    char *texts[2 * MAPS_MAX + 1]; /* to be freed */
    size_t text_count;
};

static const struct place command_line = {.file = "command line"};

static char *keep(struct options_tree *tree, char *text)
{
    return tree->texts[tree->text_count++] = text;
}

static void add_scalar(struct options_tree *tree, struct node *node, const char *key,
    const char *text)
{
    *node = (struct node){.kind = NODE_SCALAR, .place = command_line, .text = text, .quoted = true};
    tree->members[tree->root.count++] = (struct node_member){command_line, key, node};
}

/* The plugin has no folder of a YAML file to begin from, so what is relative is made absolute here. */
static struct result add_folder(struct options_tree *tree, const char *map)
{
    const char *equals = strrchr(map, '=');
    if (equals == NULL || equals == map || equals[1] == '\0')
        return result_usage("--map expects URI-PREFIX=DIR, got '%s'", map);
    if (tree->map.count == MAPS_MAX)
        return result_usage("at most %d times --map", MAPS_MAX);
    char *folder = realpath(equals + 1, NULL);
    if (folder == NULL)
        return result_failed("cannot use '%s': %s", equals + 1, strerror(errno));
    struct node *node = &tree->folders[tree->map.count];
    *node = (struct node){
        .kind = NODE_SCALAR, .place = command_line, .text = keep(tree, folder), .quoted = true};
    tree->folder_members[tree->map.count++] = (struct node_member){
        command_line, keep(tree, xstrndup(map, (size_t)(equals - map))), node};
    return result_ok();
}

static struct result make_tree(const struct validate_options *given, struct options_tree *tree)
{
    char *schema = realpath(given->schema, NULL);
    if (schema == NULL)
        return result_failed("cannot read '%s': %s", given->schema, strerror(errno));
    tree->root = (struct node){
        .kind = NODE_MAP, .place = command_line, .members = tree->members};
    add_scalar(tree, &tree->schema, "schema", keep(tree, schema));
    add_scalar(tree, &tree->format, "format", given->format ? "assertion" : "annotation");
    add_scalar(tree, &tree->reload, "reload", "false");
    tree->map = (struct node){
        .kind = NODE_MAP, .place = command_line, .members = tree->folder_members};
    tree->members[tree->root.count++] = (struct node_member){command_line, "map", &tree->map};
    struct result result = result_ok();
    for (size_t i = 0; i < given->map.count && result.status == 0; i++)
        result = add_folder(tree, given->map.items[i]);
    return result;
}

static void tree_finish(struct options_tree *tree)
{
    for (size_t i = 0; i < tree->text_count; i++)
        free(tree->texts[i]);
}

/* -- Documents -- */

/* True when the line holds a valid document. */
static bool validate_line(struct cli *cli, struct chain *chain, const char *line, size_t size)
{
    struct paku_json_error error;
    struct paku_record *record = paku_record_create(size);
    bool valid = false;
    if (paku_record_set_payload(record, PAKU_PAYLOAD_JSON, line, size, &error) < 0) {
        fprintf(cli->out, "invalid - - not JSON at byte %zu: %s\n", error.offset, error.message);
    } else {
        struct chain_outcome outcome = chain_run(chain, record);
        valid = outcome.result == CHAIN_PASSED;
        if (valid)
            fputs("valid\n", cli->out);
        else
            fprintf(cli->out, "invalid %s\n", outcome.reason);
    }
    paku_record_unref(record);
    return valid;
}

static struct result validate_stream(struct cli *cli, struct chain *chain, FILE *stream)
{
    char *line = NULL;
    size_t capacity = 0, invalid = 0;
    ssize_t size;
    while ((size = getline(&line, &capacity, stream)) > 0) {
        if (line[size - 1] == '\n')
            size--;
        invalid += !validate_line(cli, chain, line, (size_t)size);
    }
    int error = ferror(stream) ? errno : 0;
    free(line);
    if (error != 0)
        return result_failed("cannot read on: %s", strerror(error));
    return invalid > 0 ? result_failed(NULL) : result_ok();
}

static struct result validate_file(struct cli *cli, struct chain *chain, const char *file)
{
    if (file == NULL || strcmp(file, "-") == 0)
        return validate_stream(cli, chain, stdin);
    FILE *stream = fopen(file, "re");
    if (stream == NULL)
        return result_failed("cannot read '%s': %s", file, strerror(errno));
    struct result result = validate_stream(cli, chain, stream);
    fclose(stream);
    return result;
}

/* -- The command -- */

static struct result run_with(struct cli *cli, const struct node *tree, const char *file)
{
    struct loader *loader;
    struct result result = setup_loader_alone(cli, &loader);
    if (result.status != 0)
        return result;
    struct logger *logger = setup_logger(cli, NULL);
    struct config_errors errors = {0};
    struct paku_instance *instance = NULL;
    struct instance_config config = {
        .kind = PAKU_PROCESSOR, .plugin = "schema", .place = command_line, .name = "schema",
        .options = tree,
        .common = {.name = "schema", .log_level = LOG_LEVEL_CONFIGURED},
    };
    if (instance_create(&config, "validate", loader, NULL, logger, &errors, &instance) < 0) {
        result = result_failed("%s", errors.items[0].message);
    } else {
        struct chain *chain = chain_create(&instance, 1, NULL, NULL);
        result = validate_file(cli, chain, file);
        chain_destroy(chain);
    }
    instance_destroy(instance);
    config_errors_finish(&errors);
    logger_destroy(logger);
    loader_destroy(loader);
    return result;
}

static struct result run(struct cli *cli, const void *data, int argc, char **argv)
{
    struct options_tree tree = {0};
    struct result result = make_tree(data, &tree);
    if (result.status == 0)
        result = run_with(cli, &tree.root, argc > 0 ? argv[0] : NULL);
    tree_finish(&tree);
    return result;
}

const struct command validate_command = {
    .name = "validate",
    .summary = "Check JSON documents, one a line, against a JSON Schema",
    .arguments = "[FILE]",
    .most = 1,
    .help =
        "Reads FILE, or standard input, and prints for each line `valid` or\n"
        "\n"
        "  invalid <instance pointer> <schema pointer> <message>\n"
        "\n"
        "The pointers are JSON pointers as in URI fragments (spaces and % as %XX, # for the root); the\n"
        "schema's goes through $ref as the evaluation did. A line that is not JSON has - for both.\n"
        "Documents that the schema refers to are found beside it and by --map, never by network.\n"
        "Exit status 0 when all are valid, 1 when not, 2 for wrong usage.",
    .options = options,
    .options_size = sizeof(struct validate_options),
    .run = run,
};
