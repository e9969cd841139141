/* SPDX-License-Identifier: Apache-2.0 */
/* The parser speaks of tokens and contexts; the person at the keyboard sees a line. */
#include "config/document_private.h"

#include <string.h>

static const struct {
    const char *said; /* how libyaml's own words begin */
    const char *words;
} problems[] = {
    {"mapping values are not allowed",
        "a ':' cannot stand here: is the indentation right, or does a text that contains ': ' lack "
        "its quotes?"},
    {"block sequence entries are not allowed",
        "a list item ('- ') cannot stand here: is the indentation right?"},
    {"could not find expected ':'", "expected ':' behind a key"},
    {"did not find expected key",
        "expected a key in the column in which the map begins: is the indentation right?"},
    {"did not find expected '-' indicator",
        "expected '- ' in the column in which the list begins: is the indentation right?"},
    {"did not find expected ',' or '}'", "expected ',' or '}' in a map that was begun with '{'"},
    {"did not find expected ',' or ']'", "expected ',' or ']' in a list that was begun with '['"},
    {"found unexpected end of stream", "a text in quotes is never closed"},
    {"did not find expected node content", "expected a value here"},
    {"found unexpected document indicator", "'---' or '...' inside of a text in quotes"},
    {"did not find expected <document start>",
        "expected nothing more here: the value above it is complete"},
    {"found unknown escape character",
        "in double quotes '\\' begins an escape, and this is none: write '\\\\', or use single quotes"},
    {"found character that cannot start any token",
        "a text that begins with this character needs quotes"},
    {"found a tab character", "a tab cannot stand here: indent with spaces"},
    {"control characters are not allowed", "a control character, which YAML does not allow"},
    {"found undefined tag handle", "a tag ('!name'), which paku does not use"},
};

static const char *in_words(const char *problem)
{
    if (problem == NULL)
        return "this is no valid YAML";
    for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++) {
        if (strncmp(problem, problems[i].said, strlen(problems[i].said)) == 0)
            return problems[i].words;
    }
    return problem;
}

/* Offset in bytes of a place that libyaml counts in characters. */
static size_t offset_of(const struct buffer *text, yaml_mark_t mark)
{
    size_t at = 0;
    for (size_t line = 0; line < mark.line && at < text->size; at++)
        line += text->data[at] == '\n';
    for (size_t column = 0; column < mark.column && at < text->size; column++) {
        do
            at++;
        while (at < text->size && ((unsigned char)text->data[at] & 0xC0) == 0x80);
    }
    return at;
}

/* `${` begins a map for YAML when it stands without quotes inside of { } or [ ]. */
static bool is_bare_reference(const struct buffer *text, size_t at)
{
    return at > 0 && at < text->size && text->data[at] == '{' && text->data[at - 1] == '$';
}

static bool is_indented_by_tab(const struct buffer *text, size_t at)
{
    if (at < text->size && text->data[at] == '\t')
        return true;
    while (at > 0 && text->data[at - 1] != '\n')
        at--;
    at += strspn(text->data + at, " ");
    return text->data[at] == '\t';
}

void document_problem_add(const struct document *document, const struct buffer *text,
    const yaml_parser_t *parser, struct config_errors *errors)
{
    bool reading = parser->error == YAML_READER_ERROR;
    yaml_mark_t mark = reading ? parser->mark : parser->problem_mark;
    size_t at = offset_of(text, mark);
    const char *words = in_words(parser->problem);
    struct place place = {document->file, mark.line + 1, mark.column + 1};
    if (is_bare_reference(text, at))
        words = "inside of { } and [ ], ${...} needs quotes around it";
    else if (!reading && is_indented_by_tab(text, at))
        words = "a tab cannot stand here: indent with spaces";
    /* The reader is ahead of the scanner: its mark says where reading stopped, about. */
    if (reading && parser->problem_offset > 0 && parser->problem_offset < text->size)
        place = document_place_at(document, text, parser->problem_offset);
    bool elsewhere = !reading && parser->context != NULL &&
        parser->context_mark.line + 1 < place.line;
    if (elsewhere && at == text->size)
        config_errors_add(errors, (struct place){document->file, parser->context_mark.line + 1,
            parser->context_mark.column + 1}, "%s: it begins here, and the file ends before it does",
            words);
    else if (elsewhere)
        config_errors_add(errors, place, "%s (it begins in line %zu)", words,
            parser->context_mark.line + 1);
    else
        config_errors_add(errors, place, "%s", words);
}
