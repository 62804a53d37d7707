#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a log engine on the node makes of a container's log. podman's k8s-file is the format of CRI runtimes.

load ../lib/enforcement.bash
load ../lib/containers.bash

setup_file() {
	set_up_podman
}

teardown() {
	kill "$RSYSLOG" || true
	clean_up_containers
}

@test "rsyslog, with the example of deploy/kubernetes, writes denials to a file of their own" {
	start_container "${TIGHT[@]}" -e BPFLOCK_LOG_FORMAT=json -e BPFLOCK_LOG_OUTPUT=stdout -e BPFLOCK_ON_EXIT=unload \
		-e BPFLOCK_KIMGLOCK_PROFILE=baseline
	logs=/run/containers-logs
	mkdir -p "$logs"
	ln -s "$(podman inspect --format '{{.HostConfig.LogConfig.Path}}' bpflock)" "$logs/bpflock-x_bpflock-system_bpflock-1.log"
	{
		echo 'global(workDirectory="/run")'
		sed -e "s,/var/log/containers,$logs," -e 's,/var/log/,/run/,' "$BATS_TEST_DIRNAME/../../deploy/kubernetes/examples/rsyslog.conf"
	} >/run/rsyslog.conf
	rsyslogd -n -f /run/rsyslog.conf -i /run/rsyslog.pid 3>&- &
	RSYSLOG=$!
	run in_container --privileged -- head -c 1 /dev/mem
	[ "$status" -ne 0 ]
	in_container -- true
	eventually test -s /run/bpflock-denied.json
	is_json '.event == "lsm_locked_down" and .reason == "denied (baseline)" and .comm == "busybox"' </run/bpflock-denied.json
}
