// SPDX-License-Identifier: GPL-2.0-only
/* Variables of every kind that an option may name; the test opens the object and never loads it. */
#include <bpflock/kernel.bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

const volatile __u8 tiny = 0;
const volatile __u32 number = 0;
const volatile __u64 large = 0;
const volatile char text[8] = {};
const volatile __u32 numbers[3] = {};
const volatile __u32 numbers_count = 0;
const volatile char names[2][8] = {};
const volatile __u32 names_count = 0;
const volatile __u32 uncounted[2] = {};

SEC("tp_btf/sched_process_exec")
int use_them(void *context)
{
	return tiny + number + large + text[0] + numbers[0] + numbers_count + names[0][0] + names_count + uncounted[0];
}
