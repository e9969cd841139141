/* SPDX-License-Identifier: Apache-2.0 */
/* The options of the daemon, of pipelines, and those that all instances of a kind share. */
#include "config/config_private.h"

#include <stddef.h>

#define END {.type = PAKU_OPTION_END}

static const char *const levels[] = {"error", "warning", "info", "debug", NULL};
static const char *const instance_levels[] = {"error", "warning", "info", "debug", "daemon", NULL};
static const char *const formats[] = {"auto", "text", "logfmt", "json", NULL};
static const char *const durabilities[] = {"committed", "written", "memory", NULL};
static const char *const full_choices[] = {"pause", "drop_oldest", NULL};
static const char *const time_choices[] = {"now", "reject", NULL};

/* -- The daemon -- */

#define DAEMON(member) offsetof(struct config, member)

static const struct paku_option log_rows[] = {
    {"level", PAKU_OPTION_ENUM, 0, 0, "info", "Least serious level that is written.", levels,
        NULL, 0, 0, 0},
    {"format", PAKU_OPTION_ENUM, 0, sizeof(int), "auto",
        "Form of the lines on stderr; auto is text on a terminal and logfmt elsewhere.", formats,
        NULL, 0, 0, 0},
    END,
};

static const struct paku_option plugin_rows[] = {
    {"directories", PAKU_OPTION_STRINGS, 0, 0, NULL, "Folders with plugins, searched in order.",
        NULL, NULL, 0, 0, 0},
    END,
};

static const struct paku_option letter_rows[] = {
    {"max_bytes", PAKU_OPTION_SIZE, 0, 0, "256MiB",
        "All dead letters together; beyond it the oldest go, counted and named in the log.", NULL,
        NULL, 0, 65536, INT64_MAX},
    {"file_bytes", PAKU_OPTION_SIZE, 0, sizeof(int64_t), "8MiB",
        "A new file is begun beyond this.", NULL, NULL, 0, 4096, INT64_MAX},
    END,
};

const struct paku_option config_option_rows[] = {
    {"data_directory", PAKU_OPTION_PATH, 0, DAEMON(data_directory), "/var/lib/paku",
        "Where journals and dead letters are kept.", NULL, NULL, 0, 0, 0},
    {"log", PAKU_OPTION_GROUP, 0, DAEMON(log), NULL, "Log lines of the daemon.", NULL, log_rows, 0,
        0, 0},
    {"plugins", PAKU_OPTION_GROUP, 0, DAEMON(plugin_directories), NULL, "Where plugins are found.",
        NULL, plugin_rows, 0, 0, 0},
    {"shutdown_grace", PAKU_OPTION_DURATION, 0, DAEMON(shutdown_grace_ms), "10s",
        "How long outputs may go on delivering after SIGTERM.", NULL, NULL, 0, 0, 3600000},
    {"dead_letters", PAKU_OPTION_GROUP, 0, DAEMON(dead_letters), NULL,
        "The folder of records that could not be used.", NULL, letter_rows, 0, 0, 0},
    END,
};

/* -- Pipelines -- */

#define JOURNAL(member) offsetof(struct journal_config, member)

const struct paku_option journal_option_rows[] = {
    {"durability", PAKU_OPTION_ENUM, 0, JOURNAL(durability), "committed",
        "What a settled record survives: a power cut, a killed process, or neither.", durabilities,
        NULL, 0, 0, 0},
    {"max_bytes", PAKU_OPTION_SIZE, 0, JOURNAL(max_bytes), "1GiB",
        "Disk space of the journal; see when_full.", NULL, NULL, 0, 1 << 20, INT64_MAX},
    {"segment_bytes", PAKU_OPTION_SIZE, 0, JOURNAL(segment_bytes), "16MiB",
        "A new segment is begun beyond this.", NULL, NULL, 0, 65536, 1 << 30},
    {"retain", PAKU_OPTION_DURATION, 0, JOURNAL(retain_ms), "36h",
        "Delivered segments are kept so long, to fill up a database restored from a backup.", NULL,
        NULL, 0, 0, INT64_MAX},
    {"memory", PAKU_OPTION_SIZE, 0, JOURNAL(memory_bytes), "4MiB",
        "Newest records kept in memory, so that outputs need not read the files.", NULL, NULL, 0,
        65536, 1 << 30},
    {"when_full", PAKU_OPTION_ENUM, 0, JOURNAL(when_full), "pause",
        "Pause the inputs until there is room, or drop the oldest segment, counted.", full_choices,
        NULL, 0, 0, 0},
    END,
};

