/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal numbers as text, and PostgreSQL's `numeric`, which also holds the numbers in a jsonb. */
#ifndef POSTGRES_NUMERIC_H
#define POSTGRES_NUMERIC_H

#include "bytes.h"

/* A decimal number taken apart: [sign] digits [. digits] [e exponent]. */
struct decimal {
    bool negative;
    bool zero;
    struct paku_text whole;    /* digits before the point */
    struct paku_text fraction; /* digits behind it */
    int64_t exponent;          /* cut to +-1e9 or so: anything there is out of range */
};

/* -EINVAL when `text` is no decimal number (JSON's grammar, and also ".5", "5.", "+5", "007"). */
int decimal_parse(struct paku_text text, struct decimal *ret_decimal);

/* Where the first digit that is not 0 stands: 0 for 1 to 9, -1 for 0.1; not for zero. */
int64_t decimal_weight(const struct decimal *decimal);

/* Whether `numeric` can hold it: at most 131072 digits before the point and 16383 behind. */
bool decimal_fits(const struct decimal *decimal);

/* Appends the binary form of a number that fits. */
void decimal_encode(const struct decimal *decimal, struct bytes *out);

#endif
