/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/manager.h"

#include <assert.h>
#include <errno.h>
#include <sys/epoll.h>

#include "loader/limits.h"
#include "plugin/host.h"
#include "util/clock.h"
#include "util/memory.h"

/* One step of a change, for one plugin. Returns 0 or a negative errno, reported. */
typedef int (*change_step)(struct manager *manager, struct managed_plugin *managed, struct report *report);

static void discard(struct instance **instance)
{
	if (!*instance)
		return;
	instance_free(*instance);
	free(*instance);
	*instance = NULL;
}

/* Removes the pins of a failed change, and its exceptions from the map of an instance that stays. */
static void discard_change(struct managed_plugin *managed)
{
	struct instance *successor = managed->change.successor;

	if (managed->instance)
		instance_discard_exceptions(managed->instance);
	if (!successor)
		return;
	instance_unpin(successor);
	instance_unprotect(successor);
	discard(&managed->change.successor);
}

/*
 * The `const volatile` variables of an object cannot be changed after it is loaded. Where no cgroups were named, none are
 * watched.
 */
static bool needs_new_object_for(const struct config_value *old, const struct config_value *new)
{
	if (new->option->type == BPFLOCK_OPTION_CGROUP &&new->option->map)
		return !old->count != !new->count;
	return new->option->variable && !config_value_equal(old, new);
}

static bool needs_new_object(const struct config_section *old, const struct config_section *new)
{
	for (size_t i = 0; i < new->value_count; i++)
		if (needs_new_object_for(&old->values[i], &new->values[i]))
			return true;
	return false;
}

/* Some programs are only loaded where the policy denies the host something. */
static bool needs_other_programs(const struct plugin *plugin, const struct config_section *old,
				 const struct config_section *new)
{
	const struct bpflock_program *rows = plugin->descriptor.programs.rows;
	const struct operations *operations = &plugin->operations;

	for (__u32 i = 0; i < plugin->descriptor.programs.count; i++)
		if (rows[i].flags & BPFLOCK_PROGRAM_HOST)
			return policy_denies_host(operations, old) != policy_denies_host(operations, new);
	return false;
}

static bool needs_successor(const struct managed_plugin *managed)
{
	const struct config_section *section = managed->change.section;

	if (!section->enabled || managed->plugin->refusal)
		return false;
	if (!managed->instance || managed->pins_lost)
		return true;
	return needs_new_object(managed->section, section) ||
	       needs_other_programs(managed->plugin, managed->section, section);
}

static int refuse(const struct managed_plugin *managed, int error, const char *reason, struct report *report)
{
	report_plugin(report_add(report, REPORT_ERROR, "plugin_failed", NULL, "%s", reason), managed->plugin->name);
	return error;
}

static int open_successor(struct manager *manager, struct managed_plugin *managed, struct report *report)
{
	struct change *change = &managed->change;

	if (!needs_successor(managed))
		return managed->instance ? instance_check_lists(managed->instance, change->section, report) : 0;
	if (change->section->invalid)
		return refuse(managed, -EINVAL, "it is left out: its configuration has errors", report);
	change->successor = xcalloc(1, sizeof(*change->successor));
	return instance_open(change->successor, managed->instance, managed->plugin, change->section, manager->kernel,
			     manager->pins, report);
}

static int load_successor(struct manager *manager, struct managed_plugin *managed, struct report *report)
{
	struct instance *successor = managed->change.successor;
	int error;

	if (!successor)
		return 0;
	error = instance_load(successor, report);
	if (!error)
		error = instance_fill_maps(successor, report);
	return error ? error : instance_watch_options(successor, manager->epoll, report);
}

/* The instance that runs after the change, or NULL. */
static struct instance *future_instance(const struct managed_plugin *managed)
{
	return managed->change.successor ? managed->change.successor : managed->instance;
}

/* Before anything is attached. */
static int check_limits(struct manager *manager, struct managed_plugin *managed, struct report *report)
{
	const struct instance *instance = future_instance(managed);

	return instance && managed->change.section->enabled ? limits_add(manager->limits, instance, report) : 0;
}

static void add_name(void *names, const char *group)
{
	config_names_add(names, group);
}

static int exempt_group(void *context, const char *group, struct config_names *valid)
{
	struct exemptions *exemptions = context;
	int error = exemptions_add(exemptions, group);

	if (error)
		operations_each_group(exemptions->operations, add_name, valid);
	return error;
}

/* Can some enforcer that is no guard deny anybody anything? */
static bool is_enforcing(const struct manager *manager)
{
	for (size_t i = 0; i < manager->count; i++) {
		const struct managed_plugin *managed = &manager->plugins[i];

		if (plugin_wants_guard(managed->plugin) && policy_can_deny(managed->change.section))
			return true;
	}
	return false;
}

