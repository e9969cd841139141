/* SPDX-License-Identifier: Apache-2.0 */
/* The process: one loop, its signals, all pipelines of the configuration. */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "config/config.h"
#include "plugin/loader.h"

struct daemon_options {
    const struct config *config;
    const struct loader *loader;
    struct logger *logger;
    bool json_counters; /* on SIGUSR1 and at the end: one line of JSON instead of a table */
};

/* Runs until SIGTERM or SIGINT, or until all inputs have ended and everything is delivered. Blocks.
 * Returns the exit status: 0, or 1 for a failure that was logged. -EINVAL: the configuration is wrong:
 * there were errors already, or some were added; nothing was done but making the instances.
 * SIGUSR1 prints the counters. A second SIGTERM or SIGINT ends the process at once, with status 1. */
int daemon_run(const struct daemon_options *options, struct config_errors *errors);

#endif
