/* SPDX-License-Identifier: Apache-2.0 */
#include "topic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LEVELS_MAX 64

enum level_kind {
    LEVEL_LITERAL,
    LEVEL_ANY,
    LEVEL_TAG,
    LEVEL_REST,     /* "#" */
    LEVEL_REST_TAG, /* "{#name}" */
};

struct level {
    enum level_kind kind;
    char *text; /* the literal or the tag's name */
};

struct topic_template {
    size_t count;
    struct level levels[LEVELS_MAX];
};

static bool is_tag_name(const char *name, size_t size)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

    return size > 0 && size <= 255 && strspn(name, allowed) >= size;
}

static enum level_kind level_kind(const char *text, size_t size)
{
    if (size == 1 && text[0] == '+')
        return LEVEL_ANY;
    if (size == 1 && text[0] == '#')
        return LEVEL_REST;
    if (size >= 2 && text[0] == '{' && text[size - 1] == '}')
        return size >= 3 && text[1] == '#' ? LEVEL_REST_TAG : LEVEL_TAG;
    return LEVEL_LITERAL;
}

/* NULL, or what is wrong with the level. */
static const char *level_parse(struct level *level, const char *text, size_t size)
{
    level->kind = level_kind(text, size);
    if (level->kind == LEVEL_TAG || level->kind == LEVEL_REST_TAG) {
        size_t skip = level->kind == LEVEL_TAG ? 1 : 2;
        text += skip;
        size -= skip + 1;
        if (!is_tag_name(text, size))
            return "a name in braces has letters, digits, '_' and '-' only";
    } else if (level->kind == LEVEL_LITERAL && strcspn(text, "{}+#") < size) {
        return "'{', '}', '+' and '#' must take up a whole level";
    }
    level->text = strndup(text, size);
    return level->text != NULL ? NULL : "out of memory";
}

static bool takes_rest(const struct level *level)
{
    return level->kind == LEVEL_REST || level->kind == LEVEL_REST_TAG;
}

static const char *template_parse(struct topic_template *template, const char *text)
{
    for (;;) {
        size_t size = strcspn(text, "/");
        if (template->count == LEVELS_MAX)
            return "a template has at most 64 levels";
        struct level *level = &template->levels[template->count++];
        const char *fault = level_parse(level, text, size);
        if (fault != NULL)
            return fault;
        if (text[size] == '\0')
            return NULL;
        if (takes_rest(level))
            return "'#' must be the last level";
        text += size + 1;
    }
}

int topic_template_create(const char *text, struct topic_template **ret_template,
    const char **ret_fault)
{
    struct topic_template *template = calloc(1, sizeof(*template));
    if (template == NULL)
        return -ENOMEM;
    const char *fault = template_parse(template, text);
    if (fault != NULL) {
        *ret_fault = fault;
        topic_template_destroy(template);
        return -EINVAL;
    }
    *ret_template = template;
    return 0;
}

void topic_template_destroy(struct topic_template *template)
{
    if (template == NULL)
        return;
    for (size_t i = 0; i < template->count; i++)
        free(template->levels[i].text);
    free(template);
}

static bool level_fits(const struct level *level, const char *text, size_t size)
{
    return level->kind != LEVEL_LITERAL ||
        (strlen(level->text) == size && memcmp(level->text, text, size) == 0);
}

/* Notes where each level's text stands in `topic`. */
static bool template_fits(const struct topic_template *template, const char *topic,
    struct paku_text *texts)
{
    const char *at = topic;
    for (size_t i = 0; i < template->count; i++) {
        const struct level *level = &template->levels[i];
        if (at == NULL)
            return level->kind == LEVEL_REST; /* as a filter: "a/#" fits "a" */
        if (takes_rest(level)) {
            texts[i] = (struct paku_text){at, strlen(at)};
            return true;
        }
        size_t size = strcspn(at, "/");
        if (!level_fits(level, at, size))
            return false;
        texts[i] = (struct paku_text){at, size};
        at = at[size] == '/' ? at + size + 1 : NULL;
    }
    return at == NULL;
}

int topic_template_apply(const struct topic_template *template, const char *topic,
    struct paku_record *record)
{
    struct paku_text texts[LEVELS_MAX];
    if (!template_fits(template, topic, texts))
        return -ENOENT;
    for (size_t i = 0; i < template->count; i++) {
        const struct level *level = &template->levels[i];
        if (level->kind != LEVEL_TAG && level->kind != LEVEL_REST_TAG)
            continue;
        int error = paku_record_set_tag(record, level->text, texts[i]);
        if (error < 0)
            return error;
    }
    return 0;
}
