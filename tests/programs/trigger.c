// SPDX-License-Identifier: Apache-2.0
/*
 * trigger NAME...: does for real what the kernel asks `locked_down` about, each as a process of that name, undoes
 * it, and prints one line each:
 *
 *	NAME allowed
 *	NAME denied
 *	NAME impossible: ERROR		this kernel or machine cannot do it
 *
 * The exit status is that of the last: 0 allowed, 1 denied, 2 impossible. Without a name: all of them, but for those
 * that the kernel does not ask about, such as read_msr. The working
 * directory holds what some need: unsigned.ko (dummy, without a signature), hardware.ko (parport_pc) and vmlinuz.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/bpf.h>
#include <linux/kexec.h>
#include <linux/perf_event.h>
#include <linux/serial.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef __x86_64__
#include <sys/io.h>
#endif

#include "helper_call.h"
#include "result.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Any function of the kernel that can be probed and is seldom called. */
#define PROBED "vfs_fsync_range"

static int opened(const char *path)
{
	return closed(open(path, O_RDONLY | O_CLOEXEC));
}

static int read_from(const char *path, off_t offset)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error = result(fd);
	uint64_t value;

	if (!error)
		error = result(pread(fd, &value, sizeof(value), offset));
	if (fd >= 0)
		close(fd);
	return error;
}

static int write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	int error = result(fd);

	if (!error)
		error = result(write(fd, text, strlen(text)));
	if (fd >= 0)
		close(fd);
	return error;
}

static int insert_module(const char *file, const char *parameters, const char *name)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	int error = result(fd);

	if (error)
		return error;
	error = result(syscall(SYS_finit_module, fd, parameters, 0));
	close(fd);
	if (!error)
		error = result(syscall(SYS_delete_module, name, O_NONBLOCK));
	return error;
}

static int unsigned_insmod(void)
{
	return insert_module("unsigned.ko", "", "dummy");
}

/* The same by init_module(), which gets no file. */
static int unsigned_memory(void)
{
	int fd = open("unsigned.ko", O_RDONLY | O_CLOEXEC), error = result(fd);
	struct stat file = { .st_size = 0 };
	void *image;

	if (error)
		return error;
	image = fstat(fd, &file) ? MAP_FAILED : mmap(NULL, file.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (image == MAP_FAILED)
		return -errno;
	error = result(syscall(SYS_init_module, image, file.st_size, ""));
	munmap(image, file.st_size);
	if (!error)
		error = result(syscall(SYS_delete_module, "dummy", O_NONBLOCK));
	return error;
}

static int module_param_hw(void)
{
	return insert_module("hardware.ko", "io=0x378", "parport_pc");
}

static int dev_mem(void)
{
	return opened("/dev/mem");
}

static int dev_port(void)
{
	return opened("/dev/port");
}

#ifdef __x86_64__
/* Delays on old machines; nothing listens there. */
#define PORT 0x80

static int io_permission(void)
{
	int error = result(ioperm(PORT, 1, 1));

	ioperm(PORT, 1, 0);
	return error;
}

static int io_level(void)
{
	int error = result(iopl(3));

	iopl(0);
	return error;
}

/* Writes what it holds to a register, MSR_IA32_SYSENTER_CS. */
static int wrmsr(void)
{
	const off_t number = 0x174;
	int fd = open("/dev/cpu/0/msr", O_RDWR | O_CLOEXEC);
	int error = result(fd);
	uint64_t value;

	if (!error)
		error = result(pread(fd, &value, sizeof(value), number));
	if (!error)
		error = result(pwrite(fd, &value, sizeof(value), number));
	if (fd >= 0)
		close(fd);
	return error;
}

static int read_msr(void)
{
	return read_from("/dev/cpu/0/msr", 0x174);
}
#endif

static int read_pci_config(void)
{
	return read_from("/sys/bus/pci/devices/0000:00:00.0/config", 0);
}

/* Writes what it holds to the interrupt line of a device. */
static int pci_config(void)
{
	const off_t line = 0x3c;
	int fd = open("/sys/bus/pci/devices/0000:00:00.0/config", O_RDWR | O_CLOEXEC);
	int error = result(fd);
	uint8_t value;

	if (!error)
		error = result(pread(fd, &value, sizeof(value), line));
	if (!error)
		error = result(pwrite(fd, &value, sizeof(value), line));
	if (fd >= 0)
		close(fd);
	return error;
}

static int map_file(const char *path)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	int error = result(fd);
	void *map;

	if (error)
		return error;
	map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	error = map == MAP_FAILED ? -errno : 0;
	if (!error)
		munmap(map, size);
	close(fd);
	return error;
}

