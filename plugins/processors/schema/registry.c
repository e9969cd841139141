/* SPDX-License-Identifier: Apache-2.0 */
/* Which URI is which document: those that were loaded, the metaschemas that are part of the plugin,
 * and those that the map finds in folders. Never the network. */
#include "engine.h"
#include "equal.h"
#include "uri.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX_BYTES (16 * 1024 * 1024)

/* -- Loading -- */

/* Line and column of an offset, for people. */
static void locate(struct paku_text text, size_t offset, size_t *line, size_t *column)
{
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < offset && i < text.size; i++) {
        bool newline = text.data[i] == '\n';
        *line += newline;
        *column = newline ? 1 : *column + 1;
    }
}

/* A file beside the one that was loaded is found by the URI beside the other's. */
static void map_siblings(struct schema_set *set, const struct document *document)
{
    struct paku_text uri = document->resource->uri;
    const char *slash = memrchr(uri.data, '/', uri.size);
    const char *folder_end = strrchr(document->file, '/');
    if (slash == NULL || folder_end == NULL || document->embedded)
        return;
    struct paku_text prefix = pool_print(&set->pool, "%.*s", (int)(slash - uri.data), uri.data);
    for (size_t i = 0; i < set->map_count; i++) {
        if (text_equal(set->maps[i].prefix, prefix))
            return;
    }
    schema_set_map(set, prefix.data,
        pool_print(&set->pool, "%.*s", (int)(folder_end - document->file), document->file).data);
}

int registry_load_text(struct schema_set *set, const char *file, struct paku_text uri,
    struct paku_text text, bool embedded, struct document **ret_document)
{
    struct document *document = pool_take(&set->pool, sizeof(*document));
    document->file = pool_copy(&set->pool, (struct paku_text){file, strlen(file)}).data;
    document->uri = uri;
    document->embedded = embedded;
    document->record = paku_record_create(text.size);
    set->documents = pool_grow(&set->pool, set->documents, &set->document_capacity,
        set->document_count + 1, sizeof(struct document *));
    set->documents[set->document_count++] = document;
    struct paku_json_error error;
    if (paku_record_set_payload(document->record, PAKU_PAYLOAD_JSON, text.data, text.size,
            &error) < 0) {
        size_t line, column;
        locate(text, error.offset, &line, &column);
        return set_fail(set, NULL, (struct paku_value){0}, "%s:%zu:%zu: not JSON: %s", file, line,
            column, error.message);
    }
    document->root = paku_record_json(document->record);
    int result = scan_document(set, document);
    if (result < 0)
        return result;
    map_siblings(set, document);
    *ret_document = document;
    return 0;
}

static int read_file(struct schema_set *set, const char *file, struct paku_text *ret_text,
    struct file_stamp *ret_stamp)
{
    struct stat status;
    FILE *stream = fopen(file, "re");
    if (stream == NULL || fstat(fileno(stream), &status) < 0) {
        int error = errno;
        if (stream != NULL)
            fclose(stream);
        return set_fail(set, NULL, (struct paku_value){0}, "%s: %s", file, strerror(error));
    }
    int result = 0;
    if (!S_ISREG(status.st_mode) || status.st_size > FILE_MAX_BYTES) {
        result = set_fail(set, NULL, (struct paku_value){0},
            "%s: expected a file of at most 16 MiB", file);
    } else {
        char *data = malloc((size_t)status.st_size + 1);
        if (data == NULL)
            abort();
        *ret_text = (struct paku_text){data, fread(data, 1, (size_t)status.st_size, stream)};
        *ret_stamp = file_stamp(&status);
    }
    fclose(stream);
    return result;
}

int registry_load_file(struct schema_set *set, const char *file, struct paku_text uri,
    struct document **ret_document)
{
    struct paku_text text;
    struct file_stamp stamp;
    size_t before = set->document_count;
    int error = read_file(set, file, &text, &stamp);
    if (error < 0)
        return error;
    error = registry_load_text(set, file, uri, text, false, ret_document);
    set->documents[before]->stamp = stamp; /* also of one that is wrong: it may be mended */
    free((char *)text.data);
    return error;
}

/* -- Finding -- */

static struct resource *loaded(const struct schema_set *set, struct paku_text uri)
{
    for (size_t i = 0; i < set->resource_count; i++) {
        if (text_equal(set->resources[i]->uri, uri))
            return set->resources[i];
    }
    for (size_t i = 0; i < set->document_count; i++) {
        if (text_equal(set->documents[i]->uri, uri) && set->documents[i]->resource != NULL)
            return set->documents[i]->resource;
    }
    return NULL;
}

/* What stands in `uri` behind a prefix, as a relative path; NULL when it is not its prefix, or would
 * lead out of the folder. */
static const char *path_behind(struct schema_set *set, struct paku_text prefix,
    struct paku_text uri)
{
    if (uri.size < prefix.size || memcmp(uri.data, prefix.data, prefix.size) != 0)
        return NULL;
    struct paku_text rest = {uri.data + prefix.size, uri.size - prefix.size};
    if (rest.size == 0 || rest.data[0] != '/')
        return NULL;
    rest = uri_decode(rest, &set->pool);
    if (memchr(rest.data, '\0', rest.size) != NULL || strstr(rest.data, "/../") != NULL ||
        (rest.size >= 3 && strcmp(rest.data + rest.size - 3, "/..") == 0))
        return NULL;
    return rest.data;
}

