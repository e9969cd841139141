/* SPDX-License-Identifier: Apache-2.0 */
/* Looks through schemas for what names them: $id, $anchor, $dynamicAnchor. Only where keywords say
 * that a schema stands: an "$id" in a `const` is a value like others. */
#include "equal.h"
#include "keywords.h"
#include "uri.h"

#include <errno.h>

static struct paku_value string_member(struct paku_value object, const char *name, size_t size)
{
    struct paku_value value = paku_value_member(object, name, size);
    return paku_value_type(value) == PAKU_JSON_STRING ? value : (struct paku_value){0};
}

static bool is_there(struct paku_value value)
{
    return paku_value_type(value) != PAKU_JSON_NONE;
}

static struct resource *resource_with(const struct schema_set *set, struct paku_text uri)
{
    for (size_t i = 0; i < set->resource_count; i++) {
        if (text_equal(set->resources[i]->uri, uri))
            return set->resources[i];
    }
    return NULL;
}

static int add_resource(struct schema_set *set, struct document *document, struct paku_value root,
    struct paku_text uri, unsigned vocabularies, struct resource **ret_resource)
{
    struct resource *other = resource_with(set, uri);
    if (other != NULL && (other->document != document || other->root.node != root.node))
        return set_fail(set, document, root, "the URI %.*s is already that of %s", (int)uri.size,
            uri.data, other->document->file);
    struct resource *resource = pool_take(&set->pool, sizeof(*resource));
    *resource = (struct resource){
        .uri = uri, .document = document, .root = root, .vocabularies = vocabularies,
    };
    set->resources = pool_grow(&set->pool, set->resources, &set->resource_capacity,
        set->resource_count + 1, sizeof(struct resource *));
    set->resources[set->resource_count++] = resource;
    *ret_resource = resource;
    return 0;
}

static int add_anchor(struct schema_set *set, struct resource *resource, struct paku_value schema,
    struct paku_value name, bool dynamic)
{
    if (!is_there(name))
        return 0;
    struct anchor anchor = {
        .name = string_text(name, &set->pool), .value = schema, .dynamic = dynamic,
    };
    for (size_t i = 0; i < resource->anchor_count; i++) {
        const struct anchor *other = &resource->anchors[i];
        if (text_equal(other->name, anchor.name) && other->value.node != schema.node)
            return set_fail(set, resource->document, name, "there are two anchors \"%.*s\" in %.*s",
                (int)anchor.name.size, anchor.name.data, (int)resource->uri.size,
                resource->uri.data);
    }
    resource->anchors = pool_grow(&set->pool, resource->anchors, &resource->anchor_capacity,
        resource->anchor_count + 1, sizeof(struct anchor));
    resource->anchors[resource->anchor_count++] = anchor;
    return 0;
}

/* A schema with $id is a resource of its own. */
static int enter_resource(struct schema_set *set, struct document *document,
    struct paku_value schema, struct resource *around, struct resource **ret_resource)
{
    struct paku_value id = string_member(schema, "$id", 3);
    struct paku_text reference = string_text(id, &set->pool);
    struct uri uri = uri_split(reference);
    if (uri.fragment.size > 0)
        return set_fail(set, document, id,
            "expected a URI without a fragment, got \"%.*s\" (write $anchor for a name)",
            (int)reference.size, reference.data);
    unsigned vocabularies = around->vocabularies;
    struct paku_value metaschema = string_member(schema, "$schema", 7);
    if (is_there(metaschema)) {
        int error = dialect_find(set, document, metaschema, string_text(metaschema, &set->pool),
            &vocabularies);
        if (error < 0)
            return error;
    }
    return add_resource(set, document, schema, uri_resolve(around->uri, reference, &set->pool),
        vocabularies, ret_resource);
}

static int scan_parts(struct schema_set *set, struct document *document, struct paku_value parts,
    struct resource *resource)
{
    for (struct paku_value part = paku_value_first(parts); is_there(part);
         part = paku_value_next(part)) {
        int error = scan_schema(set, document, part, resource);
        if (error < 0)
            return error;
    }
    return 0;
}

static int scan_keywords(struct schema_set *set, struct document *document,
    struct paku_value schema, struct resource *resource)
{
    int error = 0;
    for (struct paku_value member = paku_value_first(schema); is_there(member) && error == 0;
         member = paku_value_next(member)) {
        const struct keyword_row *row = keyword_find(
            string_text(paku_value_name(member), &set->pool), resource->vocabularies);
        enum paku_json_type type = paku_value_type(member);
        if (row == NULL || row->shape == SHAPE_NONE)
            continue;
        if (row->shape == SHAPE_SCHEMA)
            error = scan_schema(set, document, member, resource);
        else if (type == (row->shape == SHAPE_LIST ? PAKU_JSON_ARRAY : PAKU_JSON_OBJECT))
            error = scan_parts(set, document, member, resource);
    }
    return error;
}

int scan_schema(struct schema_set *set, struct document *document, struct paku_value value,
    struct resource *resource)
{
    struct slot *slot = document_slot(set, document, value);
    if (slot->resource != NULL && slot->resource->root.node != value.node)
        return 0; /* it was seen */
    int error = 0;
    bool is_root = resource->root.node == value.node && resource->document == document;
    if (!is_root && is_there(string_member(value, "$id", 3)))
        error = enter_resource(set, document, value, resource, &resource);
    if (error < 0)
        return error;
    document_slot(set, document, value)->resource = resource;
    error = add_anchor(set, resource, value, string_member(value, "$anchor", 7), false);
    if (error == 0)
        error = add_anchor(set, resource, value, string_member(value, "$dynamicAnchor", 14), true);
    return error < 0 ? error : scan_keywords(set, document, value, resource);
}

/* The document's own base is its $id, else from where it was got; it is found by both. */
int scan_document(struct schema_set *set, struct document *document)
{
    unsigned vocabularies = VOCABULARY_DEFAULT;
    struct paku_value metaschema = string_member(document->root, "$schema", 7);
    struct resource whole = {.uri = document->uri, .document = document, .root = document->root};
    document->metaschema = (struct paku_text){"https://json-schema.org/draft/2020-12/schema", 44};
    if (is_there(metaschema)) {
        document->metaschema = string_text(metaschema, &set->pool);
        int error = dialect_find(set, document, metaschema, document->metaschema, &vocabularies);
        if (error < 0)
            return error;
    }
    whole.vocabularies = vocabularies;
    int error;
    if (is_there(string_member(document->root, "$id", 3)))
        error = enter_resource(set, document, document->root, &whole, &document->resource);
    else
        error = add_resource(set, document, document->root, document->uri, vocabularies,
            &document->resource);
    return error < 0 ? error : scan_schema(set, document, document->root, document->resource);
}
