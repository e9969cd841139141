/* SPDX-License-Identifier: Apache-2.0 */
#include "conninfo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

/* What libpq understands and what paku wants unless somebody says otherwise. A dead peer is noticed
 * within a minute; Kerberos would wait for its own servers inside PQconnectPoll. */
static const struct {
    const char *keyword;
    const char *value;
    const char *variable; /* of the environment, which counts more */
} DEFAULTS[] = {
    {"keepalives_idle", "30", NULL},
    {"keepalives_interval", "10", NULL},
    {"keepalives_count", "3", NULL},
    {"tcp_user_timeout", "30000", NULL},
    {"gssencmode", "disable", "PGGSSENCMODE"},
};
enum { DEFAULT_COUNT = sizeof(DEFAULTS) / sizeof(DEFAULTS[0]) };

static const char *find(const PQconninfoOption *options, const char *keyword)
{
    for (; options != NULL && options->keyword != NULL; options++) {
        if (strcmp(options->keyword, keyword) == 0)
            return options->val != NULL && options->val[0] != '\0' ? options->val : NULL;
    }
    return NULL;
}

/* -- Servers -- */

static size_t count_items(const char *list)
{
    size_t count = 1;

    for (; list != NULL && *list != '\0'; list++)
        count += *list == ',';
    return count;
}

/* A copy of item `index` of a list with commas; a list of one stands for all. NULL when empty. */
static char *copy_item(const char *list, size_t index)
{
    const char *end;

    if (list == NULL)
        return NULL;
    if (count_items(list) == 1)
        index = 0;
    while (index-- > 0)
        list = strchr(list, ',') + 1;
    end = strchrnul(list, ',');
    return end == list ? NULL : strndup(list, (size_t)(end - list));
}

static bool is_numeric(const char *host)
{
    unsigned char address[16];

    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

static void fill_server(struct server *server, const char *hosts, const char *addresses,
    const char *ports, size_t index)
{
    server->host = copy_item(hosts, index);
    server->address = copy_item(addresses, index);
    server->port = copy_item(ports, index);
    if (server->address != NULL || server->host == NULL || server->host[0] == '/' ||
        server->host[0] == '@')
        return;
    if (is_numeric(server->host))
        server->address = memory_text(server->host);
    else
        server->is_name = true;
}

static bool is_port(const char *port)
{
    char *end;
    long number = strtol(port, &end, 10);

    return *end == '\0' && end != port && number > 0 && number < 65536;
}

static int check_server(const struct server *server, struct bytes *message)
{
    if (server->port != NULL && !is_port(server->port)) {
        bytes_push_text(message, "the port is no number from 1 to 65535; in a password, / : @ # ? "
                                 "and % have to be written %2F %3A %40 %23 %3F and %25");
        return -EINVAL;
    }
    if (server->is_name && strpbrk(server->host, "@ ") != NULL) {
        bytes_push_text(message, "the host's name has an @ or a blank in it; in a password, @ has to "
                                 "be written %40");
        return -EINVAL;
    }
    return 0;
}

static int fill_servers(struct conninfo *conninfo, const PQconninfoOption *given,
    struct bytes *message)
{
    PQconninfoOption *defaults = PQconndefaults();
    bool own = find(given, "host") != NULL || find(given, "hostaddr") != NULL;
    const char *hosts = find(own ? given : defaults, "host");
    const char *addresses = find(own ? given : defaults, "hostaddr");
    const char *ports = find(given, "port");
    size_t count = count_items(hosts != NULL ? hosts : addresses);
    int error = 0;

    if (ports == NULL)
        ports = find(defaults, "port");
    if ((hosts != NULL && addresses != NULL && count_items(addresses) != count) ||
        (count_items(ports) != 1 && count_items(ports) != count)) {
        bytes_push_text(message, "host, hostaddr and port list different numbers of servers");
        error = -EINVAL;
    } else {
        conninfo->servers = memory_get(count * sizeof(conninfo->servers[0]));
        conninfo->server_count = count;
        for (size_t i = 0; i < count && error == 0; i++) {
            fill_server(&conninfo->servers[i], hosts, addresses, ports, i);
            error = check_server(&conninfo->servers[i], message);
        }
    }
    PQconninfoFree(defaults);
    return error;
}

/* -- The other parameters -- */

static void add(struct conninfo *conninfo, const char *keyword, const char *value)
{
    conninfo->keywords[conninfo->count] = memory_text(keyword);
    conninfo->values[conninfo->count++] = memory_text(value);
}

static bool is_ours(const char *keyword)
{
    static const char *const ours[] = {"host", "hostaddr", "port", "connect_timeout",
        "client_encoding", "fallback_application_name"};

    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (strcmp(ours[i], keyword) == 0)
            return true;
    }
    return false;
}

