/* SPDX-License-Identifier: Apache-2.0 */
#include "config/option_scalar.h"

#include "base/memory.h"
#include "base/units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *option_type_name(const struct paku_option *row)
{
    switch (row->type) {
    case PAKU_OPTION_STRING:
        return "text";
    case PAKU_OPTION_SECRET:
        return "secret";
    case PAKU_OPTION_PATH:
        return "path";
    case PAKU_OPTION_BOOL:
        return "true or false";
    case PAKU_OPTION_INT:
        return "integer";
    case PAKU_OPTION_NUMBER:
        return "number";
    case PAKU_OPTION_DURATION:
        return "duration";
    case PAKU_OPTION_SIZE:
        return "size";
    case PAKU_OPTION_ENUM:
        return "choice";
    case PAKU_OPTION_STRINGS:
        return "list of texts";
    case PAKU_OPTION_MAP:
        return "map of texts";
    case PAKU_OPTION_GROUP:
        return "group";
    case PAKU_OPTION_LIST:
        return "list";
    case PAKU_OPTION_TABLE:
        return "map";
    case PAKU_OPTION_END:
        break;
    }
    return "nothing";
}

static bool is_secret(const struct paku_option *row, const struct node *node)
{
    return row->type == PAKU_OPTION_SECRET || node->secret;
}

/* What came is told, unless it is a secret. */
static void refuse(struct loading *loading, const struct paku_option *row,
    const struct node *node, const char *expected)
{
    if (is_secret(row, node))
        config_errors_add_secret(loading->errors, node->place,
            "option '%s' expects %s, got something else (not shown, it may be secret)", row->key,
            expected);
    else
        config_errors_add(loading->errors, node->place, "option '%s' expects %s, got '%.60s'",
            row->key, expected, node->text);
}

static int bool_parse(const char *text, bool *ret_value)
{
    static const char *const yes[] = {"true", "yes", "on", "True", "TRUE", "Yes", "On"};
    static const char *const no[] = {"false", "no", "off", "False", "FALSE", "No", "Off"};
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        bool is_yes = strcmp(text, yes[i]) == 0;
        if (is_yes || strcmp(text, no[i]) == 0) {
            *ret_value = is_yes;
            return 0;
        }
    }
    return -EINVAL;
}

static int integer_parse(const char *text, int64_t *ret_value)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (isspace((unsigned char)text[0]) || end == text || *end != '\0')
        return -EINVAL;
    if (errno == ERANGE)
        return -ERANGE;
    *ret_value = value;
    return 0;
}

static int number_parse(const char *text, double *ret_value)
{
    char *end;
    bool decimal = text[strspn(text, "+-.0123456789eE")] == '\0'; /* no hex, no "inf" */
    double value = strtod(text, &end);
    if (!decimal || end == text || *end != '\0')
        return -EINVAL;
    if (!isfinite(value))
        return -ERANGE;
    *ret_value = value;
    return 0;
}

char *option_bound_print(const struct paku_option *row, int64_t bound, char *buffer, size_t size)
{
    if (row->type == PAKU_OPTION_DURATION)
        return duration_print(bound, buffer, size);
    if (row->type == PAKU_OPTION_SIZE)
        return size_print(bound, buffer, size);
    snprintf(buffer, size, "%" PRId64, bound);
    return buffer;
}

static void refuse_range(struct loading *loading, const struct paku_option *row,
    const struct node *node)
{
    char least[40], most[40], expected[160];
    const char *article = row->type == PAKU_OPTION_INT ? "an" : "a";
    option_bound_print(row, row->min, least, sizeof(least));
    option_bound_print(row, row->max, most, sizeof(most));
    if (row->min == row->max)
        snprintf(expected, sizeof(expected), "%s %s that fits into 64 bits", article,
            option_type_name(row));
    else if (row->max == INT64_MAX)
        snprintf(expected, sizeof(expected), "%s %s of %s or more", article,
            option_type_name(row), least);
    else
        snprintf(expected, sizeof(expected), "%s %s from %s to %s", article,
            option_type_name(row), least, most);
    refuse(loading, row, node, expected);
}

static bool is_within(const struct paku_option *row, int64_t value)
{
    return row->min == row->max || (value >= row->min && value <= row->max);
}

