#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a plugin gets that has tables and no C function (examples/hostlock): all that the core has.

load ../lib/policy.bash

PLUGINS=/run/plugins # nobody but root can write to any part of this path

setup_file() {
	install_bpflock
	rm -rf "$PLUGINS"
	mkdir -p "$PLUGINS"
	cp /usr/lib/*/bpflock/plugins/*.so "$PLUGINS"
	install -m 755 "$BPFLOCK_BUILD/tests/plugins/hostlock.so" "$PLUGINS"
}

setup() {
	[ "$(nm "$PLUGINS/hostlock.so" | grep -cE ' [Tt] (check|prepare|policy|self_test|observe)')" -eq 0 ]
}

teardown() {
	clean_up_bpflock
	rmdir "$CGROUPS/trusted" 2>/dev/null || true
}

# configure LINE...: the section of the plugin.
configure() {
	printf '%s\n' '[bpflock]' "plugin_dir = $PLUGINS" ${FORMAT:+"log_format = $FORMAT"} '[hostlock]' "$@" >"$CONF"
}

start() {
	configure "$@"
	start_bpflock -- -c "$CONF"
}

change_root() {
	run chroot / /bin/true
	echo "$output"
	[ "$status" -eq 0 ]
}

denied_root() {
	run "$@" chroot / /bin/true
	echo "$output"
	[[ $status -ne 0 && $output == *'Operation not permitted'* ]]
}

@test "its section and its variables are checked, with place and valid names, and described" {
	configure 'profil = baseline'
	run run_bpflock -- -c "$CONF" --check-config
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *"$CONF:4: "*"[hostlock] profil: "*"did you mean 'profile'?"* ]]
	configure 'block = chrot'
	run run_bpflock -- -c "$CONF" --check-config
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *"$CONF:4: "*"[hostlock] block: unknown operation 'chrot' (valid: chroot, pivot_root, set_time, @all, @root)"* ]]
	configure 'profile = baseline'
	run run_bpflock BPFLOCK_HOSTLOCK_PROFILE=restricted -- -c "$CONF" --dump-config
	grep -E '^profile *= *restricted .*BPFLOCK_HOSTLOCK_PROFILE' <<<"$output"
	run run_bpflock BPFLOCK_HOSTLOCK_PROFILE=strict -- -c "$CONF" --check-config
	[ "$status" -eq 2 ]
	[[ $output == *'BPFLOCK_HOSTLOCK_PROFILE: '*"'strict'"*'restricted'* ]]
	run run_bpflock -- -c "$CONF" --help-plugin hostlock
	[[ $output == *BPFLOCK_HOSTLOCK_EXCEPT_CGROUPS* && $output == *event=lsm_hostlock* && $output == *pivot_root* ]]
}

@test "its decisions are logged, counted, and metrics; a reload and a kill change nothing that they should not" {
	start 'profile = restricted'
	denied_root
	await_log 'event=lsm_hostlock operation=chroot tgid=.* comm=chroot .*retval=-1 reason=denied \(restricted\)" bpfprog=hostlock subsys=bpf$'
	[ "$(counters chroot)" = '0 1 0' ]
	bpflockctl metrics | grep -Fx 'bpflock_decisions_total{plugin="hostlock",verdict="denied"} 1'
	[ -e "$PINS"/v1/plugins/hostlock/g1/policy ]

	configure 'profile = restricted' 'allow = @root'
	bpflockctl reload
	change_root
	configure 'profile = restricted'
	bpflockctl reload
	denied_root

	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	denied_root
	start_log
	resume_bpflock -- -c "$CONF"
	denied_root
	[ "$(counters chroot)" = '1 4 0' ]
}

@test "profiles and exceptions apply to it" {
	mkdir "$CGROUPS/trusted"
	start 'profile = baseline' 'except_cgroups = /trusted' 'audit_only = no'
	change_root
	denied_root unshare --net
	run in_cgroup /trusted unshare --net chroot / /bin/true
	[ "$status" -eq 0 ]
	await_log 'event=lsm_hostlock operation=chroot .*retval=0 reason=allow \(exception\)'
	bpflockctl grant chroot --for 5m --reason test --everyone
	run unshare --net chroot / /bin/true
	[ "$status" -eq 0 ]
}

@test "its log may be JSON" {
	FORMAT=json
	start 'profile = restricted'
	denied_root
	await_log '"event":"lsm_hostlock"'
	log_lines '"event":"lsm_hostlock"' | tail -n 1 |
		is_json '.operation == "chroot" and .comm == "chroot" and .retval == -1 and .bpfprog == "hostlock" and (.tgid | type) == "number"'
}

@test "a pin that is not its own is named, with the way out" {
	UNACCOUNTED='what the dead daemon has counted is removed'
	start 'profile = restricted'
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	rm "$PINS/v1/plugins/hostlock/state"
	bpftool map create "$PINS/v1/plugins/hostlock/state" type array key 4 value 8 entries 1 name foreign
	run try_bpflock -- -c "$CONF"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"event=plugin_failed source=$PINS/v1/plugins/hostlock/state error="*"is not what this version of bpflock pins there"*"bpflock --unload hostlock"* ]]
	denied_root
	run run_bpflock -- --unload hostlock
	echo "$output"
	[ "$status" -eq 0 ]
	eventually change_root
	start 'profile = restricted'
	denied_root
}

@test "bpflock-plugin check --load says what the verifier says, and leaves nothing" {
	local before
	before=$(bpftool prog show | wc -l)
	run bpflock-plugin check --load "$PLUGINS/hostlock.so" "$BPFLOCK_BUILD"/plugins/{execsnoop,kimglock,selfguard}.so
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -c 'no mistake, and it can be loaded' <<<"$output")" -eq 4 ]
	run bpflock-plugin check --load "$BPFLOCK_BUILD/tests/plugins/notpointer.so"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"the verifier rejects its program watch"*"R0 invalid mem access 'scalar' (a number is used as a pointer"* ]]
	[[ $output == *'whole log is in /run/bpflock/verifier-notpointer.log)'* ]]
	# What the verifier rejects is behind a variable, which only the default of its option sets.
	run bpflock-plugin check --load "$BPFLOCK_BUILD/tests/plugins/badbydefault.so"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"the verifier rejects its program watch"*"R0 invalid mem access 'scalar'"* ]]
	[ "$(bpftool prog show | wc -l)" -eq "$before" ]
	[ ! -e "$PINS" ]
}
