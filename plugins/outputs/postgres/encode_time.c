/* SPDX-License-Identifier: Apache-2.0 */
#include "encode.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#define NS_PER_S INT64_C(1000000000)
/* From 1970, where paku counts from, to 2000, where PostgreSQL does. */
#define SECONDS_TO_2000 INT64_C(946684800)
#define DAYS_TO_2000 INT64_C(10957)
/* Where nanoseconds leave 64 bits, in 2262. Milliseconds are far beyond it, and so recognised. */
#define SECONDS_MAX 9.2e9

static const char *const EXPECTED =
    "a time such as 2025-12-01T20:00:00Z from 1678 to 2262, or seconds since 1970";

static int64_t floor_divide(int64_t number, int64_t divisor)
{
    int64_t quotient = number / divisor;

    return quotient - (number % divisor < 0 ? 1 : 0);
}

/* Days since 1970 of a date in the Gregorian calendar: years run from March, so that the leap day
 * is their last, and 400 of them are 146097 days. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t from_march = month > 2 ? month - 3 : month + 9;
    int64_t y = month > 2 ? year : year - 1;
    int64_t era = floor_divide(y, 400);
    int64_t in_era = y - era * 400;

    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 +
        (from_march * 153 + 2) / 5 + day - 1 - 719468;
}

static void date_of(int64_t days, int64_t *ret_year, int64_t *ret_month, int64_t *ret_day)
{
    int64_t since = days + 719468;
    int64_t era = floor_divide(since, 146097);
    int64_t rest = since - era * 146097;
    int64_t in_era = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
    int64_t in_year = rest - (in_era * 365 + in_era / 4 - in_era / 100);
    int64_t from_march = (in_year * 5 + 2) / 153;

    *ret_day = in_year - (from_march * 153 + 2) / 5 + 1;
    *ret_month = from_march < 10 ? from_march + 3 : from_march - 9;
    *ret_year = era * 400 + in_era + (*ret_month <= 2 ? 1 : 0);
}

void print_time(int64_t time_ns, struct bytes *out)
{
    int64_t seconds = floor_divide(time_ns, NS_PER_S);
    int64_t nanoseconds = time_ns - seconds * NS_PER_S;
    int64_t days = floor_divide(seconds, 86400);
    int64_t in_day = seconds - days * 86400;
    int64_t year, month, day;

    date_of(days, &year, &month, &day);
    bytes_format(out, "%04d-%02d-%02dT%02d:%02d:%02d", (int)year, (int)month, (int)day,
        (int)(in_day / 3600), (int)(in_day / 60 % 60), (int)(in_day % 60));
    if (nanoseconds % 1000 != 0)
        bytes_format(out, ".%09d", (int)nanoseconds);
    else if (nanoseconds % 1000000 != 0)
        bytes_format(out, ".%06d", (int)(nanoseconds / 1000));
    else if (nanoseconds != 0)
        bytes_format(out, ".%03d", (int)(nanoseconds / 1000000));
    bytes_push_u8(out, 'Z');
}

static int read_seconds(struct paku_value value, int64_t *ret_time_ns)
{
    int64_t whole;
    double number;

    if (paku_value_int64(value, &whole) == 0) {
        number = (double)whole;
    } else if (paku_value_double(value, &number) == 0) {
        whole = (int64_t)(fabs(number) < SECONDS_MAX ? floor(number) : 0);
    } else {
        return -EINVAL;
    }
    if (fabs(number) >= SECONDS_MAX)
        return -ERANGE;
    *ret_time_ns = whole * NS_PER_S +
        (int64_t)(round((number - (double)whole) * 1e6) * 1e3);
    return 0;
}

static int read_time(struct encoder *encoder, struct paku_field field, int64_t *ret_time_ns)
{
    struct paku_text text;

    if (field.type == PAKU_FIELD_TIME) {
        *ret_time_ns = field.time_ns;
        return 0;
    }
    if (field.type == PAKU_FIELD_JSON) {
        enum paku_json_type type = paku_value_type(field.value);

        if (type == PAKU_JSON_NUMBER)
            return read_seconds(field.value, ret_time_ns);
        if (type != PAKU_JSON_STRING)
            return -EINVAL;
    }
    if (encode_read_text(encoder, field, &text) < 0)
        return -EINVAL;
    return paku_time_parse(text, ret_time_ns);
}

int encode_timestamp(struct encoder *encoder, const struct column *column,
    struct paku_field field)
{
    int64_t time_ns;

    if (read_time(encoder, field, &time_ns) < 0)
        return encode_refuse(encoder, column, field, EXPECTED);
    bytes_push_u64(encoder->out,
        (uint64_t)(floor_divide(time_ns, 1000) - SECONDS_TO_2000 * 1000000));
    return 0;
}

/* "2025-12-01" alone; anything longer is a time. */
static int read_date(struct paku_text text, int64_t *ret_days)
{
    int64_t parts[3] = {0};
    size_t part = 0;
    int64_t days, year, month, day;

    if (text.size != 10 || text.data[4] != '-' || text.data[7] != '-')
        return -EINVAL;
    for (size_t i = 0; i < text.size; i++) {
        if (i == 4 || i == 7)
            part++;
        else if (text.data[i] >= '0' && text.data[i] <= '9')
            parts[part] = parts[part] * 10 + (text.data[i] - '0');
        else
            return -EINVAL;
    }
    if (parts[0] < 1 || parts[1] < 1 || parts[1] > 12)
        return -EINVAL;
    days = days_of(parts[0], parts[1], parts[2]);
    date_of(days, &year, &month, &day);
    if (year != parts[0] || month != parts[1] || day != parts[2])
        return -EINVAL; /* the 31st of a shorter month */
    *ret_days = days;
    return 0;
}

int encode_date(struct encoder *encoder, const struct column *column, struct paku_field field)
{
    struct paku_text text;
    int64_t time_ns;
    int64_t days;

    if (field.type == PAKU_FIELD_TIME || encode_read_text(encoder, field, &text) < 0 ||
        read_date(text, &days) < 0) {
        if (read_time(encoder, field, &time_ns) < 0)
            return encode_refuse(encoder, column, field,
                "a date such as 2025-12-01, or a time such as 2025-12-01T20:00:00Z");
        days = floor_divide(time_ns, 86400 * NS_PER_S);
    }
    bytes_push_u32(encoder->out, (uint32_t)(int32_t)(days - DAYS_TO_2000));
    return 0;
}
