#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The control socket as systemd's varlinkctl sees it, and the metrics as Prometheus reads them.

load ../lib/daemon.bash

SOCKET=/run/bpflock/io.bpflock
MONITORING=$BATS_TEST_DIRNAME/../../deploy/monitoring

setup_file() {
	install_bpflock
	# It has metrics of its own.
	install -D -m 755 -t /usr/local/lib/bpflock/plugins "$BPFLOCK_BUILD/tests/plugins/clockwork.so"
	start_bpflock BPFLOCK_KIMGLOCK_PROFILE=restricted BPFLOCK_CLOCKWORK_ENABLED=yes -- -c /dev/null
	export DAEMON
}

teardown_file() {
	clean_up_bpflock
	rm /usr/local/lib/bpflock/plugins/clockwork.so /run/clockwork
}

@test "varlinkctl info names bpflock and its interfaces" {
	run varlinkctl info "$SOCKET"
	echo "$output"
	[ "$status" -eq 0 ]
	grep -E 'Product: +bpflock$' <<<"$output"
	grep -E '(^| )io\.bpflock$' <<<"$output"
	grep -E '(^| )org\.varlink\.service$' <<<"$output"
}

@test "varlinkctl introspect understands the interface, and prints every method" {
	run varlinkctl introspect "$SOCKET" io.bpflock
	[ "$status" -eq 0 ]
	diff <(sed -nE 's/^method ([A-Za-z]+).*/\1/p' <<<"$output") <(sed -nE 's/^method ([A-Za-z]+).*/\1/p' /usr/share/bpflock/io.bpflock.varlink)
}

@test "varlinkctl call returns replies and errors" {
	varlinkctl --json=short call "$SOCKET" io.bpflock.Status '{}' |
		is_json '.plugins[] | select(.name == "kimglock" and .state == "enforcing")'
	run varlinkctl call "$SOCKET" io.bpflock.Grant '{"operations":["nothing"],"seconds":60,"reason":"x"}'
	[[ $status -ne 0 && $output == *io.bpflock.GrantRefused* ]]
}

@test "varlinkctl call --more follows the monitor" {
	varlinkctl --more --json=short call "$SOCKET" io.bpflock.Monitor '{"denied":true}' >/tmp/followed 3>&- &
	eventually test -s /tmp/followed # the first reply: it monitors
	! head -c 1 /dev/mem 2>/dev/null || false
	eventually grep '"op":"dev_mem"' /tmp/followed
	kill $!
}

@test "promtool finds nothing wrong with the metrics, the alerts and their tests" {
	bpflockctl metrics >/tmp/metrics
	grep '^bpflock_plugin_clockwork_ticks_total' /tmp/metrics
	promtool check metrics </tmp/metrics
	promtool check rules "$MONITORING/bpflock.rules.yml"
	promtool test rules "$MONITORING/bpflock.rules.test.yml"
}

@test "the dashboard and the alerts use metrics that there are, and no other" {
	bpflockctl metrics | sed -nE 's/^# TYPE ([^ ]+) .*/\1/p' >/tmp/metrics
	for file in bpflock-dashboard.json bpflock.rules.yml; do
		grep -oE 'bpflock_[a-z_]+' "$MONITORING/$file" | sort -u >/tmp/used
		[ -s /tmp/used ]
		[ -z "$(grep -vxFf /tmp/metrics /tmp/used)" ]
	done
}
