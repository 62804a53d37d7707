#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The guard runs whenever an enforcer does: it starts automatically, allows what it must not deny, and can be disabled.

# shellcheck disable=SC2034 # for what is loaded
GUARDED=yes PARTIAL=yes

load ../lib/policy.bash

ATTACK=$PROGRAMS/attack
TAMPER=$PROGRAMS/tamper
FOREIGN=/sys/fs/bpf/foreign

setup_file() {
	install_programs
}

teardown() {
	[[ -z ${WITHIN-} ]] || stop_from_within
	end_all TERM crowd
	clean_up_bpflock
	rm -rf "$FOREIGN"
}

# Starts the daemon with the configuration of an enforcer only: guarded [NAME=VALUE...]
guarded() {
	start_bpflock BPFLOCK_KIMGLOCK_PROFILE=baseline BPFLOCK_KIMGLOCK_EVENT_WINDOW=0 "$@" -- -c /dev/null
}

# Starts it in a cgroup of its own. It can be stopped from there, also where root on the host may not stop it:
# guarded_within [NAME=VALUE...]
guarded_within() {
	WITHIN=yes
	mkdir -p "$CGROUPS/guarded"
	# shellcheck disable=SC2016 # the inner shell's
	UNDER=(sh -c 'echo $$ >/sys/fs/cgroup/guarded/cgroup.procs && exec "$@"' sh)
	guarded "$@"
}

stop_from_within() {
	in_cgroup /guarded pkill -x bpflock && wait_for_end "$DAEMON" || true
}

guard_runs() {
	[[ -d $PINS/v1/plugins/selfguard ]]
}

tamper_line() {
	echo "event=tamper operation=$1 tgid=.* comm=$2 .*reason=denied \\(${3:-baseline}\\)\" bpfprog=selfguard subsys=bpf\$"
}

# Expects that the guard denies something to a container and logs it, and that the guard has logged nothing else.
only_denial() {
	local - && set +T
	run contained bpftool map show pinned "$PINS/v1/ring"
	[[ $status -ne 0 ]]
	await_log "$(tamper_line open_pin bpftool)"
	[[ $(count 'event=tamper') -eq 1 ]] || {
		log_lines 'event=tamper'
		return 1
	}
}

# Makes a map, a program and a link that are not the daemon's. Their ids are smaller or larger than the daemon's.
make_foreign() {
	mkdir -p "$FOREIGN/$1"
	"$ATTACK" fentry "$FOREIGN/$1/link"
	bpftool map create "$FOREIGN/$1/map" type array key 4 value 4 entries 1 name "foreign_$1"
}

# listed map|prog|link COMMAND...: how many objects of the daemon, and how many others, bpftool shows to COMMAND
listed() {
	local kind=$1 ids own=0 others=0
	shift
	ids=$("$@" bpftool -j "$kind" | jq '.[].id')
	for id in $ids; do
		if [[ " ${OWN[$kind]} " == *" $id "* ]]; then own=$((own + 1)); else others=$((others + 1)); fi
	done
	echo "$own $others"
}

# Reads the ids of the daemon's objects from its descriptors.
learn_own() {
	local kind
	declare -gA OWN=()
	for kind in map prog link; do
		OWN[$kind]=$(cat "/proc/$DAEMON/fdinfo/"* 2>/dev/null | awk -v what="${kind}_id:" '$1 == what { print $2 }' | sort -un | tr '\n' ' ')
		[[ -n ${OWN[$kind]} ]]
	done
}

@test "an enforcer is guarded without a word of configuration, by baseline, and denials are logged only" {
	guarded
	expect_log 'event=plugin_running .*bpfprog=selfguard'
	await_log 'event=enforcement state=enforcing( unverified=[^ ]+)?" bpfprog=selfguard'
	guard_runs
	run run_bpflock BPFLOCK_KIMGLOCK_PROFILE=baseline -- --dump-config -c /dev/null
	[ "$status" -eq 0 ]
	section=$(sed -n '/^\[selfguard\]/,/^\[/p' <<<"$output")
	grep -qE '^enabled *= yes' <<<"$section"
	grep -qE '^profile *= baseline' <<<"$section"
	grep -qE '^log *= denied' <<<"$section"
	forget_log
	only_denial
}

@test "so it is with a configuration file, and with one that says something else of the guard" {
	start_with 'profile = baseline'
	guard_runs
	only_denial
	stop_bpflock
	start_with 'profile = baseline' '[selfguard]' 'log = all'
	guard_runs
	forget_log
	bpftool map show pinned "$PINS/v1/ring"
	await_log 'event=tamper operation=open_pin .*comm=bpftool .*retval=0 reason=allow \(baseline\)" bpfprog=selfguard'
}

