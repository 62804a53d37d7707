#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Start, stop, crash, takeover, reload, second instance: what stays in force, what is left, and what is logged.

load ../lib/enforcement.bash

DEV_MEM=/dev/mem,kmem,port

setup_file() {
	install_programs
}

teardown() {
	end_all KILL hammer
	clean_up_bpflock
}

# Starts the daemon with this environment, without a file: start [NAME=VALUE...]
start() {
	start_bpflock "$@" -- -c /dev/null
}

# Starts the daemon with a file of these lines.
start_with() {
	configure "$@"
	start_bpflock -- -c "$CONF"
}

configure() {
	printf '%s\n' "$@" >"$CONF"
}

# reload_with EVENT LINE...: reloads a file of these lines, and waits for the event.
reload_with() {
	configure "${@:2}"
	forget_log
	kill -HUP "$DAEMON"
	await_log "event=$1"
}

# The daemon's exit status after a signal.
status_after() {
	kill "-$1" "$DAEMON"
	wait "$DAEMON_JOB"
}

# Each has one link.
KIMGLOCK_PROGRAMS=6

generations() {
	find "$PINS/v1/plugins/kimglock" -mindepth 1 -maxdepth 1 -name 'g[0-9]*' -printf '%f\n' | xargs
}

# ---- stopping

@test "SIGTERM and SIGINT end it with status 0, and leave nothing attached and nothing pinned" {
	for signal in TERM INT; do
		start BPFLOCK_KIMGLOCK_PROFILE=restricted BPFLOCK_EXEC_SNOOP=all
		is_denied
		status_after "$signal"
		await_log 'event=stopped on_exit=unload" subsys=bpflock$'
		nothing_is_left
		eventually is_open
	done
}

@test "on_exit = keep goes on enforcing without a daemon, and the next start takes over" {
	for signal in TERM INT; do
		start BPFLOCK_KIMGLOCK_PROFILE=restricted BPFLOCK_EXEC_SNOOP=all BPFLOCK_ON_EXIT=keep
		status_after "$signal"
		await_log 'event=stopped on_exit=keep" subsys=bpflock$'
		! pgrep -x bpflock || false
		[ "$(links | jq length)" -eq "$KIMGLOCK_PROGRAMS" ] # not the observer's
		is_denied
	done

	start BPFLOCK_KIMGLOCK_PROFILE=restricted
	[ "$(generations)" = g3 ]
	denied restricted /dev/mem
	status_after TERM
	nothing_is_left
}

# ---- crash and takeover

@test "kill -9 ends the daemon and not enforcement" {
	start BPFLOCK_KIMGLOCK_PROFILE=restricted
	kill_bpflock
	is_denied
	[ "$(links | jq length)" -eq "$KIMGLOCK_PROGRAMS" ]
}

@test "two starts after kill -9 leave no moment without enforcement, and one generation" {
	start BPFLOCK_KIMGLOCK_PROFILE=restricted
	start_hammer
	for cycle in 1 2; do
		kill_bpflock
		is_denied
		start BPFLOCK_KIMGLOCK_PROFILE=restricted
		[ "$(generations)" = "g$((cycle + 1))" ]
		[ "$(links | jq length)" -eq "$KIMGLOCK_PROGRAMS" ]
	done
	nothing_opened
}

@test "on_exit = keep and a start leave no moment without enforcement either" {
	start BPFLOCK_KIMGLOCK_PROFILE=restricted BPFLOCK_ON_EXIT=keep
	start_hammer
	status_after TERM
	start BPFLOCK_KIMGLOCK_PROFILE=restricted
	nothing_opened
}

