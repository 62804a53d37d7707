#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The unit, as installed, under a real systemd: process 1 of the guest, with basic.target.

load ../lib/enforcement.bash
load ../lib/systemd.bash
load ../lib/packages.bash

PARTIAL=yes
CONF=/etc/bpflock/conf.d/50-test.conf

setup_file() {
	install_programs
	mkdir -p "$UNITS/bpflock.service.d" "${CONF%/*}"
	# The log goes where the tests read it. The interval of the start limit is long, because an emulated machine is slow.
	printf '%s\n' '[Unit]' 'StartLimitIntervalSec=1h' '[Service]' "StandardError=append:$LOG" >"$UNITS/bpflock.service.d/test.conf"
	# A limit that a test can exceed: journald multiplies it by at most 6.
	mkdir -p /run/systemd/journald.conf.d
	printf '%s\n' '[Journal]' 'RateLimitBurst=20' >/run/systemd/journald.conf.d/limit.conf
	set_profile restricted
	systemctl --root=/ --quiet enable bpflock.service
	boot_systemd
}

teardown_file() {
	rm -r "$UNITS/bpflock.service.d"
	systemctl daemon-reload
}

property() {
	systemctl show bpflock.service --property "$1" --value
}

# set_profile PROFILE [LINE for kimglock]
set_profile() {
	configure "profile = $1" 'log = denied' "${@:2}" '[execsnoop]' 'enabled = no'
}

# Starts the unit again with this profile: start_unit PROFILE [LINE...]
start_unit() {
	set_profile "$@"
	start_again
}

# The same with the configuration that is there.
start_again() {
	start_log
	systemctl reset-failed bpflock.service 2>/dev/null || true # this also resets the count of starts
	systemctl start bpflock.service || { cat "$LOG" && return 1; }
	DAEMON=$(pidof bpflock)
}

# What journalctl shows of the unit since it was started the last time: journal OPTION...
journal() {
	journalctl --sync
	journalctl --output=cat --no-pager "_SYSTEMD_INVOCATION_ID=$(property InvocationID)" "$@"
}

teardown() {
	end_all KILL hammer
	systemctl stop bpflock.service || true
	rm -f "$UNITS/bpflock.service.d/to-journal.conf" && systemctl daemon-reload
	clean_up_bpflock
	eventually head -c 1 /dev/mem >/dev/null
}

# journal_has PRIORITY REGEX
journal_has() {
	journal "--priority=$1" | grep -E -- "$2"
}

attached_programs() {
	local id
	for id in $(bpftool -j link | jq '.[].prog_id'); do bpftool -j prog show id "$id" | jq -r .name; done
}

state_is() {
	[ "$(property ActiveState)" = "$1" ]
}

@test "enabled, it enforces before basic.target is reached" {
	is_denied
	state_is active
	[ "$(property ActiveEnterTimestampMonotonic)" -le "$(systemctl show basic.target --property ActiveEnterTimestampMonotonic --value)" ]
	! dmesg | grep -i 'ordering cycle' || false
}

@test "it is active once it enforces, says what runs, and has what the unit leaves it" {
	start_unit restricted
	is_denied
	[ "$(property ActiveState)" = active ]
	[ "$(property StatusText)" = 'running: kimglock (enforcing) selfguard (enforcing)' ]
	[ -z "$(log_lines 'level=(warning|error)')" ]
	grep -E '^Seccomp:\s+2$' "/proc/$DAEMON/status"
	grep -E '^CapEff:\s+000000c000000000$' "/proc/$DAEMON/status"
}

@test "baseline works in the unit, and exceptions follow cgroups" {
	start_unit baseline
	head -c 1 /dev/mem >/dev/null
	denied baseline /dev/mem contained
	set_profile baseline 'except_units = late.service'
	systemctl reload bpflock.service
	await_log 'event=reloaded'
	systemd-run --quiet --wait --unit=late.service --property=PrivateNetwork=yes \
		sh -c 'until head -c 1 /dev/mem >/dev/null; do sleep 0.2; done'
}