@test "bpftool walks past what is the daemon's in a container, and shows it on the host" {
	make_foreign before
	guarded
	make_foreign behind
	learn_own
	for kind in map prog link; do
		forget_log
		read -r own others < <(listed "$kind" contained)
		[ "$own" -eq 0 ]
		[ "$others" -ge 2 ]
		await_log "operation=$kind.* comm=bpftool .*retval=-2 reason=denied \\(baseline\\)"
		contained bpftool "$kind"
		read -r own others < <(listed "$kind")
		[ "$own" -eq "$(wc -w <<<"${OWN[$kind]}")" ]
		[ "$others" -ge 2 ]
		bpftool "$kind"
	done
	contained bpftool map | grep foreign_before
	contained bpftool map | grep foreign_behind
}

@test "under restricted it walks past it on the host as well" {
	make_foreign before
	guarded_within BPFLOCK_SELFGUARD_PROFILE=restricted
	make_foreign behind
	learn_own
	for kind in map prog link; do
		bpftool "$kind"
		read -r own others < <(listed "$kind")
		[ "$own" -eq 0 ]
		[ "$others" -ge 2 ]
	done
}

@test "root on the host may do all of it under baseline, and nothing of that is logged" {
	guarded
	forget_log
	bpftool map show pinned "$PINS/v1/ring"
	bpftool map show pinned "$PINS/v1/daemon"
	"$ATTACK" link
	"$ATTACK" lsm
	"$ATTACK" fmod_ret
	mkdir "$PINS/more"
	rmdir "$PINS/more"
	chmod 0700 "$PINS"
	mount -o remount,rw /sys/fs/bpf
	"$ATTACK" readonly /sys/fs/bpf
	mount -o remount,rw /sys/fs/bpf
	run flock -n "$PINS" true # the daemon has it
	[[ $status -eq 1 && -z $output ]]
	"$(type -P kill)" -0 "$DAEMON"
	for way in attach mem writev getfd stop limit nice schedule; do
		[ "$("$TAMPER" "$way" "$DAEMON")" = "$way allowed" ]
	done
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	only_denial
}

@test "root on the host may stop it, by SIGTERM and by SIGINT: nothing stays behind" {
	guarded
	stop_bpflock
	[ ! -e "$PINS" ]
	guarded
	kill -INT "$DAEMON"
	wait_for_end "$DAEMON"
	[ ! -e "$PINS" ]
}

@test "a container may do with its own objects and processes what it likes" {
	guarded
	forget_log
	contained bpftool map create "$FOREIGN" type array key 4 value 4 entries 1 name foreign
	contained bpftool map update pinned "$FOREIGN" key 0 0 0 0 value 1 0 0 0
	contained bpftool map dump pinned "$FOREIGN"
	contained bpftool map dump id "$(bpftool -j map show pinned "$FOREIGN" | jq .id)"
	contained flock -n /sys/fs/bpf true
	contained rm "$FOREIGN"
	mkdir "$FOREIGN"
	contained "$ATTACK" fentry "$FOREIGN/link"
	contained bpftool link show pinned "$FOREIGN/link"
	contained bpftool prog show id "$(bpftool -j link show pinned "$FOREIGN/link" | jq .prog_id)"
	contained rm -r "$FOREIGN"
	for way in attach mem limit nice schedule stop kill; do
		# shellcheck disable=SC2016 # the inner shell's
		contained --mount-proc sh -c 'sleep 1000 >/dev/null 2>&1 3>&- & "$@" $!; status=$?; kill -9 $! 2>/dev/null; exit $status' \
			sh "$TAMPER" "$way"
	done
	only_denial
}

@test "a guard that is turned off is told at every start as a warning, and is away" {
	for _ in 1 2; do
		guarded BPFLOCK_SELFGUARD_ENABLED=no
		expect_log 'level=warning msg="event=unguarded'
		run guard_runs
		[ "$status" -ne 0 ]
		contained bpftool map show pinned "$PINS/v1/ring"
		denied baseline /dev/mem contained
		stop_bpflock
	done
	start_with 'profile = baseline' '[selfguard]' 'enabled = no'
	expect_log 'level=warning msg="event=unguarded'
	run guard_runs
	[ "$status" -ne 0 ]
}

@test "an observer has no guard, and misses none" {
	start_bpflock BPFLOCK_EXECSNOOP_TRACE=all -- -c /dev/null
	run guard_runs
	[ "$status" -ne 0 ]
	run log_lines 'bpfprog=selfguard|event=unguarded'
	[ -z "$output" ]
	contained bpftool map show pinned "$PINS/v1/ring"
}

