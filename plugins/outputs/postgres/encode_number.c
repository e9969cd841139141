/* SPDX-License-Identifier: Apache-2.0 */
#include "encode.h"

#include "numeric.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* Longer texts are no numbers that fit into 64 bits. */
enum { NUMBER_SIZE_MAX = 400 };

static bool is_json(struct paku_field field, enum paku_json_type type)
{
    return field.type == PAKU_FIELD_JSON && paku_value_type(field.value) == type;
}

static bool is_word(struct paku_text text, const char *word)
{
    return text.size == strlen(word) && strncasecmp(text.data, word, text.size) == 0;
}

/* Text where a number may stand in text: tags, texts, JSON strings. */
static int read_written(struct encoder *encoder, struct paku_field field,
    struct paku_text *ret_text)
{
    if (field.type == PAKU_FIELD_TEXT || is_json(field, PAKU_JSON_STRING))
        return encode_read_text(encoder, field, ret_text);
    return -EINVAL;
}

/* -- bool -- */

static int read_bool_word(struct paku_text text, bool *ret_value)
{
    static const char *const yes[] = {"true", "t", "yes", "y", "on", "1"};
    static const char *const no[] = {"false", "f", "no", "n", "off", "0"};

    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        if (is_word(text, yes[i]) || is_word(text, no[i])) {
            *ret_value = is_word(text, yes[i]);
            return 0;
        }
    }
    return -EINVAL;
}

static int read_bool(struct encoder *encoder, struct paku_field field, bool *ret_value)
{
    struct paku_text text;
    int64_t number;

    if (is_json(field, PAKU_JSON_BOOL)) {
        *ret_value = paku_value_bool(field.value);
        return 0;
    }
    if (is_json(field, PAKU_JSON_NUMBER)) {
        if (paku_value_int64(field.value, &number) < 0 || (number != 0 && number != 1))
            return -EINVAL;
        *ret_value = number == 1;
        return 0;
    }
    if (read_written(encoder, field, &text) < 0)
        return -EINVAL;
    return read_bool_word(text, ret_value);
}

int encode_bool(struct encoder *encoder, const struct column *column, struct paku_field field)
{
    bool value;

    if (read_bool(encoder, field, &value) < 0)
        return encode_refuse(encoder, column, field, "true or false, 1 or 0");
    bytes_push_u8(encoder->out, value ? 1 : 0);
    return 0;
}

/* -- Whole numbers -- */

static int parse_integer(struct paku_text text, int64_t *ret_number)
{
    char buffer[32];
    char *end;
    long long number;

    if (text.size == 0 || text.size >= sizeof(buffer) ||
        (text.data[0] != '-' && text.data[0] != '+' && (text.data[0] < '0' || text.data[0] > '9')))
        return -EINVAL;
    memcpy(buffer, text.data, text.size);
    buffer[text.size] = '\0';
    errno = 0;
    number = strtoll(buffer, &end, 10);
    if (end != buffer + text.size || errno != 0)
        return -EINVAL;
    *ret_number = number;
    return 0;
}

static int read_integer(struct encoder *encoder, struct paku_field field, int64_t *ret_number)
{
    struct paku_text text;

    if (is_json(field, PAKU_JSON_NUMBER))
        return paku_value_int64(field.value, ret_number);
    if (is_json(field, PAKU_JSON_BOOL)) {
        *ret_number = paku_value_bool(field.value) ? 1 : 0;
        return 0;
    }
    if (read_written(encoder, field, &text) < 0)
        return -EINVAL;
    return parse_integer(text, ret_number);
}

int encode_integer(struct encoder *encoder, const struct column *column, struct paku_field field)
{
    int64_t min = column->type == COLUMN_INT2 ? INT16_MIN :
        column->type == COLUMN_INT4           ? INT32_MIN :
                                                INT64_MIN;
    int64_t max = -(min + 1);
    int64_t number;

    if (read_integer(encoder, field, &number) < 0 || number < min || number > max) {
        char expected[96];

        snprintf(expected, sizeof(expected), "a whole number from %lld to %lld", (long long)min,
            (long long)max);
        return encode_refuse(encoder, column, field, expected);
    }
    if (column->type == COLUMN_INT2)
        bytes_push_u16(encoder->out, (uint16_t)number);
    else if (column->type == COLUMN_INT4)
        bytes_push_u32(encoder->out, (uint32_t)number);
    else
        bytes_push_u64(encoder->out, (uint64_t)number);
    return 0;
}

