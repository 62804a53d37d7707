#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Grants: what an enforcer denies is allowed for a time, to those that the grant is for, and to nobody else.

load ../lib/control.bash
load ../lib/enforcement.bash

setup_file() {
	install_programs
	mkdir -p "$CGROUPS/test.slice/granted.service" "$CGROUPS/test.slice/other.service"
}

teardown() {
	end_all KILL hammer
	clean_up_bpflock
}

# start_locked LINE...: kimglock as restricted, with further lines of its section
start_locked() {
	printf '%s\n' '[kimglock]' 'profile = restricted' 'event_window = 0' "$@" >"$CONF"
	start_bpflock -- -c "$CONF"
}

grant() {
	run bpflockctl grant "$@"
	echo "$output"
	[ "$status" -eq 0 ]
}

used() { # ID COMM
	await_log "event=lsm_locked_down operation=/dev/mem,kmem,port .* comm=$2 pcomm=[^ ]+ grant=$1 retval=0 reason=allow \\(grant\\)\" bpfprog=kimglock"
}

@test "a grant is for tasks in the initial namespaces, for these operations only, and ends by itself" {
	start_locked
	is_denied
	grant dev_mem --for 5s --reason 'ticket 4711'
	[ "$output" = 'Granted, as number 1.' ]
	is_open
	used 1 head
	await_log 'level=warning msg="event=granted grant=1 operations=dev_mem scope=host until=20[^ ]+ reason=\\"ticket 4711\\"" bpfprog=kimglock'
	expect_log 'event=control_call method=Grant pid=[0-9]+ uid=0 .*comm=bpflockctl'
	! contained head -c 1 /dev/mem || false
	! head -c 1 "$DEBUGFS" || false
	bpflockctl grants | grep -E '^ *1 +kimglock +dev_mem +host +[0-4] +ticket 4711$'
	eventually is_denied
	[ "$(bpflockctl grants)" = 'Nothing is granted.' ]
	await_log 'event=grant_ended grant=1 '
}

@test "it beats block and baseline, is logged also with log = denied, and revoking ends it at once" {
	PARTIAL=yes
	printf '%s\n' '[kimglock]' 'profile = baseline' 'block = dev_mem' 'log = denied' 'event_window = 0' >"$CONF"
	start_bpflock -- -c "$CONF"
	is_denied
	grant @memory --for 1m --everyone --reason test
	is_open
	used 1 head
	[ "$(contained head -c 1 /dev/mem | wc -c)" -eq 1 ]
	bpflockctl revoke 1
	is_denied
	await_log 'event=grant_revoked grant=1 operations=dev_mem,kcore scope=everyone '
	ctl_fails 1 revoke 1
	[[ $output == *'no grant of that number is in force (bpflockctl grants lists them)' ]]
}

@test "for a unit, and for a cgroup: with all below it, and with nobody beside it" {
	start_locked
	grant dev_mem --for 1m --unit granted.service --reason test
	[ "$(in_cgroup /test.slice/granted.service head -c 1 /dev/mem | wc -c)" -eq 1 ]
	! in_cgroup /test.slice/other.service head -c 1 /dev/mem || false
	is_denied
	grant dev_mem --for 1m --cgroup /test.slice --reason test
	[ "$(in_cgroup /test.slice/other.service head -c 1 /dev/mem | wc -c)" -eq 1 ]
	is_denied
	[ "$(bpflockctl grants | wc -l)" -eq 3 ]
}

@test "what is wrong with a request is said, and nothing is granted" {
	start_locked
	refusals=(
		'no enforcer that runs decides .dev_mme. on this kernel' 'dev_mme --for 1m --reason x'
		'7200 seconds are more than grant_max, 3600 seconds' 'dev_mem --for 2h --reason x'
		'the time must be longer than 0' 'dev_mem --for 0 --reason x'
		'a grant needs a reason' 'dev_mem --for 1m --reason='
		'there is no cgroup /none.slice' 'dev_mem --for 1m --reason x --cgroup /none.slice'
		'no cgroup is that of the unit none.service' 'dev_mem --for 1m --reason x --unit none.service'
		'it is for one unit, for one cgroup or for everyone' 'dev_mem --for 1m --reason x --everyone --cgroup /test.slice'
	)
	for ((i = 0; i < ${#refusals[@]}; i += 2)); do
		read -ra words <<<"${refusals[i + 1]}"
		ctl_fails 1 grant "${words[@]}"
		[[ $output =~ ${refusals[i]} ]]
	done
	ctl_fails 2 grant dev_mem --reason x
	ctl_fails 2 grant dev_mem --for 1.5 --reason x
	[ "$(bpflockctl grants)" = 'Nothing is granted.' ]
	for i in {1..16}; do
		grant dev_mem --for 1m --reason "number $i"
	done
	ctl_fails 1 grant dev_mem --for 1m --reason x
	[[ $output == *'16 grants are in force already; revoke one'* ]]
	is_open
}

@test "grant_max = 0 forbids grants, and what protects bpflock is never granted" {
	GUARDED=yes
	printf '%s\n' '[bpflock]' 'grant_max = 0' '[kimglock]' 'profile = restricted' '[selfguard]' 'profile = baseline' >"$CONF"
	start_bpflock -- -c "$CONF"
	ctl_fails 1 grant dev_mem --for 1m --reason x
	[[ $output == *'grant_max = 0 in [bpflock] forbids grants'* ]]
	sed -i /grant_max/d "$CONF"
	bpflockctl reload
	ctl_fails 1 grant unpin --for 1m --reason x
	[[ $output == *"no enforcer that runs decides 'unpin' on this kernel"* ]]
	contained bpflockctl grants
	! contained bpflockctl grant dev_mem --for 1m --reason x || false
}

@test "a grant outlives the daemon, ends on time without one, and a successor knows it" {
	start_locked
	grant dev_mem --for 10s --reason test
	grant debugfs --for 1m --reason test
	kill_bpflock
	is_open
	eventually is_denied
	is_denied
	[ "$(head -c 1 "$DEBUGFS" | wc -c)" -eq 1 ]
	start_bpflock -- -c "$CONF"
	[ "$(head -c 1 "$DEBUGFS" | wc -c)" -eq 1 ]
	bpflockctl grants | grep -E '^ *2 +kimglock +debugfs '
	grant dev_mem --for 1m --reason test
	[ "$output" = 'Granted, as number 3.' ]
}
