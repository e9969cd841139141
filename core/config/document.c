/* SPDX-License-Identifier: Apache-2.0 */
#include "config/node.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "config/document_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct node *document_node_create(struct document *document, enum node_kind kind,
    struct place place)
{
    struct node *node = xcalloc(1, sizeof(*node));
    node->kind = kind;
    node->place = place;
    document->nodes = xgrow(document->nodes, &document->capacity, document->count + 1,
        sizeof(*document->nodes));
    document->nodes[document->count++] = node;
    return node;
}

static void node_free(struct node *node)
{
    for (size_t i = 0; node->members != NULL && i < node->count; i++)
        free((char *)node->members[i].key);
    free(node->members);
    free(node->items);
    free((char *)node->text);
    free(node);
}

void document_destroy(struct document *document)
{
    if (document == NULL)
        return;
    for (size_t i = 0; i < document->count; i++)
        node_free(document->nodes[i]);
    free(document->nodes);
    free(document->file);
    free(document);
}

/* -- Loading -- */

static int refuse_file(struct config_errors *errors, const char *file, const char *why)
{
    config_errors_add(errors, (struct place){file, 0, 0}, "%s", why);
    return -EINVAL;
}

static int read_file(const char *name, struct buffer *text, struct config_errors *errors)
{
    FILE *file = fopen(name, "re");
    if (file == NULL) {
        config_errors_add(errors, (struct place){name, 0, 0}, "cannot be read: %s",
            strerror(errno));
        return -EINVAL;
    }
    text->size = fread(buffer_reserve(text, FILE_MAX + 1), 1, FILE_MAX + 1, file);
    bool failed = ferror(file);
    fclose(file);
    if (failed)
        return refuse_file(errors, name, "cannot be read: is it a folder?");
    if (text->size > FILE_MAX)
        return refuse_file(errors, name, "has more than 4 MiB: too much for a configuration");
    return 0;
}

struct place document_place_at(const struct document *document, const struct buffer *text,
    size_t offset)
{
    struct place place = {document->file, 1, 0};
    size_t line = 0;
    for (size_t i = 0; i < offset; i++) {
        if (text->data[i] == '\n') {
            place.line++;
            line = i + 1;
        }
    }
    place.column = utf8_length(text->data + line, offset - line) + 1;
    return place;
}

static int check_text(const struct document *document, const struct buffer *text,
    struct config_errors *errors)
{
    size_t valid = utf8_valid_prefix(text->data, text->size);
    if (valid == text->size)
        return 0;
    config_errors_add(errors, document_place_at(document, text, valid),
        "not valid UTF-8: save the file as UTF-8");
    return -EINVAL;
}

int document_load(const char *file, const char *text, struct config_errors *errors,
    struct document **ret_document)
{
    struct buffer content = {0};
    int error = 0;
    if (file != NULL)
        error = read_file(file, &content, errors);
    else
        buffer_push_text(&content, text);
    buffer_text(&content); /* the NUL behind it is for whoever looks ahead */
    struct document *document = xcalloc(1, sizeof(*document));
    document->file = xstrdup(file != NULL ? file : "<text>");
    if (error == 0)
        error = check_text(document, &content, errors);
    size_t before = errors->count;
    if (error == 0)
        error = document_read(document, &content, errors);
    buffer_finish(&content);
    if (error < 0) {
        document_destroy(document);
        return error;
    }
    *ret_document = document;
    return errors->count > before ? -EINVAL : 0;
}

/* -- Looking -- */

struct node *document_root(const struct document *document)
{
    return document->root;
}

struct node *node_member(const struct node *map, const char *key)
{
    if (map == NULL || map->kind != NODE_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->members[i].key, key) == 0)
            return map->members[i].value;
    }
    return NULL;
}
