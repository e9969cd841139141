/* SPDX-License-Identifier: Apache-2.0 */
/* libyaml's events into a tree: aliases, merges, and what is refused. */
#include "config/document_private.h"

#include "base/memory.h"
#include "config/substitute.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct anchor {
    char *name;
    struct node *node; /* NULL while what it names is being read: an alias to it is a cycle */
};

/* What is in use while a text is read. */
struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the next one */
    struct document *document;
    const struct buffer *text;
    struct config_errors *errors;
    struct anchor *anchors;
    size_t anchor_count;
    size_t anchor_capacity;
    size_t reached; /* nodes as they count after aliases are followed */
};

static struct place event_place(const struct reader *reader)
{
    yaml_mark_t mark = reader->event.start_mark;
    return (struct place){reader->document->file, mark.line + 1, mark.column + 1};
}

static int advance(struct reader *reader)
{
    yaml_event_delete(&reader->event);
    if (yaml_parser_parse(&reader->parser, &reader->event))
        return 0;
    document_problem_add(reader->document, reader->text, &reader->parser, reader->errors);
    return -EINVAL;
}

/* -- Anchors and aliases -- */

static struct anchor *anchor_find(struct reader *reader, const char *name)
{
    for (size_t i = reader->anchor_count; i > 0; i--) {
        if (strcmp(reader->anchors[i - 1].name, name) == 0)
            return &reader->anchors[i - 1];
    }
    return NULL;
}

/* Returns its index, or -1 for none. */
static ssize_t anchor_open(struct reader *reader, const yaml_char_t *name)
{
    if (name == NULL)
        return -1;
    reader->anchors = xgrow(reader->anchors, &reader->anchor_capacity, reader->anchor_count + 1,
        sizeof(*reader->anchors));
    reader->anchors[reader->anchor_count] = (struct anchor){xstrdup((const char *)name), NULL};
    return (ssize_t)reader->anchor_count++;
}

struct extent {
    size_t nodes;
    size_t depth;
};

/* How much a repeated node adds. It was within the bounds itself, so this ends. */
static struct extent extent_of(const struct node *node)
{
    struct extent extent = {1, 0};
    for (size_t i = 0; i < node->count; i++) {
        struct extent child = extent_of(
            node->kind == NODE_MAP ? node->members[i].value : node->items[i]);
        extent.nodes += child.nodes;
        if (child.depth + 1 > extent.depth)
            extent.depth = child.depth + 1;
    }
    return extent;
}

static int refuse_depth(struct reader *reader)
{
    config_errors_add(reader->errors, event_place(reader), "nested more than %d levels deep",
        DEPTH_MAX);
    return -EINVAL;
}

static int count_nodes(struct reader *reader, size_t more)
{
    reader->reached += more;
    if (reader->reached <= NODES_MAX)
        return 0;
    config_errors_add(reader->errors, event_place(reader),
        "more than %d values, counted with what aliases repeat: too many for a configuration",
        NODES_MAX);
    return -EINVAL;
}

static int refuse_anchor(struct reader *reader, const char *name)
{
    const char *names[128];
    size_t count = 0;
    for (; count < reader->anchor_count && count < 128; count++)
        names[count] = reader->anchors[count].name;
    const char *meant = nearest_name(name, names, count);
    if (meant != NULL)
        config_errors_add(reader->errors, event_place(reader),
            "there is no anchor '&%s' above this alias, did you mean '*%s'?", name, meant);
    else
        config_errors_add(reader->errors, event_place(reader),
            "there is no anchor '&%s' above this alias, in this file", name);
    return -EINVAL;
}

static int read_alias(struct reader *reader, size_t depth, struct node **ret_node)
{
    const char *name = (const char *)reader->event.data.alias.anchor;
    const struct anchor *anchor = anchor_find(reader, name);
    if (anchor == NULL)
        return refuse_anchor(reader, name);
    if (anchor->node == NULL) {
        config_errors_add(reader->errors, event_place(reader),
            "the alias '*%s' stands inside of what it repeats: a cycle", name);
        return -EINVAL;
    }
    struct extent extent = extent_of(anchor->node);
    if (extent.depth > depth)
        return refuse_depth(reader);
    if (count_nodes(reader, extent.nodes) < 0)
        return -EINVAL;
    *ret_node = anchor->node;
    return advance(reader);
}

/* -- Scalars -- */

static bool is_null(const char *text)
{
    return text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0 ||
        strcmp(text, "Null") == 0 || strcmp(text, "NULL") == 0;
}

static int check_tag(struct reader *reader, const yaml_char_t *tag)
{
    const char *text = (const char *)tag;
    if (text == NULL || strcmp(text, "!") == 0 || strcmp(text, YAML_STR_TAG) == 0)
        return 0;
    config_errors_add(reader->errors, event_place(reader),
        "the tag '%s' is not used here: remove it", text);
    return 0; /* the value is what it is without the tag: go on and find the other errors */
}

