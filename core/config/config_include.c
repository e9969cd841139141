/* SPDX-License-Identifier: Apache-2.0 */
/* One configuration from several files: folders, and `include`. */
#include "config/config_private.h"

#include "base/memory.h"
#include "config/option_scalar.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILES_MAX 256

static void gather(struct gathering *all, struct member_list *list,
    const struct node_member *member, const char *what)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct node_member *other = &list->items[i];
        if (strcmp(other->key, member->key) != 0)
            continue;
        config_errors_add(all->errors, member->place, "%s '%s' was given already in %s, line %zu",
            what, member->key, other->place.file, other->place.line);
        return;
    }
    list->items = xgrow(list->items, &list->capacity, list->count + 1, sizeof(*list->items));
    list->items[list->count++] = *member;
}

static void gather_pipelines(struct gathering *all, const struct node *map)
{
    if (map->kind == NODE_NULL)
        return;
    if (map->kind != NODE_MAP) {
        config_errors_add(all->errors, map->place,
            "'pipelines' expects a map of names to pipelines");
        return;
    }
    for (size_t i = 0; i < map->count; i++)
        gather(all, &all->pipelines, &map->members[i], "the pipeline");
}

static void gather_include(struct gathering *all, const struct node *value)
{
    size_t count = value->kind == NODE_LIST ? value->count : 1;
    for (size_t i = 0; i < count; i++) {
        const struct node *item = value->kind == NODE_LIST ? value->items[i] : value;
        if (item->kind != NODE_SCALAR)
            config_errors_add(all->errors, item->place,
                "'include' expects paths of files or folders");
        else if (!item->failed)
            gather_path(all, option_path(all->owned->memory, item->place, item->text),
                item->place);
    }
}

static void gather_root(struct gathering *all, const struct node *root)
{
    if (root->kind == NODE_NULL)
        return;
    if (root->kind != NODE_MAP) {
        config_errors_add(all->errors, root->place,
            "expected a map here, such as 'pipelines: ...'");
        return;
    }
    for (size_t i = 0; i < root->count; i++) {
        const struct node_member *member = &root->members[i];
        if (strcmp(member->key, "pipelines") == 0)
            gather_pipelines(all, member->value);
        else if (strcmp(member->key, "include") == 0)
            gather_include(all, member->value);
        else if (strncmp(member->key, "x-", 2) != 0) /* those are a place for anchors */
            gather(all, &all->settings, member, "the option");
    }
}

static void gather_document(struct gathering *all, const char *file, const char *text)
{
    struct owned_config *owned = all->owned;
    struct document *document = NULL;
    document_load(file, text, all->errors, &document);
    if (document == NULL)
        return;
    owned->documents = xgrow(owned->documents, &owned->document_capacity,
        owned->document_count + 1, sizeof(*owned->documents));
    owned->documents[owned->document_count++] = document;
    gather_root(all, document_root(document));
}

/* Tells a file that includes itself, by whatever way. */
static bool is_known(struct gathering *all, const struct stat *status)
{
    for (size_t i = 0; i < all->file_count; i++) {
        if (all->files[i].device == status->st_dev && all->files[i].inode == status->st_ino)
            return true;
    }
    all->files = xgrow(all->files, &all->file_capacity, all->file_count + 1,
        sizeof(*all->files));
    all->files[all->file_count++] = (struct file_identity){status->st_dev, status->st_ino};
    return false;
}

static int is_yaml(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 5 &&
        strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

static void gather_folder(struct gathering *all, const char *path, struct place place)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_yaml, alphasort);
    if (count < 0) {
        config_errors_add(all->errors, place, "cannot read the folder '%s': %s", path,
            strerror(errno));
        return;
    }
    if (count == 0)
        config_errors_add(all->errors, place, "there is no *.yaml file in the folder '%s'", path);
    for (int i = 0; i < count; i++) {
        char *file = xasprintf("%s/%s", path, entries[i]->d_name);
        gather_path(all, file, place);
        free(file);
        free(entries[i]);
    }
    free(entries);
}

void gather_path(struct gathering *all, const char *path, struct place place)
{
    struct stat status;
    if (stat(path, &status) < 0)
        config_errors_add(all->errors, place, "cannot read '%s': %s", path, strerror(errno));
    else if (is_known(all, &status))
        config_errors_add(all->errors, place,
            "'%s' was read already: it is included twice, or includes itself", path);
    else if (all->file_count > FILES_MAX)
        config_errors_add(all->errors, place, "more than %d files and folders", FILES_MAX);
    else if (S_ISDIR(status.st_mode))
        gather_folder(all, path, place);
    else
        gather_document(all, path, NULL);
}

void gather_text(struct gathering *all, const char *text)
{
    gather_document(all, NULL, text);
}

void gathering_finish(struct gathering *all)
{
    free(all->settings.items);
    free(all->pipelines.items);
    free(all->files);
}
