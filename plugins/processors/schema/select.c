/* SPDX-License-Identifier: Apache-2.0 */
#include "select.h"

#include "equal.h"
#include "name_template.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define GLOB_TEXT_MAX 1024

struct rule {
    const char *name;              /* the file's */
    const struct paku_map *match;  /* NULL: found by name only */
    const struct schema *schema;
};

struct selection {
    struct schema_set *set;
    const char *directory;         /* watched too, when names come from the records */
    struct file_stamp stamp;       /* of it */
    struct name_template *template; /* `field`, or NULL */
    size_t count, capacity;
    struct rule *rules;
};

/* -- Making one -- */

static int selection_fail(struct selection *selection, const char *key, const char *message)
{
    struct schema_set *set = selection->set;
    set->error = pool_print(&set->pool, "%s: %s", key, message);
    return -EINVAL;
}

/* `name` stands in the folder of the options, when it is not absolute. */
static int add_rule(struct selection *selection, const struct select_options *options,
    const char *key, const char *name, const struct paku_map *match)
{
    struct schema_set *set = selection->set;
    const char *file = name[0] == '/'
        ? name : pool_print(&set->pool, "%s/%s", options->directory, name).data;
    struct rule rule = {
        .name = pool_copy(&set->pool, (struct paku_text){name, strlen(name)}).data,
        .match = match,
    };
    if (schema_set_load(set, file, &rule.schema) < 0)
        return selection_fail(selection, key, set->error.data);
    selection->rules = pool_grow(&set->pool, selection->rules, &selection->capacity,
        selection->count + 1, sizeof(rule));
    selection->rules[selection->count++] = rule;
    return 0;
}

static bool is_schema_file(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && dot != NULL && strcmp(dot, ".json") == 0;
}

static int filter_entry(const struct dirent *entry)
{
    return is_schema_file(entry);
}

/* All files of the folder, since any may be asked for. */
static int add_directory(struct selection *selection, const struct select_options *options)
{
    struct dirent **entries;
    struct paku_json_error problem;
    struct schema_set *set = selection->set;
    struct stat status;
    selection->directory = options->directory;
    if (stat(options->directory, &status) == 0)
        selection->stamp = file_stamp(&status);
    if (name_template_create(options->field, &selection->template, &problem) < 0)
        return selection_fail(selection, "field", pool_print(&set->pool,
            "'%s' is no template of a file name: %s at byte %zu", options->field, problem.message,
            problem.offset).data);
    int count = scandir(options->directory, &entries, filter_entry, alphasort);
    if (count < 0)
        return selection_fail(selection, "directory", pool_print(&set->pool, "%s: %s",
            options->directory, strerror(errno)).data);
    int error = 0;
    for (int i = 0; i < count; i++) {
        if (error == 0)
            error = add_rule(selection, options, "directory", entries[i]->d_name, NULL);
        free(entries[i]);
    }
    free(entries);
    if (count == 0)
        return selection_fail(selection, "directory", pool_print(&set->pool,
            "there is no file *.json in %s", options->directory).data);
    return error;
}

static int load(struct selection *selection, const struct select_options *options)
{
    static const struct paku_map everything;
    const struct schema_choice *choices = options->schemas.items;
    int ways = (options->schema != NULL) + (options->schemas.count > 0) + (options->field != NULL);
    if (ways != 1)
        return selection_fail(selection, ways == 0 ? "schema" : options->field != NULL ? "field"
            : "schemas", "expected one of schema, schemas and field to say which schema is meant");
    if (options->schema != NULL)
        return add_rule(selection, options, "schema", options->schema, &everything);
    for (size_t i = 0; i < options->schemas.count; i++) {
        int error = add_rule(selection, options, "schemas", choices[i].schema, &choices[i].match);
        if (error < 0)
            return error;
    }
    return options->field != NULL ? add_directory(selection, options) : 0;
}

int selection_create(const struct select_options *options, struct selection **ret_selection)
{
    struct selection *selection = calloc(1, sizeof(*selection));
    if (selection == NULL)
        abort();
    selection->set = schema_set_create(options->format == FORMAT_ASSERTION);
    for (size_t i = 0; i < options->map.count; i++) {
        const char *folder = options->map.texts[i];
        struct paku_text path = pool_print(&selection->set->pool, "%s%s%s",
            folder[0] == '/' ? "" : options->directory, folder[0] == '/' ? "" : "/", folder);
        schema_set_map(selection->set, options->map.names[i], path.data);
    }
    *ret_selection = selection;
    return load(selection, options);
}

void selection_destroy(struct selection *selection)
{
    if (selection == NULL)
        return;
    name_template_destroy(selection->template);
    schema_set_destroy(selection->set);
    free(selection);
}

const char *selection_error(const struct selection *selection)
{
    return selection->set->error.data != NULL ? selection->set->error.data : "";
}

const char *selection_file(const struct selection *selection, size_t index,
    struct file_stamp *ret_stamp)
{
    if (selection->directory != NULL && index-- == 0) {
        *ret_stamp = selection->stamp;
        return selection->directory;
    }
    return schema_set_file(selection->set, index, ret_stamp);
}

size_t selection_count(const struct selection *selection)
{
    return selection->count;
}

/* -- Finding -- */

/* One of the alternatives of "data|state*"; a missing tag is an empty text. */
static bool glob_fits(const char *glob, struct paku_text text)
{
    char copy[GLOB_TEXT_MAX], pattern[GLOB_TEXT_MAX];
    if (text.size >= sizeof(copy))
        return false;
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    for (;;) {
        size_t size = 0;
        while (glob[size] != '\0' && glob[size] != '|')
            size += glob[size] == '\\' && glob[size + 1] != '\0' ? 2 : 1;
        if (size < sizeof(pattern)) {
            memcpy(pattern, glob, size);
            pattern[size] = '\0';
            if (fnmatch(pattern, copy, 0) == 0)
                return true;
        }
        if (glob[size] == '\0')
            return false;
        glob += size + 1;
    }
}

static bool rule_fits(const struct rule *rule, const struct paku_record *record)
{
    for (size_t i = 0; i < rule->match->count; i++) {
        struct paku_text text = {"", 0};
        paku_record_tag(record, rule->match->names[i], &text);
        if (!glob_fits(rule->match->texts[i], text))
            return false;
    }
    return true;
}

static const struct rule *find_by_name(const struct selection *selection,
    const struct paku_record *record)
{
    char name[NAME_TEMPLATE_MAX];
    if (!name_template_fill(selection->template, record, name))
        return NULL;
    for (size_t i = 0; i < selection->count; i++) {
        if (strcmp(selection->rules[i].name, name) == 0)
            return &selection->rules[i];
    }
    return NULL;
}

const struct schema *selection_find(const struct selection *selection,
    const struct paku_record *record, const char **ret_name)
{
    const struct rule *found = NULL;
    if (selection->template != NULL)
        found = find_by_name(selection, record);
    for (size_t i = 0; selection->template == NULL && found == NULL && i < selection->count; i++) {
        if (rule_fits(&selection->rules[i], record))
            found = &selection->rules[i];
    }
    if (found == NULL)
        return NULL;
    *ret_name = selection->count > 1 ? found->name : NULL;
    return found->schema;
}