static int read_scalar(struct reader *reader, struct node **ret_node)
{
    const char *text = (const char *)reader->event.data.scalar.value;
    bool plain = reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
        reader->event.data.scalar.tag == NULL;
    struct node *node = document_node_create(reader->document, NODE_SCALAR, event_place(reader));
    struct buffer result = {0};
    check_tag(reader, reader->event.data.scalar.tag);
    if (strlen(text) != reader->event.data.scalar.length) {
        config_errors_add(reader->errors, node->place, "a text with a NUL character");
        return -EINVAL;
    }
    if (plain && is_null(text))
        node->kind = NODE_NULL;
    node->quoted = !plain;
    /* A failed substitution is an error, but reading goes on to find the others. */
    node->failed =
        substitute(text, node->place, &result, &node->secret, reader->errors) < 0;
    node->text = xstrdup(buffer_text(&result));
    buffer_finish(&result);
    *ret_node = node;
    return advance(reader);
}

/* -- Lists -- */

static int read_node(struct reader *reader, size_t depth, struct node **ret_node);

static int read_list(struct reader *reader, size_t depth, struct node *node)
{
    size_t capacity = 0;
    int error = advance(reader);
    while (error == 0 && reader->event.type != YAML_SEQUENCE_END_EVENT) {
        struct node *item;
        error = read_node(reader, depth - 1, &item);
        if (error < 0)
            return error;
        node->items = xgrow(node->items, &capacity, node->count + 1, sizeof(*node->items));
        node->items[node->count++] = item;
    }
    return error < 0 ? error : advance(reader);
}

/* -- Maps -- */

/* A map while it is read. */
struct map_reader {
    struct node *node;
    size_t capacity;
    const struct node *merged; /* value of `<<`; NULL: none */
    struct place merge_place;
};

static void member_add(struct map_reader *map, struct place place, const char *key,
    struct node *value)
{
    struct node *node = map->node;
    node->members = xgrow(node->members, &map->capacity, node->count + 1,
        sizeof(*node->members));
    node->members[node->count++] = (struct node_member){place, xstrdup(key), value};
}

static int compare_members(const void *left, const void *right)
{
    const struct node_member *const *a = left, *const *b = right;
    int names = strcmp((*a)->key, (*b)->key);
    return names != 0 ? names : (*a > *b) - (*a < *b);
}

/* Pointers to the members, by name; the caller frees. Looking each up in turn would take minutes for
 * a file that means harm. */
static const struct node_member **sort_members(const struct node *node)
{
    const struct node_member **sorted = xcalloc(node->count + 1, sizeof(*sorted));
    for (size_t i = 0; i < node->count; i++)
        sorted[i] = &node->members[i];
    qsort(sorted, node->count, sizeof(*sorted), compare_members);
    return sorted;
}

static int compare_key(const void *key, const void *member)
{
    return strcmp(key, (*(const struct node_member *const *)member)->key);
}

/* The later of two members of one name is an error, and is left out. */
static void refuse_duplicates(struct reader *reader, struct node *node)
{
    const struct node_member **sorted = sort_members(node);
    bool *doubled = xcalloc(node->count + 1, sizeof(*doubled));
    for (size_t i = 1; i < node->count; i++) {
        if (strcmp(sorted[i]->key, sorted[i - 1]->key) != 0)
            continue;
        doubled[sorted[i] - node->members] = true;
        config_errors_add(reader->errors, sorted[i]->place,
            "'%s' is given twice in this map, first in line %zu", sorted[i]->key,
            sorted[i - 1]->place.line);
    }
    size_t kept = 0;
    for (size_t i = 0; i < node->count; i++) {
        if (doubled[i])
            free((char *)node->members[i].key);
        else
            node->members[kept++] = node->members[i];
    }
    node->count = kept;
    free(doubled);
    free(sorted);
}

/* Members that the map does not have itself. */
static void merge_map(struct map_reader *map, const struct node *from)
{
    const struct node_member **sorted = sort_members(map->node);
    size_t count = map->node->count;
    size_t *missing = xcalloc(from->count + 1, sizeof(*missing));
    size_t missing_count = 0;
    for (size_t i = 0; i < from->count; i++) {
        if (bsearch(from->members[i].key, sorted, count, sizeof(*sorted), compare_key) == NULL)
            missing[missing_count++] = i;
    }
    free(sorted);
    for (size_t i = 0; i < missing_count; i++) {
        const struct node_member *member = &from->members[missing[i]];
        member_add(map, member->place, member->key, member->value);
    }
    free(missing);
}

/* `<<: *defaults`, or `<<: [*these, *those]`, where the former win. */
static void merge(struct reader *reader, struct map_reader *map, struct place place,
    const struct node *from)
{
    bool list = from->kind == NODE_LIST;
    for (size_t i = 0; i < (list ? from->count : 1); i++) {
        const struct node *item = list ? from->items[i] : from;
        if (item->kind == NODE_MAP)
            merge_map(map, item);
        else
            config_errors_add(reader->errors, list ? item->place : place,
                "'<<' expects a map, an alias to one, or a list of those");
    }
}

