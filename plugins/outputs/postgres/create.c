/* SPDX-License-Identifier: Apache-2.0 */
/* `create: true`: tables and cursor schema for a database that has none. */
#include "postgres.h"

#include "schema_sql.h"

#include <fnmatch.h>

/* Several daemons and lanes may find the same things missing at once; they take turns by this lock,
 * whose number means nothing else. */
#define CREATE_LOCK "7024061135519829504"

static void push_table(struct bytes *sql, PGconn *conn, const struct table *table)
{
    if (table->schema != NULL) {
        push_identifier(sql, conn, table->schema);
        bytes_push_u8(sql, '.');
    }
    push_identifier(sql, conn, table->name);
}

/* "to_regclass('...')" of a name that is made of quoted parts. */
static void push_lookup(struct bytes *sql, PGconn *conn, const char *function, const char *schema,
    const char *rest)
{
    struct bytes name = {0};

    push_identifier(&name, conn, schema);
    bytes_push_text(&name, rest);
    bytes_format(sql, "%s(", function);
    push_literal(sql, conn, bytes_text(&name));
    bytes_push_text(sql, ") IS NULL");
    bytes_finish(&name);
}

void create_write_look(struct postgres *pg, PGconn *conn, struct bytes *sql)
{
    const char *schema = pg->options.cursor_schema;
    struct bytes name = {0};

    bytes_push_text(sql, "SELECT ");
    push_lookup(sql, conn, "to_regnamespace", schema, "");
    bytes_push_text(sql, ", ");
    push_lookup(sql, conn, "to_regclass", schema, ".cursors");
    bytes_push_text(sql, " OR ");
    push_lookup(sql, conn, "to_regprocedure", schema,
        ".advance(text,integer,uuid,uuid,bigint,bigint,bigint,bigint,bigint,bigint)");
    bytes_push_text(sql, " OR ");
    push_lookup(sql, conn, "to_regprocedure", schema, ".fingerprint(oid)");
    bytes_push_text(sql, " OR ");
    push_lookup(sql, conn, "to_regprocedure", schema, ".verify(text,oid,text)");
    for (size_t i = 0; i < pg->tables.count; i++) {
        const struct table *table = &pg->tables.items[i];

        bytes_push_text(sql, ", ");
        if (table->schema != NULL)
            push_lookup(sql, conn, "to_regnamespace", table->schema, "");
        else
            bytes_push_text(sql, "false");
        bytes_clear(&name);
        push_table(&name, conn, table);
        bytes_push_text(sql, ", to_regclass(");
        push_literal(sql, conn, bytes_text(&name));
        bytes_push_text(sql, ") IS NULL");
    }
    bytes_finish(&name);
}

static void push_line(struct postgres *pg, PGconn *conn, const char *line, struct bytes *sql)
{
    static const char variable[] = ":\"schema\"";
    const char *at;

    while ((at = strstr(line, variable)) != NULL) {
        bytes_push(sql, line, (size_t)(at - line));
        push_identifier(sql, conn, pg->options.cursor_schema);
        line = at + strlen(variable);
    }
    bytes_push_text(sql, line);
}

/* schema.sql as psql would send it. Its first statement makes the schema, for which even IF NOT
 * EXISTS wants a privilege on the database: only when there is none. */
static void push_schema(struct postgres *pg, PGconn *conn, bool with_schema, struct bytes *sql)
{
    size_t line = 0;

    while (!with_schema && strncmp(SCHEMA_SQL[line], "CREATE SCHEMA", 13) != 0)
        line++;
    line += !with_schema;
    for (; line < sizeof(SCHEMA_SQL) / sizeof(SCHEMA_SQL[0]); line++)
        push_line(pg, conn, SCHEMA_SQL[line], sql);
}

/* What a column is likely to hold, by the name of what fills it. */
static const char *guess_type(const struct column_option *option)
{
    static const struct {
        const char *pattern;
        const char *type;
    } rows[] = {
        {"time", "timestamptz NOT NULL"}, {"tag.*", "text"}, {".", "jsonb"},
        {"*.timestamp", "timestamptz"}, {"*.time", "timestamptz"}, {"*.ts", "timestamptz"},
        {"*_at", "timestamptz"}, {"*.metrics", "jsonb"}, {"*.fields", "jsonb"},
        {"*.payload", "jsonb"}, {"*.data", "jsonb"}, {"*.values", "jsonb"}, {"*.config", "jsonb"},
        {"*_c", "double precision"}, {"*_percent", "double precision"},
        {"*_hpa", "double precision"}, {"*_mv", "double precision"}, {"*_v", "double precision"},
        {"*_a", "double precision"}, {"*_w", "double precision"}, {"*_wh", "double precision"},
        {"*_l", "double precision"}, {"*_lpm", "double precision"}, {"*_mg", "double precision"},
        {"*_dbm", "double precision"}, {"*_s", "double precision"},
        {"*_seconds", "double precision"}, {"*_ms", "double precision"},
        {"*_counter", "bigint"}, {"*_count", "bigint"}, {"*.online", "boolean"},
        {"*.success", "boolean"}, {"*.enabled", "boolean"},
    };

    if (option->type != NULL)
        return option->type;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (fnmatch(rows[i].pattern, option->from, 0) == 0)
            return rows[i].type;
    }
    return "text";
}

static void push_create_table(struct postgres *pg, PGconn *conn, const struct table *table,
    struct bytes *sql)
{
    bytes_push_text(sql, "CREATE TABLE IF NOT EXISTS ");
    push_table(sql, conn, table);
    for (size_t i = 0; i < pg->options.columns.count; i++) {
        const struct column_option *option = &column_options(pg)[i];

        bytes_push_text(sql, i > 0 ? ", " : " (");
        push_identifier(sql, conn, option->name);
        bytes_format(sql, " %s", guess_type(option));
    }
    bytes_push_text(sql, ");\n");
}

void create_write(struct postgres *pg, PGconn *conn, const PGresult *missing, struct bytes *sql)
{
    int field = 2;

    bytes_push_text(sql, "SELECT pg_advisory_xact_lock(" CREATE_LOCK ");\n");
    if (PQgetvalue(missing, 0, 1)[0] == 't')
        push_schema(pg, conn, PQgetvalue(missing, 0, 0)[0] == 't', sql);
    for (size_t i = 0; i < pg->tables.count; i++) {
        const struct table *table = &pg->tables.items[i];

        if (PQgetvalue(missing, 0, field++)[0] == 't') {
            bytes_push_text(sql, "CREATE SCHEMA IF NOT EXISTS ");
            push_identifier(sql, conn, table->schema);
            bytes_push_text(sql, ";\n");
        }
        if (PQgetvalue(missing, 0, field++)[0] == 't')
            push_create_table(pg, conn, table, sql);
    }
}
