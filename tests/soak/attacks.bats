#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Random attacks on a daemon under load, for a long time (SOAK_SECONDS, 600). No attack succeeds, no object of bpflock is
# lost, and the log has each attack.

# shellcheck disable=SC2034 # for what is loaded
GUARDED=yes PARTIAL=yes

load ../lib/policy.bash

SECONDS_OF_ATTACKS=${SOAK_SECONDS:-600}
ATTACK=$PROGRAMS/attack
TAMPER=$PROGRAMS/tamper

# Each attack is made by a container that shares everything but the network namespace with the host. So it sees the
# daemon, its pins and its mounts.
ATTACKS=(
	'attack policy' 'attack mark' 'attack link' 'attack fmod_ret' 'attack lsm' 'attack lsm_cgroup'
	"attack readonly /sys/fs/bpf" "attack cover /sys/fs/bpf" "attack cover /sys" "attack move /sys/fs/bpf /mnt"
	"tamper attach DAEMON" "tamper mem DAEMON" "tamper writev DAEMON" "tamper getfd DAEMON" "tamper sigio DAEMON"
	"tamper kill DAEMON" "tamper stop DAEMON" "tamper limit DAEMON" "tamper nice DAEMON" "tamper schedule DAEMON"
	"tamper mem 1" "rm -r $PINS" "rmdir $PINS/v1/plugins/kimglock" "mv $PINS $PINS.old" "chmod 0777 $PINS"
	"flock -n $PINS true" "umount -l /sys/fs/bpf" "umount -l /sys"
	"mount -t tmpfs none /sys/fs" "mount -o remount,ro /sys/fs/bpf" "mount --move /sys/fs/bpf /mnt"
	"bpftool map show pinned $PINS/v1/ring" "prlimit --pid DAEMON --cpu=1"
)

setup_file() {
	install_programs
}

teardown() {
	end_all KILL hammer
	clean_up_bpflock
}

pinned() {
	find "$PINS" -printf '%P %i %m\n' | sort
}

# Makes one attack as a container. It must fail.
attack_at_random() {
	local words
	read -ra words <<<"${ATTACKS[RANDOM % ${#ATTACKS[@]}]/DAEMON/$DAEMON}"
	case ${words[0]} in attack | tamper) words[0]=$PROGRAMS/${words[0]} ;; esac
	! unshare -n "${words[@]}" >"$BATS_TEST_TMPDIR/said" 2>&1 || {
		echo "succeeded: ${words[*]}" && cat "$BATS_TEST_TMPDIR/said"
		return 1
	}
}

@test "attacks at random under load open nothing, take nothing and are all told" {
	local end=$((SECONDS + SECONDS_OF_ATTACKS)) attacks=0 before
	start_with 'profile = baseline' 'log = denied'
	before=$(pinned)
	unshare -n "$PROGRAMS/hammer" /dev/mem >"$BATS_TEST_TMPDIR/hammered" 3>&- &
	local hammer=$!
	while ((SECONDS < end)); do
		attack_at_random
		attacks=$((attacks + 1))
		((attacks % 20)) || [ "$(pinned)" = "$before" ]
	done
	kill "$hammer"
	wait "$hammer" || true
	echo "# $attacks attacks; $(cat "$BATS_TEST_TMPDIR/hammered")" >&3
	grep -E '^[0-9]{2,} attempts, 0 opened$' "$BATS_TEST_TMPDIR/hammered"
	kill -0 "$DAEMON"
	[ "$(pinned)" = "$before" ]
	for operation in map open_pin link override_programs unpin unmount lock_pin signal ptrace limit trace_host; do
		expect_log "event=tamper operation=$operation .*reason=denied \\(baseline\\)\"" >/dev/null
	done
	# Identical denials of one second are one line.
	log_lines 'event=tamper' | sed -E 's/.* operation=([a-z_]+) .* cgroupid=([0-9]+) comm=([^ ]+) .*/\1 \2 \3/' >"$BATS_TEST_TMPDIR/lines"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/lines")" -le "$((2 * SECONDS_OF_ATTACKS * $(sort -u "$BATS_TEST_TMPDIR/lines" | wc -l)))" ]
}
