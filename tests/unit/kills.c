// SPDX-License-Identifier: Apache-2.0
/*
 * A daemon is killed after each store to what it keeps for its successor, and before, within and after each line. So are
 * two in a row. The last one ends well. Each record must be written or reported as lost, and twice only where the log
 * says so.
 *
 * The daemons are processes that use the bus and the log as the daemon does. The ring and the kernel's counts are those
 * of the test. A store is noticed because the page cannot be written to.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <sys/wait.h>

#include "daemon/stats.h"
#include "daemon/takeover.h"
#include "log_fixture.h"
#include "util/clock.h"

#define CPUS 2
#define SOURCE 4711
#define DECISION 5
#define HOUR (3600 * NANOSECONDS)
#define TRAP_FLAG 0x100 /* of the processor: a trap after the next instruction */

/* What is pinned: each store to it is a step. The first member is what the kernel maps as the ring's first page. */
static struct machine {
	__u64 consumer;
	struct delivery_state delivery;
	struct last_state last;
} * machine;

#define RING_SIZE 16384

/* What the kernel writes, and the number of steps that a daemon has made. */
static struct kernel_side {
	struct bpflock_stats stats[CPUS];
	__u64 steps;
} * kernel;

/* As the kernel maps it behind the first page of a ring. No life is long enough for its end. */
static char *ring;

static long page_size;
static bool stepping;
static __u64 last_step;

static void take_step(void)
{
	if (stepping && ++kernel->steps == last_step)
		kill(getpid(), SIGKILL);
}

static void before_store(int signal, siginfo_t *info, void *context)
{
	ucontext_t *registers = context;

	(void)signal;
	if (info->si_addr < (void *)machine || info->si_addr >= (void *)(machine + 1))
		abort();
	mprotect(machine, (size_t)page_size, PROT_READ | PROT_WRITE);
	registers->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

static void after_store(int signal, siginfo_t *info, void *context)
{
	ucontext_t *registers = context;

	(void)signal;
	(void)info;
	registers->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
	mprotect(machine, (size_t)page_size, PROT_READ);
	take_step();
}

static void watch_stores(void)
{
	struct sigaction before = { .sa_sigaction = before_store, .sa_flags = SA_SIGINFO };
	struct sigaction after = { .sa_sigaction = after_store, .sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &before, NULL);
	sigaction(SIGTRAP, &after, NULL);
	mprotect(machine, (size_t)page_size, PROT_READ);
	stepping = true;
}

/*
 * What becomes of the lines of events. TWICE: the first output takes them, and the second one loses them. Otherwise there
 * is only one: it loses them; or it takes half of a line, and the rest before the next line.
 */
static enum { TWICE, NOT, HALF } manner;

static bool is_event(const char *bytes, size_t size)
{
	static const char begin[] = "time=", end[] = " subsys=bpf\n";

	return size > strlen(end) && memcmp(bytes, begin, strlen(begin)) == 0 &&
	       memcmp(bytes + size - strlen(end), end, strlen(end)) == 0;
}

/* How many bytes of a line the output takes now. */
static size_t accepted(const char *bytes, size_t size)
{
	static bool is_full;

	if (manner == TWICE || is_full || !is_event(bytes, size)) {
		size = is_full ? 0 : size;
		is_full = false;
		return size;
	}
	is_full = manner == HALF;
	return manner == HALF ? size / 2 : 0;
}

/* In the place of libc's: the steps are half a line and a line. */
ssize_t write(int fd, const void *bytes, size_t size)
{
	if (stepping)
		size = accepted(bytes, size);
	if (!size) {
		errno = ENOSPC;
		return -1;
	}
	if (stepping && kernel->steps + 1 == last_step)
		(void)syscall(SYS_write, fd, bytes, size / 2);
	take_step();
	size = (size_t)syscall(SYS_write, fd, bytes, size);
	take_step();
	return (ssize_t)size;
}

#define RING_FD 4711

int bpf_obj_get_info_by_fd(int fd, void *info, __u32 *size)
{
	struct bpf_map_info *map = info;

	(void)size;
	assert_int_equal(fd, RING_FD);
	map->id = 7;
	map->max_entries = RING_SIZE;
	return 0;
}

/* In the place of libc's: the ring is that of the test. */
void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	if (fd == RING_FD)
		return offset ? (void *)ring : (void *)machine;
	return (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset);
}

static __u64 *producer(void)
{
	return (__u64 *)ring;
}

