// SPDX-License-Identifier: GPL-2.0-only
#include <bpflock/policy.bpf.h>

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define DECIDE(number)                                                         \
	SEC("lsm/task_getpgid")                                                \
	int BPF_PROG(decide_##number, const struct task_struct *task, int ret) \
	{                                                                      \
		return ret ? ret : bpflock_decide(0, 1);                       \
	}

/* clang-format off */
DECIDE(1)
DECIDE(2)
DECIDE(3)
DECIDE(4)
DECIDE(5)
DECIDE(6)
DECIDE(7)
DECIDE(8)
DECIDE(9)
DECIDE(10)
DECIDE(11)
DECIDE(12)
DECIDE(13)
DECIDE(14)
DECIDE(15)
DECIDE(16)
DECIDE(17)
DECIDE(18)
DECIDE(19)
DECIDE(20)
