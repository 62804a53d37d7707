#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What tests/daemon/kills.bats does with some of the steps, with each of them.

load ../lib/kills.bash

setup_file() {
	install_careless
}

teardown() {
	end_all KILL ask
	clean_up_bpflock
}

@test "kill -9 after each step of reading, writing and taking over" {
	sweep 1 1 -- 'on_exit = keep'
}

@test "kill -9 after each step of reporting losses" {
	sweep 1 1 -l -- 'on_exit = keep'
}

@test "kill -9 after each step of unpinning everything" {
	sweep 1 1
}

@test "kill -9 after each step of taking over from a ring of another size" {
	SIZES=(4K 8K)
	sweep 1 1 -- 'on_exit = keep'
}

@test "kill -9 after each step of loading, attaching and pinning" {
	sweep 1 2 -s -- 'on_exit = keep'
}
