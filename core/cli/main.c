/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/main.h"

#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void print_version(FILE *stream)
{
    fputs("paku " PAKU_VERSION "\n", stream);
}

static void print_verbs(FILE *stream)
{
    fputs("Usage: paku [OPTIONS] VERB [OPTIONS] [ARGUMENTS]\n\n"
          "Takes telemetry from where it arrives, checks it, and delivers it: nothing lost, nothing\n"
          "doubled, what is bad kept aside.\n\nVerbs:\n", stream);
    for (size_t i = 0; commands[i] != NULL; i++)
        fprintf(stream, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\nOptions for all verbs:\n", stream);
    arguments_describe(global_option_rows, stream);
    fputs("\n'paku VERB --help' tells more. Exit status: 0 it went well, 1 it failed, 2 the command\n"
          "line was wrong.\n", stream);
}

static void print_help(const struct command *command, FILE *stream)
{
    fprintf(stream, "Usage: paku %s%s%s%s\n\n%s.\n", command->name,
        command->options != NULL ? " [OPTIONS]" : "", command->arguments[0] != '\0' ? " " : "",
        command->arguments, command->summary);
    if (command->help != NULL)
        fprintf(stream, "\n%s\n", command->help);
    if (command->options != NULL) {
        fputs("\nOptions:\n", stream);
        arguments_describe(command->options, stream);
    }
    fputs("\nOptions for all verbs:\n", stream);
    arguments_describe(global_option_rows, stream);
}

static struct result refuse_verb(const char *verb)
{
    const char *names[64];
    size_t count = 0;
    for (; commands[count] != NULL && count < 64; count++)
        names[count] = commands[count]->name;
    const char *meant = nearest_name(verb, names, count);
    if (meant != NULL)
        return result_usage("unknown verb '%s', did you mean '%s'?", verb, meant);
    return result_usage("unknown verb '%s'; 'paku --help' lists them", verb);
}

static struct result check_count(const struct command *command, int argc)
{
    const char *expected = command->arguments[0] != '\0' ? command->arguments : "no arguments";
    if (argc < command->least)
        return result_usage("an argument is missing: expected %s", expected);
    if (command->most >= 0 && argc > command->most)
        return result_usage("too many arguments: expected %s", expected);
    return result_ok();
}

static struct result run_verb(struct cli *cli, const struct command *command, int argc,
    char **argv, struct option_memory *memory)
{
    void *options = option_memory_keep(memory, xcalloc(1, command->options_size + 1));
    struct result result = arguments_load(command, &cli->global, options, &argc, argv, memory);
    if (result.status == 0 && cli->global.help) {
        print_help(command, cli->out);
        return result;
    }
    if (result.status == 0 && cli->global.version) {
        print_version(cli->out);
        return result;
    }
    if (result.status == 0)
        result = check_count(command, argc);
    return result.status == 0 ? command->run(cli, options, argc, argv) : result;
}

static struct result run_without_verb(struct cli *cli, int argc, char **argv,
    struct option_memory *memory)
{
    struct result result = arguments_load(NULL, &cli->global, NULL, &argc, argv, memory);
    if (result.status != 0)
        return result;
    if (cli->global.version)
        print_version(cli->out);
    else if (cli->global.help)
        print_verbs(cli->out);
    else
        return result_usage("a verb is missing; 'paku --help' lists them");
    return result_ok();
}

/* Prints what is left to say and returns the status. */
static int finish(struct cli *cli, const char *verb, struct result result)
{
    const char *space = verb[0] != '\0' ? " " : "";
    if (fflush(cli->out) != 0 && result.status == 0)
        result = result_failed("cannot write the output: %s", strerror(errno));
    if (result.message != NULL)
        fprintf(cli->err, "paku%s%s: %s\n", space, verb, result.message);
    if (result.status == 2)
        fprintf(cli->err, "Try 'paku%s%s --help'.\n", space, verb);
    free(result.message);
    return result.status;
}

int paku_main(int argc, char **argv)
{
    struct cli cli = {.out = stdout, .err = stderr};
    struct option_memory *memory = option_memory_create();
    int count = argc > 0 ? argc - 1 : 0;
    char **arguments = option_memory_keep(memory, xcalloc((size_t)count + 1, sizeof(char *)));
    if (count > 0)
        memcpy(arguments, argv + 1, (size_t)count * sizeof(char *));
    int at = arguments_find_verb(count, arguments);
    const char *verb = at < count ? arguments[at] : "";
    const struct command *command = command_find(verb);
    struct result result;
    if (at == count) {
        result = run_without_verb(&cli, count, arguments, memory);
    } else if (command == NULL) {
        result = refuse_verb(verb);
        verb = "";
    } else {
        memmove(arguments + at, arguments + at + 1, (size_t)(count - at - 1) * sizeof(char *));
        result = run_verb(&cli, command, count - 1, arguments, memory);
    }
    int status = finish(&cli, verb, result);
    option_memory_destroy(memory);
    return status;
}
