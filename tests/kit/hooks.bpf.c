// SPDX-License-Identifier: GPL-2.0-only
/* Compiled to the BTF of a kernel whose hooks are odd, for new.bats. */
typedef unsigned short umode_t;
typedef struct {
	unsigned int value;
} kuid_t;
typedef int (*handler_t)(int number);

enum color { RED, GREEN };
union value;
struct path {
	void *mnt;
};

int bpf_lsm_odd_types(umode_t mode, enum color color, union value *value, handler_t handler, const char *text)
{
	return mode + (int)color;
}

int bpf_lsm_odd_names(int ctx, struct path *ret, int event, struct path *bool, long linux)
{
	return ctx;
}

int bpf_lsm_nameless(int, struct path *)
{
	return 0;
}

int bpf_lsm_keys(int pid, unsigned long count, int Upper, short _under, int retval)
{
	return pid;
}

int bpf_lsm_nothing(void)
{
	return 0;
}

void bpf_lsm_released(struct path *path)
{
}

void *bpf_lsm_helper(struct path *path)
{
	return path;
}

int with_result(int retval, signed char small)
{
	return retval;
}

/* The first parameter of a tracepoint is not what it traces. */
typedef void (*btf_trace_unnamed)(void *data, signed char small, struct path *path);
btf_trace_unnamed unnamed;

int __traceiter_named(void *data, int number, struct path *path)
{
	return number;
}
typedef void (*btf_trace_named)(void *data, int number, struct path *path);
btf_trace_named named;

typedef void (*btf_trace_twelve)(void *data, int, int, int, int, int, int, int, int, int, int, int, int);
btf_trace_twelve twelve;
typedef void (*btf_trace_thirteen)(void *data, int, int, int, int, int, int, int, int, int, int, int, int, int);
btf_trace_thirteen thirteen;
typedef void (*btf_trace_structure)(void *data, kuid_t uid);
btf_trace_structure structure;
typedef void (*btf_trace_wide)(void *data, __int128 number);
btf_trace_wide wide;
typedef void (*btf_trace_variadic)(void *data, int number, ...);
btf_trace_variadic variadic;
