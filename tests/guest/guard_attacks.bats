#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Attacks on a bpflock with the default guard. The attackers are a container with all capabilities, and a root shell
# that shares everything but the network namespace with the host. All tests attack the same daemon.

# shellcheck disable=SC2034 # for what is loaded
GUARDED=yes PARTIAL=yes

load ../lib/attacks.bash

setup_file() {
	install_programs
	mkdir -p /mnt/a /mnt/b
	start_bpflock BPFLOCK_KIMGLOCK_PROFILE=baseline BPFLOCK_KIMGLOCK_EVENT_WINDOW=0 -- -c /dev/null
	PINNED=$(pinned)
	export DAEMON PINNED
}

teardown() {
	end_all KILL attack
	end_all KILL sleep
	umount -l /mnt/a /mnt/b 2>/dev/null || true
}

teardown_file() {
	clean_up_bpflock
}

@test "maps, programs and links cannot be had by their ids: neither the policy nor the mark can be written" {
	refuse_objects
	WHO=("${NEIGHBOUR[@]}")
	refused map "$ATTACK" policy
	refused map "$ATTACK" mark
}

@test "what is pinned cannot be opened" {
	refuse_opening_of_pins
}

@test "programs that override the verdicts of others cannot be loaded" {
	refuse_overrides
}

@test "pins cannot be removed, renamed or changed" {
	refuse_unpinning
}

@test "what leads to the pins cannot be unmounted in the host's mount namespace, by a container that has one of its own" {
	WHO=("${NEIGHBOUR[@]}" unshare -m nsenter --mount=/proc/1/ns/mnt)
	# Without -l: a busy mount stays, so the test harms nothing if this is not denied.
	refused unmount umount /sys/fs/bpf
	refused unmount umount /sys
}

@test "mounts elsewhere, in a mount namespace of one's own, and of a bpffs of one's own are not touched" {
	WHO=("${NEIGHBOUR[@]}")
	permitted mount -t tmpfs none /mnt/a
	permitted mount -t bpf none /mnt/b
	permitted mkdir -p /mnt/b/bpflock/v1
	permitted rm -r /mnt/b/bpflock
	permitted mount -o remount,ro /mnt/b
	permitted umount /mnt/b
	permitted mount --bind /sys/fs/bpf /mnt/b
	permitted umount /mnt/b
	permitted mount -t tmpfs none /sys/kernel/debug
	permitted umount /sys/kernel/debug
	permitted unshare -m umount -l /sys
	permitted unshare -m mount -t tmpfs none /sys/fs
	permitted unshare -m sh -c 'umount -l /sys/fs/bpf && mount -t bpf none /sys/fs/bpf'
}

@test "signals are denied, whichever way they are sent" {
	WHO=("${NEIGHBOUR[@]}")
	refuse_signals
	refused signal "$(type -P kill)" -HUP "$DAEMON"
	permitted "$(type -P kill)" -0 "$DAEMON"
}

@test "the kernel does not kill the daemon for somebody else either: SIGKILL in the place of SIGIO" {
	WHO=("${NEIGHBOUR[@]}")
	refuse_sigio
	WHO=()
	refuse_sigio
}

@test "nobody may trace the daemon, write its memory or take its descriptors" {
	refused ptrace "$TAMPER" mem "$DAEMON" # through the host's /proc
	WHO=("${NEIGHBOUR[@]}")
	refuse_tracing
	permitted readlink "/proc/$DAEMON/exe"
	permitted cat "/proc/$DAEMON/status"
}

@test "the daemon's limits, niceness and scheduling policy cannot be changed" {
	WHO=("${NEIGHBOUR[@]}")
	refuse_limits
	permitted prlimit --pid "$DAEMON" --cpu
}

@test "who shares the host's pid namespace only may trace its own children, and no process of the host" {
	WHO=("${NEIGHBOUR[@]}")
	sleep 1000 >/dev/null 2>&1 3>&- &
	host=$!
	refused trace_host "$TAMPER" attach "$host"
	refused trace_host "$TAMPER" mem "$host"
	refused trace_host "$TAMPER" writev "$host"
	refused trace_host "$TAMPER" getfd "$host"
	for way in attach mem writev getfd; do
		# shellcheck disable=SC2016 # the inner shell's
		permitted sh -c 'sleep 1000 >/dev/null 2>&1 3>&- & "$@" $!; status=$?; kill $!; exit $status' sh "$TAMPER" "$way"
	done
	# Root on the host may.
	WHO=()
	permitted "$TAMPER" attach "$host"
}
