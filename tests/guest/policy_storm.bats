#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A policy that changes as fast as possible, under load: every decision is made by the old or the new policy.

load ../lib/policy.bash

CHANGES=10000
POLICY=/sys/fs/bpf/bpflock/v1/plugins/kimglock/g1/policy

setup_file() {
	install_programs
}

teardown() {
	clean_up_bpflock
}

# Two policies that give each operation in question opposite rules, as the daemon writes them.
A=('profile = privileged' 'allow = dev_mem' 'block = ioport')
B=('profile = privileged' 'allow = ioport' 'block = dev_mem')

# The value of NAME=VALUE in the output of the storm: storm_said LINE NAME
storm_said() {
	sed -nE "s/^$1.*$2=([0-9]+).*/\\1/p" "$BATS_TEST_TMPDIR/storm"
}

@test "10,000 changes under a storm: never a decision that neither policy would give" {
	start_with "${A[@]}"
	"$PROGRAMS/policy_storm" save "$POLICY" "$BATS_TEST_TMPDIR/a"
	reload_with "${B[@]}"
	"$PROGRAMS/policy_storm" save "$POLICY" "$BATS_TEST_TMPDIR/b"
	run cmp "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
	[ "$status" -eq 1 ]

	"$PROGRAMS/policy_storm" storm "$POLICY" "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b" "$CHANGES" \
		>"$BATS_TEST_TMPDIR/storm"
	sed 's/^/# /' "$BATS_TEST_TMPDIR/storm" >&3

	# There was a storm, and each answer was that of one of the two policies.
	for operation in dev_mem ioport; do
		[ "$(storm_said $operation allowed)" -gt 100 ]
		[ "$(storm_said $operation denied)" -gt 100 ]
	done
	[ "$(storm_said answers other)" -eq 0 ]

	# The counters have exactly these numbers. The last configuration of the daemon is B.
	for operation in dev_mem ioport; do
		[ "$(counters $operation)" = "$(storm_said $operation allowed) $(storm_said $operation denied) 0" ]
	done
	stop_bpflock
	log_lines 'comm=storm ' >"$BATS_TEST_TMPDIR/log"
	for operation in /dev/mem,kmem,port '."raw io port access."'; do
		grep -qE "operation=$operation .*retval=0 reason=allow \\(allow\\)\"" "$BATS_TEST_TMPDIR/log"
		grep -qE "operation=$operation .*retval=-1 reason=denied \\(block\\)\"" "$BATS_TEST_TMPDIR/log"
	done
	run grep -vE 'retval=0 reason=allow \(allow\)"|retval=-1 reason=denied \(block\)"' "$BATS_TEST_TMPDIR/log"
	[ "$status" -eq 1 ]
}

# The log of the storm is kept.
reload_in_storm() {
	local before
	before=$(count 'event=reloaded')
	configure "$@"
	kill -HUP "$DAEMON"
	eventually more_than "$before" 'event=reloaded'
}

@test "the daemon changes its policy by reloads under a storm, with the same result" {
	start_with "${A[@]}"
	"$PROGRAMS/ask" -c 100000000 storm /dev/mem 3>&- &
	storm=$!
	for _ in {1..5}; do
		reload_in_storm "${B[@]}"
		reload_in_storm "${A[@]}"
	done
	kill "$storm"
	stop_bpflock
	run grep -vE 'retval=0 reason=allow \(allow\)"|retval=-1 reason=denied \(block\)"' <(log_lines 'comm=storm ')
	[ "$status" -eq 1 ]
}