const struct paku_option pipeline_option_rows[] = {
    {"journal", PAKU_OPTION_GROUP, 0, offsetof(struct pipeline_config, journal), NULL,
        "The pipeline's journal on disk.", NULL, journal_option_rows, 0, 0, 0},
    END,
};

/* -- Instances -- */

#define COMMON(name_help)                                                                       \
    {"name", PAKU_OPTION_STRING, 0, offsetof(struct common_options, name), NULL, name_help, NULL, \
        NULL, 0, 0, 0},                                                                         \
    {"log_level", PAKU_OPTION_ENUM, 0, offsetof(struct common_options, log_level), "daemon",    \
        "Least serious level that this instance writes.", instance_levels, NULL, 0, 0, 0}

#define NAME_HELP "Name of the instance in logs, metrics and dead letters; default: its plugin's."
#define TIME(member) offsetof(struct time_options, member)

static const struct paku_option time_rows[] = {
    {"from", PAKU_OPTION_STRING, 0, TIME(from), ".timestamp",
        "Selector of the time: RFC 3339 text, or a number of seconds since 1970.", NULL, NULL, 0,
        0, 0},
    {"missing", PAKU_OPTION_ENUM, 0, TIME(missing), "now",
        "Without a time, or with one that is none: take the time of receipt, or reject.",
        time_choices, NULL, 0, 0, 0},
    {"implausible", PAKU_OPTION_ENUM, 0, TIME(implausible), "now",
        "The same for a time before earliest, or further ahead than max_future.", time_choices,
        NULL, 0, 0, 0},
    {"earliest", PAKU_OPTION_STRING, 0, TIME(earliest), "2020-01-01T00:00:00Z",
        "Times before this come from a clock that was never set.", NULL, NULL, 0, 0, 0},
    {"max_future", PAKU_OPTION_DURATION, 0, TIME(max_future_ms), "1h",
        "How far ahead of this machine's clock a time may be.", NULL, NULL, 0, 0, INT64_MAX},
    {"tag", PAKU_OPTION_STRING, 0, TIME(tag), "time_source",
        "Tag that says 'received' when the time of receipt was taken; empty: none.", NULL, NULL, 0,
        0, 0},
    END,
};

const struct paku_option input_option_rows[] = {
    COMMON(NAME_HELP),
    {"time", PAKU_OPTION_GROUP, 0, offsetof(struct input_options, time), NULL,
        "Where the time of a record comes from.", NULL, time_rows, 0, 0, 0},
    END,
};

const struct paku_option processor_option_rows[] = {
    COMMON(NAME_HELP),
    {"match", PAKU_OPTION_MAP, 0, offsetof(struct processor_options, match), NULL,
        "Tags and globs; records that do not match pass by.", NULL, NULL, 0, 0, 0},
    END,
};

#define OUTPUT(member) offsetof(struct output_options, member)

/* Offsets from batch_records, where the group is placed. */
static const struct paku_option batch_rows[] = {
    {"records", PAKU_OPTION_INT, 0, 0, "5000", "Records in a batch at most.", NULL, NULL, 0, 1,
        1000000},
    {"bytes", PAKU_OPTION_SIZE, 0, OUTPUT(batch_bytes) - OUTPUT(batch_records), "4MiB",
        "Bytes in a batch, about.", NULL, NULL, 0, 1024, 1 << 30},
    {"linger", PAKU_OPTION_DURATION, 0, OUTPUT(linger_ms) - OUTPUT(batch_records), "0",
        "How long to wait for a batch to fill; with 0 what is there goes out at once.", NULL, NULL,
        0, 0, 3600000},
    END,
};

static const struct paku_option retry_rows[] = {
    {"initial", PAKU_OPTION_DURATION, 0, 0, "500ms", "Pause before the second try.", NULL, NULL, 0,
        1, 3600000},
    {"max", PAKU_OPTION_DURATION, 0, OUTPUT(retry_max_ms) - OUTPUT(retry_initial_ms), "30s",
        "Longest pause between tries; they go on for ever.", NULL, NULL, 0, 1, 86400000},
    END,
};

const struct paku_option output_option_rows[] = {
    COMMON(NAME_HELP),
    {"match", PAKU_OPTION_MAP, 0, OUTPUT(match), NULL,
        "Tags and globs; only records that match come here.", NULL, NULL, 0, 0, 0},
    {"batch", PAKU_OPTION_GROUP, 0, OUTPUT(batch_records), NULL, "How much is delivered at a time.",
        NULL, batch_rows, 0, 0, 0},
    {"retry", PAKU_OPTION_GROUP, 0, OUTPUT(retry_initial_ms), NULL,
        "The pauses between tries while the server fails.", NULL, retry_rows, 0, 0, 0},
    END,
};
