/* SPDX-License-Identifier: Apache-2.0 */
/* The MQTT input from inside. */
#ifndef MQTT_MQTT_H
#define MQTT_MQTT_H

#include "topic.h"

#include <mosquitto.h>
#include <uv.h>

enum protocol { PROTOCOL_3_1_1, PROTOCOL_5 };
enum format { FORMAT_JSON, FORMAT_TEXT, FORMAT_RAW };
enum retained { RETAINED_KEEP, RETAINED_DROP, RETAINED_FIRST };

struct subscription {
    const char *topic;
    int64_t qos; /* -1: as the option `qos` says */
    int mid;     /* of the SUBSCRIBE that is under way; 0: none */
    bool refused;
};

struct mqtt_options {
    const char *url;
    const char *client_id;
    const char *username;
    const char *password;
    struct paku_items topics; /* struct subscription */
    int64_t qos;
    const char *topic_tags;
    int protocol;
    bool persistent;
    int64_t session_expiry_ms;
    int64_t keepalive_ms;
    int64_t window;
    int64_t reconnect_initial_ms;
    int64_t reconnect_max_ms;
    int64_t max_payload;
    int format;
    int retained;
    struct {
        const char *topic;
        const char *payload;
        int64_t qos;
        bool retain;
    } will;
    struct {
        const char *ca;
        const char *certificate;
        const char *key;
        bool insecure;
    } tls;
};

enum connection_state {
    CONNECTION_NONE,
    CONNECTION_WAITING, /* for the next try */
    CONNECTION_OPENING, /* on the thread pool: names are resolved there */
    CONNECTION_OPEN,
};

struct mqtt {
    struct paku_instance *host;
    struct mqtt_options options;
    struct topic_template *template;
    char *server; /* of the URL */
    int port;
    bool tls;

    /* connection.c */
    struct mosquitto *mosquitto; /* one for each connection: destroying it sends nothing */
    enum connection_state state;
    bool accepted; /* CONNACK has come */
    bool lost;     /* found inside a callback of the library; acted on behind it */
    char *lost_reason;
    uv_work_t work;
    int work_result;
    int work_errno;
    uv_poll_t *poll; /* freed in its close callback */
    uv_timer_t timer; /* next try, or the regular look while connected */
    int64_t pause_ms;
    bool stopping;
    unsigned open_handles;
    bool paused;
    bool connected_before;

    /* receive.c */
    uint64_t submitted; /* newest ticket */
    uint64_t settled;
    bool awaiting;      /* a burst waits for its commit: nothing is read, nothing is sent */
    uint64_t awaiting_since;
    size_t burst;       /* messages with QoS 1 in the present burst */
    bool take_retained;

    /* Redelivery: the next receipt that a message sent again should match. */
    bool matching;
    bool match_found;
    size_t match_next;
};

/* -- connection.c -- */

int connection_start(struct mqtt *mqtt);
void connection_stop(struct mqtt *mqtt);
/* Writes what the library has queued. */
void connection_flush(struct mqtt *mqtt);
/* Reads again, if nothing stands against it. */
void connection_resume_reading(struct mqtt *mqtt);

/* -- receive.c -- */

void handle_message(struct mosquitto *mosquitto, void *self,
    const struct mosquitto_message *message);
void receive_begin_session(struct mqtt *mqtt, bool session_present);
int receive_make(void *self, struct paku_record *record, char *reason, size_t reason_size);

/* -- subscribe.c -- */

void subscribe_begin_session(struct mqtt *mqtt, bool session_present);
void handle_subscribed(struct mosquitto *mosquitto, void *self, int mid, int count,
    const int *granted);
void subscribe_retry_refused(struct mqtt *mqtt);

#endif
