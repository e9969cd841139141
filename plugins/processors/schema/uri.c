/* SPDX-License-Identifier: Apache-2.0 */
#include "uri.h"

#include <ctype.h>
#include <string.h>

static struct paku_text part(const char *from, const char *to)
{
    return (struct paku_text){from, (size_t)(to - from)};
}

static const char *find_any(const char *at, const char *end, const char *any)
{
    while (at < end && strchr(any, *at) == NULL)
        at++;
    return at;
}

static bool is_scheme(const char *from, const char *to)
{
    if (from == to || !isalpha((unsigned char)*from))
        return false;
    for (; from < to; from++) {
        if (!isalnum((unsigned char)*from) && *from != '+' && *from != '-' && *from != '.')
            return false;
    }
    return true;
}

struct uri uri_split(struct paku_text text)
{
    struct uri uri = {0};
    const char *at = text.data, *end = text.data + text.size;
    const char *stop = find_any(at, end, ":/?#");
    if (stop < end && *stop == ':' && is_scheme(at, stop)) {
        uri.scheme = part(at, stop);
        at = stop + 1;
    }
    if (end - at >= 2 && at[0] == '/' && at[1] == '/') {
        stop = find_any(at + 2, end, "/?#");
        uri.authority = part(at + 2, stop);
        at = stop;
    }
    stop = find_any(at, end, "?#");
    uri.path = part(at, stop);
    at = stop;
    if (at < end && *at == '?') {
        stop = find_any(at + 1, end, "#");
        uri.query = part(at + 1, stop);
        at = stop;
    }
    if (at < end)
        uri.fragment = part(at + 1, end);
    return uri;
}

static bool begins(struct paku_text text, const char *prefix)
{
    size_t size = strlen(prefix);
    return text.size >= size && memcmp(text.data, prefix, size) == 0;
}

static bool is(struct paku_text text, const char *other)
{
    return text.size == strlen(other) && begins(text, other);
}

static void skip(struct paku_text *text, size_t size)
{
    text->data += size;
    text->size -= size;
}

/* Section 5.2.4; `path` is written over. */
static struct paku_text remove_dot_segments(char *path, size_t path_size)
{
    struct paku_text in = {path, path_size};
    size_t out = 0;
    while (in.size > 0) {
        if (begins(in, "../")) {
            skip(&in, 3);
        } else if (begins(in, "./") || begins(in, "/./")) {
            skip(&in, 2);
        } else if (is(in, "/.")) {
            in = (struct paku_text){"/", 1};
        } else if (begins(in, "/../") || is(in, "/..")) {
            while (out > 0 && path[--out] != '/')
                ;
            if (in.size == 3)
                in = (struct paku_text){"/", 1};
            else
                skip(&in, 3);
        } else if (is(in, ".") || is(in, "..")) {
            in.size = 0;
        } else {
            size_t size = 1;
            while (size < in.size && in.data[size] != '/')
                size++;
            memmove(path + out, in.data, size);
            out += size;
            skip(&in, size);
        }
    }
    return (struct paku_text){path, out};
}

/* Section 5.2.3 */
static struct paku_text merge_paths(const struct uri *base, struct paku_text path,
    struct pool *pool)
{
    if (base->authority.data != NULL && base->path.size == 0)
        return pool_print(pool, "/%.*s", (int)path.size, path.data);
    size_t folder = base->path.size;
    while (folder > 0 && base->path.data[folder - 1] != '/')
        folder--;
    return pool_print(pool, "%.*s%.*s", (int)folder, base->path.data, (int)path.size, path.data);
}

static struct paku_text clean_path(struct paku_text path, struct pool *pool)
{
    char *copy = (char *)pool_copy(pool, path).data;
    return remove_dot_segments(copy, path.size);
}

static void lower(struct paku_text text, char *at)
{
    for (size_t i = 0; i < text.size; i++)
        at[i] = (char)tolower((unsigned char)text.data[i]);
}

/* Scheme and host do not tell case apart, so they are lowered. */
static struct paku_text join(const struct uri *uri, struct pool *pool)
{
    struct paku_text text = pool_print(pool, "%.*s%s%s%.*s%.*s%s%.*s",
        (int)uri->scheme.size, uri->scheme.data != NULL ? uri->scheme.data : "",
        uri->scheme.data != NULL ? ":" : "", uri->authority.data != NULL ? "//" : "",
        (int)uri->authority.size, uri->authority.data != NULL ? uri->authority.data : "",
        (int)uri->path.size, uri->path.data, uri->query.data != NULL ? "?" : "",
        (int)uri->query.size, uri->query.data != NULL ? uri->query.data : "");
    char *at = (char *)text.data;
    lower(uri->scheme, at);
    if (uri->authority.data != NULL)
        lower(uri->authority, at + uri->scheme.size + (uri->scheme.data != NULL ? 3 : 2));
    return text;
}

struct paku_text uri_resolve(struct paku_text base_text, struct paku_text reference,
    struct pool *pool)
{
    struct uri base = uri_split(base_text), result = uri_split(reference);
    if (result.scheme.data != NULL || result.authority.data != NULL) {
        result.path = clean_path(result.path, pool);
    } else if (result.path.size == 0) {
        result.path = base.path;
        if (result.query.data == NULL)
            result.query = base.query;
    } else if (result.path.data[0] == '/') {
        result.path = clean_path(result.path, pool);
    } else {
        result.path = clean_path(merge_paths(&base, result.path, pool), pool);
    }
    if (result.scheme.data == NULL) {
        result.scheme = base.scheme;
        if (result.authority.data == NULL)
            result.authority = base.authority;
    }
    return join(&result, pool);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

struct paku_text uri_decode(struct paku_text text, struct pool *pool)
{
    char *buffer = pool_take(pool, text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        int high = -1, low = -1;
        if (text.data[i] == '%' && i + 2 < text.size) {
            high = hex_digit(text.data[i + 1]);
            low = hex_digit(text.data[i + 2]);
        }
        if (high >= 0 && low >= 0) {
            buffer[size++] = (char)(high << 4 | low);
            i += 2;
        } else {
            buffer[size++] = text.data[i];
        }
    }
    return (struct paku_text){buffer, size};
}

struct paku_text uri_from_path(const char *path, struct pool *pool)
{
    char *buffer = pool_take(pool, strlen("file://") + 3 * strlen(path) + 1);
    size_t size = strlen(strcpy(buffer, "file://"));
    for (; *path != '\0'; path++) {
        unsigned char c = (unsigned char)*path;
        if (isalnum(c) || strchr("/-._~!$&'()*+,;=:@", c) != NULL) {
            buffer[size++] = (char)c;
            continue;
        }
        static const char digits[] = "0123456789ABCDEF";
        buffer[size++] = '%';
        buffer[size++] = digits[c >> 4];
        buffer[size++] = digits[c & 15];
    }
    return (struct paku_text){buffer, size};
}
