/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs of the command line. Each has a file cmd_<verb>.c, which ends with its description, a
 * `const struct command <verb>_command`; the table in commands.c lists them, sorted by name.
 *
 * To add a verb: write cmd_<verb>.c, declare its description below, add it to the table in commands.c
 * and the file to meson.build.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include <paku/plugin.h>
#include <stdio.h>

/* What is given before or behind the verb, for all verbs. */
struct global_options {
    const char *config;      /* default /etc/paku/paku.yaml */
    const char *plugin_dir;  /* NULL: not given */
    int log_format;          /* enum log_format, or LOG_FORMAT_CONFIGURED */
    int log_level;           /* enum paku_level, or LOG_LEVEL_CONFIGURED */
    bool help;
    bool version;
};
enum { LOG_FORMAT_CONFIGURED = 4, LOG_LEVEL_CONFIGURED = 4 };

/* One call of the program. Commands print what was asked for to `out`, and what people are told beside
 * it to `err`. */
struct cli {
    struct global_options global;
    FILE *out;
    FILE *err;
};

/* How a command ended. */
struct result {
    int status;    /* of the process: 0, 1 for a failure, 2 for wrong usage */
    char *message; /* one sentence for a human, printed to `err` behind "paku VERB: "; from malloc;
                      NULL: nothing is left to say */
};

struct result result_ok(void);
/* Status 1. Without a format (NULL) everything was said already. */
struct result result_failed(const char *format, ...) PAKU_PRINTF(1, 2);
/* Status 2; a line that points to `paku VERB --help` follows the message. */
struct result result_usage(const char *format, ...) PAKU_PRINTF(1, 2);

struct command {
    const char *name;
    const char *summary;   /* one line for the list of verbs, no full stop */
    const char *arguments; /* what stands behind the options: "[FILE]..." or "" */
    int least, most;       /* number of arguments; most -1: as many as one likes */
    const char *help;      /* paragraphs behind the usage, lines of at most 90 columns */
    /* The verb's own options as rows, key "schema" for --schema (BOOL takes no value, STRINGS may be
     * repeated, other scalars as in YAML; paths stay as they are given); NULL: none. */
    const struct paku_option *options;
    size_t options_size;
    /* `options` is filled in from the rows; argv holds the arguments that are no options. */
    struct result (*run)(struct cli *cli, const void *options, int argc, char **argv);
};

extern const struct command check_command;
extern const struct command describe_command;
extern const struct command plugins_command;
extern const struct command run_command;
extern const struct command schema_command;
extern const struct command status_command;
extern const struct command test_command;
extern const struct command validate_command;

/* Sorted by name; ended by NULL. */
extern const struct command *const commands[];
const struct command *command_find(const char *name); /* NULL: there is none */

#endif
