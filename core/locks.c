/* SPDX-License-Identifier: Apache-2.0 */
#include "locks.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "plugin/host.h"
#include "policy/exceptions.h"
#include "util/memory.h"

/**
 * struct change - a configuration on its way to being in force
 * @successors: one for each plugin: the instance that is to run in the place of the one that does;
 *              NULL where that one stays, or where the plugin is disabled
 * @policies:   one for each plugin: the policy of the instance that will run; NULL where there is none
 * @exceptions: one for each plugin: what follows the exceptions of the new configuration
 */
struct change {
	struct locks *locks;
	struct config *config;
	struct instance **successors;
	struct bpflock_policy_slot **policies;
	struct exceptions **exceptions;
	struct report *report;
};

typedef int (*change_step)(struct change *change, size_t place);

static const struct plugin *plugin_at(const struct change *change, size_t place)
{
	return &change->locks->settings->plugins.items[place];
}

static const struct config_section *section_at(const struct change *change, size_t place)
{
	return settings_section(change->config, plugin_at(change, place));
}

static void discard(struct instance **instance)
{
	if (!*instance)
		return;
	instance_free(*instance);
	free(*instance);
	*instance = NULL;
}

/* What came to nothing leaves no pins, and no exception in the map of an instance that stays. */
static void discard_successor(struct change *change, size_t place)
{
	struct instance *successor = change->successors[place];
	const struct exceptions *staying = successor ? NULL : change->locks->exceptions[place];

	change->exceptions[place] = exceptions_end(change->exceptions[place], staying);
	if (!successor)
		return;
	instance_unpin(successor);
	instance_disown(successor);
	discard(&change->successors[place]);
}

/* What goes into the object before it is loaded cannot be changed in a running instance. */
static bool needs_new_object(const struct config_section *old, const struct config_section *new)
{
	for (size_t i = 0; i < new->value_count; i++)
		if (new->values[i].option->variable &&
		    !config_value_equal(&old->values[i], &new->values[i]))
			return true;
	return false;
}

/* Some programs are only loaded where the policy denies the host something. */
static bool needs_other_programs(const struct plugin *plugin, const struct config_section *old,
				 const struct config_section *new)
{
	const struct bpflock_program *rows = plugin->descriptor.programs.rows;

	for (__u32 i = 0; i < plugin->descriptor.programs.count; i++)
		if (rows[i].flags & BPFLOCK_PROGRAM_HOST)
			return policy_denies_host(old) != policy_denies_host(new);
	return false;
}

static bool needs_successor(const struct change *change, size_t place)
{
	const struct locks *locks = change->locks;
	const struct config_section *section = section_at(change, place);
	const struct config_section *old;

	if (!section->enabled || plugin_at(change, place)->refusal)
		return false;
	if (!locks->instances[place])
		return true;
	old = settings_section(locks->config, plugin_at(change, place));
	return needs_new_object(old, section) ||
	       needs_other_programs(plugin_at(change, place), old, section);
}

static int refuse(const struct change *change, size_t place, int error, const char *reason)
{
	report_plugin(report_add(change->report, REPORT_ERROR, "plugin_failed", NULL, "%s", reason),
		      plugin_at(change, place)->name);
	return error;
}

static int open_successor(struct change *change, size_t place)
{
	struct locks *locks = change->locks;

	if (!needs_successor(change, place))
		return 0;
	change->successors[place] = xcalloc(1, sizeof(struct instance));
	return instance_open(change->successors[place], locks->instances[place],
			     plugin_at(change, place), section_at(change, place), locks->kernel,
			     locks->pins, change->report);
}

static int load_successor(struct change *change, size_t place)
{
	struct instance *successor = change->successors[place];

	return successor ? instance_load(successor, change->report) : 0;
}

static int exempt_group(void *context, const char *group)
{
	return exemptions_add(context, group);
}

