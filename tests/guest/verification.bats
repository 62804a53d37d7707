#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An enforcer is reported as enforcing only after its programs were seen to run.

load ../lib/policy.bash

PLUGINS=/run/plugins
SILENT=/run/pgrouplock.silent
HALF=/run/pgrouplock.half
REFUSED=/run/pgrouplock.refused

setup_file() {
	install_programs
	mkdir -p "$PLUGINS"
	cp /usr/lib/*/bpflock/plugins/*.so "$PLUGINS"
	install -m 755 "$BPFLOCK_BUILD"/tests/plugins/{pgrouplock,hostlock}.so "$PLUGINS"
}

teardown() {
	clean_up_bpflock
	rm -f "$SILENT" "$HALF" "$REFUSED"
}

# start PLUGIN LINE...: starts this enforcer only, which is verified every second
start() {
	configure_plugin "$@"
	start_bpflock -- -c "$CONF"
}

configure_plugin() {
	printf '%s\n' '[bpflock]' "plugin_dir = $PLUGINS" 'verify_interval = 1s' "[$1]" 'enabled = yes' "${@:2}" >"$CONF"
}

# The states of an enforcer in the log, in order.
states() {
	log_lines "event=enforcement .*bpfprog=$1 " | sed -E 's/.* state=([a-z]+).*/\1/' | xargs
}

# How often kimglock has allowed a request of the daemon as such.
passes() {
	bpftool -j map dump pinned "$PINS/v1/plugins/kimglock/g1/policy" | jq '[.. | .passes? | arrays | add] | first'
}

has_passed_more_than() {
	[ "$(passes)" -gt "$1" ]
}

has_states() {
	[ "$(states "$1")" = "$2" ]
}

# hooks NAME...: as the log lists them
hooks() {
	local list
	list=$(printf 'lsm/%s,' "$@")
	echo "${list%,}"
}

@test "an enforcer that was seen to run is enforcing, and that is said before the daemon has started" {
	start kimglock 'profile = restricted'
	[ "$(grep -oE 'event=enforcement state=[a-z]+|event=started' "$LOG" | xargs)" = 'event=enforcement state=enforcing event=started' ]
	expect_log "level=info msg=\"event=enforcement state=enforcing unverified=$(hooks kernel_module_request kernel_read_file kernel_load_data)\" bpfprog=kimglock subsys=bpflock$"
}

@test "the daemon's own requests are not logged, and counted apart" {
	start kimglock 'profile = restricted' 'level = confidentiality' 'event_window = 0'
	for _ in 1 2 3; do
		before=$(passes)
		eventually has_passed_more_than "$before"
	done
	run "$PROGRAMS/trigger" bpf_read_kernel
	[ "$output" = 'bpf_read_kernel denied' ]
	stop_bpflock
	[ -z "$(log_lines 'event=lsm_locked_down .*comm=bpflock ')" ]
	[ "$(count 'operation=."use of bpf to read kernel RAM.*retval=-1')" -gt 0 ]
	expect_log 'event=decisions .*op=bpf_read allowed=0 denied=[1-9][0-9]* would_deny=0 exempt=[1-9][0-9]*"'
}

@test "an enforcer's own self-test is called" {
	start pgrouplock
	has_states pgrouplock enforcing
}

@test "an enforcer that the kernel does not call fails the start, and what was in force stays" {
	start kimglock 'profile = restricted'
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	touch "$SILENT"
	configure_plugin pgrouplock
	printf '%s\n' '[kimglock]' 'enabled = yes' 'profile = privileged' >>"$CONF"
	run try_bpflock -- -c "$CONF"
	[ "$status" -eq 1 ]
	[[ $output == *'level=error msg="event=plugin_failed error=\"attached, but the kernel does not call it: '"$(hooks task_getpgid task_getsid)"'\"" bpfprog=pgrouplock'* ]]
	run head -c 1 /dev/mem
	[[ $output == *'Operation not permitted' ]]
}

@test "one that fails later is told as an error, once, and that it has recovered" {
	start pgrouplock
	touch "$SILENT"
	eventually has_states pgrouplock 'enforcing failed'
	expect_log 'level=error msg="event=enforcement state=failed reason=\\"attached, but the kernel does not call it: lsm/task_getpgid,lsm/task_getsid\\" unverified=lsm/task_getscheduler" bpfprog=pgrouplock'
	sleep 2
	has_states pgrouplock 'enforcing failed'
	rm "$SILENT"
	eventually has_states pgrouplock 'enforcing failed enforcing'
}

@test "the self-test of one hook does not vouch for another, and a program without one is named" {
	start pgrouplock
	expect_log 'level=info msg="event=enforcement state=enforcing unverified=lsm/task_getscheduler" bpfprog=pgrouplock'
	touch "$HALF"
	eventually has_states pgrouplock 'enforcing failed'
	expect_log 'level=error msg="event=enforcement state=failed reason=\\"attached, but the kernel does not call it: lsm/task_getsid\\" unverified=lsm/task_getscheduler" bpfprog=pgrouplock'
}

@test "where another LSM denies the self-test first, it is unverified, not failed" {
	touch "$REFUSED"
	start pgrouplock
	has_states pgrouplock unverified
	expect_log 'level=warning msg="event=enforcement state=unverified reason=\\"another LSM denies the self-test before the program is called\\" unverified=lsm/task_getpgid,lsm/task_getsid,lsm/task_getscheduler" bpfprog=pgrouplock'
}

@test "an enforcer without a self-test is unverified, which is a warning" {
	start hostlock
	expect_log 'level=warning msg="event=enforcement state=unverified reason=\\"it declares no self-test\\" unverified=[^ ]+" bpfprog=hostlock'
}

@test "verify_interval = 0 looks when it is loaded, and then no more" {
	configure_plugin pgrouplock
	sed -i 's/verify_interval = 1s/verify_interval = 0/' "$CONF"
	start_bpflock -- -c "$CONF"
	touch "$SILENT"
	sleep 3
	has_states pgrouplock enforcing
	sed -i 's/verify_interval = 0/verify_interval = 1s/' "$CONF"
	kill -HUP "$DAEMON"
	eventually has_states pgrouplock 'enforcing failed'
}
