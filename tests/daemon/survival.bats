#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A daemon that dies at any moment: enforcement stays in force, and the successor logs what happened meanwhile.

load ../lib/enforcement.bash

setup_file() {
	install_programs
}

teardown() {
	end_all KILL hammer
	end_all KILL ask
	clean_up_bpflock
	mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf
}

# ---- kill -9

@test "kill -9 at 20 random moments under load: nothing is opened, and every decision is accounted for" {
	start_with 'profile = restricted' 'event_window = 100ms'
	RANDOM=4711
	start_hammer
	for turn in {1..20}; do
		# At different times: at the begin of a start, during the takeover, and long after the start.
		((turn % 5)) || eventually more_than "${started:-0}" 'event=started'
		started=$(count 'event=started')
		sleep "$((RANDOM % 4)).$((RANDOM % 10))"
		end_all KILL bpflock
		become_bpflock -- -c "$CONF" >>"$LOG" 2>&1 3>&- &
	done
	kill -KILL "$!" # which may not be called bpflock yet
	end_all KILL bpflock
	resume_bpflock -- -c "$CONF"
	nothing_opened
	stop_bpflock
	[ "$(count 'event=gap ')" -gt 1 ]
}

@test "kill -9 of a daemon that enforces: nothing is opened until the next one has stopped" {
	start_with 'profile = restricted' 'event_window = 0'
	start_hammer
	for _ in {1..5}; do
		sleep "0.$((RANDOM % 10))"
		kill_bpflock
		resume_bpflock -- -c "$CONF"
	done
	nothing_opened
	stop_bpflock
}

