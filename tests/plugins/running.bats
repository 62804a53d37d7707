#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a plugin does while it runs (tests/plugins/clockwork): timers, descriptors, records, messages, kept maps, metrics.

load ../lib/daemon.bash

PLUGINS=/run/plugins
CONF=/run/clockwork.conf
KEPT=/sys/fs/bpf/bpflock/v1/plugins/clockwork

setup_file() {
	install_bpflock
	mkdir -p "$PLUGINS"
	install -m 755 "$BPFLOCK_BUILD"/tests/plugins/{clockwork,pgrouplock,pinner}.so /usr/lib/*/bpflock/plugins/*.so "$PLUGINS"
}

teardown() {
	clean_up_bpflock
	rm -f "$CONF" /run/clockwork
}

# configure LINE...
configure() {
	printf '%s\n' '[bpflock]' "plugin_dir = $PLUGINS" "on_exit = ${ON_EXIT-keep}" 'verify_interval = 0' '[clockwork]' \
		'enabled = yes' "$@" >"$CONF"
}

start() {
	configure "$@"
	start_bpflock -- -c "$CONF"
}

ticks() {
	log_lines 'event=tick' | sed -n 's/.*ticks=\([0-9]*\).*/\1/p' | tail -n 1
}

metric() {
	bpflockctl metrics | sed -n "s/^bpflock_plugin_clockwork_$1 //p"
}

# Writes what a server of metrics answers to /tmp/page.
get_page() {
	exec 4<>/dev/tcp/127.0.0.1/9751 || return
	printf 'GET /metrics HTTP/1.0\r\n\r\n' >&4
	tr -d '\r' <&4 | sed '1,/^$/d' >/tmp/page
	exec 4>&-
}

asked() {
	bpflockctl metrics | sed -n 's/^bpflock_plugin_pgrouplock_asked_total //p'
}

@test "a timer, a descriptor, records, messages and metrics, over a reload" {
	start
	await_log 'event=plugin_message .*started, a tick each 200 ms'
	await_log 'event=tick.*ticks=3'
	[ -z "$(log_lines 'event=tick.*(tgid|comm)=')" ]
	echo hello >/run/clockwork
	await_log "event=plugin_message .*got 'hello'"
	for _ in 1 2 3; do /bin/true; done
	[ "$(metric ticks_total)" -ge 3 ]
	[ "$(metric execs_total)" -ge 3 ]
	[ "$(metric fifo_number)" -ge 3 ]
	[ -z "$(metric nothing)" ]
	[ "$(bpflockctl metrics | sed -n 's/^bpflock_records_total{plugin="clockwork",source="submitted"} //p')" -ge 3 ]
	bpflockctl metrics | grep -Fx '# TYPE bpflock_plugin_clockwork_ticks_total counter'
	bpflockctl metrics | grep -Fx '# HELP bpflock_plugin_clockwork_ticks_total Ticks of all lives'

	configure 'interval = 100ms'
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	await_log 'stopped, there was a tick each 200 ms'
	await_log 'started, a tick each 100 ms'
	before=$(ticks)
	await_log "event=tick.*ticks=$((before + 2))( |\")"

	# A call that is slow is told, and one that fails ends its descriptor; the timer goes on.
	echo sleep >/run/clockwork
	await_log 'event=plugin_slow .*its watch\(\) took 1[0-9]{3} ms'
	echo fail >/run/clockwork
	await_log 'event=plugin_failed .*watch\(\) failed: Input/output error'
	echo unheard >/run/clockwork
	before=$(ticks)
	await_log "event=tick.*ticks=$((before + 2))( |\")"
	[ -z "$(log_lines unheard)" ]
}

@test "a plugin is asked for its numbers for metrics only, by the command and by the server" {
	start
	bpflockctl status >/dev/null
	[ "$(bpflockctl status --json | jq '.plugins[] | select(.name == "clockwork").metrics')" = null ]
	[ "$(metric reads_total)" -eq 1 ]
	bpflockctl metrics --listen 9751 >/tmp/server 2>&1 3>&- &
	server=$!
	eventually get_page 2>/dev/null
	[ "$(sed -n 's/^bpflock_plugin_clockwork_reads_total //p' /tmp/page)" -eq 2 ]
	diff <(sed 's/ [0-9]*$//' /tmp/page) <(bpflockctl metrics | sed 's/ [0-9]*$//')
	kill "$server"
}

