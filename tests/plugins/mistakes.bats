#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Broken plugins (tests/plugins/broken): each gets one clear message, and nothing else changes. What can be seen
# without a kernel is tested in tests/kit/check.bats as well.

load ../lib/policy.bash

PLUGINS=/run/plugins # nobody but root can write to any part of this path

setup_file() {
	install_bpflock
}

setup() {
	rm -rf "$PLUGINS"
	mkdir -p "$PLUGINS"
	cp /usr/lib/*/bpflock/plugins/*.so "$PLUGINS"
}

teardown() {
	clean_up_bpflock
}

# with_broken NAME...: a daemon with these plugins, and an enforcer and an observer that are not broken.
with_broken() {
	local name variables=()
	for name; do
		install -m 755 "$BPFLOCK_BUILD/tests/plugins/$name.so" "$PLUGINS"
		variables+=("BPFLOCK_${name^^}_ENABLED=yes" "BPFLOCK_${name^^}_REQUIRED=no")
	done
	start_bpflock BPFLOCK_KIMGLOCK_PROFILE=restricted BPFLOCK_EXEC_SNOOP=all "${variables[@]}" -- \
		-c /dev/null -o bpflock.plugin_dir="$PLUGINS"
}

# message NAME TEXT: the only line of the log about this plugin has this text.
message() {
	echo "$1: $(log_lines "bpfprog=$1 ")"
	[ "$(count "bpfprog=$1 ")" -eq 1 ]
	expect_log "level=(warning|error) msg=\"event=plugin_failed .*$2.*\" bpfprog=$1 subsys=bpflock"
}

@test "a broken plugin costs one line, and the others run" {
	local broken=(absent badlicense badskip folded kprobe nobtf nocount nolicense pinnedmap policyheader shortrecord
		undeclared unknownsection writable wrongsize xdp badgroup undecided unknownprogram nohook)
	with_broken "${broken[@]}"
	await_log 'event=plugin_running .*bpfprog=execsnoop'
	await_log 'event=plugin_running .*bpfprog=kimglock'
	message absent "option 'number' needs the variable 'number' in its BPF object, which has none"
	message badlicense "the license of its BPF object is not compatible with the GPL: 'Proprietary'"
	message badskip 'prepare\(\) failed by skip_program\(.*wacth.*\): its BPF object has no program of this name.*did you mean .watch.\? valid: watch'
	message folded "the variable 'number' of its BPF object is not volatile"
	message kprobe "its program watch is in the section 'kprobe/do_sys_openat2', which bpflock does not attach"
	message nobtf 'its BPF object has no type information'
	message nocount "option 'ports' is a list: its BPF object has no constant 'ports_count'"
	message nolicense 'its BPF object names no license'
	message pinnedmap 'its map seen has LIBBPF_PIN_BY_NAME'
	message policyheader 'its BPF object includes <bpflock/policy.bpf.h>, but it is no enforcer'
	message shortrecord "field 'number' of event 'set_name' ends at byte 96, and the largest record .* has 88 bytes"
	message undeclared 'its programs make records of the event type 7, which its table of events does not have'
	message unknownsection "its program watch is in the section 'lms/settime', which libbpf does not know"
	message writable "the variable 'number' of its BPF object is not const"
	message wrongsize "an element of the variable 'networks' of its BPF object has 8 bytes, .* has 20"
	message xdp "its program watch is in the section 'xdp', which bpflock does not attach"
	message badgroup 'policy\(\) failed by exempt_group\(.*clocks.*\): none of its operations is in a group of this name.*did you mean .clock.\? valid: all, clock'
	message undecided 'it is an enforcer, but its BPF object decides nothing'
	message unknownprogram 'its table of programs names wacht, which its BPF object does not have'
	message nohook 'this kernel has none of the functions that its programs attach to .lsm/settimes.'
	local name
	for name in "${broken[@]}"; do
		[ ! -e "$PINS/v1/plugins/$name" ]
	done
	[ ! -e /sys/fs/bpf/seen ]
	run head -c "$BYTES" /dev/mem
	[ "$status" -ne 0 ]
}

@test "a program that the verifier rejects is named with its source, the sentence, a hint and the whole log" {
	with_broken notallowed notpointer nullpointer outside unsubmitted
	await_log 'event=plugin_running .*bpfprog=execsnoop'
	local at='' rejects
	[[ $(uname -r) == 6.1.* ]] || at=' at mistake\.bpf\.c:[0-9]+'
	rejects="the verifier rejects its program watch$at: "
	message notallowed "$rejects.*(unknown func|cannot use helper) bpf_override_return#58.*may not call"
	message notpointer "${rejects}R0 invalid mem access 'scalar'.*a number is used as a pointer"
	message nullpointer "${rejects}R0 invalid mem access 'map_value_or_null'.*compare the pointer with NULL"
	message outside "$rejects.*outside of the allowed memory range.*compare the index with the size"
	message unsubmitted "${rejects}Unreleased reference id=.*submit the record on every path"
	expect_log 'whole log is in /run/bpflock/verifier-notpointer\.log.* bpfprog=notpointer'
	[ "$(stat -c '%U %a' /run/bpflock/verifier-notpointer.log)" = 'root 600' ]
	grep -q "invalid mem access 'scalar'" /run/bpflock/verifier-notpointer.log
	run head -c "$BYTES" /dev/mem
	[ "$status" -ne 0 ]
}

@test "a plugin without a mistake runs" {
	with_broken faultless
	await_log 'event=plugin_running .*bpfprog=faultless'
	hostname "$(hostname)"
	await_log 'event=set_name .*number=1" bpfprog=faultless'
}
