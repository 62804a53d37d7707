#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Daemons that are killed at random moments under load, for a long time (SOAK_SECONDS, 600), with batches and rings of
# different sizes. Requests are numbered, so that each line is known: none is missing unless it is reported as lost, and
# each double is marked. SOAK_SEED chooses the same moments once more.

load ../lib/enforcement.bash

SECONDS_OF_KILLS=${SOAK_SECONDS:-600}
SEED=${SOAK_SEED:-$(date +%s)}
KILLS=8
FORMATS=(logfmt json)
INTERVALS=(20ms 200ms 2s)
RINGS=(64K 1M 4M)
REQUESTS=/tmp/requests

setup_file() {
	install_programs
}

teardown() {
	end_all KILL serial
	clean_up_bpflock
	remove_cgroup /load
}

configure_load() {
	mkdir -p "$CGROUPS/load"
	configure 'profile = privileged' 'event_window = 0'
	printf '%s\n' '[execsnoop]' 'enabled = yes' 'args = yes' 'trace = filter' 'cgroups = /load' >>"$CONF"
}

start_requests() {
	in_cgroup /load "$PROGRAMS/serial" "$DEBUGFS" >"$REQUESTS" 3>&- &
}

# Sets the options of the next daemon. No subshell calls this: RANDOM would not go on.
choose_options() {
	OPTIONS=(-c "$CONF" -o "bpflock.log_format=$1" -o "bpflock.flush_interval=${INTERVALS[RANDOM % 3]}"
		-o "bpflock.ring_size=${RINGS[RANDOM % 3]}")
}

# kill_at_random PID TIMES: a third of the daemons is killed at any moment of the start and after it. The others are
# killed once the log says TIMES + 1 times that one has started, right after a write or while they write.
kill_at_random() {
	local - && set +T
	local moment=$((RANDOM % 3)) microseconds=$((50 + RANDOM % 200)) status=0
	DAEMON_JOB=$1
	((moment == 0)) || await_start "$2"
	sleep "$((RANDOM % 3)).$((RANDOM % 10))"
	case $moment in
	0) kill -KILL "$1" ;;
	1) "$PROGRAMS/kill_at_write" "$1" "$LOG" ;;
	2) "$PROGRAMS/kill_at_write" "$1" "$LOG" "$microseconds" ;;
	esac
	wait "$1" || status=$?
	((status == 137))
}

# What was counted is in the log, or reported there as lost.
check_log() {
	local - && set +T
	local requests status=0
	read -r requests <"$REQUESTS"
	sums=$(awk -v "requests=$requests" -v "kills=$((KILLS + 1))" -f "$BATS_TEST_DIRNAME/../lib/serials.awk" "$LOG") || status=1
	echo "# $1: $sums" >&3
	((status == 0)) || cp "$LOG" /results/serials.log
	return "$status"
}

# Daemons from a first start to a clean stop: a_life FORMAT
a_life() {
	local turn started
	choose_options "$1"
	start_bpflock -- "${OPTIONS[@]}"
	start_requests
	kill_at_random "$DAEMON" 0
	for ((turn = 0; turn < KILLS; turn++)); do
		choose_options "$1"
		started=$(times_started)
		become_bpflock -- "${OPTIONS[@]}" >>"$LOG" 2>&1 3>&- &
		kill_at_random "$!" "$started"
	done
	choose_options "$1"
	resume_bpflock -- "${OPTIONS[@]}"
	end_all TERM serial
	stop_bpflock
}

@test "kill -9 at random under load: no line is missing that is not reported, and no double without its mark" {
	local end=$((SECONDS + SECONDS_OF_KILLS)) life=0 doubles=0 sums
	echo "# SOAK_SEED=$SEED" >&3
	RANDOM=$SEED
	configure_load
	for ((; SECONDS < end; life++)); do
		a_life "${FORMATS[life % 2]}"
		check_log "${FORMATS[life % 2]}"
		sums_balance
		rm "$LOG"
		[[ $sums =~ doubles=([0-9]+) ]]
		doubles=$((doubles + BASH_REMATCH[1]))
	done
	# Or the kills were not at those moments that matter.
	((doubles > 0))
}