/* The first that can be mapped: not those of a driver, nor I/O ports. */
static int pci_mmap(void)
{
	int error = -ENOENT;
	glob_t files;

	if (glob("/sys/bus/pci/devices/*/resource[0-5]", 0, NULL, &files) != 0)
		return error;
	for (size_t i = 0; i < files.gl_pathc; i++) {
		error = map_file(files.gl_pathv[i]);
		if (!error || error == -EPERM)
			break;
	}
	globfree(&files);
	return error;
}

/* One page that is never jumped to. */
static int load_kexec(void)
{
	static const char page[4096];
	const struct kexec_segment segment = {
		.buf = page, .bufsz = sizeof(page), .mem = (void *)0x1000000, .memsz = sizeof(page)
	};
	int error = result(syscall(SYS_kexec_load, segment.mem, 1, &segment, KEXEC_ARCH_DEFAULT));

	if (!error)
		error = result(syscall(SYS_kexec_load, 0, 0, NULL, KEXEC_ARCH_DEFAULT));
	return error;
}

static int load_kexec_file(void)
{
	int fd = open("vmlinuz", O_RDONLY | O_CLOEXEC);
	int error = result(fd);

	if (!error)
		error = result(syscall(SYS_kexec_file_load, fd, -1, 1, "", KEXEC_FILE_NO_INITRAMFS));
	if (!error)
		error = result(syscall(SYS_kexec_file_load, -1, -1, 0, NULL, KEXEC_FILE_UNLOAD));
	if (fd >= 0)
		close(fd);
	return error;
}

/* How the machine would be switched off after hibernating. Writing to `state` would hibernate it. */
static int hibernation(void)
{
	return write_to("/sys/power/disk", "shutdown");
}

static int debugfs(void)
{
	return opened("/sys/kernel/debug/fault_around_bytes");
}

static int tracefs(void)
{
	return opened("/sys/kernel/tracing/current_tracer");
}

static int kprobe_events(void)
{
	int error = write_to("/sys/kernel/tracing/kprobe_events", "p:bpflock_trigger " PROBED "\n");

	if (!error)
		error = write_to("/sys/kernel/tracing/kprobe_events", "-:bpflock_trigger\n");
	return error;
}

static int perf_open(struct perf_event_attr *attr)
{
	attr->size = sizeof(*attr);
	return closed((int)syscall(SYS_perf_event_open, attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC));
}

static int perf_kprobe(void)
{
	struct perf_event_attr attr = { .kprobe_func = (uintptr_t)PROBED };
	FILE *type = fopen("/sys/bus/event_source/devices/kprobe/type", "re");
	int error = type && fscanf(type, "%u", &attr.type) == 1 ? 0 : -ENOENT;

	if (type)
		fclose(type);
	return error ? error : perf_open(&attr);
}

static int perf_registers(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = 1000000000,
		.sample_type = PERF_SAMPLE_REGS_INTR,
		.sample_regs_intr = 1,
		.disabled = 1,
	};

	return perf_open(&attr);
}

static int kcore(void)
{
	return opened("/proc/kcore");
}

