#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# scripts/test with fake parts: what it does when a part fails, dies or leaves something out.

setup() {
	mkdir -p "$BATS_TEST_TMPDIR"/{scripts,build/tests/unit,build-sanitize/tests/unit} "$BATS_TEST_TMPDIR"/tests/{vm,fuzz,static,packages,containers,kubernetes}
	cd "$BATS_TEST_TMPDIR"
	cp "$BATS_TEST_DIRNAME/../../scripts/test" scripts
	cp -r "$BATS_TEST_DIRNAME"/../{tap-summary,tap.bash,expected-skips} tests
	cp "$BATS_TEST_DIRNAME/../vm/common.bash" tests/vm
	printf '%s\n' 'one amd64 suite pattern default 1 host subject/*' 'two amd64 suite pattern default 1 host subject/*' >tests/vm/kernels
	play scripts/install-dependencies true
	play scripts/build true
	play tests/fuzz/run 'printf "1..1\nok 1 - fuzz\n"'
	play tests/static/run 'printf "1..1\nok 1 - static\n"'
	play tests/packages/run 'printf "1..1\nok 1 - packages\n"'
	play tests/containers/run 'printf "1..1\nok 1 - image\n"'
	play tests/kubernetes/run 'printf "1..1\nok 1 - manifests\n"'
	play tests/vm/run-tests 'for kernel in one two; do printf "1..1\nok 1 guest\n" >"build/results/vm-$kernel.tap"; done'
	play bats 'printf "1..1\nok 1 harness\n"'
	play build/tests/unit/test_a 'printf "1..2\nok 1 - a\nok 2 - b\n"'
	play build-sanitize/tests/unit/test_a 'printf "1..2\nok 1 - a\nok 2 - b\n"'
}

# play FILE COMMANDS: replaces FILE by these commands, in the copy of the tree.
play() {
	printf '#!/bin/bash\n%s\n' "$2" >"$1"
	chmod +x "$1"
}

run_test() {
	run env PATH="$PWD:$PATH" scripts/test "$@"
	echo "$output"
}

fails_with() {
	[ "$status" -ne 0 ]
	[[ $output == *"$1"* ]]
	[[ ${lines[-1]} =~ ^[0-9]+' passed, '[1-9][0-9]*' failed, '[0-9]+' skipped'$ ]]
}

@test "everything passes, and the last line says how much" {
	run_test
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = '17 passed, 0 failed, 0 skipped' ]
}

@test "a build that fails is a failure" {
	play scripts/build 'echo no compiler; exit 1'
	run_test
	fails_with 'builds: builds with gcc'
	[[ $output == *'# no compiler'* ]]
}

@test "a unit test program that ends early with status 0 is a failure" {
	play build/tests/unit/test_a 'printf "1..3\nok 1 - a\n"'
	run_test
	fails_with 'build-test_a: 1 results for 3 planned tests'
}

@test "a unit test program that dies after its last test is a failure" {
	play build/tests/unit/test_a 'printf "1..1\nok 1 - a\n"; echo leaked >&2; exit 23'
	run_test
	fails_with 'not ok - build-test_a ended with status 23'
	[[ $output == *'# leaked'* ]]
}

@test "a directory without unit tests is a failure" {
	rm build-sanitize/tests/unit/test_a
	run_test
	fails_with 'build-sanitize-unit-tests ended with status 1'
}

@test "a fuzz run that ends without a word is a failure" {
	play tests/fuzz/run 'exit 1'
	run_test
	fails_with 'not ok - fuzz ended with status 1'
}

@test "a static analysis that stops half way is a failure" {
	play tests/static/run 'echo "ok 1 - static"; exit 0'
	run_test
	fails_with 'static: no test plan'
}

@test "a run of the guests that dies is a failure" {
	play tests/vm/run-tests 'exit 1'
	run_test
	fails_with 'tests/vm/run-tests ended with status 1, and no test failed'
}

@test "a run of the guests that leaves a kernel out is a failure" {
	play tests/vm/run-tests 'printf "1..1\nok 1 guest\n" >build/results/vm-one.tap'
	run_test
	fails_with 'vm-two: no test plan'
}

@test "a run of the guests that dies after some results is a failure" {
	play tests/vm/run-tests 'for kernel in one two; do printf "1..1\nok 1 guest\n" >"build/results/vm-$kernel.tap"; done; exit 3'
	run_test
	fails_with 'tests/vm/run-tests ended with status 3'
}

@test "a guest's test that is skipped without being expected is a failure" {
	play tests/vm/run-tests 'for kernel in one two; do printf "1..1\nok 1 guest # skip just so\n" >"build/results/vm-$kernel.tap"; done'
	run_test
	fails_with 'vm-one: guest # skip just so'
}

@test "results of an earlier run count for nothing" {
	mkdir -p build/results
	printf '1..1\nnot ok 1 - old\n' >build/results/old.tap
	run_test
	[ "$status" -eq 0 ]
}
