#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Engines need bpf(2) for each container, and execute themselves from memfds: both by the runtimes that podman can use.

load ../lib/enforcement.bash
load ../lib/containers.bash

setup_file() {
	set_up_podman
	install_programs
	printf '%s\n' '[bpfrestrict]' 'profile = baseline' 'event_window = 0' '[filelesslock]' 'profile = baseline' \
		'event_window = 0' >"$CONF"
	start_bpflock -- -c "$CONF"
	export DAEMON
}

setup() {
	forget_log
}

teardown_file() {
	clean_up_containers
}

# with_runtime RUNTIME WORD...: podman with that runtime. It runs from a memfd, because it copies itself to a memfd only
# where it cannot mount its own file. That is so where the file is a memfd.
with_runtime() {
	printf '#!/bin/sh\nexec %s/fileless program %s "$@"\n' "$PROGRAMS" "$(type -P "$1")" >"/run/memfd-$1"
	chmod +x "/run/memfd-$1"
	podman --runtime "/run/memfd-$1" "${@:2}"
}

# inside RUNTIME COMMAND...: by the programs of these tests, in a privileged container
inside() {
	with_runtime "$1" run --rm --network=none --privileged -v "$PROGRAMS:$PROGRAMS" shell "${@:2}"
}

# works RUNTIME
works() {
	[ "$(with_runtime "$1" run --rm --network=none shell /bin/busybox echo works)" = works ]
	await_log 'event=lsm_bpf operation=prog_load:cgroup_device .*retval=0 reason=allow \(baseline\)'
	await_log 'event=lsm_bprm_creds_from_file operation=exec_memfd .*retval=0 reason=allow \(baseline\)'
	[ -z "$(log_lines 'reason=denied')" ]
}

# contains RUNTIME: a privileged container may do neither.
contains() {
	run inside "$1" "$PROGRAMS/fileless" fexecve
	[ "$status" -eq "$ASK_DENIED" ]
	await_log 'event=lsm_bprm_creds_from_file operation=exec_memfd .*comm=fileless .*file=.*/memfd:payload .*reason=denied \(baseline\)'
	run inside "$1" "$PROGRAMS/bpf_request" map
	[ "$status" -eq "$ASK_DENIED" ]
	await_log 'event=lsm_bpf operation=map_create .*comm=bpf_request .*reason=denied \(baseline\)'
}

@test "runc starts containers under baseline out of memfds, and they are contained" {
	works runc
	expect_log 'file=."/memfd:runc_cloned:/proc/self/exe '
	contains runc
}

@test "so does crun" {
	works crun
	contains crun
}

@test "a command starts in a container that runs" {
	with_runtime runc run --rm --detach --name running --network=none shell /bin/busybox sleep 100
	[ "$(with_runtime runc exec running /bin/busybox echo works)" = works ]
	podman rm --force --time 0 running
	[ -z "$(log_lines 'reason=denied')" ]
}
