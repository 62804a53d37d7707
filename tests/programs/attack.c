// SPDX-License-Identifier: Apache-2.0
/*
 * attack WAY [ARGUMENT...]: tries to put a running bpflock out of action, and prints
 *
 *	WAY allowed | denied | impossible: ERROR
 *
 *	policy		allows everything in each policy map that can be had by its id
 *	mark		marks itself as the daemon, and then opens /dev/mem
 *	link		takes links by their ids
 *	fmod_ret	loads and attaches a program that changes what security_bpf_map() returns
 *	lsm		the same with a program for the hook file_open, which allows
 *	lsm_cgroup	the same with one for the hook bpf_map and the root cgroup, which returns 1
 *	fentry PATH	loads and attaches a program that changes nothing, and pins that link there: no attack
 *	readonly PATH	makes the file system there read-only, by fsconfig(2)
 *	cover PATH	mounts a tmpfs there, by move_mount(2)
 *	move FROM TO	moves a mount, by move_mount(2)
 *
 * Exit status: 0 allowed, 1 denied or impossible. Programs that override something are detached again at once.
 *
 *	new SECONDS NAME...	for so long takes maps and programs whose names begin with one of these, by their ids and
 *				as soon as they are there, and prints "map|prog ID was taken: NAME" of each, and at last
 *				"new taken N refused N"; 0: it has some. SIGTERM ends it earlier
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpflock/policy.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <time.h>
#include <unistd.h>

#include "result.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

#define CGROUPS "/sys/fs/cgroup"
#define PAUSE_NANOSECONDS 200000

/* Of so many rounds one looks at all ids, the others at new ones only. */
#define ROUNDS 64

/*
 * ---- BPF objects, by their ids
 */

struct kind {
	int (*next)(__u32 after, __u32 *id);
	int (*open)(__u32 id);
	const char *(*name)(int fd);
};

static const char *map_name(int fd)
{
	static struct bpf_map_info info;
	__u32 size = sizeof(info);

	memset(&info, 0, sizeof(info));
	return bpf_obj_get_info_by_fd(fd, &info, &size) < 0 ? "" : info.name;
}

static const char *program_name(int fd)
{
	static struct bpf_prog_info info;
	__u32 size = sizeof(info);

	memset(&info, 0, sizeof(info));
	return bpf_obj_get_info_by_fd(fd, &info, &size) < 0 ? "" : info.name;
}

static const char *no_name(int fd)
{
	(void)fd;
	return "";
}

static const struct kind maps = { bpf_map_get_next_id, bpf_map_get_fd_by_id, map_name };
static const struct kind programs = { bpf_prog_get_next_id, bpf_prog_get_fd_by_id, program_name };
static const struct kind links = { bpf_link_get_next_id, bpf_link_get_fd_by_id, no_name };

/* An id that the kernel has just named is of an object: one that cannot be had is refused, whatever the error says. */
static int visit_all(const struct kind *kind, const char *name, int (*visit)(int fd))
{
	int visited = 0, error = -ENOENT;
	__u32 id = 0;

	while (kind->next(id, &id) == 0) {
		int fd = kind->open(id);

		if (fd < 0)
			error = -EPERM;
		else if (strcmp(kind->name(fd), name) == 0 && visit(fd) == 0)
			visited++;
		if (fd >= 0)
			close(fd);
	}
	return visited ? 0 : error;
}

static int allow_all(int fd)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = (sizeof(struct bpflock_policy) + page - 1) / page * page;
	struct bpflock_policy *policy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (policy == MAP_FAILED)
		return -errno;
	memset(policy->slots, BPFLOCK_RULE_ALLOW, sizeof(policy->slots));
	munmap(policy, size);
	return 0;
}

static int overwrite_policies(char **arguments)
{
	(void)arguments;
	return visit_all(&maps, ".data.policy", allow_all);
}

