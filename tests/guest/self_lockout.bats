#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The daemon never locks itself out, while operations that it needs are denied to everybody else.

load ../lib/policy.bash

LOCKED=('profile = restricted' 'level = confidentiality')
UPGRADE=/usr/local/sbin/bpflock-upgrade

setup_file() {
	install_programs
}

teardown() {
	end_all TERM "$(basename "$UPGRADE")"
	clean_up_bpflock
	rm -f "$UPGRADE"
}

# Denies everything, and enables execsnoop: for its load libbpf probes bpf_probe_read_kernel.
lock() {
	configure "${LOCKED[@]}" "$@"
	printf '%s\n' '[execsnoop]' 'enabled = yes' 'trace = all' >>"$CONF"
}

# A daemon is killed and leaves its policy in force.
leave_locked() {
	configure "${LOCKED[@]}"
	start_bpflock -- -c "$CONF"
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	others_are_denied
}

# Expects that another process of root may not load such a program or attach kprobes.
others_are_denied() {
	local trigger
	for trigger in bpf_read_kernel bpf_write_user tracefs kprobe_events perf_kprobe debugfs; do
		run "$PROGRAMS/trigger" "$trigger"
		[ "$output" = "$trigger denied" ] || return
	done
}

others_cannot_open_pins() {
	run bpftool map show pinned "$PINS/v1/ring"
	[[ $status -ne 0 && $output == *'Operation not permitted'* ]]
}

execsnoop_works() {
	/usr/bin/true "$BATS_TEST_NUMBER"
	await_log 'event=syscall_execve .* comm=true .* bpfprog=execsnoop'
}

@test "without a policy in force the load works: what is denied below is denied by bpflock" {
	"$PROGRAMS/trigger" bpf_read_kernel
}

@test "a new daemon starts with execsnoop under the policy of one that was killed" {
	leave_locked
	lock
	start_bpflock -- -c "$CONF"
	execsnoop_works
	others_are_denied
	[ -z "$(log_lines 'comm=bpflock .*reason=denied')" ]
}

@test "it reloads: execsnoop is loaded anew while the policy is in force" {
	leave_locked
	lock
	start_bpflock -- -c "$CONF"
	sed -i 's/trace = all/trace = none/' "$CONF"
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	others_are_denied
	forget_log
	lock
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	execsnoop_works
	others_are_denied
}

@test "it enables execsnoop by a reload" {
	leave_locked
	configure "${LOCKED[@]}"
	start_bpflock -- -c "$CONF"
	lock
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	execsnoop_works
	others_are_denied
}

# start_upgrade: another binary, at another path
start_upgrade() {
	start_log
	cp "$(command -v bpflock)" "$UPGRADE"
	env -i PATH="$PATH" "$UPGRADE" -c "$CONF" >>"$LOG" 2>&1 3>&- &
	DAEMON=$!
	await_log 'event=started'
}

@test "an upgrade takes over from a daemon that stops and keeps the policy" {
	leave_locked
	lock
	printf '%s\n' '[bpflock]' 'on_exit = keep' >>"$CONF"
	start_bpflock -- -c "$CONF"
	stop_bpflock
	others_are_denied
	start_upgrade
	execsnoop_works
	others_are_denied
}

@test "an upgrade takes over from a daemon that was killed" {
	leave_locked
	lock
	start_upgrade
	execsnoop_works
	others_are_denied
}

@test "it unloads: everything is allowed again and nothing is left" {
	leave_locked
	lock
	start_bpflock -- -c "$CONF"
	stop_bpflock
	[ ! -e "$PINS" ]
	"$PROGRAMS/trigger" bpf_read_kernel tracefs kprobe_events debugfs
}

@test "an enforcer of a command that the daemon needs does not lock it out: start after a kill, reload, unload" {
	GUARDED=yes PLUGINS=/run/plugins
	mkdir -p "$PLUGINS"
	install -m 755 /usr/lib/*/bpflock/plugins/selfguard.so "$BPFLOCK_BUILD/tests/plugins/objlock.so" "$PLUGINS"
	printf '%s\n' '[bpflock]' "plugin_dir = $PLUGINS" '[objlock]' 'enabled = yes' 'profile = restricted' >"$CONF"
	start_bpflock -- -c "$CONF"
	await_log 'event=enforcement state=enforcing" bpfprog=objlock'
	others_cannot_open_pins
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	others_cannot_open_pins
	start_bpflock -- -c "$CONF"
	await_log 'event=enforcement state=enforcing" bpfprog=objlock'
	sed -i 's/^profile.*/block = obj_get/' "$CONF"
	forget_log
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	others_cannot_open_pins
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	bpflock --unload
	[ ! -e "$PINS" ]
	UNACCOUNTED="it was unloaded without a daemon"
	# Until the kernel has freed the programs
	bpftool map create /sys/fs/bpf/other type array key 4 value 4 entries 1 name other
	eventually bpftool map show pinned /sys/fs/bpf/other
	rm /sys/fs/bpf/other
}

@test "a child of the daemon's shell, and a process of its name, are not the daemon" {
	leave_locked
	cp "$PROGRAMS/trigger" "$BATS_TEST_TMPDIR/bpflock"
	run "$BATS_TEST_TMPDIR/bpflock" bpf_read_kernel
	[ "$output" = 'bpf_read_kernel denied' ]
	lock
	start_bpflock -- -c "$CONF"
	run "$BATS_TEST_TMPDIR/bpflock" bpf_read_kernel
	[ "$output" = 'bpf_read_kernel denied' ]
}

@test "a start that fails under the policy leaves it in force, and is no way round it" {
	leave_locked
	configure "${LOCKED[@]}" 'block = no_such_operation'
	run try_start
	[ "$status" -eq 2 ]
	[[ $output == *no_such_operation* ]]
	others_are_denied
}
