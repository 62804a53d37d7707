#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tests/vm/apt.bash with a fake apt. Like the real one, it refuses a directory that another apt is using.

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir bin
	cat >bin/apt-get <<-'END'
		#!/bin/bash
		if [[ $1 == indextargets ]]; then
			echo "Debian bookworm http://mirror.invalid/debian"
			exit
		fi
		for argument; do
			[[ $argument != Dir::State::Lists=* ]] || lists=${argument#*=}
		done
		mkdir "$lists/lock" || { echo "E: Could not get lock $lists/lock" >&2 && exit 100; }
		sleep 1
		rmdir "$lists/lock"
	END
	chmod +x bin/apt-get
}

# fetch ARCH: downloads the lists, then the packages, as fetch-root and fetch-kernel do.
fetch() {
	env PATH="$PWD/bin:$PATH" XDG_CACHE_HOME="$PWD/cache" VM="$BATS_TEST_DIRNAME/../vm" ARCH="$1" bash -c '
		set -euo pipefail
		source "$VM/common.bash"
		source "$VM/apt.bash"
		use_suite bookworm "$ARCH"
		apt-get "${apt_options[@]}" download anything' 3>&-
}

@test "two that fetch through one private apt directory wait for each other" {
	local pids=() pid

	for _ in 1 2; do
		fetch foreign &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
}
