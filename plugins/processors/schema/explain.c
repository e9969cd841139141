/* SPDX-License-Identifier: Apache-2.0 */
/* What is told to people about a value that does not fit. */
#include "equal.h"
#include "evaluate.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_BYTES 60
#define MESSAGE_BYTES 1000

/* -- Pointers, built from their end -- */

struct path {
    struct pool *pool;
    struct paku_text text;
};

static size_t encoded_size(unsigned char c)
{
    return c == '~' || c == '/' ? 2 : c <= ' ' || c == '%' || c == 0x7f ? 3 : 1;
}

static void prepend(struct path *path, struct paku_text token)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t size = 1;
    for (size_t i = 0; i < token.size; i++)
        size += encoded_size((unsigned char)token.data[i]);
    char *text = pool_take(path->pool, size + path->text.size + 1), *at = text;
    *at++ = '/';
    for (size_t i = 0; i < token.size; i++) {
        unsigned char c = (unsigned char)token.data[i];
        switch (encoded_size(c)) {
        case 2:
            *at++ = '~';
            *at++ = c == '~' ? '0' : '1';
            break;
        case 3:
            *at++ = '%';
            *at++ = digits[c >> 4];
            *at++ = digits[c & 15];
            break;
        default:
            *at++ = (char)c;
        }
    }
    memcpy(at, path->text.data, path->text.size);
    path->text = (struct paku_text){text, size + path->text.size};
}

static const char *instance_pointer(struct evaluation *evaluation, const struct frame *frame,
    size_t *ret_depth)
{
    struct path path = {&evaluation->texts, {"", 0}};
    *ret_depth = 0;
    for (; frame != NULL; frame = frame->parent) {
        if (!frame->descends)
            continue;
        struct paku_value name = paku_value_name(frame->value);
        prepend(&path, paku_value_type(name) != PAKU_JSON_NONE
                ? string_text(name, &evaluation->texts)
                : pool_print(&evaluation->texts, "%u", frame->index));
        ++*ret_depth;
    }
    return path.text.size > 0 ? path.text.data : "#";
}

static const char *schema_pointer(struct evaluation *evaluation, const struct frame *frame,
    const char *keyword)
{
    struct path path = {&evaluation->texts, {"", 0}};
    if (keyword != NULL)
        prepend(&path, (struct paku_text){keyword, strlen(keyword)});
    for (; frame != NULL; frame = frame->parent) {
        if (frame->via == NULL)
            continue;
        if (frame->via->part.data != NULL)
            prepend(&path, frame->via->part);
        prepend(&path, (struct paku_text){frame->via->keyword, strlen(frame->via->keyword)});
    }
    return path.text.size > 0 ? path.text.data : "#";
}

/* -- Values in words -- */

/* At most so many bytes, not within a character. */
static size_t shown_size(struct paku_text text)
{
    if (text.size <= SHOWN_BYTES)
        return text.size;
    size_t size = SHOWN_BYTES;
    while (size > 0 && ((unsigned char)text.data[size] & 0xc0) == 0x80)
        size--;
    return size;
}

struct paku_text quote(struct evaluation *evaluation, struct paku_text text)
{
    size_t shown = shown_size(text), size = 0;
    char *out = pool_take(&evaluation->texts, 6 * shown + 8);
    out[size++] = '"';
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < ' ' || c == 0x7f) {
            size += (size_t)sprintf(out + size, "\\u%04x", c);
            continue;
        }
        if (c == '"' || c == '\\')
            out[size++] = '\\';
        out[size++] = (char)c;
    }
    size += (size_t)sprintf(out + size, "%s\"", shown < text.size ? "\xe2\x80\xa6" : "");
    return (struct paku_text){out, size};
}

struct paku_text describe(struct evaluation *evaluation, struct paku_value value)
{
    struct pool *pool = &evaluation->texts;
    size_t count = paku_value_count(value);
    struct paku_text raw = paku_value_raw(value);
    switch (paku_value_type(value)) {
    case PAKU_JSON_STRING:
        return pool_print(pool, "the string %s",
            quote(evaluation, string_text(value, pool)).data);
    case PAKU_JSON_NUMBER:
        return pool_print(pool, "the number %.*s%s", (int)shown_size(raw), raw.data,
            raw.size > SHOWN_BYTES ? "\xe2\x80\xa6" : "");
    case PAKU_JSON_ARRAY:
        return count == 0 ? pool_print(pool, "an empty array")
                          : pool_print(pool, "an array of %zu item%s", count, count == 1 ? "" : "s");
    case PAKU_JSON_OBJECT:
        return count == 0 ? pool_print(pool, "an empty object")
                          : pool_print(pool, "an object with %zu member%s", count,
                                count == 1 ? "" : "s");
    default:
        return pool_print(pool, "%.*s", (int)raw.size, raw.data);
    }
}

/* -- Problems -- */

static void record_problem(struct evaluation *evaluation, const struct frame *frame,
    const char *keyword, unsigned weight, struct problem *problem, const char *message)
{
    problem->instance = instance_pointer(evaluation, frame, &problem->depth);
    problem->schema = schema_pointer(evaluation, frame, keyword);
    problem->weight = weight;
    problem->message = pool_copy(&evaluation->texts,
        (struct paku_text){message, strlen(message)}).data;
}

static bool is_wanted(const struct evaluation *evaluation)
{
    return evaluation->explaining && evaluation->problem->message == NULL;
}

bool fail(struct evaluation *evaluation, const struct frame *frame, const char *keyword,
    unsigned weight, const char *format, ...)
{
    if (!is_wanted(evaluation))
        return false;
    char message[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    record_problem(evaluation, frame, keyword, weight, evaluation->problem, message);
    return false;
}

bool fail_expected(struct evaluation *evaluation, const struct frame *frame, const char *keyword,
    unsigned weight, const char *format, ...)
{
    if (!is_wanted(evaluation))
        return false;
    char message[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    return fail(evaluation, frame, keyword, weight, "expected %s, got %s", message,
        describe(evaluation, frame->value).data);
}

bool fail_broken(struct evaluation *evaluation, const struct frame *frame, const char *keyword,
    const char *format, ...)
{
    if (!evaluation->explaining || evaluation->broken) {
        evaluation->broken = true;
        return false;
    }
    char message[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    evaluation->broken = true;
    record_problem(evaluation, frame, keyword, 0, &evaluation->broken_by, message);
    return false;
}
