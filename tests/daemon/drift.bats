#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What root on the host, whom the default guard does not restrict, changes by hand of what is in force: told as an error
# and put right at the next verification.

load ../lib/enforcement.bash

ROOT=/sys/fs/bpf/bpflock

setup_file() {
	install_programs
}

teardown() {
	mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf
	end_all KILL hammer
	clean_up_bpflock
}

# start_verified SECONDS: kimglock as restricted, and execsnoop
start_verified() {
	printf '%s\n' '[bpflock]' "verify_interval = $1" '[kimglock]' 'profile = restricted' '[execsnoop]' 'enabled = yes' >"$CONF"
	start_bpflock -- -c "$CONF"
}

lost_pin() { # PATH PLUGIN
	await_log "level=error msg=\"event=drift source=$ROOT/v1/$1 error=\\\\\"somebody has removed or replaced this pin; it is pinned anew\\\\\"\" bpfprog=$2 subsys"
}

# Everything is where it was, but of new generations. What was there is in /tmp/pinned.
is_pinned_again() {
	diff <(sed -E 's/g[0-9]+/g/' /tmp/pinned | sort) <(pinned_names)
}

pinned_names() {
	(cd "$ROOT" && find . | sed -E 's/g[0-9]+/g/' | sort)
}

@test "all pins removed: a second daemon is refused, everything is pinned anew, and survives a kill" {
	start_verified 10s
	pinned_names >/tmp/pinned
	start_hammer
	rm -rf "$ROOT"
	refused 75 "bpflock runs already, as process $DAEMON, and its pins have been removed or are on another bpffs" -- -c /dev/null
	[ ! -e "$ROOT/v1/plugins" ]
	await_log "level=error msg=\"event=drift source=$ROOT error=\\\\\"somebody has removed or covered it: until everything is pinned anew, enforcement ends with this process\\\\\""
	await_log 'event=pinned_anew'
	is_pinned_again
	refused 75 "bpflock runs already, as process $DAEMON\\\"" -- -c /dev/null
	kill_bpflock
	is_denied
	start_bpflock -- -c "$CONF"
	nothing_opened
	stop_bpflock
	nothing_is_left
}

@test "a pin of a link, of a policy, of a counter and of the ring: each is told by its path, and pinned anew" {
	start_verified 1s
	pinned_names >/tmp/pinned
	start_hammer
	rm "$ROOT/v1/plugins/kimglock/g1/link0"
	lost_pin plugins/kimglock/g1/link0 kimglock
	await_log 'event=pinned_anew'
	is_pinned_again
	rm "$ROOT/v1/plugins/kimglock/g2/policy"
	lost_pin plugins/kimglock/g2/policy kimglock
	eventually test -e "$ROOT/v1/plugins/kimglock/g3/policy"
	rm "$ROOT/v1/plugins/execsnoop/stats"
	lost_pin plugins/execsnoop/stats execsnoop
	rm "$ROOT/v1/ring"
	await_log "level=error msg=\"event=drift source=$ROOT/v1/ring error=[^=]*pinned anew[^=]*\" subsys"
	# Each verification that finds the same missing again says so again.
	eventually test -e "$ROOT/v1/ring"
	rm "$ROOT/v1/ring"
	eventually more_than 1 "event=drift source=$ROOT/v1/ring "
	chmod 755 "$ROOT/v1"
	await_log "level=error msg=\"event=drift source=$ROOT/v1 error=\\\\\"somebody has changed its mode to 0755; it is 0700 again\\\\\""
	eventually is_pinned_again
	nothing_opened
}

@test "somebody else's object in the place of a pin is removed, and ours is pinned again" {
	start_verified 1s
	rm "$ROOT/v1/plugins/kimglock/g1/link1"
	bpftool map create "$ROOT/v1/plugins/kimglock/g1/link1" type array key 4 value 4 entries 1 name foreign
	lost_pin plugins/kimglock/g1/link1 kimglock
	await_log 'event=pinned_anew'
	kill_bpflock
	is_denied
}

@test "SIGHUP pins anew as well, without any verification" {
	start_verified 0
	rm -rf "$ROOT/v1/plugins/kimglock"
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	lost_pin plugins/kimglock/g1/link0 kimglock
	kill_bpflock
	is_denied
}

