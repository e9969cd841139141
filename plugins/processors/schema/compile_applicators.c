/* SPDX-License-Identifier: Apache-2.0 */
/* The keywords that apply other schemas, as far as they are neither about members nor references. */
#include "keywords.h"

#include <errno.h>

static bool is_there(const struct compiler *compiler, enum keyword_id id)
{
    return paku_value_type(compiler->values[id]) != PAKU_JSON_NONE;
}

static int optional_child(struct compiler *compiler, enum keyword_id id, enum place place,
    struct child *child)
{
    if (!is_there(compiler, id))
        return 0;
    return compile_child(compiler, compiler->values[id], place, keyword_rows[id].name,
        (struct paku_text){0}, child);
}

DECLARE_COMPILE(inside)
{
    (void)ret_used;
    return compile_child(compiler, value, INSIDE, keyword->name, (struct paku_text){0},
        &keyword->child);
}

DECLARE_COMPILE(in_place)
{
    (void)ret_used;
    return compile_child(compiler, value, IN_PLACE, keyword->name, (struct paku_text){0},
        &keyword->child);
}

static int read_children(struct compiler *compiler, struct paku_value list, enum place place,
    const char *name, struct children *ret_children)
{
    struct children children = {0};
    children.items = pool_take(&compiler->set->pool,
        paku_value_count(list) * sizeof(*children.items));
    for (struct paku_value schema = paku_value_first(list);
         paku_value_type(schema) != PAKU_JSON_NONE; schema = paku_value_next(schema)) {
        int error = compile_child(compiler, schema, place, name,
            compile_index(compiler, children.count), &children.items[children.count]);
        if (error < 0)
            return error;
        children.count++;
    }
    *ret_children = children;
    return 0;
}

DECLARE_COMPILE(list)
{
    (void)ret_used;
    if (paku_value_count(value) == 0)
        return compile_fail(compiler, value, "expected at least one schema, got an empty list");
    return read_children(compiler, value, IN_PLACE, keyword->name, &keyword->children);
}

/* prefixItems and items; the first of the two that is there stands for both. */
DECLARE_COMPILE(items)
{
    *ret_used = value.node == compiler->values[KEYWORD_PREFIX_ITEMS].node ||
        !is_there(compiler, KEYWORD_PREFIX_ITEMS);
    if (!*ret_used)
        return 0;
    struct items *items = pool_take(&compiler->set->pool, sizeof(*items));
    struct children prefix = {0};
    int error = 0;
    if (is_there(compiler, KEYWORD_PREFIX_ITEMS))
        error = read_children(compiler, compiler->values[KEYWORD_PREFIX_ITEMS], INSIDE,
            "prefixItems", &prefix);
    if (error == 0)
        error = optional_child(compiler, KEYWORD_ITEMS, INSIDE, &items->rest);
    items->prefix_count = prefix.count;
    items->prefix = prefix.items;
    keyword->items = items;
    return error;
}

static int read_count(struct compiler *compiler, enum keyword_id id, uint64_t *ret_count)
{
    struct paku_text text = paku_value_raw(compiler->values[id]);
    struct number number = number_read(text);
    if (number_to_count(&number, ret_count) < 0)
        return compile_fail(compiler, compiler->values[id],
            "expected a whole number from 0, got %.*s", (int)text.size, text.data);
    return 0;
}

DECLARE_COMPILE(contains)
{
    (void)ret_used;
    struct contains *contains = pool_take(&compiler->set->pool, sizeof(*contains));
    contains->least = 1;
    contains->most = UINT64_MAX;
    contains->has_least = is_there(compiler, KEYWORD_MIN_CONTAINS);
    contains->has_most = is_there(compiler, KEYWORD_MAX_CONTAINS);
    int error = compile_child(compiler, value, INSIDE, keyword->name, (struct paku_text){0},
        &contains->child);
    if (error == 0 && contains->has_least)
        error = read_count(compiler, KEYWORD_MIN_CONTAINS, &contains->least);
    if (error == 0 && contains->has_most)
        error = read_count(compiler, KEYWORD_MAX_CONTAINS, &contains->most);
    keyword->contains = contains;
    return error;
}

/* Without then and else it still says what is evaluated. */
DECLARE_COMPILE(if)
{
    (void)ret_used, (void)value;
    struct conditional *conditional = pool_take(&compiler->set->pool, sizeof(*conditional));
    int error = optional_child(compiler, KEYWORD_IF, IN_PLACE, &conditional->condition);
    if (error == 0)
        error = optional_child(compiler, KEYWORD_THEN, IN_PLACE, &conditional->then);
    if (error == 0)
        error = optional_child(compiler, KEYWORD_ELSE, IN_PLACE, &conditional->otherwise);
    keyword->conditional = conditional;
    return error;
}

DECLARE_COMPILE(unevaluated)
{
    compiler->schema->unevaluated |= keyword->types;
    return compile_inside(compiler, keyword, value, ret_used);
}
