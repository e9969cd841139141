/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/test_file.h"

#include "base/memory.h"
#include "record/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define END {.type = PAKU_OPTION_END}
#define STRING(key_, flags_, structure, member, help_)                                   \
    {.key = key_, .type = PAKU_OPTION_STRING, .flags = flags_,                           \
        .offset = offsetof(struct structure, member), .help = help_}

static const struct paku_option file_rows[] = {
    {.key = "config", .type = PAKU_OPTION_PATH, .flags = PAKU_OPTION_REQUIRED,
        .offset = offsetof(struct test_file, config), .help = "the configuration to test"},
    STRING("pipeline", PAKU_OPTION_REQUIRED, test_file, pipeline, "name of its pipeline"),
    END,
};
static const struct paku_option file_lists[] = {
    {.key = "tests", .type = PAKU_OPTION_LIST}, END,
};

static const struct paku_option case_rows[] = {
    STRING("name", PAKU_OPTION_REQUIRED, test_case, name, "what is shown to behave so"),
    {.key = "filtered", .type = PAKU_OPTION_INT, .offset = offsetof(struct test_case, filtered),
        .fallback = "0"},
    {.key = "absorbed", .type = PAKU_OPTION_INT, .offset = offsetof(struct test_case, absorbed),
        .fallback = "-1"},
    END,
};
static const struct paku_option case_lists[] = {
    {.key = "input", .type = PAKU_OPTION_LIST}, {.key = "expect", .type = PAKU_OPTION_LIST},
    {.key = "reject", .type = PAKU_OPTION_LIST}, END,
};

static const struct paku_option message_rows[] = {
    STRING("input", 0, test_message, input, ""),
    STRING("topic", 0, test_message, topic, ""),
    {.key = "tags", .type = PAKU_OPTION_MAP, .offset = offsetof(struct test_message, tags)},
    END,
};
static const struct paku_option message_payload[] = {
    {.key = "payload", .type = PAKU_OPTION_STRING}, END,
};

static const struct paku_option expected_rows[] = {
    STRING("time", 0, test_expected, time, ""),
    STRING("text", 0, test_expected, text, ""),
    {.key = "tags", .type = PAKU_OPTION_MAP, .offset = offsetof(struct test_expected, tags)},
    {.key = "outputs", .type = PAKU_OPTION_STRINGS,
        .offset = offsetof(struct test_expected, outputs)},
    END,
};
static const struct paku_option expected_payloads[] = {
    {.key = "payload", .type = PAKU_OPTION_STRING},
    {.key = "payload_contains", .type = PAKU_OPTION_STRING}, END,
};

static const struct paku_option rejected_rows[] = {
    STRING("reason", 0, test_rejected, reason, ""),
    STRING("by", 0, test_rejected, by, ""),
    END,
};

struct reading {
    struct test_file *file;
    struct config_errors *errors;
};

/* -- YAML as JSON -- */

static bool is_json(const char *text)
{
    struct paku_json *json = NULL;
    int error = json_parse((struct paku_text){text, strlen(text)}, NULL, &json, NULL);
    json_destroy(json);
    return error == 0;
}

/* true, null and numbers are themselves unless they stand in quotes. */
static void push_scalar(struct buffer *buffer, const struct node *node)
{
    bool plain = !node->quoted && strchr("{[\"", node->text[0]) == NULL && is_json(node->text);
    if (plain)
        buffer_push_text(buffer, node->text);
    else
        buffer_push_json_string(buffer, node->text, strlen(node->text));
}

static void push_json(struct buffer *buffer, const struct node *node)
{
    switch (node->kind) {
    case NODE_NULL:
        buffer_push_text(buffer, "null");
        break;
    case NODE_SCALAR:
        push_scalar(buffer, node);
        break;
    case NODE_LIST:
        buffer_push_text(buffer, "[");
        for (size_t i = 0; i < node->count; i++) {
            buffer_push_text(buffer, i > 0 ? "," : "");
            push_json(buffer, node->items[i]);
        }
        buffer_push_text(buffer, "]");
        break;
    case NODE_MAP:
        buffer_push_text(buffer, "{");
        for (size_t i = 0; i < node->count; i++) {
            const char *key = node->members[i].key;
            buffer_push_text(buffer, i > 0 ? "," : "");
            buffer_push_json_string(buffer, key, strlen(key));
            buffer_push_text(buffer, ":");
            push_json(buffer, node->members[i].value);
        }
        buffer_push_text(buffer, "}");
        break;
    }
}

