/* SPDX-License-Identifier: Apache-2.0 */
#include "errors.h"

#include <stdlib.h>

/* A detail such as "Failing row contains (...)" repeats the whole row. */
enum { MESSAGE_MAX = 600 };

void failure_clear(struct failure *failure)
{
    failure->kind = FAILURE_NONE;
    failure->code[0] = '\0';
    bytes_clear(&failure->message);
    bytes_clear(&failure->context);
}

void failure_finish(struct failure *failure)
{
    bytes_finish(&failure->message);
    bytes_finish(&failure->context);
}

/* Codes that neither the standard nor PostgreSQL uses are those of somebody's own trigger. */
static bool is_private(const char *code)
{
    return code[0] >= 'I' && code[0] <= 'Z' && strncmp(code, "P0", 2) != 0 &&
        strncmp(code, "XX", 2) != 0;
}

/* The first row whose code is a prefix counts: single codes stand before their class. What is not
 * listed is nothing that a retry or another row would help. */
enum failure_kind failure_kind_of(const char *code)
{
    static const struct {
        const char *prefix;
        enum failure_kind kind;
    } rows[] = {
        {"PK001", FAILURE_CURSOR}, {"PK002", FAILURE_CURSOR}, {"PK003", FAILURE_COLUMNS},
        {"08P01", FAILURE_CONFIGURATION}, /* our bytes, not their line */
        {"08", FAILURE_CONNECTION},
        {"40003", FAILURE_CONNECTION},    /* outcome unknown: the cursor tells */
        {"40", FAILURE_RETRY},            /* deadlock, serialization */
        {"53", FAILURE_RETRY},            /* disk full, out of memory */
        {"55P03", FAILURE_RETRY},         /* lock_timeout */
        {"57014", FAILURE_RETRY},         /* statement_timeout */
        {"57P", FAILURE_CONNECTION},      /* shutting down, starting up */
        {"58", FAILURE_RETRY},            /* the server's system fails */
        {"25006", FAILURE_CONNECTION},    /* read-only: it is a standby now */
        {"22P04", FAILURE_CONFIGURATION}, /* bad COPY format */
        {"22", FAILURE_ROW}, {"23", FAILURE_ROW}, {"54", FAILURE_ROW},
        {"44", FAILURE_ROW},              /* WITH CHECK OPTION of a view */
        {"P0001", FAILURE_ROW},           /* a trigger's RAISE */
    };

    if (code == NULL || code[0] == '\0')
        return FAILURE_CONNECTION;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strncmp(code, rows[i].prefix, strlen(rows[i].prefix)) == 0)
            return rows[i].kind;
    }
    return is_private(code) ? FAILURE_ROW : FAILURE_CONFIGURATION;
}

void append_clean(struct bytes *out, const PGconn *conn, const char *text)
{
    const char *password = conn != NULL ? PQpass(conn) : NULL;
    size_t size = password != NULL ? strlen(password) : 0;

    while (*text != '\0') {
        if (size > 0 && strncmp(text, password, size) == 0) {
            bytes_push_text(out, "(secret)");
            text += size;
        } else if (*text == '\n') {
            text += strspn(text, "\n\t ");
            if (*text != '\0')
                bytes_push_text(out, "; ");
        } else {
            bytes_push_u8(out, (uint8_t)*text++);
        }
    }
}

static void cut(struct bytes *message)
{
    if (message->size <= MESSAGE_MAX)
        return;
    message->size = MESSAGE_MAX;
    while (message->size > 0 && ((unsigned char)message->data[message->size] & 0xc0) == 0x80)
        message->size--;
    bytes_push_text(message, "...");
}

/* "COPY measurements, line 17" stands at the start of some line of the context; the word for "line"
 * is in the server's language. Rows are stored in groups, and what goes wrong with the storing itself
 * (54000, a row too long) is reported with the line that was read last: that is not believed. */
uint64_t failure_line(struct failure *failure, const char *relation)
{
    const char *at = bytes_text(&failure->context);
    size_t size = strlen(relation);

    if (failure->kind != FAILURE_ROW || strncmp(failure->code, "54", 2) == 0)
        return 0;
    for (; at != NULL; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, "COPY ", 5) != 0 || strncmp(at + 5, relation, size) != 0 ||
            at[5 + size] != ',')
            continue;
        at += 5 + size;
        return strtoull(at + strcspn(at, "0123456789\n"), NULL, 10);
    }
    return 0;
}

void failure_read(struct failure *failure, const PGconn *conn, const PGresult *result)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    const char *context = PQresultErrorField(result, PG_DIAG_CONTEXT);

    failure_clear(failure);
    if (code == NULL || primary == NULL) {
        failure_read_connection(failure, conn);
        return;
    }
    failure->kind = failure_kind_of(code);
    strncpy(failure->code, code, sizeof(failure->code) - 1);
    append_clean(&failure->message, conn, primary);
    if (detail != NULL) {
        bytes_push_text(&failure->message, "; ");
        append_clean(&failure->message, conn, detail);
    }
    cut(&failure->message);
    if (context != NULL)
        bytes_push_text(&failure->context, context);
}

void failure_read_connection(struct failure *failure, const PGconn *conn)
{
    const char *text = PQerrorMessage(conn);

    failure_clear(failure);
    failure->kind = FAILURE_CONNECTION;
    append_clean(&failure->message, conn, text[0] != '\0' ? text : "the connection is gone");
}
