/* SPDX-License-Identifier: Apache-2.0 */
#include "keywords.h"

#include <string.h>

#define CORE VOCABULARY_CORE
#define APPLICATOR VOCABULARY_APPLICATOR
#define VALIDATION VOCABULARY_VALIDATION
#define UNEVALUATED VOCABULARY_UNEVALUATED
#define FORMAT (VOCABULARY_FORMAT_ANNOTATION | VOCABULARY_FORMAT_ASSERTION)

#define BOOL TYPE_BIT(PAKU_JSON_BOOL)
#define NUMBER TYPE_BIT(PAKU_JSON_NUMBER)
#define STRING TYPE_BIT(PAKU_JSON_STRING)
#define ARRAY TYPE_BIT(PAKU_JSON_ARRAY)
#define OBJECT TYPE_BIT(PAKU_JSON_OBJECT)
#define SCHEMA (OBJECT | BOOL)
#define ANY TYPE_ANY

const struct keyword_row keyword_rows[KEYWORD_COUNT] = {
    [KEYWORD_SCHEMA] = {"$schema", CORE, STRING, SHAPE_NONE, 0, NULL, NULL},
    [KEYWORD_ID] = {"$id", CORE, STRING, SHAPE_NONE, 0, NULL, NULL},
    [KEYWORD_ANCHOR] = {"$anchor", CORE, STRING, SHAPE_NONE, 0, NULL, NULL},
    [KEYWORD_DYNAMIC_ANCHOR] = {"$dynamicAnchor", CORE, STRING, SHAPE_NONE, 0, NULL, NULL},
    [KEYWORD_VOCABULARY] = {"$vocabulary", CORE, OBJECT, SHAPE_NONE, 0, NULL, NULL},
    [KEYWORD_COMMENT] = {"$comment", CORE, STRING, SHAPE_NONE, 0, NULL, NULL},
    [KEYWORD_DEFS] = {"$defs", CORE, OBJECT, SHAPE_MAP, 0, NULL, NULL},
    [KEYWORD_DEFINITIONS] = {"definitions", CORE, OBJECT, SHAPE_MAP, 0, NULL, NULL},
    [KEYWORD_TYPE] = {"type", VALIDATION, STRING | ARRAY, SHAPE_NONE, ANY, compile_type,
        check_type},
    [KEYWORD_CONST] = {"const", VALIDATION, ANY, SHAPE_NONE, ANY, compile_value, check_const},
    [KEYWORD_ENUM] = {"enum", VALIDATION, ARRAY, SHAPE_NONE, ANY, compile_value, check_enum},
    [KEYWORD_MULTIPLE_OF] = {"multipleOf", VALIDATION, NUMBER, SHAPE_NONE, NUMBER,
        compile_multiple_of, check_multiple_of},
    [KEYWORD_MAXIMUM] = {"maximum", VALIDATION, NUMBER, SHAPE_NONE, NUMBER, compile_bound,
        check_bound},
    [KEYWORD_EXCLUSIVE_MAXIMUM] = {"exclusiveMaximum", VALIDATION, NUMBER, SHAPE_NONE, NUMBER,
        compile_bound, check_bound},
    [KEYWORD_MINIMUM] = {"minimum", VALIDATION, NUMBER, SHAPE_NONE, NUMBER, compile_bound,
        check_bound},
    [KEYWORD_EXCLUSIVE_MINIMUM] = {"exclusiveMinimum", VALIDATION, NUMBER, SHAPE_NONE, NUMBER,
        compile_bound, check_bound},
    [KEYWORD_MAX_LENGTH] = {"maxLength", VALIDATION, NUMBER, SHAPE_NONE, STRING, compile_limit,
        check_length},
    [KEYWORD_MIN_LENGTH] = {"minLength", VALIDATION, NUMBER, SHAPE_NONE, STRING, compile_limit,
        check_length},
    [KEYWORD_PATTERN] = {"pattern", VALIDATION, STRING, SHAPE_NONE, STRING, compile_pattern,
        check_pattern},
    [KEYWORD_FORMAT] = {"format", FORMAT, STRING, SHAPE_NONE, STRING, compile_format,
        check_format},
    [KEYWORD_MAX_ITEMS] = {"maxItems", VALIDATION, NUMBER, SHAPE_NONE, ARRAY, compile_limit,
        check_count},
    [KEYWORD_MIN_ITEMS] = {"minItems", VALIDATION, NUMBER, SHAPE_NONE, ARRAY, compile_limit,
        check_count},
    [KEYWORD_UNIQUE_ITEMS] = {"uniqueItems", VALIDATION, BOOL, SHAPE_NONE, ARRAY, compile_unique,
        check_unique},
    [KEYWORD_MAX_PROPERTIES] = {"maxProperties", VALIDATION, NUMBER, SHAPE_NONE, OBJECT,
        compile_limit, check_count},
    [KEYWORD_MIN_PROPERTIES] = {"minProperties", VALIDATION, NUMBER, SHAPE_NONE, OBJECT,
        compile_limit, check_count},
    [KEYWORD_REQUIRED] = {"required", VALIDATION, ARRAY, SHAPE_NONE, OBJECT, compile_required,
        check_required},
    [KEYWORD_DEPENDENT_REQUIRED] = {"dependentRequired", VALIDATION, OBJECT, SHAPE_NONE, OBJECT,
        compile_dependent_required, check_dependent_required},
    [KEYWORD_PROPERTY_NAMES] = {"propertyNames", APPLICATOR, SCHEMA, SHAPE_SCHEMA, OBJECT,
        compile_inside, check_property_names},
    [KEYWORD_PROPERTIES] = {"properties", APPLICATOR, OBJECT, SHAPE_MAP, OBJECT, compile_members,
        check_members},
    [KEYWORD_PATTERN_PROPERTIES] = {"patternProperties", APPLICATOR, OBJECT, SHAPE_MAP, OBJECT,
        compile_members, check_members},
    [KEYWORD_ADDITIONAL_PROPERTIES] = {"additionalProperties", APPLICATOR, SCHEMA, SHAPE_SCHEMA,
        OBJECT, compile_members, check_members},
    [KEYWORD_PREFIX_ITEMS] = {"prefixItems", APPLICATOR, ARRAY, SHAPE_LIST, ARRAY, compile_items,
        check_items},
    [KEYWORD_ITEMS] = {"items", APPLICATOR, SCHEMA, SHAPE_SCHEMA, ARRAY, compile_items,
        check_items},
    [KEYWORD_CONTAINS] = {"contains", APPLICATOR, SCHEMA, SHAPE_SCHEMA, ARRAY, compile_contains,
        check_contains},
    [KEYWORD_MIN_CONTAINS] = {"minContains", VALIDATION, NUMBER, SHAPE_NONE, ARRAY, NULL, NULL},
    [KEYWORD_MAX_CONTAINS] = {"maxContains", VALIDATION, NUMBER, SHAPE_NONE, ARRAY, NULL, NULL},
    [KEYWORD_REF] = {"$ref", CORE, STRING, SHAPE_NONE, ANY, compile_ref, check_ref},
    [KEYWORD_DYNAMIC_REF] = {"$dynamicRef", CORE, STRING, SHAPE_NONE, ANY, compile_dynamic_ref,
        check_dynamic_ref},
    [KEYWORD_ALL_OF] = {"allOf", APPLICATOR, ARRAY, SHAPE_LIST, ANY, compile_list, check_all_of},
    [KEYWORD_ANY_OF] = {"anyOf", APPLICATOR, ARRAY, SHAPE_LIST, ANY, compile_list, check_any_of},
    [KEYWORD_ONE_OF] = {"oneOf", APPLICATOR, ARRAY, SHAPE_LIST, ANY, compile_list, check_one_of},
    [KEYWORD_NOT] = {"not", APPLICATOR, SCHEMA, SHAPE_SCHEMA, ANY, compile_in_place, check_not},
    [KEYWORD_IF] = {"if", APPLICATOR, SCHEMA, SHAPE_SCHEMA, ANY, compile_if, check_if},
    [KEYWORD_THEN] = {"then", APPLICATOR, SCHEMA, SHAPE_SCHEMA, ANY, NULL, NULL},
    [KEYWORD_ELSE] = {"else", APPLICATOR, SCHEMA, SHAPE_SCHEMA, ANY, NULL, NULL},
    [KEYWORD_DEPENDENT_SCHEMAS] = {"dependentSchemas", APPLICATOR, OBJECT, SHAPE_MAP, OBJECT,
        compile_dependent_schemas, check_dependent_schemas},
    [KEYWORD_UNEVALUATED_ITEMS] = {"unevaluatedItems", UNEVALUATED, SCHEMA, SHAPE_SCHEMA, ARRAY,
        compile_unevaluated, check_unevaluated_items},
    [KEYWORD_UNEVALUATED_PROPERTIES] = {"unevaluatedProperties", UNEVALUATED, SCHEMA,
        SHAPE_SCHEMA, OBJECT, compile_unevaluated, check_unevaluated_members},
};

const struct keyword_row *keyword_find(struct paku_text name, unsigned vocabularies)
{
    for (size_t i = 0; i < KEYWORD_COUNT; i++) {
        const struct keyword_row *row = &keyword_rows[i];
        if (strlen(row->name) == name.size && memcmp(row->name, name.data, name.size) == 0)
            return (row->vocabularies & vocabularies) != 0 ? row : NULL;
    }
    return NULL;
}
