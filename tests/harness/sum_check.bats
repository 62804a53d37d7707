#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The sum check at the end of the other tests finds missing and surplus records, and the check of numbered requests also
# doubles without a mark.

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

# Lines of the requests from FIRST to LAST: numbered FIRST LAST [KEY=VALUE...]
numbered() {
	local i
	for i in $(seq "$1" "$2"); do
		line lsm_locked_down kimglock bpf 'operation=debugfs access' "comm=$i" "${@:3}" retval=0 'reason=allow (privileged)'
	done
}

# summed_up REQUESTS RECORDS
summed_up() {
	line decisions kimglock bpflock 'operation=debugfs access' op=debugfs "allowed=$1" denied=0 would_deny=0
	line records kimglock bpflock "count=$2" lost=0
}

# numbers REQUESTS: checks the log, in which one daemon was killed.
numbers() {
	run awk -v "requests=$1" -v kills=1 -f "$BATS_TEST_DIRNAME/../lib/serials.awk" "$LOG"
	echo "$output"
}

complains_of() {
	[ "$status" -eq 1 ]
	[[ $output == *"# $1"* ]]
}

@test "each number has a line, or is reported as lost" {
	{ numbered 0 4 && line events_lost kimglock bpflock count=2 stage=ring && numbered 7 7 && summed_up 8 8; } >"$LOG"
	numbers 8
	[ "$status" -eq 0 ]
	[ "$output" = 'requests=8 lines=6+0 doubles=0 marks=0 cut=0 lost=2+0 uncertain=0+0' ]
	{ numbered 0 4 && line events_lost kimglock bpflock count=2 stage=ring && summed_up 8 8; } >"$LOG"
	numbers 8
	complains_of 'requests without a line: 3, reported: 2'
	{ numbered 0 5 && line events_lost kimglock bpflock count=2 stage=ring && numbered 7 7 && summed_up 8 8; } >"$LOG"
	numbers 8
	complains_of 'kimglock: records without a line: 1, reported: 2, of which uncertain: 0'
	{ numbered 0 7 && summed_up 7 7; } >"$LOG"
	numbers 8
	complains_of 'decisions: 7, requests: 8'
	{ numbered 0 6 && line events_lost kimglock bpflock count=1 stage=stolen && summed_up 8 8; } >"$LOG"
	numbers 8
	complains_of 'a loss that no kill explains'
}

@test "a double is marked, at whatever time it is written" {
	{ numbered 0 3 && numbered 2 3 again=yes && summed_up 4 4; } >"$LOG"
	sed -i '5,6s/00:00Z/00:01Z/' "$LOG"
	numbers 4
	[ "$status" -eq 0 ]
	[ "$output" = 'requests=4 lines=4+0 doubles=2 marks=2 cut=0 lost=0+0 uncertain=0+0' ]
	sed -i '6s/ again=yes//' "$LOG"
	numbers 4
	complains_of 'a double without a mark: '
}

@test "a double in JSON is marked as well" {
	printf '%s\n' \
		'{"subsys":"bpf","bpfprog":"kimglock","event":"lsm_locked_down","comm":"0","time":"2026-11-24T00:00:00.000000001Z","level":"info"}' \
		'{"subsys":"bpf","bpfprog":"kimglock","event":"lsm_locked_down","comm":"0","time":"2026-11-24T00:00:00.000000002Z","level":"info","again":"yes"}' \
		'{"subsys":"bpflock","bpfprog":"kimglock","event":"decisions","op":"debugfs","allowed":1}' \
		'{"subsys":"bpflock","bpfprog":"kimglock","event":"records","count":1}' >"$LOG"
	numbers 1
	[ "$status" -eq 0 ]
	[ "$output" = 'requests=1 lines=1+0 doubles=1 marks=1 cut=0 lost=0+0 uncertain=0+0' ]
	sed -i 's/,"again":"yes"//' "$LOG"
	numbers 1
	complains_of 'a double without a mark: '
}

@test "a kill cuts one line" {
	{ numbered 0 1 && echo 'time="2026-11-24T00:00:00Z" level=info msg="ev' && numbered 2 3 && summed_up 4 4; } >"$LOG"
	numbers 4
	[ "$status" -eq 0 ]
	echo 'time="2026-11-24' >>"$LOG"
	numbers 4
	complains_of 'lines that were cut: 2'
}
