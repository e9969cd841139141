/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pipeline in a scratch folder whose input, processor and output are played by the test:
 *
 *   source  submits what the test says
 *   sift    acts on the payload: "filter", "absorb", "reject", "make" (emits "made" before it),
 *           "count" (counts in its state, and tags the record with the number)
 *   sink    keeps what it was given; how it ends a batch is up to `sink.mode`
 */
#ifndef TESTS_PIPELINE_FIXTURE_H
#define TESTS_PIPELINE_FIXTURE_H

#include "base/buffer.h"
#include "base/memory.h"
#include "pipeline/pipeline.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

static struct {
    struct paku_instance *host;
    uint64_t settled;
    unsigned settled_calls;
    bool in_submit, settled_in_submit;
    bool paused;
    size_t receipts;
    unsigned resumed;
} source;

static int source_init(void *self, struct paku_instance *host)
{
    (void)self;
    source.host = host;
    return 0;
}

static int source_start(void *self)
{
    (void)self;
    paku_keep_receipts(source.host, source.receipts);
    return 0;
}

static void source_settled(void *self, uint64_t through)
{
    (void)self;
    source.settled = through;
    source.settled_calls++;
    source.settled_in_submit = source.settled_in_submit || source.in_submit;
}

static void source_pause(void *self)
{
    (void)self;
    source.paused = true;
}

static void source_resume(void *self)
{
    (void)self;
    source.paused = false;
    source.resumed++;
}

static const struct paku_plugin source_plugin = {
    .abi = PAKU_ABI,
    .size = sizeof(struct paku_plugin),
    .kind = PAKU_INPUT,
    .name = "source",
    .version = "1",
    .summary = "Submits what the test says.",
    .instance_size = 1,
    .init = source_init,
    .start = source_start,
    .input = {source_settled, source_pause, source_resume, NULL},
};

struct sift {
    struct paku_instance *host;
};

static int sift_init(void *self, struct paku_instance *host)
{
    ((struct sift *)self)->host = host;
    return 0;
}

static void sift_count(struct sift *sift, struct paku_record *record)
{
    struct paku_text old = paku_state_get(sift->host, "count");
    char text[32];
    long count = old.data != NULL ? strtol(old.data, NULL, 10) : 0;
    int size = snprintf(text, sizeof(text), "%ld", count + 1);
    struct paku_text number = {text, (size_t)size};
    paku_record_set_tag(record, "count", number);
    number.size++; /* with its NUL, for strtol */
    ck_assert_int_eq(paku_state_put(sift->host, "count", number), 0);
}

static bool payload_is(const struct paku_record *record, const char *text)
{
    struct paku_text payload = paku_record_payload(record);
    return payload.size == strlen(text) && memcmp(payload.data, text, payload.size) == 0;
}

static struct paku_record *make_record(const char *text)
{
    struct paku_record *record = paku_record_create(64);
    paku_record_set_payload(record, PAKU_PAYLOAD_TEXT, text, strlen(text), NULL);
    return record;
}

static enum paku_verdict sift_process(void *self, struct paku_record *record)
{
    struct sift *sift = self;
    if (payload_is(record, "filter"))
        return PAKU_FILTER;
    if (payload_is(record, "absorb"))
        return PAKU_ABSORB;
    if (payload_is(record, "reject"))
        return paku_reject(sift->host, "it is no good");
    if (payload_is(record, "make"))
        paku_emit(sift->host, make_record("made"));
    if (payload_is(record, "count"))
        sift_count(sift, record);
    return PAKU_PASS;
}

static const struct paku_plugin sift_plugin = {
    .abi = PAKU_ABI,
    .size = sizeof(struct paku_plugin),
    .kind = PAKU_PROCESSOR,
    .name = "sift",
    .version = "1",
    .summary = "Acts on the payload.",
    .instance_size = sizeof(struct sift),
    .init = sift_init,
    .processor = {sift_process},
};

enum sink_mode { SINK_DELIVERS, SINK_RETRIES, SINK_HOLDS };

struct sink {
    struct paku_instance *host;
    struct paku_batch *held;
};

/* Shared by all sinks: "name:payload " for each record. */
static struct {
    struct buffer got;
    size_t count;
    enum sink_mode mode;
    struct sink *holder;
} sink;

static int sink_init(void *self, struct paku_instance *host)
{
    ((struct sink *)self)->host = host;
    return 0;
}

static void sink_take(struct sink *self, struct paku_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct paku_text payload = paku_record_payload(batch->records[i]), count;
        buffer_push_format(&sink.got, "%s:", paku_instance_name(self->host));
        buffer_push(&sink.got, payload.data, payload.size);
        if (paku_record_tag(batch->records[i], "count", &count)) {
            buffer_push_text(&sink.got, "=");
            buffer_push(&sink.got, count.data, count.size);
        }
        buffer_push_text(&sink.got, " ");
        sink.count++;
    }
    paku_batch_finish(batch, PAKU_DELIVERED, 0, NULL);
}

static void sink_write(void *self, struct paku_batch *batch)
{
    struct sink *me = self;
    if (sink.mode == SINK_RETRIES) {
        paku_batch_finish(batch, PAKU_RETRY, 0, "the server is away");
    } else if (sink.mode == SINK_HOLDS) {
        me->held = batch;
        sink.holder = me;
    } else {
        sink_take(me, batch);
    }
}

static void sink_release(void)
{
    struct paku_batch *batch = sink.holder->held;
    struct sink *holder = sink.holder;
    sink.holder = NULL;
    holder->held = NULL;
    sink_take(holder, batch);
}

static void sink_stop(void *self)
{
    struct sink *me = self;
    if (me->held != NULL)
        paku_batch_finish(me->held, PAKU_RETRY, 0, "stopping");
    paku_stopped(me->host);
}

