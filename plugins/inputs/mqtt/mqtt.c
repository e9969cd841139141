/* SPDX-License-Identifier: Apache-2.0 */
/* MQTT as an input: options, checks and life. The promise it keeps is that a message of QoS 1 is
 * acknowledged only once the journal has it; see README.md and receive.c. */
#include "mqtt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct mqtt, options.member)
#define END {.type = PAKU_OPTION_END}

static const char *const protocols[] = {"3.1.1", "5", NULL};
static const char *const formats[] = {"json", "text", "raw", NULL};
static const char *const retained_choices[] = {"keep", "drop", "first", NULL};

static const struct paku_option topic_rows[] = {
    {"topic", PAKU_OPTION_STRING, PAKU_OPTION_REQUIRED | PAKU_OPTION_SHORT,
        offsetof(struct subscription, topic), NULL, "Topic filter, with + and # as wildcards.",
        NULL, NULL, 0, 0, 0},
    {"qos", PAKU_OPTION_INT, 0, offsetof(struct subscription, qos), "-1",
        "Quality of service of this filter; -1: as the option qos says.", NULL, NULL, 0, -1, 2},
    END,
};

static const struct paku_option reconnect_rows[] = {
    {"initial", PAKU_OPTION_DURATION, 0, 0, "500ms", "Pause before the second try.", NULL, NULL, 0,
        1, 3600000},
    {"max", PAKU_OPTION_DURATION, 0, sizeof(int64_t), "30s", "Longest pause between tries.", NULL,
        NULL, 0, 1, 86400000},
    END,
};

#define WILL(member) (AT(will.member) - AT(will))

static const struct paku_option will_rows[] = {
    {"topic", PAKU_OPTION_STRING, 0, WILL(topic), NULL,
        "Where the broker publishes when the connection breaks; without it there is no will.", NULL,
        NULL, 0, 0, 0},
    {"payload", PAKU_OPTION_STRING, 0, WILL(payload), "", "What it publishes.", NULL, NULL, 0, 0,
        0},
    {"qos", PAKU_OPTION_INT, 0, WILL(qos), "1", "Quality of service of the will.", NULL, NULL, 0,
        0, 2},
    {"retain", PAKU_OPTION_BOOL, 0, WILL(retain), "false", "Whether the broker keeps it.", NULL,
        NULL, 0, 0, 0},
    END,
};

#define TLS(member) (AT(tls.member) - AT(tls))

static const struct paku_option tls_rows[] = {
    {"ca", PAKU_OPTION_PATH, 0, TLS(ca), NULL,
        "Certificates that are trusted (PEM); default: those of the system.", NULL, NULL, 0, 0, 0},
    {"certificate", PAKU_OPTION_PATH, 0, TLS(certificate), NULL, "The client's certificate (PEM).",
        NULL, NULL, 0, 0, 0},
    {"key", PAKU_OPTION_PATH, 0, TLS(key), NULL, "The client certificate's key (PEM).", NULL, NULL,
        0, 0, 0},
    {"insecure", PAKU_OPTION_BOOL, 0, TLS(insecure), "false",
        "Do not check the server's name; said in the log at each start.", NULL, NULL, 0, 0, 0},
    END,
};

