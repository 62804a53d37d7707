/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/verifier_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "util/filesystem.h"
#include "util/memory.h"

#define SOURCE_MAX 200
#define SENTENCES 2

/* The first text that is found in the sentence counts. */
static const struct {
	const char *text;
	const char *hint;
} hints[] = {
	{ "_or_null'", "compare the pointer with NULL before it is used" },
	{ "invalid mem access 'scalar'",
	  "a number is used as a pointer: follow pointers of the hook's arguments by their "
	  "types, and read user memory by bpf_probe_read_user()" },
	{ "GPL", "write: char LICENSE[] SEC(\"license\") = \"GPL\"" },
	{ "unknown func", "this kernel lacks the helper, or programs of this section may not call it" },
	{ "cannot use helper", "programs of this section may not call the helper" },
	{ "helper call is not allowed", "programs of this section may not call the helper" },
	{ "back-edge", "give each loop a constant number of rounds" },
	{ "infinite loop", "give each loop a constant number of rounds" },
	{ "jumps is too complex", "make loops shorter, or move their body to a __noinline function" },
	{ "program is too large", "make loops shorter, or move their body to a __noinline function" },
	{ "combined stack size", "put large data into the record or a map: a program has 512 bytes of stack" },
	{ "invalid write to stack", "put large data into the record or a map: a program has 512 bytes of stack" },
	{ "read from stack", "initialize the variable before it is read" },
	{ "!read_ok", "initialize the variable before it is read" },
	{ "Unreleased reference", "submit the record on every path: bpflock_event_submit()" },
	{ "reference leak", "submit the record on every path: bpflock_event_submit()" },
	{ "allowed memory range", "compare the index with the size before it is used" },
	{ "min value is negative", "compare the index with the size before it is used, as an unsigned number" },
	{ "unbounded memory access", "compare the length with the size before it is used" },
	{ "invalid access to map value", "compare the index with the size before it is used" },
	{ "invalid bpf_context access", "compare the program's arguments with those of the hook in this kernel" },
	{ "At program exit", "return 0 or a negative errno, and a `ret` that is not 0 unchanged" },
	{ "too many", "make the program shorter, or split it" },
};

/* An instruction ("12: (79) r0 = ..."), a state ("from 3 to 5: ...") or the source ("; ..."). */
static bool is_trace(const char *line)
{
	size_t digits = strspn(line, "0123456789");

	return line[0] == ';' || (digits && line[digits] == ':') || strncmp(line, "from ", 5) == 0 ||
	       strncmp(line, "func#", 5) == 0 || strncmp(line, "mark_precise:", 13) == 0;
}

/* What follows is a count, and since Linux 7.1 the same error at length. */
static bool is_end(const char *line)
{
	return strncmp(line, "processed ", 10) == 0 || strncmp(line, "Verification failed:", 20) == 0;
}

/**
 * struct source - a line of the source: "; TEXT @ FILE:LINE", before Linux 6.10 only "; TEXT"
 * @text:   without blanks before it; empty where the compiler did not find the source
 * @length: of the text
 * @place:  FILE:LINE, or NULL
 */
struct source {
	const char *text;
	int length;
	const char *place;
};

static struct source split_source(const char *line)
{
	struct source source = { .text = line + 1 + strspn(line + 1, " \t") };
	const char *place = strncmp(source.text, "@ ", 2) == 0 ? source.text : strstr(source.text, " @ ");
	size_t length = place ? (size_t)(place - source.text) : strlen(source.text);

	source.length = (int)(length < SOURCE_MAX ? length : SOURCE_MAX);
	source.place = place ? strchr(place, '@') + 2 : NULL;
	return source;
}

/* Where the compiler knows no line, its number is 0. */
static bool names_source(const char *line)
{
	struct source source;
	const char *number;

	if (line[0] != ';')
		return false;
	source = split_source(line);
	number = source.place ? strrchr(source.place, ':') : NULL;
	return source.length || (number && strcmp(number, ":0") != 0);
}

static char *describe_source(const char *line)
{
	struct source source = split_source(line);

	if (!source.place)
		return xasprintf("%.*s", source.length, source.text);
	return xasprintf("%s%s%.*s", source.place, source.length ? ": " : "", source.length, source.text);
}

static const char *find_hint(const char *sentence)
{
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++)
		if (strstr(sentence, hints[i].text))
			return hints[i].hint;
	return NULL;
}

struct verifier_rejection verifier_log_read(const char *log)
{
	CLEANUP(cleanup_free) char *lines = xstrdup(log);
	const char *source = NULL, *said[SENTENCES] = { NULL };
	struct verifier_rejection rejection = { .sentence = xstrdup("") };
	char *rest = lines, *line;

	while ((line = strsep(&rest, "\n")) && !is_end(line)) {
		if (names_source(line))
			source = line;
		if (is_trace(line)) {
			said[0] = said[1] = NULL;
		} else if (*line) {
			said[0] = said[1];
			said[1] = line;
		}
	}
	for (size_t i = 0; i < SENTENCES; i++)
		if (said[i])
			xappend(&rejection.sentence, "; ", "%s", said[i]);
	rejection.source = source ? describe_source(source) : xstrdup("");
	rejection.hint = find_hint(rejection.sentence);
	return rejection;
}

void verifier_rejection_clear(struct verifier_rejection *rejection)
{
	free(rejection->source);
	free(rejection->sentence);
	*rejection = (struct verifier_rejection){ 0 };
}

/* In a directory of somebody else, the file could be another one. */
static int open_directory(void)
{
	int fd;
	struct stat status;

	(void)mkdir(VERIFIER_LOG_DIRECTORY, 0755);
	fd = open(VERIFIER_LOG_DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) == 0 && !file_is_of_another_user(&status) && !file_is_writable_by_others(&status))
		return fd;
	close(fd);
	return -EPERM;
}

static bool write_all(int fd, const char *text)
{
	size_t length = strlen(text);

	while (length) {
		ssize_t written = write(fd, text, length);

		if (written <= 0)
			return false;
		text += written;
		length -= (size_t)written;
	}
	return true;
}

char *verifier_log_keep(const char *plugin, const char *log)
{
	CLEANUP(cleanup_free) char *name = xasprintf("verifier-%s.log", plugin);
	CLEANUP(cleanup_close) int directory = open_directory();
	CLEANUP(cleanup_close) int fd = -1;

	if (directory < 0 || (unlinkat(directory, name, 0) < 0 && errno != ENOENT))
		return NULL;
	fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || !write_all(fd, log))
		return NULL;
	return xasprintf(VERIFIER_LOG_DIRECTORY "/%s", name);
}
