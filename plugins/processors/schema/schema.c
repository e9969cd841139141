/* SPDX-License-Identifier: Apache-2.0 */
/* Lets records pass whose payload fits a JSON Schema, and rejects the others with the place and the
 * reason. */
#include "evaluate.h"
#include "reload.h"
#include "select.h"

#include <errno.h>
#include <stddef.h>

struct processor {
    struct paku_instance *host;
    struct select_options select; /* options, as are the next two */
    int unmatched;
    bool reload;
    struct selection *selection;
    struct evaluation *evaluation;
    struct file_watch *watch; /* NULL: nothing is watched */
};

enum unmatched { UNMATCHED_PASS, UNMATCHED_REJECT };

static const char *const format_choices[] = {"annotation", "assertion", NULL};
static const char *const unmatched_choices[] = {"pass", "reject", NULL};

static const struct paku_option choice_options[] = {
    {
        .key = "match",
        .type = PAKU_OPTION_MAP,
        .offset = offsetof(struct schema_choice, match),
        .help = "Tags and globs that a record must fit; none fits all.",
    },
    {
        .key = "schema",
        .type = PAKU_OPTION_STRING,
        .flags = PAKU_OPTION_REQUIRED | PAKU_OPTION_SHORT,
        .offset = offsetof(struct schema_choice, schema),
        .help = "File of the schema, in `directory` when it is not absolute.",
    },
    {.type = PAKU_OPTION_END},
};

static const struct paku_option options[] = {
    {
        .key = "schema",
        .type = PAKU_OPTION_STRING,
        .offset = offsetof(struct processor, select.schema),
        .help = "File of the one schema for all records, in `directory` when it is not absolute.",
    },
    {
        .key = "schemas",
        .type = PAKU_OPTION_LIST,
        .offset = offsetof(struct processor, select.schemas),
        .help = "Several schemas; the first whose `match` fits a record is for it.",
        .options = choice_options,
        .item_size = sizeof(struct schema_choice),
    },
    {
        .key = "field",
        .type = PAKU_OPTION_STRING,
        .offset = offsetof(struct processor, select.field),
        .help = "Name of the schema's file in `directory`, with parts of the record in braces: "
                "\"{kind}.json\" (a member of the payload), \"{tag.kind}.json\" (a tag).",
    },
    {
        .key = "directory",
        .type = PAKU_OPTION_PATH,
        .offset = offsetof(struct processor, select.directory),
        .fallback = ".",
        .help = "Folder of the schemas; without it that of the YAML file.",
    },
    {
        .key = "map",
        .type = PAKU_OPTION_MAP,
        .offset = offsetof(struct processor, select.map),
        .help = "Beginnings of URIs and the folders where such documents are (in `directory` when "
                "they are not absolute); nothing is ever fetched from the network.",
    },
    {
        .key = "format",
        .type = PAKU_OPTION_ENUM,
        .offset = offsetof(struct processor, select.format),
        .fallback = "annotation",
        .choices = format_choices,
        .help = "Whether `format` is only a note (the specification's default) or is checked.",
    },
    {
        .key = "unmatched",
        .type = PAKU_OPTION_ENUM,
        .offset = offsetof(struct processor, unmatched),
        .fallback = "pass",
        .choices = unmatched_choices,
        .help = "What becomes of records for which there is no schema.",
    },
    {
        .key = "reload",
        .type = PAKU_OPTION_BOOL,
        .offset = offsetof(struct processor, reload),
        .fallback = "true",
        .help = "Read changed files again while running; wrong ones are logged, and the schemas in "
                "force stay.",
    },
    {.type = PAKU_OPTION_END},
};

static int init(void *self, struct paku_instance *host)
{
    struct processor *processor = self;
    processor->host = host;
    processor->evaluation = evaluation_create();
    int error = selection_create(&processor->select, &processor->selection);
    if (error < 0)
        return paku_fail(host, error, "%s", selection_error(processor->selection));
    return 0;
}

/* -- Reloading -- */

static void watch_files(struct processor *processor, const struct selection *selection)
{
    const char *file;
    struct file_stamp stamp;
    for (size_t i = 0; (file = selection_file(selection, i, &stamp)) != NULL; i++)
        file_watch_add(processor->watch, file, stamp);
}

/* The new set is whole before it takes the old one's place. */
static void handle_changed(void *data, const char *file)
{
    struct processor *processor = data;
    struct selection *selection;
    int error = selection_create(&processor->select, &selection);
    watch_files(processor, selection);
    if (error < 0) {
        paku_log(processor->host, PAKU_ERROR, "%s has changed and cannot be used: %s; the schemas "
            "in force stay", file, selection_error(selection));
        paku_count(processor->host, "reloads_failed", 1);
        selection_destroy(selection);
        return;
    }
    selection_destroy(processor->selection);
    processor->selection = selection;
    paku_count(processor->host, "reloads", 1);
    paku_log(processor->host, PAKU_INFO, "%s has changed: %zu schema%s read again", file,
        selection_count(selection), selection_count(selection) == 1 ? "" : "s");
}

static int start(void *self)
{
    struct processor *processor = self;
    if (!processor->reload)
        return 0;
    processor->watch = file_watch_create(paku_loop(processor->host), handle_changed, processor);
    watch_files(processor, processor->selection);
    return file_watch_start(processor->watch);
}

/* -- Records -- */

static enum paku_verdict reject_unmatched(struct processor *processor)
{
    if (processor->unmatched == UNMATCHED_PASS)
        return PAKU_PASS;
    return paku_reject(processor->host, "expected a record of a kind that has a schema, got one "
        "that fits none of %zu", selection_count(processor->selection));
}

static enum paku_verdict process(void *self, struct paku_record *record)
{
    struct processor *processor = self;
    struct paku_value value = paku_record_json(record);
    struct problem problem;
    const char *name;
    const struct schema *schema = selection_find(processor->selection, record, &name);
    if (schema == NULL)
        return reject_unmatched(processor);
    if (paku_value_type(value) == PAKU_JSON_NONE)
        return paku_reject(processor->host, "expected a JSON payload, got %zu bytes of %s",
            paku_record_payload(record).size,
            paku_record_payload_type(record) == PAKU_PAYLOAD_TEXT ? "text" : "no known format");
    if (evaluation_run(processor->evaluation, schema, value, &problem))
        return PAKU_PASS;
    return paku_reject(processor->host, "%s %s %s%s%s%s", problem.instance, problem.schema,
        problem.message, name != NULL ? " (" : "", name != NULL ? name : "",
        name != NULL ? ")" : "");
}

/* -- The end -- */

static void handle_stopped(void *data)
{
    struct processor *processor = data;
    paku_stopped(processor->host);
}

static void stop(void *self)
{
    struct processor *processor = self;
    if (processor->watch == NULL)
        paku_stopped(processor->host);
    else
        file_watch_destroy(processor->watch, handle_stopped);
    processor->watch = NULL;
}

static void destroy(void *self)
{
    struct processor *processor = self;
    selection_destroy(processor->selection);
    evaluation_destroy(processor->evaluation);
}

PAKU_EXPORT const struct paku_plugin paku_plugin = {
    .abi = PAKU_ABI,
    .size = sizeof(struct paku_plugin),
    .kind = PAKU_PROCESSOR,
    .name = "schema",
    .version = PAKU_VERSION,
    .summary = "Checks payloads against JSON Schema, draft 2020-12.",
    .options = options,
    .instance_size = sizeof(struct processor),
    .init = init,
    .start = start,
    .stop = stop,
    .destroy = destroy,
    .processor = {.process = process},
};