static const struct paku_option options[] = {
    {"url", PAKU_OPTION_STRING, PAKU_OPTION_REQUIRED, AT(url), NULL,
        "Broker, as mqtt://host:1883 or mqtts://host:8883 (TLS).", NULL, NULL, 0, 0, 0},
    {"client_id", PAKU_OPTION_STRING, 0, AT(client_id), NULL,
        "Name of the session at the broker; must stay the same over restarts.", NULL, NULL, 0, 0,
        0},
    {"username", PAKU_OPTION_STRING, 0, AT(username), NULL, "User name.", NULL, NULL, 0, 0, 0},
    {"password", PAKU_OPTION_SECRET, 0, AT(password), NULL, "Password.", NULL, NULL, 0, 0, 0},
    {"topics", PAKU_OPTION_LIST, PAKU_OPTION_REQUIRED, AT(topics), NULL,
        "Topic filters; '$share/GROUP/FILTER' shares the load with other daemons.", NULL,
        topic_rows, sizeof(struct subscription), 0, 0},
    {"qos", PAKU_OPTION_INT, 0, AT(qos), "1", "Quality of service of the subscriptions: 0 or 1.",
        NULL, NULL, 0, 0, 2},
    {"topic_tags", PAKU_OPTION_STRING, 0, AT(topic_tags), NULL,
        "Template that makes tags of a topic's levels: '{site}/{system}/{device}/{kind}'.", NULL,
        NULL, 0, 0, 0},
    {"protocol", PAKU_OPTION_ENUM, 0, AT(protocol), "3.1.1", "Version of MQTT.", protocols, NULL,
        0, 0, 0},
    {"persistent", PAKU_OPTION_BOOL, 0, AT(persistent), "true",
        "Whether the broker keeps the session, and messages for it, while paku is away.", NULL,
        NULL, 0, 0, 0},
    {"session_expiry", PAKU_OPTION_DURATION, 0, AT(session_expiry_ms), "4w",
        "MQTT 5: how long the broker keeps the session.", NULL, NULL, 0, 1000, 4294967294000},
    {"keepalive", PAKU_OPTION_DURATION, 0, AT(keepalive_ms), "30s",
        "After this long without a word the other side is asked whether it is there.", NULL, NULL,
        0, 5000, 65535000},
    {"window", PAKU_OPTION_INT, 0, AT(window), "2000",
        "Unacknowledged messages at most (MQTT 5: the receive maximum; otherwise the broker's own "
        "bound counts), all of which are recognised when they are sent again.", NULL, NULL, 0, 1,
        65535},
    {"reconnect", PAKU_OPTION_GROUP, 0, AT(reconnect_initial_ms), NULL,
        "The pauses between tries while the broker is away.", NULL, reconnect_rows, 0, 0, 0},
    {"max_payload", PAKU_OPTION_SIZE, 0, AT(max_payload), "1MiB",
        "Larger messages are cut to this and go to the dead letters.", NULL, NULL, 0, 1, 256 << 20},
    {"format", PAKU_OPTION_ENUM, 0, AT(format), "json",
        "What payloads are; what is none goes to the dead letters.", formats, NULL, 0, 0, 0},
    {"retained", PAKU_OPTION_ENUM, 0, AT(retained), "keep",
        "Retained messages: take them, drop them (counted), or take them with a new session only.",
        retained_choices, NULL, 0, 0, 0},
    {"will", PAKU_OPTION_GROUP, 0, AT(will), NULL, "A last will of paku's own.", NULL, will_rows,
        0, 0, 0},
    {"tls", PAKU_OPTION_GROUP, 0, AT(tls), NULL, "For mqtts://.", NULL, tls_rows, 0, 0, 0},
    END,
};

/* -- Checks -- */

static int parse_url(struct mqtt *mqtt)
{
    const char *url = mqtt->options.url, *at;
    mqtt->tls = strncmp(url, "mqtts://", 8) == 0;
    if (!mqtt->tls && strncmp(url, "mqtt://", 7) != 0)
        return paku_fail(mqtt->host, -EINVAL,
            "url '%s': expected mqtt://HOST[:PORT] or mqtts://HOST[:PORT]", url);
    at = url + (mqtt->tls ? 8 : 7);
    if (strchr(at, '@') != NULL)
        return paku_fail(mqtt->host, -EINVAL,
            "url: user and password have options of their own, username and password");
    bool bracket = at[0] == '[';
    size_t size = bracket ? strcspn(at, "]") : strcspn(at, ":/");
    mqtt->server = strndup(at + bracket, size - bracket);
    at += size + bracket;
    mqtt->port = mqtt->tls ? 8883 : 1883;
    if (*at == ':') {
        char *end;
        long port = strtol(at + 1, &end, 10);
        if (end == at + 1 || port < 1 || port > 65535 || (*end != '\0' && strcmp(end, "/") != 0))
            return paku_fail(mqtt->host, -EINVAL, "url '%s': expected a port from 1 to 65535", url);
        mqtt->port = (int)port;
    }
    if (mqtt->server == NULL || mqtt->server[0] == '\0')
        return paku_fail(mqtt->host, -EINVAL, "url '%s' has no host", url);
    return 0;
}

static int check_topic(struct mqtt *mqtt, struct subscription *subscription)
{
    if (subscription->qos < 0)
        subscription->qos = mqtt->options.qos;
    const char *fault = topic_filter_fault(subscription->topic);
    if (fault != NULL)
        return paku_fail(mqtt->host, -EINVAL, "topic '%s': %s", subscription->topic, fault);
    if (subscription->qos == 2)
        return paku_fail(mqtt->host, -EINVAL,
            "topic '%s': qos 2 cannot be promised, since the client library keeps such a message "
            "in memory only between its two acknowledgements; with qos 1, what is published at "
            "qos 2 is received too, exactly once into the journal", subscription->topic);
    return 0;
}

