/* SPDX-License-Identifier: Apache-2.0 */
/* Names that may have been meant. */
#include "config/errors.h"

#include <ctype.h>
#include <string.h>

#define NAME_LENGTH_MAX 63

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Case and the kind of dash are slips that count for nothing. */
static bool same(char left, char right)
{
    left = left == '-' ? '_' : left;
    right = right == '-' ? '_' : right;
    return tolower((unsigned char)left) == tolower((unsigned char)right);
}

/* Edits (insert, delete, replace, swap neighbours) from one name to the other. */
static size_t edit_distance(const char *left, size_t m, const char *right, size_t n)
{
    size_t rows[3][NAME_LENGTH_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= n; j++)
        last[j] = j;
    for (size_t i = 1; i <= m; i++) {
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            row[j] = smallest(last[j] + 1, row[j - 1] + 1,
                last[j - 1] + !same(left[i - 1], right[j - 1]));
            bool swapped = i > 1 && j > 1 && same(left[i - 1], right[j - 2]) &&
                same(left[i - 2], right[j - 1]);
            if (swapped && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[n];
}

const char *nearest_name(const char *word, const char *const *candidates, size_t count)
{
    size_t length = strlen(word), least = length / 4 + 2;
    const char *nearest = NULL;
    if (length > NAME_LENGTH_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t other = strlen(candidates[i]);
        if (other > NAME_LENGTH_MAX)
            continue;
        size_t distance = edit_distance(word, length, candidates[i], other);
        if (distance < least && distance < other) {
            least = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}
