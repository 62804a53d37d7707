#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# execsnoop with trace = all: every way to execute a program, and what is logged. One daemon for all tests.

load ../lib/daemon.bash
load ../lib/exec.bash

setup_file() {
	install_bpflock
	install_exec_programs
	start_bpflock BPFLOCK_EXEC_SNOOP=all -- -c /dev/null
}

setup() {
	forget_log
}

teardown_file() {
	clean_up_bpflock
}

@test "a program that runs is logged once, with retval=0 and the ids of the process" {
	bash -c 'echo $$ $PPID; exec '"$WORK/target" >"$WORK/ids"
	read -r pid parent <"$WORK/ids"
	snooped "comm=target pcomm=bash filename=$WORK/target retval=0"
	settle
	[ "$(count "filename=$WORK/target")" -eq 1 ]
	expect_log " tgid=$pid pid=$pid ppid=$parent uid=0 .*filename=$WORK/target"
}

@test "the cgroup of a process is logged by its id" {
	mkdir -p "$CGROUPS/snooped"
	in_cgroup snooped "$WORK/target"
	snooped "comm=target .*" | grep " cgroupid=$(stat -c %i "$CGROUPS/snooped") "
}

@test "a missing file is logged with retval=-2" {
	run "$WORK/exec_ways" plain "$WORK/missing"
	[ "$status" -eq 2 ]
	snooped "comm=exec_ways pcomm=[^ ]+ filename=$WORK/missing retval=-2"
}

@test "a file that may not be executed is logged with retval=-13" {
	install -m 644 "$WORK/target" "$WORK/forbidden"
	run "$WORK/exec_ways" plain "$WORK/forbidden"
	[ "$status" -eq 13 ]
	snooped "comm=exec_ways pcomm=[^ ]+ filename=$WORK/forbidden retval=-13"
}

@test "a file that is no program is logged with retval=-8" {
	echo 'this is no program' >"$WORK/text"
	chmod 755 "$WORK/text"
	run "$WORK/exec_ways" plain "$WORK/text"
	[ "$status" -eq 8 ]
	snooped "comm=exec_ways pcomm=[^ ]+ filename=$WORK/text retval=-8"
}

@test "a script whose interpreter is missing is logged with retval=-2" {
	printf '#!/missing/interpreter\n' >"$WORK/orphan"
	chmod 755 "$WORK/orphan"
	run "$WORK/exec_ways" plain "$WORK/orphan"
	[ "$status" -eq 2 ]
	snooped "comm=exec_ways pcomm=[^ ]+ filename=$WORK/orphan retval=-2"
}

@test "execveat is logged, success and failure" {
	"$WORK/exec_ways" at "$WORK/target"
	snooped "comm=target pcomm=[^ ]+ filename=$WORK/target retval=0"
	run "$WORK/exec_ways" at "$WORK/missing"
	[ "$status" -eq 2 ]
	snooped "comm=exec_ways pcomm=[^ ]+ filename=$WORK/missing retval=-2"
}

@test "fexecve is logged by the descriptor" {
	"$WORK/exec_ways" fd "$WORK/target"
	snooped "comm=[^ ]+ pcomm=[^ ]+ filename=/dev/fd/[0-9]+ retval=0"
}

@test "32-bit execve is logged, success and failure" {
	"$WORK/exec_32bit" "$WORK/target"
	snooped "comm=target pcomm=[^ ]+ filename=$WORK/target retval=0"
	run "$WORK/exec_32bit" "$WORK/missing"
	[ "$status" -eq 2 ]
	snooped "comm=exec_32bit pcomm=[^ ]+ filename=$WORK/missing retval=-2"
}

@test "32-bit execveat is logged, success and failure" {
	"$WORK/exec_32bit" at "$WORK/target"
	snooped "comm=target pcomm=[^ ]+ filename=$WORK/target retval=0"
	run "$WORK/exec_32bit" at "$WORK/missing"
	[ "$status" -eq 2 ]
	snooped "comm=exec_32bit pcomm=[^ ]+ filename=$WORK/missing retval=-2"
}

@test "a thread that is not the leader becomes its process by executing, and is told apart when it fails" {
	"$WORK/exec_ways" thread "$WORK/target"
	line=$(snooped "comm=target pcomm=[^ ]+ filename=$WORK/target retval=0")
	[[ $(grep -cE ' tgid=([0-9]+) pid=\1 ' <<<"$line") -eq 1 ]]

	run "$WORK/exec_ways" thread "$WORK/missing"
	[ "$status" -eq 2 ]
	line=$(snooped "comm=second pcomm=[^ ]+ filename=$WORK/missing retval=-2")
	[[ $(grep -cE ' tgid=([0-9]+) pid=\1 ' <<<"$line") -eq 0 ]]
	leader=$(log_lines 'comm=exec_ways .*retval=0' | tail -n 1 | grep -oE ' tgid=[0-9]+ ')
	[[ $line == *"$leader"* ]]
}

@test "a file name of 255 bytes is whole, one of 256 is cut and marked" {
	fits=$(path_of 255 "$WORK/target")
	"$fits"
	snooped "comm=target pcomm=[^ ]+ filename=$fits retval=0"

	cut=$(path_of 256 "$WORK/target")
	"$cut"
	snooped "comm=target pcomm=[^ ]+ filename=${cut:0:255} truncated=filename retval=0"
}

@test "a file name that is missing is cut and marked in the same way" {
	fits=$(path_of 255 /missing)
	run "$WORK/exec_ways" plain "$fits"
	snooped "comm=exec_ways pcomm=[^ ]+ filename=$fits retval=-2"

	cut=$(path_of 256 /missing)
	run "$WORK/exec_ways" plain "$cut"
	snooped "comm=exec_ways pcomm=[^ ]+ filename=${cut:0:255} truncated=filename retval=-2"

	run "$WORK/exec_ways" plain "$(path_of 4000 /missing)"
	snooped "comm=exec_ways pcomm=[^ ]+ filename=/{255} truncated=filename retval=-2"
}

@test "arguments are not logged unless asked for" {
	/usr/bin/printf '%s' 'the secret' >/dev/null
	snooped "comm=printf pcomm=[^ ]+ filename=/usr/bin/printf retval=0"
	settle
	[ -z "$(log_lines 'args=|secret')" ]
}

@test "a process in a pid namespace is logged by its ids in the initial one" {
	[ "$(unshare --fork --pid bash -c 'echo $$')" -eq 1 ]
	# This /proc is still that of the initial namespace.
	pid=$(unshare --fork --pid /usr/bin/readlink /proc/self)
	snooped 'comm=readlink pcomm=unshare filename=/usr/bin/readlink retval=0' |
		grep -E " tgid=$pid pid=$pid ppid=[0-9]+ "
}

@test "500 executions in a row are all logged" {
	"$WORK/exec_ways" storm:500 "$WORK/target"
	settle
	[ "$(count "comm=target pcomm=exec_ways filename=$WORK/target retval=0")" -eq 500 ]
}
