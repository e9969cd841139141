/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/setup.h"

#include "cli/arguments.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int setup_config(const struct cli *cli, const char *path, struct config_errors *errors,
    struct config **ret_config)
{
    *ret_config = NULL;
    return config_load(path != NULL ? path : cli->global.config, errors, ret_config);
}

struct logger *setup_logger(const struct cli *cli, const struct config *config)
{
    int format = cli->global.log_format, level = cli->global.log_level;
    if (format == LOG_FORMAT_CONFIGURED)
        format = config != NULL ? config->log.format : LOG_AUTO;
    if (level == LOG_LEVEL_CONFIGURED)
        level = config != NULL ? config->log.level : PAKU_INFO;
    return logger_create(STDERR_FILENO, (enum log_format)format, (enum paku_level)level);
}

struct loader *setup_loader(const struct cli *cli, const struct config *config,
    struct logger *logger)
{
    struct loader *loader = loader_create();
    loader_search(loader, cli->global.plugin_dir,
        config != NULL ? &config->plugin_directories : NULL, logger);
    for (size_t i = 0; i < loader_refused_count(loader); i++) {
        const struct refused_plugin *refused = loader_refused_at(loader, i);
        logger_write(logger, PAKU_WARNING, "", "plugin %s refused: %s; going on without it",
            refused->file, refused->reason);
    }
    return loader;
}

static bool is_default_config(const char *path)
{
    return strcmp(path, global_option_rows[0].fallback) == 0;
}

struct result setup_loader_alone(const struct cli *cli, struct loader **ret_loader)
{
    const char *file = cli->global.config, *folder = cli->global.plugin_dir;
    struct config *config = NULL;
    struct config_errors errors = {0};
    if (folder != NULL && access(folder, R_OK | X_OK) < 0)
        return result_failed("cannot search '%s': %s", folder, strerror(errno));
    if (access(file, R_OK) == 0)
        setup_config(cli, NULL, &errors, &config);
    else if (!is_default_config(file))
        return result_failed("cannot read '%s': %s", file, strerror(errno));
    struct logger *logger = setup_logger(cli, config);
    struct loader *loader = loader_create();
    loader_search(loader, folder, config != NULL ? &config->plugin_directories : NULL, logger);
    logger_destroy(logger);
    config_errors_finish(&errors);
    config_destroy(config);
    *ret_loader = loader;
    return result_ok();
}

struct result setup_fail(const struct cli *cli, struct config_errors *errors)
{
    size_t count = errors->count;
    config_errors_print(errors, cli->err);
    fprintf(cli->err, "%zu error%s\n", count, count == 1 ? "" : "s");
    config_errors_finish(errors);
    return result_failed(NULL);
}
