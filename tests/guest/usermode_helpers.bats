#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Programs that the kernel runs in the initial namespaces: who may write their paths.

load ../lib/policy.bash

SYSCTL=/proc/sys/kernel
BINFMT=/proc/sys/fs/binfmt_misc
AGENTS=/run/agents # of cgroup v1

TEXT='operation=\\"path of a usermode helper\\" '

setup_file() {
	install_programs
	modprobe binfmt_misc
	mountpoint -q "$BINFMT" || mount -t binfmt_misc none "$BINFMT"
	echo ':helper:E::helper::/bin/true:' >"$BINFMT/register"
	mkdir -p "$AGENTS" /run/kernel
	mount -t cgroup -o none,name=agents agents "$AGENTS"
	start_with 'profile = baseline' 'event_window = 0'
	export DAEMON
}

setup() {
	forget_log
}

teardown() {
	umount -q /mnt || true
}

teardown_file() {
	clean_up_bpflock
	umount "$AGENTS"
}

# line EVENT RETVAL REASON COMM
line() {
	await_log "event=$1 ${TEXT}tgid=.* comm=$4 .*retval=$2 reason=$3\" bpfprog=kimglock subsys=bpf\$"
}

# Opens a file for writing, and writes nothing: open_to_write FILE [COMMAND that runs it...]
open_to_write() {
	local file=$1
	shift
	# shellcheck disable=SC2016 # the inner shell's
	"$@" sh -c ': >"$1"' writer "$file"
}

# refused RULE FILE [COMMAND...]
refused() {
	local rule=$1
	shift
	forget_log
	run open_to_write "$@"
	[[ $status -ne 0 && $output == "writer: 1: cannot create $1: Operation not permitted" ]] || {
		echo "not refused: $1: status $status: $output"
		return 1
	}
	line lsm_file_open -1 "denied \\($rule\\)" sh
}

# may RULE FILE [COMMAND...]
may() {
	local rule=$1
	shift
	forget_log
	open_to_write "$@"
	line lsm_file_open 0 "allow \\($rule\\)" sh
}

# Gives a release agent as a mount option: mount_agent NAME_OF_HIERARCHY [COMMAND...]
mount_agent() {
	"${@:2}" mount -t cgroup -o "none,name=$1,release_agent=/bin/agent" agents /mnt
}

nothing_was_decided() {
	settle
	[[ -z $(log_lines "$TEXT") ]] || { recent_log && return 1; }
}

@test "a contained task cannot write core_pattern" {
	before=$(cat "$SYSCTL/core_pattern")
	refused baseline "$SYSCTL/core_pattern" contained
	run contained sh -c "echo '|/bin/escape' >$SYSCTL/core_pattern"
	[ "$status" -ne 0 ]
	[ "$(cat "$SYSCTL/core_pattern")" = "$before" ]
}

@test "a contained task cannot write modprobe" {
	refused baseline "$SYSCTL/modprobe" contained
}

@test "a contained task cannot write poweroff_cmd, nor hotplug and uevent_helper where the kernel has them" {
	refused baseline "$SYSCTL/poweroff_cmd" contained
	for file in "$SYSCTL/hotplug" /sys/kernel/uevent_helper; do
		[ ! -e "$file" ] || refused baseline "$file" contained
	done
}

@test "nor by another mount of procfs, under another name, or open for reading as well" {
	refused baseline "$SYSCTL/core_pattern" contained --mount-proc
	touch /run/renamed
	mount --bind "$SYSCTL/core_pattern" /run/renamed
	refused baseline /run/renamed contained
	umount /run/renamed
	forget_log
	run contained sh -c "exec 9<>$SYSCTL/modprobe"
	[ "$status" -ne 0 ]
	line lsm_file_open -1 'denied \(baseline\)' sh
}

@test "a contained task cannot register an interpreter with binfmt_misc, nor switch one on" {
	refused baseline "$BINFMT/register" contained
	refused baseline "$BINFMT/status" contained
	refused baseline "$BINFMT/helper" contained
}

@test "a contained task cannot write the release agent of a hierarchy of cgroup v1" {
	refused baseline "$AGENTS/release_agent" contained
}

