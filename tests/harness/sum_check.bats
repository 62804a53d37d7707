#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The sum check at the end of the other tests finds missing and surplus records.

LOG=$BATS_TEST_TMPDIR/log

# line EVENT PLUGIN SUBSYSTEM [KEY=VALUE...]
line() {
	echo "time=\"2026-11-24T00:00:00Z\" level=info msg=\"event=$1${4+ ${*:4}}\"${2:+ bpfprog=$2} subsys=$3"
}

# Lines of so many decisions, of which the first two are denials: asked COUNT [KEY=VALUE...]
asked() {
	local i
	for i in $(seq "$1"); do
		if ((i <= 2)); then
			line lsm_locked_down kimglock bpf operation=kexec comm=x retval=-1 'reason=denied (block)' "${@:2}"
		else
			line lsm_locked_down kimglock bpf operation=kexec comm=x retval=0 'reason=allow (baseline)' "${@:2}"
		fi
	done
}

# counted ALLOWED DENIED RECORDS
counted() {
	line decisions kimglock bpflock operation=kexec op=kexec "allowed=$1" "denied=$2" would_deny=0
	line records kimglock bpflock "count=$3" lost=0
}

stopped() {
	line stopped '' bpflock "on_exit=${1:-unload}"
}

sums() {
	run awk "${@}" -f "$BATS_TEST_DIRNAME/../lib/stats.awk" "$LOG"
	echo "$output"
}

balances() {
	sums "$@"
	[ "$status" -eq 0 ]
}

does_not_balance() {
	sums "$@"
	[ "$status" -eq 1 ]
	[[ $output == *'DO NOT BALANCE'* ]]
}

@test "what is written or told to be lost balances, a line more or less does not" {
	{ asked 5 && line events_lost kimglock bpflock count=3 stage=ring && counted 6 2 8 && stopped; } >"$LOG"
	balances
	[ "$output" = 'kimglock: decisions=8 denials=2 records=8 written=5 lost=3 doubtful=0' ]
	{ asked 4 && line events_lost kimglock bpflock count=3 stage=ring && counted 6 2 8 && stopped; } >"$LOG"
	does_not_balance
	{ asked 6 && line events_lost kimglock bpflock count=3 stage=ring && counted 6 2 8 && stopped; } >"$LOG"
	does_not_balance
	{ asked 5 && line events_lost kimglock bpflock count=2 stage=ring && counted 6 2 8 && stopped; } >"$LOG"
	does_not_balance
}

@test "records that a plugin has submitted count with those of the kernel" {
	{ asked 5 && counted 3 2 5 && line records kimglock bpflock count=5 lost=0 submitted=2 && stopped; } >"$LOG"
	does_not_balance
	{ asked 7 && counted 3 2 5 && line records kimglock bpflock count=5 lost=0 submitted=2 && stopped; } >"$LOG"
	balances
	[ "$output" = 'kimglock: decisions=5 denials=2 records=7 written=7 lost=0 doubtful=0' ]
}

@test "a line stands for as many as it says" {
	{ asked 1 count=7 && counted 0 7 7 && stopped; } >"$LOG"
	balances
	{ asked 1 count=6 && counted 0 7 7 && stopped; } >"$LOG"
	does_not_balance
}

@test "decisions about operations that are in no table count, each number by itself" {
	local unknown
	for unknown in 'unknown(5)' 'unknown(6)' 'unknown(128+)'; do
		line decisions kimglock bpflock "operation=$unknown" allowed=0 denied=1 would_deny=0
	done >"$BATS_TEST_TMPDIR/unknown"
	{ asked 2 && asked 1 && cat "$BATS_TEST_TMPDIR/unknown" && line records kimglock bpflock count=3 lost=0 && stopped; } >"$LOG"
	balances
	[ "$output" = 'kimglock: decisions=3 denials=3 records=3 written=3 lost=0 doubtful=0' ]
}

@test "a decision that was not recorded is found, unless that was asked for and it was no denial" {
	{ asked 5 && counted 4 2 5 && stopped; } >"$LOG"
	does_not_balance
	balances -v partial=1
	{ asked 5 && counted 3 3 5 && stopped; } >"$LOG"
	does_not_balance -v partial=1
}

@test "a line that may be there twice is no surplus, and no excuse for one that is missing" {
	{ asked 3 && asked 1 again=yes && counted 1 2 3 && stopped; } >"$LOG"
	balances
	{ asked 2 && counted 1 2 3 && asked 1 again=yes && counted 3 3 6 && stopped; } >"$LOG"
	does_not_balance
}

