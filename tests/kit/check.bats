#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# bpflock-plugin check, without privilege: each broken plugin (tests/plugins/broken) gets one message that says what to
# do. Needs `build`.

BUILD=${BPFLOCK_BUILD:-$BATS_TEST_DIRNAME/../../build}
PLUGINS=$BUILD/tests/plugins


# As a user without privilege, also where the test is run by root.
unprivileged() {
	if ((EUID == 0)); then
		setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	else
		"$@"
	fi
}

tool() {
	unprivileged "$BUILD/kit/bpflock-plugin" "$@"
}

# is_wrong NAME TEXT REMEDY: the only error about this plugin has this text, and this remedy.
is_wrong() {
	run tool check "$PLUGINS/$1.so"
	echo "$output"
	[ "$status" -eq 1 ]
	[ "$(grep -c ': error: ' <<<"$output")" -eq 1 ]
	[[ $output == *"$1.so: error: $2"* ]]
	[[ $output == *"$3"* ]]
}

@test "what the BPF object lacks" {
	is_wrong nobtf 'its BPF object has no type information (BTF)' 'compile it with -g, and strip it by llvm-strip -g only'
	is_wrong nolicense 'its BPF object names no license' 'write: char LICENSE[] SEC("license") = "GPL"'
	is_wrong badlicense "the license of its BPF object is not compatible with the GPL: 'Proprietary'" 'write: char LICENSE'
	is_wrong policyheader 'its BPF object includes <bpflock/policy.bpf.h>, but it is no enforcer' \
		'set .flags = BPFLOCK_ENFORCER in the descriptor, or include <bpflock/event.bpf.h> only'
	is_wrong undecided 'it is an enforcer, but its BPF object decides nothing' \
		'include <bpflock/policy.bpf.h> and call bpflock_decide()'
	is_wrong pinnedmap 'its map seen has LIBBPF_PIN_BY_NAME' 'remove __uint(pinning, …)'
}

@test "sections that nobody knows, or that bpflock does not attach" {
	is_wrong unknownsection "its program watch is in the section 'lms/settime', which libbpf does not know" \
		"did you mean 'lsm' or 'lsm.s'? valid: lsm, lsm.s, fentry, fexit, tp_btf"
	is_wrong kprobe "its program watch is in the section 'kprobe/do_sys_openat2', which bpflock does not attach" \
		'use SEC("fentry/do_sys_openat2")'
	is_wrong xdp "its program watch is in the section 'xdp', which bpflock does not attach" \
		'valid: lsm, lsm.s, fentry, fexit, tp_btf'
	is_wrong unknownprogram 'its table of programs names wacht, which its BPF object does not have' \
		"did you mean 'watch'? valid: watch"
}

@test "options whose variables are not there, or take no value" {
	is_wrong absent "option 'number' needs the variable 'number' in its BPF object, which has none" \
		'add there: const volatile … number = …; and use it'
	is_wrong writable "option 'number': the variable 'number' of its BPF object is not const" \
		'declare it there as const volatile'
	is_wrong folded "option 'number': the variable 'number' of its BPF object is not volatile" \
		'declare it there as const volatile'
	is_wrong nocount "option 'ports' is a list: its BPF object has no constant 'ports_count'" \
		'add there: const volatile __u32 ports_count = 0;'
	is_wrong wrongsize "option 'networks': an element of the variable 'networks' of its BPF object has 8 bytes, and a value of the option has 20" \
		'declare it there as const volatile struct bpflock_cidr networks[MAX]'
}

@test "records that the tables do not describe" {
	is_wrong undeclared 'its programs make records of the event type 7, which its table of events does not have' \
		'add a row with .type = 7 to the table of events'
	is_wrong shortrecord "field 'number' of event 'set_name' ends at byte 96, and the largest record of its programs has 88" \
		'begin the record with the size of the whole structure, or correct the field'
}

@test "tables that lie are refused as by the daemon, and what crashes is told" {
	is_wrong badfield "field 'when' of event 'set_host_name' lies outside the record" ''
	is_wrong wild 'opening it crashes: Segmentation fault' 'look at its constructors, '
	is_wrong constructor 'opening it crashes: Aborted' 'look at its constructors, '
}

@test "files that are no plugin, or for another machine" {
	local file=$BATS_TEST_TMPDIR/faultless.so
	cp "$PLUGINS/faultless.so" "$file"
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$(dirname "$BATS_TEST_TMPDIR")"
	run tool check "$file"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = "$file: no mistake found" ]
	# e_machine of the ELF header: an old SPARC, which nothing of this project runs on
	printf '\x02\x00' | dd of="$file" bs=1 seek=18 conv=notrunc status=none
	run tool check "$file"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == "$file: error: it is built for another machine (ELF machine 2), and this machine is "* ]]
	run tool check "$PLUGINS/faultless.bpf.o"
	[ "$status" -eq 1 ]
	[[ $output == *'it is a BPF object: a plugin is the shared object that embeds it' ]]
	run tool check "$BATS_TEST_FILENAME"
	[ "$status" -eq 1 ]
	[[ $output == *': error: it is no ELF file' ]]
	run tool check /nonexistent.so
	[ "$status" -eq 1 ]
	[[ $output == *': error: it cannot be read: No such file or directory' ]]
}

@test "hooks are those of the running kernel, or of another's BTF" {
	run tool check "$PLUGINS/nohook.so"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *'this kernel has none of the functions that its programs attach to'* ]]
	# This BTF has no hooks at all.
	run tool check --btf "$PLUGINS/faultless.bpf.o" "$PLUGINS/hostlock.so"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *'error: this kernel has no lsm/path_chroot, so that nobody would decide what its program change_root does'* ]]
	run tool check --btf "$BATS_TEST_FILENAME" "$PLUGINS/hostlock.so"
	[ "$status" -eq 1 ]
	[[ $output == *"error: hooks are not looked for, because $BATS_TEST_FILENAME has no BTF that can be read"* ]]
}

@test "the binary that was built for ABI 1.0 has no mistake" {
	run tool check "$BATS_TEST_DIRNAME/../plugins/abi-1.0/$(uname -m)/firstabi.so"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "an enforcer without a self-test is no error, and several files are checked one by one" {
	run tool check "$PLUGINS/hostlock.so" "$PLUGINS/wild.so" "$BUILD"/plugins/*.so
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *'hostlock.so: warning: no program has a self-test'* ]]
	[[ $output == *'hostlock.so: no mistake found'* ]]
	[[ $output == *'wild.so: error: opening it crashes'* ]]
	[ "$(grep -c 'plugins/[a-z]*.so: no mistake found' <<<"$output")" -ge 4 ]
	run tool check --load "$PLUGINS/hostlock.so"
	[ "$status" -eq 77 ]
}
