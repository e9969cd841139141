/* SPDX-License-Identifier: Apache-2.0 */
/* The keywords of the vocabularies validation and format. */
#include "equal.h"
#include "keywords.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool text_is(struct paku_text text, const char *other)
{
    return text.size == strlen(other) && memcmp(text.data, other, text.size) == 0;
}

static int add_type(struct compiler *compiler, struct paku_value name, unsigned *types)
{
    static const struct {
        const char *name;
        unsigned type;
    } known[] = {
        {"null", TYPE_BIT(PAKU_JSON_NULL)}, {"boolean", TYPE_BIT(PAKU_JSON_BOOL)},
        {"number", TYPE_BIT(PAKU_JSON_NUMBER)}, {"integer", TYPE_INTEGER},
        {"string", TYPE_BIT(PAKU_JSON_STRING)}, {"array", TYPE_BIT(PAKU_JSON_ARRAY)},
        {"object", TYPE_BIT(PAKU_JSON_OBJECT)},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (paku_value_type(name) == PAKU_JSON_STRING &&
            text_is(compile_text(compiler, name), known[i].name)) {
            *types |= known[i].type;
            return 0;
        }
    }
    return compile_fail(compiler, name, "expected null, boolean, number, integer, string, array or "
        "object, got %.*s", (int)paku_value_raw(name).size, paku_value_raw(name).data);
}

DECLARE_COMPILE(type)
{
    (void)ret_used;
    if (paku_value_type(value) == PAKU_JSON_STRING)
        return add_type(compiler, value, &keyword->allowed);
    for (struct paku_value name = paku_value_first(value);
         paku_value_type(name) != PAKU_JSON_NONE; name = paku_value_next(name)) {
        int error = add_type(compiler, name, &keyword->allowed);
        if (error < 0)
            return error;
    }
    return 0;
}

DECLARE_COMPILE(value)
{
    (void)compiler, (void)ret_used;
    keyword->value = value;
    return 0;
}

DECLARE_COMPILE(multiple_of)
{
    (void)ret_used;
    struct divisor *divisor = pool_take(&compiler->set->pool, sizeof(*divisor));
    if (divisor_init(divisor, paku_value_raw(value), &compiler->set->pool) < 0)
        return compile_fail(compiler, value, "expected a number above 0, got %.*s",
            (int)paku_value_raw(value).size, paku_value_raw(value).data);
    keyword->divisor = divisor;
    return 0;
}

DECLARE_COMPILE(bound)
{
    (void)ret_used;
    struct bound *bound = pool_take(&compiler->set->pool, sizeof(*bound));
    bool exclusive = keyword->name[0] == 'e';
    bool most = strstr(keyword->name, "ax") != NULL;
    *bound = (struct bound){
        .number = number_read(paku_value_raw(value)),
        .text = paku_value_raw(value),
        .words = most ? (exclusive ? "less than" : "at most")
                      : (exclusive ? "more than" : "at least"),
        .below = most,
        .equal = !exclusive,
        .above = !most,
    };
    keyword->bound = bound;
    return 0;
}

static int read_count(struct compiler *compiler, struct paku_value value, uint64_t *ret_count)
{
    struct number number = number_read(paku_value_raw(value));
    if (number_to_count(&number, ret_count) < 0)
        return compile_fail(compiler, value, "expected a whole number from 0, got %.*s",
            (int)paku_value_raw(value).size, paku_value_raw(value).data);
    return 0;
}

DECLARE_COMPILE(limit)
{
    (void)ret_used;
    keyword->limit.most = keyword->name[1] == 'a';
    return read_count(compiler, value, &keyword->limit.count);
}

static int add_regex(struct compiler *compiler, struct paku_value where, struct paku_text pattern,
    struct regex **ret_regex)
{
    struct schema_set *set = compiler->set;
    struct paku_text message;
    if (regex_create(pattern, &set->pool, ret_regex, &message) < 0)
        return compile_fail(compiler, where, "\"%.*s\" is no regular expression of ECMA-262: %.*s",
            (int)pattern.size, pattern.data, (int)message.size, message.data);
    set->regexes = pool_grow(&set->pool, set->regexes, &set->regex_capacity,
        set->regex_count + 1, sizeof(struct regex *));
    set->regexes[set->regex_count++] = *ret_regex;
    return 0;
}

DECLARE_COMPILE(pattern)
{
    (void)ret_used;
    struct regex *regex;
    int error = add_regex(compiler, value, compile_text(compiler, value), &regex);
    if (error == 0)
        keyword->regex = regex;
    return error;
}

DECLARE_COMPILE(format)
{
    bool asked = (compiler->schema->resource->vocabularies & VOCABULARY_FORMAT_ASSERTION) != 0;
    keyword->format = format_find(compile_text(compiler, value));
    *ret_used = keyword->format != NULL && (asked || compiler->set->assert_formats);
    return 0;
}

DECLARE_COMPILE(unique)
{
    (void)compiler, (void)keyword;
    *ret_used = paku_value_bool(value);
    return 0;
}

