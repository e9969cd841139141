/* SPDX-License-Identifier: Apache-2.0 */
/* Allocation that cannot fail: when memory is gone it says so on stderr and aborts. The journal holds
 * what was promised, so a restart loses nothing; limping on could. Sizes that come from outside are
 * bounded before they get here. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *memory, size_t size);
/* Grows an array to hold at least `needed` items, doubling; updates *capacity. */
void *xgrow(void *items, size_t *capacity, size_t needed, size_t item_size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t size);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

#endif
