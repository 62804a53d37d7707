# SPDX-License-Identifier: Apache-2.0
# For guest tests of the control socket: clients other than bpflockctl.

load ../lib/policy.bash

SOCKET=/run/bpflock/io.bpflock

# Calls a method, prints the reply, and fails if it is not what the interface declares: call METHOD [PARAMETERS]
call() {
	python3 "$BATS_TEST_DIRNAME/../lib/varlink.py" "$SOCKET" "io.bpflock.$1" "${@:2}"
}

# ctl_fails STATUS WORD...: expects that exit status of bpflockctl. Its output is in $output.
ctl_fails() {
	run bpflockctl "${@:2}"
	echo "$output"
	[ "$status" -eq "$1" ]
}

# Starts `python3 -` in the background, with the socket as its argument. It writes to $CLIENT_OUTPUT.
CLIENT_OUTPUT=/tmp/client
start_client() {
	{ echo 'import socket, sys, time
def connect():
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(sys.argv[1])
    return connection
def say(text):
    print(text, flush=True)' && cat; } >/tmp/client.py
	: >"$CLIENT_OUTPUT"
	python3 /tmp/client.py "$SOCKET" >"$CLIENT_OUTPUT" 2>&1 3>&- &
	CLIENT=$!
}

client_said() {
	grep -qx -- "$1" "$CLIENT_OUTPUT"
}
