// SPDX-License-Identifier: Apache-2.0
/*
 * crowd HOOK COUNT: attaches so many LSM programs to a hook, or as many as it takes, each of which allows, prints
 * "attached N", and keeps them until SIGTERM. It can be process 1: then it goes on after that, and waits for orphans.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t told_to_end;

static void end(int signal)
{
	(void)signal;
	told_to_end = 1;
}

static int attach(const struct btf *btf, const char *function)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_LSM_MAC);
	int program, link;

	opts.attach_btf_id = (__u32)btf__find_by_name_kind(btf, function, BTF_KIND_FUNC);
	program = bpf_prog_load(BPF_PROG_TYPE_LSM, "crowd", "GPL", insns, sizeof(insns) / sizeof(*insns), &opts);
	link = program < 0 ? -1 : bpf_raw_tracepoint_open(NULL, program);
	if (program >= 0 && link < 0)
		close(program);
	return link;
}

int main(int argc, char **argv)
{
	struct btf *btf = btf__load_vmlinux_btf();
	char function[64];
	int count = 0;

	if (argc != 3 || !btf)
		return 2;
	snprintf(function, sizeof(function), "bpf_lsm_%s", argv[1]);
	while (count < atoi(argv[2]) && attach(btf, function) >= 0)
		count++;
	printf("attached %d\n", count);
	fflush(stdout);
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = end }, NULL); /* interrupts wait() */
	while (!told_to_end || getpid() == 1) {
		if (told_to_end)
			close_range(STDERR_FILENO + 1, ~0U, 0);
		if (wait(NULL) < 0)
			sleep(1);
	}
	return 0;
}
