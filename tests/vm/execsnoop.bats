#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# execsnoop: every way to execute something, what is logged of it, and what trace = filter leaves out.

load daemon.bash

WORK=/tmp/execsnoop
CGROUPS=/sys/fs/cgroup

setup_file() {
	install_bpflock
	mkdir -p -m 755 "$WORK"
	cp "$BPFLOCK_BUILD"/tests/vm/programs/exec_* "$WORK"
	cp "$WORK/exec_32bit" "$WORK/target" # ends at once when it is given nothing
}

teardown() {
	clean_up_bpflock
	rmdir "$CGROUPS"/snooped/child "$CGROUPS"/snooped "$CGROUPS"/other 2>/dev/null || true
}

# snooped FIELDS: waits for the line of an execution and prints it; FIELDS are those behind its cgroupid.
snooped() {
	await_log "event=syscall_execve tgid=[0-9]+ pid=[0-9]+ ppid=[0-9]+ uid=[0-9]+ cgroupid=[0-9]+ $1\" bpfprog=execsnoop subsys=bpf\$"
}

# settle [COMMAND...]: what was executed before is in the log after this, or never will be. COMMAND executes
# what it is given in such a way that it passes the filter.
settle() {
	"$@" "/settled/$BATS_TEST_NUMBER" 2>/dev/null || true
	await_log "filename=/settled/$BATS_TEST_NUMBER retval=-2"
}

as_user() {
	setpriv --reuid=1000 --clear-groups "$@"
}

# in_cgroup NAME COMMAND...
in_cgroup() {
	local cgroup=$1
	shift
	(echo "$BASHPID" >"$CGROUPS/$cgroup/cgroup.procs" && exec "$@")
}

# path_of LENGTH PROGRAM: a path of that many bytes that leads to it.
path_of() {
	local slashes
	printf -v slashes '%*s' $(($1 - ${#2})) ''
	echo "${slashes// //}$2"
}

# count REGEX
count() {
	log_lines "$1" | wc -l
}

@test "a program that runs is logged once, with retval=0 and the ids of the process" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all
	bash -c 'echo $$ $PPID; exec '"$WORK/target" >"$WORK/ids"
	read -r pid parent <"$WORK/ids"
	snooped "comm=target pcomm=bash filename=$WORK/target retval=0"
	settle
	[ "$(count "filename=$WORK/target")" -eq 1 ]
	log_lines "filename=$WORK/target" | grep " tgid=$pid pid=$pid ppid=$parent uid=0 "
}

@test "the cgroup of a process is logged by its id" {
	mkdir "$CGROUPS/snooped"
	start_bpflock BPFLOCK_EXEC_SNOOP=all
	in_cgroup snooped "$WORK/target"
	snooped "comm=target .*" | grep " cgroupid=$(stat -c %i "$CGROUPS/snooped") "
}

@test "a missing file is logged with retval=-2" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all
	run "$WORK/exec_ways" plain "$WORK/missing"
	[ "$status" -eq 2 ]
	snooped "comm=exec_ways pcomm=[^ ]+ filename=$WORK/missing retval=-2"
}

@test "a file that may not be executed is logged with retval=-13" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all
	install -m 644 "$WORK/target" "$WORK/forbidden"
	run "$WORK/exec_ways" plain "$WORK/forbidden"
	[ "$status" -eq 13 ]
	snooped "comm=exec_ways pcomm=[^ ]+ filename=$WORK/forbidden retval=-13"
}

@test "a file that is no program is logged with retval=-8" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all
	echo 'this is no program' >"$WORK/text"
	chmod 755 "$WORK/text"
	run "$WORK/exec_ways" plain "$WORK/text"
	[ "$status" -eq 8 ]
	snooped "comm=exec_ways pcomm=[^ ]+ filename=$WORK/text retval=-8"
}

