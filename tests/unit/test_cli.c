/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/arguments.h"
#include "cli/main.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -- Arguments -- */

struct trial {
    const char *text;
    bool flag;
    int64_t count;
    int64_t wait_ms;
    struct paku_strings many;
};

static const struct paku_option trial_rows[] = {
    {"text", PAKU_OPTION_STRING, PAKU_OPTION_REQUIRED, offsetof(struct trial, text), NULL, "A text.",
        NULL, NULL, 0, 0, 0},
    {"flag", PAKU_OPTION_BOOL, 0, offsetof(struct trial, flag), NULL, "A flag.", NULL, NULL, 0, 0,
        0},
    {"count", PAKU_OPTION_INT, 0, offsetof(struct trial, count), "3", "A count.", NULL, NULL, 0, 1,
        9},
    {"wait", PAKU_OPTION_DURATION, 0, offsetof(struct trial, wait_ms), "1s", "A wait.", NULL, NULL,
        0, 0, 0},
    {"many", PAKU_OPTION_STRINGS, 0, offsetof(struct trial, many), NULL, "Texts.", NULL, NULL, 0, 0,
        0},
    {.type = PAKU_OPTION_END},
};

static const struct command trial_command = {.name = "trial", .options = trial_rows};

static struct option_memory *memory;
static struct trial trial;
static struct global_options global;
static char *argv[32];
static int argc;

static void setup(void)
{
    memory = option_memory_create();
    trial = (struct trial){0};
    global = (struct global_options){0};
    argc = 0;
}

static void teardown(void)
{
    option_memory_destroy(memory);
}

/* `line` is split at spaces. */
static struct result load(const char *line)
{
    char *copy = option_memory_keep(memory, strdup(line));
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    return arguments_load(&trial_command, &global, &trial, &argc, argv, memory);
}

START_TEST(options_and_arguments_are_told_apart)
{
    struct result result = load("one --text a --flag two --count=5 -c x.yaml --wait 2m -- --three -");
    ck_assert_int_eq(result.status, 0);
    ck_assert_str_eq(trial.text, "a");
    ck_assert(trial.flag);
    ck_assert_int_eq(trial.count, 5);
    ck_assert_int_eq(trial.wait_ms, 120000);
    ck_assert_str_eq(global.config, "x.yaml");
    ck_assert_int_eq(argc, 4);
    ck_assert_str_eq(argv[0], "one");
    ck_assert_str_eq(argv[1], "two");
    ck_assert_str_eq(argv[2], "--three");
    ck_assert_str_eq(argv[3], "-");
}
END_TEST

START_TEST(defaults_hold_and_lists_gather)
{
    ck_assert_int_eq(load("--text= --many a --many=b=c").status, 0);
    ck_assert_str_eq(trial.text, "");
    ck_assert_int_eq(trial.count, 3);
    ck_assert_uint_eq(trial.many.count, 2);
    ck_assert_str_eq(trial.many.items[1], "b=c");
    ck_assert_str_eq(global.config, "/etc/paku/paku.yaml");
    ck_assert_int_eq(global.log_level, LOG_LEVEL_CONFIGURED);
    ck_assert_int_eq(global.log_format, LOG_FORMAT_CONFIGURED);
}
END_TEST

static const struct {
    const char *line;
    const char *message;
} wrong[] = {
    {"--text a --cuont 5", "unknown option '--cuont', did you mean '--count'?"},
    {"--text a --zebra", "unknown option '--zebra'"},
    {"--text a --text b", "option '--text' is given twice"},
    {"--text", "option '--text' needs a value"},
    {"--text a --count 10", "option 'count' expects an integer from 1 to 9, got '10'"},
    {"--text a --wait 5", "option 'wait' expects a duration such as '500ms', '5s' or '1h30m', got '5'"},
    {"--flag", "option 'text' is missing: A text."},
    {"--text a --log-level loud",
        "option 'log-level' expects one of error, warning, info, debug, configured, got 'loud'"},
};

START_TEST(mistakes_are_named)
{
    struct result result = load(wrong[_i].line);
    ck_assert_int_eq(result.status, 2);
    ck_assert_str_eq(result.message, wrong[_i].message);
    free(result.message);
}
END_TEST

START_TEST(verbs_are_found_behind_global_options)
{
    char *line[] = {"--config", "check", "--log-level=debug", "--version", "plugins", "--help"};
    ck_assert_int_eq(arguments_find_verb(6, line), 4);
    ck_assert_int_eq(arguments_find_verb(4, line), 4);
    ck_assert_int_eq(arguments_find_verb(1, line), 1);
}
END_TEST

