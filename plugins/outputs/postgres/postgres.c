/* SPDX-License-Identifier: Apache-2.0 */
/* outputs/postgres: rows by binary COPY into tables of PostgreSQL, with the cursor in the same
 * transaction. See postgres.h for how it is divided. */
#include "postgres.h"

#include <errno.h>
#include <stdlib.h>

/* The host gives a probe 10 seconds. */
enum { PROBE_TIMEOUT_MS = 4000 };

/* -- Helpers for all files -- */

void problem_say(struct postgres *pg, enum paku_level level, const char *text)
{
    if (strcmp(bytes_text(&pg->problem), text) == 0)
        return;
    bytes_clear(&pg->problem);
    bytes_push_text(&pg->problem, text);
    paku_log(pg->host, level, "%s", text);
}

void check_stopped(struct postgres *pg)
{
    if (!pg->stopping || pg->handles > 0 || pg->stopped)
        return;
    pg->stopped = true;
    if (pg->probing)
        paku_probe_done(pg->host);
    else
        paku_stopped(pg->host);
}

void push_literal(struct bytes *sql, PGconn *conn, const char *text)
{
    char *literal = PQescapeLiteral(conn, text, strlen(text));

    bytes_push_text(sql, literal != NULL ? literal : "NULL");
    PQfreemem(literal);
}

void push_identifier(struct bytes *sql, PGconn *conn, const char *name)
{
    char *identifier = PQescapeIdentifier(conn, name, strlen(name));

    bytes_push_text(sql, identifier != NULL ? identifier : "\"\"");
    PQfreemem(identifier);
}

/* -- Init -- */

static int init_selectors(struct postgres *pg)
{
    size_t count = pg->options.columns.count;

    if (count == 0)
        return paku_fail(pg->host, -EINVAL, "columns: expected at least one, such as {ts: time}");
    pg->selectors = memory_get(count * sizeof(pg->selectors[0]));
    for (size_t i = 0; i < count; i++) {
        const struct column_option *option = &column_options(pg)[i];
        struct paku_json_error error = {0};

        if (paku_selector_create(option->from, &pg->selectors[i], &error) < 0)
            return paku_fail(pg->host, -EINVAL, "columns.%s: '%s' selects nothing: %s at byte %zu",
                option->name, option->from, error.message, error.offset);
        if (option->type != NULL && strpbrk(option->type, ";'\\-") != NULL)
            return paku_fail(pg->host, -EINVAL, "columns.%s: type '%s' is no name of a type",
                option->name, option->type);
    }
    return 0;
}

static int init_conninfo(struct postgres *pg)
{
    struct bytes message = {0};
    struct bytes name = {0};
    int error;

    bytes_format(&name, "paku %s/%s", paku_pipeline_name(pg->host), paku_instance_name(pg->host));
    error = conninfo_parse(pg->options.url, pg->options.application_name, bytes_text(&name),
        &pg->conninfo, &message);
    if (error < 0)
        paku_fail(pg->host, error, "url: %s", bytes_text(&message));
    bytes_finish(&name);
    bytes_finish(&message);
    return error;
}

static int init(void *self, struct paku_instance *host)
{
    struct postgres *pg = self;
    struct bytes message = {0};
    int error;

    pg->host = host;
    error = tables_init(&pg->tables, pg->options.table, &pg->options.tables, &message);
    if (error < 0)
        paku_fail(host, error, "%s", bytes_text(&message));
    bytes_finish(&message);
    if (error == 0)
        error = init_selectors(pg);
    if (error == 0)
        error = init_conninfo(pg);
    return error;
}

/* -- Run -- */

static void make_lanes(struct postgres *pg, uint32_t count)
{
    pg->lane_count = count;
    pg->lanes = memory_get(count * sizeof(pg->lanes[0]));
    for (uint32_t i = 0; i < count; i++)
        lane_init(&pg->lanes[i], pg, i);
}

static int start(void *self)
{
    struct postgres *pg = self;
    uint32_t wanted = (uint32_t)pg->options.connections;
    uint32_t lanes = paku_set_lanes(pg->host, wanted);

    if (lanes != wanted)
        paku_log(pg->host, PAKU_INFO, "%u connections for now instead of %u: records wait that were "
            "dealt to so many", lanes, wanted);
    make_lanes(pg, lanes);
    for (uint32_t i = 0; i < pg->lane_count; i++)
        lane_start(&pg->lanes[i]);
    return 0;
}

static void write_batch(void *self, struct paku_batch *batch)
{
    struct postgres *pg = self;

    transfer_begin(&pg->lanes[batch->lane], batch);
}

static void probe(void *self)
{
    struct postgres *pg = self;

    pg->probing = true;
    if (pg->options.connect_timeout_ms > PROBE_TIMEOUT_MS)
        pg->options.connect_timeout_ms = PROBE_TIMEOUT_MS;
    make_lanes(pg, 1);
    lane_start(&pg->lanes[0]);
}

static void stop(void *self)
{
    struct postgres *pg = self;

    pg->stopping = true;
    pg->handles++; /* so that the end does not come before all lanes were told */
    for (uint32_t i = 0; i < pg->lane_count; i++)
        lane_stop(&pg->lanes[i]);
    pg->handles--;
    check_stopped(pg);
}

