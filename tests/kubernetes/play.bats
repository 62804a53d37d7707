#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The DaemonSet of deploy/kubernetes, played by podman on one machine.

load ../lib/enforcement.bash
load ../lib/containers.bash

RENDERED=$BATS_TEST_DIRNAME/../../build/kubernetes

setup_file() {
	set_up_podman
}

teardown() {
	clean_up_containers
}

# play OVERLAY: until the pod is as ready as its probes ask
play() {
	podman kube play "${2-$RENDERED/$1.yaml}"
	CONTAINER=$(podman ps --format '{{.Names}}' | grep -x 'bpflock.*-bpflock')
	eventually podman exec "$CONTAINER" bpflockctl status --short
}

@test "baseline enforces, without being privileged, and its log is JSON on stdout" {
	UNACCOUNTED='the engine has the log'
	play baseline
	[ "$(podman inspect --format '{{.HostConfig.Privileged}}' "$CONTAINER")" = false ]
	podman exec "$CONTAINER" bpflockctl ping
	run in_container --privileged -- head -c 1 /dev/mem
	[ "$status" -ne 0 ]
	eventually eval 'podman logs "$CONTAINER" 2>/dev/null | grep -F "\"reason\":\"denied (baseline)\""'
	podman logs "$CONTAINER" 2>/dev/null | is_json '.level != "error" and .level != "warning"'

	# The pod goes, and the lock stays, until the overlay that removes it was there.
	podman kube down "$RENDERED/baseline.yaml"
	run in_container --privileged -- head -c 1 /dev/mem
	[ "$status" -ne 0 ]
	play uninstall
	eventually in_container --privileged -- head -c 1 /dev/mem >/dev/null
	podman kube down "$RENDERED/uninstall.yaml"
	nothing_is_left
}

@test "another overlay takes over without a moment without enforcement" {
	UNACCOUNTED='the engine has the log'
	play restricted
	start_hammer
	podman kube down "$RENDERED/restricted.yaml"
	play restricted
	nothing_opened
	is_denied
	podman kube down "$RENDERED/restricted.yaml"
	play uninstall
}

metrics_of() {
	exec 4<>/dev/tcp/127.0.0.1/9750 || return
	printf 'GET /metrics HTTP/1.0\r\n\r\n' >&4
	cat <&4 >"$BATS_TEST_TMPDIR/metrics"
	exec 4>&-
	grep "^bpflock_plugin_info.*\"$1\"" "$BATS_TEST_TMPDIR/metrics" || { cat "$BATS_TEST_TMPDIR/metrics" && return 1; }
}

# podman gives no pod the address of its node, and each container a memory of its own instead of one for the pod.
@test "the component serves the metrics of the daemon next to it, as nobody" {
	UNACCOUNTED='the engine has the log'
	sed -z -e 's/valueFrom:\n *fieldRef:\n *fieldPath: status.hostIP/value: 127.0.0.1/' -e 's/\n *medium: Memory\n/\n/' \
		"$RENDERED/metrics.yaml" >"$BATS_TEST_TMPDIR/metrics.yaml"
	play metrics "$BATS_TEST_TMPDIR/metrics.yaml"
	eventually metrics_of kimglock
	server=$(pidof bpflockctl)
	[ "$(awk '$1 == "Uid:" { print $3 }' "/proc/$server/status")" = 65534 ]
	[ "$(awk '$1 == "CapEff:" { print $2 }' "/proc/$server/status")" = 0000000000000000 ]
	podman kube down "$BATS_TEST_TMPDIR/metrics.yaml"
	play uninstall
	podman kube down "$RENDERED/uninstall.yaml"
}

@test "a broken key ends the pod, and changes nothing" {
	sed 's/profile = baseline/profil = baseline/' "$RENDERED/baseline.yaml" >"$BATS_TEST_TMPDIR/broken.yaml"
	podman kube play "$BATS_TEST_TMPDIR/broken.yaml" || true
	container=$(podman ps --all --format '{{.Names}}' | grep -x 'bpflock.*-bpflock')
	eventually eval 'podman logs "$container" 2>&1 | grep -F "50-baseline.conf:"'
	nothing_is_left
}
