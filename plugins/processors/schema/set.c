/* SPDX-License-Identifier: Apache-2.0 */
/* A set of schemas as a whole: made, loaded, checked against its metaschemas, given back. */
#include "engine.h"
#include "equal.h"
#include "evaluate.h"
#include "uri.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- Errors and places -- */

/* Appends "/name" with ~0 and ~1 for what a pointer cannot hold. */
static struct paku_text push_token(struct pool *pool, struct paku_text pointer,
    struct paku_text name)
{
    char *text = pool_take(pool, pointer.size + 2 * name.size + 2);
    size_t size = pointer.size;
    if (size > 0)
        memcpy(text, pointer.data, size);
    text[size++] = '/';
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        if (c == '~' || c == '/') {
            text[size++] = '~';
            c = c == '~' ? '0' : '1';
        }
        text[size++] = c;
    }
    return (struct paku_text){text, size};
}

/* Nodes are numbered in the order of the text, so a child holds the value when the next one begins
 * behind it. */
struct paku_text value_pointer(struct schema_set *set, struct paku_value root,
    struct paku_value value)
{
    struct paku_text pointer = {"", 0};
    struct paku_value at = root;
    while (at.node != value.node) {
        struct paku_value child = paku_value_first(at), next = paku_value_next(child);
        size_t index = 0;
        while (paku_value_type(next) != PAKU_JSON_NONE && next.node <= value.node) {
            child = next;
            next = paku_value_next(child);
            index++;
        }
        if (paku_value_type(child) == PAKU_JSON_NONE || child.node > value.node)
            return pointer;
        struct paku_value name = paku_value_name(child);
        pointer = push_token(&set->pool, pointer, paku_value_type(name) != PAKU_JSON_NONE
                ? string_text(name, &set->pool)
                : pool_print(&set->pool, "%zu", index));
        at = child;
    }
    return pointer;
}

int set_fail(struct schema_set *set, const struct document *document, struct paku_value value,
    const char *format, ...)
{
    if (set->error.data != NULL)
        return -EINVAL;
    va_list args;
    char *message;
    va_start(args, format);
    int size = vasprintf(&message, format, args);
    va_end(args);
    if (size < 0)
        abort();
    struct paku_text pointer = {"", 0};
    if (document != NULL && paku_value_type(value) != PAKU_JSON_NONE)
        pointer = value_pointer(set, document->root, value);
    set->error = pool_print(&set->pool, "%s%s%.*s%s%s", document != NULL ? document->file : "",
        pointer.size > 0 ? " at " : "", (int)pointer.size, pointer.data,
        document != NULL ? ": " : "", message);
    free(message);
    return -EINVAL;
}

struct slot *document_slot(struct schema_set *set, struct document *document,
    struct paku_value value)
{
    document->slots = pool_grow(&set->pool, document->slots, &document->slot_count,
        (size_t)value.node + 1, sizeof(*document->slots));
    return &document->slots[value.node];
}

/* -- Making a set -- */

struct schema_set *schema_set_create(bool assert_formats)
{
    struct schema_set *set = calloc(1, sizeof(*set));
    if (set == NULL)
        abort();
    set->assert_formats = assert_formats;
    return set;
}

void schema_set_destroy(struct schema_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->regex_count; i++)
        regex_destroy(set->regexes[i]);
    for (size_t i = 0; i < set->document_count; i++)
        paku_record_unref(set->documents[i]->record);
    pool_finish(&set->pool);
    free(set);
}

void schema_set_map(struct schema_set *set, const char *prefix, const char *folder)
{
    set->maps = pool_grow(&set->pool, set->maps, &set->map_capacity, set->map_count + 1,
        sizeof(*set->maps));
    size_t size = strlen(prefix);
    while (size > 0 && prefix[size - 1] == '/')
        size--;
    set->maps[set->map_count++] = (struct uri_map){
        pool_copy(&set->pool, (struct paku_text){prefix, size}),
        pool_copy(&set->pool, (struct paku_text){folder, strlen(folder)}).data,
    };
}

const char *schema_set_file(const struct schema_set *set, size_t index,
    struct file_stamp *ret_stamp)
{
    for (size_t i = 0; i < set->document_count; i++) {
        const struct document *document = set->documents[i];
        if (document->embedded || index-- > 0)
            continue;
        *ret_stamp = document->stamp;
        return document->file;
    }
    return NULL;
}

/* -- Checking schemas against their metaschemas -- */

static int validate_document(struct schema_set *set, struct document *document,
    struct evaluation *evaluation)
{
    struct resource *resource;
    struct schema *metaschema;
    struct problem problem;
    int error = registry_find(set, document->metaschema, &resource);
    if (error < 0 || resource == NULL)
        return error; /* an unknown one was refused by dialect_find */
    error = compile_schema_at(set, resource->document, resource->root, &metaschema);
    if (error == 0)
        error = compile_pending(set);
    if (error < 0)
        return error;
    if (evaluation_run(evaluation, metaschema, document->root, &problem))
        return 0;
    return set_fail(set, document, (struct paku_value){0}, "%s%sis no schema: %s (%s of %.*s)",
        strcmp(problem.instance, "#") == 0 ? "" : problem.instance,
        strcmp(problem.instance, "#") == 0 ? "" : " ", problem.message, problem.schema,
        (int)document->metaschema.size, document->metaschema.data);
}

/* Compiling may load documents, which are to be checked too. */
static int validate_documents(struct schema_set *set)
{
    struct evaluation *evaluation = evaluation_create();
    int error = 0;
    for (size_t i = 0; i < set->document_count && error == 0; i++) {
        struct document *document = set->documents[i];
        if (!document->embedded && !document->validated) {
            document->validated = true;
            error = validate_document(set, document, evaluation);
        }
    }
    evaluation_destroy(evaluation);
    return error;
}

static int compile_document(struct schema_set *set, struct document *document,
    const struct schema **ret_schema)
{
    struct schema *schema;
    int error = validate_documents(set);
    if (error == 0)
        error = compile_schema_at(set, document, document->root, &schema);
    if (error == 0)
        error = compile_pending(set);
    if (error == 0)
        error = validate_documents(set);
    if (error == 0)
        error = cycles_refuse(set);
    if (error == 0)
        *ret_schema = schema;
    return error;
}

int schema_set_load(struct schema_set *set, const char *file, const struct schema **ret_schema)
{
    char path[PATH_MAX];
    struct document *document;
    if (realpath(file, path) == NULL)
        return set_fail(set, NULL, (struct paku_value){0}, "%s: %s", file, strerror(errno));
    struct paku_text uri = uri_from_path(path, &set->pool);
    for (size_t i = 0; i < set->document_count; i++) {
        if (text_equal(set->documents[i]->uri, uri))
            return compile_document(set, set->documents[i], ret_schema);
    }
    int error = registry_load_file(set, path, uri, &document);
    return error < 0 ? error : compile_document(set, document, ret_schema);
}

int schema_set_load_text(struct schema_set *set, const char *uri, struct paku_text text,
    const struct schema **ret_schema)
{
    struct document *document;
    struct paku_text copy = pool_copy(&set->pool, (struct paku_text){uri, strlen(uri)});
    int error = registry_load_text(set, copy.data, copy, text, false, &document);
    return error < 0 ? error : compile_document(set, document, ret_schema);
}