/* -- The table -- */

START_TEST(verbs_are_sorted_and_complete)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (i > 0)
            ck_assert_str_lt(commands[i - 1]->name, commands[i]->name);
        ck_assert(commands[i]->run != NULL);
        ck_assert_ptr_nonnull(commands[i]->arguments);
        ck_assert(commands[i]->most >= commands[i]->least || commands[i]->most == -1);
        ck_assert_uint_le(strlen(commands[i]->summary), 90);
        ck_assert_ptr_eq(command_find(commands[i]->name), commands[i]);
        for (const struct paku_option *row = commands[i]->options;
             row != NULL && row->type != PAKU_OPTION_END; row++)
            ck_assert_ptr_nonnull(row->help);
    }
}
END_TEST

/* -- The whole program -- */

static char said[65536];

/* Runs the program; what it says on both streams is in `said`. */
static int run(const char *line)
{
    char *copy = option_memory_keep(memory, strdup(line));
    FILE *file = tmpfile();
    int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
    fflush(NULL);
    dup2(fileno(file), STDOUT_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    int status = paku_main(argc, argv);
    fflush(NULL);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    rewind(file);
    said[fread(said, 1, sizeof(said) - 1, file)] = '\0';
    fclose(file);
    return status;
}

static const struct {
    const char *line;
    int status;
    const char *part;
} calls[] = {
    {"paku", 2, "a verb is missing"},
    {"paku --help", 0, "check "},
    {"paku -h", 0, "Exit status"},
    {"paku --version", 0, "paku " PAKU_VERSION "\n"},
    {"paku -V", 0, "paku " PAKU_VERSION "\n"},
    {"paku chekc", 2, "unknown verb 'chekc', did you mean 'check'?"},
    {"paku check a b", 2, "too many arguments: expected [FILE|FOLDER]"},
    {"paku check --onlin", 2, "did you mean '--online'?\nTry 'paku check --help'."},
    {"paku --log-level debug check --help", 0, "Usage: paku check [OPTIONS] [FILE|FOLDER]"},
    {"paku check /nowhere.yaml", 1, "cannot read '/nowhere.yaml': No such file or directory"},
    {"paku -c /nowhere.yaml check", 1, "cannot read '/nowhere.yaml': No such file or directory"},
    {"paku plugins --plugin-dir /nowhere", 1, "cannot search '/nowhere'"},
    {"paku describe zzzzzzzz", 1, "there is no plugin 'zzzzzzzz'"},
    {"paku describe", 0, "journal.durability"},
    {"paku schema", 0, "https://json-schema.org/draft/2020-12/schema"},
};

START_TEST(calls_end_with_their_status_and_say_why)
{
    ck_assert_msg(run(calls[_i].line) == calls[_i].status, "%s", said);
    ck_assert_msg(strstr(said, calls[_i].part) != NULL, "said: %s", said);
}
END_TEST

START_TEST(every_verb_has_help)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        char line[64];
        argc = 0;
        snprintf(line, sizeof(line), "paku %s --help", commands[i]->name);
        ck_assert_int_eq(run(line), 0);
        ck_assert_ptr_nonnull(strstr(said, commands[i]->summary));
    }
}
END_TEST

START_TEST(output_that_cannot_be_written_is_a_failure)
{
    char *arguments[] = {"paku", "--help"};
    int out = dup(STDOUT_FILENO);
    ck_assert_ptr_nonnull(freopen("/dev/full", "w", stdout));
    int status = paku_main(2, arguments);
    dup2(out, STDOUT_FILENO);
    ck_assert_int_eq(status, 1);
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

int main(void)
{
    Suite *suite = suite_create("cli");
    TCase *cases = tcase_create("cli");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, options_and_arguments_are_told_apart);
    tcase_add_test(cases, defaults_hold_and_lists_gather);
    tcase_add_loop_test(cases, mistakes_are_named, 0, COUNT(wrong));
    tcase_add_test(cases, verbs_are_found_behind_global_options);
    tcase_add_test(cases, verbs_are_sorted_and_complete);
    tcase_add_loop_test(cases, calls_end_with_their_status_and_say_why, 0, COUNT(calls));
    tcase_add_test(cases, every_verb_has_help);
    tcase_add_test(cases, output_that_cannot_be_written_is_a_failure);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