/* The instance that will run, of those that there are now. */
static struct instance *future_instance(const struct change *change, size_t place)
{
	return change->successors[place] ? change->successors[place] :
					   change->locks->instances[place];
}

/* Can some enforcer that is no guard deny anybody anything? */
static bool is_enforcing(const struct change *change)
{
	for (size_t i = 0; i < change->locks->settings->plugins.count; i++) {
		const struct plugin *plugin = plugin_at(change, i);

		if (!plugin->refusal && plugin_is_enforcer(plugin) && !plugin_is_guard(plugin) &&
		    policy_can_deny(section_at(change, i)))
			return true;
	}
	return false;
}

/* The policy as it would be; nothing is written yet. The plugin may fail to say what it is to be. */
static int resolve_policy(struct change *change, size_t place)
{
	const struct plugin *plugin = plugin_at(change, place);
	const struct instance *instance = future_instance(change, place);
	struct exemptions exemptions = { .operations = &plugin->operations };
	struct host host = { .plugin = plugin,
			     .report = change->report,
			     .context = &exemptions,
			     .exempt_group = exempt_group };
	int error;

	if (!instance || !instance->policy || !section_at(change, place)->enabled)
		return 0;
	error = host_call(&host, "policy", plugin->descriptor.policy, section_at(change, place));
	if (error)
		return error;
	change->policies[place] = xcalloc(1, sizeof(*change->policies[place]));
	policy_resolve(&exemptions, section_at(change, place), is_enforcing(change),
		       change->policies[place]);
	return 0;
}

/* Before it is attached: a program without a policy would deny everything. */
static int give_policy(struct change *change, size_t place)
{
	struct instance *successor = change->successors[place];

	if (!successor || !change->policies[place])
		return 0;
	policy_init(successor->policy, &plugin_at(change, place)->operations);
	policy_put(successor->policy, change->policies[place]);
	return 0;
}

/*
 * Before the policy that needs them. An instance that stays has its exceptions in the map already; those
 * of the new configuration are added, and what only the old one named goes when that ends.
 */
static int follow_exceptions(struct change *change, size_t place)
{
	const struct config_section *section = section_at(change, place);
	struct instance *instance = future_instance(change, place);
	int error;

	if (!instance || instance->exceptions_map < 0 || !section->enabled ||
	    !exceptions_wanted(section))
		return 0;
	error = exceptions_follow(section, instance->exceptions_map, &change->exceptions[place]);
	if (error)
		return refuse(change, place, error, "its exceptions cannot be followed");
	return 0;
}

/*
 * Enforcers first: on one hook the newest program runs first and a denial ends the chain, so an
 * observer that is attached later sees it all.
 */
static int attach_if(struct change *change, size_t place, bool enforcer)
{
	struct instance *successor = change->successors[place];

	if (!successor || plugin_is_enforcer(successor->plugin) != enforcer)
		return 0;
	return instance_attach(successor, change->report);
}

static int attach_enforcer(struct change *change, size_t place)
{
	return attach_if(change, place, true);
}

static int attach_observer(struct change *change, size_t place)
{
	return attach_if(change, place, false);
}

/* Before anything is taken away that enforces now: does what is to replace it run at all? */
static int verify_enforcer(struct change *change, size_t place)
{
	struct instance *successor = change->successors[place];
	struct verification *verification = &change->locks->verifications[place];

	if (!successor || !plugin_is_enforcer(successor->plugin))
		return 0;
	*verification = verify_instance(successor, change->locks->kernel);
	if (verification->state == VERIFY_FAILED)
		return refuse(change, place, -ENOTRECOVERABLE, verification->reason);
	return 0;
}

static int pin_successor(struct change *change, size_t place)
{
	struct instance *successor = change->successors[place];

	return successor ? instance_pin(successor, change->report) : 0;
}

