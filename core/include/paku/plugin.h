/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one header a plugin includes.
 *
 * A plugin is a shared object that exports one symbol, `paku_plugin`, a constant description of
 * itself. The host reads it, loads the options of each configured instance into a structure that
 * it allocates, and calls the plugin through the functions named there.
 *
 * Threads: everything here is called, and may be called, on the loop thread only, unless a
 * function says otherwise. No callback may wait: give sockets to uv_poll on paku_loop(), and what
 * can only block to uv_queue_work.
 *
 * Errors: functions that can fail return 0 or a negative errno value (libuv's codes are the same
 * numbers). Results behind `ret_` pointers are set only on success.
 *
 * Text: a struct paku_text is a pointer and a length, not terminated by NUL unless said so. It
 * belongs to whatever it was taken from, and lives as long as that.
 */
#ifndef PAKU_PLUGIN_H
#define PAKU_PLUGIN_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* Raised whenever a structure or the meaning of a function below changes. A plugin that was built
 * for another number is refused by name. */
#define PAKU_ABI 1

#define PAKU_EXPORT __attribute__((visibility("default")))
#define PAKU_PRINTF(at, first) __attribute__((format(printf, at, first)))

struct uv_loop_s;

struct paku_text {
    const char *data;
    size_t size;
};

/* ---- JSON ------------------------------------------------------------------------------------
 *
 * A parsed document (RFC 8259, strictly: no duplicate names, no invalid UTF-8, no lone surrogates,
 * nothing behind the value) keeps the text as it came and knows where each value stands in it.
 * Reading allocates nothing; numbers stay text until somebody asks.
 */

enum paku_json_type {
    PAKU_JSON_NONE, /* there is no such value */
    PAKU_JSON_NULL,
    PAKU_JSON_BOOL,
    PAKU_JSON_NUMBER,
    PAKU_JSON_STRING,
    PAKU_JSON_ARRAY,
    PAKU_JSON_OBJECT,
};

struct paku_json;

/* A place in a document; cheap to copy, valid as long as the document (for a record's payload: as
 * long as the record and its payload). All-zero means "no such value"; every function below accepts
 * that and answers with nothing. */
struct paku_value {
    const struct paku_json *json;
    uint32_t node;
};

enum paku_json_type paku_value_type(struct paku_value value);

/* The value as it stands in the text, strings with their quotes. */
struct paku_text paku_value_raw(struct paku_value value);

/* Number of members or elements; 0 for anything else. */
size_t paku_value_count(struct paku_value value);

/* The member of that (decoded) name; no value when there is none or `object` is no object. */
struct paku_value paku_value_member(struct paku_value object, const char *name, size_t size);

/* Members or elements in order: first, then next until PAKU_JSON_NONE. */
struct paku_value paku_value_first(struct paku_value container);
struct paku_value paku_value_next(struct paku_value value);

/* The name of an object's member, as a string value of its own (it may contain escapes);
 * no value for elements of arrays and for the root. */
struct paku_value paku_value_name(struct paku_value member);

bool paku_value_bool(struct paku_value value); /* false unless it is `true` */

/* -EINVAL when it is no number; -ERANGE when it does not fit (integer: also 1.5; 2.0 and 1e3 fit). */
int paku_value_double(struct paku_value value, double *ret_number);
int paku_value_int64(struct paku_value value, int64_t *ret_number);

/* True when the string has no escapes: then the text between the quotes is the string itself. */
bool paku_value_plain(struct paku_value string, struct paku_text *ret_text);

/* Decodes a string into `buffer`, which must have room for paku_value_raw().size bytes, and returns
 * the number of bytes written (no NUL is added; the text may contain NUL). -EINVAL: no string. */
int64_t paku_value_decode(struct paku_value string, char *buffer);

/* ---- Records ---------------------------------------------------------------------------------
 *
 * What flows: a time, tags (names and texts), and a payload. A record has one owner until it is
 * submitted; processors own it alone and may change it; behind the router it is shared, counted,
 * and must not be changed.
 */

