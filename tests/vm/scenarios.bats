#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The main job: what an operator sees of kimglock and execsnoop, through real programs.

load daemon.bash

setup_file() {
	install_bpflock
}

teardown() {
	clean_up_bpflock
}

TIME='time="[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"'
DENIED="head: cannot open '/dev/mem' for reading: Operation not permitted"

@test "A: privileged allows, and logs the execution before the access, as one process" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all BPFLOCK_KIMGLOCK_PROFILE=allow
	[ "$(head -c "$BYTES" /dev/mem | wc -c)" -eq "$BYTES" ]

	access=$(await_log 'operation=/dev/mem,kmem,port')
	ids='tgid=([0-9]+) pid=\1 ppid=[0-9]+ uid=0 cgroupid=[0-9]+ comm=head pcomm=[^ ]+'
	[[ $(grep -cE "^$TIME level=info msg=\"event=lsm_locked_down operation=/dev/mem,kmem,port $ids retval=0 reason=allow \(privileged\)\" bpfprog=kimglock subsys=bpf\$" <<<"$access") -eq 1 ]]
	exec=$(log_lines 'comm=head .*filename=/usr/bin/head')
	[[ $(grep -cE "^$TIME level=info msg=\"event=syscall_execve $ids filename=/usr/bin/head retval=0\" bpfprog=execsnoop subsys=bpf\$" <<<"$exec") -eq 1 ]]

	common='tgid=[0-9]+ pid=[0-9]+ ppid=[0-9]+ uid=0 cgroupid=[0-9]+ comm=head pcomm=[^ ]+'
	[ "$(grep -oE "$common" <<<"$exec")" = "$(grep -oE "$common" <<<"$access")" ]
	[ "$(log_lines 'comm=head' | head -n 1)" = "$exec" ]
}

@test "B: baseline denies in new pid and network namespaces" {
	start_bpflock BPFLOCK_KIMGLOCK_PROFILE=baseline
	run unshare -f -p -n bash -c 'head -c 1 /dev/mem; true'
	[ "$output" = "$DENIED" ]
	await_log 'operation=/dev/mem,kmem,port .*comm=head pcomm=bash retval=-1 reason=denied \(baseline\)" bpfprog=kimglock subsys=bpf$'
}