static void load_integer(struct loading *loading, const struct paku_option *row,
    const struct node *node, int64_t *field)
{
    static const struct {
        int (*parse)(const char *text, int64_t *ret_value);
        const char *expected;
    } kinds[] = {
        [PAKU_OPTION_INT] = {integer_parse, "an integer"},
        [PAKU_OPTION_DURATION] = {duration_parse, "a duration such as '500ms', '5s' or '1h30m'"},
        [PAKU_OPTION_SIZE] = {size_parse, "a size such as '512', '64KiB' or '10MB'"},
    };
    int64_t value;
    int error = kinds[row->type].parse(node->text, &value);
    if (error == -ERANGE || (error == 0 && !is_within(row, value)))
        refuse_range(loading, row, node);
    else if (error < 0)
        refuse(loading, row, node, kinds[row->type].expected);
    else
        *field = value;
}

static void load_number(struct loading *loading, const struct paku_option *row,
    const struct node *node, double *field)
{
    double value;
    int error = number_parse(node->text, &value);
    bool bound = row->min != row->max;
    if (error == -EINVAL)
        refuse(loading, row, node, "a number");
    else if (error < 0 || (bound && (value < (double)row->min || value > (double)row->max)))
        refuse_range(loading, row, node);
    else
        *field = value;
}

static void load_enum(struct loading *loading, const struct paku_option *row,
    const struct node *node, int *field)
{
    struct buffer expected = {0};
    size_t count = 0;
    for (; row->choices[count] != NULL; count++) {
        if (strcmp(row->choices[count], node->text) == 0) {
            *field = (int)count;
            buffer_finish(&expected);
            return;
        }
        buffer_push_format(&expected, "%s%s", count == 0 ? "one of " : ", ", row->choices[count]);
    }
    const char *meant = nearest_name(node->text, row->choices, count);
    if (meant != NULL && !is_secret(row, node))
        config_errors_add(loading->errors, node->place,
            "option '%s' expects %s, got '%.60s', did you mean '%s'?", row->key,
            buffer_text(&expected), node->text, meant);
    else
        refuse(loading, row, node, buffer_text(&expected));
    buffer_finish(&expected);
}

const char *option_path(struct option_memory *memory, struct place place, const char *text)
{
    const char *file = place.file;
    if (file == NULL || text[0] == '/' || text[0] == '\0' || strcmp(text, "-") == 0)
        return text;
    const char *slash = strrchr(file, '/');
    int folder = slash != NULL ? (int)(slash - file) : 0;
    if (file[0] == '/')
        return option_memory_keep(memory, xasprintf("%.*s/%s", folder, file, text));
    char *here = getcwd(NULL, 0);
    const char *path = option_memory_keep(memory, xasprintf("%s/%.*s%s%s",
        here != NULL ? here : ".", folder, file, folder > 0 ? "/" : "", text));
    free(here);
    return path;
}

void option_scalar_load(struct loading *loading, const struct paku_option *row,
    const struct node *node, void *field)
{
    if (node->kind != NODE_SCALAR) {
        const char *type = option_type_name(row);
        config_errors_add(loading->errors, node->place, "option '%s' expects %s%s, got a %s",
            row->key, row->type == PAKU_OPTION_BOOL ? "" : strchr("aeiou", type[0]) ? "an " : "a ",
            type, node->kind == NODE_LIST ? "list" : "map");
        return;
    }
    if (node->failed)
        return;
    switch (row->type) {
    case PAKU_OPTION_STRING:
    case PAKU_OPTION_SECRET:
        *(const char **)field = node->text;
        break;
    case PAKU_OPTION_PATH:
        *(const char **)field = option_path(loading->memory, node->place, node->text);
        break;
    case PAKU_OPTION_BOOL:
        if (bool_parse(node->text, field) < 0)
            refuse(loading, row, node, "true or false");
        break;
    case PAKU_OPTION_INT:
    case PAKU_OPTION_DURATION:
    case PAKU_OPTION_SIZE:
        load_integer(loading, row, node, field);
        break;
    case PAKU_OPTION_NUMBER:
        load_number(loading, row, node, field);
        break;
    case PAKU_OPTION_ENUM:
        load_enum(loading, row, node, field);
        break;
    default:
        break;
    }
}