static int read_key(struct reader *reader, struct place *ret_place, char **ret_key)
{
    *ret_place = event_place(reader);
    if (reader->event.type != YAML_SCALAR_EVENT) {
        config_errors_add(reader->errors, *ret_place, "expected a name as the key of a map");
        return -EINVAL;
    }
    const char *text = (const char *)reader->event.data.scalar.value;
    if (strlen(text) != reader->event.data.scalar.length) {
        config_errors_add(reader->errors, *ret_place, "a key with a NUL character");
        return -EINVAL;
    }
    char *key = xstrdup(text);
    int error = advance(reader);
    if (error < 0)
        free(key);
    else
        *ret_key = key;
    return error;
}

static int read_member(struct reader *reader, size_t depth, struct map_reader *map)
{
    struct place place;
    char *key;
    struct node *value;
    int error = read_key(reader, &place, &key);
    if (error < 0)
        return error;
    error = read_node(reader, depth - 1, &value);
    if (error == 0 && strcmp(key, "<<") != 0) {
        member_add(map, place, key, value);
    } else if (error == 0 && map->merged != NULL) {
        config_errors_add(reader->errors, place,
            "'<<' is given twice in this map: write '<<: [*one, *other]'");
    } else if (error == 0) {
        map->merge_place = place;
        map->merged = value;
    }
    free(key);
    return error;
}

static int read_map(struct reader *reader, size_t depth, struct node *node)
{
    struct map_reader map = {.node = node};
    int error = advance(reader);
    while (error == 0 && reader->event.type != YAML_MAPPING_END_EVENT)
        error = read_member(reader, depth, &map);
    if (error < 0)
        return error;
    refuse_duplicates(reader, node);
    if (map.merged != NULL)
        merge(reader, &map, map.merge_place, map.merged);
    return advance(reader);
}

/* -- Any value -- */

static int read_container(struct reader *reader, size_t depth, struct node **ret_node)
{
    bool map = reader->event.type == YAML_MAPPING_START_EVENT;
    const yaml_char_t *name = map ? reader->event.data.mapping_start.anchor
                                  : reader->event.data.sequence_start.anchor;
    if (depth == 0)
        return refuse_depth(reader);
    check_tag(reader, map ? reader->event.data.mapping_start.tag
                          : reader->event.data.sequence_start.tag);
    ssize_t anchor = anchor_open(reader, name);
    struct node *node = document_node_create(reader->document, map ? NODE_MAP : NODE_LIST,
        event_place(reader));
    int error = map ? read_map(reader, depth, node) : read_list(reader, depth, node);
    if (error < 0)
        return error;
    if (anchor >= 0)
        reader->anchors[anchor].node = node;
    *ret_node = node;
    return 0;
}

static int read_node(struct reader *reader, size_t depth, struct node **ret_node)
{
    if (count_nodes(reader, 1) < 0)
        return -EINVAL;
    if (reader->event.type == YAML_ALIAS_EVENT)
        return read_alias(reader, depth, ret_node);
    if (reader->event.type != YAML_SCALAR_EVENT)
        return read_container(reader, depth, ret_node);
    ssize_t anchor = anchor_open(reader, reader->event.data.scalar.anchor);
    int error = read_scalar(reader, ret_node);
    if (error == 0 && anchor >= 0)
        reader->anchors[anchor].node = *ret_node;
    return error;
}

static int read_stream(struct reader *reader)
{
    struct document *document = reader->document;
    int error = advance(reader);
    if (error == 0)
        error = advance(reader); /* behind the stream's start */
    if (error < 0)
        return error;
    if (reader->event.type == YAML_STREAM_END_EVENT) {
        document->root = document_node_create(document, NODE_NULL,
            (struct place){document->file, 1, 1});
        return 0;
    }
    if ((error = advance(reader)) < 0 ||
        (error = read_node(reader, DEPTH_MAX, &document->root)) < 0 ||
        (error = advance(reader)) < 0)
        return error;
    if (reader->event.type == YAML_STREAM_END_EVENT)
        return 0;
    config_errors_add(reader->errors, event_place(reader),
        "a second document ('---') begins here: one file holds one document");
    return -EINVAL;
}

int document_read(struct document *document, const struct buffer *text,
    struct config_errors *errors)
{
    struct reader reader = {.document = document, .text = text, .errors = errors};
    if (!yaml_parser_initialize(&reader.parser)) {
        config_errors_add(errors, (struct place){document->file, 0, 0}, "out of memory");
        return -ENOMEM;
    }
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text->data, text->size);
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    int error = read_stream(&reader);
    yaml_event_delete(&reader.event);
    yaml_parser_delete(&reader.parser);
    for (size_t i = 0; i < reader.anchor_count; i++)
        free(reader.anchors[i].name);
    free(reader.anchors);
    return error;
}
