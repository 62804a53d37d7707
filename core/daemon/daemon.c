/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/daemon.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "daemon/control_methods.h"
#include "daemon/drift.h"
#include "daemon/grants.h"
#include "daemon/notify.h"
#include "daemon/options.h"
#include "daemon/privileges.h"
#include "daemon/state.h"
#include "daemon/stats.h"
#include "daemon/status.h"
#include "daemon/takeover.h"
#include "kernel/namespaces.h"
#include "util/clock.h"
#include "util/crash.h"
#include "util/memory.h"
#include "util/process.h"

/* How often the daemon checks for losses: the log reports them at most this often. */
#define LOSS_INTERVAL_SECONDS 10
/* In bytes: glibc's initial value. */
#define MMAP_THRESHOLD (128 * 1024)

static int open_log(const struct config *config, struct log **ret, struct report *report)
{
	const struct config_section *core = settings_core(config);
	const struct config_value *outputs = config_value(core, "log_output");
	const struct log_options options = {
		.format = (enum log_format)config_number(core, "log_format"),
		.outputs = (const char *const *)outputs->strings,
		.output_count = outputs->count,
		.max_size = config_number(core, "log_max_size"),
		.keep = config_number(core, "log_keep"),
		.syslog_path = LOG_SYSLOG_PATH,
		.journal_path = LOG_JOURNAL_PATH,
		.journal_stream = getenv("JOURNAL_STREAM"),
	};

	return log_open(&options, ret, report);
}

/* From now on this is the log, also for the handler of crashes. */
static void take_log(struct daemon *daemon, const struct config *config, struct log *log)
{
	bool json = config_number(settings_core(config), "log_format") == LOG_FORMAT_JSON;
	struct log *old = daemon->log;
	const int *fds[CRASH_FDS_MAX];

	crash_write_to(fds, log_fds(log, fds, ARRAY_SIZE(fds)), json);
	daemon->log = log;
	if (old)
		log_replace(log, old, stats_log_sink_loss, log);
}

/* Writes a report to the log, or to stderr while there is no log. */
static void tell(struct daemon *daemon, struct report *report)
{
	if (daemon->log)
		log_report(daemon->log, report);
	else
		report_print(report, stderr);
	report_clear(report);
}

static void listen_for_clients(struct daemon *daemon, struct report *report)
{
	control_listen(daemon->control, config_string(settings_core(daemon->manager.config), "control"), report);
}

/* Call it after a plugin's state has changed, before any of its records is read. */
static void attach_source(struct bus *bus, struct managed_plugin *managed)
{
	const struct instance *instance = manager_instance(managed);
	CLEANUP(cleanup_free) struct bpflock_stats *stats = NULL;
	size_t cpus;

	if (!instance) {
		bus_attach(bus, &managed->source, NULL, NULL);
		return;
	}
	stats = plugin_state_cpu_stats(instance->state, &cpus);
	bus_attach(bus, &managed->source, instance->state->delivery, stats);
}

static void update_source(struct bus *bus, struct managed_plugin *managed)
{
	managed->source.observes = managed->instance && managed->plugin->descriptor.observe;
	managed->source.window =
		manager_is_running_enforcer(managed) ? config_number(managed->section, "event_window") : 0;
	attach_source(bus, managed);
}

static void update_sources(struct daemon *daemon)
{
	bus_set_flush_interval(daemon->bus, config_number(settings_core(daemon->manager.config), "flush_interval"));
	for (size_t i = 0; i < daemon->manager.count; i++)
		update_source(daemon->bus, &daemon->manager.plugins[i]);
}

static void open_services(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->manager.count; i++) {
		struct managed_plugin *managed = &daemon->manager.plugins[i];

		services_open(&managed->services, &managed->source, daemon->loop, &daemon->log, daemon->bus);
		managed->source.services = &managed->services.offered;
	}
}

/* Logs final records and counters of stopped plugins. */
static void finalize(struct daemon *daemon)
{
	bus_drain_all(daemon->bus, daemon->log);
	bus_flush_all(daemon->bus, daemon->log);
	stats_log_stopped(daemon->log, &daemon->manager);
	stats_log_losses(daemon->log, &daemon->manager, daemon->bus);
	manager_finalize(&daemon->manager);
	update_sources(daemon);
}

