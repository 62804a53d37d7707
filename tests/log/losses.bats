#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every decision is in the log, or the log reports it as lost (the sum check of clean_up_bpflock). Denials have priority.

load ../lib/enforcement.bash

# The size of a record in the ring: a header of 8 bytes, and struct bpflock_decision.
RECORD_SIZE=112

setup_file() {
	install_programs
}

teardown() {
	end_all KILL ask
	end_all KILL hammer
	clean_up_bpflock
}

# start RING LINE...: kimglock with these lines, in a ring of that size
start() {
	configure "${@:2}" 'event_window = 0'
	start_bpflock "BPFLOCK_RING_SIZE=$1" BPFLOCK_EXEC_SNOOP=all -- -c "$CONF"
}

exec_storm() {
	local _
	for _ in $(seq "$1"); do
		"$PROGRAMS/ioperm" >/dev/null || true
	done
}

@test "denials arrive when a flood of allowed decisions and executions has filled the ring of a stopped daemon" {
	start 64K 'profile = privileged' 'block = dev_mem'
	kill -STOP "$DAEMON"
	ask_as flood 1000 "$DEBUGFS"
	exec_storm 100
	# As many records as the last quarter holds, minus one that may be skipped at the end of the ring.
	denials=$((16384 / RECORD_SIZE - 1))
	ask_as denied "$denials" /dev/mem
	kill -CONT "$DAEMON"
	stop_bpflock
	[ "$(count 'comm=denied .*retval=-1 reason=denied \(block\)"')" -eq "$denials" ]
	[ "$(told flood)" -lt 1000 ]
	expect_log 'event=events_lost count=[0-9]+ stage=ring since=[^ ]+ until=[^ ]+" bpfprog=execsnoop'
}

@test "denials that even the last quarter has no room for are counted" {
	start 4K 'profile = restricted'
	kill -STOP "$DAEMON"
	ask_as denied 300 /dev/mem
	kill -CONT "$DAEMON"
	stop_bpflock
	[ "$(told denied)" -ge "$((4096 / 4 / RECORD_SIZE))" ]
	expect_log 'event=events_lost count=2[0-9]+ stage=ring .*bpfprog=kimglock'
}

@test "a ring of one page is enough to lose nothing silently under a storm" {
	start 4K 'profile = privileged' 'block = dev_mem'
	local storm=()
	for _ in 1 2 3; do
		ask_as flood 500 "$DEBUGFS" 3>&- &
		storm+=($!)
		ask_as denied 500 /dev/mem 3>&- &
		storm+=($!)
	done
	exec_storm 50
	wait "${storm[@]}"
	stop_bpflock
}

@test "losses are told while it runs, with the time in which they happened" {
	start 4K 'profile = restricted'
	before=$(date -u +%Y-%m-%dT%H:%M:%SZ)
	kill -STOP "$DAEMON"
	ask_as denied 300 /dev/mem
	kill -CONT "$DAEMON"
	line=$(await_log 'event=events_lost .*stage=ring .*bpfprog=kimglock')
	until=$(sed -E 's/.* until=([^ "]+).*/\1/' <<<"$line")
	since=$(sed -E 's/.* since=([^ "]+).*/\1/' <<<"$line")
	[[ ! $since > $until && ! $until < $before ]]
}

@test "what is counted goes on over reloads and is told once" {
	start 1M 'profile = privileged'
	ask_as first 10 "$DEBUGFS"
	configure 'profile = restricted' 'event_window = 0'
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	ask_as second 10 "$DEBUGFS"
	stop_bpflock
	[ "$(told first)" -eq 10 ]
	[ "$(told second)" -eq 10 ]
}

@test "a plugin that is disabled by a reload has its last records and counts told" {
	start 1M 'profile = restricted'
	kill -STOP "$DAEMON"
	ask_as last 20 "$DEBUGFS"
	printf '%s\n' '[execsnoop]' 'enabled = yes' >"$CONF"
	kill -HUP "$DAEMON"
	kill -CONT "$DAEMON"
	await_log 'event=reloaded'
	[ "$(told last)" -eq 20 ]
	expect_log 'event=decisions .*op=debugfs allowed=0 denied=20 would_deny=0" bpfprog=kimglock'
}

@test "a plugin that is disabled under load has every decision told that it made, to the last" {
	local attempts opened
	for _ in 1 2 3; do
		printf '%s\n' '[bpflock]' 'ring_size = 1M' '[kimglock]' 'enabled = yes' 'profile = restricted' 'event_window = 0' >"$CONF"
		start_bpflock -- -c "$CONF"
		start_hammer
		printf '%s\n' '[execsnoop]' 'enabled = yes' >"$CONF"
		kill -HUP "$DAEMON"
		await_log 'event=reloaded'
		stop_hammer
		read -r attempts _ opened _ </tmp/hammered
		[ "$opened" -gt 0 ]
		[ "$(told hammer)" -eq "$((attempts - opened))" ]
		stop_bpflock
	done
}
