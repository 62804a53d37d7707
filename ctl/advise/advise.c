/* SPDX-License-Identifier: Apache-2.0 */
/* advise: what a log says about a policy that would have been enough. */
#include <errno.h>
#include <string.h>

#include "advise/advice.h"
#include "ctl.h"
#include "describe.h"
#include "process.h"
#include "terminal.h"
#include "util/json.h"
#include "util/memory.h"

/* An entry of the journal has a line of the log twice, and more. */
#define LINE_SIZE (256UL * 1024)

/**
 * struct wanted - what is read, and what is written
 * @files: "-" for stdin
 * @html:  path, or NULL
 */
struct wanted {
	const char **files;
	size_t file_count;
	bool journal;
	const char *html;
	bool ini;
};

enum { KEY_JOURNAL = 256, KEY_HTML, KEY_INI };

static const struct argp_option options[] = {
	{ "journal", KEY_JOURNAL, NULL, 0, "Read bpflock's lines of the journal, by journalctl", 0 },
	{ "html", KEY_HTML, "FILE", 0, "Write a page of HTML to FILE, and print nothing", 0 },
	{ "ini", KEY_INI, NULL, 0, "Print only the proposed configuration", 0 },
	{ 0 },
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct wanted *wanted = state->input;

	switch (key) {
	case KEY_JOURNAL:
		wanted->journal = true;
		return 0;
	case KEY_HTML:
		wanted->html = argument;
		return 0;
	case KEY_INI:
		wanted->ini = true;
		return 0;
	case ARGP_KEY_ARG:
		wanted->files = xreallocarray(wanted->files, wanted->file_count + 1, sizeof(*wanted->files));
		wanted->files[wanted->file_count++] = argument;
		return 0;
	case ARGP_KEY_END:
		if (!wanted->file_count && !wanted->journal)
			argp_error(state, "name a file, - or --journal");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[FILE... | -]",
	.doc = "Reads lines of bpflock's log, and says which operations nobody used, who used the others, and which "
	       "configuration would have been enough. The lines may be JSON, logfmt, or what journalctl -o json prints; of "
	       "many days and hosts, and in any order. Which operations there are, the daemon's binary says.\v"
	       "Exit status: 0; 1 an input cannot be read, or has no line of bpflock; 2 the command line is wrong; 5 the "
	       "daemon's binary gives no answer.",
};

/* Reads a line into buffer[LINE_SIZE]. What does not fit is dropped, and the length is 0 then. Returns false at the end. */
static bool next_line(FILE *stream, char *buffer, size_t *ret_length)
{
	size_t length = 0;
	int byte;

	while ((byte = getc_unlocked(stream)) != EOF) {
		if (length < LINE_SIZE)
			buffer[length] = (char)byte;
		length++;
		if (byte == '\n')
			break;
	}
	*ret_length = length <= LINE_SIZE ? length : 0;
	return length;
}

static void read_stream(struct advice *advice, FILE *stream)
{
	CLEANUP(cleanup_free) char *line = xcalloc(1, LINE_SIZE);
	size_t length;

	while (next_line(stream, line, &length)) {
		struct entry entry;

		if (entry_read(&entry, line, length))
			advice_add(advice, &entry);
		else
			advice->unread++;
		entry_clear(&entry);
	}
}

static int read_file(struct advice *advice, const char *path)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *stream = is_stdin ? stdin : fopen(path, "re");
	int error = stream ? 0 : errno;

	if (stream)
		read_stream(advice, stream);
	if (stream && ferror(stream))
		error = errno;
	if (stream && !is_stdin)
		fclose(stream);
	if (error)
		fprintf(stderr, "bpflockctl: cannot read %s: %s\n", path, strerror(error));
	return error ? EXIT_NOT_SO : EXIT_SUCCESS;
}

/* The identifier can be forged by any process, the user cannot. */
static int read_journal(struct advice *advice)
{
	static const char *const words[] = {
		"journalctl", "--quiet", "--no-pager", "--output=json", "SYSLOG_IDENTIFIER=bpflock", "_UID=0", NULL
	};
	struct process process;
	int status;

	if (process_start(&process, words) < 0)
		return EXIT_NOT_SO;
	read_stream(advice, process.output);
	status = process_end(&process);
	if (status)
		fprintf(stderr, "bpflockctl: journalctl has ended with status %d\n", status);
	return status ? EXIT_NOT_SO : EXIT_SUCCESS;
}

static int read_all(struct advice *advice, const struct wanted *wanted)
{
	int status = wanted->journal ? read_journal(advice) : EXIT_SUCCESS;

	for (size_t i = 0; i < wanted->file_count && !status; i++)
		status = read_file(advice, wanted->files[i]);
	if (status || advice->lines)
		return status;
	fputs("bpflockctl: the input has no line of bpflock\n", stderr);
	return EXIT_NOT_SO;
}

static int write_html(const struct advice *advice, const char *path)
{
	FILE *stream = fopen(path, "we");
	int error;

	if (stream)
		advice_print_html(advice, stream);
	error = !stream || ferror(stream) || fclose(stream) < 0 ? errno : 0;
	if (error)
		fprintf(stderr, "bpflockctl: cannot write %s: %s\n", path, strerror(error));
	return error ? EXIT_NOT_SO : EXIT_SUCCESS;
}

static int write_advice(const struct ctl *ctl, const struct wanted *wanted, const struct advice *advice)
{
	CLEANUP(cleanup_json) struct json_object *object = NULL;

	if (wanted->html)
		return write_html(advice, wanted->html);
	if (wanted->ini) {
		advice_print_ini(advice, stdout);
	} else if (ctl->json) {
		object = advice_json(advice);
		terminal_print_json(object);
	} else {
		advice_print(advice);
	}
	return EXIT_SUCCESS;
}

static int advise(const struct ctl *ctl, const struct wanted *wanted)
{
	CLEANUP(cleanup_json) struct json_object *description = NULL;
	struct advice advice;
	int status = describe(ctl, "plugins", &description);

	if (status)
		return status;
	advice_open(&advice, description);
	status = read_all(&advice, wanted);
	if (!status) {
		advice_conclude(&advice);
		status = write_advice(ctl, wanted, &advice);
	}
	advice_close(&advice);
	return status;
}

int verb_advise(struct ctl *ctl, int argc, char **argv)
{
	struct wanted wanted = { 0 };
	int status;

	ctl_parse(ctl, &argp, &wanted, argc, argv);
	status = advise(ctl, &wanted);
	free(wanted.files);
	return status;
}
