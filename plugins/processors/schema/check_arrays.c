/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays: their items, what they contain, and whether it is there twice. */
#include "equal.h"
#include "evaluate.h"
#include "keywords.h"

#include <stdlib.h>

/* So few are compared each with each. */
#define FEW_ITEMS 12

static bool exists(struct paku_value value)
{
    return paku_value_type(value) != PAKU_JSON_NONE;
}

DECLARE_CHECK(items)
{
    const struct items *items = keyword->items;
    size_t index = 0;
    for (struct paku_value item = paku_value_first(frame->value); exists(item);
         item = paku_value_next(item), index++) {
        const struct child *child = index < items->prefix_count ? &items->prefix[index]
                                                                 : &items->rest;
        if (child->schema == NULL)
            return true;
        if (!evaluate_part(evaluation, frame, child, item, index))
            return false;
        evaluated_add(frame, index);
    }
    return true;
}

/* -- contains -- */

static bool fail_contains(struct evaluation *evaluation, const struct frame *frame,
    const struct contains *contains, uint64_t count)
{
    bool few = count < contains->least;
    uint64_t limit = few ? contains->least : contains->most;
    const char *name = few ? (contains->has_least ? "minContains" : "contains") : "maxContains";
    return fail(evaluation, frame, name, WEIGHT_DETAIL,
        "expected at %s %llu item%s that fit%s \"contains\", got %llu among %zu",
        few ? "least" : "most", (unsigned long long)limit, limit == 1 ? "" : "s",
        limit == 1 ? "s" : "", (unsigned long long)count, paku_value_count(frame->value));
}

DECLARE_CHECK(contains)
{
    const struct contains *contains = keyword->contains;
    struct problem unused = {.message = ""}, *outer = evaluation->problem;
    uint64_t count = 0;
    size_t index = 0;
    if (evaluation->explaining)
        evaluation->problem = &unused;
    for (struct paku_value item = paku_value_first(frame->value); exists(item);
         item = paku_value_next(item), index++) {
        if (!evaluate_part(evaluation, frame, &contains->child, item, index))
            continue;
        count++;
        evaluated_add(frame, index);
        if (frame->evaluated == NULL && !contains->has_most && count >= contains->least)
            break;
    }
    evaluation->problem = outer;
    if (evaluation->broken)
        return false;
    return (count >= contains->least && count <= contains->most) ||
        fail_contains(evaluation, frame, contains, count);
}

/* -- uniqueItems -- */

struct hashed {
    uint64_t hash;
    struct paku_value value;
    size_t index;
};

static bool fail_unique(struct evaluation *evaluation, const struct frame *frame, size_t first,
    size_t second, struct paku_value value)
{
    return fail(evaluation, frame, "uniqueItems", WEIGHT_DETAIL,
        "expected no two equal items, got %s at %zu and at %zu",
        evaluation->explaining ? describe(evaluation, value).data : "", first, second);
}

static bool check_few(struct evaluation *evaluation, const struct frame *frame)
{
    size_t index = 0;
    for (struct paku_value item = paku_value_first(frame->value); exists(item);
         item = paku_value_next(item), index++) {
        size_t before = 0;
        for (struct paku_value other = paku_value_first(frame->value); before < index;
             other = paku_value_next(other), before++) {
            if (value_equal(item, other, &evaluation->scratch))
                return fail_unique(evaluation, frame, before, index, item);
        }
    }
    return true;
}

static int compare_hashes(const void *left, const void *right)
{
    const struct hashed *l = left, *r = right;
    if (l->hash != r->hash)
        return l->hash < r->hash ? -1 : 1;
    return (l->index > r->index) - (l->index < r->index);
}

/* Only items of the same hash can be equal; the hash has a secret seed, so that nobody can make many
 * of them. */
static bool check_hashed(struct evaluation *evaluation, const struct frame *frame,
    const struct hashed *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t other = i; other > 0 && items[other - 1].hash == items[i].hash; other--) {
            if (value_equal(items[other - 1].value, items[i].value, &evaluation->scratch))
                return fail_unique(evaluation, frame, items[other - 1].index, items[i].index,
                    items[i].value);
        }
    }
    return true;
}

DECLARE_CHECK(unique)
{
    (void)keyword;
    size_t count = paku_value_count(frame->value), index = 0;
    if (count <= FEW_ITEMS)
        return check_few(evaluation, frame);
    struct pool_mark mark = pool_mark(&evaluation->scratch);
    struct hashed *items = pool_take(&evaluation->scratch, count * sizeof(*items));
    for (struct paku_value item = paku_value_first(frame->value); exists(item);
         item = paku_value_next(item), index++)
        items[index] = (struct hashed){
            value_hash(item, evaluation->seed, &evaluation->scratch), item, index};
    qsort(items, count, sizeof(*items), compare_hashes);
    bool unique = check_hashed(evaluation, frame, items, count);
    pool_release(&evaluation->scratch, mark);
    return unique;
}
