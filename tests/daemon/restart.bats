#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Restarts by a service manager: it keeps the pinned objects in its file descriptor store, and passes them on.

load ../lib/enforcement.bash

MESSAGES=/tmp/messages

setup_file() {
	install_programs
}

teardown() {
	end_all KILL service_manager
	end_all KILL hammer
	clean_up_bpflock
}

# manage [-n] [WORD...]: starts the service manager, with the daemon as its service.
manage() {
	start_log
	env -i PATH="$PATH" "$PROGRAMS/service_manager" "$@" bpflock -c "$CONF" >"$MESSAGES" 2>>"$LOG" 3>&- &
	MANAGER=$!
	await_log 'event=started'
	DAEMON=$(pidof bpflock)
}

# Restarts the service, and waits until it has started, or for this line: restart [REGEX]
restart() {
	forget_log
	kill -USR1 "$MANAGER"
	await_log "${1:-event=started}" 60
	DAEMON=$(pidof bpflock || true)
}

stop_for_good() {
	kill "$MANAGER"
	wait "$MANAGER"
}

says() {
	grep -qE -- "$1" "$MESSAGES"
}

pinned() {
	(cd "$PINS" && find . -type f | sort)
}

@test "READY=1 comes with the start, RELOADING=1 and READY=1 with SIGHUP, STOPPING=1 with the stop" {
	configure 'profile = restricted'
	manage
	eventually says '^READY=1 STATUS=running: kimglock \(enforcing\) selfguard \(enforcing\)$'
	: >"$MESSAGES"
	reload_with 'profile = privileged'
	eventually says '^READY=1 STATUS=running: kimglock \(enforcing\) selfguard \(enforcing\)$'
	[[ $(head -n 1 "$MESSAGES") =~ ^RELOADING=1\ MONOTONIC_USEC=[0-9]+\ STATUS=reloading$ ]]
	: >"$MESSAGES"
	configure 'profile = privilegd'
	kill -HUP "$DAEMON"
	eventually says '^READY=1 STATUS=the new configuration was refused, the old one is in force; running: kimglock \(enforcing\) selfguard \(enforcing\)$'
	stop_for_good
	says '^STOPPING=1 '
}

@test "a start that fails never says READY=1" {
	configure 'profile = privilegd'
	run env -i PATH="$PATH" "$PROGRAMS/service_manager" bpflock -c "$CONF"
	[ "$status" -eq 2 ]
	[[ $output != *READY=1* ]]
}

@test "two restarts leave no moment without enforcement" {
	PARTIAL=yes
	configure 'profile = restricted' 'log = denied'
	manage
	start_hammer
	for cycle in 1 2; do
		restart
		[ "$(find "$PINS/v1/plugins/kimglock" -name 'g[0-9]*' -printf '%f')" = "g$((cycle + 1))" ]
	done
	nothing_opened
	stop_for_good
	nothing_is_left
}

@test "a restart with a bad configuration pins everything again, and goes on enforcing like that" {
	configure 'profile = restricted'
	manage
	before=$(pinned)
	configure 'profile = privilegd'
	restart 'none of the choices'
	wait "$MANAGER" || [ $? -eq 2 ]
	[ "$(pinned)" = "$before" ]
	says 'FDSTORE=1 FDPOLL=0 FDNAME=ring$'
	says 'FDSTORE=1 FDPOLL=0 FDNAME=daemon$'
	says 'FDSTORE=1 FDPOLL=0 FDNAME=plugins/kimglock/g1/link0$'
	says '^ended with 0, [1-9][0-9]* stored$'
	says '^ended with 2, 0 stored$'
	run head -c 1 /dev/mem
	[[ $output == *'Operation not permitted' ]]
	configure 'profile = restricted'
	start_bpflock -- -c "$CONF"
	denied restricted /dev/mem
	stop_bpflock
	nothing_is_left
}

# The ring keeps decisions that are made while no daemon reads it.
@test "each decision of a restart is logged once" {
	configure 'profile = restricted' 'event_window = 0' '[bpflock]' 'ring_size = 32M'
	manage
	"$PROGRAMS/hammer" /dev/mem >/tmp/hammered 3>&- &
	hammer=$!
	kill -USR1 "$MANAGER"
	await_log 'event=stopped on_exit=unload given_to_service_manager=[1-9]'
	await_log 'event=plugin_running .*generation=2'
	DAEMON=$(pidof bpflock)
	kill "$hammer" && wait "$hammer"
	attempts=$(grep -oE '^[0-9]+' /tmp/hammered)
	settle
	[ -z "$(log_lines 'event=events_lost')" ]
	[ "$(count ' comm=hammer .*reason=denied \(restricted\)')" -eq "$attempts" ]
}

# Executes a program again and again until it is signalled, and prints how often.
exec_until_told() {
	local count=0 told=no
	trap 'told=yes' TERM
	while [[ $told == no ]]; do
		"$PROGRAMS/ioperm" >/dev/null
		count=$((count + 1))
	done
	echo "$count"
}

