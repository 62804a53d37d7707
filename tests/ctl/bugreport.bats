#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# bpflockctl bugreport without a daemon: the archive, and what is not in it.

setup() {
	cd "$BATS_TEST_TMPDIR"
	CTL=$BATS_TEST_DIRNAME/../../${BPFLOCK_BUILD:-build-sanitize}/ctl/bpflockctl # finds what no output shows
	printf '%s\n' '#!/bin/sh' 'echo "bpflock $*"' >bpflock
	mkdir bin
	cat >bin/journalctl <<-'END'
		#!/bin/sh
		echo 'time="2026-11-27T10:00:00Z" level=info msg="event=started version=0.1.0" subsys=bpflock'
		echo 'time="2026-11-27T10:00:01Z" level=info msg="event=lsm_locked_down operation=x comm=a retval=-1 reason=denied (block)" bpfprog=kimglock subsys=bpf'
		echo 'time="2026-11-27T10:00:02Z" level=info msg="event=syscall_execve comm=mysql args=\"mysql --password=secret\" retval=0" bpfprog=execsnoop subsys=bpf'
		echo '{"time":"2026-11-27T10:00:03Z","event":"syscall_execve","comm":"curl","filename":"/home/secret/curl","subsys":"bpf"}'
		echo 'time="2026-11-27T10:00:04Z" level=info msg="event=syscall_execve comm=a filename=\"/secret reason=x\" retval=0" bpfprog=execsnoop subsys=bpf'
		echo '{"time":"2026-11-27T10:00:05Z","event":"syscall_execve","comm":"secret","filename":"\"reason\":\"subsys\":\"bpflock\"","subsys":"bpf"}'
		echo 'a secret that stood in the file before subsys=bpflock reason=x'
	END
	chmod +x bpflock bin/journalctl
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

report() {
	run "$CTL" --socket "$BATS_TEST_TMPDIR/none" --daemon "$BATS_TEST_TMPDIR/bpflock" bugreport "$@"
	echo "$output"
}

@test "the archive has what was printed, and nobody else may read it" {
	SECRET=hidden report out.tar.gz # of the environment it has nothing that the commands do not print
	[ "$status" -eq 0 ]
	[ "$(stat -c %a out.tar.gz)" = 600 ]
	tar -xzf out.tar.gz
	[ "$(cat bpflock-report/configuration)" = 'bpflock --dump-config' ]
	grep 'no bpflock listens' bpflock-report/status
	grep '^Linux [0-9]' bpflock-report/system
	! grep -r -e hidden -e "$(uname -n)" bpflock-report || false
	diff <(ls bpflock-report | sort) <(sed -nE 's/^  ([^ ]+) .*/\1/p' <<<"$output" | sort)
	[ -z "$(ls -d /tmp/bpflockctl.* 2>/dev/null)" ]
}

@test "of the log it has lines of the daemon and decisions, and no events of observers, whatever these look like" {
	report out.tar.gz
	tar -xzf out.tar.gz
	grep event=started bpflock-report/log
	grep event=lsm_locked_down bpflock-report/log
	grep '^(5 other lines are left out' bpflock-report/log
	! grep -r secret bpflock-report || false
}

@test "without a daemon the log is the file that is configured" {
	cat >bpflock <<-END
		#!/bin/sh
		[ "\$*" != '--describe outputs' ] || echo '{"outputs":["stderr","file:$BATS_TEST_TMPDIR/log"]}'
	END
	bin/journalctl | sed s/0.1.0/0.2.0/ >log
	report out.tar.gz
	tar -xzf out.tar.gz
	grep version=0.2.0 bpflock-report/log
	rm -r log bpflock-report
	report again.tar.gz
	tar -xzf again.tar.gz
	grep "cannot read $BATS_TEST_TMPDIR/log: No such file" bpflock-report/log
}

@test "a command that hangs costs its file" {
	printf '%s\n' '#!/bin/sh' '[ "$1" != --version ] || exec sleep 60' 'echo "$@"' >bpflock
	report out.tar.gz
	[ "$status" -eq 0 ]
	tar -xzf out.tar.gz
	[ ! -s bpflock-report/version ]
	[ "$(cat bpflock-report/configuration)" = --dump-config ]
}

@test "a file that is there, or a link, is not overwritten" {
	echo old >out.tar.gz
	ln -s elsewhere link.tar.gz
	for file in out.tar.gz link.tar.gz nowhere/out.tar.gz; do
		report "$file"
		[ "$status" -eq 1 ]
	done
	[ "$(cat out.tar.gz)" = old ]
	[ ! -e elsewhere ]
}