@test "after each takeover every decision is logged once" {
	start BPFLOCK_KIMGLOCK_PROFILE=restricted
	for _ in 1 2; do
		kill_bpflock
		start BPFLOCK_KIMGLOCK_PROFILE=baseline BPFLOCK_KIMGLOCK_EVENT_WINDOW=0
		forget_log
		[ "$("$PROGRAMS/hammer" /dev/mem 50)" = '50 attempts, 50 opened' ]
		[ "$(unshare -n "$PROGRAMS/hammer" /dev/mem 50)" = '50 attempts, 0 opened' ]
		denied baseline /dev/mem unshare -f -p
	done
	kill_bpflock
	start BPFLOCK_KIMGLOCK_PROFILE=baseline BPFLOCK_KIMGLOCK_EVENT_WINDOW=0
	forget_log
	"$PROGRAMS/hammer" /dev/mem 50
	unshare -n "$PROGRAMS/hammer" /dev/mem 50
	await_log "comm=hammer pcomm=[^ ]+ retval=-1 reason=denied"
	status_after TERM
	[ "$(log_lines 'comm=hammer .*reason=allow \(baseline\)' | wc -l)" -eq 50 ]
	[ "$(log_lines 'comm=hammer .*reason=denied \(baseline\)' | wc -l)" -eq 50 ]
}

@test "a start after a crash may have another profile, which is in force at once" {
	start BPFLOCK_KIMGLOCK_PROFILE=restricted
	kill_bpflock
	start BPFLOCK_KIMGLOCK_PROFILE=privileged
	allowed privileged /dev/mem
}

@test "a start without the plugin takes what it left away" {
	start BPFLOCK_KIMGLOCK_PROFILE=restricted
	kill_bpflock
	start BPFLOCK_EXEC_SNOOP=all
	eventually is_open
	status_after TERM
	nothing_is_left
}

@test "a daemon under restricted and confidentiality, killed, does not lock its successor out" {
	GUARDED=yes
	start BPFLOCK_KIMGLOCK_PROFILE=restricted BPFLOCK_KIMGLOCK_LEVEL=confidentiality BPFLOCK_EXEC_SNOOP=all
	kill_bpflock
	start BPFLOCK_KIMGLOCK_PROFILE=restricted BPFLOCK_KIMGLOCK_LEVEL=confidentiality BPFLOCK_EXEC_SNOOP=all
	[ -z "$(log_lines 'level=(warning|error)' | grep -v 'event=gap ')" ]
	denied restricted /dev/mem
	await_log 'comm=head .*filename=/usr/bin/head retval=0'
}

# ---- reload

@test "SIGHUP puts another profile in force without detaching anything" {
	start_with '[kimglock]' 'enabled = yes' 'profile = privileged'
	allowed privileged /dev/mem
	before=$(pinned)
	reload_with reloaded '[kimglock]' 'enabled = yes' 'profile = restricted' 'allow = ioport'
	denied restricted /dev/mem
	"$PROGRAMS/ioperm"
	[ "$(pinned)" = "$before" ]
	reload_with reloaded '[kimglock]' 'enabled = yes' 'profile = privileged'
	allowed privileged /dev/mem
	[ "$(pinned)" = "$before" ]
}

@test "SIGHUP with a bad file keeps the old configuration, and names each error with file and line" {
	start_with '[kimglock]' 'enabled = yes' 'profile = restricted'
	before=$(pinned)
	reload_with reload_refused '[kimglock]' 'enabled = yes' 'profile = privilegd' 'colour = red'
	expect_log "level=error msg=\"event=config_error source=$CONF:3 error=.*privilegd.*privileged.*\" bpfprog=kimglock subsys=bpflock\$"
	expect_log "level=error msg=\"event=config_error source=$CONF:4 error=.*colour.*\" bpfprog=kimglock subsys=bpflock\$"
	[ -z "$(log_lines 'event=reloaded')" ]
	denied restricted /dev/mem
	[ "$(pinned)" = "$before" ]
	reload_with reloaded '[kimglock]' 'enabled = yes' 'profile = privileged'
	allowed privileged /dev/mem
}

@test "SIGHUP with a file that is gone keeps the old configuration" {
	start_with '[kimglock]' 'enabled = yes' 'profile = restricted'
	forget_log
	rm "$CONF"
	kill -HUP "$DAEMON"
	await_log event=reload_refused
	expect_log "level=error .*source=$CONF error=.*No such file"
	denied restricted /dev/mem
}

# More than once: a kernel that preempts the program of one execution skips it for another.
executes_and_is_told() {
	is_open && log_lines 'comm=head .*filename=/usr/bin/head retval=0' >/dev/null
}

