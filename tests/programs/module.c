// SPDX-License-Identifier: Apache-2.0
/*
 * module: loads and unloads modules by the system calls themselves, in ways that insmod does not have.
 *
 *	module file FILE	finit_module(2)
 *	module compressed FILE	the same, of a file that the kernel unpacks
 *	module memory FILE	init_module(2)
 *	module memfd FILE	finit_module(2) of a memfd with the content of the file
 *	module delete NAME	delete_module(2)
 *	module delete32 NAME	the same by the table for 32-bit callers
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COMPRESSED_FILE 4 /* MODULE_INIT_COMPRESSED_FILE of linux/module.h */

static long load_file(const char *path, int flags)
{
	return syscall(SYS_finit_module, open(path, O_RDONLY | O_CLOEXEC), "", flags);
}

static long load_memory(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *bytes;

	if (fd < 0 || fstat(fd, &status) < 0)
		return -1;
	bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	return syscall(SYS_init_module, bytes, status.st_size, "");
}

static long load_memfd(const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC), to = memfd_create("dummy.ko", 0);

	while (sendfile(to, from, NULL, 1 << 20) > 0)
		;
	return syscall(SYS_finit_module, to, "", 0);
}

/* The address must fit in 32 bits. */
static long delete_by_32bit(const char *name)
{
#ifdef __x86_64__
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long result = 129;

	strcpy(low, name);
	__asm__ volatile("int $0x80" : "+a"(result) : "b"(low), "c"(O_NONBLOCK) : "memory", "r8", "r9", "r10", "r11");
	errno = (int)-result;
	return result < 0 ? -1 : 0;
#else
	(void)name;
	errno = ENOSYS;
	return -1;
#endif
}

int main(int argc, char **argv)
{
	long result = -1;

	if (argc != 3)
		return 2;
	errno = EINVAL;
	if (strcmp(argv[1], "file") == 0)
		result = load_file(argv[2], 0);
	if (strcmp(argv[1], "compressed") == 0)
		result = load_file(argv[2], COMPRESSED_FILE);
	if (strcmp(argv[1], "memory") == 0)
		result = load_memory(argv[2]);
	if (strcmp(argv[1], "memfd") == 0)
		result = load_memfd(argv[2]);
	if (strcmp(argv[1], "delete") == 0)
		result = syscall(SYS_delete_module, argv[2], O_NONBLOCK);
	if (strcmp(argv[1], "delete32") == 0)
		result = delete_by_32bit(argv[2]);
	if (result < 0)
		perror(argv[1]);
	return result < 0;
}
