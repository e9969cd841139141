/* SPDX-License-Identifier: Apache-2.0 */
/* A persistent session remembers its subscriptions: what left the YAML is unsubscribed, what is there
 * is not subscribed to again, since that would bring all retained messages again. */
#include "mqtt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE_KEY "subscriptions"

/* The remembered list: a line for each, "QOS TOPIC". */
static char *list_make(const struct mqtt *mqtt)
{
    const struct subscription *items = mqtt->options.topics.items;
    char *list = NULL;
    size_t size;
    FILE *stream = open_memstream(&list, &size);
    for (size_t i = 0; stream != NULL && i < mqtt->options.topics.count; i++) {
        if (!items[i].refused && items[i].mid == 0)
            fprintf(stream, "%lld %s\n", (long long)items[i].qos, items[i].topic);
    }
    if (stream != NULL)
        fclose(stream);
    return list;
}

static char *list_remembered(const struct mqtt *mqtt)
{
    struct paku_text value = paku_state_get(mqtt->host, STATE_KEY);
    return value.data != NULL ? strndup(value.data, value.size) : strdup("");
}

static bool list_has(const char *list, const struct subscription *item)
{
    char line[16];
    snprintf(line, sizeof(line), "%lld ", (long long)item->qos);
    for (const char *at = list; *at != '\0';) {
        size_t length = strcspn(at, "\n"), prefix = strlen(line);
        if (length == prefix + strlen(item->topic) && memcmp(at, line, prefix) == 0 &&
            memcmp(at + prefix, item->topic, length - prefix) == 0)
            return true;
        at += length + (at[length] == '\n');
    }
    return false;
}

static bool is_configured(const struct mqtt *mqtt, const char *topic)
{
    const struct subscription *items = mqtt->options.topics.items;
    for (size_t i = 0; i < mqtt->options.topics.count; i++) {
        if (strcmp(items[i].topic, topic) == 0)
            return true;
    }
    return false;
}

static void unsubscribe_removed(struct mqtt *mqtt, char *list)
{
    for (char *line = strtok(list, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        const char *topic = strchr(line, ' ');
        if (topic == NULL || is_configured(mqtt, topic + 1))
            continue;
        paku_log(mqtt->host, PAKU_INFO, "unsubscribing from '%s', which is no longer configured",
            topic + 1);
        mosquitto_unsubscribe(mqtt->mosquitto, NULL, topic + 1);
    }
}

static void remember(struct mqtt *mqtt)
{
    char *list = list_make(mqtt);
    if (list != NULL && mqtt->options.persistent)
        paku_state_put(mqtt->host, STATE_KEY, (struct paku_text){list, strlen(list)});
    free(list);
}

static void subscribe(struct mqtt *mqtt, struct subscription *item)
{
    int error = mosquitto_subscribe(mqtt->mosquitto, &item->mid, item->topic, (int)item->qos);
    if (error != MOSQ_ERR_SUCCESS)
        paku_log(mqtt->host, PAKU_ERROR, "cannot subscribe to '%s': %s", item->topic,
            mosquitto_strerror(error));
}

void subscribe_begin_session(struct mqtt *mqtt, bool session_present)
{
    struct subscription *items = mqtt->options.topics.items;
    char *list = session_present ? list_remembered(mqtt) : strdup("");
    for (size_t i = 0; i < mqtt->options.topics.count; i++) {
        items[i].mid = 0;
        items[i].refused = false;
        if (!list_has(list, &items[i]))
            subscribe(mqtt, &items[i]);
    }
    unsubscribe_removed(mqtt, list);
    free(list);
    remember(mqtt);
}

void handle_subscribed(struct mosquitto *mosquitto, void *self, int mid, int count,
    const int *granted)
{
    struct mqtt *mqtt = self;
    struct subscription *items = mqtt->options.topics.items;
    (void)mosquitto;
    for (size_t i = 0; i < mqtt->options.topics.count; i++) {
        if (items[i].mid != mid)
            continue;
        items[i].mid = 0;
        items[i].refused = count < 1 || granted[0] >= 0x80;
        if (items[i].refused)
            paku_log(mqtt->host, PAKU_ERROR, "the broker refuses the subscription to '%s' (code "
                "0x%02x): is this user allowed to read it? Asking again in a while",
                items[i].topic, count > 0 ? (unsigned)granted[0] : 0x80);
        else
            paku_log(mqtt->host, PAKU_INFO, "subscribed to '%s' with qos %d", items[i].topic,
                granted[0]);
    }
    remember(mqtt);
}

void subscribe_retry_refused(struct mqtt *mqtt)
{
    struct subscription *items = mqtt->options.topics.items;
    for (size_t i = 0; i < mqtt->options.topics.count; i++) {
        if (items[i].refused && items[i].mid == 0)
            subscribe(mqtt, &items[i]);
    }
}
