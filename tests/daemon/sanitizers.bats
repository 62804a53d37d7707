#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A whole run of a daemon that was built with AddressSanitizer and UndefinedBehaviorSanitizer.

load ../lib/enforcement.bash

SANITIZED=/run/sanitized

setup_file() {
	install_programs
	mkdir -p "$SANITIZED"
	cp -r --no-preserve=ownership "$BPFLOCK_BUILD-sanitize/stage/." "$SANITIZED"
}

teardown() {
	clean_up_bpflock
}

# The daemon of that build: PATH and plugin_dir lead to it.
start() {
	PATH=$SANITIZED/usr/sbin:$PATH "$1" UBSAN_OPTIONS=halt_on_error=1 \
		BPFLOCK_PLUGIN_DIR="$(echo "$SANITIZED"/usr/lib/*/bpflock/plugins)" -- -c "$CONF"
}

nothing_was_found() {
	[ -z "$(log_lines 'Sanitizer|runtime error')" ]
}

with_both() {
	configure 'event_window = 100ms' "$@"
	printf '%s\n' '[execsnoop]' 'args = yes' 'cgroups = /none, /neither' >>"$CONF"
}

reload() {
	local before
	before=$(count 'event=reloaded|event=reload_refused')
	kill -HUP "$DAEMON"
	eventually more_than "$before" 'event=reloaded|event=reload_refused'
}

@test "this is a build with sanitizers" {
	nm -D "$SANITIZED/usr/sbin/bpflock" | grep -q __asan_init
}

@test "start, decisions, reloads of all kinds, counts, and a stop" {
	with_both 'profile = restricted' 'except_cgroups = /none, /neither'
	start start_bpflock
	ask_as denied 20
	with_both 'profile = baseline' 'block = debugfs' 'audit_only = yes'
	reload
	ask_as would 20
	sed -i 's/args = yes/args = no/' "$CONF" # a new object
	reload
	sed -i 's/profile = baseline/profile = nonsense/' "$CONF"
	reload
	configure 'profile = privileged' # one plugin less
	reload
	with_both 'profile = privileged'
	reload
	kill -USR1 "$DAEMON"
	ask_as allowed 20
	kill "$DAEMON"
	wait "$DAEMON_JOB"
	nothing_was_found
	[ "$(told denied)" -eq 20 ]
	[ "$(told would)" -eq 20 ]
}

@test "a takeover, losses, and a stop that keeps" {
	with_both 'profile = restricted'
	start start_bpflock
	ask_as before 20
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	ask_as meanwhile 20
	start resume_bpflock
	kill -STOP "$DAEMON"
	ask_as flood 20000
	kill -CONT "$DAEMON"
	printf '%s\n' '[bpflock]' 'on_exit = keep' >>"$CONF"
	reload
	kill "$DAEMON"
	wait "$DAEMON_JOB"
	nothing_was_found
}

@test "a start that fails" {
	configure 'profile = nonsense'
	run start try_bpflock
	[ "$status" -eq 2 ]
	[[ $output != *Sanitizer* && $output != *'runtime error'* ]]
}
