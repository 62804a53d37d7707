#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# event_window: identical decisions become one line with a count; the counters are exact whatever is logged.

load ../lib/policy.bash

setup_file() {
	install_programs
}

teardown() {
	clean_up_bpflock
	[[ ! -e $CGROUPS/repeats ]] || remove_cgroup /repeats
}

# repeat COUNT NAME [WHAT]: the answer does not matter
repeat() {
	"$PROGRAMS/ask" -c "$1" "$2" "${3:-$DEBUGFS}" || true
}

# Lines of a process, with a count or without: plain_lines NAME, counted_lines NAME
plain_lines() {
	log_lines "comm=$1 .* reason=" | grep -cv ' count=' || true
}

counted_lines() {
	log_lines "comm=$1 .* count=[0-9]+ .*reason=" | wc -l
}

@test "the first decision is logged at once, the others within the window as one line with their count" {
	start_with 'profile = privileged' 'event_window = 10s'
	repeat 50 many
	await_log 'comm=many '
	settle
	[ "$(plain_lines many)" -eq 1 ]
	[ "$(counted_lines many)" -eq 0 ]
	await_log 'comm=many .*count=49 retval=0 reason=allow \(privileged\)" bpfprog=kimglock'
	[ "$(plain_lines many)" -eq 1 ]
	[ "$(counted_lines many)" -eq 1 ]
}

@test "a process that takes another name for each request gets no line for each" {
	start_with 'profile = restricted' 'event_window = 10min'
	for number in {1..60}; do
		repeat 2 "name$number"
	done
	stop_bpflock
	[ "$(log_lines 'comm=name[0-9]+ .*reason=denied \(restricted\)' | wc -l)" -le 33 ]
	expect_log 'comm=name60 .* count=88 comms=several retval=-1 reason=denied \(restricted\)" bpfprog=kimglock'
}

@test "a decision that happens once in its window has no second line" {
	start_with 'profile = privileged' 'event_window = 1s'
	repeat 1 once
	repeat 2 twice
	await_log 'comm=twice .* count=1 '
	stop_bpflock
	[ "$(told once)" -eq 1 ]
}

@test "after its window a decision is logged at once again" {
	start_with 'profile = privileged' 'event_window = 1s'
	repeat 2 again
	await_log 'comm=again .* count=1 '
	repeat 1 again
	settle
	[ "$(plain_lines again)" -eq 2 ]
}

@test "a denial is logged at once, the first of its kind" {
	start_with 'profile = restricted' 'event_window = 1h'
	repeat 3 denied
	await_log 'comm=denied .*retval=-1 reason=denied \(restricted\)"'
	settle
	[ "$(plain_lines denied)" -eq 1 ]
}

@test "what waits when the daemon stops is logged then" {
	start_with 'profile = restricted' 'event_window = 1h'
	repeat 3 waiting
	await_log 'comm=waiting '
	stop_bpflock
	[ "$(plain_lines waiting)" -eq 1 ]
	expect_log 'comm=waiting .*count=2 retval=-1 reason=denied \(restricted\)"'
	[ "$(told waiting)" -eq 3 ]
}

@test "different processes are not merged" {
	start_with 'profile = privileged' 'event_window = 1h'
	repeat 2 one
	repeat 2 other
	stop_bpflock
	[ "$(plain_lines one)" -eq 1 ]
	[ "$(plain_lines other)" -eq 1 ]
	[ "$(told one)" -eq 2 ]
	[ "$(told other)" -eq 2 ]
}

@test "different operations are not merged" {
	start_with 'profile = privileged' 'event_window = 1h'
	repeat 2 same "$DEBUGFS"
	repeat 2 same "$TRACEFS"
	stop_bpflock
	[ "$(plain_lines same)" -eq 2 ]
	[ "$(counted_lines same)" -eq 2 ]
}

