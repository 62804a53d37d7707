/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocation that does not fail, and cleanup by scope.
 *
 * Without memory the daemon cannot even report that, so it aborts; enforcement stays pinned.
 */
#ifndef BPFLOCK_UTIL_MEMORY_H
#define BPFLOCK_UTIL_MEMORY_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *xcalloc(size_t count, size_t size);
void *xreallocarray(void *pointer, size_t count, size_t size);
/* Room for `count` items, of which *max fit now. Grows by at least half, so that items can be added one by one. */
void *xgrow(void *pointer, size_t *max, size_t count, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t length);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
/* Appends to *text, after `separator` where *text was not empty. */
void xappend(char **text, const char *separator, const char *format, ...) __attribute__((format(printf, 3, 4)));

#define CLEANUP(function) __attribute__((cleanup(function)))

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_fclose(FILE **stream)
{
	if (*stream)
		fclose(*stream);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
