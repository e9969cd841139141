/* SPDX-License-Identifier: Apache-2.0 */
/* The connection string, taken apart: libpq resolves names while everybody waits, so paku does that
 * itself and gives libpq one address at a time. */
#ifndef POSTGRES_CONNINFO_H
#define POSTGRES_CONNINFO_H

#include "bytes.h"

#include <libpq-fe.h>

struct server {
    char *host;    /* NULL: libpq's default socket */
    char *address; /* NULL: host is a name that has to be looked up, or a socket */
    char *port;    /* NULL: libpq's default */
    bool is_name;  /* to be looked up */
};

struct conninfo {
    size_t server_count;
    struct server *servers;
    size_t count; /* of the other parameters */
    char **keywords;
    char **values;
};

/* `url` is a postgres:// address or key=value pairs, and may be empty: what it does not say comes from
 * the environment (PGHOST ...) as usual. `application_name` may be NULL. -EINVAL with a message that
 * holds nothing of the connection string. */
int conninfo_parse(const char *url, const char *application_name, const char *fallback_name,
    struct conninfo **ret_conninfo, struct bytes *message);
void conninfo_destroy(struct conninfo *conninfo); /* NULL is allowed */

/* Begins to connect to one address (NULL: a socket). The caller finishes the connection. */
PGconn *conninfo_connect(const struct conninfo *conninfo, const struct server *server,
    const char *address);

#endif
