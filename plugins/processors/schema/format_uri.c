/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 3986 (URI), RFC 3987 (IRI), RFC 6570 (templates). */
#include "format.h"
#include "uri.h"

#include <ctype.h>
#include <string.h>

#define SUB_DELIMITERS "!$&'()*+,;="

static bool is_escape(const char *at, const char *end)
{
    return end - at >= 3 && isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2]);
}

/* Unreserved characters, escapes, sub-delimiters and those of `also`. */
static bool is_made_of(struct paku_text text, const char *also, bool international)
{
    const char *end = text.data + text.size;
    for (const char *at = text.data; at < end; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '%') {
            if (!is_escape(at, end))
                return false;
            at += 2;
        } else if (c >= 0x80 ? !international
                             : c == '\0' || (!isalnum(c) && strchr("-._~" SUB_DELIMITERS, c) == NULL &&
                                                strchr(also, c) == NULL)) {
            return false;
        }
    }
    return true;
}

static bool is_future_address(struct paku_text text)
{
    size_t at = 1;
    while (at < text.size && isxdigit((unsigned char)text.data[at]))
        at++;
    if (at == 1 || at + 1 >= text.size || text.data[at] != '.' ||
        memchr(text.data, '%', text.size) != NULL)
        return false;
    return is_made_of((struct paku_text){text.data + at + 1, text.size - at - 1}, ":", false);
}

static bool is_port(const char *at, const char *end)
{
    if (at == end)
        return true;
    if (*at++ != ':')
        return false;
    while (at < end && isdigit((unsigned char)*at))
        at++;
    return at == end;
}

/* Behind the user: an address in brackets or a name, perhaps with a port. */
static bool is_host_and_port(const char *at, const char *end, bool international)
{
    if (at < end && *at == '[') {
        const char *close = memchr(at, ']', (size_t)(end - at));
        if (close == NULL || !is_port(close + 1, end))
            return false;
        struct paku_text inside = {at + 1, (size_t)(close - at - 1)};
        bool future = inside.size > 0 && (inside.data[0] | 0x20) == 'v';
        return future ? is_future_address(inside) : format_ipv6(inside);
    }
    const char *colon = memchr(at, ':', (size_t)(end - at));
    const char *stop = colon != NULL ? colon : end;
    return is_port(stop, end) &&
        is_made_of((struct paku_text){at, (size_t)(stop - at)}, "", international);
}

static bool is_authority(struct paku_text text, bool international)
{
    const char *at = text.data, *end = text.data + text.size;
    const char *user = memrchr(at, '@', text.size);
    if (user != NULL) {
        if (!is_made_of((struct paku_text){at, (size_t)(user - at)}, ":", international))
            return false;
        at = user + 1;
    }
    return is_host_and_port(at, end, international);
}

static bool is_reference(struct paku_text text, bool absolute, bool international)
{
    struct uri uri = uri_split(text);
    if (uri.scheme.data == NULL) {
        /* the first segment of a relative path has no colon: it would be a scheme */
        const char *slash = memchr(uri.path.data, '/', uri.path.size);
        size_t first = slash != NULL ? (size_t)(slash - uri.path.data) : uri.path.size;
        if (absolute ||
            (uri.authority.data == NULL && memchr(uri.path.data, ':', first) != NULL))
            return false;
    }
    return (uri.authority.data == NULL || is_authority(uri.authority, international)) &&
        is_made_of(uri.path, "/:@", international) &&
        (uri.query.data == NULL || is_made_of(uri.query, "/:@?", international)) &&
        (uri.fragment.data == NULL || is_made_of(uri.fragment, "/:@?", international));
}

bool format_uri(struct paku_text text)
{
    return is_reference(text, true, false);
}

bool format_uri_reference(struct paku_text text)
{
    return is_reference(text, false, false);
}

bool format_iri(struct paku_text text)
{
    return is_reference(text, true, true);
}

bool format_iri_reference(struct paku_text text)
{
    return is_reference(text, false, true);
}

/* One variable of a template: name, then *, or :n. */
static const char *skip_variable(const char *at, const char *end)
{
    const char *from = at;
    while (at < end && (isalnum((unsigned char)*at) || *at == '_' || *at == '.' || *at == '%')) {
        if (*at == '%' && !is_escape(at, end))
            return NULL;
        at += *at == '%' ? 3 : 1;
    }
    if (at == from)
        return NULL;
    if (at < end && *at == '*')
        return at + 1;
    if (at < end && *at == ':') {
        for (from = ++at; at < end && isdigit((unsigned char)*at) && at - from < 4;)
            at++;
        return at > from && *from != '0' ? at : NULL;
    }
    return at;
}

/* Behind the '{': returns what is behind the '}'. */
static const char *skip_expression(const char *at, const char *end)
{
    if (at < end && *at != '\0' && strchr("+#./;?&=,!@|", *at) != NULL)
        at++;
    for (;;) {
        at = skip_variable(at, end);
        if (at == NULL || at == end)
            return NULL;
        if (*at == '}')
            return at + 1;
        if (*at++ != ',')
            return NULL;
    }
}

bool format_uri_template(struct paku_text text)
{
    const char *at = text.data, *end = text.data + text.size;
    while (at < end) {
        unsigned char c = (unsigned char)*at;
        if (c == '{') {
            at = skip_expression(at + 1, end);
            if (at == NULL)
                return false;
            continue;
        }
        if (c <= 0x20 || c == 0x7f || strchr("\"'<>\\^`|}", c) != NULL ||
            (c == '%' && !is_escape(at, end)))
            return false;
        at += c == '%' ? 3 : 1;
    }
    return true;
}
