#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Debian's arm64 6.1 attaches no program to functions of the kernel. These tests show what bpflock reports there.

load ../lib/daemon.bash

setup_file() {
	install_bpflock
}

teardown() {
	clean_up_bpflock
}

@test "by default the start ends with status 69 and the reason, and leaves nothing" {
	run run_bpflock -- -c conf/bpflock.conf
	echo "$output"
	[ "$status" -eq 69 ]
	[[ $output == *'level=error msg="event=plugin_failed error=\"this kernel loads LSM programs and attaches none of them\" remedy=\"on arm64, boot Linux 6.4 or newer\"" bpfprog=kimglock '* ]]
	[ ! -e "$PINS" ]
}

@test "with required = no execsnoop runs, and kimglock is reported as refused" {
	start_bpflock BPFLOCK_KIMGLOCK_REQUIRED=no -- -c conf/bpflock.conf
	[ "$(log_lines 'level=error msg="event=plugin_failed .* attaches none of them\\" remedy=.*" bpfprog=kimglock' | wc -l)" -eq 1 ]
	[ -z "$(log_lines 'event=plugin_running .*bpfprog=kimglock')" ]
	expect_log 'event=plugin_running .* programs=1 .*bpfprog=execsnoop'

	head -c 0 /dev/mem
	await_log 'event=syscall_execve .* comm=head pcomm=[^ ]+ filename=/usr/bin/head retval=0" bpfprog=execsnoop'
	stop_bpflock
	[ -z "$(log_lines 'event=lsm_locked_down')" ]
	[ ! -e "$PINS" ]
}

@test "execsnoop alone starts, and names what it cannot see" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all -- -c /dev/null
	expect_log 'level=warning msg="event=kernel_limit .*no lsm, fentry or fexit'
	expect_log 'event=plugin_running .*not_in_this_kernel=fexit/__arm64_sys_execve,fexit/__arm64_sys_execveat.*bpfprog=execsnoop'
}
