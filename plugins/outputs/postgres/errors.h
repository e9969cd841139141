/* SPDX-License-Identifier: Apache-2.0 */
/* What the server complained about, and what is to be done about it. */
#ifndef POSTGRES_ERRORS_H
#define POSTGRES_ERRORS_H

#include "bytes.h"

#include <libpq-fe.h>

enum failure_kind {
    FAILURE_NONE,
    FAILURE_RETRY,         /* the same again later, on this connection */
    FAILURE_CONNECTION,    /* the same again on another connection */
    FAILURE_ROW,           /* one of the rows is to blame */
    FAILURE_CONFIGURATION, /* a person has to do something: hold everything */
    FAILURE_CURSOR,        /* PK001, PK002: somebody else has moved the cursor */
    FAILURE_COLUMNS,       /* PK003: the table has changed */
};

struct failure {
    enum failure_kind kind;
    char code[6]; /* SQLSTATE, or "" */
    struct bytes message; /* primary message and detail in one line */
    struct bytes context;
};

void failure_clear(struct failure *failure);
void failure_finish(struct failure *failure);

/* By SQLSTATE; "" or NULL: the connection is gone. */
enum failure_kind failure_kind_of(const char *code);

/* Fills `failure` from an error result. */
void failure_read(struct failure *failure, const PGconn *conn, const PGresult *result);
/* The row of `COPY relation` that a FAILURE_ROW names, from 1; 0 when it names none that is to be
 * believed. */
uint64_t failure_line(struct failure *failure, const char *relation);
/* From a connection that broke. */
void failure_read_connection(struct failure *failure, const PGconn *conn);

/* Appends libpq's text in one line, with the connection's password cut out. */
void append_clean(struct bytes *out, const PGconn *conn, const char *text);

#endif