/*
 * Errors of a plugin that the operator can do without are told, and do not count. Of an enforcer they stay
 * errors to the eye: the machine is less protected than it was told to be.
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

static int for_each_plugin(struct change *change, change_step step)
{
	for (size_t i = 0; i < change->locks->settings->plugins.count; i++) {
		const struct config_section *section = section_at(change, i);
		size_t reported = change->report->count;
		int error = step(change, i);

		if (!error)
			continue;
		if (config_number(section, "required"))
			return error;
		forgive(change->report, reported, plugin_is_enforcer(plugin_at(change, i)));
		discard_successor(change, i);
	}
	return 0;
}

static int prepare_change(struct change *change)
{
	static const change_step steps[] = {
		open_successor,	   load_successor,  resolve_policy,  give_policy,   follow_exceptions,
		attach_enforcer,   verify_enforcer, attach_observer,
	};
	int error = 0;

	for (size_t i = 0; !error && i < ARRAY_SIZE(steps); i++)
		error = for_each_plugin(change, steps[i]);
	if (!error)
		error = pins_pin_shared(change->locks->pins, change->report);
	return error ? error : for_each_plugin(change, pin_successor);
}

/* An instance that stays takes the new policy by one write; without one it keeps the old. */
static void update_policy(struct change *change, size_t place)
{
	struct instance *instance = change->locks->instances[place];

	instance->section = section_at(change, place);
	if (change->policies[place])
		policy_put(instance->policy, change->policies[place]);
}

static void replace(struct change *change, size_t place)
{
	struct locks *locks = change->locks;
	struct instance *successor = change->successors[place];

	instance_record(successor);
	if (locks->instances[place])
		instance_disown(locks->instances[place]);
	discard(&locks->instances[place]);
	pins_remove_generations(successor->plugin->name, successor->generation);
	locks->instances[place] = successor;
	change->successors[place] = NULL;
}

/* Its last records and counts are still to be told. */
static void retire(struct locks *locks, size_t place)
{
	if (!locks->instances[place])
		return;
	instance_detach(locks->instances[place]);
	locks->retired[place] = locks->instances[place];
	locks->instances[place] = NULL;
}

/* It goes, and what a predecessor has left of it as well. */
static void end_plugin(struct locks *locks, size_t place)
{
	const struct plugin *plugin = &locks->settings->plugins.items[place];

	if (locks->instances[place])
		instance_disown(locks->instances[place]);
	else if (pins_have_plugin(plugin->name))
		locks->instances[place] = instance_of_predecessor(plugin);
	else
		return;
	pins_remove_generations(plugin->name, 0);
	pins_await_removal();
	retire(locks, place);
}

/* After the policy that uses them; what only the old configuration named goes now. */
static void replace_exceptions(struct change *change, size_t place)
{
	struct exceptions **exceptions = &change->locks->exceptions[place];
	struct epoll_event event = { .events = EPOLLIN };

	exceptions_end(*exceptions, change->exceptions[place]);
	*exceptions = change->exceptions[place];
	change->exceptions[place] = NULL;
	if (*exceptions)
		(void)epoll_ctl(change->locks->epoll, EPOLL_CTL_ADD, exceptions_fd(*exceptions),
				&event);
}

static void complete_plugin(struct change *change, size_t place)
{
	struct instance **instance = &change->locks->instances[place];

	if (change->successors[place]) {
		/* The map of the old instance goes with it. */
		change->locks->exceptions[place] =
			exceptions_end(change->locks->exceptions[place], NULL);
		replace(change, place);
	} else if (*instance && section_at(change, place)->enabled) {
		update_policy(change, place);
	} else if (!section_at(change, place)->enabled) {
		end_plugin(change->locks, place);
	}
	replace_exceptions(change, place);
}

int locks_init(struct locks *locks, const struct settings *settings, const struct kernel *kernel,
	       const struct pins *pins)
{
	size_t count = settings->plugins.count;

	*locks = (struct locks){
		.settings = settings,
		.kernel = kernel,
		.pins = pins,
		.instances = xcalloc(count, sizeof(*locks->instances)),
		.retired = xcalloc(count, sizeof(*locks->retired)),
		.verifications = xcalloc(count, sizeof(*locks->verifications)),
		.exceptions = xcalloc(count, sizeof(*locks->exceptions)),
		.epoll = epoll_create1(EPOLL_CLOEXEC),
	};
	return locks->epoll < 0 ? -errno : 0;
}

