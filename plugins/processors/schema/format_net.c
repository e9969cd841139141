/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and names of the network. */
#include "format.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

/* inet_pton wants a NUL, and is then as strict as RFC 2673 and RFC 4291. */
static bool is_address(int family, struct paku_text text)
{
    char copy[INET6_ADDRSTRLEN + 1];
    unsigned char address[16];
    if (text.size >= sizeof(copy) || memchr(text.data, '\0', text.size) != NULL)
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return inet_pton(family, copy, address) == 1;
}

bool format_ipv4(struct paku_text text)
{
    return is_address(AF_INET, text);
}

bool format_ipv6(struct paku_text text)
{
    return is_address(AF_INET6, text);
}

/* RFC 1123, section 2.1. Hyphens in the third and fourth place are kept for "xn--" (RFC 5890). */
static bool is_label(struct paku_text label)
{
    if (label.size == 0 || label.size > 63 || label.data[0] == '-' ||
        label.data[label.size - 1] == '-')
        return false;
    for (size_t i = 0; i < label.size; i++) {
        if (!isalnum((unsigned char)label.data[i]) && label.data[i] != '-')
            return false;
    }
    bool reserved = label.size >= 4 && label.data[2] == '-' && label.data[3] == '-';
    return !reserved || (label.size > 4 && strncasecmp(label.data, "xn", 2) == 0);
}

bool format_hostname(struct paku_text text)
{
    if (text.size == 0 || text.size > 253)
        return false;
    const char *at = text.data, *end = text.data + text.size;
    for (;;) {
        const char *dot = memchr(at, '.', (size_t)(end - at));
        const char *stop = dot != NULL ? dot : end;
        if (!is_label((struct paku_text){at, (size_t)(stop - at)}))
            return false;
        if (dot == NULL)
            return true;
        at = dot + 1;
    }
}

static bool is_atom_text(char c, bool international)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL) ||
        (international && (unsigned char)c >= 0x80);
}

/* RFC 5321: words with single dots between them, or a quoted string. */
static bool is_local_part(struct paku_text text, bool international)
{
    if (text.size >= 2 && text.data[0] == '"' && text.data[text.size - 1] == '"') {
        for (size_t i = 1; i + 1 < text.size; i++) {
            unsigned char c = (unsigned char)text.data[i];
            if (c == '\\' && ++i + 1 >= text.size)
                return false;
            if (c < 0x20 || c == 0x7f || c == '"' || (c >= 0x80 && !international))
                return false;
        }
        return true;
    }
    bool dot = true;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '.' ? dot : !is_atom_text(text.data[i], international))
            return false;
        dot = text.data[i] == '.';
    }
    return !dot;
}

static bool is_literal(struct paku_text domain)
{
    if (domain.size < 2 || domain.data[0] != '[' || domain.data[domain.size - 1] != ']')
        return false;
    struct paku_text inside = {domain.data + 1, domain.size - 2};
    if (inside.size > 5 && strncasecmp(inside.data, "IPv6:", 5) == 0)
        return format_ipv6((struct paku_text){inside.data + 5, inside.size - 5});
    return format_ipv4(inside);
}

static bool is_idn_domain(struct paku_text domain)
{
    bool dot = true;
    for (size_t i = 0; i < domain.size; i++) {
        unsigned char c = (unsigned char)domain.data[i];
        if (c == '.' ? dot : !isalnum(c) && c != '-' && c < 0x80)
            return false;
        dot = c == '.';
    }
    return !dot;
}

static bool is_email(struct paku_text text, bool international)
{
    const char *at = memrchr(text.data, '@', text.size);
    if (text.size == 0 || at == NULL)
        return false;
    struct paku_text local = {text.data, (size_t)(at - text.data)};
    struct paku_text domain = {at + 1, text.size - local.size - 1};
    return is_local_part(local, international) &&
        (is_literal(domain) ||
            (international ? is_idn_domain(domain) : format_hostname(domain)));
}

bool format_email(struct paku_text text)
{
    return is_email(text, false);
}

bool format_idn_email(struct paku_text text)
{
    return is_email(text, true);
}