struct paku_record;

enum paku_payload {
    PAKU_PAYLOAD_JSON, /* valid JSON, see above */
    PAKU_PAYLOAD_TEXT, /* valid UTF-8 without NUL */
    PAKU_PAYLOAD_RAW,  /* any bytes */
};

/* A record with no tags, an empty RAW payload, and the present time. The caller owns it. `size` is
 * a hint: how many bytes payload and tags will take together. Never NULL. */
struct paku_record *paku_record_create(size_t size);
struct paku_record *paku_record_ref(struct paku_record *record);
void paku_record_unref(struct paku_record *record); /* NULL is allowed */

/* Nanoseconds since 1970 UTC. */
int64_t paku_record_time(const struct paku_record *record);
void paku_record_set_time(struct paku_record *record, int64_t time_ns);

/* Name and text are copied. A tag that is there is replaced; text.data == NULL removes it. Tags
 * must be valid UTF-8 without NUL (else -EINVAL), names at most 255 bytes, texts at most 65535
 * (-E2BIG), at most 255 tags (-ENOSPC). */
int paku_record_set_tag(struct paku_record *record, const char *name, struct paku_text text);
/* False when there is no such tag. */
bool paku_record_tag(const struct paku_record *record, const char *name,
    struct paku_text *ret_text);
/* Tags in the order they were set: index from 0; false behind the last. */
bool paku_record_tag_at(const struct paku_record *record, size_t index,
    struct paku_text *ret_name, struct paku_text *ret_text);

/* Where a payload is not what it was said to be. `message` is static text such as
 * "expected ',' or '}' after a member"; `offset` counts bytes from 0. */
struct paku_json_error {
    const char *message;
    size_t offset;
};

/* Copies the bytes. JSON is parsed and TEXT is checked here: -EINVAL with *ret_error filled (it may
 * be NULL), and the payload is then kept as RAW, so that a dead letter shows what came. */
int paku_record_set_payload(struct paku_record *record, enum paku_payload type, const void *data,
    size_t size, struct paku_json_error *ret_error);
enum paku_payload paku_record_payload_type(const struct paku_record *record);
struct paku_text paku_record_payload(const struct paku_record *record);
/* The root of a JSON payload; no value for TEXT and RAW. */
struct paku_value paku_record_json(const struct paku_record *record);

/* Bytes that grow; all-zero is empty. `data` is the plugin's, to be freed with free(). */
struct paku_bytes {
    char *data;
    size_t size;
    size_t capacity;
};

/* Appends the record as one line of JSON, with its line break:
 * {"time":"2025-12-01T20:00:00Z","tags":{...},"payload":...}; a TEXT payload is a string under
 * "text" in place of "payload", a RAW one is under "base64". Line breaks inside a JSON payload, which
 * may only be white space, become spaces. */
void paku_record_print(const struct paku_record *record, struct paku_bytes *bytes);
/* The reverse; members other than those are ignored. -EINVAL with *ret_error (may be NULL). The
 * caller owns the record. */
int paku_record_scan(struct paku_text line, struct paku_record **ret_record,
    struct paku_json_error *ret_error);

/* A selector names one part of a record:
 *   time            the record's time
 *   tag.NAME        a tag
 *   .               the whole payload
 *   .a.b  .a[0]     a place in a JSON payload; ."odd name" for names that are no words
 */
struct paku_selector;

enum paku_field_type {
    PAKU_FIELD_MISSING,
    PAKU_FIELD_TIME,  /* time_ns */
    PAKU_FIELD_TEXT,  /* text: a tag, or a whole TEXT payload */
    PAKU_FIELD_BYTES, /* text: a whole RAW payload */
    PAKU_FIELD_JSON,  /* value */
};

struct paku_field {
    enum paku_field_type type;
    int64_t time_ns;
    struct paku_text text;
    struct paku_value value;
};

/* -EINVAL with *ret_error (message, offset in the selector). The caller owns the selector. */
int paku_selector_create(const char *text, struct paku_selector **ret_selector,
    struct paku_json_error *ret_error);
