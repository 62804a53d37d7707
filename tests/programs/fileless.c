// SPDX-License-Identifier: Apache-2.0
/*
 * fileless WAY [FILE]: executes itself, or maps memory as executable, out of a file that exists only in memory.
 *
 *	fexecve, empty_path, proc, other	a memfd, by fexecve(), execveat(), or /proc of this or another process
 *	program FILE WORD...			FILE, with the words behind it, in a memfd
 *	huge					a memfd of huge pages
 *	script					a script in a memfd
 *	interpreter FILE			a script, FILE, whose interpreter is a memfd
 *	loader FILE				the dynamic linker runs FILE out of a memfd
 *	linker FILE PROGRAM			a copy of PROGRAM, FILE, whose dynamic linker is a memfd
 *	deleted FILE, tmpfile DIRECTORY		a file that was unlinked, or never had a name
 *	map, map_huge, map_private		a memfd is mapped as executable
 *	mprotect, pkey				a mapping of a memfd becomes executable
 *	implied					a mapping of a memfd is executable because readable ones are
 *	anonymous, shm				anonymous memory, private and shared; System V shared memory
 *
 * Exit status: 0 it was allowed, and what was executed has printed `ran`; 13 it was denied (EPERM); 2 anything else.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "result.h"

#define ALLOWED 0
#define DENIED 13
#define NEITHER 2
#define NAME "payload"
#define HUGE_SIZE (2u << 20)
#define LINKER "/lib64/ld-linux-x86-64.so.2"
#define LINKER_FD 99

static char name[] = NAME, ran[] = "ran";
static char *const payload[] = { name, ran, NULL };
static const char *file, *program;
static char **words; /* from FILE on */

static void die(const char *what)
{
	perror(what);
	exit(NEITHER);
}

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags, 0755);

	if (fd < 0)
		die(path);
	return fd;
}

static int memfd(void)
{
	int fd = memfd_create(NAME, 0);

	if (fd < 0)
		die("memfd_create");
	return fd;
}

static int fill(int fd, const char *path)
{
	int from = open_or_die(path, O_RDONLY);
	struct stat status;

	fstat(from, &status);
	if (sendfile(fd, from, NULL, (size_t)status.st_size) != status.st_size)
		die(path);
	close(from);
	return fd;
}

static const char *proc_path(pid_t pid, int fd)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	return path;
}

static int by_fexecve(void)
{
	return result(fexecve(fill(memfd(), "/proc/self/exe"), payload, environ));
}

static int by_empty_path(void)
{
	return result(syscall(SYS_execveat, fill(memfd(), "/proc/self/exe"), "", payload, environ, AT_EMPTY_PATH));
}

static int by_proc(void)
{
	return result(execv(proc_path(getpid(), fill(memfd(), "/proc/self/exe")), payload));
}

static int by_other(void)
{
	int fd = fill(memfd(), "/proc/self/exe"), status;
	pid_t owner = getpid();

	if (fork() == 0) {
		close(fd);
		(void)execv(proc_path(owner, fd), payload);
		_exit(errno == EPERM ? DENIED : NEITHER);
	}
	wait(&status);
	exit(WEXITSTATUS(status));
}

static int by_program(void)
{
	return result(fexecve(fill(memfd(), file), words, environ));
}

/* Such a file cannot be written, only mapped. */
static int huge(void)
{
	int fd = memfd_create(NAME, MFD_HUGETLB), from = open_or_die("/proc/self/exe", O_RDONLY);
	void *memory;

	if (fd < 0 || ftruncate(fd, HUGE_SIZE) < 0)
		die("huge pages");
	memory = mmap(NULL, HUGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED || read(from, memory, HUGE_SIZE) < 0)
		die("huge pages");
	return fd;
}

static int by_huge(void)
{
	return result(fexecve(huge(), payload, environ));
}

static int script(void)
{
	int fd = memfd();

	dprintf(fd, "#!/bin/sh\necho ran\n");
	return result(execv(proc_path(getpid(), fd), payload));
}

static int interpreter(void)
{
	int fd = fill(memfd(), "/proc/self/exe"), to = open_or_die(file, O_WRONLY | O_CREAT | O_TRUNC);

	dprintf(to, "#!%s ran\n", proc_path(getpid(), fd));
	close(to);
	return result(execv(file, payload));
}

static int loader(void)
{
	int fd = fill(memfd(), file);

	return result(execl(LINKER, LINKER, proc_path(getpid(), fd), (char *)NULL));
}

