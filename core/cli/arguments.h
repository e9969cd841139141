/* SPDX-License-Identifier: Apache-2.0 */
/* The command line by option rows: --key VALUE, --key=VALUE, --switch. */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include "cli/commands.h"
#include "config/options.h"

extern const struct paku_option global_option_rows[];

/* Index in argv of the first argument that is neither a global option nor a value of one: the verb.
 * argc when there is none. */
int arguments_find_verb(int argc, char **argv);

/* Takes the options out of argv (which has neither the program nor the verb any more) into `global`
 * and, by the rows of `command`, into the structure at `options`; what is left in argv are the
 * arguments, *argc of them. `command` may be NULL: global options only. Status 2 for what is
 * wrong. Texts belong to argv and `memory`. */
struct result arguments_load(const struct command *command, struct global_options *global,
    void *options, int *argc, char **argv, struct option_memory *memory);

/* "  --schema PATH   what it is" for each row. */
void arguments_describe(const struct paku_option *rows, FILE *stream);

#endif