void paku_selector_destroy(struct paku_selector *selector); /* NULL is allowed */
struct paku_field paku_selector_read(const struct paku_selector *selector,
    const struct paku_record *record);

/* RFC 3339 ("2025-12-01T20:00:00.5+02:00"; a space for the T and lower case are accepted, a leap
 * second becomes the next second). -EINVAL when it is none; -ERANGE outside 1678 to 2262, which is
 * what nanoseconds in 64 bits can hold. */
int paku_time_parse(struct paku_text text, int64_t *ret_time_ns);

/* ---- Options ---------------------------------------------------------------------------------
 *
 * A plugin describes its options in rows. The rows load the YAML into the instance's structure,
 * refuse what is unknown, print `paku describe`, and make the reference and the JSON Schema.
 * Everything that they fill in belongs to the host and lives until `destroy` has returned.
 */

enum paku_option_type {
    PAKU_OPTION_END,      /* closes the rows: a row of zeros */
    PAKU_OPTION_STRING,   /* const char *; NULL when not given and without default */
    PAKU_OPTION_SECRET,   /* const char *; as STRING, never printed */
    PAKU_OPTION_PATH,     /* const char *; made absolute from the folder of the YAML file */
    PAKU_OPTION_BOOL,     /* bool */
    PAKU_OPTION_INT,      /* int64_t, between `min` and `max` when they differ */
    PAKU_OPTION_NUMBER,   /* double, between `min` and `max` when they differ */
    PAKU_OPTION_DURATION, /* int64_t milliseconds; "500ms", "5s", "1h30m", "2d" */
    PAKU_OPTION_SIZE,     /* int64_t bytes; "512", "64KiB", "10MB" */
    PAKU_OPTION_ENUM,     /* int: index into `choices` */
    PAKU_OPTION_STRINGS,  /* struct paku_strings; a single scalar is a list of one */
    PAKU_OPTION_MAP,      /* struct paku_map: names to texts */
    PAKU_OPTION_GROUP,    /* a structure at `offset`, whose rows are `options` */
    PAKU_OPTION_LIST,     /* struct paku_items: a list of groups of `item_size` bytes each */
    PAKU_OPTION_TABLE,    /* struct paku_items: a map of groups; each begins with its name, a
                             const char * at offset 0 that has no row */
};

/* In LIST and TABLE a plain scalar stands for a group in which only the row with PAKU_OPTION_SHORT
 * is given: `topics: [a/b, {topic: c/d, qos: 0}]`. */
enum paku_option_flags {
    PAKU_OPTION_REQUIRED = 1,
    PAKU_OPTION_SHORT = 2,
};

struct paku_strings {
    size_t count;
    const char *const *items;
};

struct paku_map {
    size_t count;
    const char *const *names;
    const char *const *texts;
};

struct paku_items {
    size_t count;
    void *items; /* `count` groups of `item_size` bytes, one behind the other */
};

struct paku_option {
    const char *key;
    enum paku_option_type type;
    unsigned flags;
    size_t offset;               /* of the field in the instance's (or group's) structure */
    const char *fallback;        /* the default, spelt as in YAML; NULL: zero or nothing */
    const char *help;            /* one sentence, no line breaks */
    const char *const *choices;  /* ENUM: the values, ended by NULL */
    const struct paku_option *options; /* GROUP, LIST, TABLE: rows, ended by PAKU_OPTION_END */
    size_t item_size;            /* LIST, TABLE */
    int64_t min, max;            /* INT, NUMBER, DURATION, SIZE: bounds, when they differ */
};

/* ---- The host, as an instance sees it -------------------------------------------------------- */

struct paku_instance;

struct uv_loop_s *paku_loop(struct paku_instance *host);

/* "mqtt", or the name that the YAML gives; unique within its pipeline. Lives as long as `host`. */
const char *paku_instance_name(const struct paku_instance *host);
const char *paku_pipeline_name(const struct paku_instance *host);