@test "what happened without a daemon is logged by the next one, which says how long the gap was" {
	start_with 'profile = restricted' 'event_window = 0'
	ask_as before 3
	await_log 'comm=before '
	kill_bpflock
	ask_as meanwhile 7
	resume_bpflock -- -c "$CONF"
	ask_as after 2
	stop_bpflock
	[ "$(count 'comm=meanwhile .*retval=-1 reason=denied \(restricted\)"')" -eq 7 ]
	expect_log 'level=warning msg="event=gap since=20[0-9TZ:.-]+ until=20[0-9TZ:.-]+ milliseconds=[0-9]+ records=7" subsys=bpflock$'
	# In the order of the events, before event=started.
	[ "$(grep -noE 'comm=meanwhile|event=gap|event=started' "$LOG" | tail -n 3 | sed 's/.*://' | xargs)" = 'comm=meanwhile event=gap event=started' ]
	[ "$(grep -cE 'event=gap' "$LOG")" -eq 1 ]
}

@test "the generation of an observer, which leaves no links, goes on after a kill as well" {
	printf '%s\n' '[execsnoop]' 'enabled = yes' >"$CONF"
	start_bpflock -- -c "$CONF"
	expect_log 'event=plugin_running .*generation=1 .*bpfprog=execsnoop'
	kill_bpflock
	resume_bpflock -- -c "$CONF"
	expect_log 'event=plugin_running .*generation=2 .*bpfprog=execsnoop'
	expect_log 'event=gap .* records=[0-9]+ observers=execsnoop" subsys=bpflock$'
}

@test "a first start, and one after a stop, have no gap to tell of" {
	start_with 'profile = restricted'
	stop_bpflock
	resume_bpflock -- -c "$CONF"
	stop_bpflock
	[ -z "$(log_lines 'event=gap')" ]
}

@test "decisions that a killed daemon was still collecting for one line are reported lost" {
	start_with 'profile = restricted' 'event_window = 1h'
	ask_as collected 50
	await_log 'comm=collected '
	# When a later event is in the log, the ring has been read.
	settle
	kill_bpflock
	resume_bpflock -- -c "$CONF"
	expect_log 'level=warning msg="event=events_lost count=49 stage=daemon uncertain=0" bpfprog=kimglock'
	stop_bpflock
}

@test "the counts go on after a killed daemon" {
	start_with 'profile = restricted' 'event_window = 0'
	ask_as first 3
	kill_bpflock
	ask_as second 4
	resume_bpflock -- -c "$CONF"
	ask_as third 5
	[ "$(counters debugfs)" = '0 12 0' ]
}

# ---- the ring

@test "records that a full ring lost without a daemon are told by the next one" {
	configure 'profile = restricted' 'event_window = 0'
	start_bpflock BPFLOCK_RING_SIZE=4K -- -c "$CONF"
	kill_bpflock
	ask_as flood 500
	resume_bpflock BPFLOCK_RING_SIZE=4K -- -c "$CONF"
	stop_bpflock
	expect_log 'event=events_lost count=4[0-9]+ stage=ring since=20[^ ]+ until=20[^ ]+" bpfprog=kimglock'
}

@test "what the ring lost without a daemon is told also by a next one that does not run the plugin, and so are its counts" {
	configure 'profile = restricted' 'event_window = 0'
	start_bpflock BPFLOCK_RING_SIZE=4K -- -c "$CONF"
	kill_bpflock
	ask_as flood 500
	resume_bpflock BPFLOCK_RING_SIZE=4K BPFLOCK_EXEC_SNOOP=all -- -c /dev/null
	expect_log 'event=events_lost count=4[0-9]+ stage=ring since=20[^ ]+ until=20[^ ]+" bpfprog=kimglock'
	expect_log 'event=decisions operation=.*op=debugfs allowed=0 denied=500 would_deny=0" bpfprog=kimglock'
	eventually "$PROGRAMS/ask" afterwards "$DEBUGFS"
}

@test "a ring of another size takes over from the old one, of which nothing is lost" {
	configure 'profile = restricted' 'event_window = 0'
	start_bpflock BPFLOCK_RING_SIZE=64K -- -c "$CONF"
	kill_bpflock
	ask_as old-ring 20
	resume_bpflock BPFLOCK_RING_SIZE=128K -- -c "$CONF"
	ask_as new-ring 20
	[ "$(bpftool -j map show pinned "$PINS/v1/ring" | jq .max_entries)" -eq 131072 ]
	kill_bpflock
	ask_as pinned-ring 20
	resume_bpflock BPFLOCK_RING_SIZE=128K -- -c "$CONF"
	stop_bpflock
	for name in old-ring new-ring pinned-ring; do
		[ "$(count "comm=$name ")" -eq 20 ]
	done
	nothing_is_left
}

@test "somebody else who reads the ring is found out" {
	start_with 'profile = restricted' 'event_window = 0'
	kill -STOP "$DAEMON"
	ask_as stolen 30
	"$PROGRAMS/steal_records" "$PINS/v1/ring" 10
	kill -CONT "$DAEMON"
	ask_as kept 5
	stop_bpflock
	expect_log 'level=warning msg="event=events_lost count=10 stage=stolen" bpfprog=kimglock'
}

# ---- pins

@test "pins of another layout are reported and replaced, never used" {
	mkdir -m 0700 "$PINS" "$PINS/v0"
	bpftool map create "$PINS/v0/ring" type array key 4 value 8 entries 1 name old_layout
	start_with 'profile = restricted'
	expect_log "level=warning msg=\"event=layout_replaced source=$PINS/v0 "
	[ ! -e "$PINS/v0" ]
	denied restricted /dev/mem
	stop_bpflock
	nothing_is_left
}

@test "pins of another layout stay as they are when the start fails" {
	mkdir -m 0700 "$PINS" "$PINS/v0"
	bpftool map create "$PINS/v0/ring" type array key 4 value 8 entries 1 name old_layout
	before=$(pinned)
	refused 2 nonsense BPFLOCK_KIMGLOCK_PROFILE=nonsense -- -c /dev/null
	[ "$(pinned)" = "$before" ]
}

@test "a start that fails after everything was loaded leaves the pins as they were, and in force" {
	start_with 'profile = restricted'
	kill_bpflock
	# Something else is at the path where the links of the next generation would be pinned.
	mkdir -m 0700 "$PINS/v1/plugins/execsnoop"
	bpftool map create "$PINS/v1/plugins/execsnoop/stats" type array key 4 value 8 entries 1 name foreign
	before=$(pinned)
	run try_bpflock BPFLOCK_EXEC_SNOOP=all BPFLOCK_EXECSNOOP_REQUIRED=yes BPFLOCK_KIMGLOCK_PROFILE=privileged -- -c /dev/null
	[ "$status" -eq 1 ]
	[[ $output == *'event=plugin_failed '*'bpfprog=execsnoop'* ]]
	[ "$(pinned)" = "$before" ]
	run head -c 1 /dev/mem
	[[ $output == *'Operation not permitted' ]]
}

@test "--unload takes away what a dead daemon left, without a reboot" {
	UNACCOUNTED='what the dead one has counted goes as well'
	start_with 'profile = restricted'
	kill_bpflock
	run head -c 1 /dev/mem
	[ "$status" -eq 1 ]
	run run_bpflock -- --unload
	[ "$status" -eq 0 ]
	[ "$output" = 'Removed: kimglock' ]
	nothing_is_left
	eventually is_open
	run run_bpflock -- --unload
	[ "$status" -eq 0 ]
	[ "$output" = 'Nothing was pinned.' ]
}

@test "--unload NAME takes away one plugin, and says what there is when it is another" {
	UNACCOUNTED='what the dead one has counted goes as well'
	start_with 'profile = restricted'
	kill_bpflock
	for name in kimglok ../plugins/kimglock; do
		run run_bpflock -- --unload "$name"
		[ "$status" -eq 1 ]
		[ "$output" = "bpflock: nothing of a plugin '$name' is pinned (pinned: kimglock)" ]
	done
	run run_bpflock -- --unload kimglock
	[ "$status" -eq 0 ]
	eventually is_open
}

@test "--unload with a running daemon is refused, naming it and what to do" {
	start_with 'profile = restricted'
	before=$(pinned)
	for argument in '' kimglock; do
		run run_bpflock -- --unload $argument
		[ "$status" -eq 75 ]
		[[ $output == *"bpflock runs already, as process $DAEMON (stop it first"* ]]
	done
	[ "$(pinned)" = "$before" ]
	denied restricted /dev/mem
}

@test "a second daemon on a private bpffs is refused" {
	start_with 'profile = privileged'
	UNDER=(unshare -m bash -c 'mount -t bpf bpf /sys/fs/bpf && exec "$@"' bash)
	refused 75 "bpflock runs already, as process $DAEMON, and its pins have been removed or are on another bpffs" -- -c "$CONF"
}

@test "what a dead daemon has left on a private bpffs is found by its programs, and reported" {
	UNACCOUNTED='the counts of the first daemon are not those of the second'
	BADLY=yes
	configure 'profile = privileged'
	UNDER=(unshare -m bash -c 'mount -t bpf bpf /sys/fs/bpf && { sleep 1234 >/dev/null 2>&1 3>&- & } && exec "$@"' bash)
	start_bpflock -- -c "$CONF"
	UNDER=()
	kill_bpflock
	start_bpflock -- -c "$CONF"
	await_log 'level=warning msg="event=other_instance warning=\\"program kl_locked_down \(link [0-9]+\) belongs to another bpflock'
	pkill -f 'sleep 1234'
}

@test "a bpffs that is unmounted while it runs changes nothing until the daemon ends" {
	start_with 'profile = restricted'
	umount -l /sys/fs/bpf
	denied restricted /dev/mem
	configure 'profile = restricted' 'allow = debugfs'
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	head -c 1 "$DEBUGFS" >/dev/null
	denied restricted /dev/mem
	stop_bpflock || true
	mount -t bpf bpf /sys/fs/bpf
	eventually nothing_is_attached
}

@test "a bpffs that is read-only ends the start with its path and the reason" {
	UNDER=(unshare -m bash -c 'mount -o remount,bind,ro /sys/fs/bpf && exec "$@"' bash)
	refused 1 'Read-only file system' BPFLOCK_KIMGLOCK_PROFILE=restricted -- -c /dev/null
	nothing_is_attached
}
