#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The main job: what an operator sees of kimglock and execsnoop, through real programs.

load ../lib/daemon.bash

setup_file() {
	install_bpflock
}

teardown() {
	clean_up_bpflock
}

PROGRAMS=$BPFLOCK_BUILD/tests/programs
TIME='time="[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"'
DENIED="head: cannot open '/dev/mem' for reading: Operation not permitted"

# Files that root may read.
TRACEFS=/sys/kernel/tracing/current_tracer
DEBUGFS=/sys/kernel/debug/fault_around_bytes

# Starts the daemon with this environment, without a file: start [NAME=VALUE...]
start() {
	start_bpflock "$@" -- -c /dev/null
}

@test "A: privileged allows, and logs the execution before the access, as one process" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all BPFLOCK_KIMGLOCK_PROFILE=allow
	[ "$(head -c "$BYTES" /dev/mem | wc -c)" -eq "$BYTES" ]

	access=$(await_log 'operation=/dev/mem,kmem,port')
	ids='tgid=([0-9]+) pid=\1 ppid=[0-9]+ uid=0 cgroupid=[0-9]+ comm=head pcomm=[^ ]+'
	[[ $(grep -cE "^$TIME level=info msg=\"event=lsm_locked_down operation=/dev/mem,kmem,port $ids retval=0 reason=allow \(privileged\)\" bpfprog=kimglock subsys=bpf\$" <<<"$access") -eq 1 ]]
	exec=$(log_lines 'comm=head .*filename=/usr/bin/head')
	[[ $(grep -cE "^$TIME level=info msg=\"event=syscall_execve $ids filename=/usr/bin/head retval=0\" bpfprog=execsnoop subsys=bpf\$" <<<"$exec") -eq 1 ]]

	common='tgid=[0-9]+ pid=[0-9]+ ppid=[0-9]+ uid=0 cgroupid=[0-9]+ comm=head pcomm=[^ ]+'
	[ "$(grep -oE "$common" <<<"$exec")" = "$(grep -oE "$common" <<<"$access")" ]
	[ "$(log_lines 'comm=head' | head -n 1)" = "$exec" ]
}

