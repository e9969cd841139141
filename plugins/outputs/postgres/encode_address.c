/* SPDX-License-Identifier: Apache-2.0 */
/* uuid, inet, macaddr: what is written in hexadecimal digits, dots and colons. */
#include "encode.h"

#include <arpa/inet.h>
#include <errno.h>

/* As PostgreSQL has them on the wire; they are not the system's AF_INET and AF_INET6. */
enum { WIRE_INET = 2, WIRE_INET6 = 3 };

static int hex_value(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return -1;
}

static int read_text(struct encoder *encoder, struct paku_field field, struct paku_text *ret_text)
{
    if (field.type == PAKU_FIELD_TIME ||
        (field.type == PAKU_FIELD_JSON && paku_value_type(field.value) != PAKU_JSON_STRING))
        return -EINVAL;
    return encode_read_text(encoder, field, ret_text);
}

/* -- uuid -- */

/* 32 hexadecimal digits; hyphens behind any group of four; braces around all of it. */
static int parse_uuid(struct paku_text text, uint8_t ret_bytes[16])
{
    size_t digits = 0;

    if (text.size >= 2 && text.data[0] == '{' && text.data[text.size - 1] == '}')
        text = (struct paku_text) {text.data + 1, text.size - 2};
    for (size_t i = 0; i < text.size; i++) {
        int value = hex_value(text.data[i]);

        if (text.data[i] == '-' && digits > 0 && digits % 4 == 0 && text.data[i - 1] != '-' &&
            digits < 32)
            continue;
        if (value < 0 || digits == 32)
            return -EINVAL;
        ret_bytes[digits / 2] = (uint8_t)(ret_bytes[digits / 2] << 4 | value);
        digits++;
    }
    return digits == 32 ? 0 : -EINVAL;
}

int encode_uuid(struct encoder *encoder, const struct column *column, struct paku_field field)
{
    struct paku_text text;
    uint8_t uuid[16] = {0};

    if (read_text(encoder, field, &text) < 0 || parse_uuid(text, uuid) < 0)
        return encode_refuse(encoder, column, field,
            "a UUID such as 123e4567-e89b-12d3-a456-426614174000");
    bytes_push(encoder->out, uuid, sizeof(uuid));
    return 0;
}

/* -- inet -- */

struct address {
    uint8_t family;
    uint8_t bits;
    uint8_t size;
    uint8_t bytes[16];
};

static int parse_bits(const char *text, uint8_t max, uint8_t *ret_bits)
{
    int bits = 0;

    if (*text == '\0' || strlen(text) > 3)
        return -EINVAL;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return -EINVAL;
        bits = bits * 10 + (*text - '0');
    }
    if (bits > max)
        return -EINVAL;
    *ret_bits = (uint8_t)bits;
    return 0;
}

static int parse_inet(struct paku_text text, struct address *ret_address)
{
    struct address address = {0};
    char buffer[64];
    char *slash;

    if (text.size >= sizeof(buffer) || memchr(text.data, 0, text.size) != NULL)
        return -EINVAL;
    memcpy(buffer, text.data, text.size);
    buffer[text.size] = '\0';
    slash = strchr(buffer, '/');
    if (slash != NULL)
        *slash = '\0';
    if (inet_pton(AF_INET, buffer, address.bytes) == 1)
        address.size = 4;
    else if (inet_pton(AF_INET6, buffer, address.bytes) == 1)
        address.size = 16;
    else
        return -EINVAL;
    address.family = address.size == 4 ? WIRE_INET : WIRE_INET6;
    address.bits = (uint8_t)(address.size * 8);
    if (slash != NULL && parse_bits(slash + 1, address.bits, &address.bits) < 0)
        return -EINVAL;
    *ret_address = address;
    return 0;
}

int encode_inet(struct encoder *encoder, const struct column *column, struct paku_field field)
{
    struct paku_text text;
    struct address address;

    if (read_text(encoder, field, &text) < 0 || parse_inet(text, &address) < 0)
        return encode_refuse(encoder, column, field,
            "an address such as 192.168.1.7, 10.0.0.0/8 or fe80::1");
    bytes_push_u8(encoder->out, address.family);
    bytes_push_u8(encoder->out, address.bits);
    bytes_push_u8(encoder->out, 0); /* inet, not cidr */
    bytes_push_u8(encoder->out, address.size);
    bytes_push(encoder->out, address.bytes, address.size);
    return 0;
}

/* -- macaddr -- */

static bool is_separator(char byte)
{
    return byte == ':' || byte == '-' || byte == '.';
}

/* Pairs of hexadecimal digits, one kind of separator (or none) between pairs or groups of them. */
static int parse_mac(struct paku_text text, uint8_t ret_bytes[8], size_t *ret_size)
{
    size_t digits = 0;
    char separator = '\0';

    for (size_t i = 0; i < text.size; i++) {
        int value = hex_value(text.data[i]);

        if (is_separator(text.data[i]) && digits > 0 && digits % 2 == 0 && i + 1 < text.size &&
            hex_value(text.data[i - 1]) >= 0 && (separator == '\0' || separator == text.data[i])) {
            separator = text.data[i];
            continue;
        }
        if (value < 0 || digits == 16)
            return -EINVAL;
        ret_bytes[digits / 2] = (uint8_t)(ret_bytes[digits / 2] << 4 | value);
        digits++;
    }
    if (digits != 12 && digits != 16)
        return -EINVAL;
    *ret_size = digits / 2;
    return 0;
}

int encode_macaddr(struct encoder *encoder, const struct column *column, struct paku_field field)
{
    size_t wanted = column->type == COLUMN_MACADDR8 ? 8 : 6;
    struct paku_text text;
    uint8_t mac[8] = {0};
    size_t size;

    if (read_text(encoder, field, &text) < 0 || parse_mac(text, mac, &size) < 0 || size > wanted)
        return encode_refuse(encoder, column, field,
            wanted == 8 ? "a MAC address of 6 or 8 bytes such as aa:bb:cc:dd:ee:ff:00:01"
                        : "a MAC address such as aa:bb:cc:dd:ee:ff");
    if (size < wanted) { /* as PostgreSQL does: EUI-48 becomes EUI-64 */
        memmove(mac + 5, mac + 3, 3);
        mac[3] = 0xff;
        mac[4] = 0xfe;
    }
    bytes_push(encoder->out, mac, wanted);
    return 0;
}
