#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Lists of options in maps of a plugin's BPF object (tests/plugins/listlock).

load ../lib/daemon.bash

PLUGINS=/run/plugins
CONF=/run/lists.conf

setup_file() {
	install_bpflock
	mkdir -p "$PLUGINS"
	install -m 755 "$BPFLOCK_BUILD/tests/plugins/listlock.so" /usr/lib/*/bpflock/plugins/*.so "$PLUGINS"
}

setup() {
	UNACCOUNTED='decisions are only counted'
	mkdir -p /run/files
	echo one >/run/files/one
	echo two >/run/files/two
}

teardown() {
	clean_up_bpflock
	rm -rf /run/files "$CONF"
}

# configure LINE...
configure() {
	printf '%s\n' "[bpflock]" "plugin_dir = $PLUGINS" 'verify_interval = 1s' '[listlock]' 'block = @all' 'log = denied' "$@" >"$CONF"
}

start() {
	configure "$@"
	start_bpflock -- -c "$CONF"
}

reload() {
	configure "$@"
	forget_log
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
}

# The id of its program: another object has another one.
object() {
	bpftool prog show name open_file | sed -n 's/^\([0-9]*\): lsm.*/\1/p'
}

# made USER PROTOCOL...: those protocols of which this user can make a raw socket
made() {
	setpriv --reuid="$1" --inh-caps=+net_raw --ambient-caps=+net_raw python3 -c '
import socket, sys
for protocol in sys.argv[1:]:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, int(protocol))
        print(protocol, end=" ")
    except PermissionError:
        pass' "${@:2}"
}

denied() {
	run "$@"
	[ "$status" -ne 0 ]
}

@test "lists of every type are in the maps, and a reload changes them without a new object" {
	start 'files = /run/files/one, /etc/hostname, /no/such/file' 'numbers = 201, 0xca' 'ports = 210, 220-222' \
		'networks = 10.0.0.240/30, 10.0.0.250, fd00::/8'
	first=$(object)
	[ -n "$first" ]
	denied cat /run/files/one
	denied cat /etc/hostname
	cat /run/files/two
	[ "$(made 0 200 201 202 203 209 210 211 219 220 222 223 239 240 243 244 249 250 251)" = \
		'200 203 209 211 219 223 239 244 249 251 ' ]

	reload 'files = /run/files/two' 'numbers = 203' 'ports = 219-220' 'networks = 10.0.0.240/31'
	[ "$(object)" = "$first" ]
	cat /run/files/one /etc/hostname
	denied cat /run/files/two
	[ "$(made 0 201 203 210 219 220 221 222 240 241 242 250)" = '201 210 221 222 242 250 ' ]

	reload 'numbers = 203' 'users = nobody, 1234'
	[ "$(made 0 203)$(made 65534 203)$(made 1234 203)$(made 1235 203)" = '203 203 ' ]
	reload 'numbers = 203' 'comms = python2, bash'
	[ "$(made 0 203)" = '203 ' ]
	reload 'numbers = 203' 'comms = python3'
	[ "$(made 0 203)" = '' ]
	[ "$(object)" = "$first" ]

	# Nothing is wanted any more.
	reload
	[ "$(made 0 203)" = '203 ' ]
	cat /run/files/two
}

@test "a list that its map has no room for is refused with its place, and nothing is changed" {
	start 'numbers = 201'
	configure 'numbers = 201, 202, 203, 204'
	run run_bpflock -- -c "$CONF" --check-config
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"$CONF:7: "*"[listlock] numbers: the list has 4 items, 3 are allowed"* ]]
	forget_log
	kill -HUP "$DAEMON"
	await_log 'event=config_error.*the list has 4 items, 3 are allowed'
	[ "$(made 0 201 202)" = '202 ' ]
	BADLY='a reload was refused'
}

@test "a file that is replaced, or comes later, is the file of the list soon" {
	start 'files = /run/files/one, /run/files/three'
	denied cat /run/files/one
	echo new >/run/files/one.new
	mv /run/files/one.new /run/files/one
	mv /run/files/two /run/files/three
	eventually denied cat /run/files/one
	eventually denied cat /run/files/three
	# By another name it is the same file.
	ln /run/files/three /run/files/link
	denied cat /run/files/link
}

@test "in btrfs a file is known in its subvolume, and cannot be told from the one of the same number in another" {
	modprobe -a loop btrfs
	truncate -s 64M /tmp/btrfs
	mkfs.btrfs -q -M /tmp/btrfs
	mkdir -p /run/btrfs
	mount -o loop /tmp/btrfs /run/btrfs
	btrfs -q subvolume create /run/btrfs/first
	btrfs -q subvolume create /run/btrfs/second
	for file in {first,second}/{one,two}; do echo "$file" >"/run/btrfs/$file"; done
	[ "$(stat -c %i /run/btrfs/first/one)" -eq "$(stat -c %i /run/btrfs/second/one)" ]
	start 'files = /run/btrfs/first/one'
	denied cat /run/btrfs/first/one
	cat /run/btrfs/first/two /run/btrfs/second/two
	denied cat /run/btrfs/second/one
	stop_bpflock
	umount /run/btrfs
}

@test "what somebody adds to a list, or takes from it, is put right and told" {
	start 'numbers = 201'
	map=$(bpftool map show name numbers | sed -n 's/^\([0-9]*\): hash.*/\1/p')
	bpftool map update id "$map" key 202 0 0 0 value 1
	bpftool map delete id "$map" key 201 0 0 0
	await_log 'event=drift.*somebody has added or removed [12] items of its lists'
	[ "$(made 0 201 202)" = '202 ' ]
	BADLY='the lists were changed'
}
