#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# filelesslock: who may execute files that exist only in memory.

LOCK=filelesslock
load ../lib/policy.bash

DISK=/var/tmp/fileless # on the guest's root, an overlay, which is no tmpfs for the kernel
TMPFS=/run/fileless
FILELESS=$DISK/fileless

EVENT='' # of the line that is expected

setup_file() {
	install_programs
	mkdir -p "$DISK" "$TMPFS"
	mountpoint -q "$TMPFS" || mount -t tmpfs none "$TMPFS"
	cp "$PROGRAMS/fileless" "$TMPFS"
	cp "$PROGRAMS/fileless" "$DISK"
	echo 4 >/proc/sys/vm/nr_hugepages
	start_with 'profile = baseline' 'event_window = 0'
	export DAEMON
}

setup() {
	forget_log
}

teardown_file() {
	clean_up_bpflock
	umount "$TMPFS"
	rm -rf "$DISK"
}

# line OPERATION RETVAL REASON FILE
line() {
	await_log "event=$EVENT operation=$1 tgid=.* file=(\\\\\")?$4( \\(deleted\\))?(\\\\\")? retval=$2 reason=$3\" bpfprog=filelesslock subsys=bpf\$"
}

# refused RULE OPERATION FILE COMMAND...
refused() {
	local - && set +T
	forget_log
	run "${@:4}"
	[[ $status -ne 0 && $output != *ran* ]] || {
		echo "not refused: ${*:4}: status $status: $output"
		return 1
	}
	line "$2" -1 "denied \\($1\\)" "$3"
}

# may RULE OPERATION FILE COMMAND...
may() {
	local - && set +T
	forget_log
	run "${@:4}"
	[[ $status -eq 0 ]] || {
		echo "refused: ${*:4}: status $status: $output"
		return 1
	}
	line "$2" 0 "allow \\($1\\)" "$3"
}

# Expects that the command succeeds, and that nothing was decided: not_asked COMMAND...
not_asked() {
	local - && set +T
	forget_log
	"$@"
	# After this line, earlier decisions are in the log.
	"$FILELESS" map
	EVENT=lsm_mmap_file line map_memfd 0 '.*' /memfd:payload >/dev/null
	[[ $(log_lines 'reason=' | wc -l) -eq 1 ]] || {
		echo "decided about: $*" && log_lines 'reason='
		return 1
	}
}

memfd_is_refused() {
	local way
	EVENT=lsm_bprm_creds_from_file
	for way in fexecve empty_path proc other; do
		refused "$1" exec_memfd /memfd:payload "${@:2}" "$FILELESS" "$way"
	done
}

@test "a contained task cannot execute a memfd, by any name of it" {
	memfd_is_refused baseline contained --mount-proc
}

@test "nor one of huge pages" {
	EVENT=lsm_bprm_creds_from_file
	refused baseline exec_memfd /memfd:payload contained --mount-proc "$FILELESS" huge
	EVENT=lsm_mmap_file
	refused baseline map_memfd /memfd:payload contained --mount-proc "$FILELESS" map_huge
}

@test "nor a script in a memfd, nor a script whose interpreter is a memfd" {
	EVENT=lsm_bprm_check_security
	refused baseline exec_memfd /memfd:payload contained --mount-proc "$FILELESS" script
	EVENT=lsm_bprm_creds_from_file
	refused baseline exec_memfd /memfd:payload contained --mount-proc "$FILELESS" interpreter "$DISK/script"
}

@test "nor have the dynamic linker run a memfd, nor use a memfd as dynamic linker" {
	EVENT=lsm_mmap_file
	refused baseline map_memfd /memfd:payload contained --mount-proc "$FILELESS" loader "$(type -P true)"
	refused baseline map_memfd /memfd:payload contained --mount-proc "$FILELESS" linker "$DISK/program" "$(type -P true)"
}

@test "nor map a memfd as executable, at once or later, openly or by implication" {
	EVENT=lsm_mmap_file
	for way in map map_private implied; do
		refused baseline map_memfd /memfd:payload contained --mount-proc "$FILELESS" "$way"
		[ "$status" -eq "$ASK_DENIED" ]
	done
	EVENT=lsm_file_mprotect
	for way in mprotect pkey; do
		refused baseline map_memfd memfd:payload contained --mount-proc "$FILELESS" "$way"
		[ "$status" -eq "$ASK_DENIED" ]
	done
}

