#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The guest's programs and libraries are those of Debian 13, and bpflock is what was built with them.

load ../lib/daemon.bash

setup_file() {
	install_bpflock
}

@test "the root is Debian 13" {
	source /etc/os-release
	[ "$ID $VERSION_ID" = 'debian 13' ]
	systemctl --version | grep '^systemd 257 '
}

@test "of the host's files only the directories that boot names are seen" {
	local directory
	while read -r directory; do
		grep -xF "$directory" /results/.guest/visible || [ "$directory" = "$(realpath /lib/modules)/$VM_RELEASE" ]
	done < <(findmnt --list --noheadings --output TARGET --source seen)
	[ -e "$BATS_TEST_FILENAME" ]
	[[ $(findmnt --noheadings --output OPTIONS /) == *lowerdir=/other,* ]]
}

@test "bpflock was built by the compiler of Debian 13, and finds its libraries" {
	grep -a 'GCC: (Debian 14\.' /usr/sbin/bpflock >/dev/null
	! ldd /usr/sbin/bpflock | grep 'not found' || false
	bpflock --version
}
