/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery/segment.h"

#include "base/hash.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#define FRAME_SYNC 0xa57e4ab5u
#define CRC_OFFSET 12 /* in a frame's header: sync, body length, type, checksum */

static const char magic[8] = "PAKUJRNL";

static uint32_t read_u32(const char *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof(value));
    return le32toh(value);
}

static void write_u32(char *bytes, uint32_t value)
{
    value = htole32(value);
    memcpy(bytes, &value, sizeof(value));
}

/* -- Header -- */

void segment_header_encode(const struct segment_header *header, char bytes[SEGMENT_HEADER_SIZE])
{
    struct buffer buffer = {0};
    buffer_push(&buffer, magic, sizeof(magic));
    buffer_push_u32_le(&buffer, SEGMENT_VERSION);
    buffer_push(&buffer, header->journal, sizeof(header->journal));
    buffer_push_u64_le(&buffer, header->epoch);
    buffer_push_u64_le(&buffer, header->number);
    buffer_push_u64_le(&buffer, header->first_sequence);
    buffer_push_u64_le(&buffer, (uint64_t)header->created_ns);
    buffer_push_u32_le(&buffer, crc32c(0, buffer.data, buffer.size));
    assert(buffer.size == SEGMENT_HEADER_SIZE);
    memcpy(bytes, buffer.data, SEGMENT_HEADER_SIZE);
    buffer_finish(&buffer);
}

int segment_header_decode(const char *bytes, size_t size, struct segment_header *ret_header,
    uint32_t *ret_version)
{
    if (size < SEGMENT_HEADER_SIZE || memcmp(bytes, magic, sizeof(magic)) != 0)
        return -EBADMSG;
    *ret_version = read_u32(bytes + sizeof(magic));
    if (*ret_version > SEGMENT_VERSION)
        return -EPROTO; /* what lies behind the version may be anything */
    const char *end = bytes + SEGMENT_HEADER_SIZE, *at = bytes + sizeof(magic) + 4;
    const char *id;
    uint64_t created;
    struct segment_header header;
    if (crc32c(0, bytes, SEGMENT_HEADER_SIZE - 4) != read_u32(end - 4) ||
        take_bytes(&at, end, sizeof(header.journal), &id) < 0 ||
        take_u64_le(&at, end, &header.epoch) < 0 || take_u64_le(&at, end, &header.number) < 0 ||
        take_u64_le(&at, end, &header.first_sequence) < 0 || take_u64_le(&at, end, &created) < 0)
        return -EBADMSG;
    memcpy(header.journal, id, sizeof(header.journal));
    header.created_ns = (int64_t)created;
    *ret_header = header;
    return 0;
}

/* -- Frames -- */

size_t frame_begin(struct buffer *buffer, enum frame_type type)
{
    size_t begin = buffer->size;
    buffer_push_u32_le(buffer, FRAME_SYNC);
    buffer_push_u32_le(buffer, 0);
    buffer_push_u32_le(buffer, type);
    buffer_push_u32_le(buffer, 0);
    return begin;
}

void frame_end(struct buffer *buffer, size_t begin)
{
    size_t length = buffer->size - begin - FRAME_HEADER_SIZE;
    assert(length <= FRAME_BODY_MAX);
    write_u32(buffer->data + begin + 4, (uint32_t)length);
}

/* Frames that were left over from another journal or segment must not be taken for this one's. */
static uint32_t frame_seed(const struct segment_header *header)
{
    uint64_t number = htole64(header->number);
    return crc32c(crc32c(0, header->journal, sizeof(header->journal)), &number, sizeof(number));
}

static uint32_t frame_crc(uint32_t seed, const char *frame, size_t length)
{
    return crc32c(crc32c(seed, frame + 4, 8), frame + FRAME_HEADER_SIZE, length);
}

void frames_seal(char *frames, size_t size, const struct segment_header *header)
{
    uint32_t seed = frame_seed(header);
    for (size_t at = 0; at < size;) {
        uint32_t length = read_u32(frames + at + 4);
        write_u32(frames + at + CRC_OFFSET, frame_crc(seed, frames + at, length));
        at += FRAME_HEADER_SIZE + length;
    }
}