/* Memory that goes with the file. */
static void *keep(struct reading *reading, void *memory)
{
    return option_memory_keep(reading->file->memory, memory);
}

static const char *json_of(struct reading *reading, const struct node *node)
{
    struct buffer buffer = {0};
    if (node == NULL)
        return NULL;
    push_json(&buffer, node);
    buffer_push_u8(&buffer, '\0');
    return keep(reading, buffer.data);
}

/* -- The parts of a test -- */

static void load_message(struct reading *reading, const struct node *node, void *item)
{
    struct test_message *message = item;
    const struct node *payload = node_member(node, "payload");
    options_load(message_rows, message_payload, node, node->place, message,
        reading->file->memory, reading->errors);
    if (payload == NULL)
        config_errors_add(reading->errors, node->place, "option 'payload' is missing");
    else if (payload->kind == NODE_SCALAR)
        message->payload = payload->text; /* as it is: it may be wrong on purpose */
    else
        message->payload = json_of(reading, payload);
}

/* A scalar that is JSON is taken as such, so that one may write either way. */
static const char *expected_json(struct reading *reading, const struct node *node)
{
    if (node != NULL && node->kind == NODE_SCALAR && is_json(node->text))
        return node->text;
    return json_of(reading, node);
}

static void load_expected(struct reading *reading, const struct node *node, void *item)
{
    struct test_expected *expected = item;
    options_load(expected_rows, expected_payloads, node, node->place, expected,
        reading->file->memory, reading->errors);
    expected->payload = expected_json(reading, node_member(node, "payload"));
    expected->payload_contains = expected_json(reading, node_member(node, "payload_contains"));
}

static void load_rejected(struct reading *reading, const struct node *node, void *item)
{
    options_load(rejected_rows, NULL, node, node->place, item, reading->file->memory,
        reading->errors);
}

static void *load_list(struct reading *reading, const struct node *map, const char *key,
    size_t item_size, void (*load)(struct reading *, const struct node *, void *item),
    size_t *ret_count)
{
    const struct node *list = node_member(map, key);
    *ret_count = 0;
    if (list == NULL || list->kind == NODE_NULL)
        return NULL;
    if (list->kind != NODE_LIST) {
        config_errors_add(reading->errors, list->place, "'%s' expects a list", key);
        return NULL;
    }
    char *items = keep(reading, xcalloc(list->count + 1, item_size));
    for (size_t i = 0; i < list->count; i++)
        load(reading, list->items[i], items + i * item_size);
    *ret_count = list->count;
    return items;
}

static void load_case(struct reading *reading, const struct node *node, void *item)
{
    struct test_case *test = item;
    test->place = node->place;
    options_load(case_rows, case_lists, node, node->place, test, reading->file->memory,
        reading->errors);
    test->messages = load_list(reading, node, "input", sizeof(*test->messages), load_message,
        &test->message_count);
    test->expected = load_list(reading, node, "expect", sizeof(*test->expected), load_expected,
        &test->expected_count);
    test->rejected = load_list(reading, node, "reject", sizeof(*test->rejected), load_rejected,
        &test->rejected_count);
    if (test->message_count == 0)
        config_errors_add(reading->errors, node->place, "a test needs 'input': a list of messages");
}

int test_file_load(const char *path, struct config_errors *errors, struct test_file *ret_file)
{
    struct test_file file = {.place = {.file = path}};
    struct reading reading = {.file = &file, .errors = errors};
    size_t before = errors->count;
    file.memory = option_memory_create();
    if (document_load(path, NULL, errors, &file.document) == 0) {
        const struct node *root = document_root(file.document);
        options_load(file_rows, file_lists, root, file.place, &file, file.memory, errors);
        file.cases = load_list(&reading, root, "tests", sizeof(*file.cases), load_case,
            &file.count);
    }
    if (errors->count > before) {
        test_file_finish(&file);
        return -EINVAL;
    }
    *ret_file = file;
    return 0;
}

void test_file_finish(struct test_file *file)
{
    option_memory_destroy(file->memory);
    document_destroy(file->document);
    *file = (struct test_file){0};
}
