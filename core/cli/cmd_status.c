/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "base/units.h"
#include "cli/setup.h"
#include "pipeline/books.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct letters_count {
    const char *pipeline;
    uint64_t count;
};

static bool count_letter(void *data, const struct dead_letter_entry *entry)
{
    struct letters_count *count = data;
    count->count += strcmp(entry->letter.pipeline, count->pipeline) == 0;
    return true;
}

static uint64_t count_letters(const struct config *config, const char *pipeline)
{
    struct letters_count count = {.pipeline = pipeline};
    char *directory = xasprintf("%s/dead-letters", config->data_directory);
    size_t unreadable = 0;
    dead_letters_scan(directory, count_letter, &count, &unreadable);
    free(directory);
    return count.count;
}

static void print_ledger(FILE *out, const struct ledger *ledger)
{
    fprintf(out,
        "  in:  received %" PRIu64 " + created %" PRIu64 " = appended %" PRIu64
        " + rejected %" PRIu64 " + filtered %" PRIu64 " + absorbed %" PRIu64
        " + recognised %" PRIu64 "\n",
        ledger->received, ledger->created, ledger->appended, ledger->rejected, ledger->filtered,
        ledger->absorbed, ledger->recognised);
}

static void print_output(FILE *out, const struct output_books *output)
{
    const struct lane_ledger *ledger = &output->ledger;
    fprintf(out,
        "  out: %s: routed %" PRIu64 " = delivered %" PRIu64 " + dead %" PRIu64
        " + dropped %" PRIu64 " + lost %" PRIu64 " + pending %" PRIu64 "%s\n",
        output->name, ledger->routed, ledger->delivered, ledger->dead, ledger->dropped,
        ledger->lost, output->pending, output->balances ? "" : "  DOES NOT BALANCE");
}

/* True when the books balance. */
static bool print_books(FILE *out, const struct config *config, const char *name,
    const struct books *books)
{
    char bytes[32];
    bool balances = books_balance(books);
    fprintf(out, "pipeline %s: ", name);
    if (books->holder > 0)
        fprintf(out, "running, process %" PRId64, books->holder);
    else
        fputs("not running", out);
    fprintf(out, "\n  journal: %" PRIu64 " records, %s in %zu segment%s; dead letters: %" PRIu64 "\n",
        books->sequence, size_print(books->bytes, bytes, sizeof(bytes)), books->segments,
        books->segments == 1 ? "" : "s", count_letters(config, name));
    print_ledger(out, &books->ledger);
    for (size_t i = 0; i < books->output_count; i++)
        print_output(out, &books->outputs[i]);
    fputs(balances ? "  the books balance\n" : "  THE BOOKS DO NOT BALANCE\n", out);
    return balances;
}

/* The number of things that are wrong. */
static int print_pipeline(struct cli *cli, const struct config *config, const char *name)
{
    struct books books;
    char *directory = xasprintf("%s/journal/%s", config->data_directory, name);
    int error = books_read(directory, &books), wrong = 0;
    if (error == -ENOENT) {
        fprintf(cli->out, "pipeline %s: has not run yet (no journal in %s)\n", name, directory);
    } else if (error < 0) {
        fprintf(cli->err, "paku status: cannot read the journal %s: %s\n", directory,
            strerror(-error));
        wrong = 1;
    } else {
        wrong = !print_books(cli->out, config, name, &books);
        books_finish(&books);
    }
    free(directory);
    return wrong;
}

static struct result print_all(struct cli *cli, const struct config *config)
{
    int wrong = 0;
    for (size_t i = 0; i < config->pipeline_count; i++)
        wrong += print_pipeline(cli, config, config->pipelines[i].name);
    return wrong > 0 ? result_failed(NULL) : result_ok();
}

static struct result run(struct cli *cli, const void *data, int argc, char **argv)
{
    struct config_errors errors = {0};
    struct config *config = NULL;
    (void)data;
    setup_config(cli, argc > 0 ? argv[0] : NULL, &errors, &config);
    struct result result = errors.count > 0 || config == NULL ? setup_fail(cli, &errors)
                                                              : print_all(cli, config);
    config_errors_finish(&errors);
    config_destroy(config);
    return result;
}

const struct command status_command = {
    .name = "status",
    .summary = "Print the books of each pipeline, and whether they balance",
    .arguments = "[FILE|FOLDER]",
    .most = 1,
    .help =
        "Reads the journals on disk, also beside a running daemon, and changes nothing. For each\n"
        "pipeline: what came in and what has become of it, for each output what was delivered, set\n"
        "aside as dead letters, dropped, lost, and what is pending. Exit status 1 when a sum does not\n"
        "hold.",
    .run = run,
};
