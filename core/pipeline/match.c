/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/match.h"

#include "base/utf8.h"

#include <errno.h>
#include <string.h>

/* -- Globs -- */

/* Where the bracket that opens at `at` ends (behind the ']'); NULL: it is never closed. */
static const char *class_end(const char *at, const char *end)
{
    at++;
    if (at < end && *at == '!')
        at++;
    if (at < end && *at == ']') /* in first place it means itself */
        at++;
    while (at < end && *at != ']')
        at++;
    return at < end ? at + 1 : NULL;
}

static bool class_has(const char *at, const char *end, uint32_t letter)
{
    bool negated = at[1] == '!', found = false;
    at += negated ? 2 : 1;
    end--; /* the ']' */
    while (at < end) {
        uint32_t low = 0, high = 0;
        size_t size = utf8_decode(at, (size_t)(end - at), &low);
        at += size > 0 ? size : 1;
        high = low;
        if (end - at >= 2 && *at == '-') {
            size = utf8_decode(at + 1, (size_t)(end - at - 1), &high);
            at += 1 + (size > 0 ? size : 1);
        }
        found = found || (letter >= low && letter <= high);
    }
    return found != negated;
}

/* Takes one item of the glob, not '*', and what it stands for in the text. */
static bool match_one(const char **glob, const char *glob_end, const char **text,
    const char *text_end)
{
    uint32_t letter = 0;
    size_t size = utf8_decode(*text, (size_t)(text_end - *text), &letter);
    if (size == 0)
        return false;
    const char *close = **glob == '[' ? class_end(*glob, glob_end) : NULL;
    if (close != NULL) {
        if (!class_has(*glob, close, letter))
            return false;
        *glob = close;
        *text += size;
        return true;
    }
    if (**glob == '?') {
        (*glob)++;
        *text += size;
        return true;
    }
    if (**glob == '\\' && glob_end - *glob > 1)
        (*glob)++;
    return *(*glob)++ == *(*text)++;
}

/* Goes back to the latest star only: that is enough, and bounds the time by the product of the lengths. */
static bool match_alternative(const char *glob, const char *glob_end, const char *text,
    const char *text_end)
{
    const char *star = NULL, *retry = NULL;
    for (;;) {
        if (glob < glob_end && *glob == '*') {
            star = ++glob;
            retry = text;
        } else if (glob == glob_end && text == text_end) {
            return true;
        } else if (glob == glob_end || !match_one(&glob, glob_end, &text, text_end)) {
            if (star == NULL || retry == text_end)
                return false;
            glob = star;
            text = ++retry;
        }
    }
}

static const char *alternative_end(const char *at, const char *end)
{
    while (at < end && *at != '|') {
        const char *close = *at == '[' ? class_end(at, end) : NULL;
        if (close != NULL)
            at = close;
        else
            at += *at == '\\' && end - at > 1 ? 2 : 1;
    }
    return at;
}

bool glob_matches(const char *glob, struct paku_text text)
{
    const char *end = glob + strlen(glob);
    for (;;) {
        const char *stop = alternative_end(glob, end);
        if (match_alternative(glob, stop, text.data, text.data + text.size))
            return true;
        if (stop == end)
            return false;
        glob = stop + 1;
    }
}

/* -- Maps -- */

static const char *glob_fault(const char *glob)
{
    const char *end = glob + strlen(glob);
    for (const char *at = glob; at < end; at += *at == '\\' && end - at > 1 ? 2 : 1) {
        const char *close = *at == '[' ? class_end(at, end) : NULL;
        if (*at == '[' && close == NULL)
            return "a '[' is never closed";
        if (close != NULL)
            at = close - 1;
    }
    for (const char *at = glob; strchr(glob, '|') != NULL; at++) {
        const char *stop = alternative_end(at, end);
        if (stop == at && end > glob && (stop < end || at > glob))
            return "nothing stands before or behind a '|'";
        if (stop == end)
            break;
        at = stop;
    }
    return NULL;
}

int match_init(struct match *match, const struct paku_map *tags, struct place place,
    struct config_errors *errors)
{
    int error = 0;
    for (size_t i = 0; i < tags->count; i++) {
        const char *fault = glob_fault(tags->texts[i]);
        if (fault == NULL)
            continue;
        config_errors_add(errors, place, "match: %s: '%s' is no pattern: %s", tags->names[i],
            tags->texts[i], fault);
        error = -EINVAL;
    }
    match->tags = tags;
    return error;
}

bool match_record(const struct match *match, const struct paku_record *record)
{
    for (size_t i = 0; match->tags != NULL && i < match->tags->count; i++) {
        struct paku_text text = {"", 0};
        paku_record_tag(record, match->tags->names[i], &text);
        if (!glob_matches(match->tags->texts[i], text))
            return false;
    }
    return true;
}
