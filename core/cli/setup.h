/* SPDX-License-Identifier: Apache-2.0 */
/* What most commands need first: the configuration, a logger, the plugins. */
#ifndef CLI_SETUP_H
#define CLI_SETUP_H

#include "base/log.h"
#include "cli/commands.h"
#include "config/config.h"
#include "plugin/loader.h"

/* Loads `path` (NULL: --config) and adds what is wrong to `errors`; *ret_config is set whenever there
 * is something to go on with, and NULL otherwise. */
int setup_config(const struct cli *cli, const char *path, struct config_errors *errors,
    struct config **ret_config);

/* Writes to stderr, as --log-format and --log-level say, else as `config` says (NULL: the
 * defaults). */
struct logger *setup_logger(const struct cli *cli, const struct config *config);

/* Searches --plugin-dir, plugins.directories, the build tree, the install folder. Plugins that were
 * refused are logged as warnings, once. `config` may be NULL. */
struct loader *setup_loader(const struct cli *cli, const struct config *config,
    struct logger *logger);

/* For commands that need plugins and no configuration: its plugins.directories are searched when it
 * can be read, and what else is in it does not matter. Refused plugins are not logged. Fails when
 * --config or --plugin-dir names something that is not there. */
struct result setup_loader_alone(const struct cli *cli, struct loader **ret_loader);

/* Prints errors to `err` with a last line that counts them, and frees them. Returns a failed result
 * without a message. */
struct result setup_fail(const struct cli *cli, struct config_errors *errors);

#endif