@test "different cgroups are not merged" {
	mkdir "$CGROUPS/repeats"
	start_with 'profile = privileged' 'event_window = 1h'
	repeat 2 same
	in_cgroup /repeats "$PROGRAMS/ask" -c 2 same "$DEBUGFS"
	stop_bpflock
	[ "$(log_lines "cgroupid=1 comm=same " | wc -l)" -eq 2 ]
	[ "$(log_lines "cgroupid=$(stat -c %i "$CGROUPS/repeats") comm=same " | wc -l)" -eq 2 ]
}

@test "different verdicts are not merged: the first denial after a reload is logged at once" {
	start_with 'profile = privileged' 'event_window = 1h'
	repeat 2 same
	await_log 'comm=same .*retval=0 '
	configure 'profile = privileged' 'event_window = 1h' 'block = debugfs'
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	repeat 2 same
	await_log 'comm=same .*retval=-1 reason=denied \(block\)"'
	stop_bpflock
	expect_log 'comm=same .*count=1 retval=0 reason=allow \(privileged\)"'
	expect_log 'comm=same .*count=1 retval=-1 reason=denied \(block\)"'
}

@test "rules that allow are not merged either" {
	start_with 'profile = privileged' 'event_window = 1h'
	repeat 2 same
	configure 'profile = privileged' 'event_window = 1h' 'allow = debugfs'
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	repeat 2 same
	stop_bpflock
	[ "$(log_lines 'comm=same .*reason=allow \(privileged\)"' | wc -l)" -eq 2 ]
	[ "$(log_lines 'comm=same .*reason=allow \(allow\)"' | wc -l)" -eq 2 ]
}

@test "event_window = 0 logs each decision" {
	start_with 'profile = privileged' 'event_window = 0'
	repeat 50 each
	settle
	[ "$(plain_lines each)" -eq 50 ]
	[ "$(counted_lines each)" -eq 0 ]
}

@test "the counters are exact, and the lines' counts add up to them" {
	start_with 'profile = privileged' 'event_window = 1s'
	for count in 1 2 3 40 100; do
		repeat "$count" sum
	done
	[ "$(counters debugfs)" = '146 0 0' ]
	stop_bpflock
	[ "$(told sum)" -eq 146 ]
	expect_log 'event=decisions operation=."debugfs access." op=debugfs allowed=146 denied=0 would_deny=0" bpfprog=kimglock'
}

@test "the counters tell what was allowed from what was denied, over reloads" {
	start_with 'profile = privileged' 'event_window = 1s'
	repeat 7 sum
	reload_with 'profile = restricted' 'event_window = 1s'
	repeat 5 sum
	[ "$(counters debugfs)" = '7 5 0' ]
}

@test "operations that nobody asked for are not among the counts" {
	start_with 'profile = privileged'
	repeat 1 sum
	counters debugfs
	[ "$(count 'event=decisions')" -eq 1 ]
}

@test "log = denied counts what it does not log" {
	PARTIAL=yes
	start_with 'profile = baseline' 'log = denied' 'event_window = 0'
	repeat 30 quiet
	run contained "$PROGRAMS/ask" -c 4 loud "$DEBUGFS"
	await_log 'comm=loud '
	[ "$(counters debugfs)" = '30 4 0' ]
	[ "$(told loud)" -eq 4 ]
	[ "$(told quiet)" -eq 0 ]
}

@test "the counters are exact when the ring is full; what was logged and what was lost add up to them" {
	configure 'profile = restricted' 'event_window = 0'
	start_bpflock BPFLOCK_RING_SIZE=4K -- -c "$CONF"
	kill -STOP "$DAEMON"
	repeat 500 flood
	kill -CONT "$DAEMON"
	await_log 'event=events_lost count=[0-9]+ stage=ring .*" bpfprog=kimglock'
	[ "$(counters debugfs)" = '0 500 0' ]
	lost=$(log_lines 'event=events_lost' | sed -E 's/.* count=([0-9]+) .*/\1/')
	[ "$(($(told flood) + lost))" -eq 500 ]
}