/* Room for a record behind all others. */
static void *reserve(size_t size)
{
	__u32 *header = (__u32 *)(ring + page_size + *producer());

	assert_true(*producer() + size + BPF_RINGBUF_HDR_SZ <= RING_SIZE);
	header[0] = (__u32)size;
	*producer() += size + BPF_RINGBUF_HDR_SZ;
	return header + 2;
}

int libbpf_num_possible_cpus(void)
{
	return CPUS;
}

int bpf_map_lookup_elem(int fd, const void *key, void *value)
{
	(void)fd;
	(void)key;
	memcpy(value, kernel->stats, sizeof(kernel->stats));
	return 0;
}

/* The kernel's side of a plugin: decisions of processes of this name. */
static void record(const char *name, __u16 cpu, __u16 type, size_t count)
{
	while (count--) {
		struct bpflock_decision *made = reserve(sizeof(*made));

		*made = (struct bpflock_decision){ .event = { .time = clock_since_boot(),
							      .source = SOURCE,
							      .sequence = ++kernel->stats[cpu].records,
							      .type = type,
							      .cpu = cpu },
						   .rule = BPFLOCK_RULE_RESTRICTED,
						   .retval = -EPERM,
						   .verdict = BPFLOCK_VERDICT_DENIED };
		strcpy(made->event.comm, name);
	}
}

static void lose(__u32 cpu, __u64 count)
{
	kernel->stats[cpu].lost += count;
	kernel->stats[cpu].lost_at = clock_since_boot();
}

static void record_some(void)
{
	record("several", 0, DECISION, 3);
	record("invalid", 0, DECISION + 1, 2);
	record("other", 1, DECISION, 2);
	lose(1, 2);
}

/* Somebody else reads the ring. */
static void steal_one(void)
{
	stepping = false;
	machine->consumer += sizeof(struct bpflock_decision) + BPF_RINGBUF_HDR_SZ;
	stepping = true;
}

static const struct bpflock_event_type events[] = {
	{ .type = DECISION, .flags = BPFLOCK_EVENT_DECISION, .name = "decision", .summary = "s" },
};

static struct plugin plugin = {
	.name = (char *)(uintptr_t) "sampler",
	.source = SOURCE,
	.descriptor = { .events = BPFLOCK_TABLE(events), .flags = BPFLOCK_ENFORCER },
};

/* The life of a daemon, from its takeover to its stop. */
static void live(struct fixture *test)
{
	const char *const outputs[] = { test->output, "file:/dev/full" };
	struct plugin_state state = { .stats_map = -1, .delivery = &machine->delivery };
	struct instance instance = { .plugin = &plugin, .state = &state };
	struct managed_plugin managed = { .plugin = &plugin, .instance = &instance };
	struct manager manager = { .plugins = &managed, .count = 1 };
	const int fd = RING_FD;
	struct bus *bus;

	managed.source.plugin = &plugin;
	managed.source.window = HOUR;
	watch_stores();
	if (try_open(test, outputs, manner == TWICE ? 2 : 1) < 0 || bus_open(&fd, 1, &bus) < 0)
		abort();
	log_keep(test->log, &machine->last.sinks);
	bus_add_source(bus, &managed.source);
	bus_attach(bus, &managed.source, &machine->delivery, kernel->stats);
	bus_drain(bus, test->log);
	stats_log_inherited(test->log, &manager);
	takeover_log_sink_losses(test->log);
	record_some();
	bus_drain(bus, test->log);
	stats_log_losses(test->log, &manager, bus);
	record("stolen", 0, DECISION, 1);
	steal_one();
	record_some();
	bus_drain(bus, test->log);
	bus_flush_all(bus, test->log);
	managed.instance = NULL; /* what is missing is reported at once */
	managed.stopped = &instance;
	stats_log_losses(test->log, &manager, bus);
	log_finish(test->log);
	log_take_lost(test->log, stats_log_sink_loss, test->log);
}

/* Runs a daemon that is killed after this step; 0: not at all. Returns whether it was killed. */
static bool run(struct fixture *test, __u64 step)
{
	int status;
	pid_t pid;

	kernel->steps = 0;
	pid = fork();
	if (pid == 0) {
		last_step = step;
		live(test);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status);
}

/* What the log says: `marked` is what may be there twice. */
struct told {
	__u64 written;
	__u64 lost;
	__u64 marked;
	__u64 lost_by_output;
	__u64 marked_by_output;
};

static __u64 number_in(const char *line, const char *key, __u64 otherwise)
{
	const char *place = strstr(line, key);

	return place ? strtoull(place + strlen(key), NULL, 10) : otherwise;
}

