/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/loader.h"

#include "base/memory.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct entry {
    const struct paku_plugin *plugin;
    char *file;
};

struct loader {
    struct entry *entries;
    size_t count;
    size_t capacity;
    struct refused_plugin *refused;
    size_t refused_count;
    size_t refused_capacity;
};

static const char *const kind_names[] = {"nothing", "input", "processor", "output"};
static const char *const kind_folders[] = {"inputs", "processors", "outputs"};

struct loader *loader_create(void)
{
    return xcalloc(1, sizeof(struct loader));
}

void loader_destroy(struct loader *loader)
{
    for (size_t i = 0; i < loader->count; i++)
        free(loader->entries[i].file);
    for (size_t i = 0; i < loader->refused_count; i++) {
        free(loader->refused[i].file);
        free(loader->refused[i].reason);
    }
    free(loader->entries);
    free(loader->refused);
    free(loader);
}

/* Takes `reason`, which came from malloc. */
static int refuse(struct loader *loader, const char *file, int error, char *reason)
{
    loader->refused = xgrow(loader->refused, &loader->refused_capacity, loader->refused_count + 1,
        sizeof(*loader->refused));
    loader->refused[loader->refused_count++] = (struct refused_plugin){xstrdup(file), reason};
    return error;
}

/* -- What a description must hold -- */

static bool is_word(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    return name != NULL && name[0] >= 'a' && name[0] <= 'z' && strlen(name) <= 63 &&
        strspn(name, letters) == strlen(name);
}

/* The first member that must be there and is not; NULL when all are. */
static const char *lacking_member(const struct paku_plugin *plugin)
{
    if (plugin->version == NULL)
        return "version";
    if (plugin->summary == NULL)
        return "summary";
    if (plugin->init == NULL)
        return "init";
    if (plugin->kind == PAKU_INPUT && plugin->start == NULL)
        return "start";
    if (plugin->kind == PAKU_PROCESSOR && plugin->processor.process == NULL)
        return "processor.process";
    if (plugin->kind == PAKU_OUTPUT && plugin->output.write == NULL)
        return "output.write";
    return NULL;
}

/* NULL, or what is wrong, from malloc. ABI and size are looked at first: when they differ nothing else
 * can be trusted to be where it is looked for. */
static char *description_fault(const struct paku_plugin *plugin)
{
    if (plugin->abi != PAKU_ABI)
        return xasprintf("built for plugin ABI %u, this paku has ABI %u: build it again with the "
                         "header of this version", plugin->abi, PAKU_ABI);
    if (plugin->size != sizeof(*plugin))
        return xasprintf("its description has %u bytes, expected %zu: it was built with another "
                         "header", plugin->size, sizeof(*plugin));
    if (plugin->kind < PAKU_INPUT || plugin->kind > PAKU_OUTPUT)
        return xasprintf("it is of kind %d: expected input (1), processor (2) or output (3)",
            (int)plugin->kind);
    if (!is_word(plugin->name))
        return xstrdup("its name must be a lower-case word: a letter, then letters, digits, '_' and '-', 63 at most");
    const char *lacking = lacking_member(plugin);
    if (lacking != NULL)
        return xasprintf("its description lacks '%s', which every %s must have", lacking,
            kind_names[plugin->kind]);
    return NULL;
}

static const struct entry *entry_find(const struct loader *loader, enum paku_kind kind,
    const char *name)
{
    for (size_t i = 0; i < loader->count; i++) {
        const struct paku_plugin *plugin = loader->entries[i].plugin;
        if (plugin->kind == kind && strcmp(plugin->name, name) == 0)
            return &loader->entries[i];
    }
    return NULL;
}

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    if (a->plugin->kind != b->plugin->kind)
        return a->plugin->kind < b->plugin->kind ? -1 : 1;
    return strcmp(a->plugin->name, b->plugin->name);
}

int loader_add(struct loader *loader, const struct paku_plugin *plugin, const char *file)
{
    char *fault = description_fault(plugin);
    if (fault != NULL)
        return refuse(loader, file, -ENOEXEC, fault);
    const struct entry *other = entry_find(loader, plugin->kind, plugin->name);
    if (other != NULL)
        return refuse(loader, file, -EEXIST, xasprintf("the %s '%s' was loaded already from %s",
            kind_names[plugin->kind], plugin->name, other->file));
    loader->entries = xgrow(loader->entries, &loader->capacity, loader->count + 1,
        sizeof(*loader->entries));
    loader->entries[loader->count++] = (struct entry){plugin, xstrdup(file)};
    qsort(loader->entries, loader->count, sizeof(*loader->entries), compare_entries);
    return 0;
}

/* -- Files -- */

/* Whoever may write the file, or put another in its place, may do all that the daemon may do. */
static char *owner_fault(const struct stat *status)
{
    if (status->st_uid == 0 || status->st_uid == geteuid())
        return NULL;
    return xasprintf("belongs to user %u: expected root or the user that runs paku",
        (unsigned)status->st_uid);
}

