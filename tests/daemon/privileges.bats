#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The capabilities and descriptors of a running daemon.

load ../lib/policy.bash

setup_file() {
	install_programs
}

teardown() {
	clean_up_bpflock
	rm -rf "$CONF" /tmp/log /tmp/of_another
}

# Sets of capabilities, in the kernel's form.
CAP_BPF_AND_PERFMON=000000c000000000
NONE=0000000000000000

# The line of /proc/PID/status: status_of FIELD
status_of() {
	awk -v field="$1:" '$1 == field { print $2 }' "/proc/$DAEMON/status"
}

has_dropped() {
	[ "$(status_of CapEff)" = "$CAP_BPF_AND_PERFMON" ]
	[ "$(status_of CapPrm)" = "$CAP_BPF_AND_PERFMON" ]
	[ "$(status_of CapBnd)" = "$CAP_BPF_AND_PERFMON" ]
	[ "$(status_of CapInh)" = "$NONE" ]
	[ "$(status_of CapAmb)" = "$NONE" ]
	[ "$(status_of NoNewPrivs)" = 1 ]
}

# The inodes of the daemon's sockets.
socket_inodes() {
	find "/proc/$DAEMON/fd" -lname 'socket:*' -printf '%l\n' | tr -dc '0-9\n' | sort -u
}

# Takes a line for kimglock, and a line for execsnoop. Without the second execsnoop is disabled.
configure_both() {
	configure "$1" '[bpflock]' 'log_output = stderr, file:/tmp/log/bpflock.log' ${2:+'[execsnoop]' 'enabled = yes' "$2"}
}

reload() {
	configure_both "$@"
	forget_log
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
}

@test "once it has started, CAP_BPF and CAP_PERFMON are left in every set, and no_new_privs is set" {
	GUARDED=yes
	start_with 'profile = baseline'
	has_dropped
	[ -z "$(log_lines 'level=(warning|error)')" ]
}

@test "with these it reloads policy and objects, enables plugins, counts, opens its log anew, and stops" {
	mkdir -m 0700 /tmp/log
	configure_both 'profile = privileged'
	start_bpflock -- -c "$CONF"
	reload 'profile = restricted'
	denied restricted /dev/mem
	reload 'profile = baseline' 'trace = all'
	allowed baseline /dev/mem
	denied baseline /dev/mem contained
	reload 'profile = baseline' 'args = yes'
	head -c 1 /dev/mem >/dev/null
	await_log 'comm=head .* args=\\"head -c 1 /dev/mem\\" retval=0'
	[[ "$(counters dev_mem)" =~ ^[0-9]+\ [1-9][0-9]*\ 0$ ]]
	mv /tmp/log/bpflock.log /tmp/log/bpflock.log.1
	reload 'profile = restricted'
	grep event=reloaded /tmp/log/bpflock.log
	has_dropped
	stop_bpflock
	await_log 'event=stopped on_exit=unload'
	[[ -z $(find /sys/fs/bpf -mindepth 1) && $(bpftool -j link) == '[]' ]]
}

@test "with these it follows cgroups that come and go" {
	start_with 'profile = baseline' 'except_cgroups = /late'
	mkdir "$CGROUPS/late"
	eventually in_cgroup /late unshare -fn head -c 1 /dev/mem
	remove_cgroup /late
}

# No capability overrides the mode of a file any more: see docs/privileges.md.
@test "a log file in somebody else's directory opens at start, and a reload that cannot open it changes nothing" {
	mkdir -m 0700 /tmp/log
	chown nobody /tmp/log
	configure_both 'profile = restricted'
	start_bpflock -- -c "$CONF"
	grep event=started /tmp/log/bpflock.log
	configure_both 'profile = privileged'
	kill -HUP "$DAEMON"
	await_log 'event=reload_refused'
	await_log 'level=error .*/tmp/log/bpflock.log.*Permission denied'
	denied restricted /dev/mem
}

@test "started with less, it goes on with what it has" {
	GUARDED=yes
	UNDER=(setpriv "--bounding-set=-all,+bpf,+perfmon")
	start_with 'profile = restricted'
	has_dropped
	[ -z "$(log_lines '(level=|bpflock: )(warning|error)')" ]
}

@test "without CAP_SYS_ADMIN it stays in a network namespace of its own, and says so where it can see that it is one" {
	UNDER=(unshare -n setpriv "--bounding-set=-all,+bpf,+perfmon,+sys_ptrace")
	start_with 'profile = baseline'
	expect_log '^bpflock: warning: .*network namespace.*--network=host'
	[ "$(readlink "/proc/$DAEMON/ns/net")" != "$(readlink /proc/1/ns/net)" ]
	allowed baseline /dev/mem
	denied baseline /dev/mem nsenter -t "$DAEMON" -n
}

@test "started with CAP_SYS_ADMIN alone, it keeps that one" {
	UNDER=(setpriv "--bounding-set=-all,+sys_admin")
	start_with 'profile = restricted'
	[ "$(status_of CapEff)" = 0000000000200000 ]
	denied restricted /dev/mem
}

@test "the only sockets that it has are of the family AF_UNIX" {
	perl -MSocket -e 'unlink "/dev/log";
		socket(S, AF_UNIX, SOCK_DGRAM, 0) && bind(S, sockaddr_un("/dev/log")) or die;
		sleep' 3>&- &
	syslog=$!
	eventually test -S /dev/log
	configure 'profile = restricted' '[bpflock]' 'log_output = stderr, syslog'
	start_bpflock -- -c "$CONF"
	kill "$syslog"
	sockets=$(socket_inodes)
	[ -n "$sockets" ]
	for inode in $sockets; do
		awk -v inode="$inode" '$7 == inode { found = 1 } END { exit !found }' /proc/net/unix
	done
	for table in tcp tcp6 udp udp6 udplite udplite6 raw raw6 icmp icmp6 packet netlink; do
		[[ ! -e /proc/net/$table ]] || ! grep -wF -e "$sockets" "/proc/net/$table" || false
	done
}