@test "execsnoop follows a slice that is made after the start, and the lock does not wait for it" {
	printf '%s\n' '[kimglock]' 'profile = restricted' 'log = denied' '[execsnoop]' 'trace = filter' \
		'cgroups = /late.slice' >"$CONF"
	start_again
	is_denied
	expect_log '\[execsnoop\] cgroups: the cgroup /sys/fs/cgroup/late.slice is not found'
	for _ in 1 2; do
		forget_log
		systemd-run --quiet --unit=late.service --slice=late.slice sh -c 'while sleep 0.2; do :; done'
		await_log "event=syscall_execve .* cgroupid=$(stat -c %i /sys/fs/cgroup/late.slice/late.service) .* filename=[^ ]*/sleep"
		systemctl stop late.service late.slice
		eventually [ ! -e /sys/fs/cgroup/late.slice ]
	done
}

@test "on the stream of the journal, errors are errors and denials are warnings" {
	printf '%s\n' '[Service]' 'StandardError=journal' >"$UNITS/bpflock.service.d/to-journal.conf"
	systemctl daemon-reload
	start_unit restricted
	is_denied
	eventually journal_has warning 'event=lsm_locked_down .* reason=denied \(restricted\)'
	[ -z "$(journal --priority=err)" ]
	journal BPFLOCK_EVENT=started | grep 'level=info msg="event=started '
	set_profile nonsense
	systemctl reload bpflock.service || true
	eventually journal_has err 'event=reload_refused'
	[ ! -s "$LOG" ]
}

@test "systemctl restart leaves no moment without enforcement" {
	# While no daemon reads the ring, it has to hold what the hammer does.
	start_unit restricted '[bpflock]' 'ring_size = 32M'
	start_hammer
	systemctl restart bpflock.service
	systemctl restart bpflock.service
	nothing_opened
	[ -e "$PINS/v1/plugins/kimglock/g3" ]
	[ "$(property NFileDescriptorStore)" -eq 0 ]
	[ -z "$(log_lines 'level=(warning|error)' | grep -v 'event=gap ')" ]
}

# In small portions: what the journal's socket has no room for is counted by the daemon, and not meant here.
@test "the journal has every line, also beyond its own limit" {
	systemctl stop bpflock.service
	printf '%s\n' '[Service]' 'StandardError=journal' >"$UNITS/bpflock.service.d/to-journal.conf"
	systemctl daemon-reload
	start_unit restricted 'event_window = 0'
	for portion in {1..20}; do
		"$PROGRAMS/ask" -c 10 "portion$portion" "$DEBUGFS" || true
		eventually journal_has warning "comm=portion$portion "
	done
	[ "$(journal | grep -c 'comm=portion')" -eq 200 ]
}

@test "systemctl stop leaves nothing" {
	start_unit restricted
	is_denied
	systemctl stop bpflock.service
	[ "$(property StatusText)" = stopped ]
	eventually head -c 1 /dev/mem
	[ -z "$(find /sys/fs/bpf -mindepth 1)" ]
	[ -z "$(attached_programs | grep -vx restrict_filesystems)" ] # systemd's own, since Debian 13
	state_is inactive
}

@test "systemctl reload puts another profile in force" {
	start_unit restricted
	is_denied
	set_profile privileged
	systemctl reload bpflock.service
	eventually head -c 1 /dev/mem
	eventually state_is active
}

@test "systemctl reload fails where the configuration is refused, and the old one stays in force" {
	start_unit restricted
	set_profile privilegd
	run systemctl reload bpflock.service
	[ "$status" -ne 0 ]
	expect_log "^error: $CONF:[0-9]+: kimglock: .*'privilegd' is none of the choices"
	is_denied
	state_is active
	set_profile privileged
	systemctl reload bpflock.service
	head -c 1 /dev/mem >/dev/null
}

@test "systemctl reload works under a restricted guard, for it runs in the daemon's cgroup; bpflockctl stop does not" {
	start_unit restricted '[selfguard]' 'profile = restricted'
	set_profile restricted 'event_window = 2s' '[selfguard]' 'profile = restricted'
	run bpflockctl stop
	[ "$status" -eq 4 ]
	systemctl reload bpflock.service
	await_log 'event=control_call method=Reload pid=[0-9]+ uid=0 comm=bpflockctl unit=bpflock.service'
	bpflockctl status
}

@test "bpflockctl stop ends the unit, and it is not started again" {
	start_unit restricted
	[ "$(stat -c '%a %U' /run/bpflock)" = '755 root' ]
	bpflockctl stop
	eventually state_is inactive
	[ ! -e /run/bpflock ]
	[ "$(property NRestarts)" -eq 0 ]
	eventually head -c 1 /dev/mem >/dev/null
}

