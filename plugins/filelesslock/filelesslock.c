// SPDX-License-Identifier: Apache-2.0
/*
 * filelesslock: decides who may execute files that exist only in memory: memfds, deleted files, and files on tmpfs.
 *
 *	[filelesslock]
 *	profile = baseline
 *	tmpfs   = yes
 *	allow   = map_memfd
 */
#include "filelesslock.h"

#include <bpflock/plugin.h>
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

struct filelesslock_config {
	__u32 tmpfs;
};

static const struct bpflock_option options[] = {
	{
		.name = "tmpfs",
		.summary = "whether the profile governs files on tmpfs, as in /dev/shm; `block` and `allow` always do",
		.initial = "no",
		.type = BPFLOCK_OPTION_BOOL,
		BPFLOCK_MEMBER(struct filelesslock_config, tmpfs),
	},
};

static const struct bpflock_field fields[] = {
	BPFLOCK_KEY_FIELD(struct filelesslock_decision, file, BPFLOCK_FIELD_STR,
			  "path of the file as the process sees it, or its name"),
};

#define EVENT(number, hook, about)                                                                          \
	{                                                                                                   \
		.type = (number), .flags = BPFLOCK_EVENT_DECISION, .name = "lsm_" hook, .summary = (about), \
		.fields = BPFLOCK_TABLE(fields)                                                             \
	}

static const struct bpflock_event_type events[] = {
	EVENT(FILELESSLOCK_EXEC, "bprm_creds_from_file", "a program was to be executed"),
	EVENT(FILELESSLOCK_SCRIPT, "bprm_check_security", "a script was to be executed, or a file of another format"),
	EVENT(FILELESSLOCK_MAP, "mmap_file", "a file was to be mapped as executable"),
	EVENT(FILELESSLOCK_PROTECT, "file_mprotect", "a mapping of a file was to be made executable"),
};

static const struct bpflock_operation operations[] = {
	[FILELESSLOCK_EXECUTE(FILELESSLOCK_MEMFD)] = { .name = "exec_memfd",
						       .summary = "execute a file of memfd_create(2)",
						       .groups = "exec memfd" },
	[FILELESSLOCK_EXECUTE(FILELESSLOCK_DELETED)] = { .name = "exec_deleted",
							 .summary = "execute a file that has no name any more, or "
								    "never had one (O_TMPFILE)",
							 .groups = "exec deleted" },
	[FILELESSLOCK_EXECUTE(FILELESSLOCK_TMPFS)] = { .name = "exec_tmpfs",
						       .summary = "execute a file on tmpfs, ramfs or hugetlbfs",
						       .groups = "exec tmpfs" },
	/* The self-test asks for it. */
	[FILELESSLOCK_MAP_FILE(FILELESSLOCK_MEMFD)] = { .name = "map_memfd",
							.summary = "map a memfd as executable",
							.groups = "map memfd",
							.flags = BPFLOCK_OPERATION_DAEMON },
	[FILELESSLOCK_MAP_FILE(FILELESSLOCK_DELETED)] = { .name = "map_deleted",
							  .summary = "map a file without a name as executable",
							  .groups = "map deleted" },
	[FILELESSLOCK_MAP_FILE(FILELESSLOCK_TMPFS)] = { .name = "map_tmpfs",
							.summary = "map a file on tmpfs, ramfs or hugetlbfs as "
								   "executable",
							.groups = "map tmpfs" },
};

static const struct bpflock_program programs[] = {
	{ .name = "fl_script", .operations = "@exec" },
	{ .name = "fl_exec", .operations = "@exec" },
	{ .name = "fl_map", .operations = "@map", .self_test = BPFLOCK_SELF_TEST_PLUGIN },
	{ .name = "fl_protect", .operations = "@map" },
};

static int apply_tmpfs(const struct bpflock_host *host, const void *config)
{
	const struct filelesslock_config *filelesslock = config;

	return filelesslock->tmpfs ? 0 : host->exempt_group(host, "tmpfs");
}

/* MFD_NOEXEC_SEAL, since 6.3. Where vm.memfd_noexec forbids other memfds, this one can be made, and mapped. */
#define NOEXEC_SEAL 0x8u

static int make_memfd(void)
{
	int fd = memfd_create("bpflock self-test", MFD_CLOEXEC | NOEXEC_SEAL);

	return fd < 0 && errno == EINVAL ? memfd_create("bpflock self-test", MFD_CLOEXEC) : fd;
}

/*
 * Maps an empty memfd, and does not touch the memory. MemoryDenyWriteExecute= of systemd forbids the second way, so its
 * program need not run.
 */
static int map_memfd(const struct bpflock_host *host, const void *config)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	int fd = make_memfd(), error = 0;
	void *memory;

	(void)host;
	(void)config;
	if (fd < 0)
		return -errno;
	memory = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (memory == MAP_FAILED)
		error = -errno;
	else
		munmap(memory, size);
	memory = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (memory != MAP_FAILED) {
		(void)mprotect(memory, size, PROT_READ | PROT_EXEC);
		munmap(memory, size);
	}
	close(fd);
	return error;
}

BPFLOCK_PLUGIN(filelesslock,
	.version = "1.0",
	.summary = "Who may execute files that exist only in memory",
	.license = "Apache-2.0 AND GPL-2.0-only",
	.flags = BPFLOCK_ENFORCER,
	.config_size = sizeof(struct filelesslock_config),
	.options = BPFLOCK_TABLE(options),
	.events = BPFLOCK_TABLE(events),
	.operations = BPFLOCK_TABLE(operations),
	.programs = BPFLOCK_TABLE(programs),
	.policy = apply_tmpfs,
	.self_test = map_memfd);
