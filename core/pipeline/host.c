/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of <paku/plugin.h> that every kind of instance may call. */
#include "base/buffer.h"
#include "base/memory.h"
#include "delivery/table.h"
#include "pipeline/instance.h"
#include "pipeline/pipeline_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STATE_KEY_MAX 255
#define STATE_VALUE_MAX 65536

struct uv_loop_s *paku_loop(struct paku_instance *host)
{
    return host->loop;
}

const char *paku_instance_name(const struct paku_instance *host)
{
    return host->name;
}

const char *paku_pipeline_name(const struct paku_instance *host)
{
    return host->pipeline;
}

void paku_count(struct paku_instance *host, const char *name, uint64_t count)
{
    metrics_count(&host->metrics, name, count);
}

/* -- Log -- */

/* "url: expected ..." is about the option `url`: the error stands where that was given. */
static struct place error_place(const struct paku_instance *host, const char *message)
{
    const struct node *options = host->config->options;
    size_t size = strcspn(message, ":");
    for (size_t i = 0; message[size] == ':' && options != NULL && options->kind == NODE_MAP &&
         i < options->count; i++) {
        const struct node_member *member = &options->members[i];
        if (strncmp(member->key, message, size) == 0 && member->key[size] == '\0')
            return member->value->place;
    }
    return host->config->place;
}

static void log_list(struct paku_instance *host, enum paku_level level, const char *format,
    va_list args) __attribute__((format(printf, 3, 0)));

static void log_list(struct paku_instance *host, enum paku_level level, const char *format,
    va_list args)
{
    if (host->errors == NULL || level != PAKU_ERROR) {
        logger_write_list(host->logger, level, host->source, format, args);
        return;
    }
    char *message = xvasprintf(format, args);
    config_errors_add(host->errors, error_place(host, message), "%s: %s", host->name, message);
    free(message);
}

void paku_log(struct paku_instance *host, enum paku_level level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_list(host, level, format, args);
    va_end(args);
}

int paku_fail(struct paku_instance *host, int error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_list(host, PAKU_ERROR, format, args);
    va_end(args);
    return error;
}

void paku_fatal(struct paku_instance *host, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *message = xvasprintf(format, args);
    va_end(args);
    logger_write(host->logger, PAKU_ERROR, host->source, "%s; paku ends", message);
    if (host->events.fatal != NULL)
        host->events.fatal(host->data, host, message);
    free(message);
}

void paku_stopped(struct paku_instance *host)
{
    if (host->stage != INSTANCE_STOPPING)
        return;
    host->stage = INSTANCE_STOPPED;
    if (host->events.stopped != NULL)
        host->events.stopped(host->data, host);
}

/* -- Probing -- */

void paku_probe_found(struct paku_instance *host, bool good, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    if (host->events.probe_found != NULL)
        host->events.probe_found(host->data, host, good, text);
    free(text);
}

void paku_probe_done(struct paku_instance *host)
{
    if (host->stage != INSTANCE_RUNNING)
        return;
    host->stage = INSTANCE_STOPPED;
    if (host->events.probe_done != NULL)
        host->events.probe_done(host->data, host);
}

/* -- State -- */

/* Outside of a pipeline state lives in a table of the instance's own. */
static struct table *own_state(struct paku_instance *host)
{
    if (host->state == NULL)
        host->state = xcalloc(1, sizeof(*host->state));
    return host->state;
}

static struct paku_text state_key(const struct paku_instance *host, const char *key,
    struct buffer *buffer)
{
    buffer_push_format(buffer, "s/%s/%s", host->name, key);
    return (struct paku_text){buffer->data, buffer->size};
}

static int check_state(const struct paku_instance *host, const char *key, size_t size)
{
    if (host->plugin->kind == PAKU_OUTPUT)
        return -ENOTSUP;
    return strlen(key) > STATE_KEY_MAX || size > STATE_VALUE_MAX ? -E2BIG : 0;
}

int paku_state_put(struct paku_instance *host, const char *key, struct paku_text value)
{
    struct journal *journal = instance_journal(host);
    struct buffer buffer = {0};
    int error = check_state(host, key, value.size);
    if (error < 0)
        return error;
    struct paku_text full_key = state_key(host, key, &buffer);
    if (journal != NULL)
        journal_put(journal, full_key, value);
    else
        table_put(own_state(host), full_key, value);
    instance_changed(host);
    buffer_finish(&buffer);
    return 0;
}

int paku_state_delete(struct paku_instance *host, const char *key)
{
    struct journal *journal = instance_journal(host);
    struct buffer buffer = {0};
    int error = check_state(host, key, 0);
    if (error < 0)
        return error;
    struct paku_text full_key = state_key(host, key, &buffer);
    if (journal != NULL)
        journal_delete(journal, full_key);
    else
        table_delete(own_state(host), full_key);
    instance_changed(host);
    buffer_finish(&buffer);
    return 0;
}

struct paku_text paku_state_get(const struct paku_instance *host, const char *key)
{
    const struct journal *journal = instance_journal(host);
    struct paku_text value = {NULL, 0};
    struct buffer buffer = {0};
    if (check_state(host, key, 0) < 0)
        return value;
    struct paku_text full_key = state_key(host, key, &buffer);
    if (journal != NULL)
        value = journal_get(journal, full_key);
    else if (host->state != NULL)
        value = table_get(host->state, full_key);
    buffer_finish(&buffer);
    return value;
}
