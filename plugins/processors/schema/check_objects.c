/* SPDX-License-Identifier: Apache-2.0 */
/* Objects: their members, names, and what some members ask of others. */
#include "equal.h"
#include "evaluate.h"
#include "keywords.h"

#include <string.h>

static bool exists(struct paku_value value)
{
    return paku_value_type(value) != PAKU_JSON_NONE;
}

static bool has_member(const struct frame *frame, struct paku_text name)
{
    return exists(paku_value_member(frame->value, name.data, name.size));
}

DECLARE_CHECK(count)
{
    size_t count = paku_value_count(frame->value);
    bool array = frame->type == PAKU_JSON_ARRAY;
    if (keyword->limit.most ? count <= keyword->limit.count : count >= keyword->limit.count)
        return true;
    return fail_expected(evaluation, frame, keyword->name, WEIGHT_DETAIL, "at %s %llu %s%s",
        keyword->limit.most ? "most" : "least", (unsigned long long)keyword->limit.count,
        array ? "item" : "member", keyword->limit.count == 1 ? "" : "s");
}

DECLARE_CHECK(required)
{
    for (size_t i = 0; i < keyword->names.count; i++) {
        struct paku_text name = keyword->names.items[i];
        if (!has_member(frame, name))
            return fail(evaluation, frame, "required", WEIGHT_DETAIL,
                "expected a member %s, which is missing",
                evaluation->explaining ? quote(evaluation, name).data : "");
    }
    return true;
}

DECLARE_CHECK(dependent_required)
{
    for (size_t i = 0; i < keyword->dependents->count; i++) {
        struct paku_text name = keyword->dependents->items[i].name;
        const struct names *required = &keyword->dependents->items[i].required;
        for (size_t r = 0; has_member(frame, name) && r < required->count; r++) {
            if (has_member(frame, required->items[r]))
                continue;
            return fail(evaluation, frame, "dependentRequired", WEIGHT_DETAIL,
                "expected a member %s, since there is %s; it is missing",
                evaluation->explaining ? quote(evaluation, required->items[r]).data : "",
                evaluation->explaining ? quote(evaluation, name).data : "");
        }
    }
    return true;
}

DECLARE_CHECK(dependent_schemas)
{
    for (size_t i = 0; i < keyword->dependents->count; i++) {
        const struct child *child = &keyword->dependents->items[i].child;
        if (has_member(frame, keyword->dependents->items[i].name) &&
            !evaluate_in_place(evaluation, frame, child, child->schema, frame->evaluated))
            return false;
    }
    return true;
}

DECLARE_CHECK(property_names)
{
    for (struct paku_value member = paku_value_first(frame->value); exists(member);
         member = paku_value_next(member)) {
        struct paku_value name = paku_value_name(member);
        struct problem own = {0}, *outer = evaluation->problem;
        if (evaluation->explaining)
            evaluation->problem = &own;
        bool valid = evaluate_name(evaluation, frame, &keyword->child, name);
        evaluation->problem = outer;
        if (valid)
            continue;
        if (evaluation->explaining && outer->message == NULL && own.message != NULL) {
            *outer = own;
            outer->message = pool_print(&evaluation->texts, "the name of the member %s: %s",
                quote(evaluation, string_text(name, &evaluation->texts)).data, own.message).data;
        }
        return false;
    }
    return true;
}

/* -- Members -- */

static const struct child *find_property(const struct members *members, struct paku_text name)
{
    size_t low = 0, high = members->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct property *property = &members->properties[middle];
        int order = property->name.size != name.size
            ? (property->name.size < name.size ? -1 : 1)
            : memcmp(property->name.data, name.data, name.size);
        if (order == 0)
            return &property->child;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* *ret_matched: at least one pattern was found in the name. */
static bool check_patterns(struct evaluation *evaluation, const struct frame *frame,
    const struct members *members, struct paku_text name, struct paku_value member, size_t index,
    bool *ret_matched)
{
    for (size_t i = 0; i < members->pattern_count; i++) {
        const struct pattern_property *pattern = &members->patterns[i];
        enum regex_result result = regex_search(pattern->regex, evaluation->matcher, name);
        if (result == REGEX_GAVE_UP) {
            struct paku_text text = regex_pattern(pattern->regex);
            return fail_broken(evaluation, frame, "patternProperties",
                "the pattern %.*s needs too many steps for a name of %zu bytes", (int)text.size,
                text.data, name.size);
        }
        if (result == REGEX_NO_MATCH)
            continue;
        *ret_matched = true;
        if (!evaluate_part(evaluation, frame, &pattern->child, member, index))
            return false;
    }
    return true;
}

static bool check_member(struct evaluation *evaluation, const struct frame *frame,
    const struct members *members, struct paku_value member, size_t index)
{
    struct pool_mark mark = pool_mark(&evaluation->scratch);
    struct paku_text name = string_text(paku_value_name(member), &evaluation->scratch);
    const struct child *child = find_property(members, name);
    bool matched = child != NULL;
    bool valid = child == NULL || evaluate_part(evaluation, frame, child, member, index);
    if (valid)
        valid = check_patterns(evaluation, frame, members, name, member, index, &matched);
    pool_release(&evaluation->scratch, mark);
    if (valid && !matched && members->rest.schema != NULL) {
        matched = true;
        valid = evaluate_part(evaluation, frame, &members->rest, member, index);
    }
    if (valid && matched)
        evaluated_add(frame, index);
    return valid;
}

DECLARE_CHECK(members)
{
    size_t index = 0;
    for (struct paku_value member = paku_value_first(frame->value); exists(member);
         member = paku_value_next(member)) {
        if (!check_member(evaluation, frame, keyword->members, member, index++))
            return false;
    }
    return true;
}

static bool is_evaluated(const struct frame *frame, size_t index)
{
    return (frame->evaluated[index / 64] >> (index % 64) & 1) != 0;
}

static bool check_unevaluated(struct evaluation *evaluation, const struct keyword *keyword,
    struct frame *frame)
{
    size_t index = 0;
    for (struct paku_value part = paku_value_first(frame->value); exists(part);
         part = paku_value_next(part), index++) {
        if (is_evaluated(frame, index))
            continue;
        if (!evaluate_part(evaluation, frame, &keyword->child, part, index))
            return false;
        evaluated_add(frame, index);
    }
    return true;
}

DECLARE_CHECK(unevaluated_members)
{
    return check_unevaluated(evaluation, keyword, frame);
}

DECLARE_CHECK(unevaluated_items)
{
    return check_unevaluated(evaluation, keyword, frame);
}