static int check_topics(struct mqtt *mqtt)
{
    struct subscription *items = mqtt->options.topics.items;
    size_t count = mqtt->options.topics.count;
    int status = count > 0 ? 0 : paku_fail(mqtt->host, -EINVAL, "topics: expected at least one");
    for (size_t i = 0; i < count; i++) {
        int error = check_topic(mqtt, &items[i]);
        status = error < 0 ? error : status;
        for (size_t j = 0; j < i && error == 0; j++) {
            if (topic_filters_overlap(items[i].topic, items[j].topic))
                paku_log(mqtt->host, PAKU_WARNING, "the topics '%s' and '%s' overlap: the broker "
                    "may deliver a message that fits both twice", items[j].topic, items[i].topic);
        }
    }
    return status;
}

static int check_session(struct mqtt *mqtt)
{
    const struct mqtt_options *given = &mqtt->options;
    if (given->persistent && (given->client_id == NULL || given->client_id[0] == '\0'))
        return paku_fail(mqtt->host, -EINVAL,
            "client_id is missing: the broker keeps messages for a session by that name while "
            "paku is away (or say 'persistent: false')");
    if (given->password != NULL && given->username == NULL)
        return paku_fail(mqtt->host, -EINVAL, "a password needs a username");
    if ((given->tls.certificate == NULL) != (given->tls.key == NULL))
        return paku_fail(mqtt->host, -EINVAL, "tls: certificate and key go together");
    if (!mqtt->tls && (given->tls.ca != NULL || given->tls.certificate != NULL))
        return paku_fail(mqtt->host, -EINVAL, "tls is configured, but the url is not mqtts://");
    return 0;
}

static int init(void *self, struct paku_instance *host)
{
    struct mqtt *mqtt = self;
    const char *fault = NULL;
    mqtt->host = host;
    int error = parse_url(mqtt), others = check_topics(mqtt), session = check_session(mqtt);
    if (mqtt->options.topic_tags != NULL &&
        topic_template_create(mqtt->options.topic_tags, &mqtt->template, &fault) < 0)
        return paku_fail(host, -EINVAL, "topic_tags '%s': %s", mqtt->options.topic_tags, fault);
    return error < 0 ? error : others < 0 ? others : session;
}

static int start(void *self)
{
    struct mqtt *mqtt = self;
    paku_keep_receipts(mqtt->host, (size_t)mqtt->options.window);
    if (mqtt->options.tls.insecure)
        paku_log(mqtt->host, PAKU_WARNING, "tls.insecure: whoever sits between here and %s can "
            "read and change everything", mqtt->server);
    return connection_start(mqtt);
}

static void stop(void *self)
{
    connection_stop(self);
}

static void destroy(void *self)
{
    struct mqtt *mqtt = self;
    topic_template_destroy(mqtt->template);
    free(mqtt->server);
    free(mqtt->lost_reason);
}

static void settled(void *self, uint64_t through)
{
    struct mqtt *mqtt = self;
    mqtt->settled = through;
    if (mqtt->settled < mqtt->submitted)
        return;
    if (mqtt->awaiting && mqtt->state == CONNECTION_OPEN)
        connection_flush(mqtt); /* the one place that acknowledges */
    mqtt->awaiting = false;
    connection_resume_reading(mqtt);
}

static void pause_input(void *self)
{
    ((struct mqtt *)self)->paused = true;
}

static void resume_input(void *self)
{
    struct mqtt *mqtt = self;
    mqtt->paused = false;
    connection_resume_reading(mqtt);
}

PAKU_EXPORT const struct paku_plugin paku_plugin = {
    .abi = PAKU_ABI,
    .size = sizeof(struct paku_plugin),
    .kind = PAKU_INPUT,
    .name = "mqtt",
    .version = PAKU_VERSION,
    .summary = "Subscribes to topics of an MQTT broker and acknowledges what the journal has.",
    .options = options,
    .instance_size = sizeof(struct mqtt),
    .init = init,
    .start = start,
    .stop = stop,
    .destroy = destroy,
    .input = {
        .settled = settled,
        .pause = pause_input,
        .resume = resume_input,
        .make = receive_make,
    },
};
