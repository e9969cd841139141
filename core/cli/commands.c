/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

#include "base/memory.h"

#include <string.h>

/* Sorted by name: this is the order of `paku --help`. */
const struct command *const commands[] = {
    &check_command,
    &describe_command,
    &plugins_command,
    &run_command,
    &schema_command,
    &status_command,
    &test_command,
    &validate_command,
    NULL,
};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

struct result result_ok(void)
{
    return (struct result){0, NULL};
}

static struct result result_create(int status, const char *format, va_list args)
{
    return (struct result){status, format != NULL ? xvasprintf(format, args) : NULL};
}

struct result result_failed(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct result result = result_create(1, format, args);
    va_end(args);
    return result;
}

struct result result_usage(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct result result = result_create(2, format, args);
    va_end(args);
    return result;
}
