/* SPDX-License-Identifier: Apache-2.0 */
#include "config/errors.h"

#include "base/memory.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Nothing that came from a file may move the cursor of a terminal. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++) {
        if (iscntrl((unsigned char)*text))
            *text = '?';
    }
}

static void add(struct config_errors *errors, struct place place, bool secret, const char *format,
    va_list args)
{
    char *message = xvasprintf(format, args);
    make_printable(message);
    errors->items = xgrow(errors->items, &errors->capacity, errors->count + 1,
        sizeof(*errors->items));
    /* The document that the name belongs to may be gone when errors are printed. */
    place.file = xstrdup(place.file != NULL ? place.file : "");
    errors->items[errors->count++] = (struct config_error){place, message, secret};
}

void config_errors_add(struct config_errors *errors, struct place place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(errors, place, false, format, args);
    va_end(args);
}

void config_errors_add_secret(struct config_errors *errors, struct place place,
    const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(errors, place, true, format, args);
    va_end(args);
}

void config_errors_finish(struct config_errors *errors)
{
    for (size_t i = 0; i < errors->count; i++) {
        free((char *)errors->items[i].place.file);
        free(errors->items[i].message);
    }
    free(errors->items);
    *errors = (struct config_errors){0};
}

/* -- The line of the file -- */

struct lines {
    char **items;
    size_t count;
    size_t capacity;
};

/* The first `count` lines, without their line breaks. */
static void lines_read(struct lines *lines, const char *name, size_t count)
{
    FILE *file = fopen(name, "re");
    if (file == NULL)
        return;
    while (lines->count < count) {
        char *line = NULL;
        size_t capacity = 0;
        if (getline(&line, &capacity, file) < 0) {
            free(line);
            break;
        }
        line[strcspn(line, "\r\n")] = '\0';
        lines->items = xgrow(lines->items, &lines->capacity, lines->count + 1,
            sizeof(*lines->items));
        lines->items[lines->count++] = line;
    }
    fclose(file);
}

static void lines_finish(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->items[i]);
    free(lines->items);
}

bool sounds_secret(const char *text)
{
    static const char *const words[] = {"pass", "secret", "token", "key", "credential", "auth",
        "://"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasestr(text, words[i]) != NULL)
            return true;
    }
    return false;
}

static size_t indentation(const char *line)
{
    return strspn(line, " -");
}

/* Whether the line, or one that it belongs to by indentation, speaks of something secret: a password
 * may stand below its key. */
static bool is_guarded(const struct lines *lines, size_t index)
{
    size_t indent = SIZE_MAX;
    for (size_t i = index + 1; i > 0; i--) {
        const char *line = lines->items[i - 1];
        bool is_parent = line[strspn(line, " ")] != '\0' && indentation(line) < indent;
        if (!is_parent)
            continue;
        if (sounds_secret(line))
            return true;
        indent = indentation(line);
    }
    return false;
}

/* Bytes of the line that are shown: through the word in which the error stands, since anything behind
 * it may be a secret; with a secret about, through the first colon only. */
static size_t shown_size(const char *line, size_t column, bool guarded)
{
    size_t key = strcspn(line, ":");
    if (guarded)
        return line[key] == ':' ? key + 1 : 0;
    size_t at = 0;
    while (line[at] != '\0' && column > 1) {
        at++;
        column -= ((unsigned char)line[at] & 0xC0) != 0x80;
    }
    if (line[at] == '"' || line[at] == '\'')
        return at + 1 + strcspn(line + at + 1, "\"'") + 1;
    return at + strcspn(line + at, " ,]}");
}

static void print_start(char *line, const struct place *place, bool guarded, FILE *stream)
{
    size_t length = strlen(line);
    size_t shown = shown_size(line, place->column, guarded);
    shown = shown < length ? shown : length;
    if (shown == 0)
        return;
    make_printable(line);
    fprintf(stream, "  %5zu | %.*s%s\n", place->line, (int)shown, line,
        shown < length ? " ..." : "");
    if (place->column <= shown + 1)
        fprintf(stream, "        | %*s^\n", (int)place->column - 1, "");
}

static void print_line(const struct config_error *error, FILE *stream)
{
    const struct place *place = &error->place;
    struct lines lines = {0};
    lines_read(&lines, place->file, place->line);
    if (lines.count == place->line)
        print_start(lines.items[place->line - 1], place,
            error->secret || is_guarded(&lines, place->line - 1), stream);
    lines_finish(&lines);
}

/* -- Printing -- */

static int compare_errors(const void *left, const void *right)
{
    const struct config_error *a = left, *b = right;
    int files = strcmp(a->place.file, b->place.file);
    if (files != 0)
        return files;
    if (a->place.line != b->place.line)
        return a->place.line < b->place.line ? -1 : 1;
    if (a->place.column != b->place.column)
        return a->place.column < b->place.column ? -1 : 1;
    return strcmp(a->message, b->message);
}

void config_errors_print(const struct config_errors *errors, FILE *stream)
{
    if (errors->count > 0)
        qsort(errors->items, errors->count, sizeof(*errors->items), compare_errors);
    for (size_t i = 0; i < errors->count; i++) {
        const struct config_error *error = &errors->items[i];
        if (error->place.line == 0) {
            fprintf(stream, "%s%s%s\n", error->place.file,
                error->place.file[0] != '\0' ? ": " : "", error->message);
            continue;
        }
        fprintf(stream, "%s:%zu:%zu: %s\n", error->place.file, error->place.line,
            error->place.column, error->message);
        print_line(error, stream);
    }
}
