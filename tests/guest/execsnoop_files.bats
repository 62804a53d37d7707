#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# execsnoop: which file has run, where the name alone does not say it. One daemon for all tests, with JSON.

load ../lib/daemon.bash
load ../lib/exec.bash

setup_file() {
	install_bpflock
	install_exec_programs
	start_bpflock BPFLOCK_EXEC_SNOOP=all BPFLOCK_LOG_FORMAT=json -- -c /dev/null
}

setup() {
	forget_log
}

teardown_file() {
	umount -qRl "$WORK/outer" || true
	clean_up_bpflock
}

# execution NAME FILTER: waits for the line of that file name, and holds it against jq's filter.
execution() {
	await_log "\"filename\":\"$1\"" | is_json "$2"
}

NOTHING='has("cwd") or has("file") or has("euid") | not'

@test "an absolute name says all" {
	"$WORK/target"
	execution "$WORK/target" "$NOTHING"
	run "$WORK/exec_ways" plain "$WORK/missing"
	execution "$WORK/missing" "$NOTHING"
}

@test "a relative name has the working directory, also where it is not found" {
	cd "$WORK"
	./exec_ways plain ./target
	execution ./target ".cwd == \"$WORK\" and (has(\"file\") | not)"
	run ./exec_ways plain missing
	execution missing ".cwd == \"$WORK\" and .retval == -2"
	cd /
	"$WORK/exec_ways" plain "./${WORK#/}/target"
	execution "./${WORK#/}/target" '.cwd == "/"'
}

@test "the working directory is that behind all mounts and below a chroot" {
	mkdir -p "$WORK/outer"
	mount -t tmpfs tmpfs "$WORK/outer"
	mkdir -p "$WORK/outer/middle/inner"
	mount -t tmpfs tmpfs "$WORK/outer/middle/inner"
	mkdir "$WORK/outer/middle/inner/last"
	cd "$WORK/outer/middle/inner/last"
	"$WORK/exec_ways" plain ../../../../target
	execution ../../../../target ".cwd == \"$WORK/outer/middle/inner/last\""
	cp "$WORK/target" jailed
	chroot . ./jailed
	execution ./jailed ".cwd == \"$WORK/outer/middle/inner/last\""
}

@test "of a working directory that is too deep or too long, the end is logged, and it is marked" {
	local deep=$WORK/deep long

	for ((i = 0; i < 60; i++)); do deep+=/d$i; done
	mkdir -p "$deep"
	cd "$deep"
	run "$WORK/exec_ways" plain ./deep
	execution ./deep '(.cwd | startswith("d") and endswith("/d58/d59")) and .truncated == "cwd"'
	printf -v long '%0255d' 0
	mkdir -p "$WORK/$long/$long/end"
	cd "$WORK/$long"
	run "$WORK/exec_ways" plain ./one
	execution ./one ".cwd == \"$long\" and .truncated == \"cwd\""
	cd "$long/end"
	run "$WORK/exec_ways" plain ./two
	execution ./two ".cwd == \"$long/end\" and .truncated == \"cwd\""
}

@test "a descriptor has the file" {
	"$WORK/exec_ways" fd "$WORK/target"
	execution '/dev/fd/[0-9]+' ".file == \"$WORK/target\""
	"$WORK/exec_ways" plain /proc/self/fd/9 9<"$WORK/target"
	execution /proc/self/fd/9 ".file == \"$WORK/target\" and (has(\"cwd\") | not)"
	cd /proc/self/fd
	"$WORK/exec_ways" plain ../exe
	execution ../exe '(.cwd | test("^/proc/[0-9]+/fd$"))'
}

@test "a name below an opened directory has the file; where it is not found, no directory is guessed" {
	"$WORK/exec_ways" "in:$WORK" target
	execution '/dev/fd/[0-9]+/target' ".file == \"$WORK/target\""
	run "$WORK/exec_ways" "in:$WORK" lost
	[ "$status" -eq 2 ]
	execution lost "$NOTHING"
}

@test "a file in memory is called so, and no name hides it" {
	"$WORK/exec_ways" "memory:ghost" "$WORK/target"
	execution '/dev/fd/[0-9]+' '.file == "/memfd:ghost (deleted)"'
}

@test "a deleted file is named as what it was, also behind a link" {
	cp "$WORK/target" "$WORK/gone"
	"$WORK/exec_ways" deleted "$WORK/gone"
	execution '/dev/fd/[0-9]+' ".file == \"$WORK/gone (deleted)\""
	cp "$WORK/target" "$WORK/gone"
	exec 9<"$WORK/gone"
	rm "$WORK/gone"
	ln -sf /proc/self/fd/9 "$WORK/link"
	"$WORK/exec_ways" plain "$WORK/link"
	exec 9<&-
	execution "$WORK/link" ".file == \"$WORK/gone (deleted)\""
}

@test "of a script that is a descriptor the file is not known: what runs is its interpreter" {
	printf '#!/usr/bin/true\n' >"$WORK/script"
	chmod 755 "$WORK/script"
	"$WORK/exec_ways" fd "$WORK/script"
	execution '/dev/fd/[0-9]+' "$NOTHING"
}

@test "the effective user is logged where it is another" {
	install -m 4755 "$WORK/target" "$WORK/setuid"
	as_user "$WORK/setuid"
	execution "$WORK/setuid" '.uid == 1000 and .euid == 0'
}
