/* SPDX-License-Identifier: Apache-2.0 */
/* `paku check --online`: looks at everything that delivering needs, and changes nothing. */
#include "postgres.h"

#include <stdlib.h>

static void end_probe(struct lane *lane)
{
    lane->pg->stopping = true;
    lane_close(lane);
}

void probe_failed(struct lane *lane, const char *text)
{
    struct bytes clean = {0};

    append_clean(&clean, lane->conn, text);
    paku_probe_found(lane->pg->host, false, "%s", bytes_text(&clean));
    bytes_finish(&clean);
    end_probe(lane);
}

/* -- The cursor schema -- */

static void take_privileges(struct lane *lane, const PGresult *result)
{
    struct paku_instance *host = lane->pg->host;
    const char *schema = lane->pg->options.cursor_schema;

    if (PQgetvalue(result, 0, 0)[0] == 't')
        paku_probe_found(host, true, "the cursor schema %s is there and may be used", schema);
    else
        paku_probe_found(host, false, "the role may not work with %s.cursors: GRANT SELECT, INSERT, "
            "UPDATE ON %s.cursors TO it", schema, schema);
}

static void end_privileges(struct lane *lane)
{
    if (lane->failure.kind != FAILURE_NONE)
        session_failed(lane, "look at the privileges on the cursor schema");
    else
        end_probe(lane);
}

static void look_at_privileges(struct lane *lane)
{
    struct bytes name = {0};
    struct bytes *sql = &lane->sql;

    push_identifier(&name, lane->conn, lane->pg->options.cursor_schema);
    bytes_push_text(&name, ".cursors");
    bytes_clear(sql);
    bytes_push_text(sql, "SELECT bool_and(has_table_privilege(");
    push_literal(sql, lane->conn, bytes_text(&name));
    bytes_push_text(sql, ", p)) FROM (VALUES ('SELECT'), ('INSERT'), ('UPDATE')) v(p)");
    bytes_finish(&name);
    query_start(lane, bytes_text(sql), take_privileges, end_privileges);
}

/* -- The tables -- */

static void found_problem(void *data, const char *text)
{
    struct lane *lane = data;

    paku_probe_found(lane->pg->host, false, "%s", text);
}

static bool is_there(const struct table_layout *table)
{
    return table->name != NULL;
}

static void take_catalogue(struct lane *lane, const PGresult *result)
{
    struct postgres *pg = lane->pg;
    size_t problems = catalogue_read(pg, result, &lane->layout, found_problem, lane);

    for (size_t i = 0; problems == 0 && i < lane->layout.count; i++) {
        if (is_there(&lane->layout.tables[i]))
            paku_probe_found(pg->host, true, "table %s takes all %zu columns",
                lane->layout.tables[i].name, lane->layout.column_count);
    }
}

static void end_catalogue(struct lane *lane)
{
    if (lane->failure.kind != FAILURE_NONE)
        session_failed(lane, "read the catalogue");
    else if (lane->lacks_schema)
        end_probe(lane);
    else
        look_at_privileges(lane);
}

/* -- What is there at all -- */

static void take_look(struct lane *lane, const PGresult *result)
{
    struct postgres *pg = lane->pg;

    lane->lacks_schema = PQgetvalue(result, 0, 1)[0] == 't';
    if (lane->lacks_schema)
        paku_probe_found(pg->host, pg->options.create,
            "the cursor schema %s is missing or incomplete: %s", pg->options.cursor_schema,
            pg->options.create ? "it will be created" : "set `create: true` or run schema.sql");
    lane->lacks_tables = false;
    for (size_t i = 0; i < pg->tables.count && pg->options.create; i++) {
        if (PQgetvalue(result, 0, (int)(3 + 2 * i))[0] != 't')
            continue;
        lane->lacks_tables = true;
        paku_probe_found(pg->host, true, "table %s will be created", pg->tables.items[i].text);
    }
}

static void end_look(struct lane *lane)
{
    if (lane->failure.kind != FAILURE_NONE) {
        session_failed(lane, "look for the cursor schema");
        return;
    }
    if (lane->lacks_tables) {
        end_probe(lane);
        return;
    }
    bytes_clear(&lane->sql);
    catalogue_write(lane->pg, lane->conn, false, &lane->sql);
    query_start(lane, bytes_text(&lane->sql), take_catalogue, end_catalogue);
}

void probe_begin(struct lane *lane)
{
    int version = PQserverVersion(lane->conn);

    paku_probe_found(lane->pg->host, true, "connected to PostgreSQL %d.%d, database %s as %s%s",
        version / 10000, version % 10000, PQdb(lane->conn), PQuser(lane->conn),
        PQsslInUse(lane->conn) ? ", encrypted" : "");
    bytes_clear(&lane->sql);
    create_write_look(lane->pg, lane->conn, &lane->sql);
    query_start(lane, bytes_text(&lane->sql), take_look, end_look);
}
