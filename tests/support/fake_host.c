/* SPDX-License-Identifier: Apache-2.0 */
/* The life of the instance, the loop, and what every kind of instance may call. */
#include "fake_host_private.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEADLINE_MS 20000

/* -- Failing -- */

static void print_log(const struct fake_host *host)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    for (size_t i = 0; i < host->lines.count; i++)
        fprintf(stderr, "    %s: %s\n", names[host->lines.items[i].level],
            host->lines.items[i].text);
}

void fake_host_fail(const struct fake_host *host, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *message = xvasprintf(format, args);
    va_end(args);
    print_log(host);
    ck_abort_msg("%s: %s", host->instance.name, message);
    abort(); /* not reached: Check does not say that it does not return */
}

void fake_host_note(struct fake_host *host, enum paku_level level, char *text)
{
    FAKE_ADD(host->lines, (struct fake_line){level, text});
}

struct paku_text fake_text_copy(struct paku_text text)
{
    return (struct paku_text){xstrndup(text.data, text.size), text.size};
}

/* -- The loop -- */

static void handle_before_poll(uv_prepare_t *handle)
{
    fake_input_turn(handle->data);
}

static void handle_after_poll(uv_check_t *handle)
{
    fake_input_turn(handle->data);
}

static void handle_deadline(uv_timer_t *handle)
{
    ((struct fake_host *)handle->data)->late = true;
}

static void init_loop(struct fake_host *host)
{
    uv_loop_init(&host->loop);
    uv_prepare_init(&host->loop, &host->before_poll);
    uv_check_init(&host->loop, &host->after_poll);
    uv_idle_init(&host->loop, &host->hurry);
    uv_timer_init(&host->loop, &host->deadline);
    host->before_poll.data = host->after_poll.data = host->deadline.data = host;
    uv_prepare_start(&host->before_poll, handle_before_poll);
    uv_check_start(&host->after_poll, handle_after_poll);
    uv_unref((uv_handle_t *)&host->before_poll);
    uv_unref((uv_handle_t *)&host->after_poll);
    uv_unref((uv_handle_t *)&host->hurry);
    uv_unref((uv_handle_t *)&host->deadline);
}

static void finish_loop(struct fake_host *host)
{
    uv_close((uv_handle_t *)&host->before_poll, NULL);
    uv_close((uv_handle_t *)&host->after_poll, NULL);
    uv_close((uv_handle_t *)&host->hurry, NULL);
    uv_close((uv_handle_t *)&host->deadline, NULL);
    uv_run(&host->loop, UV_RUN_DEFAULT);
    int error = uv_loop_close(&host->loop);
    if (error < 0)
        fake_host_fail(host, "uv_loop_close says %s", uv_strerror(error));
}

void fake_host_run_until(struct fake_host *host, bool (*condition)(void *data), void *data,
    const char *what)
{
    host->late = false;
    uv_update_time(&host->loop);
    uv_timer_start(&host->deadline, handle_deadline, DEADLINE_MS, 0);
    uv_ref((uv_handle_t *)&host->deadline); /* the loop goes on though nobody has anything to do */
    while (!condition(data)) {
        if (host->late)
            fake_host_fail(host, "waited %d s in vain for: %s", DEADLINE_MS / 1000, what);
        uv_run(&host->loop, UV_RUN_ONCE);
    }
    uv_unref((uv_handle_t *)&host->deadline);
    uv_timer_stop(&host->deadline);
}

void fake_host_turn(struct fake_host *host)
{
    uv_ref((uv_handle_t *)&host->before_poll); /* a loop with nothing alive would not turn at all */
    uv_run(&host->loop, UV_RUN_NOWAIT);
    uv_unref((uv_handle_t *)&host->before_poll);
}

void fake_host_turns(struct fake_host *host, unsigned count)
{
    while (count-- > 0)
        fake_host_turn(host);
}

static bool is_idle(void *data)
{
    struct fake_host *host = data;
    uv_unref((uv_handle_t *)&host->deadline);
    bool alive = uv_loop_alive(&host->loop) || uv_is_active((uv_handle_t *)&host->hurry);
    uv_ref((uv_handle_t *)&host->deadline);
    return !alive;
}

void fake_host_run_until_idle(struct fake_host *host)
{
    fake_host_run_until(host, is_idle, host, "nothing left to do");
}

/* -- Life -- */

static int load_options(struct fake_host *host)
{
    static const struct paku_option no_rows[] = {{.type = PAKU_OPTION_END}};
    struct config_errors errors = {0};
    struct place place = {"<test>", 1, 1};
    host->memory = option_memory_create();
    host->document = NULL;
    int error = document_load(NULL, host->yaml, &errors, &host->document);
    if (error == 0)
        error = options_load(host->plugin->options != NULL ? host->plugin->options : no_rows, NULL,
            document_root(host->document), place, host->self, host->memory, &errors);
    for (size_t i = 0; i < errors.count; i++)
        fake_host_note(host, PAKU_ERROR, xstrdup(errors.items[i].message));
    config_errors_finish(&errors);
    return error;
}