static const struct paku_plugin sink_plugin = {
    .abi = PAKU_ABI,
    .size = sizeof(struct paku_plugin),
    .kind = PAKU_OUTPUT,
    .name = "sink",
    .version = "1",
    .summary = "Keeps what it was given.",
    .instance_size = sizeof(struct sink),
    .init = sink_init,
    .stop = sink_stop,
    .output = {sink_write, 0},
};

/* -- The pipeline around them -- */

static struct {
    char folder[64];
    uv_loop_t loop;
    int log; /* a file without a name */
    struct logger *logger;
    struct loader *loader;
    struct config *config;
    struct dead_letters *letters;
    struct pipeline_context context;
    struct pipeline *pipeline;
    bool ended, fatal, closed, letters_closed;
} rig;

static void rig_ended(void *data, struct pipeline *pipeline)
{
    (void)data;
    (void)pipeline;
    rig.ended = true;
}

static void rig_fatal(void *data, struct pipeline *pipeline)
{
    (void)data;
    (void)pipeline;
    rig.fatal = true;
}

static void rig_closed(void *data, struct pipeline *pipeline)
{
    (void)data;
    (void)pipeline;
    rig.closed = true;
}

static void rig_letters_closed(void *data)
{
    (void)data;
    rig.letters_closed = true;
}

static void rig_setup(void)
{
    memset(&source, 0, sizeof(source));
    memset(&sink, 0, sizeof(sink));
    memset(&rig, 0, sizeof(rig));
    strcpy(rig.folder, "/tmp/paku-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(rig.folder));
    char name[] = "/tmp/paku-test-log-XXXXXX";
    rig.log = mkstemp(name);
    ck_assert_int_ge(rig.log, 0);
    unlink(name);
    rig.logger = logger_create(rig.log, LOG_LOGFMT, PAKU_DEBUG);
    rig.loader = loader_create();
    ck_assert_int_eq(loader_add(rig.loader, &source_plugin, "source.so"), 0);
    ck_assert_int_eq(loader_add(rig.loader, &sift_plugin, "sift.so"), 0);
    ck_assert_int_eq(loader_add(rig.loader, &sink_plugin, "sink.so"), 0);
}

static int rig_remove_each(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void rig_teardown(void)
{
    loader_destroy(rig.loader);
    logger_destroy(rig.logger);
    close(rig.log);
    buffer_finish(&sink.got);
    nftw(rig.folder, rig_remove_each, 8, FTW_DEPTH | FTW_PHYS);
}

/* Everything that was logged so far; the caller frees it. */
static __attribute__((unused)) char *rig_log(void)
{
    off_t size = lseek(rig.log, 0, SEEK_END);
    char *text = xcalloc((size_t)size + 1, 1);
    ck_assert_int_eq(pread(rig.log, text, (size_t)size, 0), size);
    return text;
}

static void rig_configure(const char *yaml)
{
    struct config_errors errors = {0};
    config_load_text(yaml, &errors, &rig.config);
    if (errors.count > 0)
        config_errors_print(&errors, stderr);
    ck_assert_uint_eq(errors.count, 0);
    rig.config->data_directory = rig.folder;
}

static void rig_create(void)
{
    static const struct pipeline_events events = {rig_ended, rig_fatal, rig_closed};
    struct config_errors errors = {0};
    rig.context = (struct pipeline_context){.loop = &rig.loop, .logger = rig.logger,
        .loader = rig.loader, .letters = rig.letters, .data_directory = rig.folder};
    ck_assert_int_eq(pipeline_create(&rig.config->pipelines[0], &rig.context, &events, NULL,
        &errors, &rig.pipeline), 0);
}

/* From YAML to a running pipeline. */
static void rig_start(const char *yaml)
{
    char *letters = xasprintf("%s/dead-letters", rig.folder);
    struct dead_letters_options options = {letters, 1 << 20, 1 << 16};
    rig.closed = rig.letters_closed = rig.ended = false;
    uv_loop_init(&rig.loop);
    rig_configure(yaml);
    ck_assert_int_eq(dead_letters_open(&options, &rig.loop, rig.logger, &rig.letters), 0);
    rig_create();
    ck_assert_int_eq(pipeline_open_journal(rig.pipeline), 0);
    ck_assert_int_eq(pipeline_open(rig.pipeline), 0);
    ck_assert_int_eq(pipeline_start(rig.pipeline), 0);
    free(letters);
}

static void rig_stop(int64_t grace_ms)
{
    pipeline_stop(rig.pipeline, grace_ms);
    while (!rig.closed)
        uv_run(&rig.loop, UV_RUN_ONCE);
    ck_assert_uint_eq(pipeline_destroy(rig.pipeline), 0);
    dead_letters_close(rig.letters, rig_letters_closed, NULL);
    while (!rig.letters_closed)
        uv_run(&rig.loop, UV_RUN_ONCE);
    uv_run(&rig.loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&rig.loop), 0);
    config_destroy(rig.config);
}

static uint64_t submit(const char *text)
{
    source.in_submit = true;
    uint64_t ticket = paku_submit(source.host, make_record(text), NULL);
    source.in_submit = false;
    return ticket;
}

static __attribute__((unused)) void run_until_settled(uint64_t ticket)
{
    while (source.settled < ticket)
        uv_run(&rig.loop, UV_RUN_ONCE);
}

static __attribute__((unused)) void run_until_delivered(size_t count)
{
    while (sink.count < count)
        uv_run(&rig.loop, UV_RUN_ONCE);
}

/* Until the pipeline's ledger has all of it, and nothing is on the way. */
static __attribute__((unused)) struct ledger ledger(void)
{
    return pipeline_books(rig.pipeline).ledger;
}

#endif
