#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Under the kernel's own lockdown=confidentiality. Only a reboot ends it, so tests/vm/kernels names this file last.

load ../lib/policy.bash
load ../lib/exec.bash

PLUGINS=/run/plugins

setup_file() {
	install_programs
	install_exec_programs
	mkdir -p "$PLUGINS"
	cp /usr/lib/*/bpflock/plugins/*.so "$PLUGINS"
	install -m 755 "$BPFLOCK_BUILD"/tests/plugins/{kernelreader,mountwatch}.so "$PLUGINS"
	echo confidentiality >/sys/kernel/security/lockdown
}

teardown() {
	umount -q /mnt || true
	clean_up_bpflock
}

@test "the kernel is locked down" {
	grep -F '[confidentiality]' /sys/kernel/security/lockdown
}

@test "beside it the example for Secure Boot starts, and says who decides first" {
	start_bpflock -- -c "$BATS_TEST_DIRNAME/../../conf/examples/secure-boot.conf"
	expect_log 'event=kernel_lockdown '
}

@test "execsnoop logs success and failure" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all -- -c /dev/null
	"$WORK/target"
	snooped "comm=target pcomm=[^ ]+ filename=$WORK/target retval=0"
	run "$WORK/exec_ways" plain "$WORK/missing"
	snooped "comm=exec_ways pcomm=[^ ]+ filename=$WORK/missing retval=-2"
	run "$WORK/exec_ways" at "$WORK/missing"
	snooped "comm=exec_ways pcomm=[^ ]+ filename=$WORK/missing retval=-2"
}

@test "execsnoop logs arguments" {
	start_bpflock BPFLOCK_EXECSNOOP_ARGS=yes -- -c /dev/null
	/usr/bin/printf '%s' 'one two' >/dev/null
	snooped 'comm=printf pcomm=[^ ]+ filename=/usr/bin/printf args=\\"/usr/bin/printf %s one\\\\x20two\\" retval=0'
}

@test "execsnoop marks a cut file name" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all -- -c /dev/null
	cut=$(path_of 256 "$WORK/target")
	"$cut"
	snooped "comm=target pcomm=[^ ]+ filename=${cut:0:255} truncated=filename retval=0"
	run "$WORK/exec_ways" plain "$(path_of 256 /missing)"
	snooped "comm=exec_ways pcomm=[^ ]+ filename=/[/a-z]{254} truncated=filename retval=-2"
}

@test "execsnoop logs 32-bit executions, success and failure" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all -- -c /dev/null
	"$WORK/exec_32bit" "$WORK/target"
	snooped "comm=target pcomm=[^ ]+ filename=$WORK/target retval=0"
	run "$WORK/exec_32bit" "$WORK/missing"
	snooped "comm=exec_32bit pcomm=[^ ]+ filename=$WORK/missing retval=-2"
}

@test "execsnoop filters" {
	start_bpflock BPFLOCK_EXEC_SNOOP=filter BPFLOCK_EXECSNOOP_UIDS=1000 -- -c /dev/null
	"$WORK/target"
	as_user "$WORK/target"
	settle as_user
	[ "$(count "filename=$WORK/target")" -eq 1 ]
	[ "$(count "uid=1000 .*filename=$WORK/target retval=0")" -eq 1 ]
}

@test "kimglock starts, and the kernel's own denial comes first" {
	start_bpflock BPFLOCK_KIMGLOCK_PROFILE=allow BPFLOCK_EXEC_SNOOP=all -- -c /dev/null
	await_log 'event=plugin_running .* programs=6" bpfprog=kimglock'
	await_log 'level=warning msg="event=enforcement state=unverified reason=\\"superseded by kernel lockdown: [^"]+\\"( unverified=[^ "]+)?" bpfprog=kimglock'
	run head -c 1 /dev/mem
	[ "$output" = "head: cannot open '/dev/mem' for reading: Operation not permitted" ]
	settle
	[ "$(count 'operation=/dev/mem,kmem,port')" -eq 0 ]
}

@test "a daemon that kimglock's predecessor left behind can be replaced" {
	start_bpflock BPFLOCK_KIMGLOCK_PROFILE=restricted BPFLOCK_KIMGLOCK_LEVEL=confidentiality -- -c /dev/null
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	start_bpflock BPFLOCK_KIMGLOCK_PROFILE=allow BPFLOCK_EXEC_SNOOP=all -- -c /dev/null
	await_log 'event=plugin_running .* generation=2 .*bpfprog=kimglock'
}

@test "the guard runs, and no container gets the policy, the mark or the pins" {
	GUARDED=yes start_bpflock -- -c /dev/null -o kimglock.profile=baseline
	await_log 'event=plugin_running .*bpfprog=selfguard'
	for attack in "$PROGRAMS/attack policy" "$PROGRAMS/attack mark" "rm -r $PINS"; do
		# shellcheck disable=SC2086 # several words
		run unshare --net $attack
		echo "$attack: $output"
		[ "$status" -ne 0 ]
	done
	await_log 'event=tamper operation=map .* comm=attack .*reason=denied \(baseline\)" bpfprog=selfguard'
	await_log 'event=tamper operation=unpin .* comm=rm .*reason=denied \(baseline\)" bpfprog=selfguard'
}

@test "a plugin that reads kernel memory is refused by name with the reason, and the others go on" {
	start_bpflock BPFLOCK_KERNELREADER_ENABLED=yes BPFLOCK_MOUNTWATCH_ENABLED=yes -- -c /dev/null -o bpflock.plugin_dir="$PLUGINS"
	refusal=$(await_log 'level=warning msg="event=plugin_failed .*bpfprog=kernelreader')
	[[ $refusal == *"bpf_probe_read_kernel, which the kernel denies under lockdown=confidentiality"* ]]
	[[ $refusal != *processed* && $refusal != *"Invalid argument"* ]]
	[ "$(count 'bpfprog=kernelreader')" -eq 1 ]
	mount -t tmpfs sealed /mnt
	await_log 'comm=mount .* source=sealed fstype=tmpfs flags=0x0" bpfprog=mountwatch'
}

@test "a plugin that reads kernel memory and is required stops the start" {
	run try_bpflock BPFLOCK_KERNELREADER_REQUIRED=yes -- -c /dev/null -o bpflock.plugin_dir="$PLUGINS"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"bpf_probe_read_kernel, which the kernel denies under lockdown=confidentiality"* ]]
	[ ! -e "$PINS" ]
}
