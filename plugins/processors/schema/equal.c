/* SPDX-License-Identifier: Apache-2.0 */
#include "equal.h"

#include "number.h"

#include <string.h>

struct paku_text string_text(struct paku_value string, struct pool *scratch)
{
    struct paku_text text;
    if (paku_value_plain(string, &text))
        return text;
    char *buffer = pool_take(scratch, paku_value_raw(string).size);
    int64_t size = paku_value_decode(string, buffer);
    return (struct paku_text){buffer, size > 0 ? (size_t)size : 0};
}

bool text_equal(struct paku_text left, struct paku_text right)
{
    return left.size == right.size && memcmp(left.data, right.data, left.size) == 0;
}

static bool strings_equal(struct paku_value left, struct paku_value right, struct pool *scratch)
{
    struct pool_mark mark = pool_mark(scratch);
    bool equal = text_equal(string_text(left, scratch), string_text(right, scratch));
    pool_release(scratch, mark);
    return equal;
}

static bool numbers_equal(struct paku_value left, struct paku_value right)
{
    struct number l = number_read(paku_value_raw(left)), r = number_read(paku_value_raw(right));
    return number_compare(&l, &r) == 0;
}

static bool arrays_equal(struct paku_value left, struct paku_value right, struct pool *scratch)
{
    struct paku_value r = paku_value_first(right);
    for (struct paku_value l = paku_value_first(left); paku_value_type(l) != PAKU_JSON_NONE;
         l = paku_value_next(l), r = paku_value_next(r)) {
        if (!value_equal(l, r, scratch))
            return false;
    }
    return true;
}

/* Members mostly come in the same order, so the one at the same place is looked at first. */
static bool objects_equal(struct paku_value left, struct paku_value right, struct pool *scratch)
{
    struct paku_value beside = paku_value_first(right);
    for (struct paku_value l = paku_value_first(left); paku_value_type(l) != PAKU_JSON_NONE;
         l = paku_value_next(l), beside = paku_value_next(beside)) {
        struct paku_value name = paku_value_name(l), r = beside;
        if (!strings_equal(name, paku_value_name(beside), scratch)) {
            struct pool_mark mark = pool_mark(scratch);
            struct paku_text text = string_text(name, scratch);
            r = paku_value_member(right, text.data, text.size);
            pool_release(scratch, mark);
        }
        if (!value_equal(l, r, scratch))
            return false;
    }
    return true;
}

bool value_equal(struct paku_value left, struct paku_value right, struct pool *scratch)
{
    enum paku_json_type type = paku_value_type(left);
    if (type != paku_value_type(right) || paku_value_count(left) != paku_value_count(right))
        return false;
    switch (type) {
    case PAKU_JSON_BOOL:
        return paku_value_bool(left) == paku_value_bool(right);
    case PAKU_JSON_NUMBER:
        return numbers_equal(left, right);
    case PAKU_JSON_STRING:
        return strings_equal(left, right, scratch);
    case PAKU_JSON_ARRAY:
        return arrays_equal(left, right, scratch);
    case PAKU_JSON_OBJECT:
        return objects_equal(left, right, scratch);
    default:
        return true;
    }
}

static uint64_t mix(uint64_t hash)
{
    hash ^= hash >> 31;
    hash *= UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 29);
}

static uint64_t string_hash(struct paku_value string, uint64_t seed, struct pool *scratch)
{
    struct pool_mark mark = pool_mark(scratch);
    struct paku_text text = string_text(string, scratch);
    uint64_t hash = seed ^ text.size;
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
    pool_release(scratch, mark);
    return hash;
}

uint64_t value_hash(struct paku_value value, uint64_t seed, struct pool *scratch)
{
    enum paku_json_type type = paku_value_type(value);
    uint64_t hash = mix(seed + (uint64_t)type);
    if (type == PAKU_JSON_BOOL)
        return mix(hash + paku_value_bool(value));
    if (type == PAKU_JSON_STRING)
        return mix(string_hash(value, hash, scratch));
    if (type == PAKU_JSON_NUMBER) {
        struct number number = number_read(paku_value_raw(value));
        return mix(number_hash(&number, hash));
    }
    for (struct paku_value part = paku_value_first(value); paku_value_type(part) != PAKU_JSON_NONE;
         part = paku_value_next(part)) {
        uint64_t child = value_hash(part, seed, scratch);
        if (type == PAKU_JSON_OBJECT) /* a sum, since the order of members does not count */
            hash += mix(child ^ string_hash(paku_value_name(part), seed, scratch));
        else
            hash = mix(hash + child);
    }
    return hash;
}