static int mark_self(int map)
{
	int self = pidfd_open(getpid(), 0);
	__u32 marked = 1;
	int error = result(bpf_map_update_elem(map, &self, &marked, BPF_ANY));

	close(self);
	return error;
}

static int become_daemon(char **arguments)
{
	int error = visit_all(&maps, "bpflock_daemon", mark_self);

	(void)arguments;
	return error ? error : closed(open("/dev/mem", O_RDONLY | O_CLOEXEC));
}

static int take(int fd)
{
	(void)fd;
	return 0;
}

static int take_links(char **arguments)
{
	(void)arguments;
	return visit_all(&links, "", take);
}

/*
 * ---- Objects that are new
 */

/* Of each kind those with an id below this are told of once. */
#define IDS_MAX 65536

static char **wanted;
static unsigned long taken, refused;
static volatile sig_atomic_t told_to_end;

static void end(int number)
{
	(void)number;
	told_to_end = 1;
}

static bool is_wanted(const char *name)
{
	for (char **prefix = wanted; *prefix; prefix++)
		if (strncmp(name, *prefix, strlen(*prefix)) == 0)
			return true;
	return false;
}

static void tell_once(const struct kind *kind, const char *name, __u32 id)
{
	static bool told[2][IDS_MAX];
	bool *is_told = &told[kind == &programs][id % IDS_MAX];

	if (!*is_told)
		printf("%s %u was taken: %s\n", kind == &maps ? "map" : "prog", id, name);
	*is_told = true;
	fflush(stdout);
}

/* Takes what comes behind an id, and returns the last one. */
static __u32 take_behind(const struct kind *kind, __u32 id)
{
	while (kind->next(id, &id) == 0) {
		int fd = kind->open(id);
		const char *name = fd < 0 ? "" : kind->name(fd);

		if (fd < 0) {
			refused++;
			continue;
		}
		if (is_wanted(name)) {
			taken++;
			tell_once(kind, name, id);
		}
		close(fd);
	}
	return id;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* It sleeps for a moment between rounds and comes before all others: so it interrupts the daemon anywhere. */
static int take_new(double duration, char **names)
{
	const struct sched_param first = { .sched_priority = 1 };
	const struct timespec pause = { .tv_nsec = PAUSE_NANOSECONDS };
	double deadline = seconds() + duration;
	__u32 last_map = 0, last_program = 0;

	wanted = names;
	signal(SIGTERM, end);
	sched_setscheduler(0, SCHED_FIFO, &first);
	for (unsigned round = 0; !told_to_end && seconds() < deadline; round++) {
		bool all = round % ROUNDS == 0;

		last_map = take_behind(&maps, all ? 0 : last_map);
		last_program = take_behind(&programs, all ? 0 : last_program);
		nanosleep(&pause, NULL);
	}
	printf("new taken %lu refused %lu\n", taken, refused);
	return taken ? EXIT_SUCCESS : EXIT_FAILURE;
}

/*
 * ---- Programs that override verdicts
 */

#define SET(register, value)                                                               \
	{                                                                                  \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (register), .imm = (value) \
	}
#define CALL(helper)                                        \
	{                                                   \
		.code = BPF_JMP | BPF_CALL, .imm = (helper) \
	}
#define EXIT                               \
	{                                  \
		.code = BPF_JMP | BPF_EXIT \
	}

static int load(enum bpf_prog_type type, enum bpf_attach_type attach, const char *function, const struct bpf_insn *code,
		size_t count)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach);
	struct btf *btf = btf__load_vmlinux_btf();
	int id = btf ? btf__find_by_name_kind(btf, function, BTF_KIND_FUNC) : -errno;

	btf__free(btf);
	if (id < 0)
		return id;
	opts.attach_btf_id = (__u32)id;
	id = bpf_prog_load(type, "attack", "GPL", code, count, &opts);
	return id < 0 ? -errno : id;
}

static int attach_to_kernel(int program)
{
	int error;

	if (program < 0)
		return program;
	error = closed(bpf_raw_tracepoint_open(NULL, program));
	close(program);
	return error;
}

