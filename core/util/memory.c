/* SPDX-License-Identifier: Apache-2.0 */
#include "util/memory.h"

#include <string.h>

static void *checked(void *pointer)
{
	if (!pointer)
		abort();
	return pointer;
}

void *xcalloc(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1));
}

void *xreallocarray(void *pointer, size_t count, size_t size)
{
	return checked(reallocarray(pointer, count ? count : 1, size ? size : 1));
}

void *xgrow(void *pointer, size_t *max, size_t count, size_t size)
{
	if (count <= *max)
		return pointer;
	*max = count + *max / 2;
	return xreallocarray(pointer, *max, size);
}

char *xstrdup(const char *text)
{
	return checked(strdup(text));
}

char *xstrndup(const char *text, size_t length)
{
	return checked(strndup(text, length));
}

char *xvasprintf(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		abort();
	return text;
}

void xappend(char **text, const char *separator, const char *format, ...)
{
	CLEANUP(cleanup_free) char *before = *text, *more = NULL;
	va_list args;

	va_start(args, format);
	more = xvasprintf(format, args);
	va_end(args);
	*text = xasprintf("%s%s%s", before, *before ? separator : "", more);
}

char *xasprintf(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	return text;
}
