/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 3339: section 5.6 and, for durations, appendix A. */
#include "format.h"

#include <ctype.h>
#include <string.h>

struct scan {
    const char *at, *end;
};

static bool take_number(struct scan *scan, int digits, int *ret_number)
{
    if (scan->end - scan->at < digits)
        return false;
    int number = 0;
    for (int i = 0; i < digits; i++) {
        if (!isdigit((unsigned char)scan->at[i]))
            return false;
        number = number * 10 + (scan->at[i] - '0');
    }
    scan->at += digits;
    *ret_number = number;
    return true;
}

static bool take(struct scan *scan, const char *any)
{
    if (scan->at == scan->end || *scan->at == '\0' || strchr(any, *scan->at) == NULL)
        return false;
    scan->at++;
    return true;
}

static bool take_date(struct scan *scan)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;
    if (!take_number(scan, 4, &year) || !take(scan, "-") || !take_number(scan, 2, &month) ||
        !take(scan, "-") || !take_number(scan, 2, &day) || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= lengths[month - 1] + leap;
}

/* Z or +hh:mm; minutes to take off the local time. */
static bool take_offset(struct scan *scan, int *ret_minutes)
{
    int hour, minute;
    *ret_minutes = 0;
    if (take(scan, "Zz"))
        return true;
    bool west = scan->at < scan->end && *scan->at == '-';
    if (!take(scan, "+-") || !take_number(scan, 2, &hour) || !take(scan, ":") ||
        !take_number(scan, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *ret_minutes = (west ? -1 : 1) * (hour * 60 + minute);
    return true;
}

static bool take_time(struct scan *scan)
{
    int hour, minute, second, offset, unused;
    if (!take_number(scan, 2, &hour) || !take(scan, ":") || !take_number(scan, 2, &minute) ||
        !take(scan, ":") || !take_number(scan, 2, &second) || hour > 23 || minute > 59 ||
        second > 60)
        return false;
    if (take(scan, ".")) {
        if (!take_number(scan, 1, &unused))
            return false;
        while (take_number(scan, 1, &unused))
            ;
    }
    if (!take_offset(scan, &offset))
        return false;
    /* a leap second is the last one of a day in UTC */
    int utc = (hour * 60 + minute - offset + 2 * 24 * 60) % (24 * 60);
    return second < 60 || utc == 24 * 60 - 1;
}

static struct scan scan_begin(struct paku_text text)
{
    return (struct scan){text.data, text.data + text.size};
}

bool format_date_time(struct paku_text text)
{
    struct scan scan = scan_begin(text);
    return take_date(&scan) && take(&scan, "Tt") && take_time(&scan) && scan.at == scan.end;
}

bool format_date(struct paku_text text)
{
    struct scan scan = scan_begin(text);
    return take_date(&scan) && scan.at == scan.end;
}

bool format_time(struct paku_text text)
{
    struct scan scan = scan_begin(text);
    return take_time(&scan) && scan.at == scan.end;
}

/* Numbers, each with one of `units`, which come in this order without a gap: "1Y2M", "2M3D", but not
 * "1Y3D". False when there is none. */
static bool take_units(struct scan *scan, const char *units)
{
    const char *next = NULL;
    int unused;
    while (scan->at < scan->end && isdigit((unsigned char)*scan->at)) {
        while (take_number(scan, 1, &unused))
            ;
        if (scan->at == scan->end || *scan->at == '\0')
            return false;
        const char *unit = next != NULL ? (*next == *scan->at ? next : NULL)
                                        : strchr(units, *scan->at);
        if (unit == NULL || *unit == '\0')
            return false;
        scan->at++;
        next = unit + 1;
    }
    return next != NULL;
}

bool format_duration(struct paku_text text)
{
    struct scan scan = scan_begin(text);
    if (!take(&scan, "P"))
        return false;
    if (text.data[text.size - 1] == 'W')
        return take_units(&scan, "W") && scan.at == scan.end;
    bool time_only = scan.at < scan.end && *scan.at == 'T';
    if (!time_only && !take_units(&scan, "YMD"))
        return false;
    if (take(&scan, "T") && !take_units(&scan, "HMS"))
        return false;
    return scan.at == scan.end;
}
