#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# execsnoop's options: arguments, what trace = none and trace = filter leave out, cgroups that come and go, and reports of
# losses.

load ../lib/daemon.bash
load ../lib/exec.bash

setup_file() {
	install_bpflock
	install_exec_programs
}

teardown() {
	clean_up_bpflock
	rmdir "$CGROUPS"/snooped/child "$CGROUPS"/{snooped,other,later.slice} 2>/dev/null || true
}

CONF=/tmp/execsnoop.conf

# Writes the section of execsnoop: configure LINE...
configure() {
	printf '%s\n' '[execsnoop]' 'trace = filter' "$@" >"$CONF"
}

# Reloads the configuration. The log before that is ignored from now on.
reload_with() {
	configure "$@"
	forget_log
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
}

# Expects that a notice names a cgroup that does not exist: is_named_missing DIRECTORY
is_named_missing() {
	grep -F "[execsnoop] cgroups: the cgroup $1 is not found (No such file or directory); it will be watched for" "$LOG" |
		grep -F 'level=info msg="event=config_notice '
}

# Executes a program in the cgroup, and looks whether this is logged, or was before.
is_logged_in() {
	in_cgroup "$1" "$WORK/target"
	pause
	[[ $(count "cgroupid=$(stat -c %i "$CGROUPS/$1") .*filename=$WORK/target retval=0") -gt 0 ]]
}

@test "a script is logged once, by its own name" {
	start_bpflock BPFLOCK_EXECSNOOP_TRACE=all BPFLOCK_EXECSNOOP_ARGS=yes
	printf '#!/usr/bin/true\n' >"$WORK/script"
	chmod 755 "$WORK/script"
	"$WORK/script"
	snooped "comm=script pcomm=[^ ]+ filename=$WORK/script args=.\"/usr/bin/true $WORK/script.\" retval=0"
	settle
	[ "$(count " pcomm=[^ ]+ filename=/usr/bin/true")" -eq 0 ]
}

@test "args = yes logs the arguments, each with its blanks and quotes told apart" {
	start_bpflock BPFLOCK_EXECSNOOP_ARGS=yes
	/usr/bin/printf '%s' 'one two' '' 'a"b' $'c\nd' >/dev/null
	snooped 'comm=printf pcomm=[^ ]+ filename=/usr/bin/printf args=\\"/usr/bin/printf %s one\\\\x20two  a\\\\x22b c\\\\nd\\" retval=0'
}

