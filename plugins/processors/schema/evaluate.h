/* SPDX-License-Identifier: Apache-2.0 */
/* Values against compiled schemas. */
#ifndef SCHEMA_EVALUATE_H
#define SCHEMA_EVALUATE_H

#include "engine.h"

/* What is wrong, for people; the texts belong to the evaluation, until its next run.
 * Pointers as in URI fragments: spaces, control characters and '%' as %XX; "#" for the root. */
struct problem {
    const char *instance; /* "/metrics/temperature_c" */
    const char *schema;   /* "/properties/metrics/additionalProperties/type", through $ref */
    const char *message;  /* "expected a number, got the string \"hot\"" */
    size_t depth;         /* of the instance pointer */
    unsigned weight;      /* how much it says, among others of the same depth */
};

/* Of two problems of one depth the heavier is told: a wrong `const` mostly says that another alternative
 * was meant, a wrong type may say so. */
enum weight { WEIGHT_OTHER_KIND, WEIGHT_TYPE, WEIGHT_DETAIL };

/* Makes no difference between schemas; reused from record to record. */
struct evaluation *evaluation_create(void);
void evaluation_destroy(struct evaluation *evaluation); /* NULL is allowed */

/* True when the value is valid, else false with *ret_problem. */
bool evaluation_run(struct evaluation *evaluation, const struct schema *schema,
    struct paku_value value, struct problem *ret_problem);

/* -- For the check_*.c -- */

/* How often one schema may lead to another on the way to a value: bounds the stack. */
#define EVALUATION_DEPTH 2500

struct evaluation {
    struct pool scratch;
    struct pool texts; /* of problems */
    struct regex_matcher *matcher;
    uint64_t seed;
    bool explaining;
    bool broken;             /* a limit was hit: what is found counts no more */
    struct problem *problem; /* while explaining; message == NULL: none yet */
    struct problem broken_by;
};

/* A schema at work on a value, on the stack. */
struct frame {
    const struct frame *parent;
    const struct schema *schema;
    const struct child *via; /* NULL for the root */
    struct paku_value value;
    enum paku_json_type type;
    uint32_t index; /* in its container */
    uint32_t depth;
    bool descends; /* the value is a part of the parent's */
    uint64_t *evaluated; /* bits: which members or items were looked at; NULL: nobody asks */
};

bool evaluate_in_place(struct evaluation *evaluation, const struct frame *frame,
    const struct child *child, const struct schema *schema, uint64_t *evaluated);
/* `part` is the frame's member or item with that index, or (name) a member's name. */
bool evaluate_part(struct evaluation *evaluation, const struct frame *frame,
    const struct child *child, struct paku_value part, size_t index);
bool evaluate_name(struct evaluation *evaluation, const struct frame *frame,
    const struct child *child, struct paku_value name);

/* An empty set for the frame's value, in the scratch pool. */
uint64_t *evaluated_create(struct evaluation *evaluation, const struct frame *frame);
void evaluated_add_all(const struct frame *frame, const uint64_t *more);
static inline void evaluated_add(const struct frame *frame, size_t index)
{
    if (frame->evaluated != NULL)
        frame->evaluated[index / 64] |= UINT64_C(1) << (index % 64);
}

/* explain.c. All return false. Nothing is written in the fast pass. */
bool fail(struct evaluation *evaluation, const struct frame *frame, const char *keyword,
    unsigned weight, const char *format, ...) PAKU_PRINTF(5, 6);
/* "expected <format>, got <the frame's value>" */
bool fail_expected(struct evaluation *evaluation, const struct frame *frame, const char *keyword,
    unsigned weight, const char *format, ...) PAKU_PRINTF(5, 6);
/* A limit was hit. */
bool fail_broken(struct evaluation *evaluation, const struct frame *frame, const char *keyword,
    const char *format, ...) PAKU_PRINTF(4, 5);
/* A text for a message: quoted, escaped, shortened. */
struct paku_text quote(struct evaluation *evaluation, struct paku_text text);
/* 'the string "hot"', "an array of 2 items" */
struct paku_text describe(struct evaluation *evaluation, struct paku_value value);

#endif
