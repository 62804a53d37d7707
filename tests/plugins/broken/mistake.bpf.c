// SPDX-License-Identifier: GPL-2.0-only
/* The BPF side of mistake.c: a program that records, or decides, and one mistake of a beginner. */
#if defined(POLICYHEADER) || defined(ENFORCES) && !defined(UNDECIDED)
#include <bpflock/policy.bpf.h>
#else
#include <bpflock/event.bpf.h>
#endif
#include <bpflock/syscall.bpf.h>

#include <bpf/bpf_tracing.h>

#include "mistake.h"

#if defined(BADLICENSE)
char LICENSE[] SEC("license") = "Proprietary";
#elif !defined(NOLICENSE)
char LICENSE[] SEC("license") = "GPL";
#endif

#if defined(WRITABLE)
__u32 number = 1;
#elif defined(FOLDED)
const __u32 number = 1;
#elif defined(BADBYDEFAULT)
const volatile __u32 number = 0; /* the default of the option is 1 */
#elif !defined(ABSENT)
const volatile __u32 number = 1;
#endif
const volatile __u32 ports[4] = {};
#if !defined(NOCOUNT)
const volatile __u32 ports_count = 0;
#endif
#if defined(WRONGSIZE)
const volatile __u64 networks[4] = {};
const volatile __u32 networks_count = 0;
#endif

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
#if defined(PINNEDMAP)
	__uint(pinning, LIBBPF_PIN_BY_NAME);
#endif
} seen SEC(".maps");

#if defined(UNKNOWNSECTION)
#define SECTION "lms/settime"
#elif defined(KPROBE)
#define SECTION "kprobe/do_sys_openat2"
#elif defined(XDP)
#define SECTION "xdp"
#elif defined(NOHOOK)
#define SECTION "lsm/settimes"
#elif defined(ENFORCES)
#define SECTION "lsm/settime"
#else
#define SECTION "fentry/" BPFLOCK_SYSCALL(sethostname)
#endif

#if defined(UNDECLARED)
#define TYPE 7
#else
#define TYPE MISTAKE_RECORD
#endif

#if defined(SHORTRECORD)
#define SIZE offsetof(struct mistake_record, number)
#else
#define SIZE sizeof(struct mistake_record)
#endif

/* What no verifier accepts. */
__attribute__((unused)) static __always_inline __u64 break_a_rule(void *context)
{
	__attribute__((unused)) __u32 key = 1;

#if defined(BADBYDEFAULT)
	return number ? *(__u64 *)bpf_get_current_pid_tgid() : 0;
#elif defined(NOTPOINTER)
	return *(__u64 *)bpf_get_current_pid_tgid();
#elif defined(NULLPOINTER)
	return *(__u64 *)bpf_map_lookup_elem(&seen, &key);
#elif defined(NOTALLOWED)
	return (__u64)bpf_override_return(context, 0);
#elif defined(OUTSIDE)
	__u64 *value = bpf_map_lookup_elem(&seen, &key);

	return value ? value[bpf_get_current_pid_tgid() & 7] : 0;
#elif defined(UNSUBMITTED)
	return bpf_ringbuf_reserve(&bpflock_ring, sizeof(struct mistake_record), 0) ? 1 : 0;
#else
	return 0;
#endif
}

SEC(SECTION)
int watch(void *context)
{
#if defined(ENFORCES) && !defined(UNDECIDED)
	return bpflock_decide(0, MISTAKE_DECISION);
#else
	__attribute__((unused)) __u64 rubbish = break_a_rule(context);
	struct mistake_record *record = bpflock_event_begin(TYPE, SIZE);

	if (!record)
		return 0;
#if !defined(ABSENT) && !defined(SHORTRECORD)
	record->number = rubbish + number + ports[0];
#endif
	bpflock_event_submit(record);
	return 0;
#endif
}