@test "SIGHUP enables and disables plugins" {
	start_with '[kimglock]' 'enabled = yes' 'profile = restricted'
	reload_with reloaded '[kimglock]' 'enabled = yes' 'profile = restricted' '[execsnoop]' 'enabled = yes'
	denied restricted /dev/mem
	await_log 'comm=head .*filename=/usr/bin/head retval=0'
	reload_with reloaded '[execsnoop]' 'enabled = yes'
	eventually is_open
	[ ! -e "$PINS/v1/plugins/kimglock" ]
	eventually executes_and_is_told
	reload_with reloaded '[kimglock]' 'enabled = yes' 'profile = restricted'
	denied restricted /dev/mem
	[ "$(links | jq length)" -eq "$KIMGLOCK_PROGRAMS" ]
	[ -z "$(log_lines 'event=syscall_execve')" ]
	status_after TERM
	nothing_is_left
}

@test "SIGHUP gives execsnoop another option by a new object, and leaves kimglock's links alone" {
	start_with '[kimglock]' 'enabled = yes' 'profile = restricted' '[execsnoop]' 'enabled = yes'
	kimglock=$(bpftool -j link | jq -c 'map(select(.prog_type == "lsm").id)')
	head -c 1 /dev/mem 2>/dev/null || true
	await_log 'comm=head .*filename=/usr/bin/head retval=0'
	[ -z "$(log_lines ' args=')" ]
	reload_with reloaded '[kimglock]' 'enabled = yes' 'profile = restricted' '[execsnoop]' 'enabled = yes' 'args = yes'
	[ "$(bpftool -j link | jq -c 'map(select(.prog_type == "lsm").id)')" = "$kimglock" ]
	forget_log
	head -c 1 /dev/mem 2>/dev/null || true
	await_log 'comm=head .*filename=/usr/bin/head args=\\"head -c 1 /dev/mem\\" retval=0'
	decision "$DEV_MEM" denied restricted head
	# Each of the two once
	[ "$(log_lines ' comm=head pcomm=' | wc -l)" -eq 2 ]
}

@test "SIGHUP while operations are asked for all the time leaves no gap" {
	start_with '[kimglock]' 'enabled = yes' 'profile = restricted'
	start_hammer
	for log in denied all denied all; do
		reload_with reloaded '[kimglock]' 'enabled = yes' 'profile = restricted' "log = $log" 'block = kexec'
	done
	stop_hammer
	grep -E '^[0-9]{2,} attempts, 0 opened$' /tmp/hammered
}

# ---- a second instance

@test "a second instance ends with status 75, names the first, and changes nothing" {
	start BPFLOCK_KIMGLOCK_PROFILE=restricted
	before=$(pinned)
	refused 75 "process $DAEMON" BPFLOCK_KIMGLOCK_PROFILE=privileged BPFLOCK_EXEC_SNOOP=all -- -c /dev/null
	[ "$(pinned)" = "$before" ]
	denied restricted /dev/mem
	status_after TERM
	nothing_is_left
}

@test "a second instance whose log is a file says on stderr why it ends" {
	start BPFLOCK_KIMGLOCK_PROFILE=restricted
	run try_bpflock BPFLOCK_LOG_OUTPUT=file:/tmp/second.log -- -c /dev/null
	[ "$status" -eq 75 ]
	[[ $output == *" level=error msg=\"event=pins_failed "*"process $DAEMON"* ]]
	[ "$(grep -c 'event=pins_failed' /tmp/second.log)" -eq 1 ]
	run try_bpflock "BPFLOCK_LOG_OUTPUT=stderr, file:/tmp/second.log" -- -c /dev/null
	[ "$status" -eq 75 ]
	[ "$(grep -c 'event=pins_failed' <<<"$output")" -eq 1 ]
}

@test "somebody else's lock on the pins is no other daemon: status 1, and it is named" {
	mkdir -p "$PINS"
	chmod 700 "$PINS"
	flock "$PINS" sleep 60 3>&- &
	holder=$!
	eventually grep -q "FLOCK .*$holder" /proc/locks
	refused 1 "process $holder has locked it, which is no bpflock" BPFLOCK_EXEC_SNOOP=all -- -c /dev/null
	kill "$holder"
	pkill -x sleep
}

