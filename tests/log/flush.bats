#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# When lines are written: records wait for each other for flush_interval.

load ../lib/enforcement.bash

setup_file() {
	install_bpflock
}

teardown() {
	clean_up_bpflock
}

start_patiently() {
	start_bpflock BPFLOCK_EXECSNOOP_ENABLED=yes "$@" -- -c /dev/null -o bpflock.flush_interval=10s
}

lines_of() {
	log_lines "event=syscall_execve .*comm=$1 " | wc -l
}

@test "a record waits for others, and a denial does not" {
	# The end of a window is an occasion to write all that waits.
	start_patiently BPFLOCK_KIMGLOCK_PROFILE=restricted BPFLOCK_KIMGLOCK_EVENT_WINDOW=0
	sleep 0.5 # so that what the start has recorded waits no more
	is_denied
	await_log 'event=lsm_locked_down .*reason=denied'
	date >/dev/null
	sleep 1
	[ "$(lines_of date)" -eq 0 ]
	is_denied
	await_log 'event=syscall_execve .*comm=date '
}

@test "half a ring wakes the daemon" {
	start_patiently BPFLOCK_RING_SIZE=64K
	sleep 0.5
	date >/dev/null
	sleep 1
	[ "$(lines_of date)" -eq 0 ]
	for ((i = 0; i < 250; i++)); do env true; done
	[ "$(lines_of date)" -eq 1 ]
	[ -z "$(log_lines event=events_lost)" ]
}

@test "with flush_interval = 0 nothing waits" {
	start_bpflock BPFLOCK_EXECSNOOP_ENABLED=yes -- -c /dev/null -o bpflock.flush_interval=0
	date >/dev/null
	await_log 'event=syscall_execve .*comm=date '
}

@test "what waits is written at a stop" {
	start_patiently
	date >/dev/null
	stop_bpflock
	[ "$(lines_of date)" -eq 1 ]
}
