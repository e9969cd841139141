/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 3339 both ways. */
#include "record/record.h"

#include <errno.h>
#include <time.h>

#define NS_PER_SECOND 1000000000

/* Days since 1970-01-01 of a date in the Gregorian calendar, by counting from the first of March so
 * that the leap day comes last. */
static int64_t days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

static bool take_number(struct paku_text *text, int digits, int *ret_number)
{
    if (text->size < (size_t)digits)
        return false;
    *ret_number = 0;
    for (int i = 0; i < digits; i++) {
        char c = text->data[i];
        if (c < '0' || c > '9')
            return false;
        *ret_number = *ret_number * 10 + (c - '0');
    }
    text->data += digits;
    text->size -= (size_t)digits;
    return true;
}

static bool take_one_of(struct paku_text *text, const char *characters)
{
    for (; text->size > 0 && *characters != '\0'; characters++) {
        if (text->data[0] == *characters) {
            text->data++;
            text->size--;
            return true;
        }
    }
    return false;
}

/* Digits beyond the ninth are dropped. */
static bool take_fraction(struct paku_text *text, int64_t *ret_ns)
{
    int64_t ns = 0, unit = NS_PER_SECOND / 10;
    int digit;
    *ret_ns = 0;
    if (!take_one_of(text, "."))
        return true;
    if (text->size == 0 || !take_number(text, 1, &digit))
        return false;
    do {
        ns += digit * unit;
        unit /= 10;
    } while (take_number(text, 1, &digit));
    *ret_ns = ns;
    return true;
}

static bool take_offset(struct paku_text *text, int *ret_minutes)
{
    int hours, minutes;
    *ret_minutes = 0;
    if (take_one_of(text, "Zz"))
        return true;
    bool negative = text->size > 0 && text->data[0] == '-';
    if (!take_one_of(text, "+-") || !take_number(text, 2, &hours) || !take_one_of(text, ":") ||
        !take_number(text, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ret_minutes = (hours * 60 + minutes) * (negative ? -1 : 1);
    return true;
}

static bool take_date(struct paku_text *text, int64_t *ret_days)
{
    int year, month, day;
    if (!take_number(text, 4, &year) || !take_one_of(text, "-") ||
        !take_number(text, 2, &month) || !take_one_of(text, "-") || !take_number(text, 2, &day) ||
        month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    *ret_days = days_from_date(year, month, day);
    return true;
}

static bool take_clock(struct paku_text *text, int64_t *ret_seconds)
{
    int hour, minute, second;
    if (!take_number(text, 2, &hour) || !take_one_of(text, ":") ||
        !take_number(text, 2, &minute) || !take_one_of(text, ":") ||
        !take_number(text, 2, &second) || hour > 23 || minute > 59 || second > 60)
        return false;
    *ret_seconds = hour * 3600 + minute * 60 + second;
    return true;
}

int paku_time_parse(struct paku_text text, int64_t *ret_time_ns)
{
    int64_t days, seconds, ns, time;
    int offset;
    if (!take_date(&text, &days) || !take_one_of(&text, "Tt ") || !take_clock(&text, &seconds) ||
        !take_fraction(&text, &ns) || !take_offset(&text, &offset) || text.size != 0)
        return -EINVAL;
    seconds += days * 86400 - offset * 60;
    if (__builtin_mul_overflow(seconds, NS_PER_SECOND, &time) ||
        __builtin_add_overflow(time, ns, &time))
        return -ERANGE;
    *ret_time_ns = time;
    return 0;
}

void time_print(int64_t time_ns, struct buffer *buffer)
{
    int64_t ns = time_ns % NS_PER_SECOND;
    if (ns < 0)
        ns += NS_PER_SECOND;
    time_t seconds = (time_t)((time_ns - ns) / NS_PER_SECOND);
    struct tm date;
    char text[40];
    gmtime_r(&seconds, &date);
    buffer->size += strftime(buffer_reserve(buffer, sizeof(text)), sizeof(text), "%FT%T", &date);
    if (ns % 1000 != 0)
        buffer_push_format(buffer, ".%09d", (int)ns);
    else if (ns % 1000000 != 0)
        buffer_push_format(buffer, ".%06d", (int)(ns / 1000));
    else if (ns != 0)
        buffer_push_format(buffer, ".%03d", (int)(ns / 1000000));
    buffer_push_u8(buffer, 'Z');
}
