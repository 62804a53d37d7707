#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# bpflockctl metrics: what it prints, and what a server of it can do. All tests but the last ask the same daemon.

load ../lib/control.bash

PORT=9750

setup_file() {
	install_programs
	configure 'profile = restricted' '[execsnoop]' 'enabled = yes'
	start_bpflock -- -c "$CONF"
	export DAEMON
	! head -c 1 /dev/mem 2>/dev/null || false
	bpflockctl grant kexec --for 10m --reason 'a reason with "quotes"' >/dev/null
	bpflockctl metrics --listen "$PORT" >/tmp/server 2>&1 3>&- &
	export SERVER=$!
	eventually get /metrics >/dev/null
}

teardown_file() {
	kill "$SERVER" || true
	clean_up_bpflock
}

# request METHOD PATH: prints the response
request() {
	exec 4<>"/dev/tcp/127.0.0.1/$PORT" || return
	printf '%s %s HTTP/1.0\r\n\r\n' "$1" "$2" >&4
	tr -d '\r' <&4
	exec 4>&-
}

get() {
	request GET "$1" 2>/dev/null
}

value() {
	sed -n "s/^$1 //p" <<<"$output"
}

@test "every line is a metric, each has help and type, and the values are those of status" {
	run bpflockctl metrics
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$(grep -vE '^# (HELP bpflock_[a-z_]+ .+|TYPE bpflock_[a-z_]+ (counter|gauge))$|^bpflock_[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9]+$' <<<"$output")" ]
	diff <(sed -nE 's/^# TYPE ([^ ]+) .*/\1/p' <<<"$output") <(sed -nE 's/^(bpflock_[a-z_]+).*/\1/p' <<<"$output" | uniq)
	! grep -E '^# TYPE .*(_total gauge|[^l] counter)$' <<<"$output" || false
	# Such names are those of plugins: bpflock_plugin_PLUGIN_NAME.
	! grep -E '^# TYPE bpflock_plugin_[a-z]+_' <<<"$output" || false
	state=$(bpflockctl status --json)
	[ "$(value 'bpflock_decisions_total{plugin="kimglock",verdict="denied"}')" -ge 1 ]
	[ "$(value 'bpflock_decisions_total{plugin="kimglock",verdict="denied"}')" -eq "$(jq '.plugins[] | select(.name == "kimglock").decisions.denied' <<<"$state")" ]
	[ "$(value 'bpflock_plugin_state{plugin="kimglock",state="enforcing"}')" -eq 1 ]
	[ "$(value 'bpflock_plugin_state{plugin="execsnoop",state="enforcing"}')" -eq 0 ]
	[ "$(value 'bpflock_grants{plugin="kimglock"}')" -eq 1 ]
	[ "$(value 'bpflock_lost_records_total{plugin="execsnoop",stage="ring"}')" -eq 0 ]
	[ "$(value bpflock_start_time_seconds)" -eq "$(date -d "$(jq -r .daemon.since <<<"$state")" +%s)" ]
}

@test "metrics are text, and only that" {
	ctl_fails 2 metrics --json
	ctl_fails 2 metrics --listen 127.0.0.1:
	ctl_fails 2 metrics --listen localhost:9751
	ctl_fails 1 metrics --listen "$PORT"
	[[ $output == *'cannot listen there'* ]]
}

@test "a server answers GET /metrics, and nothing else" {
	output=$(get /metrics)
	grep -x 'Content-Type: text/plain; version=0.0.4; charset=utf-8' <<<"$output"
	[ "$(value 'bpflock_grants{plugin="kimglock"}')" -eq 1 ]
	[[ $(get /) == 'HTTP/1.'?' 404 '* ]]
	[[ $(request POST /metrics) == 'HTTP/1.'?' 405 '* ]]
	[[ $(get /metrics) == 'HTTP/1.'?' 200 '* ]]
}

@test "it has no privileges, and listens on the loopback only" {
	server=$(<"/proc/$SERVER/status")
	grep -P '^Uid:\t65534\t65534\t65534\t65534$' <<<"$server"
	grep -P '^Gid:\t65534\t65534\t65534\t65534$' <<<"$server"
	grep -P '^Groups:\t ?$' <<<"$server"
	for set in Prm Eff Amb; do grep -P "^Cap$set:\t0{16}$" <<<"$server"; done
	grep -P '^NoNewPrivs:\t1$' <<<"$server"
	[ "$(ss -Hltn "sport = :$PORT" | awk '{ print $4 }')" = "127.0.0.1:$PORT" ]
}

# What a server does before it gives up its privileges. After that, whoever takes it over has this connection.
@test "a connection that has restricted itself can neither change anything nor read events" {
	start_client <<-'END'
		client = connect()
		def call(method, parameters='{}'):
		    client.send(('{"method":"io.bpflock.%s","parameters":%s}\0' % (method, parameters)).encode())
		    say(client.recv(100000).decode().rstrip('\0'))
		call('StatusOnly')
		call('Stop')
		call('Grant', '{"operations":["dev_mem"],"seconds":60,"reason":"x"}')
		call('Revoke', '{"id":1}')
		call('Reload')
		call('Verify')
		call('Policy')
		call('Explain')
		call('Plugins')
		client.send(b'{"method":"io.bpflock.Monitor","more":true}\0')
		say(client.recv(100000).decode().rstrip('\0'))
		call('Ping')
	END
	wait "$CLIENT"
	cat "$CLIENT_OUTPUT"
	[ "$(grep -c '"error":"io.bpflock.Refused".*StatusOnly' "$CLIENT_OUTPUT")" -eq 9 ]
	[ "$(tail -n 1 "$CLIENT_OUTPUT")" = '{"parameters":{}}' ]
	expect_log 'event=control_refused method=Stop '
	[ "$(bpflockctl grants --json | jq '.grants | length')" -eq 1 ]
	bpflockctl ping
}

@test "it ends with the daemon, and says so" {
	bpflockctl stop
	wait_for_end "$SERVER"
	grep -x 'bpflockctl: the daemon has ended' /tmp/server
	ctl_fails 3 metrics
}