@test "a second instance in another container ends with status 75 too, and changes nothing" {
	start BPFLOCK_KIMGLOCK_PROFILE=restricted
	before=$(pinned)
	UNDER=(unshare -m -n)
	refused 75 "process $DAEMON" BPFLOCK_KIMGLOCK_PROFILE=privileged -- -c /dev/null
	UNDER=(unshare -m -n -p -f --mount-proc)
	refused 77 --pid=host BPFLOCK_KIMGLOCK_PROFILE=privileged -- -c /dev/null
	refused 75 'in another pid namespace' BPFLOCK_EXEC_SNOOP=all -- -c /dev/null
	[ "$(pinned)" = "$before" ]
	denied restricted /dev/mem
}

@test "commands that only look work beside a running daemon" {
	start BPFLOCK_KIMGLOCK_PROFILE=restricted BPFLOCK_KIMGLOCK_LEVEL=confidentiality
	before=$(pinned)
	for command in --check-config --dump-config --list-plugins; do
		try_bpflock -- -c /dev/null "$command"
	done
	[ "$(pinned)" = "$before" ]
}

# ---- namespaces

@test "in a pid namespace of its own no enforcer starts, nor comes by SIGHUP; an observer does" {
	UNDER=(unshare -m -n -p -f --mount-proc)
	refused 77 --pid=host BPFLOCK_KIMGLOCK_PROFILE=restricted BPFLOCK_EXEC_SNOOP=all -- -c /dev/null
	refused 77 --pid=host BPFLOCK_KIMGLOCK_PROFILE=privileged BPFLOCK_KIMGLOCK_REQUIRED=no -- -c /dev/null
	nothing_is_left
	start_with '[execsnoop]' 'enabled = yes'
	is_open
	await_log 'comm=head .*filename=/usr/bin/head retval=0'
	reload_with reload_refused '[kimglock]' 'enabled = yes' 'profile = restricted' '[execsnoop]' 'enabled = yes'
	expect_log 'level=error msg="event=namespace_refused .*--pid=host.*" bpfprog=kimglock subsys=bpflock$'
	is_open
	stop_bpflock
	nothing_is_left
}

@test "with the host's pid namespace and a network namespace of its own it is taken over after kill -9, and reloads" {
	UNDER=(unshare -m -n)
	start_with '[kimglock]' 'enabled = yes' 'profile = restricted'
	kill_bpflock
	is_denied
	start_bpflock -- -c "$CONF"
	[ "$(readlink "/proc/$DAEMON/ns/net")" = "$(readlink /proc/1/ns/net)" ]
	[ "$(generations)" = g2 ]
	denied restricted /dev/mem
	reload_with reloaded '[kimglock]' 'enabled = yes' 'profile = baseline'
	allowed baseline /dev/mem
	denied baseline /dev/mem unshare -n
	stop_bpflock
	nothing_is_left
}

# traced FILE: later daemons start in another network namespace, and these system calls are written to FILE.
traced() {
	UNDER=(unshare -n strace -o "$1" -e 'trace=bpf,setns')
}

@test "a daemon, and --unload, enter the host's network namespace before their first bpf(2)" {
	traced /tmp/started
	start BPFLOCK_KIMGLOCK_PROFILE=restricted BPFLOCK_ON_EXIT=keep
	stop_bpflock
	traced /tmp/unloaded
	run_bpflock -- --unload
	nothing_is_left
	for trace in /tmp/started /tmp/unloaded; do
		head -n 1 "$trace" | grep -E '^setns\(.*, CLONE_NEWNET\) += 0$' || { head -n 3 "$trace" && return 1; }
		grep -c '^bpf(' "$trace"
	done
}

# ---- what somebody else has pinned

@test "somebody else's directory in our place is refused, and stays as it is" {
	for make in 'chown nobody' 'chmod 0777'; do
		mkdir -m 0700 "$PINS"
		$make "$PINS"
		before=$(pinned)
		refused 1 "source=$PINS error=\\\"is not a directory of ours" BPFLOCK_KIMGLOCK_PROFILE=restricted -- -c /dev/null
		[ "$(pinned)" = "$before" ]
		is_open
		rmdir "$PINS"
	done
}