@test "args = yes cuts long arguments at 512 bytes and marks them" {
	start_bpflock BPFLOCK_EXECSNOOP_ARGS=yes
	name=/usr/bin/printf
	# Every argument has a terminating NUL, which counts for the limit.
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
	[ -z "$(bpftool prog show | grep -E 'name es_')" ]
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

@test "a cgroup that does not exist stops nothing: it is named, and followed when it is made, and made anew" {
	local ids='' id

	start_bpflock BPFLOCK_EXEC_SNOOP=filter BPFLOCK_EXECSNOOP_CGROUPS=/later.slice BPFLOCK_KIMGLOCK_PROFILE=restricted
	is_named_missing /sys/fs/cgroup/later.slice
	denied restricted /dev/mem
	"$WORK/target"
	for _ in 1 2 3; do
		mkdir "$CGROUPS/later.slice"
		id=$(stat -c %i "$CGROUPS/later.slice")
		[[ " $ids " != *" $id "* ]]
		ids="$ids $id"
		eventually is_logged_in later.slice
		"$WORK/target"
		eventually rmdir "$CGROUPS/later.slice"
	done
	stop_bpflock
	[ "$(count 'event=syscall_execve')" -gt 0 ]
	[ "$(count 'event=syscall_execve')" -eq "$(count "cgroupid=(${ids// /|}) ")" ]
	[ "$(grep -c 'event=config_notice' "$LOG")" -eq 1 ]
	[ "$(grep -cE 'level=(warning|error) .*event=(config|cgroups|plugin)_' "$LOG")" -eq 0 ]
}

@test "a cgroup is followed over a reload, and no more when its path is taken away" {
	configure 'cgroups = /later.slice'
	start_bpflock -- -c "$CONF"
	reload_with 'cgroups = /later.slice' 'required = yes' # the same object
	mkdir "$CGROUPS/later.slice"
	eventually is_logged_in later.slice
	reload_with 'cgroups = /other'
	mkdir "$CGROUPS/other"
	eventually is_logged_in other
	forget_log
	in_cgroup later.slice "$WORK/target"
	settle in_cgroup other
	[ "$(count "filename=$WORK/target")" -eq 0 ]
}

@test "a cgroup is found and followed on a hybrid hierarchy" {
	UNDER=(unshare --mount bash -c "umount $CGROUPS && mount -t tmpfs none $CGROUPS &&
		mkdir $CGROUPS/unified && mount -t cgroup2 none $CGROUPS/unified && exec \"\$@\"" bash)
	mkdir "$CGROUPS/snooped"
	start_bpflock BPFLOCK_EXEC_SNOOP=filter BPFLOCK_EXECSNOOP_CGROUPS=/snooped,/later.slice
	is_named_missing /sys/fs/cgroup/unified/later.slice
	is_logged_in snooped
	mkdir "$CGROUPS/later.slice"
	eventually is_logged_in later.slice
}

@test "without cgroup v2 execsnoop is left out with the remedy, and the lock is in force" {
	UNDER=(unshare --mount bash -c "umount $CGROUPS && exec \"\$@\"" bash)
	start_bpflock BPFLOCK_EXEC_SNOOP=filter BPFLOCK_EXECSNOOP_CGROUPS=/snooped BPFLOCK_KIMGLOCK_PROFILE=restricted
	expect_log 'level=error msg="event=config_error .*error=.*\[execsnoop\] cgroups: no cgroup v2 hierarchy is mounted.* remedy=.*mount -t cgroup2 none /sys/fs/cgroup'
	denied restricted /dev/mem
	[ "$(grep -c 'event=plugin_running .*bpfprog=execsnoop' "$LOG")" -eq 0 ]
}

@test "where no more watches are to be had, execsnoop is left out with the limit, and the lock is in force" {
	local before
	before=$(</proc/sys/fs/inotify/max_user_watches)
	echo 0 >/proc/sys/fs/inotify/max_user_watches
	start_bpflock BPFLOCK_EXEC_SNOOP=filter BPFLOCK_EXECSNOOP_CGROUPS=/snooped BPFLOCK_KIMGLOCK_PROFILE=restricted
	echo "$before" >/proc/sys/fs/inotify/max_user_watches
	expect_log 'level=warning msg="event=cgroups_failed warning=.*cannot be watched, or one cannot be added: No space left on device.* remedy=.*raise the sysctl fs.inotify.max_user_watches.*" bpfprog=execsnoop'
	denied restricted /dev/mem
	[ "$(grep -c 'event=plugin_running .*bpfprog=execsnoop' "$LOG")" -eq 0 ]
}

@test "trace = filter without a list is refused" {
	run try_bpflock BPFLOCK_EXEC_SNOOP=filter BPFLOCK_EXECSNOOP_REQUIRED=yes
	[ "$status" -eq 2 ]
	[[ $output == *"execsnoop: trace = filter needs at least one of uids, comms and cgroups"* ]]
	[ ! -e "$PINS" ]
}

@test "what a full ring has no room for is counted and reported" {
	# Filtered, so that only the storm is counted.
	start_bpflock BPFLOCK_EXEC_SNOOP=filter BPFLOCK_EXECSNOOP_UIDS=1000 BPFLOCK_RING_SIZE=4K
	kill -STOP "$DAEMON"
	as_user "$WORK/exec_ways" storm:200 "$WORK/target"
	kill -CONT "$DAEMON"
	# The daemon checks for losses every 10 seconds.
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
