/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/counters.h"

#include "base/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* -- For people -- */

static const char *shown_ms(const struct histogram *latency, int64_t ms, char text[32])
{
    if (latency->total == 0)
        return "-";
    snprintf(text, 32, "%" PRId64 "ms", ms);
    return ms < 10000 ? text : duration_print(ms / 1000 * 1000, text, 32);
}

static void print_own(const struct metrics *metrics, struct buffer *buffer)
{
    for (size_t i = 0; i < metrics->own_count; i++)
        buffer_push_format(buffer, "    %s %" PRIu64 "\n", metrics->own[i].name,
            metrics->own[i].count);
}

static void print_instance(void *data, const struct instance_view *view)
{
    struct buffer *buffer = data;
    const struct metrics *metrics = view->metrics;
    const struct histogram *latency = &metrics->latency;
    char bytes[32], p50[32], p99[32], most[32];
    buffer_push_format(buffer,
        "  %-10s %-20s %11" PRIu64 " %11" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64
        " %8" PRIu64 " %9" PRIu64 " %10s %8s %8s %8s\n",
        view->kind, view->name, metrics->in, metrics->out, metrics->filtered, metrics->rejected,
        metrics->dropped, metrics->retried, view->pending,
        size_print((int64_t)metrics->bytes, bytes, sizeof(bytes)),
        shown_ms(latency, histogram_part(latency, 0.5), p50),
        shown_ms(latency, histogram_part(latency, 0.99), p99),
        shown_ms(latency, latency->max_ms, most));
    print_own(metrics, buffer);
}

static void print_books(const struct pipeline *pipeline, struct buffer *buffer)
{
    struct pipeline_books books = pipeline_books(pipeline);
    const struct ledger *ledger = &books.ledger;
    char bytes[32];
    buffer_push_format(buffer,
        "pipeline %s: received %" PRIu64 " + created %" PRIu64 " = appended %" PRIu64
        " + rejected %" PRIu64 " + filtered %" PRIu64 " + absorbed %" PRIu64
        " + recognised %" PRIu64 "%s; journal %s\n",
        pipeline_name(pipeline), ledger->received, ledger->created, ledger->appended,
        ledger->rejected, ledger->filtered, ledger->absorbed, ledger->recognised,
        ledger_difference(ledger) == 0 ? "" : " (DOES NOT BALANCE)",
        size_print(books.journal_bytes, bytes, sizeof(bytes)));
}

void counters_print(struct pipeline *const *pipelines, size_t count, struct buffer *buffer)
{
    for (size_t i = 0; i < count; i++) {
        print_books(pipelines[i], buffer);
        buffer_push_format(buffer, "  %-10s %-20s %11s %11s %9s %9s %9s %8s %9s %10s %8s %8s %8s\n",
            "kind", "name", "in", "out", "filtered", "rejected", "dropped", "retried", "pending",
            "bytes", "p50", "p99", "max");
        pipeline_each(pipelines[i], print_instance, buffer);
    }
}

/* -- For programs -- */

static void push_field(struct buffer *buffer, const char *name, uint64_t value)
{
    buffer_push_format(buffer, ",\"%s\":%" PRIu64, name, value);
}

static void push_name(struct buffer *buffer, const char *key, const char *text)
{
    buffer_push_format(buffer, "\"%s\":", key);
    buffer_push_json_string(buffer, text, strlen(text));
}

static void push_latency(struct buffer *buffer, const struct histogram *latency)
{
    if (latency->total == 0)
        return;
    buffer_push_format(buffer,
        ",\"latency_ms\":{\"count\":%" PRIu64 ",\"p50\":%" PRId64 ",\"p99\":%" PRId64
        ",\"max\":%" PRId64 "}",
        latency->total, histogram_part(latency, 0.5), histogram_part(latency, 0.99),
        latency->max_ms);
}

static void push_own(struct buffer *buffer, const struct metrics *metrics)
{
    buffer_push_text(buffer, ",\"own\":{");
    for (size_t i = 0; i < metrics->own_count; i++) {
        const struct own_counter *own = &metrics->own[i];
        buffer_push_text(buffer, i > 0 ? "," : "");
        buffer_push_json_string(buffer, own->name, strlen(own->name));
        buffer_push_format(buffer, ":%" PRIu64, own->count);
    }
    buffer_push_text(buffer, "}");
}

static void push_instance(void *data, const struct instance_view *view)
{
    struct buffer *buffer = data;
    const struct metrics *metrics = view->metrics;
    buffer_push_text(buffer, buffer->data[buffer->size - 1] == '[' ? "{" : ",{");
    push_name(buffer, "name", view->name);
    buffer_push_text(buffer, ",");
    push_name(buffer, "kind", view->kind);
    buffer_push_text(buffer, ",");
    push_name(buffer, "plugin", view->plugin);
    push_field(buffer, "in", metrics->in);
    push_field(buffer, "out", metrics->out);
    push_field(buffer, "filtered", metrics->filtered);
    push_field(buffer, "rejected", metrics->rejected);
    push_field(buffer, "dropped", metrics->dropped);
    push_field(buffer, "retried", metrics->retried);
    push_field(buffer, "pending", view->pending);
    push_field(buffer, "bytes", metrics->bytes);
    push_latency(buffer, &metrics->latency);
    push_own(buffer, metrics);
    buffer_push_text(buffer, "}");
}

static void push_pipeline(struct buffer *buffer, const struct pipeline *pipeline)
{
    struct pipeline_books books = pipeline_books(pipeline);
    const struct ledger *ledger = &books.ledger;
    buffer_push_text(buffer, "{");
    push_name(buffer, "pipeline", pipeline_name(pipeline));
    buffer_push_format(buffer, ",\"ledger\":{\"received\":%" PRIu64, ledger->received);
    push_field(buffer, "created", ledger->created);
    push_field(buffer, "appended", ledger->appended);
    push_field(buffer, "rejected", ledger->rejected);
    push_field(buffer, "filtered", ledger->filtered);
    push_field(buffer, "absorbed", ledger->absorbed);
    push_field(buffer, "recognised", ledger->recognised);
    buffer_push_text(buffer, "}");
    push_field(buffer, "journal_bytes", (uint64_t)books.journal_bytes);
    buffer_push_text(buffer, ",\"instances\":[");
    pipeline_each(pipeline, push_instance, buffer);
    buffer_push_text(buffer, "]}");
}

void counters_print_json(struct pipeline *const *pipelines, size_t count, struct buffer *buffer)
{
    buffer_push_text(buffer, "{\"counters\":[");
    for (size_t i = 0; i < count; i++) {
        buffer_push_text(buffer, i > 0 ? "," : "");
        push_pipeline(buffer, pipelines[i]);
    }
    buffer_push_text(buffer, "]}\n");
}
