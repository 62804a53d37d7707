/* SPDX-License-Identifier: Apache-2.0 */
/*
 * records_seeds DIRECTORY: writes a record of each type there, to begin from. They are written by a
 * program, because their layout is that of the headers.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "records.h"

static void write_seed(const char *directory, const char *name, const void *record, size_t size)
{
	const struct input_head head = { .buffer_size = 300 };
	char path[4096];
	FILE *stream;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	stream = fopen(path, "w");
	if (!stream || fwrite(&head, sizeof(head), 1, stream) != 1 || fwrite(record, size, 1, stream) != 1 ||
	    fclose(stream) != 0) {
		perror(path);
		exit(1);
	}
}

static struct bpflock_event event(__u16 type)
{
	return (struct bpflock_event){ .time = 1500000000,
				       .cgroupid = 77,
				       .tgid = 10,
				       .pid = 11,
				       .ppid = 9,
				       .uid = 1000,
				       .type = type,
				       .comm = "cat",
				       .pcomm = "a \"b\"" };
}

int main(int argc, char **argv)
{
	const struct numbers numbers = { .event = event(NUMBERS), .s64 = (__u64)-1, .e8 = 2, .retval = -2 };
	const struct strings strings = { .event = event(STRINGS),
					 .name = "1234567\1",
					 .path = "/tmp/\xc3\xa4=\\\n\xff",
					 .words = { .length = 5, .bytes = "ls\0-l" },
					 .retval = -13 };
	static struct longest longest = { .path = "/etc/passwd", .words = { .length = 3, .bytes = "a\0b" } };
	static struct paths paths = { .cwd = { .length = 3 | BPFLOCK_PATH_DELETED, .bytes = "a\0b" },
				      .file = { .length = 6, .bytes = "ls\0bin\0" } };
	struct forms forms = { .event = event(FORMS),
			       .ip4 = { 127, 0, 0, 1 },
			       .ip6 = { [10] = 0xff, 0xff, 192, 0, 2, 1 },
			       .mac = { 2, 0xff },
			       .mode = 0100644,
			       .mode32 = 04755,
			       .owner = 1000,
			       .since = 1500000000 };
	const struct bpflock_decision decision = { .event = event(DECISION),
						   .operation = 1,
						   .rule = BPFLOCK_RULE_BASELINE,
						   .retval = -1,
						   .verdict = BPFLOCK_VERDICT_DENIED };

	if (argc != 2)
		return 2;
	longest.event = event(LONG);
	paths.event = event(PATHS);
	write_seed(argv[1], "numbers", &numbers, sizeof(numbers));
	write_seed(argv[1], "strings", &strings, sizeof(strings));
	write_seed(argv[1], "short", &strings, offsetof(struct strings, words));
	write_seed(argv[1], "longest", &longest, sizeof(longest));
	write_seed(argv[1], "paths", &paths, sizeof(paths));
	write_seed(argv[1], "forms", &forms, sizeof(forms));
	forms.event = event(NOBODYS);
	write_seed(argv[1], "nobodys", &forms, sizeof(forms));
	write_seed(argv[1], "decision", &decision, sizeof(decision));
	return 0;
}