@test "what is allowed is recorded and counted once while two generations are attached" {
	configure 'profile = privileged' 'event_window = 0' '[bpflock]' 'on_exit = keep'
	start_bpflock -- -c "$CONF"
	start_hammer
	for _ in 1 2; do
		stop_bpflock
		resume_bpflock -- -c "$CONF"
	done
	stop_hammer
	attempts=$(grep -oE '^[0-9]+' /tmp/hammered)
	settle
	[ -z "$(log_lines 'event=events_lost')" ]
	[ "$(told hammer)" -eq "$attempts" ]
	[[ $(counters dev_mem) == "$attempts 0 0" ]]
}

@test "what is observed is recorded once while two generations are attached" {
	printf '%s\n' '[execsnoop]' 'enabled = yes' 'args = no' >"$CONF"
	start_bpflock -- -c "$CONF"
	exec_until_told >/tmp/executed 3>&- &
	executor=$!
	for args in yes no yes; do
		sed -i "s/^args = .*/args = $args/" "$CONF"
		forget_log
		kill -HUP "$DAEMON"
		await_log 'event=reloaded'
	done
	rm "$LOG.forgotten"
	kill "$executor" && wait "$executor"
	stop_bpflock
	[ -z "$(log_lines 'event=events_lost')" ]
	recorded=$(count 'comm=ioperm .*filename=[^ ]*/ioperm .*retval=0"')
	# A kernel that preempts a program runs it for nobody else until it goes on.
	skipped=$(log_lines 'event=runs_skipped' | awk -F'count=' '{ sum += $2 } END { print sum + 0 }')
	executed=$(</tmp/executed)
	echo "$recorded recorded, $skipped skipped, $executed executed"
	[[ $recorded -le $executed && $((recorded + skipped)) -ge $executed ]]
}

@test "exceptions hold while no daemon runs" {
	mkdir -p "$CGROUPS/excepted"
	configure 'profile = baseline' 'except_cgroups = /excepted'
	manage
	(echo "$BASHPID" >"$CGROUPS/excepted/cgroup.procs" && exec unshare -n "$PROGRAMS/hammer" /dev/mem) >/tmp/hammered 3>&- &
	hammer=$!
	eventually pgrep -x hammer
	restart
	kill "$hammer" && wait "$hammer"
	cat /tmp/hammered
	[[ $(cat /tmp/hammered) =~ ^([0-9]+)\ attempts,\ ([0-9]+)\ opened$ ]]
	[ "${BASH_REMATCH[1]}" -eq "${BASH_REMATCH[2]}" ]
	stop_for_good
	remove_cgroup /excepted
}

@test "a plugin that is not wanted any more goes with the restart" {
	configure 'profile = restricted'
	manage
	printf '%s\n' '[execsnoop]' 'enabled = yes' >"$CONF"
	restart
	eventually head -c 1 /dev/mem
	[ ! -e "$PINS/v1/plugins/kimglock" ]
	stop_for_good
	nothing_is_left
}

@test "where the store takes nothing, a restart is a stop and a start" {
	UNACCOUNTED='between a stop and the moment when the manager lets go nobody reads the ring'
	configure 'profile = restricted'
	manage -n
	"$PROGRAMS/hammer" /dev/mem >/tmp/hammered 3>&- &
	hammer=$!
	restart
	kill "$hammer" && wait "$hammer"
	grep -E ', [1-9][0-9]* opened$' /tmp/hammered
	denied restricted /dev/mem
	says '^ended with 0, 0 stored$'
	stop_for_good
	nothing_is_left
}

@test "on_exit = keep leaves the pins where they are and the store empty" {
	configure 'profile = restricted' '[bpflock]' 'on_exit = keep'
	manage
	stop_for_good
	says '^ended with 0, 0 stored$'
	run head -c 1 /dev/mem
	[[ $output == *'Operation not permitted' ]]
}

# The descriptors and names that a manager would pass: start_given NAME FILE [NAME FILE]
@test "what comes from the store with a strange name, or is no BPF object, is not pinned" {
	configure 'profile = restricted'
	start_log
	names=../../escape:plugins/../x:/abs:plugins//x:plugins/:Ring:plugins/kimglock/policy
	# shellcheck disable=SC2016 # the inner shell's
	env -i PATH="$PATH" LISTEN_FDS=7 LISTEN_FDNAMES="$names" bash -c \
		'LISTEN_PID=$$ exec bpflock -c "$0" 3</dev/null 4<&3 5<&3 6<&3 7<&3 8<&3 9<&3' "$CONF" >>"$LOG" 2>&1 3>&- &
	DAEMON_JOB=$!
	await_log 'event=started'
	[ "$(grep -c 'has passed something that is not of bpflock' "$LOG")" -eq 6 ]
	grep 'plugins/kimglock/policy.*cannot pin what the service manager kept: Invalid argument' "$LOG"
	[ ! -e /sys/fs/bpf/escape ]
	DAEMON=$(pidof bpflock)
	stop_bpflock
	nothing_is_left
}
