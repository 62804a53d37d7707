#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a container lacks is named as its engine calls it.

load ../lib/enforcement.bash
load ../lib/containers.bash

setup_file() {
	set_up_podman
}

teardown() {
	clean_up_containers
}

# refused STATUS TEXT FLAG...: an enforcer in a container with these flags does not start, and says why on stderr
refused() {
	run podman run --rm --no-healthcheck -e BPFLOCK_KIMGLOCK_PROFILE=baseline "${@:3}" "$IMAGE"
	[[ $status -eq $1 && $output == *"$2"* ]] || {
		echo "status $status: $output"
		return 1
	}
	nothing_is_left
}

@test "mounts, capabilities and namespaces that are missing are named as flags" {
	refused 69 'start the container with -v /sys/fs/bpf:/sys/fs/bpf' --pid=host --network=none --privileged
	refused 77 'start the container with --pid=host' --network=none --privileged "${BPFFS[@]}"
	refused 77 'start the container with --cap-add=BPF --cap-add=PERFMON --cap-add=SYS_ADMIN --cap-add=SETPCAP' "${HOST_NAMESPACES[@]}" "${BPFFS[@]}"
	refused 77 'start the container with --cap-add=SYS_ADMIN, or --security-opt seccomp=unconfined' \
		"${HOST_NAMESPACES[@]}" --cap-add=BPF --cap-add=PERFMON "${BPFFS[@]}"
	refused 77 'start the container with --userns=host' "${HOST_NAMESPACES[@]}" --privileged --uidmap 0:100000:1000 "${BPFFS[@]}"
}

@test "a profile of AppArmor that confines it is named" {
	grep -q apparmor /sys/kernel/security/lsm
	run podman run --rm --no-healthcheck -e BPFLOCK_KIMGLOCK_PROFILE=baseline "${HOST_NAMESPACES[@]}" "${CAPABILITIES[@]}" \
		"${BPFFS[@]}" "${SECURITYFS[@]}" "$IMAGE"
	[ "$status" -ne 0 ]
	[[ $output == *'cannot make it: Permission denied'*'--security-opt apparmor=unconfined'* ]]
	nothing_is_left
}

@test "a container in a container is told that this is what it is" {
	UNDER=(unshare --pid --fork --mount --mount-proc)
	run "${UNDER[@]}" podman run --rm --no-healthcheck -e BPFLOCK_KIMGLOCK_PROFILE=baseline "${TIGHT[@]}" "$IMAGE"
	[ "$status" -eq 77 ]
	[[ $output == *'Docker in Docker'*'on the machine itself'* ]]
}

@test "a second container ends with 75 and says so, and the first one goes on" {
	start_container "${TIGHT[@]}" -e BPFLOCK_KIMGLOCK_PROFILE=restricted -e BPFLOCK_ON_EXIT=unload
	run podman run --rm --no-healthcheck "${TIGHT[@]}" "$IMAGE"
	[ "$status" -eq 75 ]
	[[ $output == *"bpflock runs already, as process $DAEMON"* ]]
	is_denied
}