@test "losses of another output are none of the log's" {
	{ asked 3 && line events_lost '' bpflock count=2 stage=sink sink=file:/x && counted 1 2 3 && stopped; } >"$LOG"
	balances
	{ asked 3 && line events_lost '' bpflock count=2 stage=sink sink=stderr && counted 3 2 5 && stopped; } >"$LOG"
	balances
}

@test "what a killed daemon's outputs have lost counts as lost" {
	{ asked 3 && line events_lost '' bpflock count=2 stage=sink of=predecessor uncertain=0 && counted 3 2 5 && stopped; } >"$LOG"
	balances
	{ asked 4 && line events_lost '' bpflock count=2 stage=sink of=predecessor uncertain=1 && counted 3 2 5 && stopped; } >"$LOG"
	balances
}

@test "counts begin anew where no gap says that a daemon was killed before" {
	started() { line plugin_running kimglock bpflock && line started '' bpflock; }
	{ started && asked 3 && counted 1 2 3 && started && asked 4 && counted 2 2 4 && stopped; } >"$LOG"
	balances
	{ started && asked 3 && counted 1 2 3 && line gap '' bpflock && started && asked 4 && counted 2 2 4 && stopped; } >"$LOG"
	does_not_balance
}

@test "counts begin anew after a stop, and go on after one that keeps" {
	{ asked 5 && counted 3 2 5 && stopped && asked 6 && counted 4 2 6 && stopped; } >"$LOG"
	balances
	{ asked 5 && counted 3 2 5 && stopped keep && asked 6 && counted 7 4 11 && stopped; } >"$LOG"
	balances
	{ asked 5 && counted 3 2 5 && stopped keep && asked 6 && counted 4 2 6 && stopped; } >"$LOG"
	does_not_balance
}

@test "counts begin anew for a plugin that was disabled, and go on for one that was reloaded" {
	running() { line plugin_running kimglock bpflock && line reloaded '' bpflock; }
	{ running && asked 3 && counted 1 2 3 && line reloaded '' bpflock && running && asked 4 && counted 2 2 4 && stopped; } >"$LOG"
	balances
	{ running && asked 3 && counted 1 2 3 && running && asked 4 && counted 3 4 7 && stopped; } >"$LOG"
	balances
	{ running && asked 3 && counted 1 2 3 && running && asked 4 && counted 2 2 4 && stopped; } >"$LOG"
	does_not_balance
}

@test "counts go on after what was given to the service manager has come back" {
	given() { line stopped '' bpflock on_exit=unload given_to_service_manager=9; }
	running() { line plugin_running kimglock bpflock && line started '' bpflock; }
	{ running && asked 3 && counted 1 2 3 && given && line gap '' bpflock && running && asked 4 && counted 3 4 7 && stopped; } >"$LOG"
	balances
	{ running && asked 3 && counted 1 2 3 && given && running && asked 4 && counted 2 2 4 && stopped; } >"$LOG"
	balances
}

@test "each plugin is looked at by itself" {
	{ asked 3 && counted 1 2 3 && line syscall_execve execsnoop bpf filename=/x && line records execsnoop bpflock count=2 lost=0 && stopped; } >"$LOG"
	does_not_balance
	[[ $output == *'execsnoop: decisions=0 denials=0 records=2 written=1 lost=0 doubtful=0 DO NOT BALANCE'* ]]
}

@test "JSON is read as well" {
	printf '%s\n' \
		'{"subsys":"bpf","bpfprog":"kimglock","event":"lsm_locked_down","operation":"kexec","retval":-1,"reason":"denied (block)","count":4}' \
		'{"subsys":"bpflock","bpfprog":"kimglock","event":"decisions","operation":"kexec","op":"kexec","allowed":0,"denied":5,"would_deny":0}' \
		'{"subsys":"bpflock","bpfprog":"kimglock","event":"records","count":5,"lost":0}' \
		'{"subsys":"bpflock","event":"stopped","on_exit":"unload"}' >"$LOG"
	does_not_balance
	sed -i 's/"count":4/"count":5/' "$LOG"
	balances
}

@test "a log that does not end with a stop cannot be looked through" {
	{ line started '' bpflock && asked 3 && counted 1 2 3; } >"$LOG"
	sums
	[ "$status" -eq 1 ]
	[ "$output" = 'the log ends while a daemon runs' ]
}
