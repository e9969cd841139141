/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/setup.h"
#include "daemon/daemon.h"

#include <errno.h>

static bool logs_json(const struct cli *cli, const struct config *config)
{
    int format = cli->global.log_format;
    return (format == LOG_FORMAT_CONFIGURED ? config->log.format : format) == LOG_JSON;
}

/* The daemon is started even when the configuration is wrong elsewhere: it then only makes the
 * instances, so that their errors are shown along with the others. */
static int run_daemon(const struct cli *cli, struct config *config, struct loader *loader,
    struct logger *logger, struct config_errors *errors)
{
    struct daemon_options options = {
        .config = config,
        .loader = loader,
        .logger = logger,
        .json_counters = logs_json(cli, config),
    };
    return daemon_run(&options, errors);
}

static struct result run(struct cli *cli, const void *data, int argc, char **argv)
{
    struct config_errors errors = {0};
    struct config *config = NULL;
    (void)data;
    setup_config(cli, argc > 0 ? argv[0] : NULL, &errors, &config);
    struct logger *logger = setup_logger(cli, config);
    struct loader *loader = setup_loader(cli, config, logger);
    int status = config != NULL ? run_daemon(cli, config, loader, logger, &errors) : -EINVAL;
    struct result result = status == 0 ? result_ok()
        : errors.count > 0 ? setup_fail(cli, &errors) : result_failed(NULL);
    config_errors_finish(&errors);
    loader_destroy(loader);
    logger_destroy(logger);
    config_destroy(config);
    return result;
}

const struct command run_command = {
    .name = "run",
    .summary = "Run the pipelines of a configuration",
    .arguments = "[FILE|FOLDER]",
    .most = 1,
    .help =
        "Runs in the foreground until SIGTERM or SIGINT; when all inputs come to an end (files, for\n"
        "instance) until everything is delivered. On SIGTERM inputs stop, what they have taken is\n"
        "committed, and outputs have shutdown_grace to deliver; the rest stays in the journal for the\n"
        "next start. A second signal ends the process at once, and loses nothing that was committed.\n"
        "SIGUSR1 prints the counters to stderr, as does the end.",
    .run = run,
};
