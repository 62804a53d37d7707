// SPDX-License-Identifier: GPL-2.0-only
/* Variables of every kind that an option may name; the test opens the object and never loads it. */
#include <bpflock/cgroup.bpf.h>
#include <bpflock/kernel.bpf.h>
#include <bpflock/set.bpf.h>

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
BPFLOCK_CGROUPS(2) cgroups SEC(".maps");
BPFLOCK_SET(2, __u32) set_of_numbers SEC(".maps");
BPFLOCK_SET(2, __u16) short_numbers SEC(".maps");
BPFLOCK_SET(2, char[8]) set_of_texts SEC(".maps");
BPFLOCK_FILES(2) files SEC(".maps");
BPFLOCK_CIDRS(2) networks SEC(".maps");
BPFLOCK_PORTS(2) ports SEC(".maps");

/* Each is like a map of cgroups but for one thing. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2);
	__type(key, __u64);
	__type(value, __u8);
} forgetful SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u8);
} short_keys SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, __u64);
	__type(value, __u64);
} long_values SEC(".maps");

SEC("tp_btf/sched_process_exec")
int use_them(void *context)
{
	return tiny + number + large + text[0] + numbers[0] + numbers_count + names[0][0] + names_count;
}
