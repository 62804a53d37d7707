// SPDX-License-Identifier: Apache-2.0
/*
 * exec_32bit [at] [PATH [ARGUMENT...]]: executes a program by the 32-bit system call, execve or, with
 * "at", execveat. The exit status is the errno; 0 without a path. Needs no 32-bit libc.
 */
#include <asm/unistd.h>
#include <linux/fcntl.h>

static int execute(int at, char **argv, char **environ)
{
	int result;

	if (at)
		__asm__ volatile("int $0x80"
				 : "=a"(result)
				 : "0"(__NR_execveat), "b"(AT_FDCWD), "c"(argv[0]), "d"(argv), "S"(environ), "D"(0)
				 : "memory");
	else
		__asm__ volatile("int $0x80"
				 : "=a"(result)
				 : "0"(__NR_execve), "b"(argv[0]), "c"(argv), "d"(environ)
				 : "memory");
	return -result;
}

__attribute__((noreturn, used)) void run(int argc, char **argv);
void run(int argc, char **argv)
{
	int at = argc > 1 && argv[1][0] == 'a' && argv[1][1] == 't' && !argv[1][2];
	int first = 1 + at;
	int status = argc > first ? execute(at, argv + first, argv + argc + 1) : 0;

	for (;;)
		__asm__ volatile("int $0x80" : : "a"(__NR_exit), "b"(status));
}

/* The stack begins with argc; argv and the environment lie behind it. */
__asm__(".globl _start\n"
	"_start:\n"
	"	mov (%esp), %eax\n"
	"	lea 4(%esp), %edx\n"
	"	sub $12, %esp\n"
	"	push %edx\n"
	"	push %eax\n"
	"	call run\n");
