/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A value is evaluated once for whether it is valid, which is all that is asked as long as devices
 * behave; only when it is not, a second time to find out what to tell people. Sets of evaluated
 * members and items are kept only below schemas that ask for them (unevaluatedProperties,
 * unevaluatedItems).
 */
#include "evaluate.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

struct evaluation *evaluation_create(void)
{
    struct evaluation *evaluation = calloc(1, sizeof(*evaluation));
    if (evaluation == NULL) {
        fprintf(stderr, "schema: out of memory\n");
        abort();
    }
    evaluation->matcher = regex_matcher_create();
    if (getrandom(&evaluation->seed, sizeof(evaluation->seed), GRND_NONBLOCK) < 0)
        evaluation->seed = (uint64_t)(uintptr_t)evaluation;
    return evaluation;
}

void evaluation_destroy(struct evaluation *evaluation)
{
    if (evaluation == NULL)
        return;
    regex_matcher_destroy(evaluation->matcher);
    pool_finish(&evaluation->scratch);
    pool_finish(&evaluation->texts);
    free(evaluation);
}

/* -- Sets of evaluated members and items -- */

static size_t set_words(const struct frame *frame)
{
    return (paku_value_count(frame->value) + 63) / 64;
}

uint64_t *evaluated_create(struct evaluation *evaluation, const struct frame *frame)
{
    return pool_take(&evaluation->scratch, set_words(frame) * sizeof(uint64_t));
}

void evaluated_add_all(const struct frame *frame, const uint64_t *more)
{
    for (size_t i = set_words(frame); i-- > 0;)
        frame->evaluated[i] |= more[i];
}

/* -- Evaluating -- */

static bool check_keywords(struct evaluation *evaluation, struct frame *frame)
{
    const struct schema *schema = frame->schema;
    unsigned type = TYPE_BIT(frame->type);
    for (size_t i = 0; i < schema->count; i++) {
        const struct keyword *keyword = &schema->keywords[i];
        if ((keyword->types & type) != 0 && !keyword->check(evaluation, keyword, frame))
            return false;
    }
    return !evaluation->broken;
}

/* A schema that asks what was evaluated sees what it and its parts evaluated, not what others did to
 * the same value. */
static bool check_with_own_set(struct evaluation *evaluation, struct frame *frame)
{
    struct pool_mark mark = pool_mark(&evaluation->scratch);
    uint64_t *outer = frame->evaluated;
    frame->evaluated = evaluated_create(evaluation, frame);
    bool valid = check_keywords(evaluation, frame);
    const uint64_t *own = frame->evaluated;
    frame->evaluated = outer;
    if (valid && outer != NULL)
        evaluated_add_all(frame, own);
    pool_release(&evaluation->scratch, mark);
    return valid;
}

static bool evaluate(struct evaluation *evaluation, struct frame *frame)
{
    const struct schema *schema = frame->schema;
    if (schema->is_boolean)
        return schema->allows || fail(evaluation, frame, NULL, WEIGHT_DETAIL,
            "nothing is allowed here, got %s",
            evaluation->explaining ? describe(evaluation, frame->value).data : "");
    if (frame->depth > EVALUATION_DEPTH)
        return fail_broken(evaluation, frame, NULL, "the schema leads deeper than %d steps",
            EVALUATION_DEPTH);
    if ((schema->unevaluated & TYPE_BIT(frame->type)) != 0)
        return check_with_own_set(evaluation, frame);
    return check_keywords(evaluation, frame);
}

bool evaluate_in_place(struct evaluation *evaluation, const struct frame *frame,
    const struct child *child, const struct schema *schema, uint64_t *evaluated)
{
    struct frame inner = {
        .parent = frame, .schema = schema, .via = child, .value = frame->value,
        .type = frame->type, .depth = frame->depth + 1, .evaluated = evaluated,
    };
    return evaluate(evaluation, &inner);
}

bool evaluate_part(struct evaluation *evaluation, const struct frame *frame,
    const struct child *child, struct paku_value part, size_t index)
{
    struct frame inner = {
        .parent = frame, .schema = child->schema, .via = child, .value = part,
        .type = paku_value_type(part), .index = (uint32_t)index, .depth = frame->depth + 1,
        .descends = true,
    };
    return evaluate(evaluation, &inner);
}

bool evaluate_name(struct evaluation *evaluation, const struct frame *frame,
    const struct child *child, struct paku_value name)
{
    struct frame inner = {
        .parent = frame, .schema = child->schema, .via = child, .value = name,
        .type = PAKU_JSON_STRING, .depth = frame->depth + 1,
    };
    return evaluate(evaluation, &inner);
}

static bool run_once(struct evaluation *evaluation, const struct schema *schema,
    struct paku_value value, struct problem *problem)
{
    struct pool_mark mark = pool_mark(&evaluation->scratch);
    struct frame root = {
        .schema = schema, .value = value, .type = paku_value_type(value),
    };
    evaluation->broken = false;
    evaluation->explaining = problem != NULL;
    evaluation->problem = problem;
    bool valid = evaluate(evaluation, &root);
    pool_release(&evaluation->scratch, mark);
    return valid;
}

bool evaluation_run(struct evaluation *evaluation, const struct schema *schema,
    struct paku_value value, struct problem *ret_problem)
{
    if (run_once(evaluation, schema, value, NULL))
        return true;
    pool_release(&evaluation->texts, (struct pool_mark){0});
    *ret_problem = (struct problem){0};
    run_once(evaluation, schema, value, ret_problem);
    if (evaluation->broken)
        *ret_problem = evaluation->broken_by;
    assert(ret_problem->message != NULL);
    return false;
}