/* The plugin's callback `policy` may fail. */
static int evaluate_policy(const struct manager *manager, struct managed_plugin *managed, struct report *report)
{
	const struct plugin *plugin = managed->plugin;
	struct change *change = &managed->change;
	struct exemptions exemptions = { .operations = &plugin->operations };
	struct host host = { .plugin = plugin, .report = report, .context = &exemptions, .exempt_group = exempt_group };
	int error;

	error = host_call(&host, "policy", plugin->descriptor.policy, change->section);
	if (error)
		return error;
	change->policy = xcalloc(1, sizeof(*change->policy));
	policy_resolve(&exemptions, change->section, is_enforcing(manager), change->policy);
	return 0;
}

static int resolve_policy(struct manager *manager, struct managed_plugin *managed, struct report *report)
{
	const struct instance *instance = future_instance(managed);

	if (!instance || !instance->policy || !managed->change.section->enabled)
		return 0;
	return evaluate_policy(manager, managed, report);
}

/* Before the programs are attached: without a policy they would deny everything. */
static int give_policy(struct manager *manager, struct managed_plugin *managed, struct report *report)
{
	struct instance *successor = managed->change.successor;

	(void)manager;
	(void)report;
	if (!successor || !managed->change.policy)
		return 0;
	assert(successor->policy); /* resolve_policy() makes none for an instance without */
	policy_init(successor->policy, &managed->plugin->operations);
	policy_put(successor->policy, managed->change.policy);
	return 0;
}

/*
 * Before the policy that needs them. The map of an instance that stays already has the exceptions of the old
 * configuration. Those of the new one are added here; complete_change() removes those that only the old one named.
 */
static int prepare_exceptions(struct manager *manager, struct managed_plugin *managed, struct report *report)
{
	const struct config_section *section = managed->change.section;
	struct instance *instance = future_instance(managed);

	if (!instance || !section->enabled)
		return 0;
	return instance_prepare_exceptions(instance, section, manager->epoll, report);
}

/*
 * Enforcers are attached first. On a hook the newest program runs first, and a denial ends the chain. So an observer
 * that is attached later sees everything.
 */
static int attach_if(struct managed_plugin *managed, bool enforcer, struct report *report)
{
	struct instance *successor = managed->change.successor;

	if (!successor || plugin_is_enforcer(managed->plugin) != enforcer)
		return 0;
	return instance_attach(successor, report);
}

static int attach_enforcer(struct manager *manager, struct managed_plugin *managed, struct report *report)
{
	(void)manager;
	return attach_if(managed, true, report);
}

static int attach_observer(struct manager *manager, struct managed_plugin *managed, struct report *report)
{
	(void)manager;
	return attach_if(managed, false, report);
}

/* Before the old programs are removed: does the kernel call the new ones? */
static int verify_enforcer(struct manager *manager, struct managed_plugin *managed, struct report *report)
{
	struct instance *successor = managed->change.successor;
	struct verification *verification = &managed->change.verification;

	if (!successor || !plugin_is_enforcer(managed->plugin))
		return 0;
	*verification = verify_instance(successor, manager->kernel);
	if (verification->state == VERIFY_FAILED)
		return refuse(managed, -ENOTRECOVERABLE, verification->reason, report);
	return 0;
}

static int pin_successor(struct manager *manager, struct managed_plugin *managed, struct report *report)
{
	struct instance *successor = managed->change.successor;
	int error;

	if (!successor)
		return 0;
	error = pins_pin_shared(manager->pins, report);
	return error ? error : instance_pin(successor, report);
}

/*
 * Errors of a plugin that is not required are reported and do not fail the change. Those of an enforcer are still
 * logged as errors: the machine is less protected than its configuration says.
 */
static void forgive(struct report *report, size_t first, bool enforcer)
{
	for (size_t i = first; i < report->count; i++) {
		if (report->items[i].level != REPORT_ERROR)
			continue;
		if (!enforcer)
			report->items[i].level = REPORT_WARNING;
		report->errors--;
	}
}

static int for_each_plugin(struct manager *manager, change_step step, struct report *report)
{
	for (size_t i = 0; i < manager->count; i++) {
		struct managed_plugin *managed = &manager->plugins[i];
		size_t reported = report->count;
		int error = managed->change.failed ? 0 : step(manager, managed, report);

		if (!error)
			continue;
		if (config_number(managed->change.section, "required"))
			return error;
		forgive(report, reported, plugin_is_enforcer(managed->plugin));
		discard_change(managed);
		managed->change.failed = true;
	}
	return 0;
}

static void begin_change(struct manager *manager, const struct config *config)
{
	for (size_t i = 0; i < manager->count; i++)
		manager->plugins[i].change.section = settings_section(config, manager->plugins[i].plugin);
}