static int make_instance(struct fake_host *host)
{
    host->self = xcalloc(1, host->plugin->instance_size > 0 ? host->plugin->instance_size : 1);
    int error = load_options(host);
    if (error == 0)
        error = host->plugin->init != NULL ? host->plugin->init(host->self, &host->instance) : 0;
    host->stage = error == 0 ? FAKE_READY : FAKE_STOPPED;
    return error;
}

static void unmake_instance(struct fake_host *host)
{
    if (host->plugin->destroy != NULL)
        host->plugin->destroy(host->self);
    free(host->self);
    option_memory_destroy(host->memory);
    document_destroy(host->document);
    host->self = NULL;
}

int fake_host_try(const struct paku_plugin *plugin, const char *yaml, struct fake_host **ret_host)
{
    struct fake_host *host = xcalloc(1, sizeof(*host));
    host->plugin = plugin;
    host->yaml = xstrdup(yaml);
    host->instance = (struct paku_instance){host, xstrdup(plugin->name)};
    host->lane_count = 1;
    memset(host->journal.journal, 0x11, sizeof(host->journal.journal));
    host->journal.epoch = 1;
    init_loop(host);
    *ret_host = host;
    return make_instance(host);
}

struct fake_host *fake_host_create(const struct paku_plugin *plugin, const char *yaml)
{
    struct fake_host *host;
    int error = fake_host_try(plugin, yaml, &host);
    if (error < 0)
        fake_host_fail(host, "could not be created: %s", strerror(-error));
    return host;
}

int fake_host_try_start(struct fake_host *host)
{
    ck_assert_msg(host->stage == FAKE_READY, "start: it is not the time for it");
    host->stage = FAKE_RUNNING;
    uv_update_time(&host->loop);
    return host->plugin->start != NULL ? host->plugin->start(host->self) : 0;
}

void fake_host_start(struct fake_host *host)
{
    int error = fake_host_try_start(host);
    if (error < 0)
        fake_host_fail(host, "start returned %s", strerror(-error));
}

static bool is_ours(const struct fake_host *host, const uv_handle_t *handle)
{
    return handle == (const uv_handle_t *)&host->before_poll ||
        handle == (const uv_handle_t *)&host->after_poll ||
        handle == (const uv_handle_t *)&host->hurry ||
        handle == (const uv_handle_t *)&host->deadline;
}

static void check_handle(uv_handle_t *handle, void *data)
{
    const struct fake_host *host = data;
    if (!is_ours(host, handle))
        fake_host_fail(host, "a %s handle is left open (or still closing) after paku_stopped",
            uv_handle_type_name(handle->type));
}

static void check_nothing_left(struct fake_host *host)
{
    uv_walk(&host->loop, check_handle, host);
    if (uv_loop_alive(&host->loop))
        fake_host_fail(host, "a request (of uv_queue_work, uv_fs, uv_getaddrinfo) is left on the "
                             "loop after paku_stopped");
    fake_output_check_stopped(host);
}

static bool has_stopped(void *data)
{
    return ((struct fake_host *)data)->stage == FAKE_STOPPED;
}

void fake_host_stop(struct fake_host *host)
{
    if (host->stage != FAKE_RUNNING)
        return;
    host->stage = FAKE_STOPPING;
    if (host->plugin->stop != NULL)
        host->plugin->stop(host->self);
    else
        host->stage = FAKE_STOPPED;
    fake_host_run_until(host, has_stopped, host, "paku_stopped");
    check_nothing_left(host);
}

void fake_host_restart(struct fake_host *host, const char *yaml)
{
    fake_host_stop(host);
    unmake_instance(host);
    fake_input_restart(host);
    fake_output_restart(host);
    host->run++;
    if (yaml != NULL) {
        free(host->yaml);
        host->yaml = xstrdup(yaml);
    }
    int error = make_instance(host);
    if (error < 0)
        fake_host_fail(host, "could not be created again: %s", strerror(-error));
}

static void finish_notes(struct fake_host *host)
{
    for (size_t i = 0; i < host->lines.count; i++)
        free(host->lines.items[i].text);
    for (size_t i = 0; i < host->counters.count; i++)
        free(host->counters.items[i].name);
    for (size_t i = 0; i < host->findings.count; i++)
        free(host->findings.items[i].text);
    free(host->lines.items);
    free(host->counters.items);
    free(host->findings.items);
    free(host->fatal);
}

void fake_host_destroy(struct fake_host *host)
{
    fake_host_stop(host);
    unmake_instance(host);
    finish_loop(host);
    fake_input_finish(host);
    fake_output_finish(host);
    finish_notes(host);
    free(host->instance.name);
    free(host->yaml);
    free(host);
}

