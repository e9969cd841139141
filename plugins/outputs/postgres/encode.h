/* SPDX-License-Identifier: Apache-2.0 */
/* From the fields of a record to the binary form that COPY takes for a column of some type. The rules
 * are written down in README.md, "What becomes what". */
#ifndef POSTGRES_ENCODE_H
#define POSTGRES_ENCODE_H

#include "bytes.h"

enum column_type {
    COLUMN_UNKNOWN, /* a type that paku cannot fill */
    COLUMN_TEXT,    /* text, varchar, char, name, citext, enums */
    COLUMN_BYTEA,
    COLUMN_JSON,
    COLUMN_JSONB,
    COLUMN_TIMESTAMP, /* with and without time zone: UTC both */
    COLUMN_DATE,
    COLUMN_BOOL,
    COLUMN_INT2,
    COLUMN_INT4,
    COLUMN_INT8,
    COLUMN_FLOAT4,
    COLUMN_FLOAT8,
    COLUMN_NUMERIC,
    COLUMN_UUID,
    COLUMN_INET,
    COLUMN_MACADDR,
    COLUMN_MACADDR8,
    COLUMN_TEXT_ARRAY,
};

/* What the encoders need to know of a column. */
struct column {
    const char *name;
    const char *type_name; /* as PostgreSQL prints it: "character varying(20)" */
    enum column_type type;
    uint32_t element_oid; /* TEXT_ARRAY */
    int64_t length_max;   /* TEXT: characters, 0 for any number */
    int64_t whole_max;    /* NUMERIC: digits before the point; INT64_MAX: any number */
    bool not_null;
    const char *from; /* the selector as it was written, for messages */
    struct bytes fallback; /* the default, encoded with its length; empty: NULL */
};

struct encoder {
    struct bytes *out;    /* where the values go; the caller's */
    struct bytes scratch; /* decoded strings, printed times */
    struct bytes reason;  /* why the latest field was refused */
};

void encoder_finish(struct encoder *encoder);

/* By the name of the type's receive function ("jsonb_recv"), which knows domains and look-alikes;
 * `element` is that of an array's elements, or "". */
enum column_type column_type_of(const char *receive, const char *element);

/* Appends a field with its length, or the default, or NULL. -EINVAL with encoder->reason. */
int encode_field(struct encoder *encoder, const struct column *column, struct paku_field field);

/* Encodes the text of a `default` into column->fallback. For json and jsonb the text is JSON. */
int encode_fallback(struct encoder *encoder, struct column *column, const char *text);

/* "column pump (smallint): expected ..., got ..." into encoder->reason; returns -EINVAL. */
int encode_refuse(struct encoder *encoder, const struct column *column, struct paku_field field,
    const char *expected);

/* The field as text where it has one: tags, texts, JSON strings decoded, JSON numbers and booleans as
 * they are written, times in RFC 3339. -EINVAL for the others. */
int encode_read_text(struct encoder *encoder, struct paku_field field, struct paku_text *ret_text);

/* Each appends the value without a length; -EINVAL with a reason. In encode_number.c, encode_time.c
 * and encode_address.c. */
int encode_bool(struct encoder *encoder, const struct column *column, struct paku_field field);
int encode_integer(struct encoder *encoder, const struct column *column, struct paku_field field);
int encode_float(struct encoder *encoder, const struct column *column, struct paku_field field);
int encode_numeric(struct encoder *encoder, const struct column *column, struct paku_field field);
int encode_timestamp(struct encoder *encoder, const struct column *column,
    struct paku_field field);
int encode_date(struct encoder *encoder, const struct column *column, struct paku_field field);
int encode_uuid(struct encoder *encoder, const struct column *column, struct paku_field field);
int encode_inet(struct encoder *encoder, const struct column *column, struct paku_field field);
int encode_macaddr(struct encoder *encoder, const struct column *column, struct paku_field field);

/* RFC 3339 in UTC with as many decimals as needed. */
void print_time(int64_t time_ns, struct bytes *out);

#endif
