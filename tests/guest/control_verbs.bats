#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The verbs that say why, and show what happens: policy, monitor, explain. All tests but the last ask the same daemon.

load ../lib/control.bash

setup_file() {
	install_programs
	printf '%s\n' '[kimglock]' 'profile = baseline' 'block = @integrity' 'block = kcore' \
		'level = confidentiality' 'except_cgroups = /excepted' >"$CONF"
	start_bpflock BPFLOCK_EXECSNOOP_ENABLED=yes -- -c "$CONF" -o kimglock.allow=dev_mem
	export DAEMON
}

setup() {
	forget_log
}

teardown_file() {
	clean_up_bpflock
}

# The row of an operation in the output of policy.
row() {
	grep -E "^kimglock +$1 " <<<"$output" | tr -s ' '
}

@test "policy names the rule of each operation, and the line that it comes from" {
	run bpflockctl policy
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(row kcore)" = "kimglock kcore block block = kcore at $CONF:4" ]
	[ "$(row kexec)" = "kimglock kexec block block = @integrity at $CONF:3" ]
	[ "$(row tracefs)" = "kimglock tracefs baseline, exceptions profile = baseline at $CONF:2" ]
	[ "$(row dev_mem)" = 'kimglock dev_mem allow allow = dev_mem at -o kimglock.allow=dev_mem' ]
	[ "$(bpflockctl policy kimglock)" = "$output" ]
}

@test "policy in JSON has the types that the interface declares" {
	call Policy
	call Policy '{"diff":true}' | jq -e '.plugins == .configured and ([.findings[].level] | index("error") | not)'
	call Policy '{"plugin":"kimglock"}' | jq -e '.plugins | length == 1'
	call Policy '{"plugin":"execsnoop"}' | jq -e '.plugins == []'
	ctl_fails 1 policy kimblock
	[[ $output == *'there is no plugin of that name'* ]]
}

@test "policy --diff shows what a reload would change, and changes nothing" {
	[ "$(bpflockctl policy --diff 2>/dev/null)" = 'The policy in force is the one that is configured.' ]
	cp "$CONF" /tmp/saved
	sed -i 's/^block = kcore/event_window = 1s/' "$CONF"
	ctl_fails 1 policy --diff
	[ "$(row kcore)" = "kimglock kcore block baseline, exceptions profile = baseline at $CONF:2" ]
	sed -i 's/^profile.*/profile = strict/' "$CONF"
	ctl_fails 1 policy --diff
	[[ $output == *"error: $CONF:2: "*strict*'a reload would be refused'* ]]
	cp /tmp/saved "$CONF"
	[ -z "$(log_lines 'event=(reload|config)')" ]
	bpflockctl policy --diff
}
