/* SPDX-License-Identifier: Apache-2.0 */
/* For core/config only: what a loaded configuration owns, and how it comes together. */
#ifndef CONFIG_CONFIG_PRIVATE_H
#define CONFIG_CONFIG_PRIVATE_H

#include "config/config.h"

#include <sys/types.h>

struct owned_config {
    struct config config; /* first: what callers see */
    struct option_memory *memory;
    struct document **documents;
    size_t document_count;
    size_t document_capacity;
};

extern const struct paku_option journal_option_rows[];

struct member_list {
    struct node_member *items;
    size_t count;
    size_t capacity;
};

/* A file that was read, so that it is not read twice. */
struct file_identity {
    dev_t device;
    ino_t inode;
};

/* The members of all files, brought together, so that the whole is loaded at once. */
struct gathering {
    struct owned_config *owned;
    struct config_errors *errors;
    struct member_list settings;
    struct member_list pipelines;
    struct file_identity *files;
    size_t file_count;
    size_t file_capacity;
};

/* Reads a file or a folder, and what it includes. `place` is where it is named. */
void gather_path(struct gathering *all, const char *path, struct place place);
void gather_text(struct gathering *all, const char *text);
void gathering_finish(struct gathering *all);

/* Fills a pipeline's instances from its three lists. */
void pipeline_load(struct pipeline_config *pipeline, const struct node *map,
    struct option_memory *memory, struct config_errors *errors);

/* 1 to 63 letters, digits, '_' and '-': pipelines and instances are named in paths and topics. */
bool is_plain_name(const char *name);

#endif
