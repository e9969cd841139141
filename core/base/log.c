/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FOLD_MS 60000

/* What is known of one source: its level, and the line that its next one may repeat. */
struct source {
    char *name;
    bool has_level;
    enum paku_level level;
    char *last; /* NULL: nothing to fold with */
    enum paku_level last_level;
    uint64_t repeats; /* not printed yet */
    int64_t since_ms;
};

struct logger {
    int fd;
    enum log_format format;
    enum paku_level level;
    bool coloured;
    bool journald; /* the reader takes "<3>" for the priority */
    struct source *sources;
    size_t count;
    size_t capacity;
    struct buffer line;
};

static const struct {
    const char *name;
    const char *shown;
    const char *colour;
    char priority;
} levels[] = {
    [PAKU_ERROR] = {"error", "ERROR", "\033[31m", '3'},
    [PAKU_WARNING] = {"warning", "WARN ", "\033[33m", '4'},
    [PAKU_INFO] = {"info", "INFO ", "\033[32m", '6'},
    [PAKU_DEBUG] = {"debug", "DEBUG", "\033[2m", '7'},
};

/* systemd says in JOURNAL_STREAM which file its journal reads; ours may have been redirected. */
static bool goes_to_journald(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    uintmax_t device = 0, inode = 0;
    struct stat is;
    if (stream == NULL || sscanf(stream, "%" SCNuMAX ":%" SCNuMAX, &device, &inode) != 2)
        return false;
    return fstat(fd, &is) == 0 && is.st_dev == device && is.st_ino == inode;
}

struct logger *logger_create(int fd, enum log_format format, enum paku_level level)
{
    struct logger *logger = xcalloc(1, sizeof(*logger));
    bool terminal = isatty(fd) == 1;
    logger->fd = fd;
    logger->format = format != LOG_AUTO ? format : terminal ? LOG_TEXT : LOG_LOGFMT;
    logger->level = level;
    logger->coloured = terminal && logger->format == LOG_TEXT && getenv("NO_COLOR") == NULL;
    logger->journald = logger->format != LOG_JSON && goes_to_journald(fd);
    return logger;
}

static struct source *find_source(struct logger *logger, const char *name)
{
    for (size_t i = 0; i < logger->count; i++) {
        if (strcmp(logger->sources[i].name, name) == 0)
            return &logger->sources[i];
    }
    logger->sources = xgrow(logger->sources, &logger->capacity, logger->count + 1,
        sizeof(*logger->sources));
    logger->sources[logger->count] = (struct source){.name = xstrdup(name)};
    return &logger->sources[logger->count++];
}

void logger_set_level(struct logger *logger, const char *source, enum paku_level level)
{
    struct source *found = find_source(logger, source);
    found->level = level;
    found->has_level = true;
}

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* -- One line -- */

static void push_time(struct buffer *line, bool local)
{
    struct timespec now;
    struct tm broken;
    char text[32];
    clock_gettime(CLOCK_REALTIME, &now);
    if (local)
        localtime_r(&now.tv_sec, &broken);
    else
        gmtime_r(&now.tv_sec, &broken);
    strftime(text, sizeof(text), local ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%dT%H:%M:%S", &broken);
    buffer_push_format(line, "%s.%03ld%s", text, now.tv_nsec / 1000000, local ? "" : "Z");
}

/* What would break the line, or drive the terminal, is shown as it is written in C. */
static void push_printable(struct buffer *line, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '\n')
            buffer_push_text(line, "\\n");
        else if (byte == '\t' || (byte >= 0x20 && byte != 0x7f))
            buffer_push_u8(line, byte);
        else
            buffer_push_format(line, "\\x%02x", byte);
    }
}

static void format_text(struct logger *logger, enum paku_level level, const char *source,
    const char *message)
{
    struct buffer *line = &logger->line;
    push_time(line, true);
    buffer_push_format(line, " %s%s%s ", logger->coloured ? levels[level].colour : "",
        levels[level].shown, logger->coloured ? "\033[0m" : "");
    if (source[0] != '\0')
        buffer_push_format(line, "%s%s:%s ", logger->coloured ? "\033[1m" : "", source,
            logger->coloured ? "\033[0m" : "");
    push_printable(line, message);
}