@test "a kept map outlives a kill and a restart, and one that is not as declared is refused until it is reset" {
	start
	await_log 'event=tick.*ticks=3'
	end_all KILL bpflock
	start
	[ "$(log_lines 'event=tick' | grep -c 'ticks=1[ "]')" -eq 0 ]
	await_log 'event=tick.*ticks=[4-9]'
	run run_bpflock -- -c "$CONF" --reset-kept clockwork
	[ "$status" -eq 75 ]
	stop_bpflock

	# Another version of the plugin.
	mv "$KEPT/kept_kept_1" "$KEPT/kept_kept_2"
	configure 'required = yes'
	run try_bpflock -- -c "$CONF"
	[[ $output == *"its kept map 'kept' (version 1) cannot be used: one of another version is pinned"* ]]
	[[ $output == *"bpflock --reset-kept clockwork"* ]]
	# Another layout.
	rm "$KEPT/kept_kept_2"
	bpftool map create "$KEPT/kept_kept_1" type hash key 8 value 8 entries 2 name other
	run try_bpflock -- -c "$CONF"
	[[ $output == *"what is pinned there has another type, size or flags"* ]]
	run run_bpflock -- --reset-kept clockwork
	[ "$status" -eq 0 ]
	[[ $output == *"Removed: kept map kept_1"* ]]
	run run_bpflock -- --reset-kept none
	[ "$status" -ne 0 ]
	[[ $output == *"nothing of a plugin 'none' is pinned"* ]]
	start
	await_log 'event=tick.*ticks=1[ "]'
}

@test "a kept map ends with a stop that unloads, and with a reload that disables the plugin" {
	ON_EXIT=unload start
	await_log 'event=tick.*ticks=3'
	[ -e "$KEPT/kept_kept_1" ]
	stop_bpflock
	[ ! -e "$KEPT" ]
	ON_EXIT=unload start
	await_log 'event=tick.*ticks=1[ "]'
	printf '%s\n' '[bpflock]' "plugin_dir = $PLUGINS" '[execsnoop]' 'enabled = yes' >"$CONF"
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	[ ! -e "$KEPT" ]
}

@test "a kept map of an enforcer outlives a kill and a reload under a guard, and ends with a stop that unloads" {
	printf '%s\n' '[bpflock]' "plugin_dir = $PLUGINS" '[pgrouplock]' 'profile = restricted' '[selfguard]' \
		'profile = restricted' >"$CONF"
	start_bpflock -- -c "$CONF"
	for _ in 1 2 3 4 5 6 7 8 9 10; do ! python3 -c 'import os; os.getpgid(os.getpid())' 2>/dev/null || false; done
	before=$(asked)
	[ "$before" -ge 10 ]
	end_all KILL bpflock
	start_bpflock -- -c "$CONF"
	[ "$(asked)" -gt "$before" ] # by the self-test
	stop_bpflock
	[ ! -e "$PINS/v1/plugins/pgrouplock" ]
	start_bpflock -- -c "$CONF"
	[ "$(asked)" -lt "$before" ]
}

@test "another map in the place of a kept map's pin is told, not used, and gone after the next look" {
	start
	id=$(bpftool -j map show pinned "$KEPT/kept_kept_1" | jq .id)
	rm "$KEPT/state" "$KEPT/kept_kept_1"
	bpftool map create "$KEPT/kept_kept_1" type array key 4 value 8 entries 2 name kept
	kill -HUP "$DAEMON"
	await_log "event=plugin_failed source=$KEPT/kept_kept_1 .*something else is pinned there"
	kill -HUP "$DAEMON"
	await_log "event=drift source=$KEPT/kept_kept_1 "
	await_log 'event=reloaded'
	[ "$(bpftool -j map show pinned "$KEPT/kept_kept_1" | jq .id)" -eq "$id" ]
}

hangs() {
	! timeout 3 bpflockctl ping
}

@test "a timer that never ends is told by its plugin when a watchdog ends the daemon" {
	start
	BADLY='its plugin hangs'
	echo hang >/run/clockwork
	await_log "event=plugin_message .*got 'hang'"
	eventually hangs # from the next tick on
	kill -ABRT "$DAEMON"
	await_log 'level=error msg="event=plugin_crashed phase=timer signal=SIGABRT" bpfprog=clockwork subsys=bpflock'
	wait_for_end "$DAEMON"
	start
	await_log 'event=tick'
}

@test "what is done too early, or wrong, is refused by name" {
	while read -r fault message; do
		configure "fault = $fault" 'required = yes'
		run run_bpflock -- -c "$CONF" --check-config
		[[ $fault != early || $output == *"$message"* ]]
		[ "$fault" != early ] || continue
		start "fault = $fault"
		await_log "event=plugin_failed .*start\\(\\) failed.*$message"
		stop_bpflock
	done <<-'END'
		early check() failed by timer(): it is offered only while the plugin runs
		map map\(\\\\x22none\\\\x22\): its BPF object has no map of this name.*valid: (kept, executed|executed, kept)
		type the record is not of a type with BPFLOCK_EVENT_NO_TASK
		size the record is not of a type with BPFLOCK_EVENT_NO_TASK
		interval Invalid argument
		descriptor Bad file descriptor
	END
	BADLY='its start fails'
}

@test "a map that libbpf would pin is refused, and nothing is pinned" {
	printf '%s\n' '[bpflock]' "plugin_dir = $PLUGINS" '[pinner]' 'enabled = yes' 'required = yes' >"$CONF"
	run try_bpflock -- -c "$CONF"
	echo "$output"
	[[ $output == *"its map pinned has LIBBPF_PIN_BY_NAME"* ]]
	[ ! -e /sys/fs/bpf/pinned ]
}