static void fill_parameters(struct conninfo *conninfo, const PQconninfoOption *given,
    const char *application_name, const char *fallback_name)
{
    size_t room = DEFAULT_COUNT + 3;

    for (const PQconninfoOption *option = given; option->keyword != NULL; option++)
        room++;
    conninfo->keywords = memory_get(room * sizeof(char *));
    conninfo->values = memory_get(room * sizeof(char *));
    for (const PQconninfoOption *option = given; option->keyword != NULL; option++) {
        if (option->val == NULL || is_ours(option->keyword) ||
            (application_name != NULL && strcmp(option->keyword, "application_name") == 0))
            continue;
        add(conninfo, option->keyword, option->val);
    }
    for (size_t i = 0; i < DEFAULT_COUNT; i++) {
        if (find(given, DEFAULTS[i].keyword) == NULL &&
            (DEFAULTS[i].variable == NULL || getenv(DEFAULTS[i].variable) == NULL))
            add(conninfo, DEFAULTS[i].keyword, DEFAULTS[i].value);
    }
    add(conninfo, "client_encoding", "UTF8");
    if (application_name != NULL)
        add(conninfo, "application_name", application_name);
    add(conninfo, "fallback_application_name", fallback_name);
}

int conninfo_parse(const char *url, const char *application_name, const char *fallback_name,
    struct conninfo **ret_conninfo, struct bytes *message)
{
    /* libpq's own complaint quotes what it stumbled over, and that may be the password. */
    PQconninfoOption *given = PQconninfoParse(url != NULL ? url : "", NULL);
    struct conninfo *conninfo;
    int error;

    if (given == NULL) {
        bytes_push_text(message,
            "expected postgres://user:password@host:port/database or host=... user=... password=...; "
            "in the password of an address, / : @ # ? and % have to be written %2F %3A %40 %23 %3F "
            "and %25");
        return -EINVAL;
    }
    conninfo = memory_get(sizeof(*conninfo));
    if (find(given, "service") != NULL) {
        bytes_push_text(message, "`service` is read from the environment only: set PGSERVICE");
        error = -EINVAL;
    } else {
        error = fill_servers(conninfo, given, message);
    }
    if (error == 0)
        fill_parameters(conninfo, given, application_name, fallback_name);
    PQconninfoFree(given);
    if (error < 0) {
        conninfo_destroy(conninfo);
        return error;
    }
    *ret_conninfo = conninfo;
    return 0;
}

void conninfo_destroy(struct conninfo *conninfo)
{
    if (conninfo == NULL)
        return;
    for (size_t i = 0; i < conninfo->server_count; i++) {
        free(conninfo->servers[i].host);
        free(conninfo->servers[i].address);
        free(conninfo->servers[i].port);
    }
    for (size_t i = 0; i < conninfo->count; i++) {
        free(conninfo->keywords[i]);
        free(conninfo->values[i]);
    }
    free(conninfo->servers);
    free(conninfo->keywords);
    free(conninfo->values);
    free(conninfo);
}

PGconn *conninfo_connect(const struct conninfo *conninfo, const struct server *server,
    const char *address)
{
    const char **keywords = memory_get((conninfo->count + 4) * sizeof(char *));
    const char **values = memory_get((conninfo->count + 4) * sizeof(char *));
    size_t count = 0;
    PGconn *conn;

    /* `host` stays for TLS, which checks the certificate against it, and for the password file. */
    keywords[count] = "host";
    values[count++] = server->host;
    keywords[count] = "hostaddr";
    values[count++] = address;
    keywords[count] = "port";
    values[count++] = server->port;
    for (size_t i = 0; i < conninfo->count; i++) {
        keywords[count] = conninfo->keywords[i];
        values[count++] = conninfo->values[i];
    }
    conn = PQconnectStartParams(keywords, values, 0);
    free(keywords);
    free(values);
    return conn;
}
