/* SPDX-License-Identifier: Apache-2.0 */
#include "postgres.h"

#include <errno.h>
#include <stdlib.h>

/* The answer's columns: those of the table stand in each of its rows. */
enum field {
    FIELD_TABLE, /* its number in the options */
    FIELD_OID,   /* NULL: there is none */
    FIELD_RELATION,
    FIELD_NAME,
    FIELD_FINGERPRINT,
    FIELD_COLUMN,
    FIELD_TYPE,
    FIELD_RECEIVE,
    FIELD_ELEMENT,
    FIELD_ELEMENT_OID,
    FIELD_MODIFIER,
    FIELD_NOT_NULL,
    FIELD_HAS_DEFAULT,
    FIELD_IDENTITY,
    FIELD_GENERATED,
    FIELD_MAY_INSERT,
};

static void write_tables(struct postgres *pg, PGconn *conn, struct bytes *sql)
{
    struct bytes name = {0};

    for (size_t i = 0; i < pg->tables.count; i++) {
        const struct table *table = &pg->tables.items[i];

        bytes_clear(&name);
        if (table->schema != NULL) {
            push_identifier(&name, conn, table->schema);
            bytes_push_u8(&name, '.');
        }
        push_identifier(&name, conn, table->name);
        bytes_format(sql, "%s(%zu, ", i > 0 ? ", " : "", i);
        push_literal(sql, conn, bytes_text(&name));
        bytes_push_u8(sql, ')');
    }
    bytes_finish(&name);
}

/* A domain is sent as the type it was made of, which may be a domain again. */
void catalogue_write(struct postgres *pg, PGconn *conn, bool with_fingerprint, struct bytes *sql)
{
    bytes_push_text(sql, "WITH RECURSIVE wanted(number, name) AS (VALUES ");
    write_tables(pg, conn, sql);
    bytes_push_text(sql,
        "), attributes AS ("
        "SELECT w.number, c.oid AS relation, a.attnum, a.atttypid, a.atttypmod "
        "FROM wanted w JOIN pg_class c ON c.oid = to_regclass(w.name) "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        "), bases AS ("
        "SELECT number, attnum, atttypid AS type, atttypmod AS modifier FROM attributes "
        "UNION ALL "
        "SELECT b.number, b.attnum, t.typbasetype, t.typtypmod "
        "FROM bases b JOIN pg_type t ON t.oid = b.type AND t.typtype = 'd'"
        ") "
        "SELECT w.number, c.oid, c.relname, "
        "quote_ident(n.nspname) || '.' || quote_ident(c.relname), ");
    if (with_fingerprint) {
        push_identifier(sql, conn, pg->options.cursor_schema);
        bytes_push_text(sql, ".fingerprint(c.oid), ");
    } else {
        bytes_push_text(sql, "'', ");
    }
    bytes_push_text(sql,
        "a.attname, format_type(a.atttypid, a.atttypmod), t.typreceive::text, "
        "coalesce(e.typreceive::text, ''), t.typelem, b.modifier, a.attnotnull, a.atthasdef, "
        "a.attidentity, a.attgenerated, has_column_privilege(c.oid, a.attnum, 'INSERT') "
        "FROM wanted w LEFT JOIN pg_class c ON c.oid = to_regclass(w.name) "
        "LEFT JOIN pg_namespace n ON n.oid = c.relnamespace "
        "LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "LEFT JOIN bases b ON b.number = w.number AND b.attnum = a.attnum AND NOT EXISTS "
        "(SELECT FROM pg_type d WHERE d.oid = b.type AND d.typtype = 'd') "
        "LEFT JOIN pg_type t ON t.oid = b.type "
        "LEFT JOIN pg_type e ON e.oid = t.typelem "
        "ORDER BY w.number, a.attnum");
}

void catalogue_write_columns(const struct postgres *pg, PGconn *conn, struct bytes *sql)
{
    for (size_t i = 0; i < pg->options.columns.count; i++) {
        if (i > 0)
            bytes_push_text(sql, ", ");
        push_identifier(sql, conn, column_options(pg)[i].name);
    }
}

/* -- Reading -- */

struct reading {
    struct postgres *pg;
    const PGresult *result;
    const struct table *table;
    struct table_layout *layout;
    void (*problem)(void *data, const char *text);
    void *data;
    size_t problems;
    struct bytes text;
};