static int open_bus(struct daemon *daemon)
{
	const int rings[] = { daemon->pins.old_ring, daemon->pins.ring };
	int error;

	error = bus_open(daemon->pins.old_ring < 0 ? &rings[1] : rings, daemon->pins.old_ring < 0 ? 1 : 2,
			 &daemon->bus);
	if (error)
		return error;
	for (size_t i = 0; i < daemon->manager.count; i++)
		bus_add_source(daemon->bus, &daemon->manager.plugins[i].source);
	details_open(&daemon->details, &daemon->manager);
	bus_annotate(daemon->bus, &(struct bus_annotator){ details_annotate, &daemon->details });
	return 0;
}

static void arm_verify_timer(const struct daemon *daemon)
{
	const struct config_section *core = settings_core(daemon->manager.config);

	loop_set_interval(daemon->verify_timer, config_number(core, "verify_interval"));
}

/* Reports changed options that are read at the start only. */
static void notice_start_only(const struct config *old, const struct config *new, struct report *report)
{
	static const char *const keys[] = { "plugin_dir", "ring_size" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct config_value *value = config_value(settings_core(new), keys[i]);

		if (!config_value_equal(config_value(settings_core(old), keys[i]), value))
			report_add(report, REPORT_NOTICE, "config_notice", value->origin,
				   "[" CONFIG_CORE_SECTION "] %s takes effect at the next start", keys[i]);
	}
}

/*
 * An enforcer's pins outlive the daemon. A guard does not let a daemon in another pid namespace take them over.
 * Observers have no pins that are in force.
 */
static int check_namespaces(const struct settings *settings, const struct config *config, struct report *report)
{
	size_t errors = report->errors;

	if (!namespaces_pid_is_contained())
		return 0;
	for (size_t i = 0; i < settings->plugins.count; i++) {
		const struct plugin *plugin = &settings->plugins.items[i];

		if (!plugin->refusal && plugin_is_enforcer(plugin) && settings_section(config, plugin)->enabled)
			report_plugin(namespaces_refuse_enforcer(report), plugin->name);
	}
	return report->errors > errors ? -EPERM : 0;
}

/* Does the configuration enable a guard that can run on this kernel and is not pinned yet? */
static bool guard_is_to_come(const struct daemon *daemon, const struct config *config)
{
	CLEANUP(cleanup_free) char *remedy = NULL;
	CLEANUP(cleanup_free) char *refused = kernel_refuses_bpf_lsm(&daemon->kernel, &remedy);
	const struct plugins *plugins = &daemon->settings.plugins;

	for (size_t i = 0; !refused && i < plugins->count; i++) {
		const struct plugin *plugin = &plugins->items[i];

		if (plugin_is_guard(plugin) && settings_section(config, plugin)->enabled &&
		    !pins_last_generation(plugin->name))
			return true;
	}
	return false;
}

/* A guard cannot revoke descriptors that containers got before it ran. */
static void warn_of_exposure(struct report *report)
{
	report_remedy(report_add(report, REPORT_WARNING, "unguarded_before", NULL,
				 "maps of bpflock were there before the guard: containers that ran meanwhile may have "
				 "opened them"),
		      "stop bpflock and start it again, with the enforcer enabled from the start");
}

static int apply_reload(struct daemon *daemon, struct config *config, struct report *report)
{
	bool hide = guard_is_to_come(daemon, config);
	int error = 0;

	if (hide) {
		kernel_load_targets(&daemon->kernel);
		error = pins_hide(&daemon->pins, report);
	}
	if (!error)
		error = manager_apply(&daemon->manager, config, report);
	pins_show(&daemon->pins);
	if (!error && hide)
		warn_of_exposure(report);
	return error;
}

/* Everything that can fail comes before anything that changes. */
static int try_reload(struct daemon *daemon, struct report *report)
{
	struct config *config;
	struct log *log = NULL;
	int error;

	error = settings_reload(&daemon->settings, daemon->config_sources, &config, report);
	if (!error)
		error = check_namespaces(&daemon->settings, config, report);
	if (!error)
		error = open_log(config, &log, report);
	if (!error) {
		notice_start_only(daemon->manager.config, config, report);
		error = apply_reload(daemon, config, report);
	}
	if (error) {
		log_close(log);
		config_free(config);
		return error;
	}
	take_log(daemon, config, log);
	return 0;
}

void daemon_trim_memory(struct daemon *daemon)
{
	kernel_free_targets(&daemon->kernel);
	malloc_trim(0);
}