@test "a script whose interpreter is missing is logged with retval=-2" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all
	printf '#!/missing/interpreter\n' >"$WORK/orphan"
	chmod 755 "$WORK/orphan"
	run "$WORK/exec_ways" plain "$WORK/orphan"
	[ "$status" -eq 2 ]
	snooped "comm=exec_ways pcomm=[^ ]+ filename=$WORK/orphan retval=-2"
}

@test "execveat is logged, success and failure" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all
	"$WORK/exec_ways" at "$WORK/target"
	snooped "comm=target pcomm=[^ ]+ filename=$WORK/target retval=0"
	run "$WORK/exec_ways" at "$WORK/missing"
	[ "$status" -eq 2 ]
	snooped "comm=exec_ways pcomm=[^ ]+ filename=$WORK/missing retval=-2"
}

@test "fexecve is logged by the descriptor" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all
	"$WORK/exec_ways" fd "$WORK/target"
	snooped "comm=[^ ]+ pcomm=[^ ]+ filename=/dev/fd/[0-9]+ retval=0"
}

@test "32-bit execve is logged, success and failure" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all
	"$WORK/exec_32bit" "$WORK/target"
	snooped "comm=target pcomm=[^ ]+ filename=$WORK/target retval=0"
	run "$WORK/exec_32bit" "$WORK/missing"
	[ "$status" -eq 2 ]
	snooped "comm=exec_32bit pcomm=[^ ]+ filename=$WORK/missing retval=-2"
}

@test "32-bit execveat is logged, success and failure" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all
	"$WORK/exec_32bit" at "$WORK/target"
	snooped "comm=target pcomm=[^ ]+ filename=$WORK/target retval=0"
	run "$WORK/exec_32bit" at "$WORK/missing"
	[ "$status" -eq 2 ]
	snooped "comm=exec_32bit pcomm=[^ ]+ filename=$WORK/missing retval=-2"
}

@test "a thread that is not the leader becomes its process by executing, and is told apart when it fails" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all
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

@test "a script is logged once, by its own name" {
	start_bpflock BPFLOCK_EXECSNOOP_TRACE=all BPFLOCK_EXECSNOOP_ARGS=yes
	printf '#!%s\n' "$WORK/target" >"$WORK/script"
	chmod 755 "$WORK/script"
	# The interpreter is given the script's path, and cannot execute it as a program either.
	"$WORK/script" || true
	snooped "comm=script pcomm=[^ ]+ filename=$WORK/script args=.\"$WORK/target $WORK/script.\" retval=0"
	[ "$(count "filename=$WORK/target")" -eq 0 ]
}

@test "a file name of 255 bytes is whole, one of 256 is cut and marked" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all
	fits=$(path_of 255 "$WORK/target")
	"$fits"
	snooped "comm=target pcomm=[^ ]+ filename=$fits retval=0"

	cut=$(path_of 256 "$WORK/target")
	"$cut"
	snooped "comm=target pcomm=[^ ]+ filename=${cut:0:255} truncated=filename retval=0"
}

@test "a file name that is missing is cut and marked in the same way" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all
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
	start_bpflock BPFLOCK_EXEC_SNOOP=all
	/usr/bin/printf '%s' 'the secret' >/dev/null
	snooped "comm=printf pcomm=[^ ]+ filename=/usr/bin/printf retval=0"
	settle
	[ -z "$(log_lines 'args=|secret')" ]
}

@test "args = yes logs the arguments, each with its blanks and quotes told apart" {
	start_bpflock BPFLOCK_EXECSNOOP_ARGS=yes
	/usr/bin/printf '%s' 'one two' '' 'a"b' $'c\nd' >/dev/null
	snooped 'comm=printf pcomm=[^ ]+ filename=/usr/bin/printf args=\\"/usr/bin/printf %s one\\\\x20two  a\\\\x22b c\\\\nd\\" retval=0'
}

