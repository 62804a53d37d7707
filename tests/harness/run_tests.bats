#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tests/vm/run-tests with fake guests: an error in a guest is a failure, and so is a test that was not run.

setup() {
	mkdir -p "$BATS_TEST_TMPDIR/tests/vm" "$BATS_TEST_TMPDIR/tests/subject"
	cd "$BATS_TEST_TMPDIR"
	cp "$BATS_TEST_DIRNAME"/../vm/{run-tests,common.bash} tests/vm
	printf '%s\n' 'one amd64 suite pattern default 1 host subject/*' 'two amd64 suite pattern all 1 host subject/second' >tests/vm/kernels
	printf '%s\n' '@test "a" { true; }' >tests/subject/first.bats
	printf '%s\n' '@test "b" { true; }' >tests/subject/second.bats
	guest_prints 1..2 'ok 1 a' 'ok 2 b'
}

# The commands that boot runs instead of a guest: guest COMMANDS
guest() {
	printf '#!/bin/bash\nprintf "%%s\\n" "$*" >>"%s/booted"\n%s\n' "$PWD" "$1" >tests/vm/boot
	chmod +x tests/vm/boot
}

# guest_prints LINE...
guest_prints() {
	guest "printf '%s\n'$(printf ' %q' "$@")"
}

run_tests() {
	run tests/vm/run-tests --results results "$@"
	echo "$output"
}

# fails_with TEXT: expects this text and a failure status.
fails_with() {
	[ "$status" -ne 0 ]
	[[ $output == *"$1"* ]]
}

nothing_was_booted() {
	[ ! -e booted ]
}

@test "the default set runs its own files, and all results are kept" {
	run_tests
	[ "$status" -eq 0 ]
	grep -q 'one -- bats .*/first.bats .*/second.bats$' booted
	[ "$(cat results/vm-one.tap)" = $'1..2\nok 1 a\nok 2 b' ]
	[ ! -e results/vm-two.tap ]
}

@test "--all runs every kernel" {
	run_tests --all
	[ "$(wc -l <booted)" -eq 2 ]
	[ -e results/vm-two.tap ]
}

@test "a guest with another root gets what was built in that root" {
	sed -i 's| 1 host subject/second| 1 other+more subject/second|' tests/vm/kernels
	run_tests one two
	[ "$status" -eq 0 ]
	grep -q "BPFLOCK_BUILD=$PWD/build one --" booted
	grep -q "BPFLOCK_BUILD=$PWD/build-other two --" booted
}

@test "fewer results than planned are a failure" {
	guest_prints 1..3 'ok 1 a'
	run_tests
	fails_with 'not ok 2 guest one: 1 results for 3 planned tests'
}

@test "more results than planned are a failure" {
	guest_prints 1..1 'ok 1 a' 'ok 2 b'
	run_tests
	fails_with '2 results for 1 planned tests'
}

@test "a guest that says nothing is a failure" {
	guest ':'
	run_tests
	fails_with 'guest one: no test plan'
}

@test "a filter that matches no test is a failure" {
	guest_prints 1..0
	run_tests --filter nothing
	fails_with 'guest one: no test matches'
}

@test "a guest that hangs, and one that dies, are failures" {
	guest 'exit 124'
	run_tests
	fails_with 'guest one: hung'
	guest 'echo 1..1; echo ok 1 a; exit 125'
	run_tests
	fails_with 'guest one: panicked or died'
}

@test "a status that no test explains is a failure" {
	guest 'echo 1..1; echo ok 1 a; exit 1'
	run_tests
	fails_with 'guest one: bats failed (status 1)'
}

@test "half a line of a guest that died does not hide the failure" {
	guest 'printf "1..2\nok 1 a\nok 2"; exit 125'
	run_tests
	fails_with 'panicked or died'
	grep -qx 'not ok 3 guest one: panicked or died' results/vm-one.tap
}

@test "a pattern that matches no file stops the run before anything is booted" {
	sed -i 's|subject/second|subject/secnod|' tests/vm/kernels
	run_tests --all
	fails_with 'two: tests/vm/kernels names subject/secnod, which there is not'
	nothing_was_booted
}

@test "a file that is not there stops the run before anything is booted" {
	run_tests one -- tests/subject/missing.bats
	fails_with missing.bats
	nothing_was_booted
}

@test "a file without a test stops the run before anything is booted" {
	echo '# test "later"' >tests/subject/second.bats
	run_tests
	fails_with 'one: without a test: '
	fails_with /tests/subject/second.bats
	nothing_was_booted
}

@test "a set that nobody knows is named, and nothing is booted" {
	sed -i 's/ default / defualt /' tests/vm/kernels
	run_tests
	fails_with 'line 1: one amd64 suite pattern defualt 1'
	nothing_was_booted
}

@test "a kernel that nobody knows is refused" {
	run_tests three
	[ "$status" -eq 2 ]
	nothing_was_booted
}