/* Attached to a function of the kernel, as fprobe and not as kprobe. */
static int kprobe_multi(void)
{
	const uint64_t program[] = {
		INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0),
		INSTRUCTION(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	const char *const function = PROBED;
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_KPROBE,
		.expected_attach_type = BPF_TRACE_KPROBE_MULTI,
		.insns = (uintptr_t)program,
		.insn_cnt = COUNT(program),
		.license = (uintptr_t) "GPL",
	};
	int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));
	int error = result(fd);
	union bpf_attr attach = {
		.link_create = {
			.prog_fd = (__u32)fd,
			.attach_type = BPF_TRACE_KPROBE_MULTI,
			.kprobe_multi = { .cnt = 1, .syms = (uintptr_t)&function },
		},
	};

	if (!error)
		error = closed((int)syscall(SYS_bpf, BPF_LINK_CREATE, &attach, sizeof(attach)));
	if (fd >= 0)
		close(fd);
	return error;
}

static int bpf_write_user(void)
{
	return load_program_that_calls(BPF_FUNC_probe_write_user, BPF_REG_2, BPF_REG_3, BPF_REG_1);
}

static int bpf_read_kernel(void)
{
	return load_program_that_calls(BPF_FUNC_probe_read_kernel, BPF_REG_1, BPF_REG_2, BPF_REG_3);
}

/* Another interrupt for a serial port that has no hardware. */
static int set_serial(void)
{
	int fd = open("/dev/ttyS3", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int error = result(fd);
	struct serial_struct serial;
	int irq;

	if (!error)
		error = result(ioctl(fd, TIOCGSERIAL, &serial));
	if (!error) {
		irq = serial.irq;
		serial.irq = irq == 7 ? 5 : 7;
		error = result(ioctl(fd, TIOCSSERIAL, &serial));
		serial.irq = irq;
		if (!error)
			error = result(ioctl(fd, TIOCSSERIAL, &serial));
	}
	if (fd >= 0)
		close(fd);
	return error;
}

/* No name is longer than that of a process can be. */
static const struct trigger {
	const char *name;
	int (*pull)(void);
} triggers[] = {
	{ "unsigned_insmod", unsigned_insmod },
	{ "unsigned_memory", unsigned_memory },
	{ "module_param_hw", module_param_hw },
	{ "dev_mem", dev_mem },
	{ "dev_port", dev_port },
#ifdef __x86_64__
	{ "ioperm", io_permission },
	{ "iopl", io_level },
	{ "wrmsr", wrmsr },
#endif
	{ "pci_config", pci_config },
	{ "pci_mmap", pci_mmap },
	{ "kexec_load", load_kexec },
	{ "kexec_file_load", load_kexec_file },
	{ "hibernation", hibernation },
	{ "debugfs", debugfs },
	{ "tracefs", tracefs },
	{ "kprobe_events", kprobe_events },
	{ "perf_kprobe", perf_kprobe },
	{ "perf_registers", perf_registers },
	{ "kcore", kcore },
	{ "bpf_write_user", bpf_write_user },
	{ "bpf_read_kernel", bpf_read_kernel },
	{ "set_serial", set_serial },
}, never_asked[] = {
#ifdef __x86_64__
	{ "read_msr", read_msr },
#endif
	{ "read_pci_config", read_pci_config },
	{ "kprobe_multi", kprobe_multi },
};

static int show(const char *name, int error)
{
	if (!error)
		printf("%s allowed\n", name);
	else if (error == -EPERM)
		printf("%s denied\n", name);
	else
		printf("%s impossible: %s\n", name, strerror(-error));
	return !error ? 0 : error == -EPERM ? 1 : 2;
}

static int pull(const struct trigger *trigger)
{
	prctl(PR_SET_NAME, trigger->name);
	return show(trigger->name, trigger->pull());
}

static int pull_named(const char *name)
{
	for (size_t i = 0; i < COUNT(triggers); i++)
		if (strcmp(triggers[i].name, name) == 0)
			return pull(&triggers[i]);
	for (size_t i = 0; i < COUNT(never_asked); i++)
		if (strcmp(never_asked[i].name, name) == 0)
			return pull(&never_asked[i]);
	return show(name, -ENOSYS);
}

int main(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc; i++)
		status = pull_named(argv[i]);
	for (size_t i = 0; argc == 1 && i < COUNT(triggers); i++)
		status = pull(&triggers[i]);
	return status;
}