@test "somebody else's directory inside ours is refused as well" {
	mkdir -m 0700 "$PINS"
	mkdir -m 0755 "$PINS/v1"
	refused 1 "source=$PINS/v1 error=\\\"is not a directory of ours" BPFLOCK_KIMGLOCK_PROFILE=restricted -- -c /dev/null
	is_open
}

@test "a foreign map in the place of one of ours is refused by its path, and stays" {
	local name kind
	# The last two maps have only one difference to bpflock's: the number of entries, and the flags.
	while read -r name kind; do
		mkdir -m 0700 "$PINS" "$PINS/v1"
		# shellcheck disable=SC2086 # several words
		bpftool map create "$PINS/v1/$name" $kind name foreign
		before=$(pinned)
		refused 1 "source=$PINS/v1/$name error=\\\"is not what this version" BPFLOCK_KIMGLOCK_PROFILE=restricted -- -c /dev/null
		[ "$(pinned)" = "$before" ]
		rm -r "$PINS"
	done <<-END
		ring type array key 4 value 8 entries 1
		daemon type array key 4 value 8 entries 1
		protected type hash key 8 value 1 entries 2 flags 1
		protected type hash key 8 value 1 entries 16384 flags 0
	END
}

# ---- what the kernel or the machine lacks

# Bind-mounts a file over a file of the kernel, for the daemon only.
under_a_file() {
	UNDER=(unshare -m bash -c 'mount --bind "$0" "$1" && shift && exec "$@"' "$1" "$2")
}

@test "bpf missing among the LSMs ends with 69, names the whole lsm= to boot with, and leaves no pins" {
	echo -n lockdown,capability,yama,apparmor >/tmp/lsm
	under_a_file /tmp/lsm /sys/kernel/security/lsm
	refused 69 'lsm=lockdown,capability,yama,apparmor,bpf' BPFLOCK_KIMGLOCK_PROFILE=restricted -- -c /dev/null
	nothing_is_left
}

@test "without bpf among the LSMs an enforcer that is not required is left out, with an error" {
	echo -n lockdown,capability >/tmp/lsm
	under_a_file /tmp/lsm /sys/kernel/security/lsm
	start BPFLOCK_KIMGLOCK_PROFILE=restricted BPFLOCK_KIMGLOCK_REQUIRED=no BPFLOCK_EXEC_SNOOP=all
	await_log 'level=error msg="event=plugin_failed .*lsm=lockdown,capability,bpf.*" bpfprog=kimglock subsys=bpflock$'
	is_open
	await_log 'comm=head .*filename=/usr/bin/head retval=0'
}

@test "a start that fails leaves what a killed daemon has pinned exactly as it was, and in force" {
	start BPFLOCK_KIMGLOCK_PROFILE=restricted
	kill_bpflock
	before=$(pinned)
	echo -n lockdown >/tmp/lsm
	under_a_file /tmp/lsm /sys/kernel/security/lsm
	refused 69 'lsm=lockdown,bpf' BPFLOCK_KIMGLOCK_PROFILE=privileged BPFLOCK_EXEC_SNOOP=all -- -c /dev/null
	[ "$(pinned)" = "$before" ]
	UNDER=()
	refused 2 'privilegd' BPFLOCK_KIMGLOCK_PROFILE=privilegd -- -c /dev/null
	[ "$(pinned)" = "$before" ]
	is_denied
}

@test "an error in the section of an observer leaves it out, and the enforcer starts; a reload of it is refused" {
	start_with '[kimglock]' 'profile = restricted' '[execsnoop]' 'cgroups = nowhere'
	expect_log "level=error msg=\"event=config_error source=$CONF:4 error=\\\\\"\[execsnoop\] cgroups: 'nowhere' is not the path"
	expect_log 'event=plugin_failed .*it is left out: its configuration has errors'
	is_denied
	forget_log
	kill -HUP "$DAEMON"
	await_log event=reload_refused
	is_denied
}

