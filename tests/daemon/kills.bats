#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A daemon that is killed after each of its steps, and the next one while it takes over: each record is written or
# reported as lost, and twice only where the log says so. Each kernel takes some of the steps; tests/soak takes all.

load ../lib/kills.bash

setup_file() {
	install_careless
}

setup() {
	case $VM_KERNEL in
	6.1) FIRST=1 ;;
	6.12) FIRST=2 ;;
	*) FIRST=3 ;;
	esac
}

teardown() {
	end_all KILL ask
	clean_up_bpflock
}

@test "kill -9 while records are read, written and taken over" {
	sweep "$FIRST" 5 -- 'on_exit = keep'
}

@test "kill -9 while losses are reported" {
	sweep "$FIRST" 7 -l -- 'on_exit = keep'
}

@test "kill -9 while everything is unpinned" {
	sweep "$FIRST" 7
}

@test "kill -9 while a ring of another size takes over" {
	SIZES=(4K 8K)
	sweep "$FIRST" 7 -- 'on_exit = keep'
}

@test "kill -9 while objects are loaded, attached and pinned" {
	sweep "$FIRST" 50 -s -- 'on_exit = keep'
}
