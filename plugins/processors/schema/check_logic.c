/* SPDX-License-Identifier: Apache-2.0 */
/* Schemas that are applied to the same value: references, and what combines them. */
#include "equal.h"
#include "evaluate.h"
#include "keywords.h"

DECLARE_CHECK(ref)
{
    return evaluate_in_place(evaluation, frame, &keyword->child, keyword->child.schema,
        frame->evaluated);
}

static const struct schema *dynamic_anchor(const struct resource *resource, struct paku_text name)
{
    for (size_t i = 0; i < resource->anchor_count; i++) {
        const struct anchor *anchor = &resource->anchors[i];
        if (anchor->schema != NULL && text_equal(anchor->name, name))
            return anchor->schema;
    }
    return NULL;
}

/* The outermost resource on the way here that has the anchor. */
DECLARE_CHECK(dynamic_ref)
{
    const struct dynamic *dynamic = keyword->dynamic;
    const struct schema *target = dynamic->child.schema;
    const struct resource *seen = NULL;
    for (const struct frame *at = frame; at != NULL && dynamic->name.data != NULL;
         at = at->parent) {
        if (at->schema->resource == seen)
            continue;
        seen = at->schema->resource;
        const struct schema *found = dynamic_anchor(seen, dynamic->name);
        if (found != NULL)
            target = found;
    }
    return evaluate_in_place(evaluation, frame, &dynamic->child, target, frame->evaluated);
}

DECLARE_CHECK(all_of)
{
    for (size_t i = 0; i < keyword->children.count; i++) {
        const struct child *child = &keyword->children.items[i];
        if (!evaluate_in_place(evaluation, frame, child, child->schema, frame->evaluated))
            return false;
    }
    return true;
}

/* -- Trying: a schema that may fail. What it evaluated counts only when it does not. -- */

/* `problem` takes what is wrong, while explaining; NULL: nobody wants to know. */
static bool try_child(struct evaluation *evaluation, const struct frame *frame,
    const struct child *child, struct problem *problem)
{
    struct problem unused = {.message = ""}, *outer = evaluation->problem;
    struct pool_mark mark = pool_mark(&evaluation->scratch);
    uint64_t *evaluated = frame->evaluated != NULL ? evaluated_create(evaluation, frame) : NULL;
    if (evaluation->explaining)
        evaluation->problem = problem != NULL ? problem : &unused;
    bool valid = evaluate_in_place(evaluation, frame, child, child->schema, evaluated);
    evaluation->problem = outer;
    if (valid && evaluated != NULL)
        evaluated_add_all(frame, evaluated);
    pool_release(&evaluation->scratch, mark);
    return valid;
}

static bool says_more(const struct problem *problem, const struct problem *other)
{
    if (other->message == NULL)
        return true;
    if (problem->depth != other->depth)
        return problem->depth > other->depth;
    return problem->weight > other->weight;
}

static size_t frame_depth(const struct frame *frame)
{
    size_t depth = 0;
    for (; frame != NULL; frame = frame->parent)
        depth += frame->descends;
    return depth;
}

/* None of several fits. One that got into the value before it failed is likely the one that was
 * meant; when all failed at the door, that is what is told. */
static bool fail_alternatives(struct evaluation *evaluation, const struct keyword *keyword,
    const struct frame *frame)
{
    struct problem best = {0};
    if (!evaluation->explaining || evaluation->problem->message != NULL)
        return false;
    for (size_t i = 0; i < keyword->children.count; i++) {
        struct problem problem = {0};
        if (!try_child(evaluation, frame, &keyword->children.items[i], &problem) &&
            problem.message != NULL && says_more(&problem, &best))
            best = problem;
    }
    if (keyword->children.count > 1 && best.message != NULL && best.depth <= frame_depth(frame))
        return fail(evaluation, frame, keyword->name, WEIGHT_TYPE,
            "none of the %zu alternatives fits; the nearest, %s: %s", keyword->children.count,
            best.schema, best.message);
    *evaluation->problem = best;
    return false;
}

DECLARE_CHECK(any_of)
{
    bool valid = false;
    for (size_t i = 0; i < keyword->children.count; i++) {
        valid = try_child(evaluation, frame, &keyword->children.items[i], NULL) || valid;
        if (evaluation->broken || (valid && frame->evaluated == NULL))
            break;
    }
    if (valid || evaluation->broken)
        return valid && !evaluation->broken;
    return fail_alternatives(evaluation, keyword, frame);
}

DECLARE_CHECK(one_of)
{
    size_t count = 0, first = 0;
    for (size_t i = 0; i < keyword->children.count; i++) {
        bool valid = try_child(evaluation, frame, &keyword->children.items[i], NULL);
        if (evaluation->broken)
            return false;
        if (valid && count++ > 0)
            return fail(evaluation, frame, "oneOf", WEIGHT_DETAIL,
                "expected exactly one of %zu alternatives to fit, got at least two (%zu and %zu)",
                keyword->children.count, first, i);
        if (valid)
            first = i;
    }
    return count == 1 || fail_alternatives(evaluation, keyword, frame);
}

DECLARE_CHECK(not)
{
    struct problem unused = {.message = ""}, *outer = evaluation->problem;
    if (evaluation->explaining)
        evaluation->problem = &unused;
    bool valid = evaluate_in_place(evaluation, frame, &keyword->child, keyword->child.schema, NULL);
    evaluation->problem = outer;
    if (evaluation->broken)
        return false;
    return !valid || fail_expected(evaluation, frame, "not", WEIGHT_DETAIL,
        "a value that does not fit the schema of \"not\"");
}

DECLARE_CHECK(if)
{
    const struct conditional *conditional = keyword->conditional;
    bool holds = try_child(evaluation, frame, &conditional->condition, NULL);
    if (evaluation->broken)
        return false;
    const struct child *next = holds ? &conditional->then : &conditional->otherwise;
    return next->schema == NULL ||
        evaluate_in_place(evaluation, frame, next, next->schema, frame->evaluated);
}
