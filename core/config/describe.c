/* SPDX-License-Identifier: Apache-2.0 */
/* Option rows as people read them. */
#include "config/option_scalar.h"


#include <string.h>

#define COLUMNS 100

/* One row, and what stands before its key: "tls." for the rows of a group. */
struct line {
    char key[128];
    const struct paku_option *row;
};

struct widths {
    size_t key;
    size_t fallback;
};

typedef void line_printer(struct buffer *buffer, const struct line *line,
    const struct widths *widths);

static void each_row(const struct paku_option *rows, const char *prefix, struct buffer *buffer,
    line_printer *print, const struct widths *widths)
{
    for (; rows != NULL && rows->type != PAKU_OPTION_END; rows++) {
        struct line line = {.row = rows};
        snprintf(line.key, sizeof(line.key), "%s%s", prefix, rows->key);
        print(buffer, &line, widths);
        const char *behind = rows->type == PAKU_OPTION_LIST ? "[]."
            : rows->type == PAKU_OPTION_TABLE              ? ".NAME."
                                                           : ".";
        char inner[sizeof(line.key)];
        snprintf(inner, sizeof(inner), "%.100s%s", line.key, behind);
        each_row(rows->options, inner, buffer, print, widths);
    }
}

static void push_choices(struct buffer *buffer, const struct paku_option *row, const char *between)
{
    for (size_t i = 0; row->choices[i] != NULL; i++)
        buffer_push_format(buffer, "%s%s", i > 0 ? between : "", row->choices[i]);
}

/* "1 to 65535", "64KiB or more", or nothing. */
static void push_range(struct buffer *buffer, const struct paku_option *row)
{
    char least[40], most[40];
    if (row->min == row->max)
        return;
    option_bound_print(row, row->min, least, sizeof(least));
    option_bound_print(row, row->max, most, sizeof(most));
    if (row->max == INT64_MAX)
        buffer_push_format(buffer, "%s or more", least);
    else
        buffer_push_format(buffer, "%s to %s", least, most);
}

static void push_default(struct buffer *buffer, const struct paku_option *row)
{
    if ((row->flags & PAKU_OPTION_REQUIRED) != 0)
        buffer_push_text(buffer, "required");
    else if (row->fallback != NULL && row->fallback[0] == '\0')
        buffer_push_text(buffer, "\"\"");
    else if (row->fallback != NULL)
        buffer_push_text(buffer, row->fallback);
    else if (row->type == PAKU_OPTION_BOOL)
        buffer_push_text(buffer, "false");
    else
        buffer_push_text(buffer, "-");
}

/* -- For a terminal -- */

static void push_wrapped(struct buffer *buffer, const char *text, size_t indent)
{
    size_t column = indent;
    while (*text != '\0') {
        size_t word = strcspn(text, " ");
        if (column > indent && column + 1 + word > COLUMNS) {
            buffer_push_format(buffer, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            buffer_push_u8(buffer, ' ');
            column++;
        }
        buffer_push(buffer, text, word);
        column += word;
        text += word + strspn(text + word, " ");
    }
    buffer_push_u8(buffer, '\n');
}

static void print_plain(struct buffer *buffer, const struct line *line,
    const struct widths *widths)
{
    const struct paku_option *row = line->row;
    struct buffer fallback = {0}, help = {0};
    push_default(&fallback, row);
    buffer_push_text(&help, row->help);
    if (row->type == PAKU_OPTION_ENUM) {
        buffer_push_text(&help, " One of: ");
        push_choices(&help, row, ", ");
        buffer_push_u8(&help, '.');
    } else if (row->min != row->max) {
        buffer_push_text(&help, " (");
        push_range(&help, row);
        buffer_push_u8(&help, ')');
    }
    buffer_push_format(buffer, "  %-*s  %-13s  %-*s  ", (int)widths->key, line->key,
        option_type_name(row), (int)widths->fallback, buffer_text(&fallback));
    push_wrapped(buffer, buffer_text(&help), widths->key + widths->fallback + 21);
    buffer_finish(&fallback);
    buffer_finish(&help);
}

static void widen(size_t *width, size_t needed)
{
    if (needed > *width)
        *width = needed;
}

/* `prefix` is the length of what stands before the keys. */
static void measure(const struct paku_option *rows, size_t prefix, struct widths *widths)
{
    for (; rows != NULL && rows->type != PAKU_OPTION_END; rows++) {
        size_t key = prefix + strlen(rows->key);
        size_t behind = rows->type == PAKU_OPTION_LIST ? 3 : rows->type == PAKU_OPTION_TABLE ? 6 : 1;
        struct buffer fallback = {0};
        push_default(&fallback, rows);
        widen(&widths->key, key);
        widen(&widths->fallback, fallback.size < 24 ? fallback.size : 24);
        buffer_finish(&fallback);
        measure(rows->options, key + behind, widths);
    }
}

void options_describe(const struct paku_option *rows, struct buffer *buffer)
{
    struct widths widths = {strlen("OPTION"), strlen("DEFAULT")};
    measure(rows, 0, &widths);
    buffer_push_format(buffer, "  %-*s  %-13s  %-*s  %s\n", (int)widths.key, "OPTION", "TYPE",
        (int)widths.fallback, "DEFAULT", "WHAT IT IS");
    each_row(rows, "", buffer, print_plain, &widths);
}

/* -- Markdown -- */

/* '|' would end the cell. */
static void push_cell(struct buffer *buffer, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|')
            buffer_push_u8(buffer, '\\');
        buffer_push_u8(buffer, (uint8_t)*text);
    }
}

static void push_code(struct buffer *buffer, const char *text)
{
    buffer_push_u8(buffer, '`');
    push_cell(buffer, text);
    buffer_push_u8(buffer, '`');
}

static void print_markdown(struct buffer *buffer, const struct line *line,
    const struct widths *widths)
{
    const struct paku_option *row = line->row;
    (void)widths;
    buffer_push_format(buffer, "| `%s` | %s", line->key, option_type_name(row));
    if (row->type == PAKU_OPTION_ENUM) {
        buffer_push_text(buffer, ": `");
        push_choices(buffer, row, "`, `");
        buffer_push_u8(buffer, '`');
    } else if (row->min != row->max) {
        buffer_push_text(buffer, ", ");
        push_range(buffer, row);
    }
    buffer_push_text(buffer, " | ");
    struct buffer fallback = {0};
    push_default(&fallback, row);
    if (row->fallback != NULL)
        push_code(buffer, buffer_text(&fallback));
    else
        push_cell(buffer, buffer_text(&fallback));
    buffer_finish(&fallback);
    buffer_push_text(buffer, " | ");
    push_cell(buffer, row->help);
    buffer_push_text(buffer, " |\n");
}

void options_describe_markdown(const struct paku_option *rows, struct buffer *buffer)
{
    buffer_push_text(buffer,
        "| option | type | default | what it is |\n| --- | --- | --- | --- |\n");
    each_row(rows, "", buffer, print_markdown, NULL);
}