@test "nor execute a file that was deleted, or that never had a name" {
	EVENT=lsm_bprm_creds_from_file
	refused baseline exec_deleted "$DISK/program" contained --mount-proc "$FILELESS" deleted "$DISK/program"
	refused baseline exec_deleted "$TMPFS/program" contained --mount-proc "$FILELESS" deleted "$TMPFS/program"
	refused baseline exec_deleted "$TMPFS/#[0-9]+" contained --mount-proc "$FILELESS" tmpfile "$TMPFS"
}

@test "from a pid or a network namespace alone as well" {
	EVENT=lsm_bprm_creds_from_file
	refused baseline exec_memfd /memfd:payload unshare --net "$FILELESS" fexecve
	refused baseline exec_memfd /memfd:payload unshare --fork --pid "$FILELESS" fexecve
	refused baseline exec_memfd /memfd:payload unshare --user --map-root-user --net "$FILELESS" fexecve
}

@test "a contained task executes files with a name, tmpfs included, and uses anonymous and shared memory; nothing is decided" {
	not_asked contained true
	not_asked contained --mount-proc "$TMPFS/fileless" ran
	not_asked contained "$FILELESS" anonymous
	not_asked contained "$FILELESS" shm
}

@test "root on the host executes memfds and deleted files, with one line for each execution" {
	EVENT=lsm_bprm_creds_from_file
	may baseline exec_memfd /memfd:payload "$FILELESS" fexecve
	may baseline exec_deleted "$DISK/program" "$FILELESS" deleted "$DISK/program"
	not_asked "$FILELESS" ran
	"$FILELESS" proc
	line exec_memfd 0 'allow \(baseline\)' /memfd:payload
	"$FILELESS" map
	EVENT=lsm_mmap_file line map_memfd 0 'allow \(baseline\)' /memfd:payload
	[ "$(log_lines 'comm=fileless .* reason=' | grep -c exec_memfd)" -eq 1 ]
	[ "$(log_lines 'comm=(fileless|payload) .* reason=' | grep -c map_memfd)" -eq 2 ]
}

@test "tmpfs = yes: a contained task executes and maps nothing on a tmpfs" {
	reload_with 'profile = baseline' 'event_window = 0' 'tmpfs = yes'
	EVENT=lsm_bprm_creds_from_file
	refused baseline exec_tmpfs "$TMPFS/fileless" contained --mount-proc "$TMPFS/fileless" ran
	EVENT=lsm_bprm_check_security
	printf '#!/bin/sh\necho ran\n' >"$TMPFS/script"
	chmod +x "$TMPFS/script"
	refused baseline exec_tmpfs "$TMPFS/script" contained --mount-proc "$TMPFS/script"
	EVENT=lsm_mmap_file
	cp "$(type -P true)" "$TMPFS"
	refused baseline map_tmpfs "$TMPFS/true" contained --mount-proc /lib64/ld-linux-x86-64.so.2 "$TMPFS/true"
	mkdir "$DISK/ramfs"
	mount -t ramfs none "$DISK/ramfs"
	cp "$FILELESS" "$DISK/ramfs"
	EVENT=lsm_bprm_creds_from_file
	refused baseline exec_tmpfs "$DISK/ramfs/fileless" contained --mount-proc "$DISK/ramfs/fileless" ran
	umount "$DISK/ramfs"
}

@test "block = exec_tmpfs alone denies it to the host, and tmpfs need not be governed" {
	reload_with 'event_window = 0' 'block = exec_tmpfs'
	EVENT=lsm_bprm_creds_from_file
	refused block exec_tmpfs "$TMPFS/fileless" "$TMPFS/fileless" ran
	not_asked /lib64/ld-linux-x86-64.so.2 "$TMPFS/true"
}

@test "an allowed operation is allowed to contained tasks, and others are not" {
	reload_with 'profile = baseline' 'event_window = 0' 'allow = exec_memfd'
	EVENT=lsm_bprm_creds_from_file
	may allow exec_memfd /memfd:payload contained --mount-proc "$FILELESS" fexecve
	EVENT=lsm_mmap_file
	refused baseline map_memfd /memfd:payload contained --mount-proc "$FILELESS" map
}

@test "restricted denies it to root on the host, and the daemon goes on" {
	reload_with 'profile = restricted' 'event_window = 0'
	memfd_is_refused restricted
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	[ -z "$(log_lines 'comm=bpflock .*reason=denied')" ]
}

@test "a path that is too long is logged by its last name" {
	local directory
	directory=$DISK/$(printf 'a%.0s' {1..250})
	mkdir -p "$directory"
	EVENT=lsm_bprm_creds_from_file
	refused restricted exec_deleted program "$FILELESS" deleted "$directory/program"
}