static void format_logfmt(struct logger *logger, enum paku_level level, const char *source,
    const char *message)
{
    struct buffer *line = &logger->line;
    buffer_push_text(line, "time=");
    push_time(line, false);
    buffer_push_format(line, " level=%s", levels[level].name);
    if (source[0] != '\0') {
        buffer_push_text(line, " source=");
        if (strpbrk(source, " \"=") != NULL)
            buffer_push_json_string(line, source, strlen(source));
        else
            buffer_push_text(line, source);
    }
    buffer_push_text(line, " message=");
    buffer_push_json_string(line, message, strlen(message));
}

static void format_json(struct logger *logger, enum paku_level level, const char *source,
    const char *message)
{
    struct buffer *line = &logger->line;
    buffer_push_text(line, "{\"time\":\"");
    push_time(line, false);
    buffer_push_format(line, "\",\"level\":\"%s\",\"source\":", levels[level].name);
    buffer_push_json_string(line, source, strlen(source));
    buffer_push_text(line, ",\"message\":");
    buffer_push_json_string(line, message, strlen(message));
    buffer_push_u8(line, '}');
}

/* One write a line, so that lines of several processes do not mix. Nothing can be done when stderr
 * is gone. */
static void write_line(const struct logger *logger)
{
    const char *at = logger->line.data;
    size_t left = logger->line.size;
    while (left > 0) {
        ssize_t written = write(logger->fd, at, left);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        at += written;
        left -= (size_t)written;
    }
}

static void print(struct logger *logger, enum paku_level level, const char *source,
    const char *message)
{
    buffer_clear(&logger->line);
    if (logger->journald)
        buffer_push_format(&logger->line, "<%c>", levels[level].priority);
    if (logger->format == LOG_JSON)
        format_json(logger, level, source, message);
    else if (logger->format == LOG_LOGFMT)
        format_logfmt(logger, level, source, message);
    else
        format_text(logger, level, source, message);
    buffer_push_u8(&logger->line, '\n');
    write_line(logger);
}

/* -- Repeats -- */

static void print_repeats(struct logger *logger, struct source *source, int64_t now_ms)
{
    if (source->repeats == 0)
        return;
    char elapsed[32];
    int64_t seconds = (now_ms - source->since_ms + 999) / 1000;
    duration_print(seconds > 0 ? seconds * 1000 : 1000, elapsed, sizeof(elapsed));
    char *message = xasprintf("%" PRIu64 " more in %s: %s", source->repeats, elapsed,
        source->last);
    print(logger, source->last_level, source->name, message);
    free(message);
    source->repeats = 0;
}

static void forget(struct source *source)
{
    free(source->last);
    source->last = NULL;
}

void logger_flush_repeats(struct logger *logger, int64_t now_ms)
{
    for (size_t i = 0; i < logger->count; i++) {
        struct source *source = &logger->sources[i];
        if (source->last == NULL || now_ms - source->since_ms < FOLD_MS)
            continue;
        if (source->repeats == 0)
            forget(source);
        print_repeats(logger, source, now_ms);
        source->since_ms = now_ms;
    }
}

static bool repeats(const struct source *source, enum paku_level level, const char *message)
{
    return source->last != NULL && source->last_level == level &&
        strcmp(source->last, message) == 0;
}

void logger_write_list(struct logger *logger, enum paku_level level, const char *name,
    const char *format, va_list args)
{
    struct source *source = find_source(logger, name);
    if (level > (source->has_level ? source->level : logger->level))
        return;
    int64_t now_ms = monotonic_ms();
    char *message = xvasprintf(format, args);
    if (repeats(source, level, message)) {
        source->repeats++;
        free(message);
        if (now_ms - source->since_ms >= FOLD_MS) {
            print_repeats(logger, source, now_ms);
            source->since_ms = now_ms;
        }
        return;
    }
    print_repeats(logger, source, now_ms);
    forget(source);
    source->last = message;
    source->last_level = level;
    source->since_ms = now_ms;
    print(logger, level, name, message);
}

void logger_write(struct logger *logger, enum paku_level level, const char *source,
    const char *format, ...)
{
    va_list args;
    va_start(args, format);
    logger_write_list(logger, level, source, format, args);
    va_end(args);
}

void logger_destroy(struct logger *logger)
{
    if (logger == NULL)
        return;
    int64_t now_ms = monotonic_ms();
    for (size_t i = 0; i < logger->count; i++) {
        print_repeats(logger, &logger->sources[i], now_ms);
        forget(&logger->sources[i]);
        free(logger->sources[i].name);
    }
    free(logger->sources);
    buffer_finish(&logger->line);
    free(logger);
}
