#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# With full preemption, one check for the daemon's mark may interrupt another. No check may then let a signal pass.

load ../lib/policy.bash

GUARDED=yes
PARTIAL=yes
PREEMPTION=/sys/kernel/debug/sched/preempt

setup_file() {
	install_programs
	# The current mode is in brackets.
	sed -E 's/.*\((.*)\).*/\1/' "$PREEMPTION" >"$BATS_FILE_TMPDIR/preemption"
	echo full >"$PREEMPTION"
}

teardown_file() {
	cat "$BATS_FILE_TMPDIR/preemption" >"$PREEMPTION"
}

teardown() {
	clean_up_bpflock
}

@test "no signal of a storm from a container arrives while the kernel preempts everywhere" {
	grep -F '(full)' "$PREEMPTION"
	start_bpflock BPFLOCK_KIMGLOCK_PROFILE=baseline -- -c /dev/null
	run unshare -n "$PROGRAMS/signal_storm" "$DAEMON" 20
	echo "# $output" >&3
	[ "$status" -eq 0 ]
	kill -0 "$DAEMON"
	await_log 'event=tamper operation=signal .* comm=signal_storm .*count=[0-9]+ retval=-1 reason=denied \(baseline\)" bpfprog=selfguard' ||
		expect_log 'event=tamper operation=signal .* comm=signal_storm '
}