static bool is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* The file that the longest prefix of the map leads to; NULL: none. */
static const char *mapped_file(struct schema_set *set, struct paku_text uri)
{
    const char *best = NULL;
    size_t best_size = 0;
    for (size_t i = 0; i < set->map_count; i++) {
        const struct uri_map *map = &set->maps[i];
        const char *path = path_behind(set, map->prefix, uri);
        if (path == NULL || (best != NULL && map->prefix.size <= best_size))
            continue;
        const char *file = pool_print(&set->pool, "%s%s", map->folder, path).data;
        if (!is_file(file))
            file = pool_print(&set->pool, "%s.json", file).data;
        if (!is_file(file))
            continue;
        best = file;
        best_size = map->prefix.size;
    }
    return best;
}

int registry_find(struct schema_set *set, struct paku_text uri, struct resource **ret_resource)
{
    if (uri.size > 0 && uri.data[uri.size - 1] == '#')
        uri.size--;
    struct document *document = NULL;
    *ret_resource = loaded(set, uri);
    if (*ret_resource != NULL)
        return 0;
    int error = 0;
    for (const struct metaschema *meta = metaschemas; meta->uri != NULL; meta++) {
        struct paku_text own = {meta->uri, strlen(meta->uri)};
        if (text_equal(own, uri))
            error = registry_load_text(set, meta->file, own,
                (struct paku_text){meta->text, meta->size}, true, &document);
    }
    if (document == NULL && error == 0) {
        const char *file = mapped_file(set, uri);
        if (file != NULL)
            error = registry_load_file(set, file, uri, &document);
    }
    if (document != NULL && error == 0)
        *ret_resource = document->resource;
    return error;
}

/* -- References -- */

/* One step of a JSON pointer; `token` is rewritten in place. */
static struct paku_value step(struct paku_value at, char *token, size_t size)
{
    size_t out = 0;
    for (size_t i = 0; i < size; i++) {
        char c = token[i];
        if (c == '~' && i + 1 < size && (token[i + 1] == '0' || token[i + 1] == '1'))
            c = token[++i] == '0' ? '~' : '/';
        token[out++] = c;
    }
    if (paku_value_type(at) == PAKU_JSON_OBJECT)
        return paku_value_member(at, token, out);
    if (paku_value_type(at) != PAKU_JSON_ARRAY || out == 0 || out > 9 ||
        (token[0] == '0' && out > 1))
        return (struct paku_value){0};
    size_t index = 0;
    for (size_t i = 0; i < out; i++) {
        if (token[i] < '0' || token[i] > '9')
            return (struct paku_value){0};
        index = index * 10 + (size_t)(token[i] - '0');
    }
    struct paku_value item = paku_value_first(at);
    while (index-- > 0)
        item = paku_value_next(item);
    return item;
}

/* Follows a pointer; a place that no keyword announced as a schema is scanned now, as part of the
 * innermost resource around it. */
static int follow_pointer(struct schema_set *set, struct resource *resource,
    struct paku_text pointer, struct paku_value *ret_target)
{
    struct document *document = resource->document;
    struct paku_value at = resource->root;
    char *token = (char *)pointer.data, *end = token + pointer.size;
    while (token < end && paku_value_type(at) != PAKU_JSON_NONE) {
        char *stop = memchr(token + 1, '/', (size_t)(end - token - 1));
        if (stop == NULL)
            stop = end;
        at = step(at, token + 1, (size_t)(stop - token - 1));
        token = stop;
        if (paku_value_type(at) == PAKU_JSON_NONE)
            break;
        const struct slot *slot = document_slot(set, document, at);
        if (slot->resource != NULL)
            resource = slot->resource;
    }
    *ret_target = at;
    enum paku_json_type type = paku_value_type(at);
    if ((type != PAKU_JSON_OBJECT && type != PAKU_JSON_BOOL) ||
        document_slot(set, document, at)->resource != NULL)
        return 0;
    return scan_schema(set, document, at, resource);
}

static void follow_anchor(const struct resource *resource, struct paku_text name,
    struct paku_value *ret_target, const struct anchor **ret_anchor)
{
    for (size_t i = 0; i < resource->anchor_count; i++) {
        const struct anchor *anchor = &resource->anchors[i];
        if (!text_equal(anchor->name, name))
            continue;
        *ret_target = anchor->value;
        if (anchor->dynamic)
            *ret_anchor = anchor;
    }
}

int registry_resolve(struct schema_set *set, const struct schema *from, struct paku_value value,
    struct document **ret_document, struct paku_value *ret_target,
    const struct anchor **ret_anchor)
{
    struct paku_text reference = string_text(value, &set->pool);
    struct paku_text fragment = uri_split(reference).fragment;
    struct paku_text uri = uri_resolve(from->resource->uri, reference, &set->pool);
    struct resource *resource;
    int error = registry_find(set, uri, &resource);
    if (error < 0)
        return error;
    if (resource == NULL)
        return set_fail(set, from->document, value, "there is no document %.*s (paku never asks the "
            "network: map the prefix of its URI to a folder)", (int)uri.size, uri.data);
    struct paku_value target = {0};
    *ret_anchor = NULL;
    if (fragment.data != NULL)
        fragment = uri_decode(fragment, &set->pool);
    if (fragment.size == 0)
        target = resource->root;
    else if (fragment.data[0] == '/')
        error = follow_pointer(set, resource,
            pool_copy(&set->pool, fragment), &target);
    else
        follow_anchor(resource, fragment, &target, ret_anchor);
    if (error < 0)
        return error;
    if (paku_value_type(target) == PAKU_JSON_NONE)
        return set_fail(set, from->document, value, "\"%.*s\" leads nowhere: there is no \"#%.*s\" in "
            "%.*s", (int)reference.size, reference.data, (int)fragment.size,
            fragment.data, (int)resource->uri.size, resource->uri.data);
    *ret_document = resource->document;
    *ret_target = target;
    return 0;
}
