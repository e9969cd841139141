/* SPDX-License-Identifier: Apache-2.0 */
#include "regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <errno.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

/* Enough for any sensible pattern on a payload of the size that brokers let through, and over within
 * some ten milliseconds for the others. */
#define MATCH_LIMIT 500000
#define DEPTH_LIMIT 100000
#define HEAP_LIMIT_KIB 20480
#define JIT_STACK_MAX (512 * 1024)

#define COMPILE_OPTIONS (PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_DOLLAR_ENDONLY | \
    PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DUPNAMES)

struct regex {
    pcre2_code *code;
    struct paku_text pattern;
};

struct regex_matcher {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
};

int regex_create(struct paku_text pattern, struct pool *pool, struct regex **ret_regex,
    struct paku_text *ret_message)
{
    struct paku_text translated;
    const char *message;
    size_t offset;
    struct pool_mark mark = pool_mark(pool);
    if (regex_translate(pattern, pool, &translated, &message, &offset) < 0) {
        *ret_message = pool_print(pool, "%s at byte %zu", message, offset);
        return -EINVAL;
    }
    int error;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)translated.data, translated.size, COMPILE_OPTIONS,
        &error, &offset, NULL);
    pool_release(pool, mark);
    if (code == NULL) {
        PCRE2_UCHAR text[128];
        pcre2_get_error_message(error, text, sizeof(text));
        *ret_message = pool_print(pool, "%s", (const char *)text);
        return -EINVAL;
    }
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* without it matching is slower, no more */
    struct regex *regex = pool_take(pool, sizeof(*regex));
    *regex = (struct regex){code, pattern};
    *ret_regex = regex;
    return 0;
}

void regex_destroy(struct regex *regex)
{
    if (regex == NULL)
        return;
    pcre2_code_free(regex->code);
    regex->code = NULL;
}

struct paku_text regex_pattern(const struct regex *regex)
{
    return regex->pattern;
}

struct regex_matcher *regex_matcher_create(void)
{
    struct regex_matcher *matcher = calloc(1, sizeof(*matcher));
    if (matcher != NULL) {
        matcher->data = pcre2_match_data_create(1, NULL);
        matcher->context = pcre2_match_context_create(NULL);
        matcher->stack = pcre2_jit_stack_create(32 * 1024, JIT_STACK_MAX, NULL);
    }
    if (matcher == NULL || matcher->data == NULL || matcher->context == NULL) {
        fprintf(stderr, "schema: out of memory\n");
        abort();
    }
    pcre2_set_match_limit(matcher->context, MATCH_LIMIT);
    pcre2_set_depth_limit(matcher->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(matcher->context, HEAP_LIMIT_KIB);
    if (matcher->stack != NULL) /* there is none where there is no JIT */
        pcre2_jit_stack_assign(matcher->context, NULL, matcher->stack);
    return matcher;
}

void regex_matcher_destroy(struct regex_matcher *matcher)
{
    if (matcher == NULL)
        return;
    pcre2_jit_stack_free(matcher->stack);
    pcre2_match_context_free(matcher->context);
    pcre2_match_data_free(matcher->data);
    free(matcher);
}

enum regex_result regex_search(const struct regex *regex, struct regex_matcher *matcher,
    struct paku_text text)
{
    int count = pcre2_match(regex->code, (PCRE2_SPTR)text.data, text.size, 0, PCRE2_NO_UTF_CHECK,
        matcher->data, matcher->context);
    if (count == PCRE2_ERROR_JIT_STACKLIMIT)
        count = pcre2_match(regex->code, (PCRE2_SPTR)text.data, text.size, 0,
            PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, matcher->data, matcher->context);
    if (count >= 0)
        return REGEX_MATCH;
    return count == PCRE2_ERROR_NOMATCH ? REGEX_NO_MATCH : REGEX_GAVE_UP;
}
