/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON Schema of the YAML, by which editors complete and check it. */
#include "cli/setup.h"
#include "pipeline/instance.h"

#include <string.h>

static const enum paku_kind kinds[] = {PAKU_INPUT, PAKU_PROCESSOR, PAKU_OUTPUT};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void push_string(struct buffer *buffer, const char *text)
{
    buffer_push_json_string(buffer, text, strlen(text));
}

/* "input-mqtt": {...}, one for each plugin: its own rows and those of its kind. */
static void push_definitions(const struct loader *loader, struct buffer *buffer)
{
    for (size_t i = 0; i < loader_count(loader); i++) {
        const struct paku_plugin *plugin = loader_at(loader, i, NULL);
        buffer_push_format(buffer, "%s\n    \"%s-%s\": ", i > 0 ? "," : "",
            kind_name(plugin->kind), plugin->name);
        options_describe_schema(plugin->options, instance_option_rows(plugin->kind), buffer);
    }
}

/* An instance is a map with one plugin's name as its key, or that name alone. */
static void push_instances(const struct loader *loader, enum paku_kind kind, struct buffer *buffer)
{
    struct buffer names = {0};
    const char *comma = "";
    buffer_push_format(buffer, "\"%ss\":{\"type\":[\"array\",\"null\"],\"items\":{\"type\":"
        "[\"object\",\"string\"],\"minProperties\":1,\"maxProperties\":1,"
        "\"additionalProperties\":false,\"properties\":{", kind_name(kind));
    for (size_t i = 0; i < loader_count(loader); i++) {
        const struct paku_plugin *plugin = loader_at(loader, i, NULL);
        if (plugin->kind != kind)
            continue;
        buffer_push_text(buffer, comma);
        push_string(buffer, plugin->name);
        buffer_push_text(buffer, ":{\"description\":");
        push_string(buffer, plugin->summary);
        buffer_push_format(buffer, ",\"$ref\":\"#/$defs/%s-%s\"}", kind_name(kind), plugin->name);
        buffer_push_text(&names, comma);
        push_string(&names, plugin->name);
        comma = ",";
    }
    buffer_push_format(buffer, "},\"if\":{\"type\":\"string\"},\"then\":{\"enum\":[%s]}}}",
        buffer_text(&names));
    buffer_finish(&names);
}

static void push_pipeline(const struct loader *loader, struct buffer *buffer)
{
    buffer_push_text(buffer, "{\"type\":\"object\",\"additionalProperties\":false,"
        "\"required\":[\"inputs\",\"outputs\"],\"properties\":{");
    for (size_t i = 0; i < KINDS; i++) {
        push_instances(loader, kinds[i], buffer);
        buffer_push_text(buffer, ",\n      ");
    }
    options_describe_properties(pipeline_option_rows, buffer);
    buffer_push_text(buffer, "}}");
}

static void push_schema(const struct loader *loader, struct buffer *buffer)
{
    buffer_push_text(buffer, "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
        "  \"title\": \"Configuration of paku\",\n  \"type\": \"object\",\n"
        "  \"additionalProperties\": false,\n"
        "  \"patternProperties\": {\"^x-\": {\"description\": "
        "\"Not read by paku: a place for anchors.\"}},\n"
        "  \"properties\": {\n    \"include\": {\"description\": "
        "\"Further files, or folders of *.yaml files, that belong to this configuration.\", "
        "\"type\": [\"array\", \"string\"], \"items\": {\"type\": \"string\"}},\n"
        "    \"pipelines\": {\"description\": \"Names and pipelines.\", \"type\": \"object\", "
        "\"additionalProperties\": ");
    push_pipeline(loader, buffer);
    buffer_push_text(buffer, "},\n    ");
    options_describe_properties(config_option_rows, buffer);
    buffer_push_text(buffer, "\n  },\n  \"$defs\": {");
    push_definitions(loader, buffer);
    buffer_push_text(buffer, "\n  }\n}\n");
}

static struct result run(struct cli *cli, const void *options, int argc, char **argv)
{
    (void)options, (void)argc, (void)argv;
    struct loader *loader = NULL;
    struct result result = setup_loader_alone(cli, &loader);
    if (result.status != 0)
        return result;
    struct buffer text = {0};
    push_schema(loader, &text);
    fwrite(text.data, 1, text.size, cli->out);
    buffer_finish(&text);
    loader_destroy(loader);
    return result;
}

const struct command schema_command = {
    .name = "schema",
    .summary = "Print a JSON Schema for the YAML, with the options of all plugins that are found",
    .arguments = "",
    .help = "Editors complete and check the YAML by it:\n\n"
            "  paku schema > paku.schema.json\n\n"
            "and, as the first line of each YAML file:\n\n"
            "  # yaml-language-server: $schema=paku.schema.json",
    .run = run,
};
