#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What scripts/bench makes of its figures, without a guest.

setup() {
	cd "$BATS_TEST_TMPDIR"
	BENCH=$BATS_TEST_DIRNAME/../bench
	DOCS=$BATS_TEST_DIRNAME/../../docs
}

# figures FILE VALUE...: as many runs of one cost
figures() {
	local value
	for value in "${@:2}"; do printf '6.1\texec\tbpflock\tinstructions\t%s\n' "$value"; done | "$BENCH/summarize" >"$1"
}

compare() {
	run "$BENCH/compare" stored new
	echo "$output"
}

@test "the median of an odd and of an even number of runs, their smallest and largest" {
	figures odd 30 100 20
	[ "$(tail -n 1 odd)" = "$(printf '6.1\texec\tbpflock\tinstructions\t30\t20\t100\t3')" ]
	figures even 30 100 20 40
	[ "$(tail -n 1 even)" = "$(printf '6.1\texec\tbpflock\tinstructions\t35\t20\t100\t4')" ]
}

@test "a cost that has grown by 10 % passes, one that has grown by more is a failure" {
	figures stored 1000
	figures new 1100
	compare
	[ "${lines[0]}" = 'ok 1 - 6.1: exec: bpflock: instructions' ]
	figures new 1101
	compare
	[ "${lines[0]}" = 'not ok 1 - 6.1: exec: bpflock: instructions' ]
	[[ $output == *'# 1101, stored 1000 (+10.1 %)'* ]]
	[ "${lines[-1]}" = 1..1 ]
}

@test "a difference that the stored runs have among themselves is none" {
	figures stored 900 1100
	figures new 1190
	compare
	[ "${lines[0]}" = 'ok 1 - 6.1: exec: bpflock: instructions' ]
	figures new 1201
	compare
	[ "${lines[0]}" = 'not ok 1 - 6.1: exec: bpflock: instructions' ]
}

@test "a cost that is not stored is a failure, and so is a run that measured nothing" {
	figures stored
	figures new 5
	compare
	[ "${lines[0]}" = 'not ok 1 - 6.1: exec: bpflock: instructions' ]
	figures new
	compare
	[ "${lines[0]}" = 'not ok 1 - something was measured' ]
}

@test "the tables and plots of the documentation are those of benchmarks.tsv" {
	cp "$DOCS/benchmarks.md" .
	"$BENCH/report" "$DOCS/benchmarks.tsv" benchmarks.md .
	diff benchmarks.md "$DOCS/benchmarks.md"
	for plot in bench-*.svg; do diff "$plot" "$DOCS/pictures/$plot"; done
}