struct paku_instance *fake_host_instance(struct fake_host *host)
{
    return &host->instance;
}

void *fake_host_self(struct fake_host *host)
{
    return host->self;
}

uv_loop_t *fake_host_loop(struct fake_host *host)
{
    return &host->loop;
}

/* -- What the plugin calls -- */

struct uv_loop_s *paku_loop(struct paku_instance *instance)
{
    return &instance->host->loop;
}

const char *paku_instance_name(const struct paku_instance *instance)
{
    return instance->name;
}

const char *paku_pipeline_name(const struct paku_instance *instance)
{
    (void)instance;
    return "test";
}

void paku_log(struct paku_instance *instance, enum paku_level level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    if (strchr(text, '\n') != NULL)
        fake_host_fail(instance->host, "a log line must not have a line break: %s", text);
    fake_host_note(instance->host, level, text);
}

int paku_fail(struct paku_instance *instance, int error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fake_host_note(instance->host, PAKU_ERROR, xvasprintf(format, args));
    va_end(args);
    return error;
}

void paku_stopped(struct paku_instance *instance)
{
    struct fake_host *host = instance->host;
    if (host->stage != FAKE_STOPPING)
        fake_host_fail(host, "paku_stopped was called %s",
            host->stage == FAKE_STOPPED ? "twice" : "without stop");
    host->stage = FAKE_STOPPED;
}

void paku_fatal(struct paku_instance *instance, const char *format, ...)
{
    struct fake_host *host = instance->host;
    va_list args;
    va_start(args, format);
    free(host->fatal);
    host->fatal = xvasprintf(format, args);
    va_end(args);
}

void paku_count(struct paku_instance *instance, const char *name, uint64_t count)
{
    struct fake_host *host = instance->host;
    for (size_t i = 0; i < host->counters.count; i++) {
        if (strcmp(host->counters.items[i].name, name) == 0) {
            host->counters.items[i].count += count;
            return;
        }
    }
    FAKE_ADD(host->counters, (struct fake_counter){xstrdup(name), count});
}

/* -- Looking at it -- */

size_t fake_host_log_count(const struct fake_host *host, enum paku_level level, const char *part)
{
    size_t count = 0;
    for (size_t i = 0; i < host->lines.count; i++) {
        const struct fake_line *line = &host->lines.items[i];
        count += line->level == level && strstr(line->text, part) != NULL;
    }
    return count;
}

bool fake_host_logged(const struct fake_host *host, enum paku_level level, const char *part)
{
    return fake_host_log_count(host, level, part) > 0;
}

void fake_host_forget_log(struct fake_host *host)
{
    for (size_t i = 0; i < host->lines.count; i++)
        free(host->lines.items[i].text);
    host->lines.count = 0;
}

struct wanted_line {
    const struct fake_host *host;
    enum paku_level level;
    const char *part;
};

static bool is_logged(void *data)
{
    const struct wanted_line *wanted = data;
    return fake_host_logged(wanted->host, wanted->level, wanted->part);
}

void fake_host_run_until_logged(struct fake_host *host, enum paku_level level, const char *part)
{
    struct wanted_line wanted = {host, level, part};
    fake_host_run_until(host, is_logged, &wanted, part);
}

uint64_t fake_host_counted(const struct fake_host *host, const char *name)
{
    for (size_t i = 0; i < host->counters.count; i++) {
        if (strcmp(host->counters.items[i].name, name) == 0)
            return host->counters.items[i].count;
    }
    return 0;
}

const char *fake_host_fatal(const struct fake_host *host)
{
    return host->fatal;
}

/* -- Probing -- */

static bool is_probed(void *data)
{
    return ((struct fake_host *)data)->probed;
}

void fake_host_probe(struct fake_host *host)
{
    ck_assert_msg(host->stage == FAKE_READY, "probe: it is not the time for it");
    ck_assert_msg(host->plugin->probe != NULL, "the plugin has no probe");
    host->stage = FAKE_PROBING;
    host->plugin->probe(host->self);
    fake_host_run_until(host, is_probed, host, "paku_probe_done");
    host->stage = FAKE_STOPPED;
    check_nothing_left(host);
}

void paku_probe_found(struct paku_instance *instance, bool good, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    FAKE_ADD(instance->host->findings, (struct fake_finding){good, xvasprintf(format, args)});
    va_end(args);
}

void paku_probe_done(struct paku_instance *instance)
{
    struct fake_host *host = instance->host;
    if (host->stage != FAKE_PROBING || host->probed)
        fake_host_fail(host, "paku_probe_done was called twice, or without probe");
    host->probed = true;
}

const char *fake_host_finding(const struct fake_host *host, size_t index, bool *ret_good)
{
    if (index >= host->findings.count)
        return NULL;
    if (ret_good != NULL)
        *ret_good = host->findings.items[index].good;
    return host->findings.items[index].text;
}
