#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Attacks on bpflock that need a daemon of their own: one that starts, is killed, has a mount namespace of its own, or
# a guard with profile = restricted, which denies root on the host the same.

# shellcheck disable=SC2034 # for what is loaded
GUARDED=yes PARTIAL=yes

load ../lib/attacks.bash

setup_file() {
	install_programs
	mkdir -p /mnt/a /mnt/b
}

teardown() {
	[[ $RULE == baseline ]] || stop_from_within
	end_all KILL attack
	end_all KILL sleep
	umount -l /mnt/a /mnt/b 2>/dev/null || true
	mount -o remount,rw /sys/fs/bpf
	clean_up_bpflock
}

guarded() {
	start_bpflock BPFLOCK_KIMGLOCK_PROFILE=baseline BPFLOCK_KIMGLOCK_EVENT_WINDOW=0 -- -c /dev/null
	PINNED=$(pinned)
}

# Starts the daemon in a mount namespace of its own, so that a successful attack harms nothing else. The attacker is in
# that namespace: guarded_in_mounts private|shared
guarded_in_mounts() {
	# shellcheck disable=SC2016 # the inner shell's
	UNDER=(unshare -m sh -c 'mount --make-r"$0" / && exec "$@"' "$1")
	guarded
	WHO=("${NEIGHBOUR[@]}" nsenter "--mount=/proc/$DAEMON/ns/mnt")
}

# Starts the daemon so that root on the host is denied too. It can be stopped from within its cgroup.
guarded_against_root() {
	mkdir -p "$CGROUPS/guarded"
	# shellcheck disable=SC2016 # the inner shell's
	UNDER=(unshare -m sh -c 'echo $$ >/sys/fs/cgroup/guarded/cgroup.procs && exec "$@"' sh)
	RULE=restricted
	start_with 'profile = baseline' 'event_window = 0' \
		'[selfguard]' 'enabled = yes' 'profile = restricted' 'log = denied'
	PINNED=$(pinned)
	WHO=(nsenter "--mount=/proc/$DAEMON/ns/mnt")
}

stop_from_within() {
	in_cgroup /guarded pkill -x bpflock && wait_for_end "$DAEMON" || true
}

nothing_of_ours_exists() {
	[ -z "$({ bpftool -j map && bpftool -j prog; } | jq -r '.[].name' | grep -xF "$(printf '%s\n' "${names[@]}")")" ]
}

# Objects of a replaced generation do not count: they are not the daemon's any more, and decide nothing.
nothing_was_taken() {
	local kind id _
	while read -r kind id _; do
		[[ $kind == new ]] || ! grep -qxE "${kind}_id:[[:space:]]+$id" <(cat "/proc/$DAEMON/fdinfo/"*) || {
			echo "taken: $kind $id" && cat "$BATS_TEST_TMPDIR/new"
			return 1
		}
	done <"$BATS_TEST_TMPDIR/new"
}

@test "maps and programs cannot be had while they are new: a daemon starts and reloads under the eyes of another" {
	start_with 'profile = baseline' '[execsnoop]' 'enabled = yes'
	mapfile -t names < <(for kind in map prog; do bpftool -j "$kind" | jq -r '.[].name'; done | sort -u)
	[ "${#names[@]}" -gt 10 ]
	stop_bpflock
	eventually nothing_of_ours_exists # the kernel frees them a moment later
	"${NEIGHBOUR[@]}" "$ATTACK" new 600 "${names[@]}" >"$BATS_TEST_TMPDIR/new" 2>&1 3>&- &
	attack=$!
	start_with 'profile = baseline' '[execsnoop]' 'enabled = yes'
	[ ! -s "$BATS_TEST_TMPDIR/new" ]
	reload_with 'profile = baseline' '[execsnoop]' 'enabled = yes' 'trace = none' '[selfguard]' 'block = lock_pin'
	nothing_was_taken
	kill "$attack"
	wait "$attack" || true
	sed 's/^/# /' "$BATS_TEST_TMPDIR/new" >&3
	grep -qE '^new taken [0-9]+ refused [0-9]{3,}$' "$BATS_TEST_TMPDIR/new"
	expect_log 'event=tamper operation=map .* comm=attack .*retval=-2 '
	expect_log 'event=tamper operation=program .* comm=attack .*retval=-2 '
}

@test "the bpffs cannot be made read-only, also not from a mount namespace of one's own" {
	guarded_in_mounts private
	refuse_readonly
	WHO=("${CONTAINER[@]}" unshare -m)
	refuse_readonly
}

@test "what leads to the pins cannot be unmounted, covered or moved in the daemon's mount namespace" {
	mount -t tmpfs none /mnt/a
	mkdir -p /mnt/a/old
	guarded_in_mounts private
	refuse_mounts
	refused unmount mount -t tmpfs none /
	refused unmount mount --move /sys /mnt/b
	refused unmount mount --move /mnt/a /sys/fs
	refused unmount "$ATTACK" cover /sys/fs
	refused unmount "$ATTACK" move /sys /mnt/b
	refused unmount "$ATTACK" move /mnt/a /sys
	refused unmount pivot_root /mnt/a /mnt/a/old
}

@test "what leads to the pins cannot be unmounted in another mount namespace that is shared with the daemon's" {
	guarded_in_mounts shared
	WHO+=(unshare -m --propagation unchanged)
	refused unmount umount -l /sys/fs/bpf
	refused unmount umount -l /sys
	refused unmount mount -t tmpfs none /sys/fs
}

@test "the pins cannot be locked: no next daemon is kept out" {
	guarded
	refused lock_pin flock -n "$PINS" true
	refused lock_pin flock -s -n "$PINS" true
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	forget_log
	run "${WHO[@]}" flock -n "$PINS" true
	[[ $status -ne 0 && $output == *'not permitted'* ]]
	resume_bpflock BPFLOCK_KIMGLOCK_PROFILE=baseline -- -c /dev/null
	await_log "$(tamper_line lock_pin flock)" # recorded in the gap
}

@test "restricted denies root on the host the same: objects, pins, overrides and the lock" {
	guarded_against_root
	refuse_objects
	refuse_opening_of_pins
	refuse_overrides
	refuse_unpinning
	refuse_adding
	refused lock_pin flock -n "$PINS" true
}

@test "restricted denies root on the host the same: mounts, signals, tracing and limits" {
	guarded_against_root
	refuse_readonly
	refuse_mounts
	refuse_tracing
	refuse_limits
	refuse_sigio
	refuse_signals
}
