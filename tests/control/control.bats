#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The control socket and bpflockctl: what can be asked, and clients that misbehave. All tests ask the same daemon.

load ../lib/control.bash

# An escape sequence in a name that the daemon repeats.
CONF=$'/tmp/bpflock\e[31m.conf'

setup_file() {
	install_programs
	printf '%s\n' '[kimglock]' 'profile = baseline' 'event_window = 0' '[execsnoop]' 'enabled = yes' >"$CONF"
	start_bpflock -- -c "$CONF"
	export DAEMON
	head -c 1 /dev/mem >/dev/null
	! contained head -c 1 /dev/mem || false
}

setup() {
	forget_log
}

teardown_file() {
	clean_up_bpflock
	rm -f "$CONF"
}

@test "the socket is root's, and so is its directory" {
	[ "$(stat -c '%a %u %g %F' "$SOCKET")" = '600 0 0 socket' ]
	[ "$(stat -c '%a %u %F' "${SOCKET%/*}")" = '755 0 directory' ]
	[ -z "$(log_lines 'event=control')" ]
}

@test "every reply has the types that the interface declares" {
	cmp /usr/share/bpflock/io.bpflock.varlink <(python3 "$BATS_TEST_DIRNAME/../lib/varlink.py" "$SOCKET" \
		org.varlink.service.GetInterfaceDescription '{"interface":"io.bpflock"}' | jq -j .description)
	call Ping
	call Status
	call Status '{"metrics":true}'
	call Verify
	call Plugins
	call Plugins '{"name":"kimglock"}'
	run call Plugins '{"name":"kimblock"}'
	[[ $status -eq 3 && $output == *io.bpflock.NoSuchPlugin* ]]
	run call Plugins '{"nam":"kimglock"}'
	[[ $status -eq 3 && $output == *org.varlink.service.InvalidParameter*nam* ]]
}

@test "ping says whether the daemon answers" {
	[ "$(bpflockctl ping)" = 'bpflock answers.' ]
	[ "$(bpflockctl ping --json)" = '{}' ]
	[ "$(bpflockctl --socket "$SOCKET" ping)" = 'bpflock answers.' ]
}

@test "status shows what runs, whether it enforces, and what was counted" {
	run bpflockctl status
	echo "$output"
	[ "$status" -eq 0 ]
	grep -E "^bpflock [0-9.]+, process $DAEMON, since 20[0-9T:-]+Z\$" <<<"$output"
	grep -E '^memory [0-9]{4,5} KiB, ring [0-9]+ of 1024 KiB used$' <<<"$output"
	grep -E '^kimglock +1.0 +enforcing +baseline +[1-9][0-9]* +1 +0 +[0-9]+ +[1-9][0-9]* +0 +20[0-9T:-]+Z$' <<<"$output"
	grep -E '^execsnoop +1.0 +observing +- +- +- +- +- +[1-9][0-9]* +0 +20[0-9T:-]+Z$' <<<"$output"
	grep -E '^disabled: .*selfguard$' <<<"$output"
}

@test "status in JSON has the same, and the counts are those of the log" {
	status=$(bpflockctl status --json)
	is_json '.daemon | .pid == '"$DAEMON"' and .ring_bytes == 1048576 and .ring_used_bytes < 1048576' <<<"$status"
	is_json '.daemon.resident_bytes | . > 1000000 and . < 9000000' <<<"$status"
	is_json '.plugins[] | select(.name == "kimglock") | .decisions.denied == 1 and .required' <<<"$status"
	is_json '.plugins[] | select(.name == "execsnoop") | .state == "observing" and (.required | not)' <<<"$status"
	allowed=$(jq '.plugins[] | select(.name == "kimglock").decisions.allowed' <<<"$status")
	kill -USR1 "$DAEMON"
	await_log 'event=records .*bpfprog=kimglock'
	[ "$(log_lines 'event=decisions .*bpfprog=kimglock' | grep -oE ' allowed=[0-9]+' | cut -d= -f2 | paste -sd+ | bc)" -eq "$allowed" ]
}

@test "status in one line" {
	run bpflockctl status --short
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output =~ ^execsnoop\ \(observing\)\ kimglock\ \(enforcing\)\;\ denied\ 1,\ lost\ 0$ ]]
}

@test "verify triggers the hooks now" {
	run bpflockctl verify --strict
	echo "$output"
	[ "$status" -eq 0 ]
	grep -E '^kimglock +enforcing +-$' <<<"$output"
}

@test "plugins lists and describes what the daemon has, as bpflock itself does" {
	diff <(bpflockctl plugins | tr -s ' ' | grep -v '^selfguard') \
		<(run_bpflock -- -c "$CONF" --list-plugins 2>/dev/null | tr -s ' ' | grep -v '^selfguard')
	diff <(bpflockctl plugins kimglock) <(run_bpflock -- -c "$CONF" --help-plugin kimglock 2>/dev/null)
	ctl_fails 1 plugins kimblock
	[[ $output == *'there is no plugin of that name (bpflockctl plugins lists them)' ]]
}

@test "names of others are no commands for the terminal, and colours only go to one" {
	run bpflockctl status
	[[ $output == *'configuration: /tmp/bpflock\x1b[31m.conf'* && $output != *$'\e'* ]]
	run bpflockctl status --json
	[[ $output == *'/tmp/bpflock\u001b[31m.conf'* && $output != *$'\e'* ]]
	run script -qec 'TERM=linux bpflockctl status' /dev/null
	[[ $output == *$'\e[32menforcing\e[0m'* && $output != *$'bpflock\e'* ]]
	run script -qec 'TERM=linux NO_COLOR=1 bpflockctl status' /dev/null
	[[ $output == *enforcing* && $output != *$'\e'* ]]
}

@test "a wrong command line ends with 2" {
	ctl_fails 2
	ctl_fails 2 frobnicate
	ctl_fails 2 status --frobnicate
	ctl_fails 2 ping now
	ctl_fails 2 plugins one two
	ctl_fails 2 --socket "/$(printf '%0200d' 0)" ping
}

@test "root may ask from a container, and change nothing from there" {
	run contained bpflockctl status --short
	[ "$status" -eq 0 ]
	for verb in reload stop; do
		run contained bpflockctl "$verb"
		echo "$output"
		[ "$status" -eq 4 ]
		[[ $output == *'neither in the initial pid and network namespaces'*'docker exec'* ]]
		run unshare --net bpflockctl "$verb"
		[ "$status" -eq 4 ]
		run unshare --pid --fork bpflockctl "$verb"
		[ "$status" -eq 4 ]
	done
	await_log 'level=warning msg="event=control_refused method=Reload pid=[0-9]+ uid=0 comm=bpflockctl '
	bpflockctl ping
}

@test "nobody else may ask, not even user 0 of another user namespace" {
	run setpriv --reuid=65534 --clear-groups bpflockctl ping
	echo "$output"
	[[ $status -eq 4 && $output == *'Permission denied (run it as root)'* ]]
	chmod 0666 "$SOCKET"
	run setpriv --reuid=65534 --clear-groups bpflockctl ping
	chmod 0600 "$SOCKET"
	[[ $status -eq 4 && $output == *'is not root'* ]]
	run unshare --user --map-root-user bpflockctl ping
	echo "$output"
	[[ $status -eq 4 && $output == *'is not root (user 0 in the initial user namespace)'* ]]
}

@test "nor in one that maps all users" {
	unshare --user sleep 1000 >/dev/null 2>&1 3>&- &
	holder=$!
	eventually sh -c "[ \$(readlink /proc/$holder/ns/user) != \$(readlink /proc/self/ns/user) ]"
	echo '0 0 4294967295' >"/proc/$holder/uid_map"
	echo '0 0 4294967295' >"/proc/$holder/gid_map"
	run nsenter --user --target "$holder" bpflockctl ping
	kill "$holder"
	echo "$output"
	[[ $status -eq 4 && $output == *'is not root'* ]]
}

@test "a client that has ended before it could be identified changes nothing" {
	kill -STOP "$DAEMON"
	start_client <<-'END'
		connection = connect()
		connection.send(b'{"method":"io.bpflock.Stop"}\0')
	END
	wait "$CLIENT"
	kill -CONT "$DAEMON"
	[ "$(bpflockctl ping)" = 'bpflock answers.' ]
}

@test "clients that send rubbish lose their connection, are counted, and told" {
	start_client <<-'END'
		for rubbish in b'GET / HTTP/1.0\r\n\r\n\0', b'\0', b'{}\0', b'[' * 100000 + b'\0':
		    connection = connect()
		    connection.send(rubbish)
		    say('closed' if not connection.recv(1) else 'open')
		connection = connect()
		try:
		    while True:
		        connection.send(b' ' * 65536)
		except OSError:
		    say('too long')
	END
	wait "$CLIENT"
	[ "$(sort "$CLIENT_OUTPUT" | uniq -c | xargs)" = '4 closed 1 too long' ]
	await_log 'level=warning msg="event=control_closed count=1 warning=\\"a request of more than 1 MiB'
	await_log 'level=warning msg="event=control_closed count=4 warning=\\"not a request of Varlink'
}

@test "clients that are slow lose their connection after 10 s, and nobody waits for them" {
	start_client <<-'END'
		silent, half, deaf = connect(), connect(), connect()
		half.send(b'{"method":')
		deaf.setblocking(False)
		try:
		    while True:
		        deaf.send(b'{"method":"io.bpflock.Plugins","parameters":{"name":"kimglock"}}\0' * 100)
		except BlockingIOError:
		    say('full')
		start = time.monotonic()
		silent.recv(1) or half.recv(1) or say('closed')
		say('in time' if 8 < time.monotonic() - start < 30 else 'not in time')
	END
	eventually client_said full
	[ "$(bpflockctl ping)" = 'bpflock answers.' ]
	wait "$CLIENT"
	cat "$CLIENT_OUTPUT"
	client_said closed
	client_said 'in time'
	await_log 'event=control_closed count=[23] warning=\\"a request or the taking of a reply took more than 10 s'
}

@test "the 65th client is refused, and told so, until one of the others has gone" {
	start_client <<-'END'
		clients = [connect() for _ in range(64)]
		for client in clients:
		    client.send(b'{"method":"io.bpflock.Ping"}\0')
		    client.recv(100)
		say('connected')
		while True:
		    time.sleep(1)
	END
	eventually client_said connected
	ctl_fails 5 ping
	[[ $output == *'it has closed the connection: '*'too many clients'* ]]
	kill "$CLIENT"
	eventually bpflockctl ping
	await_log 'event=control_closed count=[1-9][0-9]* warning=\\"more than 64 connections'
}
