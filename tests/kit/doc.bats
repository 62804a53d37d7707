#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# bpflock-plugin doc: pages from tables. Needs `build`. That they are those of this tree, tests/static/run shows.

BUILD=${BPFLOCK_BUILD:-$BATS_TEST_DIRNAME/../../build}

tool() {
	"$BUILD/kit/bpflock-plugin" "$@"
}

@test "the manual page of a plugin is valid, and has its options, operations and events" {
	tool doc "$BUILD/tests/plugins/hostlock.so" >"$BATS_TEST_TMPDIR/page.7"
	mandoc -T lint -W warning "$BATS_TEST_TMPDIR/page.7"
	mandoc -T utf8 "$BATS_TEST_TMPDIR/page.7" | col -b >"$BATS_TEST_TMPDIR/page"
	for text in 'bpflock-hostlock – who may change' BPFLOCK_HOSTLOCK_PROFILE 'pivot_root' '@root' 'event=lsm_hostlock'; do
		grep -F -- "$text" "$BATS_TEST_TMPDIR/page"
	done
}

@test "the same as Markdown" {
	run tool doc --format md "$BUILD/tests/plugins/hostlock.so"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == '# hostlock'* ]]
	for text in 'Variable: `BPFLOCK_HOSTLOCK_PROFILE`.' '- `pivot_root`: Change the root of the mounts.' '`@root`.' \
		'### `event=lsm_hostlock`'; do
		grep -F -- "$text" <<<"$output"
	done
}

@test "what cannot be documented is told" {
	run tool doc nowhere
	[ "$status" -eq 66 ]
	[[ $output == *"there is no plugin 'nowhere'"* ]]
	run tool doc "$BUILD/tests/plugins/badfield.so"
	[ "$status" -eq 65 ]
	[[ $output == *'lies outside the record'* ]]
	run tool doc --format pdf "$BUILD/tests/plugins/hostlock.so"
	[[ $status -ne 0 && $output == *"there is no format 'pdf'; valid: man, md"* ]]
	run tool
	[ "$status" -eq 64 ]
	run tool chekc
	[[ $status -eq 64 && $output == *"there is no verb 'chekc'"* ]]
}
