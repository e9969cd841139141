/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines, on their way to stderr. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <paku/plugin.h>

enum log_format {
    LOG_AUTO, /* TEXT on a terminal, LOGFMT elsewhere */
    LOG_TEXT,
    LOG_LOGFMT,
    LOG_JSON,
};

struct logger;

/* Writes whole lines to `fd`, which stays the caller's. */
struct logger *logger_create(int fd, enum log_format format, enum paku_level level);
void logger_destroy(struct logger *logger); /* prints what is folded; NULL is allowed */

/* `source` is "pipeline/instance", or "" for the daemon itself. A line that repeats the source's
 * last one is folded: after 60 s, or when another line comes, "14 more in 60s" is printed. */
void logger_write(struct logger *logger, enum paku_level level, const char *source,
    const char *format, ...) PAKU_PRINTF(4, 5);
void logger_write_list(struct logger *logger, enum paku_level level, const char *source,
    const char *format, va_list args) __attribute__((format(printf, 4, 0)));

/* Lines of `source` below this level are not written; without it the logger's own level counts. */
void logger_set_level(struct logger *logger, const char *source, enum paku_level level);

/* Prints the counts of repeats that are due (call about once a second). */
void logger_flush_repeats(struct logger *logger, int64_t now_ms);

#endif
