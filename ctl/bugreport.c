/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bugreport: what other commands print, in one archive. Each file of it is the output of a command, so everybody can
 * look what such a file has. Events of observers stay out: command lines may hold passwords.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "describe.h"
#include "entry.h"
#include "process.h"
#include "util/json.h"
#include "util/memory.h"

/* How much of the end of a log is read. */
#define LOG_BYTES_MAX (1 << 20)
#define NAME "bpflock-report"
/* For each command: a daemon that hangs is something to report, and not to wait for. */
#define SECONDS "20"

/**
 * struct part - a file of the archive
 * @words: a command; "bpflockctl" and "bpflock" in the first place stand for this program and the daemon's binary
 */
struct part {
	const char *file;
	const char *words[4];
};

static const struct part parts[] = {
	{ "version", { "bpflock", "--version" } },
	{ "system", { "uname", "-srvm" } }, /* not the name of the host */
	{ "os-release", { "cat", "/etc/os-release" } },
	{ "check", { "bpflockctl", "check" } },
	{ "configuration", { "bpflock", "--dump-config" } },
	{ "configuration-check", { "bpflock", "--check-config" } },
	{ "status", { "bpflockctl", "status" } },
	{ "status.json", { "bpflockctl", "status", "--json" } },
	{ "plugins", { "bpflockctl", "plugins" } },
	{ "policy", { "bpflockctl", "policy" } },
	{ "grants", { "bpflockctl", "grants" } },
};

static int complain(const char *what)
{
	fprintf(stderr, "bpflockctl: %s: %s\n", what, strerror(errno));
	return EXIT_NOT_SO;
}

/* The output of a command, and its errors. */
static void run(const struct ctl *ctl, int output, const struct part *part)
{
	CLEANUP(cleanup_free) char *self = realpath("/proc/self/exe", NULL);
	const char *words[10] = { "timeout", SECONDS, part->words[0] };
	size_t count = 3;

	if (strcmp(part->words[0], "bpflockctl") == 0) {
		words[2] = self ? self : "bpflockctl";
		words[count++] = "--socket";
		words[count++] = ctl->socket;
	} else if (strcmp(part->words[0], "bpflock") == 0) {
		words[2] = ctl->daemon;
	}
	for (size_t i = 1; part->words[i]; i++)
		words[count++] = part->words[i];
	(void)process_run(words, output); /* that it fails is something to report */
}

