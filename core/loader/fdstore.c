/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service manager's file descriptor store keeps pinned objects between two daemons. An object's name there is its
 * path below PINS_PATH.
 */
#include "loader/loader.h"

#ifdef HAVE_LIBSYSTEMD
#include <bpf/bpf.h>
#include <errno.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "util/memory.h"

#define BARRIER_MICROSECONDS 5000000

static void warn(struct report *report, const char *path, int error, const char *what)
{
	report_add(report, REPORT_WARNING, "fdstore_failed", path, "%s: %s", what, strerror(-error));
}

/*
 * FDPOLL=0: for a map that cannot be polled the kernel reports EPOLLERR. Without FDPOLL=0 the service manager would
 * therefore close it.
 */
static int give(const char *path)
{
	CLEANUP(cleanup_close) int fd = bpf_obj_get(path);
	CLEANUP(cleanup_free) char *message = NULL;

	if (fd < 0)
		return -errno;
	message = xasprintf("FDSTORE=1\nFDPOLL=0\nFDNAME=%s", path + strlen(PINS_PATH "/"));
	return sd_pid_notify_with_fds(0, 0, message, &fd, 1);
}

static size_t give_all(FTS *tree, struct report *report)
{
	FTSENT *entry;
	size_t count = 0;

	while ((entry = fts_read(tree))) {
		int error = entry->fts_info == FTS_F ? give(entry->fts_path) : 0;

		if (error < 0)
			warn(report, entry->fts_path, error, "cannot be given to the service manager");
		count += error > 0;
	}
	return count;
}

size_t fdstore_give(struct report *report)
{
	char path[] = PINS_PATH, *const paths[] = { path, NULL };
	size_t count;
	FTS *tree;
	int error;

	if (!getenv("NOTIFY_SOCKET"))
		return 0;
	tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (!tree)
		return 0;
	count = give_all(tree, report);
	fts_close(tree);
	/* The service manager may not accept messages of a process that has ended. */
	error = sd_notify_barrier(0, BARRIER_MICROSECONDS);
	if (error < 0)
		warn(report, NULL, error, "the service manager did not answer");
	return count;
}

/* Only names that fdstore_give() can have made: none leads out of the directory. */
static bool is_pin(const char *name)
{
	size_t length = strlen(name);

	return length && name[0] != '/' && name[length - 1] != '/' && !strstr(name, "//") &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_/") == length;
}

static int make_parents(char *path)
{
	for (char *c = path + strlen(PINS_PATH "/"); *c; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return -errno;
		*c = '/';
	}
	return 0;
}

/* An existing pin is newer and stays: a daemon ran that the service manager had not started. */
static void take(int fd, const char *name, struct report *report)
{
	CLEANUP(cleanup_free) char *path = xasprintf(PINS_PATH "/%s", name);
	int error = make_parents(path);

	if (!error && bpf_obj_pin(fd, path) < 0 && errno != EEXIST)
		error = -errno;
	if (error)
		warn(report, path, error, "cannot pin what the service manager kept");
	else
		(void)sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", name);
}

bool fdstore_is_empty(void)
{
	return sd_listen_fds(0) <= 0;
}

void fdstore_take(struct report *report)
{
	char **names = NULL;
	int count = sd_listen_fds_with_names(1, &names);

	for (int i = 0; i < count; i++) {
		if (is_pin(names[i]))
			take(SD_LISTEN_FDS_START + i, names[i], report);
		else
			report_add(report, REPORT_WARNING, "fdstore_failed", names[i],
				   "the service manager has passed something that is not of bpflock");
		close(SD_LISTEN_FDS_START + i);
		free(names[i]);
	}
	free(names);
}

#else

size_t fdstore_give(struct report *report)
{
	(void)report;
	return 0;
}

bool fdstore_is_empty(void)
{
	return true;
}

void fdstore_take(struct report *report)
{
	(void)report;
}

#endif
