#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A steady load for a long time (SOAK_SECONDS, 600): memory and descriptors do not grow, and the sums are exact.

load ../lib/policy.bash

SECONDS_OF_LOAD=${SOAK_SECONDS:-600}
WARM_UP=60
INTERVAL=10

setup_file() {
	install_programs
}

teardown() {
	end_all KILL hammer
	clean_up_bpflock
}

# Resident memory in KiB and the number of descriptors.
sample() {
	echo "$(awk '/^VmRSS/ { print $2 }' "/proc/$DAEMON/status") $(ls "/proc/$DAEMON/fd" | wc -l)"
}

configure_soak() {
	configure 'profile = baseline' 'event_window = 1s' "$@"
	printf '%s\n' '[execsnoop]' 'enabled = yes' 'trace = all' >>"$CONF"
}

# The load of one interval: executions, denials in a container, counts, and sometimes another policy.
interval() {
	local _
	for _ in {1..20}; do
		"$PROGRAMS/ioperm" >/dev/null || true
	done
	contained "$PROGRAMS/ask" -c 50 contained "$DEBUGFS" || true
	kill -USR1 "$DAEMON"
	(($1 % 3)) || {
		configure_soak "log = $( (($1 % 2)) && echo all || echo denied)" 'allow = kexec'
		kill -HUP "$DAEMON"
	}
	sleep "$INTERVAL"
}

@test "memory and descriptors are flat under load, and every decision is accounted for" {
	configure_soak
	start_bpflock -- -c "$CONF"
	"$PROGRAMS/hammer" /dev/mem >/dev/null 3>&- &
	local hammer=$! end=$((SECONDS + SECONDS_OF_LOAD)) warm=$((SECONDS + WARM_UP)) round=0 first='' now=''
	while ((SECONDS < end)); do
		interval "$((++round))"
		now=$(sample)
		echo "# $SECONDS s: RSS and descriptors $now" >&3
		[[ -n $first || $SECONDS -lt $warm ]] || first=$now
	done
	kill "$hammer"
	[ -n "$first" ]
	[ "${first#* }" -eq "${now#* }" ]
	# malloc may keep some freed memory.
	[ "${now% *}" -le "$((${first% *} + 256))" ]

	# Sometimes the policy was `log = denied`.
	PARTIAL=yes
	stop_bpflock
	denied=$(log_lines 'event=decisions .*op=debugfs ' | tail -n 1 | sed -E 's/.* denied=([0-9]+).*/\1/')
	[ "$denied" -eq "$((round * 50))" ]
	[ "$(told contained)" -eq "$denied" ]
	[ -z "$(log_lines 'event=events_lost|level=error')" ]
}
