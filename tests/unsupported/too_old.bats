#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A kernel that is too old for bpflock: before 5.13, reading kernel memory inside the hook calls the hook again.

load ../lib/daemon.bash

setup_file() {
	install_bpflock
}

teardown() {
	clean_up_bpflock
}

@test "the start is refused with status 69, naming this kernel and the oldest that will do" {
	run run_bpflock BPFLOCK_EXEC_SNOOP=all BPFLOCK_KIMGLOCK_PROFILE=restricted
	[ "$status" -eq 69 ]
	[[ $output == *"the kernel is too old (this is $VM_RELEASE; bpflock needs 5.13 or newer)"* ]]
}

@test "a start that was refused has loaded nothing and pinned nothing" {
	before=$(bpftool prog list | wc -l)
	run run_bpflock BPFLOCK_KIMGLOCK_PROFILE=restricted
	[ "$status" -eq 69 ]
	[ ! -e "$PINS" ]
	[ "$(bpftool prog list | wc -l)" -eq "$before" ]
	head -c 1 /dev/mem >/dev/null
}

@test "required = no does not help: no plugin can run here" {
	run run_bpflock BPFLOCK_KIMGLOCK_PROFILE=restricted BPFLOCK_KIMGLOCK_REQUIRED=no
	[ "$status" -eq 69 ]
}

@test "the configuration can be checked, and operations that this kernel lacks are named" {
	run run_bpflock -- --check-config -c /dev/null -o kimglock.block=rtas_error_injection,dev_mem
	[ "$status" -eq 0 ]
	[[ $output == *"this kernel has no operation 'rtas_error_injection'"* ]]
	[[ $output != *"'dev_mem'"* ]]
}
