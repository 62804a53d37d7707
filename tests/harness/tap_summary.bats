#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Which tests count as passed, failed and skipped.

setup() {
	cd "$BATS_TEST_TMPDIR"
	: >expected
	printf '%s\n' 1..2 'ok 1 - one' 'ok 2 - two' >good.tap
}

# tap FILE LINE...
tap() {
	printf '%s\n' "${@:2}" >"$1.tap"
}

summarize() {
	run "$BATS_TEST_DIRNAME/../tap-summary" expected "$@"
	echo "$output"
}

ends_with() {
	[ "${lines[-1]}" = "$1" ]
}

@test "what passed is added up over all files, and that is a success" {
	tap other 'ok 1 - three' 1..1
	summarize good.tap other.tap
	[ "$status" -eq 0 ]
	ends_with '3 passed, 0 failed, 0 skipped'
}

@test "a failed test is a failure and named with its file" {
	tap bad 1..2 'ok 1 - one' 'not ok 2 - two'
	summarize good.tap bad.tap
	[ "$status" -eq 1 ]
	[[ $output == *'bad: two'* ]]
	ends_with '3 passed, 1 failed, 0 skipped'
}

@test "the end of a failed test's diagnostics is shown, and nothing of the others" {
	tap bad 1..3 'ok 1 - one' '# of one' 'not ok 2 - two' "$(printf '# line %d of two\n' {1..30})" 'ok 3 - three' '# of three'
	tap last 1..1 'not ok 1 - four' '# of four'
	summarize bad.tap last.tap
	[[ $output == *$'How they ended:\nnot ok 2 - two\n# line 6 of two\n'* ]]
	[[ $output == *$'# line 30 of two\nnot ok 1 - four\n# of four\n'* ]]
	[[ $output != *'line 5 of'* && $output != *'of one'* && $output != *'of three'* ]]
}

@test "a file with fewer results than planned is a failure" {
	tap short 1..3 'ok 1 - one'
	summarize good.tap short.tap
	[ "$status" -eq 1 ]
	[[ $output == *'short: 1 results for 3 planned tests'* ]]
	ends_with '3 passed, 1 failed, 0 skipped'
}

@test "a file with more results than planned is a failure" {
	tap long 1..1 'ok 1 - one' 'ok 2 - two'
	summarize long.tap
	[ "$status" -eq 1 ]
	ends_with '2 passed, 1 failed, 0 skipped'
}

@test "a file without a plan is a failure" {
	tap planless 'ok 1 - one'
	summarize good.tap planless.tap
	[ "$status" -eq 1 ]
	[[ $output == *'planless: no test plan'* ]]
	ends_with '3 passed, 1 failed, 0 skipped'
}

@test "an empty file is a failure" {
	: >empty.tap
	summarize good.tap empty.tap
	[ "$status" -eq 1 ]
	[[ $output == *'empty: no test plan'* ]]
}

@test "a plan of no tests is no success" {
	tap none 1..0
	summarize none.tap
	[ "$status" -eq 1 ]
	ends_with '0 passed, 0 failed, 0 skipped'
}

@test "a file that is not there is no success" {
	summarize good.tap missing.tap
	[ "$status" -ne 0 ]
}

@test "a skip that is expected is counted as skipped" {
	tap skips 1..2 'ok 1 - one' 'ok 2 two # skip no such hardware'
	printf '%s\n' '# why' '' '^skips: two # skip no such hardware$' >expected
	summarize skips.tap
	[ "$status" -eq 0 ]
	ends_with '1 passed, 0 failed, 1 skipped'
}

@test "a skip that is not expected is a failure and named" {
	tap skips 1..2 'ok 1 - one' 'ok 2 two # SKIP nobody knows why'
	printf '%s\n' '# why' '' '^other: two ' >expected
	summarize skips.tap
	[ "$status" -eq 1 ]
	[[ $output == *'skips: two # SKIP nobody knows why'* ]]
	ends_with '1 passed, 1 failed, 0 skipped'
}

@test "the ten slowest tests are listed, slowest first" {
	{ echo 1..12; for i in {1..12}; do echo "ok $i number $i in ${i}000ms"; done; } >slow.tap
	summarize slow.tap
	[ "${lines[0]}" = 'Slowest tests:' ]
	[[ ${lines[1]} == *'12.0 s slow: number 12' ]]
	[[ ${lines[10]} == *'3.0 s slow: number 3' ]]
	ends_with '12 passed, 0 failed, 0 skipped'
}
