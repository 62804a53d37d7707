#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What the helpers for BPF programs (bpf/include/bpflock) return in this kernel, as tests/plugins/helperwatch records it.

load ../lib/daemon.bash
load ../lib/exec.bash

PLUGINS=/run/plugins
TOP=/run/helpers
DIRECTORY=$TOP/directory

setup_file() {
	install_bpflock
	install_exec_programs
	mkdir -p "$PLUGINS" "$DIRECTORY/a/b" "$TOP/other" "$TOP/view" "$TOP/programs"
	cp /usr/lib/*/bpflock/plugins/*.so "$PLUGINS"
	install -m 755 "$BPFLOCK_BUILD/tests/plugins/helperwatch.so" "$PLUGINS"
	start_bpflock -- -c /dev/null -o bpflock.plugin_dir="$PLUGINS" -o helperwatch.enabled=yes \
		-o "helperwatch.directories=/run/nowhere, $DIRECTORY"
	await_log 'event=plugin_running .*programs=4" bpfprog=helperwatch' 10
}

teardown_file() {
	clean_up_bpflock
	umount -q "$TOP/view" "$DIRECTORY/a/b" || true
	rm -rf "$TOP" "$PLUGINS"
}

# Changes the root directory in a process of this name, and expects these fields: changes_root NAME DIRECTORY FIELDS [COMMAND...]
changes_root() {
	cp "$(command -v chroot)" "$TOP/programs/$1"
	run "${@:4}" "$TOP/programs/$1" "$2" /missing
	[ "$status" -eq 127 ]
	await_log "event=lsm_path_chroot tgid=.* comm=$1 pcomm=.* $3.*\" bpfprog=helperwatch" 10
}

@test "a directory is below itself and what is above it, also by a bind mount, and a mount is not" {
	changes_root itself "$DIRECTORY" 'below=1'
	changes_root below "$DIRECTORY/a/b" 'below=1'
	changes_root above "$TOP" 'below=0'
	changes_root other "$TOP/other" 'below=0'
	changes_root proc /proc 'below=0'
	mount --bind "$DIRECTORY/a" "$TOP/view"
	changes_root view "$TOP/view/b" 'below=1'
	umount "$TOP/view"
	# What somebody mounts there, also in a namespace of his own, is not what was there.
	mount -t tmpfs cuckoo "$DIRECTORY/a/b"
	changes_root cuckoo "$DIRECTORY/a/b" 'below=0'
	umount "$DIRECTORY/a/b"
	mount --bind "$TOP/other" "$DIRECTORY/a/b"
	changes_root bound "$DIRECTORY/a/b" 'below=0'
	umount "$DIRECTORY/a/b"
}

@test "a name decides nothing: who moves away is not below, who moves in is" {
	mkdir "$DIRECTORY/mover"
	mv "$DIRECTORY/mover" "$TOP"
	changes_root away "$TOP/mover" 'below=0'
	mv "$TOP/mover" "$DIRECTORY"
	changes_root back "$DIRECTORY/mover" 'below=1'
	mv "$DIRECTORY" "$TOP/renamed"
	mkdir -p "$DIRECTORY/mover"
	changes_root renamed "$TOP/renamed/mover" 'below=1'
	changes_root new "$DIRECTORY/mover" 'below=0'
	rm -r "$DIRECTORY"
	mv "$TOP/renamed" "$DIRECTORY"
}

@test "what is deeper than the levels that were asked for is not found" {
	local path=$DIRECTORY n
	for n in {1..31}; do path+=/$n; done
	mkdir -p "$path/32"
	changes_root deep "$path" 'below=1'
	changes_root deeper "$path/32" 'below=0'
}

@test "the initial mount namespace is told from others" {
	changes_root host "$TOP" 'mounts=1'
	changes_root contained "$TOP" 'mounts=0' unshare --mount
}

@test "the number of the system call is that of the caller's table, and there is none where the kernel acts" {
	local chroot=0xa1 execve=0x3b
	[[ $(uname -m) != aarch64 ]] || chroot=0x33 execve=0xdd
	changes_root number "$TOP" "number=$chroot"
	for tracing in 0 1; do
		await_log "event=lsm_bprm_check_security .* number=$execve tracing=$tracing\"" 10
	done
	if [[ $(uname -m) == x86_64 ]]; then
		"$WORK/exec_32bit" "$WORK/target"
		for tracing in 0 1; do
			await_log "event=lsm_bprm_check_security .* comm=exec_32bit .* number=0x8000000b tracing=$tracing\"" 10
		done
	fi
	# The kernel executes modprobe in a thread of its own.
	modprobe -r can 2>/dev/null || true
	perl -e 'socket(my $socket, 29, 3, 1)' || true
	for tracing in 0 1; do
		await_log "event=lsm_bprm_check_security .* comm=kworker.* number=0xffffffff tracing=$tracing\"" 10
	done
	[ -z "$(log_lines 'lsm_bprm_check_security .* comm=kworker' | grep -v number=0xffffffff)" ]
}

@test "scratch space is given once at a time, and keeps what was left there" {
	changes_root scratch "$TOP" 'scratch=1 nested=0 kept=1'
}

@test "texts are compared with constants, whole or by their beginning" {
	changes_root abc "$TOP" 'is_abc=1 has_abc=1'
	changes_root abcd "$TOP" 'is_abc=0 has_abc=1'
	changes_root ab "$TOP" 'is_abc=0 has_abc=0'
	changes_root xabc "$TOP" 'is_abc=0 has_abc=0'
}

@test "modes, owners and times have their own forms" {
	install -d -m 2750 -o 1000 "$TOP/owned"
	line=$(changes_root owned "$TOP/owned" 'mode=042750 owner=1000 since=[0-9TZ:-]+')
	[[ $line =~ ^time=\"([^\"]+)\" ]]
	[[ $line == *" since=${BASH_REMATCH[1]}\""* ]]
}

# receives ADDRESS: sends a packet to a socket with this address, and receives it.
receives() {
	ip link set lo up
	perl -MIO::Socket::IP -e '
		my $socket = IO::Socket::IP->new(LocalHost => $ARGV[0], LocalPort => 4711, Type => SOCK_DGRAM) or die $@;
		$socket->send("x", 0, $socket->sockname) or die $!;
		$socket->recv(my $text, 1);' "$1"
}

@test "what happens in an interrupt is nobody's, and addresses of both families have their own forms" {
	receives 127.0.0.1
	await_log 'msg="event=lsm_socket_sock_rcv_skb ip4=127.0.0.1 ip6=127.0.0.1" bpfprog=helperwatch subsys=bpf$' 10
	receives ::1
	await_log 'msg="event=lsm_socket_sock_rcv_skb ip4=0.0.0.0 ip6=::1" bpfprog=helperwatch subsys=bpf$' 10
}

@test "a plugin may have its own vmlinux.h, with every header" {
	local arch=x86 header
	[[ $(uname -m) != aarch64 ]] || arch=arm64
	cd "$BATS_TEST_TMPDIR"
	bpftool btf dump file /sys/kernel/btf/vmlinux format c >vmlinux.h
	{
		echo '#include "vmlinux.h"'
		for header in /usr/include/bpflock/*.bpf.h; do
			echo "#include <bpflock/${header##*/}>"
		done
		echo "#include \"$BATS_TEST_DIRNAME/helperwatch/helperwatch.bpf.c\""
	} >own.bpf.c
	[ "$(grep -c bpflock/ own.bpf.c)" -ge 12 ]
	# Newer kernels are written with these extensions, and so is what bpftool prints of them.
	clang -target bpf -mcpu=v3 -O2 -g -fms-extensions -Wall -Wno-microsoft-anon-tag -Werror \
		"-D__TARGET_ARCH_$arch" "-I/usr/include/$(uname -m)-linux-gnu" -c -o own.bpf.o own.bpf.c
}

@test "the lines of these events in JSON are as the schema says" {
	local options=(-c /dev/null -o "bpflock.plugin_dir=$PLUGINS") schema=$BATS_TEST_TMPDIR/schema
	stop_all
	bpflock "${options[@]}" --describe log >"$schema"
	start_bpflock -- "${options[@]}" -o helperwatch.enabled=yes -o bpflock.log_format=json
	receives ::1
	cp "$(command -v chroot)" "$TOP/programs/json"
	run "$TOP/programs/json" "$TOP" /missing
	await_log '"event":"lsm_path_chroot".*"comm":"json"' 10
	expect_log '"ip6":"::1"'
	log_lines '^\{' | "$BATS_TEST_DIRNAME/../lib/check_schema.py" "$schema"
}