@test "nor by a handle, which leads to the file without its name" {
	handle=$("$PROGRAMS/by_handle" "$AGENTS/release_agent")
	# The group keeps the hierarchy alive. The new mount has a new superblock, in which the name was not looked up yet.
	mkdir -p "$AGENTS/group"
	umount "$AGENTS"
	mount -t cgroup -o none,name=agents agents "$AGENTS"
	run contained "$PROGRAMS/by_handle" "$AGENTS" "$handle"
	[[ $status -eq 1 && $output == 'open_by_handle_at: Operation not permitted' ]]
	line lsm_file_open -1 'denied \(baseline\)' by_handle
}

@test "nor give one as a mount option, at a mount or a remount" {
	run mount_agent new contained
	[ "$status" -ne 0 ]
	line lsm_fs_context_parse_param -1 'denied \(baseline\)' mount
	! mountpoint -q /mnt || false
	forget_log
	run contained mount -o remount,release_agent=/bin/agent "$AGENTS"
	[ "$status" -ne 0 ]
	line lsm_fs_context_parse_param -1 'denied \(baseline\)' mount
	[ -z "$(cat "$AGENTS/release_agent")" ]
}

@test "a contained task may read all of them, and nothing is logged" {
	for file in "$SYSCTL"/{core_pattern,modprobe,poweroff_cmd} "$BINFMT"/{status,helper} "$AGENTS/release_agent"; do
		contained cat "$file" >/dev/null
	done
	nothing_was_decided
}

# Some of these names are as long as a protected one, and some are a protected name in another directory.
@test "a contained task may write other files of these file systems, and nothing is logged" {
	for file in "$SYSCTL"/{hostname,printk_delay,core_uses_pid} /proc/sys/vm/swappiness /proc/self/comm \
		/sys/kernel/{rcu_expedited,mm/ksm/run} "$AGENTS"/{notify_on_release,cgroup.procs}; do
		[ -e "$file" ]
		open_to_write "$file" contained
	done
	for file in /run/kernel/{core_pattern,modprobe,uevent_helper} /run/release_agent; do
		open_to_write "$file" contained
	done
	nothing_was_decided
}

@test "other mount options reach their file systems, and nothing is logged" {
	for from in contained env; do
		"$from" mount -t tmpfs -o size=64k,mode=0711 none /mnt
		grep ' /mnt tmpfs .*size=64k.*mode=711' /proc/mounts
		mkdir -p /mnt/lower
		touch /mnt/lower/seen
		"$from" mount -t overlay -o lowerdir=/mnt/lower:/run/kernel none /mnt
		[ -e /mnt/seen ]
		umount /mnt
		umount /mnt
		"$from" mount -t cgroup -o none,name=plain agents /mnt
		grep ' /mnt cgroup .*name=plain' /proc/mounts
		umount /mnt
	done
	nothing_was_decided
}

@test "root on the host may, and it is logged" {
	may baseline "$SYSCTL/modprobe"
	may baseline "$BINFMT/register"
	may baseline "$AGENTS/release_agent"
	forget_log
	mount_agent host
	[ "$(cat /mnt/release_agent)" = /bin/agent ]
	line lsm_fs_context_parse_param 0 'allow \(baseline\)' mount
}

@test "allow = usermode_helper lets a contained task write them" {
	reload_with 'profile = baseline' 'event_window = 0' 'allow = usermode_helper'
	may allow "$SYSCTL/core_pattern" contained
	forget_log
	mount_agent contained contained
	line lsm_fs_context_parse_param 0 'allow \(allow\)' mount
}

@test "restricted denies root on the host, too; and so does block = @helpers alone" {
	for how in 'profile = restricted' 'block = @helpers'; do
		reload_with 'event_window = 0' "$how"
		rule=restricted
		[[ $how == profile* ]] || rule=block
		refused "$rule" "$SYSCTL/core_pattern"
		refused "$rule" "$BINFMT/register"
		run mount_agent "$rule"
		[ "$status" -ne 0 ]
		line lsm_fs_context_parse_param -1 "denied \\($rule\\)" mount
		cat "$SYSCTL/core_pattern"
	done
}
