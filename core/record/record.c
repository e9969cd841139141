/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "record/record_private.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* -- Memory -- */

char *record_allocate(struct paku_record *record, size_t size)
{
    if (size <= record->room - record->used) {
        char *at = record->block + record->used;
        record->used += size;
        return at;
    }
    struct chunk *chunk = xmalloc(sizeof(*chunk) + size);
    chunk->next = record->chunks;
    record->chunks = chunk;
    record->memory += sizeof(*chunk) + size;
    return chunk->data;
}

static struct paku_text copy_in(struct paku_record *record, struct paku_text text)
{
    if (text.size == 0)
        return (struct paku_text){"", 0};
    char *copy = record_allocate(record, text.size);
    memcpy(copy, text.data, text.size);
    return (struct paku_text){copy, text.size};
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct paku_record *paku_record_create(size_t size)
{
    struct paku_record *record = xmalloc(sizeof(*record) + size);
    *record = (struct paku_record){
        .references = 1,
        .type = PAKU_PAYLOAD_RAW,
        .time_ns = now_ns(),
        .payload = {"", 0},
        .tag_capacity = sizeof(record->first_tags) / sizeof(record->first_tags[0]),
        .room = size,
    };
    record->tags = record->first_tags;
    return record;
}

struct paku_record *paku_record_ref(struct paku_record *record)
{
    assert(record->references > 0);
    record->references++;
    return record;
}

static void destroy(struct paku_record *record)
{
    while (record->chunks != NULL) {
        struct chunk *next = record->chunks->next;
        free(record->chunks);
        record->chunks = next;
    }
    if (record->tags != record->first_tags)
        free(record->tags);
    free(record->json.nodes);
    free(record);
}

void paku_record_unref(struct paku_record *record)
{
    if (record == NULL)
        return;
    assert(record->references > 0);
    if (--record->references == 0)
        destroy(record);
}

size_t record_memory(const struct paku_record *record)
{
    return sizeof(*record) + record->room + record->memory +
        record->json.capacity * sizeof(*record->json.nodes);
}

int64_t paku_record_time(const struct paku_record *record)
{
    return record->time_ns;
}

void paku_record_set_time(struct paku_record *record, int64_t time_ns)
{
    record->time_ns = time_ns;
}

/* -- Tags -- */

static struct tag *tag_find(const struct paku_record *record, const char *name, size_t size)
{
    for (size_t i = 0; i < record->tag_count; i++) {
        struct tag *tag = &record->tags[i];
        if (tag->name.size == size && memcmp(tag->name.data, name, size) == 0)
            return tag;
    }
    return NULL;
}

static void tags_grow(struct paku_record *record)
{
    size_t capacity = record->tag_capacity * 2;
    struct tag *tags = xmalloc(capacity * sizeof(*tags));
    memcpy(tags, record->tags, record->tag_count * sizeof(*tags));
    if (record->tags != record->first_tags)
        free(record->tags);
    record->memory += (capacity - record->tag_capacity) * sizeof(*tags);
    record->tags = tags;
    record->tag_capacity = capacity;
}

void record_put_tag(struct paku_record *record, struct paku_text name, struct paku_text text)
{
    if (record->tag_count == record->tag_capacity)
        tags_grow(record);
    record->tags[record->tag_count++] = (struct tag){copy_in(record, name), copy_in(record, text)};
}

static void tag_remove(struct paku_record *record, struct tag *tag)
{
    size_t behind = record->tag_count - (size_t)(tag + 1 - record->tags);
    memmove(tag, tag + 1, behind * sizeof(*tag));
    record->tag_count--;
}

static bool is_text(struct paku_text text)
{
    return memchr(text.data, '\0', text.size) == NULL &&
        utf8_valid_prefix(text.data, text.size) == text.size;
}

int paku_record_set_tag(struct paku_record *record, const char *name, struct paku_text text)
{
    struct paku_text key = {name, strlen(name)};
    struct tag *tag = tag_find(record, name, key.size);
    if (text.data == NULL) {
        if (tag != NULL)
            tag_remove(record, tag);
        return 0;
    }
    if (key.size > RECORD_NAME_MAX || text.size > RECORD_TEXT_MAX)
        return -E2BIG;
    if (key.size == 0 || !is_text(key) || !is_text(text))
        return -EINVAL;
    if (tag != NULL)
        tag->text = copy_in(record, text);
    else if (record->tag_count == RECORD_TAGS_MAX)
        return -ENOSPC;
    else
        record_put_tag(record, key, text);
    return 0;
}

bool paku_record_tag(const struct paku_record *record, const char *name,
    struct paku_text *ret_text)
{
    const struct tag *tag = tag_find(record, name, strlen(name));
    if (tag == NULL)
        return false;
    *ret_text = tag->text;
    return true;
}

bool paku_record_tag_at(const struct paku_record *record, size_t index,
    struct paku_text *ret_name, struct paku_text *ret_text)
{
    if (index >= record->tag_count)
        return false;
    *ret_name = record->tags[index].name;
    *ret_text = record->tags[index].text;
    return true;
}

uint64_t record_device_hash(const struct paku_record *record)
{
    static const char *const names[] = {"site", "system", "device"};
    uint64_t hash = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct paku_text text;
        if (paku_record_tag(record, names[i], &text))
            hash = hash64_seeded(text.data, text.size, hash + i + 1);
    }
    return hash;
}

/* -- Payload -- */

void record_put_payload(struct paku_record *record, enum paku_payload type,
    struct paku_text payload)
{
    record->payload = copy_in(record, payload);
    record->type = type;
    record->parsed = false;
}

static int payload_parse(struct paku_record *record, struct paku_json_error *ret_error)
{
    struct paku_json *json = &record->json;
    int error = json_reparse(&json, record->payload, NULL, ret_error);
    record->parsed = error == 0;
    return error;
}

static int text_check(struct paku_text text, struct paku_json_error *ret_error)
{
    size_t valid = utf8_valid_prefix(text.data, text.size);
    const char *nul = memchr(text.data, '\0', valid);
    if (nul == NULL && valid == text.size)
        return 0;
    if (ret_error != NULL) {
        ret_error->message = nul != NULL ? "a NUL byte has no place in text" : "invalid UTF-8";
        ret_error->offset = nul != NULL ? (size_t)(nul - text.data) : valid;
    }
    return -EINVAL;
}

int paku_record_set_payload(struct paku_record *record, enum paku_payload type, const void *data,
    size_t size, struct paku_json_error *ret_error)
{
    int error = 0;
    record_put_payload(record, type, (struct paku_text){data, size});
    if (type == PAKU_PAYLOAD_JSON)
        error = payload_parse(record, ret_error);
    else if (type == PAKU_PAYLOAD_TEXT)
        error = text_check(record->payload, ret_error);
    if (error < 0) {
        record->type = PAKU_PAYLOAD_RAW;
        error = -EINVAL;
    }
    return error;
}

enum paku_payload paku_record_payload_type(const struct paku_record *record)
{
    return record->type;
}

struct paku_text paku_record_payload(const struct paku_record *record)
{
    return record->payload;
}

struct paku_value paku_record_json(const struct paku_record *record)
{
    if (record->type != PAKU_PAYLOAD_JSON)
        return (struct paku_value){NULL, 0};
    /* What came from the journal is parsed when somebody asks: a cache, not a change. */
    if (!record->parsed && payload_parse((struct paku_record *)record, NULL) < 0)
        return (struct paku_value){NULL, 0};
    return json_root(&record->json);
}