@test "a daemon that is killed is started again, and enforcement goes on" {
	start_unit restricted
	start_hammer
	forget_log
	kill -KILL "$DAEMON"
	await_log 'event=started' 60
	nothing_opened
	[ "$(property NRestarts)" -eq 1 ]
}

@test "beside another daemon it ends with 75, and is not started again" {
	systemctl stop bpflock.service
	start_bpflock BPFLOCK_KIMGLOCK_PROFILE=restricted -- -c /dev/null
	systemctl reset-failed bpflock.service
	run systemctl start bpflock.service
	[ "$status" -ne 0 ]
	eventually state_is failed
	[ "$(property ExecMainStatus)" -eq 75 ]
	[ "$(property NRestarts)" -eq 0 ]
	is_denied
	stop_bpflock
}

@test "an upgrade of the package leaves no moment without enforcement, and the new daemon runs" {
	package --force-confold --install "$PACKAGES"/bpflock_*.deb
	start_unit restricted
	before=$(property ExecMainStartTimestampMonotonic)
	start_hammer
	build_next_package
	package --force-confold --install "$NEXT_PACKAGE"
	[ "$(property ExecMainStartTimestampMonotonic)" -gt "$before" ]
	state_is active
	DAEMON=$(pidof bpflock)
	nothing_opened
}

@test "a log in the unit's directory works, and one elsewhere is refused by name" {
	start_unit restricted
	printf '[bpflock]\nlog_output = file:/var/log/bpflock/bpflock.log\n' >/etc/bpflock/conf.d/60-log.conf
	bpflockctl reload
	head -c 1 /dev/mem || true
	LOG=/var/log/bpflock/bpflock.log await_log 'event=lsm_locked_down .*comm=head .*denied'
	printf '[bpflock]\nlog_output = file:/var/log/bpflock.log\n' >/etc/bpflock/conf.d/60-log.conf
	run bpflockctl reload
	[ "$status" -eq 1 ]
	[[ $output == *'/var/log/bpflock.log'*'Read-only file system'* ]]
	rm /etc/bpflock/conf.d/60-log.conf
	bpflockctl reload
	UNACCOUNTED='the log of the middle is elsewhere'
}

@test "a loop of crashes ends, and enforcement goes on" {
	start_unit restricted
	until state_is failed; do
		pkill -KILL -x bpflock || true
	done
	[ "$(property Result)" = start-limit-hit ] || [ "$(property Result)" = signal ]
	is_denied
	[ -e "$PINS/v1/plugins/kimglock" ]
}

@test "a timer of a plugin that never ends is ended by the watchdog, told by name, and enforcement goes on" {
	install -D -m 755 -t /usr/local/lib/bpflock/plugins "$BPFLOCK_BUILD/tests/plugins/clockwork.so"
	printf '%s\n' '[Service]' 'WatchdogSec=15' >"$UNITS/bpflock.service.d/watchdog.conf"
	printf '%s\n' '[clockwork]' 'enabled = yes' >/etc/bpflock/conf.d/60-clockwork.conf
	mkfifo -m 600 /run/clockwork
	systemctl daemon-reload
	start_unit restricted
	start_hammer
	await_log 'event=tick'
	forget_log
	echo hang >/run/clockwork
	await_log 'event=plugin_crashed phase=timer signal=SIGABRT" bpfprog=clockwork subsys=bpflock' 60
	await_log 'event=started' 60
	nothing_opened
	[ "$(property NRestarts)" -eq 1 ]
	rm "$UNITS/bpflock.service.d/watchdog.conf" /etc/bpflock/conf.d/60-clockwork.conf
	rm /usr/local/lib/bpflock/plugins/clockwork.so /run/clockwork
	systemctl daemon-reload
}

@test "a restart with a bad configuration is tried once, and what was enforced still is" {
	start_unit restricted
	start_hammer
	set_profile privilegd
	run systemctl restart bpflock.service
	[ "$status" -ne 0 ]
	eventually state_is failed
	[ "$(property ExecMainStatus)" -eq 2 ]
	[ "$(property NRestarts)" -eq 0 ]
	nothing_opened
	# Records after the last line of the daemon that stopped are logged by the next one.
	set_profile restricted
	systemctl reset-failed bpflock.service
	systemctl start bpflock.service
}