static int linker(void)
{
	int to = open_or_die(file, O_RDWR | O_CREAT | O_TRUNC);
	struct stat status;
	char *memory, *path;

	fill(to, program);
	fstat(to, &status);
	memory = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, to, 0);
	path = memory == MAP_FAILED ? NULL : memmem(memory, (size_t)status.st_size, LINKER, sizeof(LINKER));
	if (!path)
		die(program);
	snprintf(path, sizeof(LINKER), "/proc/self/fd/%d", LINKER_FD);
	munmap(memory, (size_t)status.st_size);
	close(to);
	dup2(fill(memfd(), LINKER), LINKER_FD);
	return result(execl(file, file, (char *)NULL));
}

/* The kernel executes no file that is open for writing. */
static int reopened(int fd)
{
	int again = open_or_die(proc_path(getpid(), fd), O_RDONLY);

	close(fd);
	return again;
}

static int deleted(void)
{
	int fd = reopened(fill(open_or_die(file, O_WRONLY | O_CREAT | O_TRUNC), "/proc/self/exe"));

	unlink(file);
	return result(fexecve(fd, payload, environ));
}

static int tmpfile_in_directory(void)
{
	int fd = open_or_die(file, O_TMPFILE | O_WRONLY);

	return result(fexecve(reopened(fill(fd, "/proc/self/exe")), payload, environ));
}

static int mapped(int fd, size_t size, int protection, int flags)
{
	void *memory = mmap(NULL, size, protection, flags, fd, 0);

	return memory == MAP_FAILED ? -errno : 0;
}

static int map(void)
{
	return mapped(fill(memfd(), "/proc/self/exe"), 4096, PROT_READ | PROT_EXEC, MAP_SHARED);
}

static int map_private(void)
{
	return mapped(fill(memfd(), "/proc/self/exe"), 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE);
}

static int map_huge(void)
{
	return mapped(huge(), HUGE_SIZE, PROT_READ | PROT_EXEC, MAP_SHARED);
}

static void *readable(void)
{
	void *memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fill(memfd(), "/proc/self/exe"), 0);

	if (memory == MAP_FAILED)
		die("mmap");
	return memory;
}

static int protect(void)
{
	return result(mprotect(readable(), 4096, PROT_READ | PROT_EXEC));
}

static int protect_by_key(void)
{
	return result(syscall(SYS_pkey_mprotect, readable(), 4096, PROT_READ | PROT_EXEC, -1));
}

static int implied(void)
{
	personality(READ_IMPLIES_EXEC);
	return mapped(fill(memfd(), "/proc/self/exe"), 4096, PROT_READ, MAP_SHARED);
}

static int shm(void)
{
	int id = shmget(IPC_PRIVATE, 4096, 0700);
	int error = shmat(id, NULL, SHM_EXEC) == (void *)-1 ? -errno : 0;

	shmctl(id, IPC_RMID, NULL);
	return error;
}

static int anonymous(void)
{
	int error = mapped(-1, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS);
	void *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return error ? error : result(mprotect(shared, 4096, PROT_READ | PROT_EXEC));
}

static const struct way {
	const char *name;
	int (*go)(void);
} ways[] = {
	{ "fexecve", by_fexecve },
	{ "empty_path", by_empty_path },
	{ "proc", by_proc },
	{ "other", by_other },
	{ "program", by_program },
	{ "huge", by_huge },
	{ "script", script },
	{ "interpreter", interpreter },
	{ "loader", loader },
	{ "linker", linker },
	{ "deleted", deleted },
	{ "tmpfile", tmpfile_in_directory },
	{ "map", map },
	{ "map_private", map_private },
	{ "map_huge", map_huge },
	{ "mprotect", protect },
	{ "pkey", protect_by_key },
	{ "implied", implied },
	{ "shm", shm },
	{ "anonymous", anonymous },
};

int main(int argc, char **argv)
{
	int error = -EINVAL;

	if (argc > 1 && strcmp(argv[1], "ran") == 0)
		return puts("ran") < 0;
	file = argc > 2 ? argv[2] : NULL;
	words = argv + 2;
	program = argc > 3 ? argv[3] : NULL;
	for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(*ways); i++)
		if (strcmp(argv[1], ways[i].name) == 0)
			error = ways[i].go();
	if (error && error != -EPERM)
		fprintf(stderr, "fileless: %s\n", strerror(-error));
	return error ? error == -EPERM ? DENIED : NEITHER : ALLOWED;
}
