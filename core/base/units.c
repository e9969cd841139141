/* SPDX-License-Identifier: Apache-2.0 */
#include "base/units.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    int64_t factor;
};

/* Largest first: printing takes what fits from the front. */
static const struct unit durations[] = {
    {"w", 7 * 24 * 3600000LL}, {"d", 24 * 3600000LL}, {"h", 3600000}, {"m", 60000},
    {"s", 1000}, {"ms", 1}, {NULL, 0},
};

static const struct unit sizes[] = {
    {"TiB", 1LL << 40}, {"TB", 1000000000000LL}, {"GiB", 1LL << 30}, {"GB", 1000000000},
    {"MiB", 1LL << 20}, {"MB", 1000000}, {"KiB", 1LL << 10}, {"KB", 1000}, {"kB", 1000}, {"B", 1},
    {NULL, 0},
};

static const struct unit *unit_find(const struct unit *units, const char *name, size_t length)
{
    for (; units->name != NULL; units++) {
        if (strlen(units->name) == length && memcmp(units->name, name, length) == 0)
            return units;
    }
    return NULL;
}

/* A decimal number without sign and exponent; moves *at behind it. */
static int number_take(const char **at, double *ret_number)
{
    size_t digits = strspn(*at, "0123456789");
    size_t length = digits;
    if ((*at)[length] == '.')
        length += 1 + strspn(*at + length + 1, "0123456789");
    if (digits == 0 || (*at)[length - 1] == '.' || length > 30)
        return -EINVAL;
    *ret_number = strtod(*at, NULL);
    *at += length;
    return 0;
}

static int product(double number, int64_t factor, int64_t *ret_value)
{
    double value = round(number * (double)factor);
    if (value >= 9.2e18)
        return -ERANGE;
    *ret_value = (int64_t)value;
    return 0;
}

static int unit_take(const char **at, const struct unit *units, int64_t *ret_value)
{
    double number;
    int error = number_take(at, &number);
    if (error < 0)
        return error;
    size_t length = strcspn(*at, "0123456789. ");
    const struct unit *unit = unit_find(units, *at, length);
    if (unit == NULL)
        return -EINVAL;
    *at += length;
    return product(number, unit->factor, ret_value);
}

int duration_parse(const char *text, int64_t *ret_ms)
{
    int64_t total = 0;
    if (strcmp(text, "0") == 0) {
        *ret_ms = 0;
        return 0;
    }
    do {
        int64_t part;
        int error = unit_take(&text, durations, &part);
        if (error < 0)
            return error;
        if (__builtin_add_overflow(total, part, &total))
            return -ERANGE;
    } while (*text != '\0');
    *ret_ms = total;
    return 0;
}

int size_parse(const char *text, int64_t *ret_bytes)
{
    if (text[0] != '\0' && text[strspn(text, "0123456789")] == '\0') {
        errno = 0;
        long long value = strtoll(text, NULL, 10);
        if (errno != 0)
            return -ERANGE;
        *ret_bytes = value;
        return 0;
    }
    int64_t value;
    int error = unit_take(&text, sizes, &value);
    if (error < 0)
        return error;
    if (*text != '\0')
        return -EINVAL;
    *ret_bytes = value;
    return 0;
}

char *duration_print(int64_t ms, char *buffer, size_t size)
{
    size_t used = 0;
    if (ms == 0)
        snprintf(buffer, size, "0");
    for (const struct unit *unit = durations; unit->name != NULL && used < size; unit++) {
        int64_t count = ms / unit->factor;
        if (count == 0)
            continue;
        ms -= count * unit->factor;
        used += (size_t)snprintf(buffer + used, size - used, "%" PRId64 "%s", count, unit->name);
    }
    return buffer;
}

char *size_print(int64_t bytes, char *buffer, size_t size)
{
    for (const struct unit *unit = sizes; unit->name != NULL; unit++) {
        bool binary = strchr(unit->name, 'i') != NULL;
        if (binary && bytes != 0 && bytes % unit->factor == 0) {
            snprintf(buffer, size, "%" PRId64 "%s", bytes / unit->factor, unit->name);
            return buffer;
        }
    }
    snprintf(buffer, size, "%" PRId64, bytes);
    return buffer;
}
