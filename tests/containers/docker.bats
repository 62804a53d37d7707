#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The image under docker, as README writes it for podman.

load ../lib/enforcement.bash
load ../lib/containers.bash

setup_file() {
	set_up_podman
	mkdir -p /var/lib/docker
	mount -t tmpfs none /var/lib/docker
	dockerd --bridge=none --iptables=false >/tmp/dockerd.log 2>&1 3>&- &
	eventually docker info >/dev/null 2>&1
	docker load --input "$BATS_TEST_DIRNAME/../../build/bpflock-image.tar"
}

teardown() {
	docker rm --force bpflock || true
	clean_up_containers
}

teardown_file() {
	pkill -x dockerd
}

healthy() {
	[ "$(docker inspect --format '{{.State.Health.Status}}' bpflock)" = healthy ]
}

# Docker 20.10 does not know the capabilities of Linux 5.8. CAP_SYS_ADMIN includes them.
OLD_CAPABILITIES=()
for word in "${TIGHT[@]}"; do
	[[ $word =~ ^--cap-add=(BPF|PERFMON)$ ]] || OLD_CAPABILITIES+=("$word")
done

@test "the recommended line enforces, is healthy, and is stopped in time" {
	start_log
	docker run --name bpflock "${OLD_CAPABILITIES[@]}" --health-interval 1s -e BPFLOCK_ON_EXIT=unload \
		-e BPFLOCK_KIMGLOCK_PROFILE=baseline "$IMAGE" >>"$LOG" 2>&1 3>&- &
	DAEMON_JOB=$!
	DAEMON_JOBS+=("$DAEMON_JOB")
	await_start 0
	eventually healthy
	run in_container --privileged -- head -c 1 /dev/mem
	[ "$status" -ne 0 ]
	decision /dev/mem,kmem,port denied baseline busybox
	docker stop bpflock
	[ "$(docker inspect --format '{{.State.ExitCode}}' bpflock)" -eq 0 ]
	nothing_is_left
}

@test "the widest line, with a terminal" {
	start_log
	script --quiet --flush --command "docker run --name bpflock -it --rm --network=none --cgroupns=host --pid=host --privileged \
		-e BPFLOCK_EXEC_SNOOP=all -e BPFLOCK_KIMGLOCK_PROFILE=allow \
		-v /sys/kernel/:/sys/kernel/ -v /sys/fs/bpf:/sys/fs/bpf $IMAGE" /dev/null </dev/null 2>&1 |
		stdbuf -oL tr -d '\r' >>"$LOG" 3>&- &
	DAEMON_JOB=$!
	await_start 0
	in_container --privileged -- head -c 1 /dev/mem >/dev/null
	decision /dev/mem,kmem,port allow privileged busybox
	docker stop bpflock
	nothing_is_left
}

@test "without a mount the flag is named" {
	run docker run --rm "${HOST_NAMESPACES[@]}" --privileged -e BPFLOCK_KIMGLOCK_PROFILE=baseline "$IMAGE"
	[ "$status" -eq 69 ]
	[[ $output == *'start the container with -v /sys/fs/bpf:/sys/fs/bpf'* ]]
}
