#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# audit_only: a dry run decides, logs what it would deny, and allows.

load ../lib/policy.bash

setup_file() {
	install_programs
}

teardown() {
	clean_up_bpflock
}

# would_deny RULE [COMMAND...]: opens a file of debugfs, and expects `would deny` in the log.
would_deny() {
	local rule=$1
	shift
	"$@" "$PROGRAMS/ask" dry-run "$DEBUGFS"
	await_log "operation=.\"debugfs access.\" .* comm=dry-run .*retval=0 reason=would deny \\($rule\\)\" bpfprog=kimglock subsys=bpf\$"
}

@test "restricted would deny, and allows" {
	start_with 'profile = restricted' 'audit_only = yes'
	would_deny restricted
}

@test "block would deny, and allows" {
	start_with 'profile = privileged' 'audit_only = yes' 'block = debugfs'
	would_deny block
}

@test "baseline would deny who is contained, and allows him" {
	start_with 'profile = baseline' 'audit_only = yes'
	would_deny baseline contained
}

@test "baseline would deny a contained request for a module, and the module is loaded" {
	start_with 'profile = baseline' 'audit_only = yes'
	contained "$PROGRAMS/ask" dry-run family:29
	await_log 'operation=."unsigned module loading." .* comm=dry-run .*retval=0 reason=would deny \(baseline\)"'
	rmmod can
}

@test "what is allowed anyway is logged as ever" {
	start_with 'profile = baseline' 'audit_only = yes'
	"$PROGRAMS/ask" dry-run "$DEBUGFS"
	await_log 'comm=dry-run .*retval=0 reason=allow \(baseline\)"'
}

@test "would-be denials are counted by themselves, and logged also with log = denied" {
	PARTIAL=yes
	start_with 'profile = restricted' 'audit_only = yes' 'log = denied'
	would_deny restricted
	[ "$(counters debugfs)" = '0 0 1' ]
}

@test "the end of the dry run takes effect by a reload" {
	start_with 'profile = restricted' 'audit_only = yes'
	would_deny restricted
	reload_with 'profile = restricted'
	run "$PROGRAMS/ask" for-real "$DEBUGFS"
	[ "$status" -eq "$ASK_DENIED" ]
	await_log 'comm=for-real .*retval=-1 reason=denied \(restricted\)"'
}
