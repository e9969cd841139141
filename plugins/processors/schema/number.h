/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as the decimal texts they are: compared and divided exactly, whatever their size. */
#ifndef SCHEMA_NUMBER_H
#define SCHEMA_NUMBER_H

#include "pool.h"

/* 0.DDD x 10^exponent. The digits begin and end with one that is not 0; zero has none. The text is
 * the JSON's own, with perhaps a '.' between the digits. */
struct number {
    bool negative;
    const char *digits;
    size_t count;
    int64_t exponent; /* held within +-10^18 */
};

/* `text` is a valid JSON number and must outlive the number. */
struct number number_read(struct paku_text text);
bool number_is_integer(const struct number *number);
/* <0, 0, >0. */
int number_compare(const struct number *left, const struct number *right);
uint64_t number_hash(const struct number *number, uint64_t seed);
/* A whole number that is not negative, as `minLength` and the like want it; what is beyond 64 bits
 * becomes UINT64_MAX. -EINVAL for others. */
int number_to_count(const struct number *number, uint64_t *ret_count);

/* What multipleOf divides by. */
struct divisor {
    struct number number;
    struct paku_text text;
    uint64_t small;        /* its digits as an integer, when they fit */
    const uint32_t *limbs; /* else: in base 10^9, lowest first */
    size_t limb_count;
};

/* `text` is a number above zero (else -EINVAL), and must outlive the divisor. */
int divisor_init(struct divisor *divisor, struct paku_text text, struct pool *pool);
/* `scratch` is used for divisors of more than 18 digits only, and given back. */
bool number_is_multiple(const struct number *number, const struct divisor *divisor,
    struct pool *scratch);

#endif