static bool is_zero(const char *bytes, size_t size)
{
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

static bool frame_at(uint32_t seed, struct paku_text bytes, size_t at, struct frame *ret_frame)
{
    const char *frame = bytes.data + at;
    if (bytes.size - at < FRAME_HEADER_SIZE || read_u32(frame) != FRAME_SYNC)
        return false;
    uint32_t length = read_u32(frame + 4), type = read_u32(frame + 8);
    if (length > FRAME_BODY_MAX || length > bytes.size - at - FRAME_HEADER_SIZE ||
        type < FRAME_RECORD || type > FRAME_COMMIT ||
        frame_crc(seed, frame, length) != read_u32(frame + CRC_OFFSET))
        return false;
    *ret_frame = (struct frame){type, at, {frame + FRAME_HEADER_SIZE, length}};
    return true;
}

enum segment_next segment_next(const struct segment_header *header, struct paku_text bytes,
    size_t *at, struct frame *ret_frame)
{
    if (frame_at(frame_seed(header), bytes, *at, ret_frame)) {
        *at += FRAME_HEADER_SIZE + ret_frame->body.size;
        return SEGMENT_FRAME;
    }
    return is_zero(bytes.data + *at, bytes.size - *at) ? SEGMENT_END : SEGMENT_DAMAGE;
}

size_t segment_resume(const struct segment_header *header, struct paku_text bytes, size_t at)
{
    uint32_t seed = frame_seed(header), sync = htole32(FRAME_SYNC);
    struct frame frame;
    while (++at < bytes.size) {
        const char *found = memmem(bytes.data + at, bytes.size - at, &sync, sizeof(sync));
        if (found == NULL)
            return bytes.size;
        at = (size_t)(found - bytes.data);
        if (frame_at(seed, bytes, at, &frame))
            return at;
    }
    return bytes.size;
}

/* -- Bodies -- */

int record_frame_decode(struct paku_text body, struct record_frame *ret_frame)
{
    const char *at = body.data, *end = body.data + body.size;
    struct record_frame frame;
    uint8_t by_size;
    uint16_t reason_size;
    if (take_u64_le(&at, end, &frame.sequence) < 0 || take_u64_le(&at, end, &frame.routes) < 0 ||
        take_u8(&at, end, &by_size) < 0 || take_bytes(&at, end, by_size, &frame.by.data) < 0 ||
        take_u16_le(&at, end, &reason_size) < 0 ||
        take_bytes(&at, end, reason_size, &frame.reason.data) < 0)
        return -EBADMSG;
    frame.by.size = by_size;
    frame.reason.size = reason_size;
    frame.record = (struct paku_text){at, (size_t)(end - at)};
    *ret_frame = frame;
    return 0;
}

/* Key length (u16), key, value length (u32, all ones: delete), value. */
void change_encode(struct buffer *buffer, struct paku_text key, struct paku_text value)
{
    buffer_push_u16_le(buffer, (uint16_t)key.size);
    buffer_push(buffer, key.data, key.size);
    buffer_push_u32_le(buffer, value.data != NULL ? (uint32_t)value.size : UINT32_MAX);
    buffer_push(buffer, value.data, value.data != NULL ? value.size : 0);
}

int change_decode(struct paku_text *body, struct change *ret_change)
{
    const char *at = body->data, *end = body->data + body->size;
    uint16_t key_size;
    uint32_t value_size;
    struct change change;
    if (at == end)
        return -ENOENT;
    if (take_u16_le(&at, end, &key_size) < 0 ||
        take_bytes(&at, end, key_size, &change.key.data) < 0 ||
        take_u32_le(&at, end, &value_size) < 0)
        return -EBADMSG;
    change.key.size = key_size;
    change.value = (struct paku_text){NULL, 0};
    if (value_size != UINT32_MAX) {
        if (take_bytes(&at, end, value_size, &change.value.data) < 0)
            return -EBADMSG;
        change.value.size = value_size;
    }
    *body = (struct paku_text){at, (size_t)(end - at)};
    *ret_change = change;
    return 0;
}

int commit_frame_decode(struct paku_text body, uint64_t *ret_sequence)
{
    const char *at = body.data;
    return take_u64_le(&at, body.data + body.size, ret_sequence);
}