enum paku_level {
    PAKU_ERROR,   /* something is lost, refused or needs a person */
    PAKU_WARNING, /* it goes on, but not as it should */
    PAKU_INFO,    /* started, connected, recovered */
    PAKU_DEBUG,
};

/* One line, without a line break and without the instance's name (the host adds it). Say what
 * happened and what comes next ("retrying in 4s"). Repeats are folded by the host. */
void paku_log(struct paku_instance *host, enum paku_level level, const char *format, ...)
    PAKU_PRINTF(3, 4);

/* Logs at PAKU_ERROR and returns `error`, so that a failure is reported once, where it is
 * understood: `return paku_fail(host, -EINVAL, "...")`. */
int paku_fail(struct paku_instance *host, int error, const char *format, ...) PAKU_PRINTF(3, 4);

/* Ends `stop`: the instance has closed every handle and finished every batch; the host may call
 * `destroy`. May be called from within `stop`. */
void paku_stopped(struct paku_instance *host);

/* A fault the instance cannot recover from by itself while running (its input file is gone for
 * good). The daemon logs it, shuts down as for SIGTERM, and exits 1. */
void paku_fatal(struct paku_instance *host, const char *format, ...) PAKU_PRINTF(2, 3);

/* Adds to one of the instance's own counters, made on first use; `name` in snake_case, static. */
void paku_count(struct paku_instance *host, const char *name, uint64_t count);

/* State that survives a restart, by key. A put or delete is written in the same commit as the
 * records that are submitted in the same turn of the loop, and rolled back with them when that
 * commit fails. Keys at most 255 bytes, values at most 64 KiB (-E2BIG). Inputs and processors only
 * (-ENOTSUP from outputs).
 * The answer of paku_state_get belongs to the host and lives until the key is put or deleted;
 * data == NULL: there is none. Available from `start` on. */
int paku_state_put(struct paku_instance *host, const char *key, struct paku_text value);
int paku_state_delete(struct paku_instance *host, const char *key);
struct paku_text paku_state_get(const struct paku_instance *host, const char *key);

/* ---- Inputs ---------------------------------------------------------------------------------- */

/* What an input wants remembered of a message, to recognise it when it is sent again. The host
 * keeps the newest `receipts_kept` of each input (see paku_keep_receipts), in the order in which
 * they were submitted, and writes each in the commit of its message, whatever became of it. */
struct paku_receipt {
    uint64_t id;
    uint64_t hash;
};

/* Hands a record to the pipeline. Always takes the reference, whatever becomes of the record.
 * `receipt` may be NULL. Returns the submission's ticket: 1, 2, 3 ... within this run of the
 * instance; `settled` names it when it is safe. */
uint64_t paku_submit(struct paku_instance *input, struct paku_record *record,
    const struct paku_receipt *receipt);

/* A record that is wrong as it came: it goes to the dead letters with this reason ("not JSON at
 * byte 17: expected a value"), by the same durable way. Takes the reference. */
uint64_t paku_submit_rejected(struct paku_instance *input, struct paku_record *record,
    const struct paku_receipt *receipt, const char *format, ...) PAKU_PRINTF(4, 5);

/* A message that was received again and that the journal already holds: counted, nothing else. */
uint64_t paku_submit_recognised(struct paku_instance *input);

/* A message the input was told not to pass on (an unwanted retained message): counted as filtered,
 * its receipt is kept. */
uint64_t paku_submit_filtered(struct paku_instance *input, const struct paku_receipt *receipt);

/* How many receipts the host keeps for this input, 0 to 65535; called in `start`, before the
 * first submission. */
void paku_keep_receipts(struct paku_instance *input, size_t receipts_kept);
/* The receipts that are kept, oldest first; index from 0; false behind the newest. Only what was
 * committed in an earlier run or settled in this one. */
bool paku_receipt_at(const struct paku_instance *input, size_t index,
    struct paku_receipt *ret_receipt);
/* Forgets all receipts of the input (the broker came back without the session). */
void paku_forget_receipts(struct paku_instance *input);

