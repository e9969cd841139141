/* SPDX-License-Identifier: Apache-2.0 */
/* Finds plugins in folders, loads what fits, and says of the rest why not. */
#ifndef PLUGIN_LOADER_H
#define PLUGIN_LOADER_H

#include "base/log.h"

#include <paku/plugin.h>

struct loader;

/* A file that was looked at and not taken. */
struct refused_plugin {
    char *file;
    char *reason; /* "built for ABI 2, this paku has ABI 1" */
};

struct loader *loader_create(void);
/* Unloads nothing: code stays mapped until the process ends. */
void loader_destroy(struct loader *loader);

/* Looks at every *.so in a folder, sorted by name. Of two plugins of one kind and name the first
 * one loaded stays, the second is refused. -ENOENT and the like when the folder cannot be read. */
int loader_add_directory(struct loader *loader, const char *directory);
/* A plugin that is part of the program or of a test. */
int loader_add(struct loader *loader, const struct paku_plugin *plugin, const char *file);

const struct paku_plugin *loader_find(const struct loader *loader, enum paku_kind kind,
    const char *name);
size_t loader_count(const struct loader *loader);
/* Sorted by kind, then name. *ret_file (may be NULL) is the file it came from. */
const struct paku_plugin *loader_at(const struct loader *loader, size_t index,
    const char **ret_file);
size_t loader_refused_count(const struct loader *loader);
const struct refused_plugin *loader_refused_at(const struct loader *loader, size_t index);

/* The folders in which plugins are looked for, in this order: `given` (--plugin-dir), `configured`
 * (plugins.directories), plugins/ of the build tree when the program runs from there, and the
 * install folder. Reads all of them; a folder that was named and cannot be read is logged. */
void loader_search(struct loader *loader, const char *given, const struct paku_strings *configured,
    struct logger *logger);

#endif