static void end_change(struct managed_plugin *managed)
{
	free(managed->change.policy);
	verification_free(&managed->change.verification);
	managed->change = (struct change){ 0 };
}

static int prepare_change(struct manager *manager, const struct config *config, struct report *report)
{
	static const change_step steps[] = {
		open_successor,	    check_limits,    load_successor,  resolve_policy,  give_policy,
		prepare_exceptions, attach_enforcer, verify_enforcer, attach_observer, pin_successor,
	};
	int error = 0;

	begin_change(manager, config);
	manager->limits = limits_open(manager->kernel, manager->pins->protected);
	for (size_t i = 0; !error && i < ARRAY_SIZE(steps); i++)
		error = for_each_plugin(manager, steps[i], report);
	manager->limits = limits_close(manager->limits);
	return error;
}

/* An instance that stays takes the new lists, and the new policy by one write. */
static void update_instance(struct managed_plugin *managed, struct report *report)
{
	services_stop(&managed->services, managed->section, report);
	managed->instance->section = managed->change.section;
	(void)instance_fill_maps(managed->instance, report);
	instance_refresh_cgroups(managed->instance, report);
	assert(managed->instance->policy || !managed->change.policy);
	if (managed->change.policy)
		policy_put(managed->instance->policy, managed->change.policy);
}

/* Its counts end with the programs, whose last runs may be those that the log has not reported. */
static void keep_skipped_runs(struct managed_plugin *managed)
{
	if (managed->instance)
		managed->skipped_before += instance_skipped_runs(managed->instance) - managed->skipped_runs;
	managed->skipped_runs = 0;
}

static void replace(struct managed_plugin *managed, struct report *report)
{
	struct instance *successor = managed->change.successor;

	assert(successor->generation > (managed->instance ? managed->instance->generation : 0));
	instance_record(successor);
	if (managed->instance) {
		services_stop(&managed->services, managed->section, report);
		instance_unprotect(managed->instance);
		instance_detach(managed->instance);
	}
	pins_report_kept(managed->plugin->name, pins_remove_generations(managed->plugin->name, successor->generation),
			 report);
	keep_skipped_runs(managed);
	discard(&managed->instance);
	managed->instance = successor;
	managed->pins_lost = false;
	verification_free(&managed->verification);
	managed->verification = managed->change.verification;
	managed->change.verification = (struct verification){ 0 };
}

/* Its final records and counters can be logged until manager_finalize(). */
static void stop_plugin(struct managed_plugin *managed, struct report *report)
{
	if (!managed->instance)
		return;
	services_stop(&managed->services, managed->section, report);
	instance_detach(managed->instance);
	managed->stopped = managed->instance;
	managed->instance = NULL;
}

/* Stops a plugin that is not enabled any more: a running instance, or the pins that a predecessor left. */
static void end_plugin(struct managed_plugin *managed, struct report *report)
{
	const struct plugin *plugin = managed->plugin;
	int error;

	if (managed->instance)
		instance_unprotect(managed->instance);
	else if (pins_have_plugin(plugin->name))
		managed->instance = instance_of_predecessor(plugin);
	else
		return;
	/* What its generations share is needed until manager_finalize(). */
	error = managed->instance ? pins_remove_generations(plugin->name, 0) : pins_remove_plugin(plugin->name);
	pins_report_kept(plugin->name, error, report);
	pins_await_removal();
	stop_plugin(managed, report);
	kernel_wait_for_grace_period(); /* for programs that are still running */
}

static void take_section(struct managed_plugin *managed, struct config *config)
{
	struct config *old = managed->config;

	free(managed->policy);
	managed->policy = managed->change.policy;
	managed->change.policy = NULL;
	managed->config = config_hold(config);
	managed->section = managed->change.section;
	managed->since = clock_since_boot();
	config_free(old);
}

static void complete_change(struct managed_plugin *managed, struct config *config, struct report *report)
{
	/* The running instance keeps policy, exceptions and section. The next reload tries again. */
	if (managed->change.failed && managed->instance)
		return;
	if (!managed->change.section->enabled)
		end_plugin(managed, report);
	else if (managed->change.successor)
		replace(managed, report);
	else if (managed->instance)
		update_instance(managed, report);
	/* After the new policy is in force: exceptions that only the old configuration named are removed now. */
	if (managed->instance)
		instance_commit_exceptions(managed->instance);
	take_section(managed, config);
	if (managed->instance)
		services_start(&managed->services, managed->instance, managed->section, report);
}