int locks_apply(struct locks *locks, struct config *config, struct report *report)
{
	size_t count = locks->settings->plugins.count;
	CLEANUP(cleanup_free) struct instance **successors = xcalloc(count, sizeof(*successors));
	CLEANUP(cleanup_free) struct bpflock_policy_slot **policies =
		xcalloc(count, sizeof(*policies));
	CLEANUP(cleanup_free) struct exceptions **exceptions = xcalloc(count, sizeof(*exceptions));
	struct change change = { .locks = locks,
				 .config = config,
				 .successors = successors,
				 .policies = policies,
				 .exceptions = exceptions,
				 .report = report };
	int error = prepare_change(&change);

	for (size_t i = 0; i < count; i++) {
		if (error)
			discard_successor(&change, i);
		else
			complete_plugin(&change, i);
		free(policies[i]);
	}
	if (error)
		return error;
	config_free(locks->config);
	locks->config = config;
	return 0;
}

void locks_follow(struct locks *locks, struct report *report)
{
	for (size_t i = 0; i < locks->settings->plugins.count; i++) {
		int error = locks->exceptions[i] ? exceptions_refresh(locks->exceptions[i]) : 0;

		if (error)
			report_plugin(report_add(report, REPORT_ERROR, "exceptions_failed", NULL,
						 "an exception could not be added: %s",
						 strerror(-error)),
				      locks->settings->plugins.items[i].name);
	}
}

void locks_verify(struct locks *locks)
{
	for (size_t i = 0; i < locks->settings->plugins.count; i++) {
		struct verification *known = &locks->verifications[i];
		struct verification now;

		if (!locks->instances[i] || !plugin_is_enforcer(locks->instances[i]->plugin))
			continue;
		now = verify_instance(locks->instances[i], locks->kernel);
		if (now.state != known->state)
			*known = now;
	}
}

/* Exceptions stay in the maps of what is kept: they are part of what it was told to enforce. */
static void release_exceptions(struct locks *locks, size_t place, bool keep)
{
	struct exceptions *exceptions = locks->exceptions[place];

	exceptions_end(exceptions, keep ? exceptions : NULL);
	locks->exceptions[place] = NULL;
}

void locks_retire(struct locks *locks, bool keep)
{
	for (size_t i = 0; i < locks->settings->plugins.count && !keep; i++)
		pins_remove_generations(locks->settings->plugins.items[i].name, 0);
	if (!keep)
		pins_await_removal();
	for (size_t i = 0; i < locks->settings->plugins.count; i++) {
		release_exceptions(locks, i, keep);
		retire(locks, i);
	}
}

const struct instance *locks_instance(const struct locks *locks, size_t place)
{
	return locks->instances[place] ? locks->instances[place] : locks->retired[place];
}

bool locks_have_retired(const struct locks *locks)
{
	for (size_t i = 0; i < locks->settings->plugins.count; i++)
		if (locks->retired[i])
			return true;
	return false;
}

void locks_bury(struct locks *locks)
{
	/* Without settings it was never opened. */
	for (size_t i = 0; locks->settings && i < locks->settings->plugins.count; i++)
		discard(&locks->retired[i]);
}

void locks_release(struct locks *locks)
{
	if (!locks->settings)
		return; /* the start did not get as far */
	locks_retire(locks, true);
	locks_bury(locks);
	free(locks->instances);
	free(locks->retired);
	free(locks->verifications);
	free(locks->exceptions);
	if (locks->epoll >= 0)
		close(locks->epoll);
	config_free(locks->config);
	*locks = (struct locks){ .epoll = -1 };
}
