/* SPDX-License-Identifier: Apache-2.0 */
#include "number.h"

#include <errno.h>
#include <string.h>

#define EXPONENT_LIMIT INT64_C(1000000000000000000)
#define LIMB_BASE 1000000000u
#define LIMB_DIGITS 9
#define SMALL_DIGITS 18

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What stands behind the 'e', saturating. */
static int64_t read_exponent(const char *at, const char *end)
{
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    int64_t value = 0;
    for (; at < end && value < EXPONENT_LIMIT; at++)
        value = value * 10 + (*at - '0');
    if (value > EXPONENT_LIMIT)
        value = EXPONENT_LIMIT;
    return negative ? -value : value;
}

struct number number_read(struct paku_text text)
{
    struct number number = {0};
    const char *at = text.data, *end = text.data + text.size;
    if (at < end && *at == '-') {
        number.negative = true;
        at++;
    }
    size_t index = 0, first = 0, last = 0, whole = 0;
    bool dot = false;
    for (; at < end && (is_digit(*at) || *at == '.'); at++) {
        if (*at == '.') {
            dot = true;
            continue;
        }
        if (*at != '0') {
            if (number.digits == NULL) {
                number.digits = at;
                first = index;
            }
            last = index;
        }
        index++;
        whole += !dot;
    }
    if (number.digits == NULL)
        return (struct number){0};
    number.count = last - first + 1;
    number.exponent = (int64_t)whole - (int64_t)first;
    if (at < end)
        number.exponent += read_exponent(at + 1, end);
    return number;
}

bool number_is_integer(const struct number *number)
{
    return number->exponent >= (int64_t)number->count;
}

/* Digits one behind the other, without the dot. */
static int next_digit(const char **at)
{
    if (**at == '.')
        ++*at;
    return *(*at)++ - '0';
}

static int compare_digits(const struct number *left, const struct number *right)
{
    const char *l = left->digits, *r = right->digits;
    size_t shorter = left->count < right->count ? left->count : right->count;
    for (size_t i = 0; i < shorter; i++) {
        int difference = next_digit(&l) - next_digit(&r);
        if (difference != 0)
            return difference;
    }
    return (left->count > right->count) - (left->count < right->count);
}

static int number_sign(const struct number *number)
{
    return number->count == 0 ? 0 : number->negative ? -1 : 1;
}

int number_compare(const struct number *left, const struct number *right)
{
    int sign = number_sign(left);
    if (sign != number_sign(right))
        return sign - number_sign(right);
    if (sign == 0)
        return 0;
    if (left->exponent != right->exponent)
        return left->exponent > right->exponent ? sign : -sign;
    return sign * compare_digits(left, right);
}

uint64_t number_hash(const struct number *number, uint64_t seed)
{
    uint64_t hash = seed ^ (uint64_t)number->exponent ^ (number->negative ? 0x9e3779b9u : 0);
    const char *at = number->digits;
    for (size_t i = 0; i < number->count; i++)
        hash = (hash ^ (uint64_t)next_digit(&at)) * UINT64_C(0x100000001b3);
    return hash;
}

int number_to_count(const struct number *number, uint64_t *ret_count)
{
    if (number->negative || !number_is_integer(number))
        return -EINVAL;
    uint64_t value = 0;
    const char *at = number->digits;
    for (int64_t i = 0; i < number->exponent && number->count > 0; i++) {
        uint64_t digit = i < (int64_t)number->count ? (uint64_t)next_digit(&at) : 0;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value)) {
            value = UINT64_MAX;
            break;
        }
    }
    *ret_count = value;
    return 0;
}

/* -- Division --
 *
 * A x 10^k is a multiple of B (both integers without factors of ten at their ends). For k < 0 it never
 * is. For k > 0 the tens help only as far as B has factors of two and five, which are fewer than four
 * for each of its digits: more of them change nothing. */