static int create_file(int directory, const char *name)
{
	return openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static int add_part(const struct ctl *ctl, int directory, const struct part *part)
{
	CLEANUP(cleanup_close) int fd = create_file(directory, part->file);

	if (fd < 0)
		return complain(part->file);
	run(ctl, fd, part);
	return 0;
}

/* Lines of the daemon, and decisions; not those of observers, nor what is no line of bpflock. */
static bool is_to_report(const char *line, size_t length)
{
	CLEANUP(cleanup_free) char *copy = xstrdup(line); /* entry_read() changes it */
	struct entry entry;
	bool is;

	is = entry_read(&entry, copy, length) &&
	     (strcmp(entry.values[ENTRY_SUBSYS], "bpflock") == 0 || *entry.values[ENTRY_REASON]);
	entry_clear(&entry);
	return is;
}

static void copy_lines(FILE *from, FILE *to)
{
	CLEANUP(cleanup_free) char *line = NULL;
	size_t size = 0, left_out = 0;
	ssize_t length;

	while ((length = getline(&line, &size, from)) > 0) {
		if (is_to_report(line, strnlen(line, (size_t)length)))
			fputs(line, to);
		else
			left_out++;
	}
	fprintf(to, "(%zu other lines are left out: those of observers, and what is no line of bpflock)\n", left_out);
}

static FILE *open_log(const char *path)
{
	FILE *file = fopen(path, "re");
	int byte = 0;

	if (!file || fseek(file, -LOG_BYTES_MAX, SEEK_END) < 0)
		return file;
	/* The line that begins before may have lost what says that it stays out. */
	while (byte != EOF && byte != '\n')
		byte = getc(file);
	return file;
}

/* The first output that is a file, of a list of names or of objects with names. To be freed; NULL where there is none. */
static char *find_file(const struct json_object *outputs)
{
	for (size_t i = 0; i < json_length(outputs); i++) {
		struct json_object *output = json_object_array_get_idx(outputs, i);
		const char *name = json_object_is_type(output, json_type_object) ? json_get_text(output, "name") :
										   json_object_get_string(output);

		if (name && strncmp(name, "file:", 5) == 0)
			return xstrdup(name + 5);
	}
	return NULL;
}

/* The log of the daemon that runs; or else the one that is configured, for one that does not. */
static char *find_log(const struct ctl *ctl)
{
	const struct ctl raw = { .socket = ctl->socket, .daemon = ctl->daemon, .json = true };
	CLEANUP(cleanup_close) int fd = access(ctl->socket, F_OK) < 0 ? -1 : client_open(&raw, CLIENT_PING_SECONDS);
	CLEANUP(cleanup_json) struct json_object *configured = NULL;
	struct json_object *daemon = NULL;
	struct reply reply = { 0 };
	char *path = NULL;

	if (fd >= 0 && client_call(&raw, fd, "Status", NULL, &reply) == 0 && !reply.error &&
	    json_object_object_get_ex(reply.parameters, "daemon", &daemon))
		path = find_file(json_get_list(daemon, "outputs"));
	else if (describe(ctl, "outputs", &configured) == 0)
		path = find_file(json_get_list(configured, "outputs"));
	reply_clear(&reply);
	return path;
}

static void add_file(const char *path, FILE *to)
{
	FILE *log = open_log(path);

	if (!log) {
		fprintf(to, "cannot read %s: %s\n", path, strerror(errno));
		return;
	}
	copy_lines(log, to);
	fclose(log);
}

static void add_journal(FILE *to)
{
	static const char *const words[] = {
		"journalctl", "--quiet", "--lines=5000", "--output=cat", "SYSLOG_IDENTIFIER=bpflock", "_UID=0", NULL
	};
	struct process journal;

	if (process_start(&journal, words) < 0) {
		fputs("the log has no file, and there is no journal here\n", to);
		return;
	}
	copy_lines(journal.output, to);
	(void)process_end(&journal);
}

static int add_log(const struct ctl *ctl, int directory)
{
	CLEANUP(cleanup_free) char *path = find_log(ctl);
	int fd = create_file(directory, "log");
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (!file)
		return complain("log");
	if (path)
		add_file(path, file);
	else
		add_journal(file);
	fclose(file);
	return 0;
}

static int collect(const struct ctl *ctl, int directory)
{
	int status = 0;

	for (size_t i = 0; !status && i < ARRAY_SIZE(parts); i++)
		status = add_part(ctl, directory, &parts[i]);
	return status ? status : add_log(ctl, directory);
}

static void remove_files(const char *parent, const char *name, int directory)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		unlinkat(directory, parts[i].file, 0);
	unlinkat(directory, "log", 0);
	rmdir(name);
	rmdir(parent);
}

static int pack(const char *parent, const char *path)
{
	const char *const words[] = { "tar", "--create", "--gzip", "--directory", parent, NAME, NULL };
	CLEANUP(cleanup_close) int fd = create_file(AT_FDCWD, path);

	if (fd < 0)
		return complain(path);
	if (process_run(words, fd) == 0)
		return 0;
	unlink(path);
	fputs("bpflockctl: tar(1) has failed: install tar and gzip, and look whether there is space\n", stderr);
	return EXIT_NOT_SO;
}

static void print_contents(const char *path)
{
	printf("%s has, each as that command prints it:\n", path);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		printf("  %-20s %s %s %s\n", parts[i].file, parts[i].words[0], parts[i].words[1],
		       parts[i].words[2] ? parts[i].words[2] : "");
	puts("  log                  the last lines of the log: of the daemon, and decisions\n"
	     "Names of processes, paths, units and cgroups are in it. Look through it before you send it.");
}

static int report(const struct ctl *ctl, const char *path)
{
	char parent[] = "/tmp/bpflockctl.XXXXXX";
	CLEANUP(cleanup_free) char *name = NULL;
	CLEANUP(cleanup_close) int directory = -1;
	int status;

	if (!mkdtemp(parent))
		return complain(parent);
	name = xasprintf("%s/" NAME, parent);
	if (mkdir(name, 0700) < 0 || (directory = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return complain(name);
	status = collect(ctl, directory);
	if (!status)
		status = pack(parent, path);
	remove_files(parent, name, directory);
	if (!status)
		print_contents(path);
	return status;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	const char **path = state->input;

	if (key != ARGP_KEY_ARG || *path)
		return ARGP_ERR_UNKNOWN;
	*path = argument;
	return 0;
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "[FILE]",
	.doc = "Writes versions, check, configuration, status and the last lines of the log to one archive (default: "
	       "bpflock-report-TIME.tar.gz in this directory). It needs no daemon. Run it as root.",
};

int verb_bugreport(struct ctl *ctl, int argc, char **argv)
{
	const char *path = NULL;
	time_t now = time(NULL);
	char name[64];

	ctl_parse(ctl, &argp, &path, argc, argv);
	strftime(name, sizeof(name), NAME "-%Y%m%dT%H%M%SZ.tar.gz", gmtime(&now));
	return report(ctl, path ? path : name);
}