int manager_init(struct manager *manager, const struct plugins *plugins, struct kernel *kernel, const struct pins *pins)
{
	*manager = (struct manager){
		.kernel = kernel,
		.pins = pins,
		.plugins = xcalloc(plugins->count, sizeof(*manager->plugins)),
		.count = plugins->count,
		.epoll = epoll_create1(EPOLL_CLOEXEC),
	};
	for (size_t i = 0; i < plugins->count; i++) {
		manager->plugins[i].plugin = &plugins->items[i];
		manager->plugins[i].source.plugin = &plugins->items[i];
	}
	return manager->epoll < 0 ? -errno : 0;
}

int manager_evaluate(struct manager *manager, const struct config *config, manager_visit_policy *visit, void *context,
		     struct report *report)
{
	int error = 0;

	begin_change(manager, config);
	for (size_t i = 0; i < manager->count; i++) {
		struct managed_plugin *managed = &manager->plugins[i];
		const struct change *change = &managed->change;

		if (error || !change->section->enabled || managed->plugin->refusal ||
		    !plugin_is_enforcer(managed->plugin))
			continue;
		error = evaluate_policy(manager, managed, report);
		if (!error)
			visit(context, managed->plugin, change->section, change->policy);
	}
	for (size_t i = 0; i < manager->count; i++)
		end_change(&manager->plugins[i]);
	return error;
}

int manager_apply(struct manager *manager, struct config *config, struct report *report)
{
	int error = prepare_change(manager, config, report);

	for (size_t i = 0; i < manager->count; i++) {
		struct managed_plugin *managed = &manager->plugins[i];

		if (error)
			discard_change(managed);
		else
			complete_change(managed, config, report);
		end_change(managed);
	}
	if (error)
		return error;
	config_free(manager->config);
	manager->config = config;
	return 0;
}

int manager_renew(struct manager *manager, struct report *report)
{
	struct config *config = config_hold(manager->config);
	int error = manager_apply(manager, config, report);

	if (error)
		config_free(config);
	return error;
}

const struct managed_plugin *manager_plugin_of(const struct manager *manager, const struct bus_source *source)
{
	for (size_t i = 0; i < manager->count; i++)
		if (&manager->plugins[i].source == source)
			return &manager->plugins[i];
	return NULL;
}

void manager_refresh(struct manager *manager, struct report *report)
{
	for (size_t i = 0; i < manager->count; i++) {
		struct managed_plugin *managed = &manager->plugins[i];

		if (managed->instance)
			instance_refresh_cgroups(managed->instance, report);
	}
}

void manager_verify(struct manager *manager)
{
	for (size_t i = 0; i < manager->count; i++) {
		struct managed_plugin *managed = &manager->plugins[i];
		struct verification now;

		if (!manager_is_running_enforcer(managed))
			continue;
		now = verify_instance(managed->instance, manager->kernel);
		now.reported = managed->verification.reported && now.state == managed->verification.state;
		verification_free(&managed->verification);
		managed->verification = now;
	}
}

void manager_stop(struct manager *manager, bool keep, struct report *report)
{
	for (size_t i = 0; i < manager->count && !keep; i++)
		(void)pins_remove_generations(manager->plugins[i].plugin->name, 0);
	if (!keep)
		pins_await_removal();
	for (size_t i = 0; i < manager->count; i++)
		stop_plugin(&manager->plugins[i], report);
	if (!keep)
		kernel_wait_for_grace_period(); /* for programs that are still running */
}

const struct instance *manager_instance(const struct managed_plugin *managed)
{
	return managed->instance ? managed->instance : managed->stopped;
}

bool manager_is_running_enforcer(const struct managed_plugin *managed)
{
	return managed->instance && plugin_is_enforcer(managed->plugin);
}

bool manager_has_stopped(const struct manager *manager)
{
	for (size_t i = 0; i < manager->count; i++)
		if (manager->plugins[i].stopped)
			return true;
	return false;
}

void manager_finalize(struct manager *manager)
{
	for (size_t i = 0; i < manager->count; i++) {
		struct managed_plugin *managed = &manager->plugins[i];

		/* What a successor would need to report is reported now. */
		if (managed->stopped && !managed->section->enabled)
			(void)pins_remove_plugin(managed->plugin->name);
		discard(&managed->stopped);
	}
}

void manager_release(struct manager *manager)
{
	struct report report = { 0 };

	manager_stop(manager, true, &report);
	report_clear(&report);
	manager_finalize(manager);
	for (size_t i = 0; i < manager->count; i++) {
		config_free(manager->plugins[i].config);
		free(manager->plugins[i].policy);
		verification_free(&manager->plugins[i].verification);
	}
	free(manager->plugins);
	if (manager->epoll >= 0)
		close(manager->epoll);
	config_free(manager->config);
	*manager = (struct manager){ .epoll = -1 };
}