@test "the guard comes and goes by reload, with the enforcer" {
	printf '%s\n' '[execsnoop]' 'enabled = yes' >"$CONF"
	start_bpflock -- -c "$CONF"
	run guard_runs
	[ "$status" -ne 0 ]
	reload_with 'profile = baseline' '[execsnoop]' 'enabled = yes'
	guard_runs
	grep 'level=warning msg="event=unguarded_before ' "$LOG"
	only_denial
	printf '%s\n' '[execsnoop]' 'enabled = yes' >"$CONF"
	forget_log
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	run guard_runs
	[ "$status" -ne 0 ]
	eventually contained bpftool map show pinned "$PINS/v1/ring"
}

@test "after the daemon was killed containers are still denied; a successor and --unload on the host get in" {
	guarded
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	forget_log
	run contained rm -rf "$PINS"
	[ "$status" -ne 0 ]
	guard_runs
	run contained bpflock --unload
	[ "$status" -ne 0 ]
	guard_runs
	resume_bpflock BPFLOCK_KIMGLOCK_PROFILE=baseline -- -c /dev/null
	await_log "$(tamper_line unpin rm)" # recorded in the gap
	guard_runs
	UNACCOUNTED='what was unloaded is told by nobody'
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	bpflock --unload
	[ ! -e "$PINS" ]
	eventually contained head -c 1 /dev/mem >/dev/null
}

# How many programs the guard runs.
programs() {
	await_log 'event=plugin_running .*bpfprog=selfguard ' | sed -E 's/.* programs=([0-9]+)[ "].*/\1/'
}

@test "pins that root has removed are pinned anew, and guarded where they are now" {
	guarded BPFLOCK_VERIFY_INTERVAL=1s
	rm -rf "$PINS"
	await_log 'event=pinned_anew'
	eventually guard_runs
	forget_log
	only_denial
	run contained rm -rf "$PINS"
	[[ $status -ne 0 && -e $PINS/v1/plugins/kimglock ]]
}

@test "it takes fewer programs to guard against containers than against the host, also after a reload" {
	start_with 'profile = baseline'
	local some all
	some=$(programs)
	reload_with 'profile = baseline' '[selfguard]' 'block = @bpffs'
	all=$(sed -nE 's/.*event=plugin_running .* programs=([0-9]+)[ "].*bpfprog=selfguard .*/\1/p' "$LOG" | tail -n 1)
	echo "# $some, and $all" >&3
	[ "$some" -lt "$all" ]
	run mkdir "$PINS/v2"
	[ "$status" -ne 0 ]
	reload_with 'profile = baseline'
	eventually mkdir "$PINS/v2" # once the kernel has freed the old programs
	eventually rmdir "$PINS/v2"
}

@test "programs that can override decisions and were there first are told at start, with id, name and hook" {
	bpftool prog load "$BPFLOCK_BUILD/tests/plugins/nothing.bpf.o" "$FOREIGN"
	guarded
	expect_log "level=info msg=\"event=override_program notice=.*program $(bpftool -j prog show pinned "$FOREIGN" | jq .id) \(locked_down\) on bpf_lsm_locked_down "
	[ "$(count event=override_program)" -eq 1 ]
	stop_bpflock
	start_bpflock BPFLOCK_EXEC_SNOOP=all -- -c /dev/null
	[ "$(count event=override_program)" -eq 0 ]
}

@test "a hook that is full is an error that names the limit and who has filled it" {
	# As many as the kernel accepts: 38, or 36 on 7.3.
	"$PROGRAMS/crowd" locked_down 100 >"$BATS_TEST_TMPDIR/crowd" 2>&1 3>&- &
	local crowd=$! attached
	eventually grep '^attached' "$BATS_TEST_TMPDIR/crowd"
	attached=$(sed -n 's/^attached //p' "$BATS_TEST_TMPDIR/crowd")
	((attached > 30 && attached < 100))
	run try_bpflock BPFLOCK_KIMGLOCK_PROFILE=baseline -- -c /dev/null
	kill "$crowd"
	wait "$crowd"
	[ "$status" -eq 1 ]
	[[ $output == *"what is attached to lsm/locked_down could not be replaced by a new generation"*"the kernel attaches at most $attached programs there, bpflock has 1 (kimglock), others have $attached: "* ]]
	[[ $output == *'remedy=\"disable one of these plugins, or stop those programs\"'* ]]
	[ "$(grep -oE '[0-9]+ \(crowd\)' <<<"$output" | wc -l)" -eq "$attached" ]
	[ ! -e "$PINS" ]
}

@test "process 1 may load such programs, also under restricted" {
	guarded_within BPFLOCK_SELFGUARD_PROFILE=restricted
	run "$ATTACK" lsm
	[ "$output" = 'lsm denied' ]
	# The guest's first program becomes this one.
	cp "$PROGRAMS/crowd" /run/first
	printf '%s\n' '#!/bin/sh' 'exec /run/first file_open 1 >/run/first.said' >/run/init
	chmod +x /run/init
	kill -USR1 1
	eventually grep -x 'attached 1' /run/first.said
	kill -TERM 1
}