/* Whether this says the same as what was told at the verification before. */
static bool is_told(const struct report *report, const struct report *before)
{
	bool same = report->count == before->count;

	for (size_t i = 0; same && i < report->count; i++)
		same = strcmp(report->items[i].message, before->items[i].message) == 0;
	return same;
}

/*
 * Puts right what somebody has changed of what is in force. What was put right is always told: somebody may change the
 * same again. What stays different is told once.
 */
static void mend(struct daemon *daemon)
{
	struct report report = { 0 };
	int replaced = drift_mend(&daemon->manager, &daemon->pins, &report);

	if (replaced >= 0 || !is_told(&report, &daemon->drift))
		log_report(daemon->log, &report);
	report_clear(&daemon->drift);
	if (replaced < 0)
		daemon->drift = report;
	else
		report_clear(&report);
	if (replaced <= 0)
		return;
	update_sources(daemon);
	status_log_running(daemon->log, &daemon->manager, "pinned_anew");
	daemon_trim_memory(daemon);
}

int daemon_reload(struct daemon *daemon, struct report *report)
{
	struct log_record refused;
	int error;

	notify_reloading();
	mend(daemon);
	error = try_reload(daemon, report);
	if (!error) {
		listen_for_clients(daemon, report);
		log_report(daemon->log, report);
		update_sources(daemon);
		if (manager_has_stopped(&daemon->manager))
			finalize(daemon);
		arm_verify_timer(daemon);
		status_log_running(daemon->log, &daemon->manager, "reloaded");
		daemon_trim_memory(daemon);
		return 0;
	}
	log_report(daemon->log, report);
	refused = log_daemon_record(LOG_LEVEL_ERROR, "reload_refused");
	log_write(daemon->log, &refused);
	status_tell_service(&daemon->manager, "the new configuration was refused, the old one is in force; ");
	daemon_trim_memory(daemon);
	return error;
}

static void handle_reload_signal(struct daemon *daemon)
{
	struct report report = { 0 };

	(void)daemon_reload(daemon, &report);
	report_clear(&report);
}

static int handle_signal(void *context, int signal)
{
	struct daemon *daemon = context;

	if (signal == SIGHUP)
		handle_reload_signal(daemon);
	else if (signal == SIGUSR1)
		stats_log_totals(daemon->log, &daemon->manager);
	else
		daemon->stopping = true;
	return 0;
}

static int handle_loss_timer(void *context)
{
	struct daemon *daemon = context;

	stats_log_losses(daemon->log, &daemon->manager, daemon->bus);
	control_log_closed(daemon->control);
	grants_log_ended(&daemon->manager, daemon->log);
	notify_alive();
	return 0;
}

void daemon_verify(struct daemon *daemon)
{
	mend(daemon);
	manager_verify(&daemon->manager);
	if (status_log_enforcement(daemon->log, &daemon->manager))
		status_tell_service(&daemon->manager, "");
}

static int handle_verify_timer(void *context)
{
	daemon_verify(context);
	return 0;
}

static int handle_cgroups(void *context)
{
	struct daemon *daemon = context;
	struct report report = { 0 };

	manager_refresh(&daemon->manager, &report);
	tell(daemon, &report);
	return 0;
}

static int open_loop(struct daemon *daemon)
{
	sigset_t signals;
	int error = loop_open(&daemon->loop);

	if (error)
		return error;
	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGUSR1);
	/* Without this, a reader of the log that exits, or a file at its size limit, would kill the daemon. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return loop_add_signals(daemon->loop, &signals, handle_signal, daemon);
}

static int open_timers(struct daemon *daemon)
{
	daemon->loss_timer = loop_add_timer(daemon->loop, CLOCK_MONOTONIC, handle_loss_timer, daemon);
	if (daemon->loss_timer < 0)
		return daemon->loss_timer;
	daemon->verify_timer = loop_add_timer(daemon->loop, CLOCK_MONOTONIC, handle_verify_timer, daemon);
	return daemon->verify_timer < 0 ? daemon->verify_timer : 0;
}

/* For the successor in case of SIGKILL. */
static void save_heartbeat(const struct daemon *daemon)
{
	struct last_state *state = daemon->pins.last_state;

	state->started = daemon->identity.started;
	state->pid = daemon->identity.pid;
	state->pid_namespace = daemon->identity.pid_namespace;
	state->heartbeat = clock_since_boot();
}

static int serve(struct daemon *daemon)
{
	int error = 0;

	while (!error && !daemon->stopping) {
		save_heartbeat(daemon);
		error = loop_dispatch(daemon->loop);
	}
	return error;
}

