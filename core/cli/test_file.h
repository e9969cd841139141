/* SPDX-License-Identifier: Apache-2.0 */
/* What a file of `paku test` says. */
#ifndef CLI_TEST_FILE_H
#define CLI_TEST_FILE_H

#include "config/options.h"

/* A message as it comes to an input. */
struct test_message {
    const char *input; /* name of the instance; NULL: the pipeline's first */
    const char *topic;
    struct paku_map tags;
    const char *payload; /* the bytes, ended by NUL */
};

/* A record that is to come out. What is not given is not looked at. */
struct test_expected {
    const char *time;
    struct paku_map tags;       /* these at least */
    struct paku_strings outputs;
    const char *payload;          /* JSON: this one */
    const char *payload_contains; /* JSON: these members at least */
    const char *text;             /* of a payload that is no JSON */
};

struct test_rejected {
    const char *reason; /* part of it, or a glob that fits all of it */
    const char *by;
};

struct test_case {
    const char *name;
    struct place place;
    int64_t filtered;
    int64_t absorbed; /* -1: not looked at */
    size_t message_count, expected_count, rejected_count;
    struct test_message *messages;
    struct test_expected *expected;
    struct test_rejected *rejected;
};

struct test_file {
    const char *config; /* absolute path */
    const char *pipeline;
    struct place place;
    size_t count;
    struct test_case *cases;
    struct document *document;
    struct option_memory *memory;
};

/* -EINVAL with errors added. */
int test_file_load(const char *path, struct config_errors *errors, struct test_file *ret_file);
void test_file_finish(struct test_file *file);

#endif
