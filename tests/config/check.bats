#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# bpflockctl check and advise on a real kernel: what is missing is found, and what a daemon has logged is understood.

load ../lib/policy.bash

# The guest is no container, also where the host is one.
setup_file() {
	install_programs
	rm -f /.dockerenv /run/.containerenv
}

teardown() {
	[[ -z ${WITHIN-} ]] || stop_from_within
	clean_up_bpflock
}

# Under restricted a guard lets nobody else signal the daemon.
stop_from_within() {
	in_cgroup /guarded pkill -x bpflock && wait_for_end "$DAEMON" || true
}

# state CHECK: what the last check has said about it.
state() {
	python3 -c 'import json, sys
print(*{f["state"] for f in json.loads(sys.argv[1])["findings"] if f["check"] == sys.argv[2]})' "$output" "$1"
}

# check STATUS [COMMAND...]
check() {
	run --separate-stderr "${@:2}" bpflockctl check --json
	echo "$output"
	[ "$status" -eq "$1" ]
}

@test "check: nothing is missing here, and a person sees it in a table" {
	check 0
	[ "$(state kernel)" = ok ]
	[ "$(state 'bpf(2)')" = ok ]
	[ "$(state trampolines)" = ok ]
	[ "$(state 'BPF LSM')" = ok ]
	run bpflockctl check
	echo "$output"
	[[ $output == *"kernel "*" ok "*"$VM_RELEASE"* ]]
}

@test "check: it loads nothing that stays, and leaves nothing" {
	before=$(bpftool -j prog | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))')
	check 0
	[ "$(bpftool -j prog | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))')" -eq "$before" ]
	[ "$(bpftool -j link)" = '[]' ]
	[ ! -e "$PINS" ]
}

@test "check: capabilities, and what is limited without the others" {
	check 1 capsh --drop=cap_bpf,cap_sys_admin -- -c 'exec "$@"' --
	[ "$(state capabilities)" = missing ]
	check 0 capsh --drop=cap_sys_admin,cap_setpcap -- -c 'exec "$@"' --
	[ "$(state capabilities)" = limited ]
	run capsh --drop=cap_sys_admin -- -c 'bpflockctl check --strict'
	[ "$status" -eq 1 ]
}

@test "check: a pid namespace, a user namespace and a missing bpffs, each with its remedy" {
	check 1 unshare -p -f --mount-proc
	[ "$(state 'pid namespace')" = missing ]
	[[ $output == *'--pid=host'* ]]
	check 1 unshare -U -r
	[ "$(state 'user namespace')" = missing ]
	[ "$(state 'bpf(2)')" = missing ]
	check 1 unshare -m sh -c 'umount /sys/fs/bpf && exec "$@"' --
	[ "$(state bpffs)" = missing ]
	[[ $output == *'mount -t bpf bpf /sys/fs/bpf'* ]]
}

@test "check: in a container the remedy is its flag" {
	run env container=podman unshare -p -f --mount-proc bpflockctl check
	[ "$status" -eq 1 ]
	[[ $output == *'start the container with --pid=host'* ]]
	run env container=podman unshare -C bpflockctl check --strict
	[ "$status" -eq 1 ]
	[[ $output == *'start the container with --cgroupns=host'* ]]
}

@test "check: beside a guard that restricts everybody it says the same" {
	WITHIN=yes
	mkdir -p "$CGROUPS/guarded"
	# shellcheck disable=SC2016 # the inner shell's
	UNDER=(sh -c 'echo $$ >/sys/fs/cgroup/guarded/cgroup.procs && exec "$@"' sh)
	GUARDED=yes start_bpflock BPFLOCK_KIMGLOCK_PROFILE=restricted BPFLOCK_SELFGUARD_PROFILE=restricted
	check 0
	[ "$(state 'bpf(2)')" = ok ]
	[ "$(state 'BPF LSM programs')" = note ]
}

@test "advise: what a daemon has logged becomes a configuration that keeps what worked" {
	start_with 'profile = baseline' 'level = confidentiality' 'audit_only = yes'
	head -c 1 /dev/mem >/dev/null
	unshare --fork --pid --net head -c 1 /proc/kcore >/dev/null
	await_log '/proc/kcore access.*would deny'
	stop_bpflock
	bpflockctl advise --ini "$LOG" >/tmp/advice.conf
	cat /tmp/advice.conf
	grep -q '^; dev_mem: head: 1 allowed' /tmp/advice.conf
	grep -qE '^allow = .*kcore' /tmp/advice.conf
	grep -qE '^block = .*kexec' /tmp/advice.conf
	run_bpflock -- -c /tmp/advice.conf --check-config
	start_bpflock -- -c /tmp/advice.conf
	head -c 1 /dev/mem >/dev/null
	unshare --fork --pid --net head -c 1 /proc/kcore >/dev/null
	run head -c 1 /sys/kernel/debug/fault_around_bytes
	[ "$status" -ne 0 ]
}

@test "advise: a proposed exception is accepted where there is cgroup v2" {
	printf '%s\n' '{"subsys":"bpf","bpfprog":"kimglock","event":"lsm_locked_down","operation":"/proc/kcore access","comm":"x","reason":"would deny (baseline)","time":"2026-02-01T10:00:00Z","op":"kcore","unit":"x.service"}' >/tmp/lines
	bpflockctl advise --ini /tmp/lines >/tmp/advice.conf
	grep -qx 'except_units = x.service' /tmp/advice.conf
	run_bpflock -- -c /tmp/advice.conf --check-config
}