@test "args = yes cuts long arguments at 512 bytes and marks them" {
	start_bpflock BPFLOCK_EXECSNOOP_ARGS=yes
	name=/usr/bin/printf
	# Every argument ends in one more byte, on the stack as in the limit.
	printf -v fits '%*s' $((512 - ${#name} - 2)) ''
	"$name" "${fits// /a}" >/dev/null
	snooped "comm=printf pcomm=[^ ]+ filename=$name args=.\"$name ${fits// /a}.\" retval=0"

	"$name" "${fits// /a}b" >/dev/null
	snooped "comm=printf pcomm=[^ ]+ filename=$name args=.\"$name ${fits// /a}b.\" truncated=args retval=0"

	"$name" "${fits// /a}bcdef" ghi >/dev/null
	snooped "comm=printf pcomm=[^ ]+ filename=$name args=.\"$name ${fits// /a}b.\" truncated=args retval=0"
}

@test "trace = none loads no program and logs nothing" {
	start_bpflock BPFLOCK_EXEC_SNOOP=none
	await_log 'event=plugin_running .* programs=0" bpfprog=execsnoop'
	[ -z "$(bpftool prog show | grep -E 'name (exec|execve_failed|execveat_failed) ')" ]
	"$WORK/target"
	stop_bpflock
	[ "$(count 'event=stopped')" -eq 1 ]
	[ "$(count 'event=syscall_execve')" -eq 0 ]
}

@test "trace = filter with uids logs those users only" {
	start_bpflock BPFLOCK_EXEC_SNOOP=filter BPFLOCK_EXECSNOOP_UIDS=1000,1001
	"$WORK/target" # as root
	as_user "$WORK/target"
	snooped "comm=target pcomm=[^ ]+ filename=$WORK/target retval=0" | grep ' uid=1000 '
	settle as_user
	[ "$(count "filename=$WORK/target")" -eq 1 ]
	[ "$(count ' uid=0 ')" -eq 0 ]
}

@test "uid is that of the initial user namespace, in a filter and in the log" {
	start_bpflock BPFLOCK_EXEC_SNOOP=filter BPFLOCK_EXECSNOOP_UIDS=1000
	# root of its own namespace
	[ "$(as_user unshare --user --map-root-user id -u)" -eq 0 ]
	snooped 'comm=id pcomm=[^ ]+ filename=/usr/bin/id retval=0' | grep ' uid=1000 '
}

@test "trace = filter with comms logs programs of those names only" {
	cp "$WORK/exec_ways" "$WORK/listed"
	start_bpflock BPFLOCK_EXEC_SNOOP=filter BPFLOCK_EXECSNOOP_COMMS=listed,unused
	"$WORK/target"
	run "$WORK/exec_ways" plain "$WORK/missing"
	run "$WORK/listed" plain "$WORK/missing"
	snooped "comm=listed pcomm=[^ ]+ filename=$WORK/missing retval=-2"
	settle "$WORK/listed" plain
	[ "$(count 'event=syscall_execve')" -eq "$(count ' comm=listed ')" ]
	[ "$(count ' comm=listed .*retval=0')" -eq 2 ]
}

@test "trace = filter with cgroups logs those cgroups and all below them" {
	mkdir -p "$CGROUPS/snooped/child" "$CGROUPS/other"
	start_bpflock BPFLOCK_EXEC_SNOOP=filter BPFLOCK_EXECSNOOP_CGROUPS=/snooped
	"$WORK/target"
	in_cgroup other "$WORK/target"
	in_cgroup snooped "$WORK/target"
	in_cgroup snooped/child "$WORK/target"
	settle in_cgroup snooped
	[ "$(count "filename=$WORK/target")" -eq 2 ]
	[ "$(count "cgroupid=$(stat -c %i "$CGROUPS/snooped") .*filename=$WORK/target")" -eq 1 ]
	[ "$(count "cgroupid=$(stat -c %i "$CGROUPS/snooped/child") .*filename=$WORK/target")" -eq 1 ]
}

@test "trace = filter with several lists logs what is in each of them" {
	mkdir "$CGROUPS/snooped"
	cp "$WORK/exec_ways" "$WORK/listed"
	start_bpflock BPFLOCK_EXEC_SNOOP=filter BPFLOCK_EXECSNOOP_UIDS=1000 BPFLOCK_EXECSNOOP_COMMS=listed \
		BPFLOCK_EXECSNOOP_CGROUPS=/snooped
	run "$WORK/listed" plain /missing/as-root
	run in_cgroup snooped "$WORK/listed" plain /missing/as-root-in-cgroup
	run as_user "$WORK/listed" plain /missing/outside-the-cgroup
	run in_cgroup snooped setpriv --reuid=1000 --clear-groups "$WORK/exec_ways" plain /missing/by-another-name
	run in_cgroup snooped setpriv --reuid=1000 --clear-groups "$WORK/listed" plain /missing/all-three
	settle in_cgroup snooped setpriv --reuid=1000 --clear-groups "$WORK/listed" plain
	[ "$(count 'filename=/missing/')" -eq 1 ]
	[ "$(count 'comm=listed .*filename=/missing/all-three retval=-2')" -eq 1 ]
}

@test "trace = filter without a list is refused" {
	run run_bpflock BPFLOCK_EXEC_SNOOP=filter
	[ "$status" -eq 2 ]
	[[ $output == *"execsnoop: trace = filter needs at least one of uids, comms and cgroups"* ]]
	[ ! -e "$PINS" ]
}

@test "a process in a pid namespace is logged by its ids in the initial one" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all
	[ "$(unshare --fork --pid bash -c 'echo $$')" -eq 1 ]
	# This /proc is still that of the initial namespace.
	pid=$(unshare --fork --pid /usr/bin/readlink /proc/self)
	snooped 'comm=readlink pcomm=unshare filename=/usr/bin/readlink retval=0' |
		grep -E " tgid=$pid pid=$pid ppid=[0-9]+ "
}

@test "500 executions in a row are all logged" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all
	"$WORK/exec_ways" storm:500 "$WORK/target"
	settle
	stop_bpflock
	[ "$(count "comm=target pcomm=exec_ways filename=$WORK/target retval=0")" -eq 500 ]
	[ "$(count 'event=events_lost')" -eq 0 ]
}

@test "what a full ring has no room for is counted and reported" {
	# Filtered, so that only the storm is counted.
	start_bpflock BPFLOCK_EXEC_SNOOP=filter BPFLOCK_EXECSNOOP_UIDS=1000 BPFLOCK_RING_SIZE=4K
	kill -STOP "$DAEMON"
	as_user "$WORK/exec_ways" storm:200 "$WORK/target"
	kill -CONT "$DAEMON"
	# Within the 10 seconds after which the daemon looks for losses.
	await_log 'level=warning msg="event=events_lost count=[0-9]+ .*" bpfprog=execsnoop'
	stop_bpflock
	lost=0
	for n in $(log_lines 'event=events_lost .*bpfprog=execsnoop' | sed -E 's/.* count=([0-9]+) .*/\1/'); do
		lost=$((lost + n))
	done
	logged=$(count 'event=syscall_execve .* uid=1000 ')
	[ "$lost" -gt 0 ]
	[ "$logged" -gt 0 ]
	# exec_ways itself, and what it executed
	[ $((logged + lost)) -eq 201 ]
}

@test "losses that the daemon had no time to report are reported when it stops" {
	start_bpflock BPFLOCK_EXEC_SNOOP=filter BPFLOCK_EXECSNOOP_UIDS=1000 BPFLOCK_RING_SIZE=4K
	kill -STOP "$DAEMON"
	as_user "$WORK/exec_ways" storm:50 "$WORK/target"
	kill "$DAEMON"
	kill -CONT "$DAEMON"
	wait_for_end "$DAEMON"
	lost=$(log_lines 'event=events_lost .*bpfprog=execsnoop' | sed -E 's/.* count=([0-9]+) .*/\1/')
	[ $(($(count 'event=syscall_execve .* uid=1000 ') + lost)) -eq 51 ]
	log_lines . | tail -n 1 | grep 'event=stopped'
}
