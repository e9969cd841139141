/* SPDX-License-Identifier: Apache-2.0 */
/* $schema names a metaschema, the metaschema names the vocabularies that are in force. */
#include "engine.h"
#include "equal.h"
#include "uri.h"

#include <errno.h>
#include <string.h>

#define DRAFT "https://json-schema.org/draft/2020-12/"

static const struct {
    const char *uri;
    unsigned vocabulary;
} vocabularies[] = {
    {DRAFT "vocab/core", VOCABULARY_CORE},
    {DRAFT "vocab/applicator", VOCABULARY_APPLICATOR},
    {DRAFT "vocab/unevaluated", VOCABULARY_UNEVALUATED},
    {DRAFT "vocab/validation", VOCABULARY_VALIDATION},
    {DRAFT "vocab/meta-data", VOCABULARY_META_DATA},
    {DRAFT "vocab/format-annotation", VOCABULARY_FORMAT_ANNOTATION},
    {DRAFT "vocab/format-assertion", VOCABULARY_FORMAT_ASSERTION},
    {DRAFT "vocab/content", VOCABULARY_CONTENT},
};

static const char *const other_drafts[] = {
    "http://json-schema.org/draft-03/schema", "http://json-schema.org/draft-04/schema",
    "http://json-schema.org/draft-06/schema", "http://json-schema.org/draft-07/schema",
    "https://json-schema.org/draft/2019-09/schema", "http://json-schema.org/schema",
};

static bool text_is(struct paku_text text, const char *other)
{
    return text.size == strlen(other) && memcmp(text.data, other, text.size) == 0;
}

static unsigned vocabulary_find(struct paku_text uri)
{
    for (size_t i = 0; i < sizeof(vocabularies) / sizeof(vocabularies[0]); i++) {
        if (text_is(uri, vocabularies[i].uri))
            return vocabularies[i].vocabulary;
    }
    return 0;
}

/* The core is always in force: without it nothing could be read. */
static int read_vocabularies(struct schema_set *set, const struct document *metaschema,
    struct paku_value map, unsigned *ret_vocabularies)
{
    unsigned found = VOCABULARY_CORE;
    for (struct paku_value member = paku_value_first(map);
         paku_value_type(member) != PAKU_JSON_NONE; member = paku_value_next(member)) {
        struct paku_text uri = string_text(paku_value_name(member), &set->pool);
        unsigned vocabulary = vocabulary_find(uri);
        if (vocabulary == 0 && paku_value_bool(member))
            return set_fail(set, metaschema, member,
                "the vocabulary %.*s is required, and paku does not know it", (int)uri.size,
                uri.data);
        found |= vocabulary;
    }
    *ret_vocabularies = found;
    return 0;
}

int dialect_find(struct schema_set *set, struct document *document, struct paku_value where,
    struct paku_text metaschema, unsigned *ret_vocabularies)
{
    struct resource *resource;
    struct paku_text uri = uri_resolve((struct paku_text){"", 0}, metaschema, &set->pool);
    if (text_is(uri, DRAFT "schema")) {
        *ret_vocabularies = VOCABULARY_DEFAULT;
        return 0;
    }
    for (size_t i = 0; i < sizeof(other_drafts) / sizeof(other_drafts[0]); i++) {
        if (text_is(uri, other_drafts[i]))
            return set_fail(set, document, where,
                "expected draft 2020-12 (" DRAFT "schema), got %.*s, which paku does not read",
                (int)uri.size, uri.data);
    }
    if (text_equal(uri, document->uri)) { /* a metaschema that describes itself */
        struct paku_value map = paku_value_member(document->root, "$vocabulary", 11);
        *ret_vocabularies = VOCABULARY_DEFAULT;
        return paku_value_type(map) == PAKU_JSON_OBJECT
            ? read_vocabularies(set, document, map, ret_vocabularies) : 0;
    }
    int error = registry_find(set, uri, &resource);
    if (error < 0)
        return error;
    if (resource == NULL)
        return set_fail(set, document, where,
            "the metaschema %.*s is not known (a map of its prefix to a folder would tell where it "
            "is)", (int)uri.size, uri.data);
    struct paku_value map = paku_value_member(resource->root, "$vocabulary", 11);
    *ret_vocabularies = resource->vocabularies;
    return paku_value_type(map) == PAKU_JSON_OBJECT
        ? read_vocabularies(set, resource->document, map, ret_vocabularies) : 0;
}