static int override_by_fmod_ret(char **arguments)
{
	const struct bpf_insn code[] = { SET(BPF_REG_0, 1), EXIT };

	(void)arguments;
	return attach_to_kernel(load(BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, "security_bpf_map", code, COUNT(code)));
}

static int override_by_lsm(char **arguments)
{
	const struct bpf_insn code[] = { SET(BPF_REG_0, 0), EXIT };

	(void)arguments;
	return attach_to_kernel(load(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_file_open", code, COUNT(code)));
}

static int override_by_lsm_cgroup(char **arguments)
{
	const struct bpf_insn code[] = { SET(BPF_REG_1, 1), CALL(BPF_FUNC_set_retval), SET(BPF_REG_0, 1), EXIT };
	int program = load(BPF_PROG_TYPE_LSM, BPF_LSM_CGROUP, "bpf_lsm_bpf_map", code, COUNT(code));
	int cgroup, error;

	(void)arguments;
	if (program < 0)
		return program;
	cgroup = open(CGROUPS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	error = result(bpf_prog_attach(program, cgroup, BPF_LSM_CGROUP, 0));
	if (!error)
		bpf_prog_detach2(program, cgroup, BPF_LSM_CGROUP);
	close(cgroup);
	close(program);
	return error;
}

static int pin_fentry(char **arguments)
{
	const struct bpf_insn code[] = { SET(BPF_REG_0, 0), EXIT };
	int program = load(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "bpf_fentry_test1", code, COUNT(code));
	int link, error;

	if (program < 0)
		return program;
	link = bpf_raw_tracepoint_open(NULL, program);
	error = result(link < 0 ? link : bpf_obj_pin(link, arguments[0]));
	close(link);
	close(program);
	return error;
}

/*
 * ---- Mounts, by the system calls that mount(8) does not use
 */

static int make_readonly(char **arguments)
{
	int context = fspick(AT_FDCWD, arguments[0], FSPICK_CLOEXEC);

	if (context < 0 || fsconfig(context, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0)
		return -errno;
	return result(fsconfig(context, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
}

static int move_to(int mount, const char *path)
{
	return result(move_mount(mount, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH));
}

static int cover(char **arguments)
{
	int context = fsopen("tmpfs", FSOPEN_CLOEXEC);

	if (context < 0 || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	return move_to(fsmount(context, FSMOUNT_CLOEXEC, 0), arguments[0]);
}

static int move(char **arguments)
{
	int mount = open_tree(AT_FDCWD, arguments[0], OPEN_TREE_CLOEXEC);

	return mount < 0 ? -errno : move_to(mount, arguments[1]);
}

static const struct {
	const char *name;
	int arguments;
	int (*go)(char **arguments);
} ways[] = {
	{ "policy", 0, overwrite_policies },
	{ "mark", 0, become_daemon },
	{ "link", 0, take_links },
	{ "fmod_ret", 0, override_by_fmod_ret },
	{ "lsm", 0, override_by_lsm },
	{ "lsm_cgroup", 0, override_by_lsm_cgroup },
	{ "fentry", 1, pin_fentry },
	{ "readonly", 1, make_readonly },
	{ "cover", 1, cover },
	{ "move", 2, move },
};

static int tell(const char *way, int error)
{
	if (error == -EPERM || error == -EACCES)
		printf("%s denied\n", way);
	else if (error)
		printf("%s impossible: %s\n", way, strerror(-error));
	else
		printf("%s allowed\n", way);
	return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	if (argc > 3 && strcmp(argv[1], "new") == 0)
		return take_new(atof(argv[2]), argv + 3);
	for (size_t i = 0; argc > 1 && i < COUNT(ways); i++)
		if (strcmp(argv[1], ways[i].name) == 0 && argc == 2 + ways[i].arguments)
			return tell(argv[1], ways[i].go(argv + 2));
	return 2;
}
