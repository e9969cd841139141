/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/daemon.h"

#include "base/memory.h"
#include "daemon/notify.h"
#include "pipeline/counters.h"
#include "pipeline/pipeline.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define STOP_LIMIT_MS 5000 /* beyond shutdown_grace, for plugins to stop and the journals to close */
#define SECOND_MS 1000

enum { ON_TERMINATE, ON_INTERRUPT, ON_COUNTERS, SIGNALS };

static const int signal_numbers[SIGNALS] = {
    [ON_TERMINATE] = SIGTERM,
    [ON_INTERRUPT] = SIGINT,
    [ON_COUNTERS] = SIGUSR1,
};

struct daemon {
    const struct daemon_options *options;
    struct logger *logger;
    struct pipeline_context context;
    struct pipeline **pipelines;
    size_t count;
    size_t closed;
    struct dead_letters *letters;
    uv_loop_t loop;
    uv_signal_t signals[SIGNALS];
    uv_timer_t second;
    uv_timer_t watchdog;
    uv_async_t end; /* asks for the shutdown from within callbacks of pipelines */
    unsigned open_handles;
    bool stopping;
    int status;
};

static void print_counters(struct daemon *daemon)
{
    struct buffer buffer = {0};
    if (daemon->options->json_counters)
        counters_print_json(daemon->pipelines, daemon->count, &buffer);
    else
        counters_print(daemon->pipelines, daemon->count, &buffer);
    for (size_t at = 0; at < buffer.size;) {
        ssize_t written = write(STDERR_FILENO, buffer.data + at, buffer.size - at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            break;
        at += (size_t)written;
    }
    buffer_finish(&buffer);
}

/* -- Ending -- */

static void handle_handle_closed(uv_handle_t *handle)
{
    struct daemon *daemon = handle->data;
    if (--daemon->open_handles == 0)
        uv_stop(&daemon->loop); /* a handle that a plugin has left open would keep it running */
}

static void handle_letters_closed(void *data)
{
    struct daemon *daemon = data;
    for (size_t i = 0; i < SIGNALS; i++)
        uv_close((uv_handle_t *)&daemon->signals[i], handle_handle_closed);
    uv_close((uv_handle_t *)&daemon->second, handle_handle_closed);
    uv_close((uv_handle_t *)&daemon->watchdog, handle_handle_closed);
    uv_close((uv_handle_t *)&daemon->end, handle_handle_closed);
}

static void close_rest(struct daemon *daemon)
{
    if (daemon->letters != NULL)
        dead_letters_close(daemon->letters, handle_letters_closed, daemon);
    else
        handle_letters_closed(daemon);
}

static void handle_closed(void *data, struct pipeline *pipeline)
{
    struct daemon *daemon = data;
    (void)pipeline;
    if (++daemon->closed == daemon->count)
        close_rest(daemon);
}

/* Somebody does not stop. What is committed is safe: better to end than to hang. */
static void handle_watchdog(uv_timer_t *timer)
{
    struct daemon *daemon = timer->data;
    for (size_t i = 0; i < daemon->count; i++)
        pipeline_name_unstopped(daemon->pipelines[i]);
    logger_write(daemon->logger, PAKU_ERROR, "",
        "the shutdown hangs: ending now; what was committed is in the journal");
    print_counters(daemon);
    _exit(1);
}

static void shut_down(struct daemon *daemon)
{
    int64_t grace_ms = daemon->status == 0 ? daemon->options->config->shutdown_grace_ms : 0;
    if (daemon->stopping)
        return;
    daemon->stopping = true;
    notify_manager("STOPPING=1\nSTATUS=stopping");
    uv_timer_start(&daemon->watchdog, handle_watchdog, (uint64_t)(grace_ms + STOP_LIMIT_MS), 0);
    if (daemon->count == 0)
        close_rest(daemon);
    for (size_t i = 0; i < daemon->count; i++)
        pipeline_stop(daemon->pipelines[i], grace_ms);
}

static void handle_end(uv_async_t *async)
{
    shut_down(async->data);
}

static void handle_ended(void *data, struct pipeline *pipeline)
{
    struct daemon *daemon = data;
    (void)pipeline;
    for (size_t i = 0; i < daemon->count; i++) {
        if (!pipeline_is_ended(daemon->pipelines[i]))
            return;
    }
    if (!daemon->stopping)
        logger_write(daemon->logger, PAKU_INFO, "",
            "all inputs have ended and everything is delivered");
    uv_async_send(&daemon->end);
}

static void handle_fatal(void *data, struct pipeline *pipeline)
{
    struct daemon *daemon = data;
    (void)pipeline;
    daemon->status = 1;
    uv_async_send(&daemon->end);
}

/* -- Signals and the clock -- */

static void handle_signal(uv_signal_t *handle, int number)
{
    struct daemon *daemon = handle->data;
    if (number == SIGUSR1) {
        print_counters(daemon);
        return;
    }
    const char *name = number == SIGTERM ? "SIGTERM" : "SIGINT";
    if (daemon->stopping) {
        logger_write(daemon->logger, PAKU_WARNING, "",
            "%s while stopping: ending at once; what was committed is in the journal", name);
        _exit(1);
    }
    logger_write(daemon->logger, PAKU_INFO, "", "%s: stopping", name);
    shut_down(daemon);
}

static void handle_second(uv_timer_t *timer)
{
    struct daemon *daemon = timer->data;
    logger_flush_repeats(daemon->logger, (int64_t)(uv_hrtime() / 1000000));
}

static void init_handles(struct daemon *daemon)
{
    uv_loop_init(&daemon->loop);
    for (size_t i = 0; i < SIGNALS; i++) {
        uv_signal_init(&daemon->loop, &daemon->signals[i]);
        daemon->signals[i].data = daemon;
        uv_signal_start(&daemon->signals[i], handle_signal, signal_numbers[i]);
    }
    uv_timer_init(&daemon->loop, &daemon->second);
    uv_timer_init(&daemon->loop, &daemon->watchdog);
    uv_async_init(&daemon->loop, &daemon->end, handle_end);
    daemon->second.data = daemon;
    daemon->watchdog.data = daemon;
    daemon->end.data = daemon;
    daemon->open_handles = SIGNALS + 3;
    uv_timer_start(&daemon->second, handle_second, SECOND_MS, SECOND_MS);
}

/* -- Beginning -- */

static int create_pipelines(struct daemon *daemon, struct config_errors *errors)
{
    static const struct pipeline_events events = {
        .ended = handle_ended,
        .fatal = handle_fatal,
        .closed = handle_closed,
    };
    const struct config *config = daemon->options->config;
    int result = 0;
    daemon->pipelines = xcalloc(config->pipeline_count + 1, sizeof(struct pipeline *));
    for (size_t i = 0; i < config->pipeline_count; i++) {
        int error = pipeline_create(&config->pipelines[i], &daemon->context, &events, daemon,
            errors, &daemon->pipelines[daemon->count]);
        if (error < 0)
            result = error;
        else
            daemon->count++;
    }
    return result;
}

static int open_letters(struct daemon *daemon)
{
    const struct config *config = daemon->options->config;
    char *directory = xasprintf("%s/dead-letters", config->data_directory);
    struct dead_letters_options options = {
        .directory = directory,
        .max_bytes = config->dead_letters.max_bytes,
        .file_bytes = config->dead_letters.file_bytes,
    };
    int error = dead_letters_open(&options, &daemon->loop, daemon->logger, &daemon->letters);
    if (error < 0)
        logger_write(daemon->logger, PAKU_ERROR, "", "cannot open the dead letters in %s: %s",
            directory, strerror(-error));
    daemon->context.letters = daemon->letters;
    free(directory);
    return error;
}

/* Journals first: a second daemon is to be told of the first one before it touches anything else. */
static int open_all(struct daemon *daemon)
{
    for (size_t i = 0; i < daemon->count; i++) {
        int error = pipeline_open_journal(daemon->pipelines[i]);
        if (error < 0)
            return error;
    }
    int error = open_letters(daemon);
    for (size_t i = 0; i < daemon->count && error == 0; i++)
        error = pipeline_open(daemon->pipelines[i]);
    return error;
}

static void start_all(struct daemon *daemon)
{
    int error = open_all(daemon);
    for (size_t i = 0; i < daemon->count && error == 0; i++)
        error = pipeline_start(daemon->pipelines[i]);
    if (error < 0) {
        daemon->status = 1;
        shut_down(daemon);
        return;
    }
    char status[64];
    snprintf(status, sizeof(status), "READY=1\nSTATUS=%zu pipeline%s running", daemon->count,
        daemon->count == 1 ? "" : "s");
    notify_manager(status);
    logger_write(daemon->logger, PAKU_INFO, "", "paku " PAKU_VERSION " runs %zu pipeline%s",
        daemon->count, daemon->count == 1 ? "" : "s");
}

/* -- The end -- */

static void handle_leftover(uv_handle_t *handle, void *data)
{
    struct daemon *daemon = data;
    if (!uv_is_closing(handle))
        logger_write(daemon->logger, PAKU_ERROR, "", "a %s handle was left open by nobody we know",
            uv_handle_type_name(handle->type));
}

static void destroy_all(struct daemon *daemon)
{
    uv_run(&daemon->loop, UV_RUN_NOWAIT); /* close callbacks that are still to come */
    for (size_t i = 0; i < daemon->count; i++) {
        if (pipeline_destroy(daemon->pipelines[i]) > 0)
            daemon->status = 1;
    }
    free(daemon->pipelines);
    if (uv_loop_close(&daemon->loop) < 0) {
        uv_walk(&daemon->loop, handle_leftover, daemon);
        daemon->status = 1;
    }
}

int daemon_run(const struct daemon_options *options, struct config_errors *errors)
{
    struct daemon daemon = {.options = options, .logger = options->logger};
    signal(SIGPIPE, SIG_IGN);
    init_handles(&daemon);
    daemon.context = (struct pipeline_context){
        .loop = &daemon.loop,
        .logger = options->logger,
        .loader = options->loader,
        .data_directory = options->config->data_directory,
    };
    int error = create_pipelines(&daemon, errors);
    if (errors->count > 0)
        error = -EINVAL;
    bool runs = error == 0;
    if (runs)
        start_all(&daemon);
    else
        shut_down(&daemon);
    uv_run(&daemon.loop, UV_RUN_DEFAULT);
    if (runs && daemon.letters != NULL)
        print_counters(&daemon);
    destroy_all(&daemon);
    return error < 0 ? error : daemon.status;
}