int divisor_init(struct divisor *divisor, struct paku_text text, struct pool *pool)
{
    struct number number = number_read(text);
    if (number.count == 0 || number.negative)
        return -EINVAL;
    *divisor = (struct divisor){.number = number, .text = text};
    const char *at = number.digits;
    if (number.count <= SMALL_DIGITS) {
        for (size_t i = 0; i < number.count; i++)
            divisor->small = divisor->small * 10 + (uint64_t)next_digit(&at);
        return 0;
    }
    divisor->limb_count = (number.count + LIMB_DIGITS - 1) / LIMB_DIGITS;
    uint32_t *limbs = pool_take(pool, divisor->limb_count * sizeof(*limbs));
    for (size_t i = 0; i < number.count; i++) {
        uint32_t *limb = &limbs[(number.count - 1 - i) / LIMB_DIGITS];
        *limb = *limb * 10 + (uint32_t)next_digit(&at);
    }
    divisor->limbs = limbs;
    return 0;
}

static bool is_small_multiple(const struct number *number, int64_t tens, uint64_t divisor)
{
    uint64_t rest = 0;
    const char *at = number->digits;
    for (int64_t i = 0; i < (int64_t)number->count + tens; i++) {
        unsigned digit = i < (int64_t)number->count ? (unsigned)next_digit(&at) : 0;
        rest = (rest * 10 + digit) % divisor; /* fits: the divisor has at most 18 digits */
    }
    return rest == 0;
}

/* rest = rest * 10 + digit; `rest` has a limb more than the divisor. */
static void shift_in(uint32_t *rest, size_t count, uint32_t digit)
{
    uint64_t carry = digit;
    for (size_t i = 0; i < count; i++) {
        uint64_t value = (uint64_t)rest[i] * 10 + carry;
        rest[i] = (uint32_t)(value % LIMB_BASE);
        carry = value / LIMB_BASE;
    }
}

static bool reaches(const uint32_t *rest, const struct divisor *divisor)
{
    if (rest[divisor->limb_count] > 0)
        return true;
    for (size_t i = divisor->limb_count; i-- > 0;) {
        if (rest[i] != divisor->limbs[i])
            return rest[i] > divisor->limbs[i];
    }
    return true;
}

static void subtract(uint32_t *rest, const struct divisor *divisor)
{
    int64_t borrow = 0;
    for (size_t i = 0; i <= divisor->limb_count; i++) {
        int64_t value = (int64_t)rest[i] - borrow;
        if (i < divisor->limb_count)
            value -= divisor->limbs[i];
        borrow = value < 0;
        rest[i] = (uint32_t)(value + (borrow ? LIMB_BASE : 0));
    }
}

static bool is_large_multiple(const struct number *number, int64_t tens,
    const struct divisor *divisor, struct pool *scratch)
{
    struct pool_mark mark = pool_mark(scratch);
    size_t count = divisor->limb_count + 1;
    uint32_t *rest = pool_take(scratch, count * sizeof(*rest));
    const char *at = number->digits;
    for (int64_t i = 0; i < (int64_t)number->count + tens; i++) {
        shift_in(rest, count, i < (int64_t)number->count ? (uint32_t)next_digit(&at) : 0);
        while (reaches(rest, divisor))
            subtract(rest, divisor);
    }
    bool multiple = true;
    for (size_t i = 0; i < count; i++)
        multiple = multiple && rest[i] == 0;
    pool_release(scratch, mark);
    return multiple;
}

bool number_is_multiple(const struct number *number, const struct divisor *divisor,
    struct pool *scratch)
{
    if (number->count == 0)
        return true;
    const struct number *by = &divisor->number;
    int64_t tens = (number->exponent - (int64_t)number->count) -
        (by->exponent - (int64_t)by->count);
    if (tens < 0)
        return false;
    int64_t most = 4 * (int64_t)by->count + 4;
    if (tens > most)
        tens = most;
    return divisor->limbs == NULL ? is_small_multiple(number, tens, divisor->small)
                                  : is_large_multiple(number, tens, divisor, scratch);
}