@test "a policy that was overwritten is told and written again" {
	start_verified 1s
	policy=$ROOT/v1/plugins/kimglock/g1/policy
	size=$(bpftool -j map show pinned "$policy" | jq .bytes_value)
	# shellcheck disable=SC2046 # words
	bpftool map update pinned "$policy" key 0 0 0 0 value $(yes 0 | head -n 4) $(yes 2 | head -n $((size - 4)))
	await_log 'level=error msg="event=drift error=\\"somebody has changed its policy in the kernel; it is written again\\"" bpfprog=kimglock'
	is_denied
}

@test "an exception that nobody has configured is told and removed, and one that was removed is there again" {
	mkdir -p "$CGROUPS/excepted" "$CGROUPS/other"
	printf '%s\n' '[bpflock]' 'verify_interval = 1s' '[kimglock]' 'profile = baseline' 'except_cgroups = /excepted' >"$CONF"
	start_bpflock -- -c "$CONF"
	map=$(bpftool -j map | jq 'map(select(.name == "bpflock_excepti"))[0].id')
	# shellcheck disable=SC2046 # words
	bpftool map update id "$map" key $(id_bytes "$CGROUPS/other") value 1
	# shellcheck disable=SC2046
	bpftool map delete id "$map" key $(id_bytes "$CGROUPS/excepted")
	# A verification may come between the two.
	eventually have_been_told 2 'level=error msg="event=drift error=\\"somebody has added or removed [12] exceptions in the kernel; they are as configured again\\"" bpfprog=kimglock'
	# shellcheck disable=SC2046
	bpftool map lookup id "$map" key $(id_bytes "$CGROUPS/excepted")
	# shellcheck disable=SC2046
	! bpftool map lookup id "$map" key $(id_bytes "$CGROUPS/other") || false
	rmdir "$CGROUPS/excepted" "$CGROUPS/other"
}

@test "a grant that nobody has asked for is told and ended, and one that was ended by hand is in force again" {
	start_verified 1s
	bpflockctl grant kexec --for 10m --reason "this one was asked for"
	map=$ROOT/v1/plugins/kimglock/grants
	size=$(bpftool -j map show pinned "$map" | jq .bytes_value)
	# The one that was asked for is the first. The forged one lasts for ever, has all operations, and is for everyone.
	item=$((size / 16))
	# shellcheck disable=SC2046 # words
	bpftool map update pinned "$map" key 0 0 0 0 value $(yes 0 | head -n "$item") $(yes 255 | head -n 32) 3 0 0 0 \
		$(yes 9 | head -n 4) $(yes 0 | head -n $((size - item - 40)))
	await_log 'level=error msg="event=drift error=\\"somebody has made, changed or ended 2 grants in the kernel; they are as granted again\\"" bpfprog=kimglock'
	is_denied
	bpflockctl grants | grep -F "this one was asked for"
	[ "$(bpflockctl grants --json | jq '.grants | length')" -eq 1 ]
}

# have_been_told SUM REGEX: the numbers in front of " exceptions" in these lines
have_been_told() {
	[ "$(log_lines "$2" | sed -E 's/.* ([0-9]+) exceptions.*/\1/' | awk '{ sum += $1 } END { print sum + 0 }')" -eq "$1" ]
}

# The id of a cgroup as the bytes of a key.
id_bytes() {
	local id i
	id=$(stat -c %i "$1")
	for ((i = 0; i < 64; i += 8)); do printf '%d ' $((id >> i & 255)); done
}

@test "objects that are no longer marked as protected are marked again" {
	start_verified 1s
	id=$(bpftool -j map show pinned "$ROOT/v1/plugins/kimglock/g1/policy" | jq .id)
	bpftool map delete pinned "$ROOT/v1/protected" key 1 0 0 0 $((id & 255)) $((id >> 8)) 0 0
	await_log 'level=error msg="event=drift error=\\"somebody has removed 1 of its objects from the set of what a guard protects; they are in it again\\"" bpfprog=kimglock'
	bpftool map lookup pinned "$ROOT/v1/protected" key 1 0 0 0 $((id & 255)) $((id >> 8)) 0 0
}

@test "a bpffs that is not there any more is told once, with what to do, and everything is pinned on the next one" {
	start_verified 1s
	pinned_names >/tmp/pinned
	umount -l /sys/fs/bpf
	await_log "level=error msg=\"event=drift source=$ROOT error=[^=]*enforcement ends with this process[^=]* remedy=\\\\\"mount -t bpf bpf /sys/fs/bpf\\\\\""
	sleep 3
	[ "$(count 'event=drift')" -eq 1 ]
	is_denied
	mount -t bpf bpf /sys/fs/bpf
	await_log 'event=pinned_anew'
	is_pinned_again
	kill_bpflock
	is_denied
}
