#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# bpflock in a container: configured, restarted, replaced, killed, removed.

load ../lib/enforcement.bash
load ../lib/containers.bash

setup_file() {
	set_up_podman
}

teardown() {
	end_all KILL hammer
	clean_up_containers
}

# with_terminal COMMAND: as from an operator's shell, its output in the log. The terminal ends lines with \r\n.
with_terminal() {
	start_log
	script --quiet --flush --command "$1" /dev/null </dev/null 2>&1 | stdbuf -oL tr -d '\r' >>"$LOG" 3>&- &
	DAEMON_JOB=$!
	await_start 0
}

WIDE='--rm --cgroupns=host --pid=host --privileged -v /sys/kernel/:/sys/kernel/ -v /sys/fs/bpf:/sys/fs/bpf'

@test "privileged, with variables, with and without a terminal" {
	with_terminal "podman run --name bpflock -it $WIDE -e BPFLOCK_EXEC_SNOOP=all -e BPFLOCK_KIMGLOCK_PROFILE=allow $IMAGE"
	in_container --privileged -- head -c 1 /dev/mem >/dev/null
	decision /dev/mem,kmem,port allow privileged busybox
	expect_log 'event=syscall_execve .*comm=busybox'
	podman stop bpflock
	nothing_is_left

	# shellcheck disable=SC2086 # several words
	start_container $WIDE -e BPFLOCK_KIMGLOCK_PROFILE=baseline
	run in_container --privileged -- head -c 1 /dev/mem
	[ "$status" -ne 0 ]
	decision /dev/mem,kmem,port denied baseline busybox
}

@test "a file of variables, and a directory of files" {
	echo BPFLOCK_KIMGLOCK_PROFILE=restricted >"$BATS_TEST_TMPDIR/variables"
	start_container "${TIGHT[@]}" --env-file "$BATS_TEST_TMPDIR/variables" -e BPFLOCK_ON_EXIT=unload
	is_denied
	podman stop bpflock
	mkdir -p "$BATS_TEST_TMPDIR/bpflock/conf.d"
	printf '[kimglock]\nprofile = restricted\nallow = dev_mem\n' >"$BATS_TEST_TMPDIR/bpflock/conf.d/50-lock.conf"
	start_container "${TIGHT[@]}" -v "$BATS_TEST_TMPDIR/bpflock/:/etc/bpflock" -e BPFLOCK_ON_EXIT=unload
	is_open
	podman exec bpflock bpflockctl policy | grep -F /etc/bpflock/conf.d/50-lock.conf
}

@test "restricted denies containers in the host's namespaces, too" {
	start_container "${TIGHT[@]}" -e BPFLOCK_KIMGLOCK_PROFILE=restricted -e BPFLOCK_ON_EXIT=unload
	run podman run --rm --privileged --pid=host --network=host shell /bin/busybox head -c 1 /dev/mem
	[ "$status" -ne 0 ]
	decision /dev/mem,kmem,port denied restricted busybox
	is_denied
}

@test "a plugin of somebody else comes by a volume" {
	mkdir -p /run/plugins
	cp "$BPFLOCK_BUILD/tests/plugins/mountwatch.so" /run/plugins
	start_container "${TIGHT[@]}" -v /run/plugins/mountwatch.so:/usr/lib/bpflock/plugins/mountwatch.so:ro \
		-e BPFLOCK_MOUNTWATCH_ENABLED=yes -e BPFLOCK_ON_EXIT=unload
	expect_log 'event=plugin_running .* bpfprog=mountwatch'
}

@test "a container that was killed leaves everything in force, and the next one tells the gap" {
	start_container "${TIGHT[@]}" -e BPFLOCK_KIMGLOCK_PROFILE=restricted
	start_hammer
	kill_bpflock
	wait "$DAEMON_JOB" || true
	resume_container "${TIGHT[@]}" -e BPFLOCK_KIMGLOCK_PROFILE=restricted -e BPFLOCK_ON_EXIT=unload
	nothing_opened
	expect_log 'event=gap '
}

# The binary of another container is another file, by which no guard recognizes it. The list is that of the README.
@test "so it is where bpf(2) is denied to everybody, but for what engines need for devices" {
	local flags=("${TIGHT[@]}" -e BPFLOCK_BPFRESTRICT_PROFILE=restricted -e BPFLOCK_BPFRESTRICT_EVENT_WINDOW=0
		-e "BPFLOCK_BPFRESTRICT_ALLOW=cgroup_device,cgroup_skb,prog_attach,prog_detach,prog_query,prog_get_fd_by_id")
	start_container "${flags[@]}"
	kill_bpflock
	wait "$DAEMON_JOB" || true
	run bpftool map create /sys/fs/bpf/other type array key 4 value 4 entries 1 name other
	[[ $status -ne 0 && $output == *'Operation not permitted'* ]]
	resume_container "${flags[@]}" -e BPFLOCK_ON_EXIT=unload
	expect_log 'event=gap '
	expect_log 'event=enforcement state=enforcing" bpfprog=bpfrestrict'
	[ -z "$(log_lines 'comm=bpflock .*reason=denied')" ]
}

@test "neither podman restart nor another image opens a moment without enforcement" {
	UNACCOUNTED='the engine has the log of the daemons before the last'
	podman run --detach --name bpflock --no-healthcheck "${TIGHT[@]}" -e BPFLOCK_KIMGLOCK_PROFILE=restricted "$IMAGE"
	eventually podman exec bpflock bpflockctl ping
	start_hammer
	podman restart bpflock
	eventually podman exec bpflock bpflockctl ping
	podman rm --force bpflock
	podman tag "$IMAGE" linuxlock/bpflock:next
	podman run --detach --name bpflock --no-healthcheck "${TIGHT[@]}" -e BPFLOCK_KIMGLOCK_PROFILE=restricted linuxlock/bpflock:next
	eventually podman exec bpflock bpflockctl ping
	nothing_opened
	podman logs bpflock 2>&1 | grep 'event=gap '
}

@test "podman stop ends it by SIGTERM, and then nothing is left" {
	start_container "${TIGHT[@]}" -e BPFLOCK_KIMGLOCK_PROFILE=restricted -e BPFLOCK_ON_EXIT=unload
	podman stop bpflock
	expect_log 'event=stopped'
	wait "$DAEMON_JOB"
	nothing_is_left
}
