/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "record/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum selector_kind {
    SELECT_TIME,
    SELECT_TAG,
    SELECT_PAYLOAD,
    SELECT_PATH,
};

struct step {
    char *name; /* NULL: an index */
    size_t size;
    size_t index;
};

struct paku_selector {
    enum selector_kind kind;
    char *tag;
    struct step *steps;
    size_t count;
    size_t capacity;
};

static struct step *step_add(struct paku_selector *selector)
{
    selector->steps = xgrow(selector->steps, &selector->capacity, selector->count + 1,
        sizeof(*selector->steps));
    struct step *step = &selector->steps[selector->count++];
    *step = (struct step){0};
    return step;
}

/* Each of these takes one step from the front of *at; NULL or what is wrong. */

static const char *take_quoted(const char **at, struct step *step)
{
    const char *end = strchr(*at + 1, '"');
    if (end == NULL)
        return "the name in quotes has no end";
    step->name = xstrndup(*at + 1, (size_t)(end - *at - 1));
    *at = end + 1;
    return NULL;
}

static const char *take_word(const char **at, struct step *step)
{
    size_t size = strcspn(*at, ".[]\" ");
    if (size == 0)
        return "expected a name behind '.'";
    step->name = xstrndup(*at, size);
    *at += size;
    return NULL;
}

static const char *take_name(struct paku_selector *selector, const char **at)
{
    struct step *step = step_add(selector);
    const char *fault = **at == '"' ? take_quoted(at, step) : take_word(at, step);
    if (fault == NULL)
        step->size = strlen(step->name);
    return fault;
}

static const char *take_index(struct paku_selector *selector, const char **at)
{
    size_t digits = strspn(*at, "0123456789");
    if (digits == 0 || digits > 9 || (*at)[digits] != ']')
        return "expected an index, as in [0]";
    step_add(selector)->index = strtoul(*at, NULL, 10);
    *at += digits + 1;
    return NULL;
}

static const char *path_parse(struct paku_selector *selector, const char **at)
{
    selector->kind = SELECT_PATH;
    if ((*at)[1] == '[')
        (*at)++; /* ".[0]": an element of the payload itself */
    while (**at != '\0') {
        const char *fault;
        char c = *(*at)++;
        if (c == '.')
            fault = take_name(selector, at);
        else if (c == '[')
            fault = take_index(selector, at);
        else
            fault = "expected '.' or '['";
        if (fault != NULL)
            return fault;
    }
    return NULL;
}

static const char *selector_parse(struct paku_selector *selector, const char **at)
{
    if (strcmp(*at, "time") == 0) {
        selector->kind = SELECT_TIME;
        return NULL;
    }
    if (strcmp(*at, ".") == 0) {
        selector->kind = SELECT_PAYLOAD;
        return NULL;
    }
    if (strncmp(*at, "tag.", 4) == 0) {
        *at += 4;
        selector->kind = SELECT_TAG;
        selector->tag = xstrdup(*at);
        return **at != '\0' ? NULL : "expected the name of a tag behind 'tag.'";
    }
    if (**at == '.')
        return path_parse(selector, at);
    return "expected 'time', 'tag.NAME', '.' or a path such as '.metrics.temperature_c'";
}

int paku_selector_create(const char *text, struct paku_selector **ret_selector,
    struct paku_json_error *ret_error)
{
    struct paku_selector *selector = xcalloc(1, sizeof(*selector));
    const char *at = text;
    const char *fault = selector_parse(selector, &at);
    if (fault != NULL) {
        if (ret_error != NULL)
            *ret_error = (struct paku_json_error){fault, (size_t)(at - text)};
        paku_selector_destroy(selector);
        return -EINVAL;
    }
    *ret_selector = selector;
    return 0;
}

void paku_selector_destroy(struct paku_selector *selector)
{
    if (selector == NULL)
        return;
    for (size_t i = 0; i < selector->count; i++)
        free(selector->steps[i].name);
    free(selector->steps);
    free(selector->tag);
    free(selector);
}

static struct paku_value step_element(struct paku_value array, size_t index)
{
    if (paku_value_type(array) != PAKU_JSON_ARRAY || index >= paku_value_count(array))
        return (struct paku_value){NULL, 0};
    struct paku_value element = paku_value_first(array);
    while (index-- > 0)
        element = paku_value_next(element);
    return element;
}

static struct paku_value path_read(const struct paku_selector *selector, struct paku_value value)
{
    for (size_t i = 0; i < selector->count; i++) {
        const struct step *step = &selector->steps[i];
        value = step->name != NULL ? paku_value_member(value, step->name, step->size)
                                   : step_element(value, step->index);
    }
    return value;
}

static struct paku_field json_field(struct paku_value value)
{
    bool there = paku_value_type(value) != PAKU_JSON_NONE;
    return (struct paku_field){
        .type = there ? PAKU_FIELD_JSON : PAKU_FIELD_MISSING, .value = value};
}

static struct paku_field payload_field(const struct paku_record *record)
{
    struct paku_field field = {.type = PAKU_FIELD_BYTES, .text = paku_record_payload(record)};
    switch (paku_record_payload_type(record)) {
    case PAKU_PAYLOAD_JSON:
        return json_field(paku_record_json(record));
    case PAKU_PAYLOAD_TEXT:
        field.type = PAKU_FIELD_TEXT;
        return field;
    case PAKU_PAYLOAD_RAW:
        return field;
    }
    return field;
}

struct paku_field paku_selector_read(const struct paku_selector *selector,
    const struct paku_record *record)
{
    struct paku_field field = {.type = PAKU_FIELD_MISSING};
    switch (selector->kind) {
    case SELECT_TIME:
        field.type = PAKU_FIELD_TIME;
        field.time_ns = paku_record_time(record);
        break;
    case SELECT_TAG:
        if (paku_record_tag(record, selector->tag, &field.text))
            field.type = PAKU_FIELD_TEXT;
        break;
    case SELECT_PAYLOAD:
        return payload_field(record);
    case SELECT_PATH:
        return json_field(path_read(selector, paku_record_json(record)));
    }
    return field;
}
