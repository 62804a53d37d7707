#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A daemon that is stopped by SIGSTOP, lacks memory, has its clock set, or is started five times at once.

load ../lib/enforcement.bash

setup_file() {
	install_programs
}

teardown() {
	for daemon in $(pidof bpflock); do kill -CONT "$daemon" || true; done
	end_all KILL hammer
	clean_up_bpflock
	[[ ! -e $CGROUPS/starved ]] || remove_cgroup /starved
}

@test "SIGSTOP for 10 s: everything is denied meanwhile, and in the log afterwards" {
	start_with 'profile = restricted' 'event_window = 0'
	kill -STOP "$DAEMON"
	for _ in {1..10}; do
		run head -c 1 /dev/mem
		[[ $output == *'Operation not permitted' ]]
		sleep 1
	done
	kill -CONT "$DAEMON"
	ask_as afterwards 1
	stop_bpflock
	[ "$(told head)" -eq 10 ]
}

@test "a clock that is set back and forth changes the times in the log, and nothing else" {
	start_with 'profile = restricted' 'event_window = 1s'
	now=$(date +%s)
	date -s "@$((now + 86400 * 400))" >/dev/null
	ask_as future 3
	await_log 'comm=future .*count=2 '
	date -s "@$((now - 86400))" >/dev/null
	ask_as past 3
	await_log 'comm=past .*count=2 '
	date -s "@$((now + 60))" >/dev/null
	stop_bpflock
	[ "$(log_lines 'comm=future ' | head -n 1 | grep -oE '^time="[0-9]{4}')" = "time=\"$(date -u -d "@$((now + 86400 * 400))" +%Y)" ]
	[ "$(log_lines 'comm=past ' | head -n 1 | grep -oE '^time="[0-9-]{10}')" = "time=\"$(date -u -d "@$((now - 86400))" +%F)" ]
}

@test "a daemon that the kernel kills for want of memory leaves everything in force" {
	echo +memory >"$CGROUPS/cgroup.subtree_control"
	mkdir "$CGROUPS/starved"
	start_with 'profile = restricted' 'event_window = 0'
	echo "$DAEMON" >"$CGROUPS/starved/cgroup.procs"
	echo 0 >"$CGROUPS/starved/memory.max"
	kill -HUP "$DAEMON" # needs memory
	wait_for_end "$DAEMON"
	grep -qE '^oom_kill [1-9]' "$CGROUPS/starved/memory.events"
	run head -c 1 /dev/mem
	[[ $output == *'Operation not permitted' ]]
	resume_bpflock -- -c "$CONF"
	stop_bpflock
	[ "$(told head)" -eq 1 ]
}

@test "of five daemons started at once one runs, and the others end with 75" {
	configure 'profile = restricted'
	start_log
	local jobs=() statuses=()
	for _ in {1..5}; do
		run_bpflock -- -c "$CONF" >>"$LOG" 2>&1 3>&- &
		jobs+=($!)
	done
	await_log 'event=started'
	eventually one_is_left
	DAEMON=$(pidof bpflock)
	denied restricted /dev/mem
	kill "$DAEMON"
	for job in "${jobs[@]}"; do
		local status=0
		wait "$job" || status=$?
		statuses+=("$status")
	done
	[ "$(printf '%s\n' "${statuses[@]}" | sort -n | xargs)" = '0 75 75 75 75' ]
}

one_is_left() {
	[[ $(pidof bpflock | wc -w) -eq 1 ]]
}