static void PAKU_PRINTF(2, 3) complain(struct reading *reading, const char *format, ...)
{
    va_list args;

    bytes_clear(&reading->text);
    va_start(args, format);
    bytes_format_list(&reading->text, format, args);
    va_end(args);
    reading->problem(reading->data, bytes_text(&reading->text));
    reading->problems++;
}

static const char *get(const struct reading *reading, int row, enum field field)
{
    return PQgetvalue(reading->result, row, field);
}

static bool is_true(const struct reading *reading, int row, enum field field)
{
    return get(reading, row, field)[0] == 't';
}

/* numeric(p, s) keeps p - s digits before the point. */
static int64_t whole_digits(int64_t modifier)
{
    int64_t precision = (modifier - 4) >> 16 & 0xffff;
    int64_t scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;

    return precision - scale;
}

static void fill_column(struct reading *reading, int row, struct column *column)
{
    int64_t modifier = strtoll(get(reading, row, FIELD_MODIFIER), NULL, 10);
    const char *receive = get(reading, row, FIELD_RECEIVE);

    column->type_name = memory_text(get(reading, row, FIELD_TYPE));
    column->type = column_type_of(receive, get(reading, row, FIELD_ELEMENT));
    column->element_oid = (uint32_t)strtoul(get(reading, row, FIELD_ELEMENT_OID), NULL, 10);
    column->not_null = is_true(reading, row, FIELD_NOT_NULL);
    column->whole_max = INT64_MAX;
    if (column->type == COLUMN_NUMERIC && modifier >= 0)
        column->whole_max = whole_digits(modifier);
    if ((strcmp(receive, "varcharrecv") == 0 || strcmp(receive, "bpcharrecv") == 0) && modifier > 4)
        column->length_max = modifier - 4;
}

/* From the record's time there is no way to these. */
static bool takes_no_time(enum column_type type)
{
    switch (type) {
    case COLUMN_TEXT:
    case COLUMN_BYTEA:
    case COLUMN_JSON:
    case COLUMN_JSONB:
    case COLUMN_TIMESTAMP:
    case COLUMN_DATE:
    case COLUMN_TEXT_ARRAY:
        return false;
    default:
        return true;
    }
}

static void check_mapped(struct reading *reading, int row, struct column *column,
    const struct column_option *option)
{
    const char *table = reading->layout->name;

    fill_column(reading, row, column);
    if (get(reading, row, FIELD_GENERATED)[0] != '\0')
        complain(reading, "column %s of table %s is generated: the database computes its value, "
            "take it out of `columns`", option->name, table);
    else if (get(reading, row, FIELD_IDENTITY)[0] != '\0')
        complain(reading, "column %s of table %s is an identity column: its sequence numbers the "
            "rows, and values from outside would collide; take it out of `columns`",
            option->name, table);
    else if (column->type == COLUMN_UNKNOWN)
        complain(reading, "column %s of table %s has the type %s, which paku cannot fill; see the "
            "list in the plugin's README", option->name, table, column->type_name);
    else if (strcmp(option->from, "time") == 0 && takes_no_time(column->type))
        complain(reading, "column %s of table %s has the type %s, which cannot hold the record's "
            "time", option->name, table, column->type_name);
    else if (!is_true(reading, row, FIELD_MAY_INSERT))
        complain(reading, "the role has no INSERT privilege on column %s of table %s: GRANT INSERT "
            "ON %s TO it", option->name, table, table);
    else if (option->fallback != NULL &&
        encode_fallback(&reading->pg->encoder, column, option->fallback) < 0)
        complain(reading, "the default of %s", bytes_text(&reading->pg->encoder.reason));
}

static bool is_mapped(const struct postgres *pg, const char *name)
{
    for (size_t i = 0; i < pg->options.columns.count; i++) {
        if (strcmp(column_options(pg)[i].name, name) == 0)
            return true;
    }
    return false;
}

