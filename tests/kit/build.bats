#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What bpflock-dev offers to a build out of this tree: bpflock.pc and plugin.mk. Needs `build`.

load kit.bash

setup() {
	staged_environment
	cp -r "$BATS_TEST_DIRNAME/../../examples/hostlock" "$BATS_TEST_TMPDIR/hostlock"
	cd "$BATS_TEST_TMPDIR/hostlock"
}

@test "pkg-config tells the ABI, and what clang needs for a BPF object of an installation elsewhere" {
	local header=$STAGE/usr/include/bpflock/plugin.h major minor
	major=$(sed -n 's/^#define BPFLOCK_ABI_MAJOR \([0-9]*\)u$/\1/p' "$header")
	minor=$(sed -n 's/^#define BPFLOCK_ABI_MINOR \([0-9]*\)u$/\1/p' "$header")
	[ "$(pkg-config --variable=abi bpflock)" = "$major.$minor" ]
	[ -e "$(pkg-config --variable=plugin_mk bpflock)" ]
	# shellcheck disable=SC2046 # several words
	clang $(pkg-config --variable=bpf_cflags bpflock) -MM hostlock.bpf.c >dependencies
	grep -F "$STAGE/usr/include/bpflock/policy.bpf.h" dependencies
}

@test "a Makefile of two lines builds, checks, installs and cleans" {
	[ "$(grep -vc '^#' Makefile)" -eq 2 ]
	make CPPFLAGS=-Werror
	make check | grep -F 'hostlock.so: no mistake found'
	make install localplugindir=/plugins DESTDIR="$PWD/root"
	[ "$(stat -c %a root/plugins root/plugins/hostlock.so | xargs)" = '755 755' ]
	rm -r root
	make clean
	diff -r . "$BATS_TEST_DIRNAME/../../examples/hostlock"
}

@test "what has changed is built anew, and nothing else" {
	make
	run make
	[[ $output == *'Nothing to be done'* ]]
	touch -d '1 minute ago' ./*
	touch -d '30 seconds ago' hostlock.bpf.d hostlock.d hostlock.bpf.o
	touch -d '20 seconds ago' hostlock.so
	run make -n
	[[ $output == *'Nothing to be done'* ]]
	touch hostlock.h
	run make -n
	[[ $output == *hostlock.bpf.c* && $output == *'-o hostlock.so'* ]]
	make
	touch hostlock.bpf.c
	run make -n
	[[ $output == *hostlock.bpf.c* && $output == *'-o hostlock.so'* ]]
	make
	touch hostlock.c
	run make -n
	[[ $output != *hostlock.bpf.c* && $output == *'-o hostlock.so'* ]]
}

@test "compilers and their options may be named" {
	run make -n CC=mycc CLANG=myclang CFLAGS=-Omine CPPFLAGS=-Dmine LDFLAGS=-Lmine
	echo "$output"
	[[ $output =~ mycc\ [^$'\n']*.*-Dmine\ -Omine\ -Lmine ]]
	[[ $output =~ myclang\ [^$'\n']*.*-Dmine ]]
}

@test "without bpflock.pc the Makefile says what to do" {
	export PKG_CONFIG_LIBDIR=/nonexistent PKG_CONFIG_PATH=
	run make
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *'pkg-config finds no bpflock: install bpflock-dev'* ]]
}
