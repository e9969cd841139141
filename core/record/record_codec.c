/* SPDX-License-Identifier: Apache-2.0 */
/* The record body of docs/journal-format.md: time (u64), payload type (u8), number of tags (u8), for
 * each the name (u8 length) and the text (u16 length), then the payload (u32 length). */
#include "base/memory.h"
#include "record/record_private.h"

#include <errno.h>

void record_encode(const struct paku_record *record, struct buffer *buffer)
{
    buffer_push_u64_le(buffer, (uint64_t)record->time_ns);
    buffer_push_u8(buffer, (uint8_t)record->type);
    buffer_push_u8(buffer, (uint8_t)record->tag_count);
    for (size_t i = 0; i < record->tag_count; i++) {
        const struct tag *tag = &record->tags[i];
        buffer_push_u8(buffer, (uint8_t)tag->name.size);
        buffer_push(buffer, tag->name.data, tag->name.size);
        buffer_push_u16_le(buffer, (uint16_t)tag->text.size);
        buffer_push(buffer, tag->text.data, tag->text.size);
    }
    buffer_push_u32_le(buffer, (uint32_t)record->payload.size);
    buffer_push(buffer, record->payload.data, record->payload.size);
}

static int tag_decode(struct paku_record *record, const char **at, const char *end)
{
    uint8_t name_size;
    uint16_t text_size;
    struct paku_text name, text;
    int error;
    if ((error = take_u8(at, end, &name_size)) < 0 ||
        (error = take_bytes(at, end, name_size, &name.data)) < 0 ||
        (error = take_u16_le(at, end, &text_size)) < 0 ||
        (error = take_bytes(at, end, text_size, &text.data)) < 0)
        return error;
    name.size = name_size;
    text.size = text_size;
    record_put_tag(record, name, text);
    return 0;
}

static int body_decode(struct paku_record *record, const char *at, const char *end)
{
    uint64_t time;
    uint32_t size;
    uint8_t type, tags;
    struct paku_text payload;
    int error;
    if ((error = take_u64_le(&at, end, &time)) < 0 || (error = take_u8(&at, end, &type)) < 0 ||
        (error = take_u8(&at, end, &tags)) < 0)
        return error;
    for (unsigned i = 0; i < tags; i++) {
        if ((error = tag_decode(record, &at, end)) < 0)
            return error;
    }
    if ((error = take_u32_le(&at, end, &size)) < 0 ||
        (error = take_bytes(&at, end, size, &payload.data)) < 0)
        return error;
    if (at != end || type > PAKU_PAYLOAD_RAW)
        return -EBADMSG;
    payload.size = size;
    record->time_ns = (int64_t)time;
    record_put_payload(record, type, payload);
    return 0;
}

int record_decode(struct paku_text encoding, struct paku_record **ret_record)
{
    struct paku_record *record = paku_record_create(encoding.size);
    int error = body_decode(record, encoding.data, encoding.data + encoding.size);
    if (error < 0) {
        paku_record_unref(record);
        return error;
    }
    *ret_record = record;
    return 0;
}