/* -- Floating point -- */

static int parse_float(struct paku_text text, double *ret_number)
{
    char buffer[NUMBER_SIZE_MAX + 1];
    struct decimal decimal;
    double number;

    if (is_word(text, "NaN")) {
        *ret_number = NAN;
        return 0;
    }
    if (is_word(text, "Infinity") || is_word(text, "-Infinity")) {
        *ret_number = text.data[0] == '-' ? -INFINITY : INFINITY;
        return 0;
    }
    if (text.size > NUMBER_SIZE_MAX || decimal_parse(text, &decimal) < 0)
        return -EINVAL;
    memcpy(buffer, text.data, text.size);
    buffer[text.size] = '\0';
    number = strtod(buffer, NULL);
    if (isinf(number))
        return -ERANGE;
    *ret_number = number;
    return 0;
}

static int read_float(struct encoder *encoder, struct paku_field field, double *ret_number)
{
    struct paku_text text;

    if (is_json(field, PAKU_JSON_NUMBER))
        return paku_value_double(field.value, ret_number);
    if (is_json(field, PAKU_JSON_BOOL)) {
        *ret_number = paku_value_bool(field.value) ? 1 : 0;
        return 0;
    }
    if (read_written(encoder, field, &text) < 0)
        return -EINVAL;
    return parse_float(text, ret_number);
}

static void push_double(struct bytes *out, double number)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof(bits));
    bytes_push_u64(out, bits);
}

static void push_float(struct bytes *out, float number)
{
    uint32_t bits;

    memcpy(&bits, &number, sizeof(bits));
    bytes_push_u32(out, bits);
}

int encode_float(struct encoder *encoder, const struct column *column, struct paku_field field)
{
    double number;

    if (read_float(encoder, field, &number) < 0)
        return encode_refuse(encoder, column, field, "a number up to 1.8e308");
    if (column->type == COLUMN_FLOAT8) {
        push_double(encoder->out, number);
        return 0;
    }
    if (isfinite(number) && isinf((float)number))
        return encode_refuse(encoder, column, field, "a number up to 3.4e38");
    push_float(encoder->out, (float)number);
    return 0;
}

/* -- numeric -- */

static int read_decimal(struct encoder *encoder, struct paku_field field,
    struct decimal *ret_decimal)
{
    struct paku_text text;

    if (is_json(field, PAKU_JSON_NUMBER))
        text = paku_value_raw(field.value);
    else if (is_json(field, PAKU_JSON_BOOL))
        text = (struct paku_text) {paku_value_bool(field.value) ? "1" : "0", 1};
    else if (read_written(encoder, field, &text) < 0)
        return -EINVAL;
    return decimal_parse(text, ret_decimal);
}

static bool is_not_a_number(struct encoder *encoder, struct paku_field field)
{
    struct paku_text text;

    return read_written(encoder, field, &text) == 0 && is_word(text, "NaN");
}

int encode_numeric(struct encoder *encoder, const struct column *column, struct paku_field field)
{
    struct decimal decimal;

    if (is_not_a_number(encoder, field)) {
        bytes_push(encoder->out, "\0\0\0\0\xc0\0\0\0", 8);
        return 0;
    }
    if (read_decimal(encoder, field, &decimal) < 0)
        return encode_refuse(encoder, column, field, "a number");
    if (!decimal_fits(&decimal))
        return encode_refuse(encoder, column, field,
            "at most 131072 digits before the point and 16383 behind it");
    if (!decimal.zero && decimal_weight(&decimal) >= column->whole_max)
        return encode_refuse(encoder, column, field, "fewer digits before the point");
    decimal_encode(&decimal, encoder->out);
    return 0;
}