/* The exit status for an error. */
static int status_of(int error)
{
	switch (error) {
	case 0:
		return EXIT_SUCCESS;
	case -EALREADY:
		return EX_TEMPFAIL;
	case -EOPNOTSUPP:
	case -524: /* the kernel's ENOTSUPP: no trampolines for LSM programs on this architecture */
		return EX_UNAVAILABLE;
	default:
		return EXIT_FAILURE;
	}
}

static int configure(struct daemon *daemon, struct config **ret, struct report *report)
{
	int error = settings_load(daemon->config_sources, &daemon->kernel, &daemon->settings, ret, report);

	if (error && *ret)
		error = settings_forgive(*ret, report);
	if (error)
		return EXIT_CONFIG;
	if (check_namespaces(&daemon->settings, *ret, report) < 0)
		return EX_NOPERM;
	return 0;
}

static int start(struct daemon *daemon, struct config **config, struct report *report)
{
	__u64 ring_size = config_number(settings_core(*config), "ring_size");
	bool hide = guard_is_to_come(daemon, *config);
	int error;

	error = sections_register(&daemon->kernel);
	if (!error)
		error = control_methods_open(daemon);
	if (!error)
		error = pins_open(ring_size, hide, &daemon->pins, report);
	if (error)
		return error;
	log_keep(daemon->log, &daemon->pins.last_state->sinks);
	kernel_probe_trampolines(&daemon->kernel, report);
	error = manager_init(&daemon->manager, &daemon->settings.plugins, &daemon->kernel, &daemon->pins);
	if (!error)
		error = open_bus(daemon);
	if (!error)
		error = bus_watch(daemon->bus, daemon->loop, &daemon->log);
	if (!error)
		open_services(daemon);
	if (!error)
		error = loop_add(daemon->loop, daemon->manager.epoll, handle_cgroups, daemon);
	if (!error)
		error = open_timers(daemon);
	if (!error)
		error = manager_apply(&daemon->manager, *config, report);
	if (error)
		return error;
	pins_show(&daemon->pins);
	if (hide && daemon->pins.inherited)
		warn_of_exposure(report);
	*config = NULL;
	update_sources(daemon);
	loop_set_interval(daemon->loss_timer, LOSS_INTERVAL_SECONDS * NANOSECONDS);
	arm_verify_timer(daemon);
	return 0;
}

/* After the new programs enforce: reads and reports what a predecessor left. */
static void take_over(struct daemon *daemon)
{
	struct report report = { 0 };
	int error;

	/* Programs that had taken a number for a record at update_sources() have submitted the record after this. */
	kernel_wait_for_grace_period();
	bus_drain_all(daemon->bus, daemon->log);
	error = core_maps_replace_ring(&daemon->pins);
	if (error)
		report_add(&report, REPORT_ERROR, "pins_failed", PINS_PATH "/ring",
			   "a ring of the new size cannot be pinned there: %s", strerror(-error));
	stats_log_inherited(daemon->log, &daemon->manager);
	takeover_log_sink_losses(daemon->log);
	takeover_log_gap(daemon->log, &daemon->manager, &daemon->pins, bus_total(daemon->bus));
	save_heartbeat(daemon); /* the gap before this is in the log */
	if (manager_has_stopped(&daemon->manager))
		finalize(daemon);
	takeover_report_orphans(&daemon->settings.plugins, &report);
	takeover_replace_layouts(&report);
	tell(daemon, &report);
}

static int on_exit_of(const struct daemon *daemon)
{
	if (daemon->on_exit >= 0)
		return daemon->on_exit;
	return (int)config_number(settings_core(daemon->manager.config), "on_exit");
}

/*
 * The counts are logged when nothing decides any more, or the next daemon continues these counts. Until then a successor
 * finds what it needs to log them.
 */
static int stop(struct daemon *daemon)
{
	bool keep = on_exit_of(daemon) == ON_EXIT_KEEP;
	struct report report = { 0 };
	struct log_record record;
	size_t given;
	int error;

	notify_stopping();
	/* The service manager keeps the objects at a restart and drops them at a stop. Only it knows which this is. */
	given = keep ? 0 : fdstore_give(&report);
	manager_stop(&daemon->manager, keep || given, &report);
	finalize(daemon);
	control_log_closed(daemon->control);
	log_finish(daemon->log);
	log_take_lost(daemon->log, stats_log_sink_loss, daemon->log);
	error = keep ? 0 : pins_remove_all();
	pins_report_kept(NULL, error, &report);
	log_report(daemon->log, &report);
	record = log_daemon_record(LOG_LEVEL_INFO, "stopped");
	log_str(&record, "on_exit", keep ? "keep" : "unload");
	if (given)
		log_uint(&record, "given_to_service_manager", given);
	log_write(daemon->log, &record);
	save_heartbeat(daemon);
	control_methods_stopped(daemon, &report);
	report_clear(&report);
	notify_stopped(keep ? "stopped, enforcers stay in force" : "stopped");
	return error;
}

