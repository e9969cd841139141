/* SPDX-License-Identifier: Apache-2.0 */
#include "config/substitute.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SECRET_FILE_MAX 65536
#define DEPTH_MAX 8 /* of defaults in defaults */

struct substitution {
    struct place place;
    struct config_errors *errors;
    struct buffer *result;
    bool secret; /* something came from outside */
    unsigned depth;
};

static int push_all(struct substitution *at, const char *text);

/* -- ${file:PATH} -- */

static int refuse_file(struct substitution *at, const char *path, const char *why)
{
    config_errors_add(at->errors, at->place, "cannot use the file '%s': %s", path, why);
    return -EINVAL;
}

/* Relative paths are seen from the folder of the YAML file. */
static FILE *open_file(const char *path, struct place place)
{
    const char *slash = place.file != NULL ? strrchr(place.file, '/') : NULL;
    if (path[0] == '/' || slash == NULL)
        return fopen(path, "re");
    char *whole = xasprintf("%.*s/%s", (int)(slash - place.file), place.file, path);
    FILE *file = fopen(whole, "re");
    int error = errno;
    free(whole);
    errno = error;
    return file;
}

/* The file's text without its last line breaks. */
static int push_file(struct substitution *at, const char *path)
{
    FILE *file = open_file(path, at->place);
    if (file == NULL)
        return refuse_file(at, path, strerror(errno));
    char *text = xmalloc(SECRET_FILE_MAX + 1);
    size_t size = fread(text, 1, SECRET_FILE_MAX + 1, file);
    const char *why = NULL;
    if (ferror(file))
        why = "it cannot be read (is it a folder?)";
    else if (size > SECRET_FILE_MAX)
        why = "it has more than 64 KiB";
    else if (memchr(text, '\0', size) != NULL || utf8_valid_prefix(text, size) != size)
        why = "it is not UTF-8 text";
    fclose(file);
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
        size--;
    if (why == NULL)
        buffer_push(at->result, text, size);
    free(text);
    at->secret = true;
    return why != NULL ? refuse_file(at, path, why) : 0;
}

/* -- ${NAME} -- */

static bool is_variable(const char *name)
{
    if (!isalpha((unsigned char)name[0]) && name[0] != '_')
        return false;
    while (isalnum((unsigned char)*name) || *name == '_')
        name++;
    return *name == '\0';
}

static int refuse_variable(struct substitution *at, const char *name, char operator,
    const char *rest)
{
    if (operator == '?')
        config_errors_add(at->errors, at->place, "%s: %s", name,
            rest[0] != '\0' ? rest : "is not set");
    else
        config_errors_add(at->errors, at->place,
            "the environment variable '%s' is not set: set it, or write ${%s:-default}", name,
            name);
    return -EINVAL;
}

/* `rest` is what stands behind ":-" or ":?"; operator 0: neither is there. */
static int push_variable(struct substitution *at, const char *name, char operator,
    const char *rest)
{
    if (!is_variable(name)) {
        config_errors_add(at->errors, at->place,
            "expected ${NAME}, ${NAME:-default}, ${NAME:?message} or ${file:PATH}, got '${%s}'; "
            "a plain dollar sign before '{' is written $$", name);
        return -EINVAL;
    }
    const char *value = getenv(name);
    bool given = value != NULL && (operator == '\0' || value[0] != '\0');
    if (!given && operator == '-')
        return push_all(at, rest);
    if (!given)
        return refuse_variable(at, name, operator, rest);
    at->secret = true;
    if (utf8_valid_prefix(value, strlen(value)) != strlen(value)) {
        config_errors_add(at->errors, at->place,
            "the environment variable '%s' is not UTF-8 text", name);
        return -EINVAL;
    }
    buffer_push_text(at->result, value);
    return 0;
}

/* -- Texts -- */

/* `inner` is what stands between "${" and "}". */
static int push_reference(struct substitution *at, char *inner)
{
    if (strncmp(inner, "file:", 5) == 0)
        return push_file(at, inner + 5);
    char *colon = strchr(inner, ':');
    if (colon == NULL || (colon[1] != '-' && colon[1] != '?'))
        return push_variable(at, inner, '\0', NULL);
    char operator = colon[1];
    *colon = '\0';
    return push_variable(at, inner, operator, colon + 2);
}

/* The "}" that belongs to the "${" before `text`; a default may hold references of its own. */
static const char *closing_brace(const char *text)
{
    size_t depth = 1;
    for (; *text != '\0'; text++) {
        if (text[0] == '$' && text[1] == '{')
            depth++;
        else if (text[0] == '}' && --depth == 0)
            return text;
    }
    return NULL;
}

/* Takes the reference at *text and moves behind it. */
static int take_reference(struct substitution *at, const char **text)
{
    const char *end = closing_brace(*text + 2);
    if (end == NULL || at->depth == DEPTH_MAX) {
        config_errors_add(at->errors, at->place, end == NULL
            ? "'${' without its '}'; a plain dollar sign before '{' is written $$"
            : "too many ${...} inside of each other");
        *text += strlen(*text);
        return -EINVAL;
    }
    char *inner = xstrndup(*text + 2, (size_t)(end - *text - 2));
    at->depth++;
    int error = push_reference(at, inner);
    at->depth--;
    free(inner);
    *text = end + 1;
    return error;
}

static int push_all(struct substitution *at, const char *text)
{
    int status = 0;
    while (*text != '\0') {
        size_t plain = strcspn(text, "$");
        buffer_push(at->result, text, plain);
        text += plain;
        if (text[0] == '$' && text[1] == '{') {
            int error = take_reference(at, &text);
            status = error < 0 ? error : status;
        } else if (text[0] == '$') {
            buffer_push_u8(at->result, '$');
            text += text[1] == '$' ? 2 : 1;
        }
    }
    return status;
}

int substitute(const char *text, struct place place, struct buffer *result, bool *ret_secret,
    struct config_errors *errors)
{
    struct substitution at = {.place = place, .errors = errors, .result = result};
    int error = push_all(&at, text);
    *ret_secret = at.secret;
    return error;
}
