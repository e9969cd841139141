/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/time_policy.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "record/record.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

int time_policy_init(struct time_rule *policy, const struct time_options *options,
    struct place place, struct config_errors *errors)
{
    struct paku_json_error error;
    struct paku_text earliest = {options->earliest, strlen(options->earliest)};
    int result = 0;
    *policy = (struct time_rule){.options = options};
    if (options->from != NULL && options->from[0] != '\0' &&
        paku_selector_create(options->from, &policy->from, &error) < 0) {
        config_errors_add(errors, place, "time.from: '%s' at character %zu: %s", options->from,
            error.offset + 1, error.message);
        result = -EINVAL;
    }
    if (paku_time_parse(earliest, &policy->earliest_ns) < 0) {
        config_errors_add(errors, place,
            "time.earliest: '%s' is no time: expected one such as 2020-01-01T00:00:00Z",
            options->earliest);
        result = -EINVAL;
    }
    return result;
}

void time_policy_finish(struct time_rule *policy)
{
    paku_selector_destroy(policy->from);
    *policy = (struct time_rule){0};
}

/* Seconds since 1970, with decimals. Through a double they are good to a microsecond. */
static int read_seconds(struct paku_value value, int64_t *ret_time_ns)
{
    int64_t whole = 0;
    double seconds = 0;
    if (paku_value_int64(value, &whole) == 0)
        return __builtin_mul_overflow(whole, NS_PER_S, ret_time_ns) ? -ERANGE : 0;
    if (paku_value_double(value, &seconds) < 0 || fabs(seconds) > 9.2e9)
        return -ERANGE;
    *ret_time_ns = (int64_t)llround(seconds * 1e6) * 1000;
    return 0;
}

static int read_string(struct paku_value value, int64_t *ret_time_ns)
{
    struct paku_text plain;
    return paku_value_plain(value, &plain) ? paku_time_parse(plain, ret_time_ns) : -EINVAL;
}

/* -ENOENT: there is none; -EINVAL: what is there is no time; -ERANGE: none that we can hold. */
static int read_time(const struct paku_field *field, int64_t *ret_time_ns)
{
    switch (field->type) {
    case PAKU_FIELD_TIME:
        *ret_time_ns = field->time_ns;
        return 0;
    case PAKU_FIELD_TEXT:
    case PAKU_FIELD_BYTES:
        return paku_time_parse(field->text, ret_time_ns);
    case PAKU_FIELD_JSON:
        if (paku_value_type(field->value) == PAKU_JSON_NUMBER)
            return read_seconds(field->value, ret_time_ns);
        if (paku_value_type(field->value) == PAKU_JSON_NULL)
            return -ENOENT;
        return read_string(field->value, ret_time_ns);
    default:
        return -ENOENT;
    }
}

static struct paku_text shown(const struct paku_field *field)
{
    struct paku_text text = field->type == PAKU_FIELD_JSON ? paku_value_raw(field->value)
                                                           : field->text;
    if (text.size > 80)
        text.size = 80;
    return text;
}

static char *describe_missing(const struct time_rule *policy, const struct paku_field *field,
    int error)
{
    if (error == -ENOENT)
        return xasprintf("there is no time at %s", policy->options->from);
    struct paku_text text = shown(field);
    return xasprintf("no time at %s: expected RFC 3339 text or seconds since 1970, got %.*s",
        policy->options->from, (int)text.size, text.data);
}

static char *describe_implausible(const struct time_rule *policy, int64_t time_ns, int error)
{
    struct buffer text = {0};
    char *reason;
    if (error < 0) {
        reason = xasprintf("the time at %s lies outside of the years 1678 to 2262",
            policy->options->from);
    } else {
        time_print(time_ns, &text);
        reason = time_ns < policy->earliest_ns
            ? xasprintf("the time at %s, %s, lies before %s", policy->options->from,
                  buffer_text(&text), policy->options->earliest)
            : xasprintf("the time at %s, %s, lies in the future", policy->options->from,
                  buffer_text(&text));
    }
    buffer_finish(&text);
    return reason;
}

static bool is_plausible(const struct time_rule *policy, int64_t time_ns, int64_t now_ns)
{
    int64_t latest_ns;
    if (time_ns < policy->earliest_ns)
        return false;
    if (__builtin_mul_overflow(policy->options->max_future_ms, NS_PER_MS, &latest_ns) ||
        __builtin_add_overflow(latest_ns, now_ns, &latest_ns))
        return true;
    return time_ns <= latest_ns;
}

static char *take_receipt_time(const struct time_rule *policy, struct paku_record *record)
{
    static const struct paku_text received = {"received", sizeof("received") - 1};
    if (policy->options->tag != NULL && policy->options->tag[0] != '\0')
        paku_record_set_tag(record, policy->options->tag, received);
    return NULL;
}

char *time_policy_apply(const struct time_rule *policy, struct paku_record *record,
    int64_t now_ns)
{
    if (policy->from == NULL)
        return NULL;
    struct paku_field field = paku_selector_read(policy->from, record);
    int64_t time_ns = 0;
    int error = read_time(&field, &time_ns);
    if (error == -ENOENT || error == -EINVAL)
        return policy->options->missing == TIME_REJECT ? describe_missing(policy, &field, error)
                                                       : take_receipt_time(policy, record);
    if (error < 0 || !is_plausible(policy, time_ns, now_ns)) {
        if (policy->options->implausible == TIME_REJECT)
            return describe_implausible(policy, time_ns, error);
        if (field.type == PAKU_FIELD_TIME) /* the record's own time is what cannot be right */
            paku_record_set_time(record, now_ns);
        return take_receipt_time(policy, record);
    }
    paku_record_set_time(record, time_ns);
    return NULL;
}