@test "an enforcer that is left out for its configuration stays in force as a killed daemon has pinned it" {
	start_with '[kimglock]' 'profile = restricted'
	kill_bpflock
	start_with '[kimglock]' 'required = no' 'profile = restricted' 'block = nothing' '[execsnoop]' 'trace = all'
	expect_log 'event=plugin_failed .*it is left out: its configuration has errors'
	is_denied
	UNACCOUNTED='the counts of a plugin that is left out are told by the daemon that runs it again'
}

@test "a stop and --unload that cannot remove the pins say that they are still in force, and fail" {
	start_with '[kimglock]' 'profile = restricted' '[selfguard]' 'enabled = no'
	mount -o remount,ro /sys/fs/bpf
	ended=0
	status_after TERM || ended=$?
	mount -o remount,rw /sys/fs/bpf
	[ "$ended" -eq 1 ]
	expect_log 'level=error msg="event=pins_failed source=/sys/fs/bpf/bpflock/v1 error=.*cannot be removed: Read-only file system: what is pinned there is still in force.* remedy=.*mount -o remount,rw /sys/fs/bpf, and run bpflock --unload'
	is_denied
	mount -o remount,ro /sys/fs/bpf
	run run_bpflock -- --unload
	mount -o remount,rw /sys/fs/bpf
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *'kimglock: cannot be removed: Read-only file system'*'still in force'* ]]
	[[ $output != *'Removed: kimglock'* ]]
	is_denied
	run run_bpflock -- --unload
	[ "$status" -eq 0 ]
	[[ $output == *'Removed: kimglock'* ]]
	eventually is_open # the kernel detaches a program a moment after the last pin of its link has gone
	UNACCOUNTED='what was unloaded is told by nobody'
	BADLY='its pins could not be removed'
}

@test "bpf(2) that is refused ends with 77, and names the container's flags, not a guard" {
	UNDER=(unshare --user --map-root-user)
	refused 77 'run it as root of the initial user namespace' BPFLOCK_KIMGLOCK_PROFILE=restricted -- -c /dev/null
	[[ $output == *'the system call bpf(2) is refused to this process: Operation not permitted'* ]]
	[[ $output != *'guarded'* ]]
	nothing_is_left
}

@test "no bpffs ends with 69 and says how to mount it" {
	UNDER=(unshare -m bash -c 'umount /sys/fs/bpf && exec "$@"' bash)
	refused 69 'mount -t bpf bpf /sys/fs/bpf' BPFLOCK_KIMGLOCK_PROFILE=restricted -- -c /dev/null
	nothing_is_left
}

@test "no BTF ends with 69 and says what the kernel needs" {
	under_a_file /dev/null /sys/kernel/btf/vmlinux
	refused 69 'CONFIG_DEBUG_INFO_BTF' BPFLOCK_KIMGLOCK_PROFILE=restricted -- -c /dev/null
	nothing_is_left
}

@test "somebody who is not root gets 77 and is told what it takes" {
	UNDER=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	refused 77 'CAP_BPF and CAP_PERFMON' BPFLOCK_KIMGLOCK_PROFILE=restricted -- -c /dev/null
	UNDER=(setpriv "--bounding-set=-bpf,-sys_admin")
	refused 77 'CAP_BPF and CAP_PERFMON' BPFLOCK_KIMGLOCK_PROFILE=restricted -- -c /dev/null
	nothing_is_left
}

@test "CAP_BPF and CAP_PERFMON are enough to start, enforce, reload and stop" {
	UNDER=(setpriv "--bounding-set=-all,+bpf,+perfmon")
	start_with '[kimglock]' 'enabled = yes' 'profile = restricted' '[execsnoop]' 'enabled = yes'
	denied restricted /dev/mem
	await_log 'comm=head .*filename=/usr/bin/head retval=0'
	reload_with reloaded '[kimglock]' 'enabled = yes' 'profile = privileged' '[execsnoop]' 'enabled = yes' 'args = yes'
	allowed privileged /dev/mem
	reload_with reloaded '[kimglock]' 'enabled = yes' 'profile = baseline'
	allowed baseline /dev/mem
	denied baseline /dev/mem contained
	status_after TERM
	nothing_is_left
}
