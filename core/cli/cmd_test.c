/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/setup.h"
#include "cli/test_run.h"

#include <string.h>

struct totals {
    size_t passed;
    size_t failed;
};

static const struct pipeline_config *find_pipeline(const struct config *config,
    const struct test_file *file, struct config_errors *errors)
{
    const char *names[64];
    size_t count = 0;
    for (size_t i = 0; i < config->pipeline_count; i++) {
        if (strcmp(config->pipelines[i].name, file->pipeline) == 0)
            return &config->pipelines[i];
        if (count < 64)
            names[count++] = config->pipelines[i].name;
    }
    const char *meant = nearest_name(file->pipeline, names, count);
    struct place place = file->count > 0 ? file->cases[0].place : file->place;
    place.line = 0;
    if (meant != NULL)
        config_errors_add(errors, place, "%s has no pipeline '%s', did you mean '%s'?",
            file->config, file->pipeline, meant);
    else
        config_errors_add(errors, place, "%s has no pipeline '%s'", file->config, file->pipeline);
    return NULL;
}

static void run_case(struct cli *cli, const struct test_case *test,
    const struct pipeline_config *pipeline, const struct loader *loader, struct logger *logger,
    struct config_errors *errors, struct totals *totals)
{
    struct buffer report = {0};
    if (test_run(test, pipeline, loader, logger, errors, &report)) {
        totals->passed++;
    } else {
        totals->failed++;
        fprintf(cli->out, "FAILED %s:%zu: %s\n%s", test->place.file, test->place.line, test->name,
            buffer_text(&report));
    }
    buffer_finish(&report);
}

/* The errors of an instance are the same in each test: it ends with the first that has some. */
static void run_cases(struct cli *cli, const struct test_file *file, struct config_errors *errors,
    struct totals *totals)
{
    struct config *config = NULL;
    setup_config(cli, file->config, errors, &config);
    struct logger *logger = setup_logger(cli, config);
    struct loader *loader = setup_loader(cli, config, logger);
    const struct pipeline_config *pipeline = config != NULL && errors->count == 0
        ? find_pipeline(config, file, errors) : NULL;
    for (size_t i = 0; pipeline != NULL && i < file->count && errors->count == 0; i++)
        run_case(cli, &file->cases[i], pipeline, loader, logger, errors, totals);
    if (errors->count > 0)
        config_errors_print(errors, cli->err);
    loader_destroy(loader);
    logger_destroy(logger);
    config_destroy(config);
}

/* False when the file could not be used. */
static bool run_file(struct cli *cli, const char *path, struct totals *totals)
{
    struct config_errors errors = {0};
    struct test_file file;
    if (test_file_load(path, &errors, &file) == 0) {
        run_cases(cli, &file, &errors, totals);
        test_file_finish(&file);
    } else {
        config_errors_print(&errors, cli->err);
    }
    bool usable = errors.count == 0;
    config_errors_finish(&errors);
    return usable;
}

static struct result run(struct cli *cli, const void *data, int argc, char **argv)
{
    struct totals totals = {0};
    int unusable = 0;
    (void)data;
    for (int i = 0; i < argc; i++)
        unusable += !run_file(cli, argv[i], &totals);
    fprintf(cli->out, "%zu passed, %zu failed\n", totals.passed, totals.failed);
    if (unusable > 0)
        return result_failed("%d file%s could not be used", unusable, unusable == 1 ? "" : "s");
    return totals.failed > 0 ? result_failed(NULL) : result_ok();
}

const struct command test_command = {
    .name = "test",
    .summary = "Run unit tests of pipelines, without a server",
    .arguments = "FILE...",
    .least = 1,
    .most = -1,
    .help =
        "A file names a configuration and a pipeline, and lists tests: messages that go in, records\n"
        "that are to come out of the processors, and rejections.\n"
        "\n"
        "  config: ../paku.yaml\n"
        "  pipeline: telemetry\n"
        "  tests:\n"
        "    - name: a record without metrics is rejected\n"
        "      input:\n"
        "        - topic: paku/sensors/ruuvi_cabin/data\n"
        "          payload: {device_id: ruuvi_cabin}\n"
        "      reject:\n"
        "        - {by: schema, reason: metrics}\n"
        "\n"
        "A message has `payload` (text as it comes, or a map that is sent as JSON), `topic`, `tags`\n"
        "and `input` (default: the first). `expect` lists records in order with `tags`, `time`,\n"
        "`outputs`, and `payload`, `payload_contains` or `text`; what is not given is not looked at.\n"
        "`reject` lists rejections with `by` and `reason` (a part of it, or a glob for all of it);\n"
        "`filtered` and `absorbed` are counts. All that comes out must be named.",
    .run = run,
};
