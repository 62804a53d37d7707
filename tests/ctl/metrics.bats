#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# bpflockctl metrics without a daemon, and against a stand-in for it: what a server gives up before it serves.

setup() {
	cd "$BATS_TEST_TMPDIR"
	CTL=$BATS_TEST_DIRNAME/../../${BPFLOCK_BUILD:-build-sanitize}/ctl/bpflockctl # finds what no output shows
	SOCKET=$BATS_TEST_TMPDIR/socket
}

teardown() {
	for process in ${SERVER-} ${DAEMON-}; do kill "$process" 2>/dev/null || true; done
}

# start_daemon REPLY: one that answers each call with REPLY, and writes the names of the methods to "calls"
start_daemon() {
	python3 - "$SOCKET" "$1" >calls 2>&1 3>&- <<-'END' &
		import socket, sys
		server = socket.socket(socket.AF_UNIX)
		server.bind(sys.argv[1])
		server.listen()
		client, _ = server.accept()
		while data := client.recv(4096):
		    print(data.decode().split('"')[3], flush=True) # {"method":"…"}
		    client.send(sys.argv[2].encode() + b'\0')
	END
	DAEMON=$!
	for ((i = 0; i < 100; i++)); do
		[ -S "$SOCKET" ] && return
		sleep 0.1
	done
	return 1
}

@test "an address is checked before a daemon is looked for" {
	for address in 127.0.0.1: :9750 localhost:9750 '[::1:9750' ''; do
		run "$CTL" --socket "$SOCKET" metrics --listen "$address"
		echo "$address: $output"
		[ "$status" -eq 2 ]
	done
	run "$CTL" --socket "$SOCKET" metrics --json
	[ "$status" -eq 2 ]
	run "$CTL" --socket "$SOCKET" metrics --listen 0
	[ "$status" -eq 3 ]
}

@test "a server ends where the daemon does not know StatusOnly" {
	start_daemon '{"error":"org.varlink.service.MethodNotFound","parameters":{"method":"io.bpflock.StatusOnly"}}'
	run timeout 20 "$CTL" --socket "$SOCKET" metrics --listen 0
	echo "$output"
	[ "$status" -eq 1 ]
	[ "$(cat calls)" = io.bpflock.StatusOnly ]
}

# The capabilities go after the user.
gave_up_all() {
	grep -q '^Uid:.65534.65534.65534.65534$' "/proc/$SERVER/status" &&
		[ "$(grep -cE '^Cap(Inh|Prm|Eff|Amb):.0{16}$' "/proc/$SERVER/status")" -eq 4 ]
}

@test "a server calls StatusOnly first, and keeps no capability, whatever the secure bits say" {
	((EUID == 0)) || skip "needs root"
	start_daemon '{"parameters":{}}'
	setpriv --securebits +no_setuid_fixup "$CTL" --socket "$SOCKET" metrics --listen 0 >server 2>&1 3>&- &
	SERVER=$!
	for ((i = 0; i < 100; i++)); do
		gave_up_all && break
		sleep 0.1
	done
	cat server "/proc/$SERVER/status"
	gave_up_all
	[ "$(head -n 1 calls)" = io.bpflock.StatusOnly ]
}