static int read_names(struct compiler *compiler, struct paku_value list, struct names *ret_names)
{
    struct names names = {0};
    if (paku_value_type(list) != PAKU_JSON_ARRAY)
        return compile_fail(compiler, list, "expected a list of names");
    names.items = pool_take(&compiler->set->pool, paku_value_count(list) * sizeof(*names.items));
    for (struct paku_value name = paku_value_first(list);
         paku_value_type(name) != PAKU_JSON_NONE; name = paku_value_next(name)) {
        if (paku_value_type(name) != PAKU_JSON_STRING)
            return compile_fail(compiler, name, "expected a name, got %.*s",
                (int)paku_value_raw(name).size, paku_value_raw(name).data);
        names.items[names.count++] = compile_text(compiler, name);
    }
    *ret_names = names;
    return 0;
}

DECLARE_COMPILE(required)
{
    (void)ret_used;
    return read_names(compiler, value, &keyword->names);
}

static struct dependents *make_dependents(struct compiler *compiler, struct paku_value map)
{
    struct dependents *dependents = pool_take(&compiler->set->pool, sizeof(*dependents));
    dependents->items = pool_take(&compiler->set->pool,
        paku_value_count(map) * sizeof(*dependents->items));
    return dependents;
}

DECLARE_COMPILE(dependent_required)
{
    (void)ret_used;
    struct dependents *dependents = make_dependents(compiler, value);
    for (struct paku_value list = paku_value_first(value);
         paku_value_type(list) != PAKU_JSON_NONE; list = paku_value_next(list)) {
        struct names names;
        int error = read_names(compiler, list, &names);
        if (error < 0)
            return error;
        dependents->items[dependents->count].name = compile_text(compiler, paku_value_name(list));
        dependents->items[dependents->count++].required = names;
    }
    keyword->dependents = dependents;
    return 0;
}

DECLARE_COMPILE(dependent_schemas)
{
    (void)ret_used;
    struct dependents *dependents = make_dependents(compiler, value);
    for (struct paku_value schema = paku_value_first(value);
         paku_value_type(schema) != PAKU_JSON_NONE; schema = paku_value_next(schema)) {
        struct paku_text name = compile_text(compiler, paku_value_name(schema));
        int error = compile_child(compiler, schema, IN_PLACE, keyword->name, name,
            &dependents->items[dependents->count].child);
        if (error < 0)
            return error;
        dependents->items[dependents->count++].name = name;
    }
    keyword->dependents = dependents;
    return 0;
}

/* -- Members: they have patterns, so they stand here -- */

static int compare_properties(const void *left, const void *right)
{
    const struct property *l = left, *r = right;
    if (l->name.size != r->name.size)
        return l->name.size < r->name.size ? -1 : 1;
    return memcmp(l->name.data, r->name.data, l->name.size);
}

static int read_properties(struct compiler *compiler, struct members *members)
{
    struct paku_value map = compiler->values[KEYWORD_PROPERTIES];
    members->properties = pool_take(&compiler->set->pool,
        paku_value_count(map) * sizeof(*members->properties));
    for (struct paku_value schema = paku_value_first(map);
         paku_value_type(schema) != PAKU_JSON_NONE; schema = paku_value_next(schema)) {
        struct property *property = &members->properties[members->count++];
        property->name = compile_text(compiler, paku_value_name(schema));
        int error = compile_child(compiler, schema, INSIDE, "properties", property->name,
            &property->child);
        if (error < 0)
            return error;
    }
    qsort(members->properties, members->count, sizeof(*members->properties), compare_properties);
    return 0;
}

static int read_patterns(struct compiler *compiler, struct members *members)
{
    struct paku_value map = compiler->values[KEYWORD_PATTERN_PROPERTIES];
    members->patterns = pool_take(&compiler->set->pool,
        paku_value_count(map) * sizeof(*members->patterns));
    for (struct paku_value schema = paku_value_first(map);
         paku_value_type(schema) != PAKU_JSON_NONE; schema = paku_value_next(schema)) {
        struct pattern_property *pattern = &members->patterns[members->pattern_count++];
        struct paku_text text = compile_text(compiler, paku_value_name(schema));
        int error = add_regex(compiler, schema, text, &pattern->regex);
        if (error == 0)
            error = compile_child(compiler, schema, INSIDE, "patternProperties", text,
                &pattern->child);
        if (error < 0)
            return error;
    }
    return 0;
}

static bool is_there(const struct compiler *compiler, enum keyword_id id)
{
    return paku_value_type(compiler->values[id]) != PAKU_JSON_NONE;
}

/* The first of the three that is there stands for all. */
DECLARE_COMPILE(members)
{
    *ret_used = value.node == compiler->values[KEYWORD_PROPERTIES].node ||
        (!is_there(compiler, KEYWORD_PROPERTIES) &&
            (value.node == compiler->values[KEYWORD_PATTERN_PROPERTIES].node ||
                !is_there(compiler, KEYWORD_PATTERN_PROPERTIES)));
    if (!*ret_used)
        return 0;
    struct members *members = pool_take(&compiler->set->pool, sizeof(*members));
    int error = read_properties(compiler, members);
    if (error == 0)
        error = read_patterns(compiler, members);
    if (error == 0 && is_there(compiler, KEYWORD_ADDITIONAL_PROPERTIES))
        error = compile_child(compiler, compiler->values[KEYWORD_ADDITIONAL_PROPERTIES], INSIDE,
            "additionalProperties", (struct paku_text){0}, &members->rest);
    keyword->members = members;
    return error;
}
