#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Plugins that misbehave (tests/plugins/misbehaver, tests/plugins/broken/liar.c): the error is reported with the
# plugin's name, and other enforcers stay in force.

load ../lib/policy.bash

PLUGINS=/run/plugins # nobody but root can write to any part of this path

setup_file() {
	install_programs
}

setup() {
	rm -rf "$PLUGINS"
	mkdir -p "$PLUGINS"
	cp /usr/lib/*/bpflock/plugins/*.so "$PLUGINS"
	install_plugins misbehaver
}

teardown() {
	clean_up_bpflock
	rm -f /tmp/own.log
}

# install_plugins NAME...
install_plugins() {
	local name
	for name; do
		install -m 755 "$BPFLOCK_BUILD/tests/plugins/$name.so" "$PLUGINS"
	done
}

# Configures kimglock to deny, and the misbehaver with these lines: configure_both LINE...
configure_both() {
	printf '%s\n' '[bpflock]' "plugin_dir = $PLUGINS" ${OUTPUT:+"log_output = $OUTPUT"} ${FORMAT:+"log_format = $FORMAT"} \
		'[kimglock]' 'enabled = yes' 'profile = restricted' '[misbehaver]' "$@" >"$CONF"
}

# start_both LINE...
start_both() {
	configure_both "$@"
	start_bpflock -- -c "$CONF"
}

# Expects that a start fails with this status: try_both STATUS LINE...
try_both() {
	local expected=$1
	shift
	configure_both 'enabled = yes' "$@"
	run try_bpflock -- -c "$CONF"
	echo "$*: $output"
	[ "$status" -eq "$expected" ]
}

# fails STATUS PHASE MANNER TEXT: expects that this callback fails a start, and that this text reports it.
fails() {
	try_both "$1" "phase = $2" "manner = $3"
	[[ $output == *"$4"* ]]
}

refused() {
	grep -E "^$1 +- +- +refused: " <<<"$output" | grep -F -- "$2"
}

deny_memory() {
	run head -c 1 /dev/mem
	[[ $status -ne 0 && $output == *"Operation not permitted"* ]]
}

@test "tables that lie are refused by name and reason, and the others run" {
	install_plugins backwards baddefault bigvalue decides hugeconfig hugecount hugestride misaligned nameless nodecision \
		noenum noenumerator nogroup noname nooperations norows twoenumerators twoevents twofields twooperations twotypes
	run run_bpflock -- -c /dev/null -o bpflock.plugin_dir="$PLUGINS" --list-plugins
	echo "$output"
	[ "$status" -eq 0 ]
	refused backwards "it carries no BPF object"
	refused baddefault "the default of option 'number' is not valid: [baddefault] number: 'many' is not a valid number"
	refused bigvalue "value 'brown' of 'colour' does not fit in 1 bytes"
	refused decides "enforcers, and only they, have an event that is a decision"
	refused hugeconfig "its configuration structure has an impossible size (1152921504606846976)"
	refused hugecount "its table of options has no rows, too many, or rows of an impossible size"
	refused hugestride "its table of options has no rows, too many, or rows of an impossible size"
	refused misaligned "option 'number' is not aligned to its size"
	refused nameless "'colour' has a value without a name"
	refused nodecision "enforcers, and only they, have an event that is a decision"
	refused noenum "it has a row that is no operation, but no operation_enum"
	refused noenumerator "it has a row that is no operation, without an enumerator of lockdown_reason"
	refused nogroup "it has a boundary without the group that it ends"
	refused noname "it has an operation without a proper name or summary"
	refused nooperations "enforcers, and only they, have operations"
	refused norows "its table of options has no rows, too many, or rows of an impossible size"
	refused twoenumerators "its enumerator LOCKDOWN_NONE is there twice"
	refused twoevents "its event 'one' is there twice"
	refused twofields "field 'fine' of event 'one' is there twice"
	refused twooperations "its operation 'open' is there twice"
	refused twotypes "its event type 1 is there twice"
	[ "$(grep -cE '^[a-z0-9]+ +- +- +refused: ' <<<"$output")" -eq 21 ]

	start_both 'enabled = no'
	[ "$(count 'level=warning msg="event=plugin_refused ')" -eq 21 ]
	denied restricted /dev/mem
}

@test "what cannot be refused, a table that is nowhere and a constructor that aborts, is named when it crashes" {
	install_plugins wild
	run run_bpflock -- -c /dev/null -o bpflock.plugin_dir="$PLUGINS" --list-plugins
	echo "$output"
	[ "$status" -eq 139 ]
	[[ $output == *'level=error msg="event=plugin_crashed phase=open signal=SIGSEGV" bpfprog=wild subsys=bpflock'* ]]
	rm "$PLUGINS/wild.so"
	install_plugins constructor
	try_both 134
	[[ $output == *'msg="event=plugin_crashed phase=open signal=SIGABRT" bpfprog=constructor subsys=bpflock'* ]]
}

@test "a check that fails is a bad configuration, whatever it returns" {
	fails 2 check says 'misbehaver: it does not like this machine'
	fails 2 check fails 'misbehaver: check() failed: No such file or directory'
	fails 2 check positive 'misbehaver: check() returned 7, which is neither 0 nor a negative errno'
	fails 2 check rubbish 'misbehaver: check() returned -9999, which is neither 0 nor a negative errno'
	fails 2 check least 'misbehaver: check() returned -2147483648, which is neither'
	fails 2 check says_and_succeeds 'misbehaver: it does not like this machine'
	[ ! -e "$PINS" ]
}

@test "a required plugin whose preparation or policy fails stops the start, and the status is not the plugin's to choose" {
	local phase failed='level=error msg="event=plugin_failed error=\"' of='\"" bpfprog=misbehaver'
	for phase in prepare policy; do
		fails 1 "$phase" says "${failed}it does not like this machine$of"
		fails 1 "$phase" fails "$failed$phase() failed: No such file or directory$of"
		fails 1 "$phase" positive "$failed$phase() returned 7, which is neither 0 nor a negative errno$of"
		fails 1 "$phase" rubbish "$failed$phase() returned -9999, which is neither"
		fails 1 "$phase" busy "$failed$phase() failed: Device or resource busy$of"
	done
	[ ! -e "$PINS" ]
	head -c "$BYTES" /dev/mem >/dev/null
}

@test "one that is not required costs itself only" {
	local phase manner
	for phase in prepare policy; do
		for manner in fails says_and_succeeds; do
			start_both 'enabled = yes' 'required = no' "phase = $phase" "manner = $manner"
			await_log 'level=error msg="event=plugin_failed error=.*" bpfprog=misbehaver'
			[ -z "$(log_lines 'event=plugin_running .*bpfprog=misbehaver')" ]
			[ ! -e "$PINS/v1/plugins/misbehaver/g1" ]
			chroot / /bin/true
			denied restricted /dev/mem
			clean_up_bpflock
		done
	done
}

@test "a policy that fails on reload leaves the old one in force, and the reload is refused" {
	start_both 'enabled = yes' 'profile = restricted'
	run chroot / /bin/true
	[ "$status" -ne 0 ]
	configure_both 'enabled = yes' 'profile = privileged' 'phase = policy' 'manner = fails'
	kill -HUP "$DAEMON"
	await_log 'level=error msg="event=plugin_failed error=.*policy\(\) failed: No such file.*" bpfprog=misbehaver'
	await_log 'level=error msg="event=reload_refused"'
	[ -z "$(log_lines 'event=reloaded')" ]
	run chroot / /bin/true
	[[ $status -ne 0 && $output == *"Operation not permitted"* ]]
	denied restricted /dev/mem

	configure_both 'enabled = yes' 'profile = privileged'
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	chroot / /bin/true
}

@test "a crash in a callback at the start names plugin and phase, and what a predecessor pinned stays in force" {
	local phase
	start_both 'enabled = no'
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	for phase in check prepare policy; do
		try_both 139 "phase = $phase" 'manner = crash'
		[[ $output == *"level=error msg=\"event=plugin_crashed phase=$phase signal=SIGSEGV\" bpfprog=misbehaver subsys=bpflock"* ]]
		deny_memory
		try_both 134 "phase = $phase" 'manner = abort'
		[[ $output == *"level=error msg=\"event=plugin_crashed phase=$phase signal=SIGABRT\" bpfprog=misbehaver subsys=bpflock"* ]]
		deny_memory
	done
	start_both 'enabled = no'
	denied restricted /dev/mem
}

@test "a plugin that would crash and is disabled is not called" {
	start_both 'enabled = no' 'phase = check' 'manner = crash'
	denied restricted /dev/mem
}

@test "a crash in an observer ends the daemon; pins enforce, and the next start without it takes over" {
	local status=0
	BADLY='its plugin crashes'
	cp /usr/bin/head /tmp/trigger
	OUTPUT='stderr, file:/tmp/own.log' start_both 'enabled = yes' 'profile = restricted' 'phase = observe' 'manner = crash'
	run /tmp/trigger -c 1 /dev/mem
	[ "$status" -ne 0 ]
	await_log 'level=error msg="event=plugin_crashed phase=observe signal=SIGSEGV" bpfprog=misbehaver subsys=bpflock$'
	status=0
	wait "$DAEMON_JOB" || status=$?
	[ "$status" -eq 139 ]
	tail -n 1 /tmp/own.log | grep 'event=plugin_crashed phase=observe signal=SIGSEGV" bpfprog=misbehaver subsys=bpflock$'

	deny_memory
	run chroot / /bin/true
	[ "$status" -ne 0 ]
	start_both 'enabled = no'
	await_log 'event=lsm_locked_down .* comm=trigger ' # its line was not written yet, so the record is read again
	await_log 'event=lsm_locked_down .* comm=head .*bpfprog=kimglock' # recorded in the gap
	denied restricted /dev/mem
	chroot / /bin/true
}

@test "a crash is told as JSON where the log is JSON, also by abort()" {
	BADLY='its plugin aborts'
	cp /usr/bin/head /tmp/trigger
	FORMAT=json start_both 'enabled = yes' 'phase = observe' 'manner = abort'
	run /tmp/trigger -c 1 /dev/mem
	await_log '"event":"plugin_crashed"' | jq -e \
		'.subsys == "bpflock" and .bpfprog == "misbehaver" and .level == "error" and .phase == "observe" and .signal == "SIGABRT"'
}

@test "a crash of the daemon itself names no plugin" {
	local status=0
	BADLY='it is made to crash'
	start_both 'enabled = yes'
	kill -SEGV "$DAEMON"
	await_log 'level=error msg="event=crashed signal=SIGSEGV" subsys=bpflock$'
	wait "$DAEMON_JOB" || status=$?
	[ "$status" -eq 139 ]
	deny_memory
}