static void read_told(struct told *told, char *line)
{
	const char *begin = strstr(line, "time=\"");
	const char *end = strstr(line, " subsys=");

	if (begin != line || strstr(line + 1, "time=\"") || !end)
		return; /* half a line */
	if (strcmp(end, " subsys=bpf") == 0) {
		told->written += number_in(line, " count=", 1);
		told->marked += strstr(line, " again=yes") ? number_in(line, " count=", 1) : 0;
	} else if (strcmp(end, " subsys=bpflock") == 0 && strstr(line, " stage=sink")) {
		told->lost_by_output += number_in(line, " count=", 0);
		told->marked_by_output += number_in(line, " uncertain=", 0);
	} else if (strcmp(end, " subsys=bpflock") == 0) {
		told->lost += number_in(line, " count=", 0);
		told->marked += number_in(line, " uncertain=", 0);
	}
}

static void assert_between(const char *what, __u64 count, __u64 least, __u64 most)
{
	if (count < least || count > most)
		fail_msg("%s: %llu, and not %llu to %llu", what, count, least, most);
}

static void check_log(const struct fixture *test, const char *kills)
{
	char *text = (char *)(uintptr_t)text_of_log(test), *line, *rest = NULL;
	struct told told = { 0 };
	__u64 made = 0;

	for (size_t i = 0; i < CPUS; i++)
		made += kernel->stats[i].records + kernel->stats[i].lost;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		read_told(&told, line);
	if (manner == TWICE) {
		assert_between(kills, told.written + told.lost, made, made + told.marked);
		/* What is marked may be in the first output only. */
		assert_between(kills, told.lost_by_output + told.marked, told.written,
			       told.written + told.marked + told.marked_by_output);
		return;
	}
	assert_between(kills, told.written + told.lost + told.lost_by_output, made,
		       made + told.marked + told.marked_by_output);
}

static void *share(size_t size)
{
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(page, MAP_FAILED);
	return page;
}

/* Returns false when the first daemon ended before it was killed. */
static bool kill_two(struct fixture *test, __u64 first, __u64 second)
{
	char kills[64];
	bool killed;

	snprintf(kills, sizeof(kills), "killed after %llu and %llu steps", first, second);
	unlink(test->path);
	memset(machine, 0, sizeof(*machine));
	memset(kernel, 0, sizeof(*kernel));
	memset(ring, 0, (size_t)page_size + RING_SIZE);
	machine->delivery.reported_at = clock_since_boot();
	record_some();
	killed = run(test, first);
	record_some();
	if (second)
		(void)run(test, second);
	assert_false(run(test, 0));
	check_log(test, kills);
	return killed;
}

static int set_up(void **state)
{
	page_size = sysconf(_SC_PAGESIZE);
	machine = share((size_t)page_size);
	kernel = share((size_t)page_size);
	ring = share((size_t)page_size + RING_SIZE);
	if (setup(state) < 0)
		return -1;
	alarm(300);
	return 0;
}

/* When is the second daemon killed? */
static __u64 never(__u64 first)
{
	(void)first;
	return 0;
}

static __u64 at_the_same_step(__u64 first)
{
	return first;
}

static __u64 early(__u64 first)
{
	return 1 + first % 13;
}

/* Returns the number of steps. */
static __u64 kill_at_each_step(struct fixture *test, __u64 (*second)(__u64 first))
{
	__u64 step = 1;

	while (kill_two(test, step, second(step)))
		step++;
	return step - 1;
}

static void a_daemon_may_be_killed_after_each_step(void **state)
{
	manner = TWICE;
	assert_true(kill_at_each_step(*state, never) > 100);
}

static void so_may_the_one_that_takes_over(void **state)
{
	manner = TWICE;
	assert_true(kill_at_each_step(*state, at_the_same_step) > 100);
	assert_true(kill_at_each_step(*state, early) > 100);
}

static void what_an_output_has_lost_is_reported_by_the_next_daemon(void **state)
{
	manner = NOT;
	assert_true(kill_at_each_step(*state, early) > 50);
}

static void half_a_line_is_lost(void **state)
{
	manner = HALF;
	assert_true(kill_at_each_step(*state, at_the_same_step) > 100);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_daemon_may_be_killed_after_each_step),
		TEST(so_may_the_one_that_takes_over),
		TEST(what_an_output_has_lost_is_reported_by_the_next_daemon),
		TEST(half_a_line_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
