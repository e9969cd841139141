/* SPDX-License-Identifier: Apache-2.0 */
#include "topic.h"

#include <string.h>

#define SHARE_PREFIX "$share/"
#define TOPIC_MAX 65535

static size_t level_length(const char *at)
{
    return strcspn(at, "/");
}

/* The next level, or NULL behind the last. */
static const char *level_next(const char *at)
{
    at += level_length(at);
    return *at == '/' ? at + 1 : NULL;
}

static bool level_is(const char *at, char wildcard)
{
    return at[0] == wildcard && level_length(at) == 1;
}

static const char *levels_fault(const char *filter)
{
    for (const char *at = filter; at != NULL; at = level_next(at)) {
        size_t length = level_length(at);
        if (memchr(at, '#', length) != NULL) {
            if (length != 1)
                return "'#' must be a whole level, as in 'a/#'";
            if (level_next(at) != NULL)
                return "'#' must be the last level";
        }
        if (memchr(at, '+', length) != NULL && length != 1)
            return "'+' must be a whole level, as in 'a/+/b'";
    }
    return NULL;
}

static bool is_shared(const char *filter)
{
    return strncmp(filter, SHARE_PREFIX, strlen(SHARE_PREFIX)) == 0;
}

static const char *share_fault(const char *filter)
{
    const char *group = filter + strlen(SHARE_PREFIX);
    size_t length = level_length(group);
    if (length == 0 || group[length] != '/' || group[length + 1] == '\0')
        return "a shared subscription reads '$share/GROUP/FILTER'";
    if (memchr(group, '+', length) != NULL || memchr(group, '#', length) != NULL)
        return "the group of a shared subscription has no wildcards";
    return NULL;
}

const char *topic_filter_fault(const char *filter)
{
    if (filter[0] == '\0')
        return "a topic filter has at least one character";
    if (strlen(filter) > TOPIC_MAX)
        return "a topic filter has at most 65535 bytes";
    if (is_shared(filter)) {
        const char *fault = share_fault(filter);
        if (fault != NULL)
            return fault;
    }
    return levels_fault(topic_filter_unshared(filter));
}

const char *topic_filter_unshared(const char *filter)
{
    if (!is_shared(filter))
        return filter;
    const char *rest = level_next(filter + strlen(SHARE_PREFIX));
    return rest != NULL ? rest : filter;
}

static bool levels_equal(const char *left, const char *right)
{
    size_t length = level_length(left);
    return length == level_length(right) && memcmp(left, right, length) == 0;
}

/* Wildcards at the first level do not match topics of the broker's own, such as $SYS (4.7.2). */
static bool hides_system_topics(const char *filter, const char *topic)
{
    return topic[0] == '$' && (level_is(filter, '+') || level_is(filter, '#'));
}

bool topic_matches(const char *filter, const char *topic)
{
    filter = topic_filter_unshared(filter);
    if (hides_system_topics(filter, topic))
        return false;
    while (filter != NULL && topic != NULL) {
        if (level_is(filter, '#'))
            return true;
        if (!level_is(filter, '+') && !levels_equal(filter, topic))
            return false;
        filter = level_next(filter);
        topic = level_next(topic);
    }
    /* "a/#" matches "a" too. */
    return topic == NULL && (filter == NULL || level_is(filter, '#'));
}

bool topic_filters_overlap(const char *left, const char *right)
{
    left = topic_filter_unshared(left);
    right = topic_filter_unshared(right);
    if (hides_system_topics(left, right) || hides_system_topics(right, left))
        return false;
    while (left != NULL && right != NULL) {
        if (level_is(left, '#') || level_is(right, '#'))
            return true;
        if (!level_is(left, '+') && !level_is(right, '+') && !levels_equal(left, right))
            return false;
        left = level_next(left);
        right = level_next(right);
    }
    const char *rest = left != NULL ? left : right;
    return rest == NULL || level_is(rest, '#');
}
