/* SPDX-License-Identifier: Apache-2.0 */
/* From places in documents to a graph of schemas. Schemas that are met are queued, not entered, so
 * that neither deep documents nor long chains of references need a deep stack. */
#include "equal.h"
#include "keywords.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const type_names[] = {
    "nothing", "null", "a boolean", "a number", "a string", "an array", "an object",
};

int compile_fail(struct compiler *compiler, struct paku_value value, const char *format, ...)
{
    char *message;
    va_list args;
    va_start(args, format);
    int size = vasprintf(&message, format, args);
    va_end(args);
    if (size < 0)
        abort();
    int error = set_fail(compiler->set, compiler->schema->document, value, "%s", message);
    free(message);
    return error;
}

struct paku_text compile_text(struct compiler *compiler, struct paku_value string)
{
    return string_text(string, &compiler->set->pool);
}

struct paku_text compile_index(struct compiler *compiler, size_t index)
{
    return pool_print(&compiler->set->pool, "%zu", index);
}

int compile_schema_at(struct schema_set *set, struct document *document, struct paku_value value,
    struct schema **ret_schema)
{
    struct slot *slot = document_slot(set, document, value);
    if (slot->schema == NULL) {
        struct schema *schema = pool_take(&set->pool, sizeof(*schema));
        schema->document = document;
        schema->resource = slot->resource;
        schema->value = value;
        schema->resource->used = true;
        if (set->last_pending != NULL)
            set->last_pending->next_pending = schema;
        else
            set->pending = schema;
        set->last_pending = schema;
        set->schemas = pool_grow(&set->pool, set->schemas, &set->schema_capacity,
            set->schema_count + 1, sizeof(struct schema *));
        set->schemas[set->schema_count++] = schema;
        slot->schema = schema;
    }
    *ret_schema = slot->schema;
    return 0;
}

static int add_child(struct compiler *compiler, struct document *document,
    struct paku_value value, enum place place, struct child *child)
{
    struct schema *schema = compiler->schema;
    int error = compile_schema_at(compiler->set, document, value, &child->schema);
    if (error < 0 || place == INSIDE)
        return error;
    schema->in_place = pool_grow(&compiler->set->pool, schema->in_place,
        &schema->in_place_capacity, schema->in_place_count + 1, sizeof(struct schema *));
    schema->in_place[schema->in_place_count++] = child->schema;
    return 0;
}

int compile_child(struct compiler *compiler, struct paku_value value, enum place place,
    const char *keyword, struct paku_text part, struct child *ret_child)
{
    enum paku_json_type type = paku_value_type(value);
    if (type != PAKU_JSON_OBJECT && type != PAKU_JSON_BOOL)
        return compile_fail(compiler, value, "expected a schema (an object or a boolean), got %s",
            type_names[type]);
    *ret_child = (struct child){.keyword = keyword, .part = part};
    return add_child(compiler, compiler->schema->document, value, place, ret_child);
}

/* -- References -- */

static int compile_reference(struct compiler *compiler, struct paku_value value,
    const char *keyword, struct child *ret_child, const struct anchor **ret_anchor)
{
    struct document *document;
    struct paku_value target;
    int error = registry_resolve(compiler->set, compiler->schema, value, &document, &target,
        ret_anchor);
    if (error < 0)
        return error;
    enum paku_json_type type = paku_value_type(target);
    if (type != PAKU_JSON_OBJECT && type != PAKU_JSON_BOOL)
        return compile_fail(compiler, value, "%.*s leads to no schema, but to %s",
            (int)paku_value_raw(value).size, paku_value_raw(value).data, type_names[type]);
    *ret_child = (struct child){.keyword = keyword};
    return add_child(compiler, document, target, IN_PLACE, ret_child);
}

DECLARE_COMPILE(ref)
{
    (void)ret_used;
    const struct anchor *anchor;
    return compile_reference(compiler, value, keyword->name, &keyword->child, &anchor);
}

DECLARE_COMPILE(dynamic_ref)
{
    (void)ret_used;
    const struct anchor *anchor;
    struct dynamic *dynamic = pool_take(&compiler->set->pool, sizeof(*dynamic));
    int error = compile_reference(compiler, value, keyword->name, &dynamic->child, &anchor);
    if (error < 0)
        return error;
    if (anchor != NULL) {
        dynamic->name = anchor->name;
        compiler->schema->in_place_count--; /* where it leads is known when it is evaluated */
    }
    keyword->dynamic = dynamic;
    return 0;
}

/* -- One schema -- */

static int collect_keywords(struct compiler *compiler, size_t *ret_count)
{
    struct schema *schema = compiler->schema;
    size_t count = 0;
    for (struct paku_value member = paku_value_first(schema->value);
         paku_value_type(member) != PAKU_JSON_NONE; member = paku_value_next(member)) {
        const struct keyword_row *row = keyword_find(
            compile_text(compiler, paku_value_name(member)), schema->resource->vocabularies);
        if (row == NULL)
            continue;
        if ((row->accepts & TYPE_BIT(paku_value_type(member))) == 0)
            return compile_fail(compiler, member, "%s cannot be %s", row->name,
                type_names[paku_value_type(member)]);
        compiler->values[row - keyword_rows] = member;
        count++;
    }
    *ret_count = count;
    return 0;
}

static int compile_schema(struct schema_set *set, struct schema *schema)
{
    struct compiler compiler = {.set = set, .schema = schema};
    if (paku_value_type(schema->value) == PAKU_JSON_BOOL) {
        schema->is_boolean = true;
        schema->allows = paku_value_bool(schema->value);
        return 0;
    }
    size_t count = 0;
    int error = collect_keywords(&compiler, &count);
    if (error < 0)
        return error;
    schema->keywords = pool_take(&set->pool, count * sizeof(struct keyword));
    for (size_t i = 0; i < KEYWORD_COUNT; i++) {
        const struct keyword_row *row = &keyword_rows[i];
        bool used = true;
        if (paku_value_type(compiler.values[i]) == PAKU_JSON_NONE || row->compile == NULL)
            continue;
        struct keyword keyword = {.check = row->check, .name = row->name, .types = row->types};
        error = row->compile(&compiler, &keyword, compiler.values[i], &used);
        if (error < 0)
            return error;
        if (used)
            schema->keywords[schema->count++] = keyword;
    }
    return 0;
}

static int compile_queue(struct schema_set *set)
{
    while (set->pending != NULL) {
        struct schema *schema = set->pending;
        set->pending = schema->next_pending;
        if (set->pending == NULL)
            set->last_pending = NULL;
        int error = compile_schema(set, schema);
        if (error < 0)
            return error;
    }
    return 0;
}

/* $dynamicRef may lead to any dynamic anchor of a resource that is in use. */
static int compile_dynamic_anchors(struct schema_set *set)
{
    for (size_t i = 0; i < set->resource_count; i++) {
        struct resource *resource = set->resources[i];
        for (size_t a = 0; resource->used && a < resource->anchor_count; a++) {
            struct anchor *anchor = &resource->anchors[a];
            if (!anchor->dynamic || anchor->schema != NULL)
                continue;
            int error = compile_schema_at(set, resource->document, anchor->value, &anchor->schema);
            if (error < 0)
                return error;
        }
    }
    return 0;
}

int compile_pending(struct schema_set *set)
{
    int error = 0;
    while (set->pending != NULL && error == 0) {
        error = compile_queue(set);
        if (error == 0)
            error = compile_dynamic_anchors(set);
    }
    return error;
}