static void release(struct daemon *daemon)
{
	/* The socket goes while the lock is held: afterwards it may be that of another daemon. */
	if (daemon->control)
		control_listen(daemon->control, CONTROL_NONE, NULL);
	/* Before the manager, which contains the sources of the bus. */
	bus_close(daemon->bus);
	details_close(&daemon->details);
	manager_release(&daemon->manager);
	pins_close(&daemon->pins);
	settings_free(&daemon->settings);
	kernel_release(&daemon->kernel);
	crash_write_to(NULL, 0, false);
	/* A client that waits for the end of this daemon may start another one. */
	control_close(daemon->control);
	log_close(daemon->log);
	loop_close(daemon->loop);
}

/* Whoever has started a daemon that ends at once looks at its stderr, not into the log of another daemon. */
static void abandon(struct daemon *daemon, const struct report *report)
{
	log_errors_to_stderr(daemon->log, report);
	log_keep(daemon->log, NULL);
	if (daemon->pins.directory >= 0)
		pins_abandon(&daemon->pins);
}

/* The last steps that need the privileges of a start. */
static void finish_start(struct daemon *daemon, struct report *report)
{
	takeover_report_others(&daemon->pins, report);
	if (settings_name_cgroups(&daemon->settings, daemon->manager.config))
		namespaces_report_cgroup(report);
	kernel_report_cgroups(report);
	if (settings_first_enforcer(&daemon->settings, daemon->manager.config)) {
		takeover_report_overrides(&daemon->kernel, &daemon->pins, report);
		kernel_report_lockdown(&daemon->kernel, report);
	}
	protected_sweep(daemon->pins.protected);
	privileges_drop(report);
}

static int run(struct daemon *daemon, struct report *report)
{
	struct config *config = NULL;
	struct log *log;
	int status, error, stop_error;

	namespaces_enter_initial_network(report);
	error = pins_show_process(report);
	/* Before anything can fail: also at a failed start the predecessor's enforcement continues. */
	pins_restore(report);
	tell(daemon, report);
	status = error ? status_of(error) : configure(daemon, &config, report);
	if (!status)
		status = kernel_check(&daemon->kernel, report);
	if (!status)
		kernel_load_targets(&daemon->kernel);
	kernel_free_btf(&daemon->kernel);
	if (!status && open_log(config, &log, report) < 0)
		status = EXIT_CONFIG;
	if (!status) {
		take_log(daemon, config, log);
		status = status_of(start(daemon, &config, report));
		if (status)
			abandon(daemon, report);
		else
			finish_start(daemon, report);
	}
	tell(daemon, report);
	config_free(config);
	if (status)
		return status;
	take_over(daemon);
	listen_for_clients(daemon, report);
	tell(daemon, report);
	daemon_trim_memory(daemon);
	status_log_running(daemon->log, &daemon->manager, "started");
	error = serve(daemon);
	stop_error = stop(daemon);
	return status_of(error ? error : stop_error);
}

int daemon_run(const struct config_sources *sources)
{
	struct daemon daemon = {
		.config_sources = sources,
		.pins = PINS_CLOSED,
		.manager = { .epoll = -1 },
		.identity = { .pid = (__u64)getpid(), .pid_namespace = namespaces_own_pid() },
		.since = clock_since_boot(),
		.on_exit = -1,
	};
	struct report report = { 0 };
	int status;

	(void)process_start_time(getpid(), &daemon.identity.started);
	/* A fixed limit, which glibc does not raise: so freed large blocks are always returned to the kernel. */
	mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
	libbpf_log_install();
	/* This early, because it blocks signals: a SIGHUP during the start must not kill the daemon. */
	status = status_of(open_loop(&daemon));
	kernel_probe(&daemon.kernel);
	if (!status)
		status = run(&daemon, &report);
	release(&daemon);
	report_clear(&daemon.drift);
	return status;
}