static char *folder_fault(const char *file)
{
    struct stat status;
    char *folder = xstrndup(file, (size_t)(strrchr(file, '/') - file));
    const char *path = folder[0] != '\0' ? folder : "/";
    char *fault = NULL;
    if (stat(path, &status) < 0)
        fault = xasprintf("its folder cannot be read: %s", strerror(errno));
    else if ((status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0)
        fault = xasprintf("everybody may write to its folder: chmod o-w %s", path);
    free(folder);
    return fault;
}

/* `file` is absolute. */
static char *file_fault(const char *file)
{
    struct stat status;
    if (stat(file, &status) < 0)
        return xasprintf("cannot be read: %s", strerror(errno));
    if (!S_ISREG(status.st_mode))
        return xstrdup("is no file");
    if ((status.st_mode & S_IWOTH) != 0)
        return xasprintf("everybody may write to it: chmod o-w %s", file);
    if (access(file, R_OK) < 0)
        return xasprintf("cannot be read: %s", strerror(errno));
    char *fault = owner_fault(&status);
    return fault != NULL ? fault : folder_fault(file);
}

static bool is_loaded(const struct loader *loader, const char *file)
{
    for (size_t i = 0; i < loader->count; i++) {
        if (strcmp(loader->entries[i].file, file) == 0)
            return true;
    }
    return false;
}

static bool is_refused(const struct loader *loader, const char *file)
{
    for (size_t i = 0; i < loader->refused_count; i++) {
        if (strcmp(loader->refused[i].file, file) == 0)
            return true;
    }
    return false;
}

static void load_file(struct loader *loader, const char *given)
{
    char file[PATH_MAX];
    if (realpath(given, file) == NULL) {
        refuse(loader, given, -errno, xasprintf("cannot be read: %s", strerror(errno)));
        return;
    }
    if (is_loaded(loader, file) || is_refused(loader, file))
        return; /* a folder that is searched twice */
    char *fault = file_fault(file);
    if (fault != NULL) {
        refuse(loader, file, -EACCES, fault);
        return;
    }
    void *object = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (object == NULL) {
        refuse(loader, file, -ENOEXEC, xstrdup(dlerror()));
        return;
    }
    const struct paku_plugin *plugin = dlsym(object, PAKU_PLUGIN_SYMBOL);
    int error = plugin == NULL
        ? refuse(loader, file, -ENOEXEC, xstrdup("has no symbol '" PAKU_PLUGIN_SYMBOL "'"))
        : loader_add(loader, plugin, file);
    if (error < 0)
        dlclose(object); /* nothing of it was called */
}

static int is_object(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 3 && strcmp(entry->d_name + length - 3, ".so") == 0;
}

static int add_flat(struct loader *loader, const char *directory)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, is_object, alphasort);
    if (count < 0)
        return -errno;
    for (int i = 0; i < count; i++) {
        char *file = xasprintf("%s/%s", directory, entries[i]->d_name);
        load_file(loader, file);
        free(file);
        free(entries[i]);
    }
    free(entries);
    return 0;
}

int loader_add_directory(struct loader *loader, const char *directory)
{
    int error = add_flat(loader, directory);
    for (size_t i = 0; error == 0 && i < sizeof(kind_folders) / sizeof(kind_folders[0]); i++) {
        char *folder = xasprintf("%s/%s", directory, kind_folders[i]);
        add_flat(loader, folder); /* need not be there */
        free(folder);
    }
    return error;
}

static void search_named(struct loader *loader, const char *directory, struct logger *logger)
{
    int error = loader_add_directory(loader, directory);
    if (error < 0)
        logger_write(logger, PAKU_WARNING, "", "cannot search '%s' for plugins: %s; going on "
            "without it", directory, strerror(-error));
}

/* In a build tree the program and the folder plugins/ lie side by side, with Ninja's file. */
static void search_build_tree(struct loader *loader)
{
    char program[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (size <= 0)
        return;
    program[size] = '\0';
    *strrchr(program, '/') = '\0';
    char *ninja = xasprintf("%s/build.ninja", program);
    char *directory = xasprintf("%s/plugins", program);
    if (access(ninja, F_OK) == 0)
        loader_add_directory(loader, directory);
    free(directory);
    free(ninja);
}

void loader_search(struct loader *loader, const char *given, const struct paku_strings *configured,
    struct logger *logger)
{
    if (given != NULL)
        search_named(loader, given, logger);
    for (size_t i = 0; configured != NULL && i < configured->count; i++)
        search_named(loader, configured->items[i], logger);
    search_build_tree(loader);
    loader_add_directory(loader, PAKU_PLUGIN_DIRECTORY); /* need not be there */
}

/* -- Looking -- */

const struct paku_plugin *loader_find(const struct loader *loader, enum paku_kind kind,
    const char *name)
{
    const struct entry *entry = entry_find(loader, kind, name);
    return entry != NULL ? entry->plugin : NULL;
}

size_t loader_count(const struct loader *loader)
{
    return loader->count;
}

const struct paku_plugin *loader_at(const struct loader *loader, size_t index,
    const char **ret_file)
{
    if (ret_file != NULL)
        *ret_file = loader->entries[index].file;
    return loader->entries[index].plugin;
}

size_t loader_refused_count(const struct loader *loader)
{
    return loader->refused_count;
}

const struct refused_plugin *loader_refused_at(const struct loader *loader, size_t index)
{
    return &loader->refused[index];
}
