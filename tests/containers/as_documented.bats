#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The container image as docs/operations.md recommends to run it.

load ../lib/enforcement.bash
load ../lib/containers.bash

setup_file() {
	set_up_podman
}

teardown() {
	clean_up_containers
}

@test "the recommended line enforces, spares the host's namespaces, is healthy, and goes on enforcing when it is stopped" {
	UNACCOUNTED='no daemon counts what is decided after the last one'
	start_container "${TIGHT[@]}" -e BPFLOCK_KIMGLOCK_PROFILE=baseline
	podman healthcheck run bpflock
	podman exec bpflock bpflockctl status --short
	run in_container --privileged -- head -c 1 /dev/mem
	[ "$status" -ne 0 ]
	decision /dev/mem,kmem,port denied baseline busybox
	podman run --rm --privileged --pid=host --network=host shell /bin/busybox head -c 1 /dev/mem >/dev/null
	decision /dev/mem,kmem,port allow baseline busybox
	[ -z "$(log_lines 'subsys=bpflock' | grep -E 'level=(warning|error)')" ]

	podman stop bpflock
	expect_log 'event=stopped on_exit=keep'
	run in_container --privileged -- head -c 1 /dev/mem
	[ "$status" -ne 0 ]
	is_open
	podman run --rm --pid=host --privileged --network=host "${BPFFS[@]}" "$IMAGE" --unload
	nothing_is_left
	eventually in_container --privileged -- head -c 1 /dev/mem >/dev/null
}
