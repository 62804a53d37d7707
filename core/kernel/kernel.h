/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel module: what this kernel can do, and what to do where it cannot. */
#ifndef BPFLOCK_KERNEL_KERNEL_H
#define BPFLOCK_KERNEL_KERNEL_H

#include <linux/types.h>
#include <stdbool.h>

#include "util/report.h"

struct btf;

/**
 * struct kernel - what was found out about the running kernel
 * @btf:      its own type information; NULL where it has none, and once it is no longer needed
 * @targets:  what programs can attach to; NULL like @btf
 * @programs_max: how many programs can be attached to one function; known once @targets were made
 * @lsms:     the active LSMs, separated by commas; NULL where that could not be read
 * @lockdown: the mode of the kernel's own lockdown that is in force: "integrity" or "confidentiality"; or NULL
 * @no_trampolines: it attaches no program to its functions: no lsm, fentry or fexit
 */
struct kernel {
	struct btf *btf;
	struct kernel_targets *targets;
	__u32 programs_max;
	char *lsms;
	const char *lockdown;
	bool no_trampolines;
};

/* Loads @btf. */
void kernel_probe(struct kernel *ret);
/* Call it when the configuration is read. libbpf loads the kernel's BTF again for each object: two need much memory. */
void kernel_free_btf(struct kernel *kernel);
/* Makes @targets where they are not there, of @btf or of a BTF that it loads: before programs are loaded. */
void kernel_load_targets(struct kernel *kernel);
/* After programs were loaded. */
void kernel_free_targets(struct kernel *kernel);
/* Makes @targets of this BTF; they do not refer to it. */
void kernel_index_targets(struct kernel *kernel, const struct btf *btf);
/*
 * Finds out by trying whether programs can be attached to functions, and warns where they cannot. It loads
 * a program: for a process that may.
 */
void kernel_probe_trampolines(struct kernel *kernel, struct report *report);
void kernel_release(struct kernel *kernel);

/*
 * Has this process, on this kernel, what every plugin needs? What is missing is reported, each with
 * its remedy. Returns 0 or an exit status of <sysexits.h>: EX_NOPERM or EX_UNAVAILABLE.
 */
int kernel_check(const struct kernel *kernel, struct report *report);

/* The mode of the kernel's own lockdown: see @lockdown. */
const char *kernel_lockdown(void);
/* Whether the kernel's own lockdown=confidentiality is in force. */
bool kernel_is_confidential(const struct kernel *kernel);

/* Reports the kernel's own lockdown, as a notice: it comes before every enforcer. */
void kernel_report_lockdown(const struct kernel *kernel, struct report *report);

/* Reports, as a notice, that no cgroup v2 is there. */
void kernel_report_cgroups(struct report *report);

/*
 * Would LSM programs be run? A kernel without `bpf` among its active LSMs loads and attaches them, and
 * never calls them; one without trampolines loads them, and attaches none. Returns NULL, or the reason with its
 * remedy (both to be freed).
 */
char *kernel_refuses_bpf_lsm(const struct kernel *kernel, char **ret_remedy);

/**
 * struct kernel_finding - the outcome of one check
 * @check: its name
 * @found: what is there; NULL where nothing can be said
 * @item:  what is missing, or worth knowing; NULL where nothing is
 */
struct kernel_finding {
	const char *check;
	const char *found;
	const struct report_item *item;
};

typedef void kernel_visit_finding(void *context, const struct kernel_finding *finding);

/*
 * Checks all that a daemon would need here, without starting one. It enters the initial network namespace, as a daemon
 * does, and loads a program for a moment where this process may. In a container remedies name its missing flag.
 */
void kernel_survey(struct kernel *kernel, kernel_visit_finding *visit, void *context);

/*
 * Makes the kernel ask `locked_down` in this task, harmlessly, by loading a program that reads kernel memory. Returns
 * 0, or the negative errno with which it refused.
 */
int kernel_load_reader(void);

/* Waits until every BPF program that is running now has finished: for a grace period of RCU. */
void kernel_wait_for_grace_period(void);

/* Whether bpflock attaches programs of this section, on any kernel: "lsm/", "fentry/" and so on. */
bool kernel_knows_section(const char *section);
/* Whether the kernel has what a program's section names as its target, such as "fexit/vfs_read". Needs @targets. */
bool kernel_has_target(const struct kernel *kernel, const char *section);
/* The number of that target in the kernel's BTF, or -ENOENT. Needs @targets. */
int kernel_target_id(const struct kernel *kernel, const char *section);
/* The same where the target is a function, to which the kernel attaches at most `programs_max` programs. */
int kernel_function_id(const struct kernel *kernel, const char *section);
typedef void kernel_visit_target(void *context, const char *name);

/* Visits all targets of the section's kind, without the kind. The section is one that bpflock knows. Needs @targets. */
void kernel_visit_targets(const struct kernel *kernel, const char *section, kernel_visit_target *visit, void *context);
/* The name of that number, as BTF has it ("bpf_lsm_" and the hook); NULL for a function of a module. Needs @targets. */
const char *kernel_target_name(const struct kernel *kernel, __u32 id);

#endif
