#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tests/vm/run-plugin: a plugin that works passes, and one that does not fails. What it would do in a guest of its own,
# it does in this one: tests/vm/boot is replaced.

load ../lib/daemon.bash

CHECKOUT=/run/checkout

# The tree of the checkout with another tests/vm/boot, which runs the command here.
setup_file() {
	local tests=$BATS_TEST_DIRNAME/..
	mkdir -p "$CHECKOUT/tests/vm"
	ln -s "$(realpath "$tests/lib")" "$CHECKOUT/tests/lib"
	cp "$tests"/vm/{run-plugin,run-tests,common.bash,kernels,plugin.bats} "$CHECKOUT/tests/vm"
	cat >"$CHECKOUT/tests/vm/boot" <<-'END'
		#!/bin/bash
		variables=(PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8)
		while [[ $1 != -- ]]; do
			[[ $1 != --env ]] || variables+=("$2")
			shift
		done
		exec env -i "${variables[@]}" "${@:2}"
	END
	chmod +x "$CHECKOUT/tests/vm/boot"
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# run_plugin [OPTION...] NAME COMMANDS [ARGUMENT...]: with a script of these commands
run_plugin() {
	local options=()
	while [[ $1 == --* ]]; do
		options+=("$1" "$2")
		shift 2
	done
	printf '#!/bin/bash\n%s\n' "$2" >script
	chmod +x script
	run "$CHECKOUT/tests/vm/run-plugin" --results "$PWD/results" "${options[@]}" \
		"$BPFLOCK_BUILD/tests/plugins/$1.so" 6.1 -- script "${@:3}"
	echo "$output"
}

# fails_with TEXT...
fails_with() {
	local text
	[ "$status" -ne 0 ]
	for text; do [[ $output == *"$text"* ]]; done
}

@test "an enforcer that denies passes, over a kill and an unload; its script has its arguments and its name" {
	printf '%s\n' '[hostlock]' 'block = chroot' >config
	run_plugin --config config --filter 'kill|unload' hostlock \
		'[[ $BPFLOCK_PLUGIN == hostlock && $# -eq 2 && $1 == "a b" && -z $2 ]] && ! chroot / /bin/true' 'a b' ''
	[ "$status" -eq 0 ]
	[ "$(grep -c '^6.1: ok ' <<<"$output")" -eq 2 ]
	[ -z "$(compgen -G "$CHECKOUT/build-plugin.*")" ]
	[ -z "$(compgen -G '/usr/local/lib/bpflock/plugins/*')" ]
}

@test "a script that fails is a failure" {
	run_plugin --filter 'script passes' hostlock '! chroot / /bin/true'
	fails_with '6.1: not ok 1 the script passes' 'the script ended with status 1'
}

@test "a plugin that logs nothing of what the script does is a failure" {
	run_plugin --filter 'script passes' mountwatch 'true'
	fails_with '6.1: not ok 1 the script passes' 'no line matches: " bpfprog=mountwatch'
}

@test "a plugin that cannot be loaded is a failure, with the daemon's reason" {
	run_plugin --filter 'loaded' notpointer 'true'
	fails_with '6.1: not ok 1 it is loaded and attached' 'the verifier rejects its program watch'
}

@test "what is not there, or no plugin, is named before anything is booted" {
	install -m 755 /bin/true script
	run "$CHECKOUT/tests/vm/run-plugin" none.so 6.1 -- script
	fails_with 'none.so: expected the file of a plugin'
	touch some.so
	run "$CHECKOUT/tests/vm/run-plugin" some.so 6.1 -- none
	fails_with 'none: expected a file that can be executed'
	run "$CHECKOUT/tests/vm/run-plugin" --config none some.so 6.1 -- script
	fails_with 'none: cannot be read'
	run "$CHECKOUT/tests/vm/run-plugin" some.so 6.0 -- script
	[ "$status" -eq 2 ]
	run "$CHECKOUT/tests/vm/run-plugin" some.so -- script
	[ "$status" -eq 2 ]
	run env -u BPFLOCK_BUILD "$CHECKOUT/tests/vm/run-plugin" some.so 6.1 -- script
	fails_with 'bpflock is not built'
}
