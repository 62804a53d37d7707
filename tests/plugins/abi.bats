#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A binary that was built for ABI 1.0 (tests/plugins/abi-1.0) runs, and does all that it did then.

load ../lib/policy.bash

PLUGINS=/run/plugins # nobody but root can write to any part of this path

setup_file() {
	install_bpflock
	rm -rf "$PLUGINS"
	mkdir -p "$PLUGINS"
	cp /usr/lib/*/bpflock/plugins/*.so "$PLUGINS"
	install -m 755 "$BATS_TEST_DIRNAME/abi-1.0/$(uname -m)/firstabi.so" "$PLUGINS"
}

teardown() {
	umount -q /mnt || true
	clean_up_bpflock
}

# configure LINE...
configure() {
	printf '%s\n' '[bpflock]' "plugin_dir = $PLUGINS" '[firstabi]' "$@" >"$CONF"
}

@test "its options, aliases and checks are as they were" {
	configure 'limit = 13'
	run run_bpflock -- -c "$CONF" --check-config
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *'firstabi: a limit of 13 brings no luck'* ]]
	configure 'colour = red' 'numbers = 1,2,3,4,5' 'limit = 1001'
	run run_bpflock -- -c "$CONF" --check-config
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *"colour: 'red'"* && $output == *'numbers: '* && $output == *'limit: '* ]]
	configure 'colour = brown'
	run run_bpflock BPFLOCK_FIRST_LIMIT=99 -- -c "$CONF" --dump-config
	grep -E '^limit *= *99 .*BPFLOCK_FIRST_LIMIT' <<<"$output"
}

@test "it decides, records, and leaves programs out as it did" {
	UNACCOUNTED='it records mounts as well, which are no decisions'
	configure 'profile = restricted' 'limit = 30' 'numbers = 4, 5'
	start_bpflock -- -c "$CONF"
	mount -t tmpfs -o ro none /mnt
	await_log 'event=lsm_sb_mount tgid=.* comm=mount .*flags=0x1 type=tmpfs" bpfprog=firstabi'
	bpflockctl metrics | grep -Fx 'bpflock_plugin_firstabi_mounts_total 1'
	expect_log 'event=plugin_message .*started with limit 30'
	run chroot / /bin/true
	[[ $status -ne 0 && $output == *'Operation not permitted'* ]]
	# The limit, the first of the numbers, and how many they are.
	await_log 'event=lsm_first operation=chroot tgid=.* comm=chroot .*limit=36 retval=-1 reason=denied \(restricted\)" bpfprog=firstabi'
	run date --set "@$(date +%s)"
	[[ $status -ne 0 && $output == *'Permission denied'* ]]

	configure 'profile = restricted' 'limit = 30' 'colour = brown' 'text = any'
	bpflockctl reload
	eventually date --set "@$(date +%s)" # the old generation is detached a moment later
	await_log 'event=lsm_first operation=.*setting the clock.* retval=0 reason=allow \(level\)" bpfprog=firstabi'
	await_log 'event=plugin_running version=1.0 generation=[2-9] programs=2" bpfprog=firstabi'
	bpflockctl metrics | grep -Fx 'bpflock_plugin_firstabi_mounts_total 1'
	expect_log 'event=plugin_message .*stopped'
	run chroot / /bin/true
	[ "$status" -ne 0 ]
}
