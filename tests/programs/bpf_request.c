// SPDX-License-Identifier: Apache-2.0
/*
 * bpf_request WHAT: calls bpf(2) once, as root, and prints nothing.
 *
 *	COMMAND		a number of enum bpf_cmd, with attributes that the kernel refuses after it has asked the LSMs
 *	load:TYPE	to load a program of that number of enum bpf_prog_type; the kernel refuses it as well
 *	map		a map of the name `asked_map`
 *	filter		a socket filter of the name `asked_filter`
 *	program		a program of type syscall makes such a map, without a name, when it is run
 *	unlocked	the directory of bpflock's pins is unlocked, as its daemon does; then a map
 *
 * Exit status: 0 it was allowed, 13 it was denied, 2 it failed for another reason. A shell or a command that starts
 * this one ends with 1 when it cannot.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "helper_call.h"
#include "result.h"

#define ALLOWED 0
#define DENIED 13
#define NEITHER 2
#define LOAD "load:"
#define PINS "/sys/fs/bpf/bpflock"

static long call(int command, union bpf_attr *attributes)
{
	const uint64_t common[3] = { 0 }; /* with the flag BPF_COMMON_ATTRS, in kernels of 7.x */

	return syscall(SYS_bpf, command, attributes, sizeof(*attributes), common, sizeof(common));
}

/* What the kernel says after the LSMs, it says in other words. */
static int pass(int command, __u32 type)
{
	union bpf_attr nothing;

	memset(&nothing, 0xff, sizeof(nothing));
	if (type != (__u32)-1) {
		memset(&nothing, 0, sizeof(nothing));
		nothing.prog_type = type;
	}
	return call(command, &nothing) < 0 && errno == EPERM ? -EPERM : 0;
}

static int map(void)
{
	union bpf_attr attributes = { .map_type = BPF_MAP_TYPE_ARRAY,
				      .key_size = 4,
				      .value_size = 4,
				      .max_entries = 1,
				      .map_name = "asked_map" };

	return closed((int)call(BPF_MAP_CREATE, &attributes));
}

static int load(__u32 type, const char *name, const uint64_t *program, size_t count)
{
	union bpf_attr attributes = {
		.prog_type = type,
		.insns = (uintptr_t)program,
		.insn_cnt = (__u32)count,
		.license = (uintptr_t) "GPL",
		.prog_flags = type == BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0,
	};
	int fd;

	strcpy(attributes.prog_name, name);
	fd = (int)call(BPF_PROG_LOAD, &attributes);
	return fd < 0 ? -errno : fd;
}

static int filter(void)
{
	const uint64_t program[] = {
		INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0),
		INSTRUCTION(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	int fd = load(BPF_PROG_TYPE_SOCKET_FILTER, "asked_filter", program, 2);

	return fd < 0 ? fd : closed(fd);
}

/* The attributes of a map, on the program's stack: an array, with a key, a value, and one element. */
static int map_by_program(void)
{
	const uint64_t program[] = {
		INSTRUCTION(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -16, BPF_MAP_TYPE_ARRAY),
		INSTRUCTION(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -12, 4),
		INSTRUCTION(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -8, 4),
		INSTRUCTION(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, 1),
		INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, BPF_MAP_CREATE),
		INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0),
		INSTRUCTION(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -16),
		INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, 16),
		INSTRUCTION(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_sys_bpf),
		INSTRUCTION(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	union bpf_attr run = { 0 };
	int fd = load(BPF_PROG_TYPE_SYSCALL, "asked_program", program, 10);

	run.test.prog_fd = (__u32)fd;
	if (fd < 0 || call(BPF_PROG_TEST_RUN, &run) < 0) {
		perror("bpf");
		return -EINVAL;
	}
	return (int)run.test.retval < 0 ? (int)run.test.retval : 0;
}

static int map_after_unlock(void)
{
	int directory = open(PINS, O_RDONLY | O_DIRECTORY);

	if (directory < 0 || flock(directory, LOCK_UN) < 0)
		perror(PINS);
	return map();
}

static int ask(const char *what)
{
	if (strcmp(what, "map") == 0)
		return map();
	if (strcmp(what, "filter") == 0)
		return filter();
	if (strcmp(what, "program") == 0)
		return map_by_program();
	if (strcmp(what, "unlocked") == 0)
		return map_after_unlock();
	if (strncmp(what, LOAD, strlen(LOAD)) == 0)
		return pass(BPF_PROG_LOAD, (__u32)atoi(what + strlen(LOAD)));
	return pass(atoi(what), (__u32)-1);
}

int main(int argc, char **argv)
{
	int error = argc == 2 ? ask(argv[1]) : -EINVAL;

	if (error && error != -EPERM)
		fprintf(stderr, "bpf_request: %s\n", strerror(-error));
	return error ? error == -EPERM ? DENIED : NEITHER : ALLOWED;
}