/* The input has come to its end and submits nothing more. When all inputs of all pipelines have
 * ended, and everything is delivered, `paku run` ends. */
void paku_input_ended(struct paku_instance *input);

struct paku_input_ops {
    /* Everything up to ticket `through` is settled as durably as the journal was told to: it may be
     * acknowledged upstream. Tickets are settled in order; called at most once a commit. Never
     * called from within paku_submit. */
    void (*settled)(void *self, uint64_t through);
    /* The journal is full or its disk fails: submit as little as possible until `resume` (what
     * comes nevertheless is taken). Both may come at any time after start. */
    void (*pause)(void *self);
    void (*resume)(void *self);
    /* What the input would make of a message, without a connection: for `paku test`, after init only.
     * `record` has the payload as it came (RAW), and in the tag "topic" where it came from, when
     * that is known. Sets the tags and the type of the payload as for a received message (the
     * record's own payload may be handed to paku_record_set_payload). -EINVAL: such a message is
     * rejected; `reason` then holds why, ended by NUL. NULL: the payload must be JSON, the tags
     * stay as they are. */
    int (*make)(void *self, struct paku_record *record, char *reason, size_t reason_size);
};

/* ---- Processors ------------------------------------------------------------------------------ */

enum paku_verdict {
    PAKU_PASS,   /* on to the next processor */
    PAKU_FILTER, /* not wanted: counted as filtered */
    PAKU_ABSORB, /* kept in state, to come out later as part of something else */
    PAKU_REJECT, /* to the dead letters; the reason was given with paku_reject */
};

/* Sets the reason and returns PAKU_REJECT. */
enum paku_verdict paku_reject(struct paku_instance *processor, const char *format, ...)
    PAKU_PRINTF(2, 3);

/* Hands on a record of the processor's own making, to the processors behind it. Takes the
 * reference. Inside `process` it goes before the record at hand. */
void paku_emit(struct paku_instance *processor, struct paku_record *record);

struct paku_processor_ops {
    /* The record stays the host's; the processor may change it. */
    enum paku_verdict (*process)(void *self, struct paku_record *record);
};

/* ---- Outputs --------------------------------------------------------------------------------- */

/* A place in a journal: behind the record with this sequence number. Journal and epoch say of which
 * journal; another pair means another sequence. */
struct paku_position {
    uint8_t journal[16];
    uint64_t epoch;
    uint64_t sequence;
};

/* Records for one lane, in order. The host owns the batch and its records; the plugin may use
 * them until it finishes the batch, which it does exactly once. */
struct paku_batch {
    uint32_t lane;
    size_t count; /* at least 1, except when all that is between the positions was rejected: then 0,
                     for outputs that keep the cursor themselves */
    struct paku_record *const *records;
    const uint64_t *sequences;      /* of each record */
    struct paku_position from, to;  /* where the lane's cursor stands, and will stand */
    uint64_t dead;                  /* records in between that went to the dead letters */
    size_t bytes;                   /* of all payloads */
};

enum paku_outcome {
    PAKU_DELIVERED, /* all but those marked with paku_batch_reject have arrived */
    PAKU_RETRY,     /* none of the unmarked is known to have arrived: the host offers them again,
                       after a pause that grows with each try */
    PAKU_REJECTED,  /* all of them are to be set aside */
};

/* Marks one record of a batch as impossible to deliver: it goes to the dead letters, durably before
 * the cursor passes it. `code` is the server's own ("23514"), or "". After PAKU_RETRY with marked
 * records the rest is offered again at once. */
void paku_batch_reject(struct paku_batch *batch, size_t index, const char *code,
    const char *format, ...) PAKU_PRINTF(4, 5);

/* `format` says why for RETRY and REJECTED, and may be NULL for DELIVERED. `after_ms` asks for a
 * longest pause of the server's own wish (Retry-After); 0 leaves it to the host. */