static void check_unmapped(struct reading *reading, int row)
{
    const char *name = get(reading, row, FIELD_COLUMN);

    if (PQgetisnull(reading->result, row, FIELD_COLUMN) || is_mapped(reading->pg, name) ||
        !is_true(reading, row, FIELD_NOT_NULL) || is_true(reading, row, FIELD_HAS_DEFAULT) ||
        get(reading, row, FIELD_IDENTITY)[0] != '\0' ||
        get(reading, row, FIELD_GENERATED)[0] != '\0')
        return;
    complain(reading, "column %s of table %s is NOT NULL without a default and is not in `columns`: "
        "say where its value comes from", name, reading->layout->name);
}

static void complain_of_missing(struct reading *reading, const char *name, int first, int end)
{
    struct bytes names = {0};

    for (int row = first; row < end; row++)
        bytes_format(&names, "%s%s", row > first ? ", " : "", get(reading, row, FIELD_COLUMN));
    complain(reading, "table %s has no column %s (it has: %s)", reading->layout->name, name,
        bytes_text(&names));
    bytes_finish(&names);
}

static void read_columns(struct reading *reading, int first, int end)
{
    struct postgres *pg = reading->pg;

    for (size_t i = 0; i < pg->options.columns.count; i++) {
        const struct column_option *option = &column_options(pg)[i];
        struct column *column = &reading->layout->columns[i];
        int row = first;

        column->name = option->name;
        column->from = option->from;
        while (row < end && strcmp(get(reading, row, FIELD_COLUMN), option->name) != 0)
            row++;
        if (row < end)
            check_mapped(reading, row, column, option);
        else
            complain_of_missing(reading, option->name, first, end);
    }
    for (int row = first; row < end; row++)
        check_unmapped(reading, row);
}

static void read_table(struct reading *reading, int first, int end)
{
    struct table_layout *layout = reading->layout;

    if (PQgetisnull(reading->result, first, FIELD_OID)) {
        complain(reading, "there is no table %s%s; create it, or set `create: true`",
            reading->table->text, reading->table->schema == NULL ? " in the search path" : "");
        return;
    }
    layout->name = memory_text(get(reading, first, FIELD_NAME));
    layout->relation = memory_text(get(reading, first, FIELD_RELATION));
    layout->oid = (uint32_t)strtoul(get(reading, first, FIELD_OID), NULL, 10);
    layout->fingerprint = memory_text(get(reading, first, FIELD_FINGERPRINT));
    read_columns(reading, first, end);
}

size_t catalogue_read(struct postgres *pg, const PGresult *result, struct layout *layout,
    void (*problem)(void *data, const char *text), void *data)
{
    struct reading reading = {.pg = pg, .result = result, .problem = problem, .data = data};
    int rows = PQntuples(result);
    int row = 0;

    layout_finish(layout);
    layout->count = pg->tables.count;
    layout->column_count = pg->options.columns.count;
    layout->tables = memory_get(layout->count * sizeof(layout->tables[0]));
    for (size_t i = 0; i < layout->count; i++) {
        int first = row;

        layout->tables[i].columns = memory_get(layout->column_count * sizeof(struct column));
        while (row < rows && strtoul(get(&reading, row, FIELD_TABLE), NULL, 10) == i)
            row++;
        reading.table = &pg->tables.items[i];
        reading.layout = &layout->tables[i];
        if (row > first)
            read_table(&reading, first, row);
    }
    bytes_finish(&reading.text);
    return reading.problems;
}

bool catalogue_is_same(const PGresult *result, const struct layout *layout)
{
    for (int row = 0; row < PQntuples(result); row++) {
        size_t table = strtoul(PQgetvalue(result, row, FIELD_TABLE), NULL, 10);

        if (table >= layout->count || PQgetisnull(result, row, FIELD_OID) ||
            strtoul(PQgetvalue(result, row, FIELD_OID), NULL, 10) != layout->tables[table].oid ||
            strcmp(PQgetvalue(result, row, FIELD_FINGERPRINT),
                layout->tables[table].fingerprint) != 0)
            return false;
    }
    return true;
}

void layout_finish(struct layout *layout)
{
    for (size_t i = 0; i < layout->count; i++) {
        struct table_layout *table = &layout->tables[i];

        for (size_t k = 0; k < layout->column_count; k++) {
            free((char *)table->columns[k].type_name);
            bytes_finish(&table->columns[k].fallback);
        }
        free(table->columns);
        free(table->name);
        free(table->relation);
        free(table->fingerprint);
    }
    free(layout->tables);
    *layout = (struct layout) {0};
}
