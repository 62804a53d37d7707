#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The configurations of conf/examples, each as it is, in the place of a drop-in.

load ../lib/policy.bash

EXAMPLES=$BATS_TEST_DIRNAME/../../conf/examples
GUARDED=yes
CONTAINED=(unshare -p -n -f)

setup_file() {
	install_programs
	mkdir -p /run/systemd/sessions # as on a machine with logind
}

teardown() {
	! iot_runs || stop_from_its_cgroup
	rm -f /etc/bpflock/conf.d/50-example.conf
	clean_up_bpflock
}

# start_example NAME
start_example() {
	mkdir -p /etc/bpflock/conf.d
	cp "$EXAMPLES/$1.conf" /etc/bpflock/conf.d/50-example.conf
	start_bpflock --
	[ -z "$(log_lines 'subsys=bpflock' | grep -E 'level=(warning|error)')" ]
}

# Under a restricted guard nobody else may stop it but process 1.
iot_runs() {
	cmp -s "$EXAMPLES/iot.conf" /etc/bpflock/conf.d/50-example.conf && pidof bpflock >/dev/null
}

stop_from_its_cgroup() {
	mkdir -p "$CGROUPS/iot"
	pidof bpflock >"$CGROUPS/iot/cgroup.procs"
	in_cgroup /iot bpflockctl stop
	wait_for_end "$DAEMON"
}

@test "every example has a test" {
	for example in "$EXAMPLES"/*.conf; do
		grep -qE "^\s*start_example $(basename "$example" .conf)( |$)" "$BATS_TEST_FILENAME"
	done
}

@test "desktop: it hibernates, and the rest is blocked, or left to the person at the machine" {
	start_example desktop
	head -c 1 /sys/power/state >/dev/null
	decision hibernation allow allow head
	denied block /dev/mem
	denied block "$DEBUGFS"
	allowed baseline "$TRACEFS"
	denied baseline "$TRACEFS" "${CONTAINED[@]}"
}

@test "container host: what containers ask for is denied, and modules to everybody" {
	PARTIAL='log = denied'
	start_example container-host
	allowed baseline /dev/mem
	denied baseline /dev/mem "${CONTAINED[@]}"
	bpflockctl policy | grep -E '^kimglock +unsigned_module +block +block = @modules at /etc/bpflock/conf.d/50-example.conf:'
	run "${CONTAINED[@]}" "$PROGRAMS/bpf_request" map
	[ "$status" -eq "$ASK_DENIED" ]
	await_log 'event=lsm_bpf operation=map_create .*reason=denied \(baseline\)'
	run "${CONTAINED[@]}" "$PROGRAMS/fileless" fexecve
	[ "$status" -eq "$ASK_DENIED" ]
	await_log 'event=lsm_bprm_creds_from_file operation=exec_memfd .*reason=denied \(baseline\)'
	"$PROGRAMS/bpf_request" map
	"$PROGRAMS/fileless" fexecve
}

@test "IoT: nobody may, and nobody but process 1 stops it" {
	start_example iot
	denied restricted /dev/mem
	denied restricted "$TRACEFS"
	expect_log 'event=syscall_execve .*comm=head'
	run kill "$DAEMON"
	[ "$status" -ne 0 ]
	run bpflockctl stop
	[ "$status" -eq 4 ]
	stop_from_its_cgroup
	expect_log 'event=stopped on_exit=keep'
	bpflock --unload
}

@test "audit only: nothing is denied, and the log says what would be" {
	start_example audit
	head -c 1 /dev/mem >/dev/null
	await_log 'event=lsm_locked_down operation=/dev/mem,kmem,port .*retval=0 reason=would deny \(restricted\)'
	head -c 1 "$TRACEFS" >/dev/null
	await_log 'event=lsm_locked_down .*operation="?(\\")?use of tracefs.*reason=would deny \(restricted\)'
}

@test "Secure Boot: containers read no secrets of the kernel, the host does" {
	start_example secure-boot
	allowed baseline "$TRACEFS"
	denied baseline "$TRACEFS" "${CONTAINED[@]}"
}
