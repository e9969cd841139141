/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a configuration: collected, so that all of it is shown at once. */
#ifndef CONFIG_ERRORS_H
#define CONFIG_ERRORS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Where something stands. Lines and columns from 1; line 0: the file as a whole. */
struct place {
    const char *file;
    size_t line;
    size_t column;
};

struct config_error {
    struct place place;
    char *message;
    bool secret; /* what stands at the place must not be shown */
};

struct config_errors {
    struct config_error *items;
    size_t count;
    size_t capacity;
};

void config_errors_add(struct config_errors *errors, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same, for a value that is secret; the message must not hold it. */
void config_errors_add_secret(struct config_errors *errors, struct place place,
    const char *format, ...) __attribute__((format(printf, 3, 4)));
void config_errors_finish(struct config_errors *errors);
/* "conf/paku.yaml:12:9: unknown option 'tabel', did you mean 'table'?" with the line of the file and
 * a caret under the place, sorted by place. The line is shown through the word at the place; where
 * it, or what it belongs to, speaks of something secret, up to the first colon. */
void config_errors_print(const struct config_errors *errors, FILE *stream);

/* Whether a key or line speaks of a password, a token, a URL ...: better not shown. */
bool sounds_secret(const char *text);

/* The candidate nearest to `word` by edit distance, if near enough to be meant; else NULL. */
const char *nearest_name(const char *word, const char *const *candidates, size_t count);

#endif
