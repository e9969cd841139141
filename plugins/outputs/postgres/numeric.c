/* SPDX-License-Identifier: Apache-2.0 */
#include "numeric.h"

#include <assert.h>
#include <errno.h>

enum {
    DIGITS_BEFORE_MAX = 131072,
    DIGITS_BEHIND_MAX = 16383,
    EXPONENT_CUT = 1000000000,
    /* Beyond this PostgreSQL refuses an exponent unseen, even on a zero. */
    EXPONENT_MAX = 1073741822,
    SIGN_NEGATIVE = 0x4000,
};

static struct paku_text take_digits(const char **at, const char *end)
{
    const char *start = *at;

    while (*at < end && **at >= '0' && **at <= '9')
        (*at)++;
    return (struct paku_text) {start, (size_t)(*at - start)};
}

static int take_exponent(const char **at, const char *end, int64_t *ret_exponent)
{
    struct paku_text digits;
    bool negative = false;
    int64_t exponent = 0;

    if (*at < end && (**at == '+' || **at == '-'))
        negative = *(*at)++ == '-';
    digits = take_digits(at, end);
    if (digits.size == 0)
        return -EINVAL;
    for (size_t i = 0; i < digits.size && exponent < 2 * (int64_t)EXPONENT_CUT; i++)
        exponent = exponent * 10 + (digits.data[i] - '0');
    *ret_exponent = negative ? -exponent : exponent;
    return 0;
}

static bool all_zero(struct paku_text digits)
{
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] != '0')
            return false;
    }
    return true;
}

int decimal_parse(struct paku_text text, struct decimal *ret_decimal)
{
    const char *at = text.data;
    const char *end = text.data + text.size;
    struct decimal decimal = {0};

    if (at < end && (*at == '-' || *at == '+'))
        decimal.negative = *at++ == '-';
    decimal.whole = take_digits(&at, end);
    decimal.fraction.data = at;
    if (at < end && *at == '.') {
        at++;
        decimal.fraction = take_digits(&at, end);
    }
    if (decimal.whole.size + decimal.fraction.size == 0)
        return -EINVAL;
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (take_exponent(&at, end, &decimal.exponent) < 0)
            return -EINVAL;
    }
    if (at != end)
        return -EINVAL;
    decimal.zero = all_zero(decimal.whole) && all_zero(decimal.fraction);
    *ret_decimal = decimal;
    return 0;
}

static size_t leading_zeros(struct paku_text digits)
{
    size_t count = 0;

    while (count < digits.size && digits.data[count] == '0')
        count++;
    return count;
}

int64_t decimal_weight(const struct decimal *decimal)
{
    size_t zeros = leading_zeros(decimal->whole);

    assert(!decimal->zero);
    if (zeros < decimal->whole.size)
        return (int64_t)(decimal->whole.size - zeros) - 1 + decimal->exponent;
    return -(int64_t)leading_zeros(decimal->fraction) - 1 + decimal->exponent;
}

static int64_t digits_behind(const struct decimal *decimal)
{
    int64_t digits = (int64_t)decimal->fraction.size - decimal->exponent;

    return digits > 0 ? digits : 0;
}

bool decimal_fits(const struct decimal *decimal)
{
    if (decimal->exponent > EXPONENT_MAX || decimal->exponent < -EXPONENT_MAX)
        return false;
    if (digits_behind(decimal) > DIGITS_BEHIND_MAX)
        return false;
    return decimal->zero || decimal_weight(decimal) < DIGITS_BEFORE_MAX;
}

/* The digit that stands for 10 to the power of `power`; 0 outside what was written. */
static unsigned digit_at(const struct decimal *decimal, int64_t power)
{
    int64_t index = (int64_t)decimal->whole.size - 1 - (power - decimal->exponent);

    if (index < 0)
        return 0;
    if (index < (int64_t)decimal->whole.size)
        return (unsigned)(decimal->whole.data[index] - '0');
    index -= (int64_t)decimal->whole.size;
    if (index < (int64_t)decimal->fraction.size)
        return (unsigned)(decimal->fraction.data[index] - '0');
    return 0;
}

static unsigned group_at(const struct decimal *decimal, int64_t group)
{
    unsigned value = 0;

    for (int64_t power = group * 4 + 3; power >= group * 4; power--)
        value = value * 10 + digit_at(decimal, power);
    return value;
}

static int64_t group_of(int64_t power)
{
    return power >= 0 ? power / 4 : -((-power + 3) / 4);
}

/* int16 count, weight, sign, scale, then groups of four digits from the most significant on; the
 * weight is that of the first group. Groups of zeros at the end are left out. */
void decimal_encode(const struct decimal *decimal, struct bytes *out)
{
    int64_t scale = digits_behind(decimal);
    int64_t first = 0;
    int64_t count = 0;

    assert(decimal_fits(decimal));
    if (!decimal->zero) {
        int64_t last = group_of(decimal->exponent - (int64_t)decimal->fraction.size);

        first = group_of(decimal_weight(decimal));
        while (group_at(decimal, last) == 0)
            last++;
        count = first - last + 1;
    }
    bytes_reserve(out, 8 + (size_t)count * 2);
    bytes_push_u16(out, (uint16_t)count);
    bytes_push_u16(out, (uint16_t)(int16_t)first);
    bytes_push_u16(out, decimal->negative && !decimal->zero ? SIGN_NEGATIVE : 0);
    bytes_push_u16(out, (uint16_t)scale);
    for (int64_t i = 0; i < count; i++)
        bytes_push_u16(out, (uint16_t)group_at(decimal, first - i));
}