@test "A: ids are those of the initial namespaces, and of the process" {
	start BPFLOCK_KIMGLOCK_PROFILE=privileged
	# Process 1 of its pid namespace, with another number in the host's /proc
	ids=$(unshare -f -p bash -c '
		read -r pid _ _ ppid _ </proc/self/stat
		echo "tgid=$pid pid=$pid ppid=$ppid" && : </dev/mem')
	decision /dev/mem,kmem,port allow privileged bash |
		grep " $ids uid=0 cgroupid=$(stat -c %i /sys/fs/cgroup) comm=bash pcomm=unshare "
	[[ $ids != *tgid=1\ * ]]
}

@test "A: privileged, allow and none are one profile" {
	for profile in privileged allow none; do
		start BPFLOCK_KIMGLOCK_PROFILE="$profile"
		allowed privileged /dev/mem unshare -f -p -n
		stop_bpflock
	done
}

@test "B: baseline denies in new pid and network namespaces" {
	start_bpflock BPFLOCK_KIMGLOCK_PROFILE=baseline
	run unshare -f -p -n bash -c 'head -c 1 /dev/mem; true'
	[ "$output" = "$DENIED" ]
	await_log 'operation=/dev/mem,kmem,port .*comm=head pcomm=bash retval=-1 reason=denied \(baseline\)" bpfprog=kimglock subsys=bpf$'
}

@test "B: baseline denies in a new pid namespace alone, and in a new network namespace alone" {
	start BPFLOCK_KIMGLOCK_PROFILE=baseline
	denied baseline /dev/mem unshare -f -p
	denied baseline /dev/mem unshare -n
}

@test "B: baseline asks where a process is, not where its children would be" {
	start BPFLOCK_KIMGLOCK_PROFILE=baseline
	allowed baseline /dev/mem unshare -p
	denied baseline /dev/mem unshare -f -p
	denied baseline /dev/mem unshare -f -p unshare -f -p
}

@test "B: baseline allows on the host" {
	start BPFLOCK_KIMGLOCK_PROFILE=baseline
	allowed baseline /dev/mem
}

@test "B: baseline allows where nothing but the user, mount, ipc, uts or cgroup namespace is new" {
	start BPFLOCK_KIMGLOCK_PROFILE=baseline
	allowed baseline /dev/mem unshare -m -i -u -C
	# In a user namespace nobody may open /dev/mem anyway, but debugfs files of root can be opened
	allowed baseline "$DEBUGFS" unshare -U
	allowed baseline "$DEBUGFS" unshare -r
	denied baseline "$DEBUGFS" unshare -r -n
}

@test "C: restricted denies on the host as well as in a container" {
	start BPFLOCK_KIMGLOCK_PROFILE=restricted
	denied restricted /dev/mem
	denied restricted /dev/mem unshare -f -p -n
}

@test "D: privileged with block denies that operation, and no other" {
	start BPFLOCK_KIMGLOCK_PROFILE=privileged BPFLOCK_KIMGLOCK_BLOCK=dev_mem
	denied block /dev/mem
	allowed privileged "$DEBUGFS"
	[[ $(uname -m) == x86_64 ]] || return 0 # arm64 has no I/O ports
	forget_log
	"$PROGRAMS/ioperm"
	decision 'raw io port access' allow privileged ioperm
}

@test "restricted denies ioperm()" {
	[[ $(uname -m) == x86_64 ]] || skip "arm64 has no I/O ports"
	start BPFLOCK_KIMGLOCK_PROFILE=restricted
	run "$PROGRAMS/ioperm"
	[ "$status" -eq 1 ] # EPERM
	decision 'raw io port access' denied restricted ioperm
}

@test "allow is stronger than restricted" {
	start BPFLOCK_KIMGLOCK_PROFILE=restricted BPFLOCK_KIMGLOCK_ALLOW=dev_mem
	allowed allow /dev/mem
	allowed allow /dev/mem unshare -f -p -n
	denied restricted "$DEBUGFS"
}

@test "a group in block holds its operations, of both levels, and no other" {
	start BPFLOCK_KIMGLOCK_PROFILE=privileged BPFLOCK_KIMGLOCK_BLOCK=@memory
	denied block /dev/mem
	denied block /proc/kcore
	allowed privileged "$DEBUGFS"
}

@test "a name is stronger than a group, in both directions" {
	start BPFLOCK_KIMGLOCK_PROFILE=privileged BPFLOCK_KIMGLOCK_BLOCK=@memory BPFLOCK_KIMGLOCK_ALLOW=dev_mem
	allowed allow /dev/mem
	denied block /proc/kcore
	stop_bpflock
	start BPFLOCK_KIMGLOCK_PROFILE=restricted BPFLOCK_KIMGLOCK_BLOCK=dev_mem BPFLOCK_KIMGLOCK_ALLOW=@all
	denied block /dev/mem
	allowed allow "$DEBUGFS"
}

@test "level = integrity, the default, leaves confidentiality operations alone" {
	start BPFLOCK_KIMGLOCK_PROFILE=restricted
	allowed level /proc/kcore
	allowed level "$TRACEFS"
	allowed level /proc/kcore unshare -f -p -n
	denied restricted /dev/mem
}

@test "level = confidentiality puts them under the profile" {
	start BPFLOCK_KIMGLOCK_PROFILE=restricted BPFLOCK_KIMGLOCK_LEVEL=confidentiality
	denied restricted /proc/kcore
	denied restricted "$TRACEFS"
	denied restricted /dev/mem
	stop_bpflock
	start BPFLOCK_KIMGLOCK_PROFILE=baseline BPFLOCK_KIMGLOCK_LEVEL=confidentiality
	allowed baseline /proc/kcore
	denied baseline /proc/kcore unshare -n
}

@test "block knows no level" {
	start BPFLOCK_KIMGLOCK_PROFILE=privileged BPFLOCK_KIMGLOCK_LEVEL=integrity BPFLOCK_KIMGLOCK_BLOCK=kcore
	denied block /proc/kcore
	allowed level "$TRACEFS"
}

@test "log = denied leaves allowed decisions out of the log, and enforces the same" {
	PARTIAL=yes
	start BPFLOCK_KIMGLOCK_PROFILE=baseline BPFLOCK_KIMGLOCK_LOG=denied
	head -c "$BYTES" /dev/mem >/dev/null
	denied baseline /dev/mem unshare -n
	head -c "$BYTES" /dev/mem >/dev/null
	denied baseline /dev/mem unshare -f -p
	stop_bpflock
	[ -z "$(log_lines 'reason=allow')" ]
}

@test "a daemon with a network namespace of its own enters the host's, and baseline is as ever" {
	GUARDED=yes
	UNDER=(unshare -n)
	start BPFLOCK_KIMGLOCK_PROFILE=baseline
	[ "$(readlink "/proc/$DAEMON/ns/net")" = "$(readlink /proc/1/ns/net)" ]
	[ -z "$(log_lines '(level=|bpflock: )(warning|error)')" ]
	allowed baseline /dev/mem
	denied baseline /dev/mem unshare -n
	denied baseline /dev/mem unshare -f -p
}

@test "so does one in a container with the host's pid namespace, and mount and network namespaces of its own" {
	UNDER=(unshare -n -m)
	start BPFLOCK_EXEC_SNOOP=all BPFLOCK_KIMGLOCK_PROFILE=baseline
	allowed baseline /dev/mem
	expect_log 'event=syscall_execve .* filename=/usr/bin/head retval=0'
	allowed baseline /dev/mem nsenter -t "$DAEMON" -a
	denied baseline /dev/mem unshare -n
	denied baseline /dev/mem unshare -f -p
}

@test "G: kimglock alone logs decisions and no executions" {
	start BPFLOCK_KIMGLOCK_PROFILE=baseline
	allowed baseline /dev/mem
	denied baseline /dev/mem unshare -n
	stop_bpflock
	[ -z "$(log_lines 'execsnoop|event=syscall_execve')" ]
}

@test "G: execsnoop alone logs executions, decides nothing, and pins no link" {
	start BPFLOCK_EXEC_SNOOP=all
	[ "$(head -c "$BYTES" /dev/mem | wc -c)" -eq "$BYTES" ]
	unshare -f -p -n head -c "$BYTES" /dev/mem >/dev/null
	await_log 'comm=head pcomm=unshare filename=/usr/bin/head retval=0" bpfprog=execsnoop subsys=bpf$'
	[ -z "$(find "$PINS" -name 'link*')" ]
	stop_bpflock
	[ -z "$(log_lines 'kimglock|event=lsm_locked_down')" ]
}

@test "G: both log into one stream, in the order in which things happened" {
	start BPFLOCK_EXEC_SNOOP=all BPFLOCK_KIMGLOCK_PROFILE=restricted BPFLOCK_KIMGLOCK_EVENT_WINDOW=0
	for _ in 1 2 3; do head -c 1 /dev/mem 2>/dev/null || true; done
	stop_bpflock
	[ "$(log_lines 'comm=head' | grep -oE 'event=[a-z_]+' | xargs)" = "$(
		for _ in 1 2 3; do echo event=syscall_execve event=lsm_locked_down; done | xargs
	)" ]
}
