/* SPDX-License-Identifier: Apache-2.0 */
#include "name_template.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTS_MAX 16

struct part {
    const char *text; /* what stands before the selector */
    size_t size;
    struct paku_selector *selector; /* NULL: nothing behind the text */
};

struct name_template {
    char *text;
    size_t count;
    struct part parts[PARTS_MAX];
};

static int refuse(struct paku_json_error *ret_error, const char *message, size_t offset)
{
    *ret_error = (struct paku_json_error){message, offset};
    return -EINVAL;
}

/* "kind" is short for ".kind". */
static int create_selector(const char *from, size_t size, size_t offset,
    struct paku_selector **ret_selector, struct paku_json_error *ret_error)
{
    char text[256];
    bool plain = size > 0 && from[0] != '.' && strncmp(from, "tag.", 4) != 0;
    if (size == 0 || size + 2 > sizeof(text))
        return refuse(ret_error, "expected a name or a selector in the braces", offset);
    snprintf(text, sizeof(text), "%s%.*s", plain ? "." : "", (int)size, from);
    int error = paku_selector_create(text, ret_selector, ret_error);
    if (error < 0)
        ret_error->offset += offset - plain;
    return error;
}

static int read_parts(struct name_template *name_template, struct paku_json_error *ret_error)
{
    const char *begin = name_template->text, *at = begin;
    while (*at != '\0') {
        const char *open = strchrnul(at, '{');
        const char *close = strchr(open, '}');
        if (name_template->count == PARTS_MAX)
            return refuse(ret_error, "too many parts", (size_t)(at - begin));
        struct part *part = &name_template->parts[name_template->count++];
        *part = (struct part){.text = at, .size = (size_t)(open - at)};
        if (*open == '\0')
            return 0;
        if (close == NULL)
            return refuse(ret_error, "expected a '}'", strlen(begin));
        int error = create_selector(open + 1, (size_t)(close - open - 1),
            (size_t)(open + 1 - begin), &part->selector, ret_error);
        if (error < 0)
            return error;
        at = close + 1;
    }
    return 0;
}

int name_template_create(const char *text, struct name_template **ret_template,
    struct paku_json_error *ret_error)
{
    struct name_template *name_template = calloc(1, sizeof(*name_template));
    if (name_template == NULL)
        abort();
    name_template->text = strdup(text);
    int error = name_template->text == NULL ? -ENOMEM : read_parts(name_template, ret_error);
    if (error < 0) {
        name_template_destroy(name_template);
        return error;
    }
    *ret_template = name_template;
    return 0;
}

void name_template_destroy(struct name_template *name_template)
{
    if (name_template == NULL)
        return;
    for (size_t i = 0; i < name_template->count; i++)
        paku_selector_destroy(name_template->parts[i].selector);
    free(name_template->text);
    free(name_template);
}

static bool push(char *name, size_t *size, struct paku_text text)
{
    if (*size + text.size >= NAME_TEMPLATE_MAX)
        return false;
    memcpy(name + *size, text.data, text.size);
    *size += text.size;
    name[*size] = '\0';
    return true;
}

static bool push_field(char *name, size_t *size, struct paku_field field)
{
    if (field.type == PAKU_FIELD_TEXT)
        return push(name, size, field.text);
    if (field.type != PAKU_FIELD_JSON)
        return false;
    struct paku_text text = paku_value_raw(field.value);
    switch (paku_value_type(field.value)) {
    case PAKU_JSON_NUMBER:
        return push(name, size, text);
    case PAKU_JSON_STRING:
        if (paku_value_plain(field.value, &text))
            return push(name, size, text);
        char buffer[NAME_TEMPLATE_MAX];
        if (text.size > sizeof(buffer))
            return false;
        int64_t decoded = paku_value_decode(field.value, buffer);
        return decoded >= 0 && memchr(buffer, '\0', (size_t)decoded) == NULL &&
            push(name, size, (struct paku_text){buffer, (size_t)decoded});
    default:
        return false;
    }
}

bool name_template_fill(const struct name_template *name_template,
    const struct paku_record *record, char name[NAME_TEMPLATE_MAX])
{
    size_t size = 0;
    name[0] = '\0';
    for (size_t i = 0; i < name_template->count; i++) {
        const struct part *part = &name_template->parts[i];
        if (!push(name, &size, (struct paku_text){part->text, part->size}))
            return false;
        if (part->selector != NULL &&
            !push_field(name, &size, paku_selector_read(part->selector, record)))
            return false;
    }
    return true;
}