static void destroy(void *self)
{
    struct postgres *pg = self;

    for (uint32_t i = 0; i < pg->lane_count; i++)
        lane_finish(&pg->lanes[i]);
    free(pg->lanes);
    for (size_t i = 0; pg->selectors != NULL && i < pg->options.columns.count; i++)
        paku_selector_destroy(pg->selectors[i]);
    free(pg->selectors);
    tables_finish(&pg->tables);
    conninfo_destroy(pg->conninfo);
    encoder_finish(&pg->encoder);
    bytes_finish(&pg->problem);
}

/* -- Options -- */

#define AT(field) offsetof(struct postgres, options.field)
#define IN_COLUMN(field) offsetof(struct column_option, field)

static const struct paku_option column_rows[] = {
    {.key = "from", .type = PAKU_OPTION_STRING, .flags = PAKU_OPTION_REQUIRED | PAKU_OPTION_SHORT,
        .offset = IN_COLUMN(from),
        .help = "selector of what goes there: time, tag.NAME, .path.in.the.payload, or . for all"},
    {.key = "default", .type = PAKU_OPTION_STRING, .offset = IN_COLUMN(fallback),
        .help = "value where a record has none (for json and jsonb: JSON); without it NULL"},
    {.key = "type", .type = PAKU_OPTION_STRING, .offset = IN_COLUMN(type),
        .help = "type of the column when `create` makes the table; else guessed from the selector"},
    {0},
};

static const char *const on_conflict_choices[] = {"error", "ignore", NULL};

static const struct paku_option options[] = {
    {.key = "url", .type = PAKU_OPTION_SECRET, .offset = AT(url),
        .help = "postgres://user:password@host:port/database, or key=value pairs as for libpq; "
                "several hosts are tried in turn; what it does not say comes from PGHOST, PGUSER ..."},
    {.key = "table", .type = PAKU_OPTION_STRING, .flags = PAKU_OPTION_REQUIRED, .offset = AT(table),
        .help = "table, or schema.table; may contain tags, as in measurements_{site}"},
    {.key = "tables", .type = PAKU_OPTION_STRINGS, .offset = AT(tables),
        .help = "the tables that there may be when `table` contains tags"},
    {.key = "columns", .type = PAKU_OPTION_TABLE, .flags = PAKU_OPTION_REQUIRED,
        .offset = AT(columns), .options = column_rows, .item_size = sizeof(struct column_option),
        .help = "the columns that are filled, and from what"},
    {.key = "on_conflict", .type = PAKU_OPTION_ENUM, .offset = AT(on_conflict), .fallback = "error",
        .choices = on_conflict_choices,
        .help = "what becomes of a row whose unique key is taken: a dead letter (error), or nothing "
                "(ignore, through a temporary table)"},
    {.key = "connections", .type = PAKU_OPTION_INT, .offset = AT(connections), .fallback = "1",
        .min = 1, .max = 64,
        .help = "connections at once; each device keeps to one, so that its order holds"},
    {.key = "create", .type = PAKU_OPTION_BOOL, .offset = AT(create), .fallback = "false",
        .help = "create tables and the cursor schema where they are missing"},
    {.key = "cursor_schema", .type = PAKU_OPTION_STRING, .offset = AT(cursor_schema),
        .fallback = "paku", .help = "schema in which the cursors are kept"},
    {.key = "application_name", .type = PAKU_OPTION_STRING, .offset = AT(application_name),
        .help = "name of the sessions in pg_stat_activity; default: paku PIPELINE/INSTANCE"},
    {.key = "connect_timeout", .type = PAKU_OPTION_DURATION, .offset = AT(connect_timeout_ms),
        .fallback = "10s", .min = 100, .max = 600000,
        .help = "for looking up a server's name, and again for connecting to each of its addresses"},
    {.key = "statement_timeout", .type = PAKU_OPTION_DURATION, .offset = AT(statement_timeout_ms),
        .fallback = "1m", .min = 0, .max = 86400000,
        .help = "for one statement of a batch at the server; 0: no limit"},
    {.key = "lock_timeout", .type = PAKU_OPTION_DURATION, .offset = AT(lock_timeout_ms),
        .fallback = "10s", .min = 0, .max = 86400000,
        .help = "for waiting for a lock at the server (an ALTER TABLE, say); 0: no limit"},
    {.key = "reconnect_max", .type = PAKU_OPTION_DURATION, .offset = AT(reconnect_max_ms),
        .fallback = "30s", .min = 10, .max = 3600000,
        .help = "longest pause between two tries to connect"},
    {0},
};

PAKU_EXPORT const struct paku_plugin paku_plugin = {
    .abi = PAKU_ABI,
    .size = sizeof(struct paku_plugin),
    .kind = PAKU_OUTPUT,
    .name = "postgres",
    .version = PAKU_VERSION,
    .summary = "writes rows into PostgreSQL by binary COPY, each exactly once",
    .options = options,
    .instance_size = sizeof(struct postgres),
    .init = init,
    .start = start,
    .stop = stop,
    .destroy = destroy,
    .probe = probe,
    .output = {.write = write_batch, .flags = PAKU_OUTPUT_OWN_CURSOR},
};