void paku_batch_finish(struct paku_batch *batch, enum paku_outcome outcome, int64_t after_ms,
    const char *format, ...) PAKU_PRINTF(4, 5);

/* For outputs with PAKU_OUTPUT_OWN_CURSOR: the lane is connected, and its cursor stands at
 * `position` in the server's own transaction-safe memory, NULL when the server knows none. The host
 * goes on from there; it offers no batch to a lane before the first call. Call it again after each
 * reconnection, before the first batch on the new connection is finished with anything but RETRY.
 * -ESTALE: the server is ahead of the journal (an old copy of the journal was put back); the host
 * has said so, the lane stays closed. */
int paku_lane_open(struct paku_instance *output, uint32_t lane,
    const struct paku_position *position);
/* The lane cannot take batches until paku_lane_open is called again. No batch may be in flight. */
void paku_lane_close(struct paku_instance *output, uint32_t lane);

/* Which journal feeds this output; position.sequence is that of the journal's newest record. */
struct paku_position paku_journal_end(const struct paku_instance *output);

/* How many lanes the output has; called in `start`; 1 without. Records are dealt to lanes by the
 * tags site, system and device, so that order holds for each device. Returns the number in force:
 * while records wait that were dealt to another number of lanes, that number stays. */
uint32_t paku_set_lanes(struct paku_instance *output, uint32_t lanes);

enum paku_output_flags {
    PAKU_OUTPUT_OWN_CURSOR = 1, /* the cursor is kept by the server, in the batch's transaction */
};

struct paku_output_ops {
    /* At most one batch a lane is in flight. Finish it now or later. */
    void (*write)(void *self, struct paku_batch *batch);
    unsigned flags;
};

/* ---- Probing: `paku check --online` ---------------------------------------------------------- */

/* One line of what was found, e.g. "table measurements has all 7 columns". */
void paku_probe_found(struct paku_instance *host, bool good, const char *format, ...)
    PAKU_PRINTF(3, 4);
/* Ends the probe. The instance is destroyed after that, without start and stop. */
void paku_probe_done(struct paku_instance *host);

/* ---- The description ------------------------------------------------------------------------- */

enum paku_kind {
    PAKU_INPUT = 1,
    PAKU_PROCESSOR = 2,
    PAKU_OUTPUT = 3,
};

struct paku_plugin {
    uint32_t abi;  /* PAKU_ABI; these two come first for all time */
    uint32_t size; /* sizeof(struct paku_plugin) */
    enum paku_kind kind;
    const char *name; /* as in the YAML; lower case, also the file's name without .so */
    const char *version;
    const char *summary;               /* one sentence */
    const struct paku_option *options; /* ended by PAKU_OPTION_END; NULL: none */
    size_t instance_size;              /* of `self`, which the host allocates, zeroed */

    /* Options are loaded. Check them, compile what is to be compiled, read files; touch nothing
     * else: `paku check` stops here. Keep `host`. On failure call paku_fail; destroy follows. */
    int (*init)(void *self, struct paku_instance *host);
    /* Begin: open handles, connect. An error (after paku_fail) ends the daemon. Servers that are
     * not there are no error: retry. NULL: nothing to do. */
    int (*start)(void *self);
    /* Submit nothing more, finish batches (RETRY for what is not known to have arrived), close
     * handles; then paku_stopped(). NULL: stopped at once. */
    void (*stop)(void *self);
    /* Free what init and start allocated. Accepts a half-built instance. NULL: nothing to free. */
    void (*destroy)(void *self);
    /* Connect, look, report, close all handles, paku_probe_done(). After init, instead of start.
     * Within 10 seconds, after which the host gives up on it. NULL: there is nothing to probe. */
    void (*probe)(void *self);

    struct paku_input_ops input;         /* of these three only the one of the plugin's kind */
    struct paku_processor_ops processor;
    struct paku_output_ops output;
};

/* The one exported symbol:  PAKU_EXPORT const struct paku_plugin paku_plugin = { ... };  */
#define PAKU_PLUGIN_SYMBOL "paku_plugin"

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
