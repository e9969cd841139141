/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to the broker, driven by the loop.
 *
 * With mosquitto_threaded_set on and the socket driven from outside, the library only queues what it
 * has to send; mosquitto_loop_write sends all of it, acknowledgements too. So between the first
 * message of a burst and `settled` nothing here may read or write. A connection that is given up in
 * that time is closed without a word, and the broker sends again what was not acknowledged. */
#include "mqtt.h"

#include <errno.h>
#include <mqtt_protocol.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LOOK_MS 1000       /* how often keepalive and pauses are looked at */
#define SILENCE_MAX_MS 5000 /* longest time a connection is kept without reading or writing */
#define BURST_MAX 4096
#define REFUSED_RETRY_LOOKS 60

static void schedule(struct mqtt *mqtt);
static void open_connection(struct mqtt *mqtt);

/* -- Losing it -- */

static void lose(struct mqtt *mqtt, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Notes the first reason; the connection is closed once no callback of the library is on the stack. */
static void lose(struct mqtt *mqtt, const char *format, ...)
{
    va_list args;
    if (mqtt->lost)
        return;
    mqtt->lost = true;
    free(mqtt->lost_reason);
    mqtt->lost_reason = NULL;
    va_start(args, format);
    if (vasprintf(&mqtt->lost_reason, format, args) < 0)
        mqtt->lost_reason = NULL;
    va_end(args);
}

static void handle_poll_closed(uv_handle_t *handle)
{
    struct mqtt *mqtt = handle->data;
    free(handle);
    if (--mqtt->open_handles == 0 && mqtt->stopping)
        paku_stopped(mqtt->host);
}

static void close_connection(struct mqtt *mqtt)
{
    if (mqtt->poll != NULL) {
        uv_poll_stop(mqtt->poll);
        uv_close((uv_handle_t *)mqtt->poll, handle_poll_closed);
        mqtt->poll = NULL;
    }
    if (mqtt->mosquitto != NULL) {
        int socket = mosquitto_socket(mqtt->mosquitto);
        if (socket >= 0)
            shutdown(socket, SHUT_RDWR);
        mosquitto_destroy(mqtt->mosquitto);
        mqtt->mosquitto = NULL;
    }
    mqtt->accepted = mqtt->lost = mqtt->awaiting = false;
    mqtt->state = CONNECTION_NONE;
}

static void act_on_loss(struct mqtt *mqtt)
{
    if (!mqtt->lost)
        return;
    close_connection(mqtt);
    if (mqtt->stopping)
        return;
    schedule(mqtt);
    paku_count(mqtt->host, "disconnects", 1);
}

/* -- Callbacks of the library -- */

static void handle_connected(struct mosquitto *mosquitto, void *self, int code, int flags,
    const mosquitto_property *properties)
{
    struct mqtt *mqtt = self;
    (void)mosquitto;
    (void)properties;
    if (code != 0) {
        lose(mqtt, "%s:%d refuses the connection: %s", mqtt->server, mqtt->port,
            mqtt->options.protocol == PROTOCOL_5 ? mosquitto_reason_string(code)
                                                 : mosquitto_connack_string(code));
        return;
    }
    bool present = (flags & 1) != 0;
    mqtt->accepted = true;
    mqtt->pause_ms = 0;
    paku_log(mqtt->host, PAKU_INFO, "connected to %s:%d (%s session)", mqtt->server, mqtt->port,
        present ? "existing" : "new");
    paku_count(mqtt->host, mqtt->connected_before ? "reconnects" : "connects", 1);
    mqtt->connected_before = true;
    receive_begin_session(mqtt, present);
    subscribe_begin_session(mqtt, present);
}

static void handle_disconnected(struct mosquitto *mosquitto, void *self, int code,
    const mosquitto_property *properties)
{
    struct mqtt *mqtt = self;
    (void)mosquitto;
    (void)properties;
    if (mqtt->options.protocol == PROTOCOL_5 && code >= 0x80)
        lose(mqtt, "%s:%d ended the connection: %s", mqtt->server, mqtt->port,
            mosquitto_reason_string(code));
    else
        lose(mqtt, "the connection to %s:%d broke", mqtt->server, mqtt->port);
}

/* -- Reading and writing -- */

static void watch(struct mqtt *mqtt);

void connection_flush(struct mqtt *mqtt)
{
    int error = mosquitto_loop_write(mqtt->mosquitto, 1);
    if (error != MOSQ_ERR_SUCCESS)
        lose(mqtt, "cannot write to %s:%d: %s", mqtt->server, mqtt->port,
            mosquitto_strerror(error));
    act_on_loss(mqtt);
}

static bool is_silent(const struct mqtt *mqtt)
{
    return mqtt->awaiting || mqtt->paused;
}

/* The library reads about one packet a call, and tells that the socket is empty by errno alone. */
static void read_burst(struct mqtt *mqtt)
{
    mqtt->burst = 0;
    for (int i = 0; i < BURST_MAX && !mqtt->lost; i++) {
        errno = 0;
        int error = mosquitto_loop_read(mqtt->mosquitto, 1);
        if (error != MOSQ_ERR_SUCCESS) {
            lose(mqtt, "the connection to %s:%d broke: %s", mqtt->server, mqtt->port,
                error == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(error));
            return;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
        if (mqtt->burst >= (size_t)mqtt->options.window)
            return;
    }
}

static void handle_socket(uv_poll_t *poll, int status, int events)
{
    struct mqtt *mqtt = poll->data;
    if (is_silent(mqtt))
        return;
    if (status < 0)
        lose(mqtt, "the connection to %s:%d broke: %s", mqtt->server, mqtt->port,
            uv_strerror(status));
    if (!mqtt->lost && (events & (UV_READABLE | UV_DISCONNECT)) != 0)
        read_burst(mqtt);
    if (mqtt->burst > 0 && mqtt->submitted > mqtt->settled) {
        mqtt->awaiting = true;
        mqtt->awaiting_since = uv_now(paku_loop(mqtt->host));
        mqtt->burst = 0;
    }
    if (mqtt->lost) {
        act_on_loss(mqtt);
        return;
    }
    if (!mqtt->awaiting && mosquitto_want_write(mqtt->mosquitto))
        connection_flush(mqtt);
    if (mqtt->state == CONNECTION_OPEN)
        watch(mqtt);
}

static void watch(struct mqtt *mqtt)
{
    if (is_silent(mqtt)) {
        uv_poll_stop(mqtt->poll);
        return;
    }
    int events = UV_READABLE | UV_DISCONNECT;
    if (mosquitto_want_write(mqtt->mosquitto))
        events |= UV_WRITABLE;
    uv_poll_start(mqtt->poll, events, handle_socket);
}

void connection_resume_reading(struct mqtt *mqtt)
{
    if (mqtt->state == CONNECTION_OPEN && !mqtt->stopping)
        watch(mqtt);
    else if (mqtt->stopping && mqtt->settled >= mqtt->submitted)
        connection_stop(mqtt);
}

/* -- The regular look -- */

static void look(struct mqtt *mqtt)
{
    uint64_t now = uv_now(paku_loop(mqtt->host));
    uint64_t bound = (uint64_t)mqtt->options.keepalive_ms / 2;
    if (bound > SILENCE_MAX_MS)
        bound = SILENCE_MAX_MS;
    if (!is_silent(mqtt)) {
        mqtt->awaiting_since = now;
        int error = mosquitto_loop_misc(mqtt->mosquitto);
        if (error != MOSQ_ERR_SUCCESS)
            lose(mqtt, "%s:%d does not answer: %s", mqtt->server, mqtt->port,
                mosquitto_strerror(error));
        else if (mqtt->accepted && now / LOOK_MS % REFUSED_RETRY_LOOKS == 0)
            subscribe_retry_refused(mqtt);
        if (!mqtt->lost && mosquitto_want_write(mqtt->mosquitto))
            connection_flush(mqtt);
    } else if (now - mqtt->awaiting_since > bound) {
        lose(mqtt, "the journal takes nothing for %llu ms: leaving %s:%d, which keeps the messages",
            (unsigned long long)(now - mqtt->awaiting_since), mqtt->server, mqtt->port);
    }
    act_on_loss(mqtt);
}

static void handle_timer(uv_timer_t *timer)
{
    struct mqtt *mqtt = timer->data;
    if (mqtt->state == CONNECTION_OPEN) {
        look(mqtt);
        return;
    }
    if (mqtt->state != CONNECTION_WAITING)
        return;
    /* What was submitted must be settled first: only then all receipts are known. */
    if (mqtt->paused || mqtt->settled < mqtt->submitted) {
        uv_timer_start(&mqtt->timer, handle_timer, 100, 0);
        return;
    }
    open_connection(mqtt);
}

static void schedule(struct mqtt *mqtt)
{
    int64_t pause = mqtt->pause_ms == 0 ? mqtt->options.reconnect_initial_ms : mqtt->pause_ms * 2;
    if (pause > mqtt->options.reconnect_max_ms)
        pause = mqtt->options.reconnect_max_ms;
    mqtt->pause_ms = pause;
    pause = pause / 2 + random() % (pause / 2 + 1);
    mqtt->state = CONNECTION_WAITING;
    paku_log(mqtt->host, PAKU_WARNING, "%s; retrying in %lldms",
        mqtt->lost_reason != NULL ? mqtt->lost_reason : "the connection broke", (long long)pause);
    uv_timer_start(&mqtt->timer, handle_timer, (uint64_t)pause, 0);
}

/* -- Opening -- */

static int configure_tls(struct mqtt *mqtt)
{
    struct mosquitto *mosquitto = mqtt->mosquitto;
    const struct mqtt_options *given = &mqtt->options;
    int error = given->tls.ca == NULL && given->tls.certificate == NULL
        ? mosquitto_int_option(mosquitto, MOSQ_OPT_TLS_USE_OS_CERTS, 1)
        : mosquitto_tls_set(mosquitto, given->tls.ca, given->tls.ca == NULL ? "/etc/ssl/certs"
              : NULL, given->tls.certificate, given->tls.key, NULL);
    if (error == MOSQ_ERR_SUCCESS && given->tls.insecure)
        error = mosquitto_tls_insecure_set(mosquitto, true);
    return error;
}

static int configure(struct mqtt *mqtt)
{
    struct mosquitto *mosquitto = mqtt->mosquitto;
    const struct mqtt_options *given = &mqtt->options;
    bool five = given->protocol == PROTOCOL_5;
    int error = mosquitto_threaded_set(mosquitto, true);
    if (error == MOSQ_ERR_SUCCESS)
        error = mosquitto_int_option(mosquitto, MOSQ_OPT_PROTOCOL_VERSION,
            five ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
    if (error == MOSQ_ERR_SUCCESS && five)
        error = mosquitto_int_option(mosquitto, MOSQ_OPT_RECEIVE_MAXIMUM, (int)given->window);
    if (error == MOSQ_ERR_SUCCESS)
        error = mosquitto_username_pw_set(mosquitto, given->username, given->password);
    if (error == MOSQ_ERR_SUCCESS && given->will.topic != NULL)
        error = mosquitto_will_set(mosquitto, given->will.topic, (int)strlen(given->will.payload),
            given->will.payload, (int)given->will.qos, given->will.retain);
    if (error == MOSQ_ERR_SUCCESS && mqtt->tls)
        error = configure_tls(mqtt);
    mosquitto_connect_v5_callback_set(mosquitto, handle_connected);
    mosquitto_disconnect_v5_callback_set(mosquitto, handle_disconnected);
    mosquitto_message_callback_set(mosquitto, handle_message);
    mosquitto_subscribe_callback_set(mosquitto, handle_subscribed);
    return error;
}

/* On the thread pool: resolves the name and connects, both of which may take long. */
static void handle_open(uv_work_t *work)
{
    struct mqtt *mqtt = work->data;
    mosquitto_property *properties = NULL;
    if (mqtt->options.protocol == PROTOCOL_5 && mqtt->options.persistent)
        mosquitto_property_add_int32(&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL,
            (uint32_t)(mqtt->options.session_expiry_ms / 1000));
    errno = 0;
    mqtt->work_result = mosquitto_connect_bind_v5(mqtt->mosquitto, mqtt->server, mqtt->port,
        (int)(mqtt->options.keepalive_ms / 1000), NULL, properties);
    mqtt->work_errno = errno;
    mosquitto_property_free_all(&properties);
}

static void handle_opened(uv_work_t *work, int status)
{
    struct mqtt *mqtt = work->data;
    (void)status;
    mqtt->open_handles--;
    if (mqtt->stopping) {
        connection_stop(mqtt);
        return;
    }
    if (mqtt->work_result != MOSQ_ERR_SUCCESS) {
        lose(mqtt, "cannot connect to %s:%d: %s", mqtt->server, mqtt->port,
            mqtt->work_result == MOSQ_ERR_ERRNO ? strerror(mqtt->work_errno)
                                                : mosquitto_strerror(mqtt->work_result));
        act_on_loss(mqtt);
        return;
    }
    mqtt->state = CONNECTION_OPEN;
    mqtt->poll = calloc(1, sizeof(*mqtt->poll));
    mqtt->poll->data = mqtt;
    uv_poll_init(paku_loop(mqtt->host), mqtt->poll, mosquitto_socket(mqtt->mosquitto));
    mqtt->open_handles++;
    mqtt->awaiting_since = uv_now(paku_loop(mqtt->host));
    uv_timer_start(&mqtt->timer, handle_timer, LOOK_MS, LOOK_MS);
    connection_flush(mqtt);
    if (mqtt->state == CONNECTION_OPEN)
        watch(mqtt);
}

static void open_connection(struct mqtt *mqtt)
{
    mqtt->lost = false;
    mqtt->mosquitto = mosquitto_new(mqtt->options.client_id, !mqtt->options.persistent, mqtt);
    int error = mqtt->mosquitto != NULL ? configure(mqtt) : MOSQ_ERR_NOMEM;
    if (error != MOSQ_ERR_SUCCESS) {
        lose(mqtt, "cannot set up the client: %s", mosquitto_strerror(error));
        act_on_loss(mqtt);
        return;
    }
    mqtt->state = CONNECTION_OPENING;
    mqtt->work.data = mqtt;
    mqtt->open_handles++;
    uv_queue_work(paku_loop(mqtt->host), &mqtt->work, handle_open, handle_opened);
}

int connection_start(struct mqtt *mqtt)
{
    mosquitto_lib_init();
    uv_timer_init(paku_loop(mqtt->host), &mqtt->timer);
    mqtt->timer.data = mqtt;
    mqtt->open_handles++;
    open_connection(mqtt);
    return 0;
}

/* -- Stopping -- */

static void handle_timer_closed(uv_handle_t *handle)
{
    struct mqtt *mqtt = handle->data;
    if (--mqtt->open_handles == 0)
        paku_stopped(mqtt->host);
}

/* Called again when what it waited for has come. DISCONNECT goes out behind the acknowledgements, so
 * only once everything is settled. */
void connection_stop(struct mqtt *mqtt)
{
    mqtt->stopping = true;
    if (mqtt->poll != NULL)
        uv_poll_stop(mqtt->poll);
    if (mqtt->state == CONNECTION_OPENING && mqtt->open_handles > 1)
        return; /* handle_opened comes back here */
    if (mqtt->awaiting && mqtt->settled < mqtt->submitted)
        return; /* settled() comes back here */
    if (mqtt->state == CONNECTION_OPEN && !mqtt->lost) {
        mosquitto_disconnect(mqtt->mosquitto);
        mosquitto_loop_write(mqtt->mosquitto, 1);
    }
    close_connection(mqtt);
    if (!uv_is_closing((uv_handle_t *)&mqtt->timer))
        uv_close((uv_handle_t *)&mqtt->timer, handle_timer_closed);
}
