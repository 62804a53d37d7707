#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# selfguard: attacks by root on the daemon, its pins and its BPF objects. All tests attack the same daemon.

load ../lib/restricted_guard.bash

setup_file() {
	install_programs
	mkdir -p /mnt/a /mnt/b
	guarded
	export DAEMON
}

teardown() {
	umount /mnt/a /mnt/b 2>/dev/null || true
	rm -rf "$OTHER"
}

teardown_file() {
	clean_up_guarded
}

@test "pins cannot be removed, renamed, linked, changed or added to" {
	before=$(find "$PINS" | sort)
	refused unpin rm "$PINS/v1/plugins/kimglock/g1/link0"
	refused unpin rm -rf "$PINS"
	refused unpin rmdir "$PINS"
	refused unpin mv "$PINS" "$OTHER"
	refused unpin mv "$PINS/v1/ring" "$OTHER"
	refused unpin ln "$PINS/v1/plugins/kimglock/g1/link0" "$OTHER"
	refused unpin mkdir "$PINS/v2"
	refused unpin chmod 0777 "$PINS"
	refused unpin bpftool map create "$PINS/v1/more" type array key 4 value 4 entries 1 name more
	[ "$(find "$PINS" | sort)" = "$before" ]
	kimglock_works
}

@test "the pins are guarded on a bind mount as well" {
	mount --bind /sys/fs/bpf /mnt/a
	refused unpin rm /mnt/a/bpflock/v1/plugins/kimglock/g1/link0
	refused unpin rm -rf /mnt/a/bpflock
	kimglock_works
}

@test "their bpffs cannot be unmounted, covered or moved" {
	refused unmount umount /sys/fs/bpf
	refused unmount umount -l /sys/fs/bpf
	refused unmount umount -f /sys/fs/bpf
	refused unmount mount -t tmpfs none /sys/fs/bpf
	refused unmount mount -t bpf none /sys/fs/bpf
	refused unmount mount -t tmpfs none "$PINS"
	refused unmount mount --bind /mnt "$PINS/v1"
	refused unmount mount -o remount,ro /sys/fs/bpf
	kimglock_works
}

@test "maps, programs and links of ours cannot be had by id or by pin" {
	refused map bpftool map dump id "$(own_id map_id)"
	refused map bpftool map update id "$(own_id map_id)" key 0 0 0 0 value 0 0 0 0
	refused open_pin bpftool map show pinned "$PINS/v1/ring"
	refused open_pin bpftool map dump pinned "$PINS/v1/plugins/kimglock/g1/policy"
	refused open_pin bpftool map dump pinned "$PINS/v1/daemon"
	refused open_pin bpftool map dump pinned "$PINS/v1/protected"
	refused open_pin bpftool map dump pinned "$PINS/v1/last_state"
	refused program bpftool prog show id "$(own_id prog_id)"
	refused program bpftool prog dump xlated id "$(own_id prog_id)"
	refused link bpftool link show id "$(own_id link_id)"
	refused link bpftool link detach id "$(own_id link_id)"
	kimglock_works
}

@test "every descriptor of the daemon's is of an object that is guarded" {
	for kind in map prog link; do
		[ "$(cat "/proc/$DAEMON/fdinfo/"* | grep -c "^${kind}_id:")" -gt 0 ]
		cat "/proc/$DAEMON/fdinfo/"* | awk -v what="${kind}_id:" '$1 == what { print $2 }' | sort -u |
			while read -r id; do
				! bpftool "$kind" show id "$id" 2>/dev/null || exit 1
			done
	done
}

@test "another bpffs, a bind mount, others' objects and processes are not touched, nor logged" {
	bpftool map create "$OTHER" type array key 4 value 4 entries 1 name other
	forget_log
	bpftool map update pinned "$OTHER" key 0 0 0 0 value 1 0 0 0
	bpftool map dump id "$(bpftool -j map show pinned "$OTHER" | jq .id)"
	mv "$OTHER" "$OTHER.2" && ln "$OTHER.2" "$OTHER" && chmod 0600 "$OTHER" && rm "$OTHER" "$OTHER.2"
	mount -t bpf none /mnt/a
	mkdir -p /mnt/a/bpflock/v1/plugins
	bpftool map create /mnt/a/bpflock/v1/ring type array key 4 value 4 entries 1 name other
	chmod 0777 /mnt/a/bpflock
	rm -r /mnt/a/bpflock
	umount /mnt/a
	mount --bind /sys/fs/bpf /mnt/b
	umount /mnt/b
	unshare -m sh -c 'umount -l /sys/fs/bpf && mount -t bpf none /sys/fs/bpf'
	sleep 100 3>&- &
	for way in attach mem writev getfd; do
		[ "$("$PROGRAMS/tamper" "$way" $!)" = "$way allowed" ]
	done
	kill -KILL $!
	"$(type -P kill)" -0 "$DAEMON"
	ps -p "$DAEMON" -o pid,args
	readlink "/proc/$DAEMON/exe"
	nothing_logged
}

@test "nobody but its own cgroup may set its limits, and others' are not touched" {
	refused limit prlimit --pid "$DAEMON" --cpu=1
	refused limit prlimit --pid "$DAEMON" --nofile=8
	forget_log
	prlimit --pid "$DAEMON" --cpu
	prlimit --pid $$ --nofile=512:512
	nothing_logged
	in_cgroup /guarded prlimit --pid "$DAEMON" --nofile=512:1024
	kimglock_works
}

@test "nobody may trace it, write its memory or take its descriptors" {
	for way in attach mem writev getfd; do
		refused ptrace "$PROGRAMS/tamper" "$way" "$DAEMON"
		[ "$output" = "$way denied" ]
	done
	refused ptrace strace -p "$DAEMON"
	kimglock_works
}
