#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The Debian packages: installed, removed and purged, on a machine without systemd as process 1.

load ../lib/enforcement.bash
load ../lib/packages.bash

setup_file() {
	[[ -p $NOTHING ]] || mkfifo "$NOTHING"
	touch /run/bpflock-installed # by the package, and not by install_bpflock
	mkdir -p "$PROGRAMS"
	cp "$BPFLOCK_BUILD"/tests/programs/{ask,hammer} "$PROGRAMS"
	package --install "$PACKAGES"/bpflock_*.deb
}

teardown() {
	clean_up_bpflock
}

@test "what is installed runs, with the configuration that is installed" {
	run_bpflock -- --check-config
	[ -d /etc/bpflock/conf.d ]
	GUARDED=yes start_bpflock --
	bpflockctl status --short
	head -c 1 /dev/mem >/dev/null
	await_log 'event=lsm_locked_down .*comm=head .*reason=allow \(privileged\)'
	await_log 'event=syscall_execve .*comm=head '
	[ -z "$(log_lines 'level=(warning|error)')" ]
}

@test "the header package builds the examples, where pkg-config says" {
	package --install "$PACKAGES"/bpflock-dev_*.deb
	[ "$(pkg-config --variable=plugindir bpflock)" = "$(dirname "$(dpkg -L bpflock | grep kimglock.so)")" ]
	"$BATS_TEST_DIRNAME/../../debian/tests/examples"
}

@test "an upgrade takes nothing out of force, and the next daemon takes over" {
	start_bpflock BPFLOCK_KIMGLOCK_PROFILE=restricted -- -c /dev/null
	kill_bpflock
	start_hammer
	build_next_package
	package --install "$NEXT_PACKAGE"
	[ "$(dpkg-query -W -f '${Version}' bpflock)" = 99 ]
	resume_bpflock BPFLOCK_KIMGLOCK_PROFILE=restricted -- -c /dev/null
	nothing_opened
	expect_log 'event=gap '
}

@test "removal takes out of force what a dead daemon has pinned, and purge leaves no file" {
	UNACCOUNTED='no daemon follows the one that was killed'
	start_bpflock BPFLOCK_KIMGLOCK_PROFILE=restricted -- -c /dev/null
	kill_bpflock
	is_denied
	echo '# mine' >/etc/bpflock/conf.d/50-mine.conf
	mkdir -p /var/log/bpflock
	dpkg -L bpflock >"$BATS_TEST_TMPDIR/files"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/files")" -gt 20 ]
	package --remove bpflock
	eventually head -c 1 /dev/mem >/dev/null
	nothing_is_left
	[ -e /etc/bpflock/bpflock.conf ]
	[ ! -e /usr/sbin/bpflock ]
	package --purge bpflock
	[ ! -e /etc/bpflock ]
	[ ! -e /var/log/bpflock ]
	while read -r file; do [[ -d $file || ! -e $file ]] || echo "$file"; done <"$BATS_TEST_TMPDIR/files" >"$BATS_TEST_TMPDIR/left"
	[ ! -s "$BATS_TEST_TMPDIR/left" ]
}
