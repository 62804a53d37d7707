#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tests/vm/make-root with a fake mmdebstrap: when a root is made, and what happens to the old one.

setup() {
	((EUID == 0)) || skip "only root can install a root file system"
	cd "$BATS_TEST_TMPDIR"
	mkdir bin
	play apt-get 'printf "%s\n" "Debian one http://mirror.invalid/main" "Debian one-security http://mirror.invalid/security"'
	play apt-config 'echo "Acquire::http::Proxy \"http://proxy.invalid\";"'
	play mmdebstrap 'cat >sources; printf "%s\n" "$*" >>made; mkdir "${@:$#-1:1}"'
}

# play NAME COMMANDS
play() {
	printf '#!/bin/bash\n%s\n' "$2" >"bin/$1"
	chmod +x "bin/$1"
}

make_root() {
	run env PATH="$PWD/bin:$PATH" XDG_CACHE_HOME="$PWD/cache" "$BATS_TEST_DIRNAME/../vm/make-root" "$@"
	echo "$output"
}

times_made() {
	[ "$(wc -l <made)" -eq "$1" ]
}

@test "a root is made once, from the suites beside the machine's" {
	make_root debian13+build
	[ "${lines[-1]}" = "$PWD/cache/bpflock/roots/debian13+build/root" ]
	[ -d "${lines[-1]}" ]
	grep -q 'http://mirror.invalid/main trixie main' sources
	grep -q 'http://mirror.invalid/security trixie-security main' sources
	grep -q -- '--include=.*,gcc,.*,systemd,' made
	make_root debian13+build
	[ "$status" -eq 0 ]
	times_made 1
}

@test "each Debian has its own suites, and its own names of packages" {
	make_root debian12+plugins
	[ "${lines[-1]}" = "$PWD/cache/bpflock/roots/debian12+plugins/root" ]
	grep -q 'http://mirror.invalid/main bookworm main' sources
	grep -q 'http://mirror.invalid/security bookworm-security main' sources
	! grep -q trixie sources || false
	grep -q -- '--include=.*,clang,.*,libelf1,.*,pkgconf,' made
	make_root debian13
	grep -q -- '--include=.*,libelf1t64,' made
	times_made 2
}

@test "a root is made anew when it is old, when its list has changed, and when that is asked for" {
	local wanted=cache/bpflock/roots/debian13/wanted
	make_root debian13
	touch -d '-31 days' "$wanted"
	make_root debian13
	times_made 2
	echo other >"$wanted"
	make_root debian13
	times_made 3
	make_root --refresh debian13
	times_made 4
	make_root debian13
	times_made 4
}

@test "an installation that fails leaves the old root" {
	make_root debian13
	play mmdebstrap 'exit 1'
	make_root --refresh debian13
	[ "$status" -eq 1 ]
	[[ $output == *'debian13: the installation failed'* ]]
	[ "$(ls cache/bpflock/roots)" = $'debian13\ndebian13.lock' ]
	make_root debian13
	[ "$status" -eq 0 ]
}

@test "a use that nobody knows is refused" {
	local name
	for name in debian13+games debian14 games+debian13; do
		make_root "$name"
		[ "$status" -eq 1 ]
		[[ $output == *'USE is one of: '* ]]
	done
	[ ! -e made ]
}
