/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/dead_letter_line.h"

#include "base/memory.h"
#include "record/json.h"
#include "record/record.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The id comes first, so that it is found without parsing the rest. */
#define LINE_START "{\"id\":\""

int dead_letter_file(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name), suffix = strlen(LETTER_SUFFIX);
    return length > suffix && strcmp(entry->d_name + length - suffix, LETTER_SUFFIX) == 0 &&
        strspn(entry->d_name, "0123456789") == length - suffix;
}

char *dead_letter_make_id(const struct dead_letter *letter)
{
    const uint8_t *journal = letter->position.journal;
    return xasprintf("%s-%02x%02x%02x%02x-%" PRIu64 "-%" PRIu64 "-%s", letter->pipeline,
        journal[0], journal[1], journal[2], journal[3], letter->position.epoch,
        letter->position.sequence, letter->refused_by);
}

static void push_member(struct buffer *buffer, const char *name, const char *text)
{
    buffer_push_format(buffer, ",\"%s\":", name);
    buffer_push_json_string(buffer, text, strlen(text));
}

void dead_letter_print(const struct dead_letter *letter, const char *id, int64_t time_ns,
    struct buffer *buffer)
{
    buffer_push_format(buffer, LINE_START "%s\",\"time\":\"", id);
    time_print(time_ns, buffer);
    buffer_push_u8(buffer, '"');
    push_member(buffer, "pipeline", letter->pipeline);
    push_member(buffer, "refused_by", letter->refused_by);
    push_member(buffer, "code", letter->code);
    push_member(buffer, "reason", letter->reason);
    buffer_push_text(buffer, ",\"journal\":\"");
    for (size_t i = 0; i < sizeof(letter->position.journal); i++)
        buffer_push_format(buffer, "%02x", letter->position.journal[i]);
    buffer_push_format(buffer, "\",\"epoch\":%" PRIu64 ",\"sequence\":%" PRIu64 ",\"record\":",
        letter->position.epoch, letter->position.sequence);
    record_print(letter->record, buffer);
    buffer_push_text(buffer, "}\n");
}

bool dead_letter_id(struct paku_text line, struct paku_text *ret_id)
{
    size_t start = strlen(LINE_START);
    if (line.size < start || memcmp(line.data, LINE_START, start) != 0)
        return false;
    const char *end = memchr(line.data + start, '"', line.size - start);
    if (end == NULL)
        return false;
    *ret_id = (struct paku_text){line.data + start, (size_t)(end - line.data) - start};
    return true;
}

/* -- Reading a folder -- */

struct scanning {
    bool (*each)(void *data, const struct dead_letter_entry *entry);
    void *data;
    size_t unreadable;
    bool stopped;
};

static char *member_text(struct paku_value line, const char *name)
{
    struct paku_value value = paku_value_member(line, name, strlen(name));
    char *text = xcalloc(1, paku_value_raw(value).size + 1);
    paku_value_decode(value, text);
    return text;
}

static uint64_t member_number(struct paku_value line, const char *name)
{
    int64_t number = 0;
    paku_value_int64(paku_value_member(line, name, strlen(name)), &number);
    return (uint64_t)number;
}

static void read_journal_id(const char *text, uint8_t id[16])
{
    for (size_t i = 0; i < 16 && strlen(text) == 32; i++) {
        unsigned byte = 0;
        sscanf(text + 2 * i, "%2x", &byte);
        id[i] = (uint8_t)byte;
    }
}

static void tell_entry(struct scanning *scanning, struct paku_value line,
    struct paku_record *record)
{
    char *texts[] = {member_text(line, "id"), member_text(line, "pipeline"),
        member_text(line, "refused_by"), member_text(line, "code"), member_text(line, "reason"),
        member_text(line, "journal"), member_text(line, "time")};
    struct dead_letter_entry entry = {
        .id = texts[0],
        .letter = {
            .position = {
                .epoch = member_number(line, "epoch"),
                .sequence = member_number(line, "sequence"),
            },
            .pipeline = texts[1],
            .refused_by = texts[2],
            .code = texts[3],
            .reason = texts[4],
            .record = record,
        },
    };
    read_journal_id(texts[5], entry.letter.position.journal);
    paku_time_parse((struct paku_text){texts[6], strlen(texts[6])}, &entry.time_ns);
    scanning->stopped = !scanning->each(scanning->data, &entry);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        free(texts[i]);
}

static void scan_line(struct scanning *scanning, struct paku_text text)
{
    struct paku_json *json;
    struct paku_record *record;
    if (json_parse(text, NULL, &json, NULL) < 0) {
        scanning->unreadable++;
        return;
    }
    struct paku_value line = json_root(json);
    struct paku_text inner = paku_value_raw(paku_value_member(line, "record", 6));
    if (inner.data == NULL || paku_record_scan(inner, &record, NULL) < 0) {
        scanning->unreadable++;
    } else {
        tell_entry(scanning, line, record);
        paku_record_unref(record);
    }
    json_destroy(json);
}

static int scan_file(struct scanning *scanning, const char *path)
{
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return -errno;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    while (!scanning->stopped && (size = getline(&line, &capacity, stream)) > 0) {
        if (line[size - 1] == '\n') /* a line that is being written is none yet */
            scan_line(scanning, (struct paku_text){line, (size_t)size});
    }
    free(line);
    fclose(stream);
    return 0;
}

int dead_letters_scan(const char *directory, bool (*each)(void *data,
    const struct dead_letter_entry *entry), void *data, size_t *ret_unreadable)
{
    struct scanning scanning = {.each = each, .data = data};
    struct dirent **entries;
    int count = scandir(directory, &entries, dead_letter_file, alphasort);
    if (count < 0)
        return -errno;
    int error = 0;
    for (int i = 0; i < count; i++) {
        char *path = xasprintf("%s/%s", directory, entries[i]->d_name);
        if (error == 0 && !scanning.stopped)
            error = scan_file(&scanning, path);
        free(path);
        free(entries[i]);
    }
    free(entries);
    *ret_unreadable = scanning.unreadable;
    return error;
}
