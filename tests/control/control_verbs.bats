#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The verbs that say why, and show what happens: policy, monitor, explain. All tests ask the same daemon.
# The last one reloads it.

load ../lib/control.bash

setup_file() {
	install_programs
	cp "$PROGRAMS/ask" "$PROGRAMS/ready"
	printf '%s\n' '[kimglock]' 'profile = baseline' 'block = @integrity' 'block = kcore' \
		'level = confidentiality' 'except_cgroups = /excepted' 'event_window = 0' >"$CONF"
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
	call Policy '{"diff":true}' | is_json '.plugins == .configured and ([.findings[].level] | index("error") | not)'
	call Policy '{"plugin":"kimglock"}' | is_json '.plugins | length == 1'
	call Policy '{"plugin":"execsnoop"}' | is_json '.plugins == []'
	ctl_fails 1 policy kimblock
	[[ $output == *'there is no plugin of that name'* ]]
}

@test "policy --diff shows what a reload would change, and changes nothing" {
	[ "$(bpflockctl policy --diff 2>/dev/null)" = 'The policy in force is the one that is configured.' ]
	cp "$CONF" /tmp/saved
	sed -i 's/^block = kcore/required = yes/' "$CONF"
	ctl_fails 1 policy --diff
	[ "$(row kcore)" = "kimglock kcore block baseline, exceptions profile = baseline at $CONF:2" ]
	sed -i 's/^profile.*/profile = strict/' "$CONF"
	ctl_fails 1 policy --diff
	[[ $output == *"error: $CONF:2: "*strict*'a reload would be refused'* ]]
	cp /tmp/saved "$CONF"
	[ -z "$(log_lines 'event=(reload|config)')" ]
	bpflockctl policy --diff
}

MONITORED=/tmp/monitored

# What the next monitor shows, to know that it sees everything from now on.
TRIGGER=("$PROGRAMS/ready" ready "$DEBUGFS")

triggered() {
	"${TRIGGER[@]}" || true
	monitored ready
}

# Starts a monitor in the background, and waits until it shows the trigger: monitor OPTION...
monitor() {
	local - && set +T
	: >"$MONITORED"
	bpflockctl monitor "$@" >"$MONITORED" 2>&1 3>&- &
	MONITOR=$!
	eventually triggered
}

monitored() {
	grep -qE -- "$1" "$MONITORED"
}

# What it has shown, without the trigger, is in $output.
end_monitor() {
	kill "$MONITOR"
	wait "$MONITOR" || true
	output=$(grep -v ready "$MONITORED" || true)
	echo "$output"
}

# Asks for something that is denied, as a process of that name.
ask() {
	"$PROGRAMS/ask" "$@" || true
}

@test "monitor shows in JSON and in logfmt what the log has" {
	monitor --logfmt
	ask $'a\e[31m b' /proc/kcore
	ask last "$DEBUGFS"
	eventually monitored 'comm=last '
	await_log 'comm=last '
	end_monitor
	[ "$(grep -c lsm_locked_down <<<"$output")" -eq 2 ]
	diff <(grep lsm_locked_down <<<"$output") <(log_lines event=lsm_locked_down | grep -v ready)
	monitor --json
	ask last "$DEBUGFS"
	eventually monitored '"comm":"last"'
	end_monitor
	grep '"comm":"last"' <<<"$output" | is_json '.bpfprog == "kimglock" and .event == "lsm_locked_down" and .op == "debugfs" and
		.retval == -1 and .reason == "denied (block)" and .uid == 0'
}

@test "monitor shows people one line for each event, and no text is a command for the terminal" {
	monitor
	ask $'a\e[31m b' /proc/kcore
	ask last "$DEBUGFS"
	eventually monitored ' last'
	end_monitor
	grep -E '^[0-9:.]{12} kimglock denied \(block\) kcore "a\\x1b\[31m b"\[[0-9]+\] ppid=' <<<"$output"
	grep -E '^[0-9:.]{12} execsnoop syscall_execve ask\[[0-9]+\] .* filename=/tmp/programs/ask retval=0$' <<<"$output"
	run ! grep $'\e' "$MONITORED"
}

@test "monitor leaves out what is not asked for" {
	for option in --denied --operation=dev_mem --comm=ready --plugin=execsnoop; do
		[[ $option != *dev_mem ]] || TRIGGER=("$PROGRAMS/ready" ready /dev/mem)
		monitor "$option"
		ask allowed /dev/mem
		ask denied /proc/kcore
		settle
		eventually triggered
		end_monitor
		case $option in
		--denied) [[ $output == *' denied (block) kcore denied['* && $output != *allow* ]] ;;
		*dev_mem) [[ $output == *' allow (allow) dev_mem allowed['* && $output != *kcore* ]] ;;
		--comm*) [ -z "$output" ] ;;
		--plugin*) [[ $output == *' execsnoop syscall_execve ask['* && $output != *kimglock* ]] ;;
		esac
	done
}

@test "monitor shows what happens in one unit" {
	mkdir -p "$CGROUPS/system.slice/a.service/below" "$CGROUPS/system.slice/b.service"
	TRIGGER=(in_cgroup /system.slice/a.service/below "$PROGRAMS/ask" ready /proc/kcore)
	monitor --unit=a.service
	in_cgroup /system.slice/b.service "$PROGRAMS/ask" outside /proc/kcore || true
	settle
	eventually triggered
	in_cgroup /system.slice/a.service "$PROGRAMS/ask" inside /proc/kcore || true
	eventually monitored ' inside'
	end_monitor
	[[ $output != *outside* && $output != *settled* ]]
	remove_cgroup /system.slice/a.service/below
	remove_cgroup /system.slice/a.service
	remove_cgroup /system.slice/b.service
}

@test "Monitor without more is an error, and so is a 17th" {
	run call Monitor
	echo "$output"
	[[ $status -eq 3 && $output == *org.varlink.service.ExpectedMore* ]]
	start_client <<-'END'
		clients = [connect() for _ in range(16)]
		for client in clients:
		    client.send(b'{"method":"io.bpflock.Monitor","parameters":{"denied":true},"more":true}\0')
		    client.recv(100)
		say('connected')
		while True:
		    time.sleep(1)
	END
	eventually client_said connected
	ask denied /proc/kcore
	ctl_fails 1 monitor
	[[ $output == *'16 clients monitor the daemon already'* ]]
	bpflockctl status --json | is_json '.daemon.resident_bytes < 9000000'
	kill "$CLIENT"
	wait "$CLIENT" || true
	eventually monitor
	end_monitor
}

@test "a monitor that does not follow is told what it has missed, and nobody waits for it" {
	rm -f /tmp/listen
	start_client <<-'END'
		import json, os
		deaf = connect()
		deaf.send(b'{"method":"io.bpflock.Monitor","parameters":{"plugin":"kimglock"},"more":true}\0')
		deaf.recv(100)
		say('monitors')
		while not os.path.exists('/tmp/listen'):
		    time.sleep(0.1)
		deaf.settimeout(2)
		rest, seen, missed, ended = b'', 0, 0, False
		while not ended:
		    try:
		        rest += deaf.recv(65536)
		    except TimeoutError:
		        say('drained')
		        continue
		    *replies, rest = rest.split(b'\0')
		    for reply in replies:
		        parameters = json.loads(reply)['parameters']
		        seen += parameters['event']['comm'] == 'flood'
		        missed += parameters.get('missed', 0)
		        ended = ended or parameters['event']['comm'] == 'finished'
		say(f'{seen} {missed}')
	END
	eventually client_said monitors
	ask -c 3000 flood /proc/kcore
	settle
	[ "$(told flood)" -eq 3000 ]
	bpflockctl ping
	touch /tmp/listen
	eventually client_said drained
	ask finished /proc/kcore
	wait "$CLIENT"
	read -r seen missed <<<"$(tail -n 1 "$CLIENT_OUTPUT")"
	echo "$seen seen, $missed missed"
	# With the one of settle().
	[[ $missed -gt 0 && $((seen + missed)) -eq 3001 ]]
}

# The value of a line in the output of explain.
explained() {
	sed -n "s/^$1 *//p" <<<"$output"
}

@test "explain says why the last decision went as it did, from where, and what to change" {
	mkdir -p "$CGROUPS/system.slice/a.service/below"
	in_cgroup /system.slice/a.service/below "$PROGRAMS/ask" byname /proc/kcore || true
	await_log comm=byname
	run bpflockctl explain
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(explained operation)" = 'kcore of kimglock (/proc/kcore access)' ]
	[ "$(explained verdict)" = denied ]
	[[ $(explained task) =~ ^byname,\ process\ [0-9]+,\ uid\ 0,\ child\ of\ bash\ \([0-9]+\)$ ]]
	[ "$(explained cgroup)" = /system.slice/a.service/below ]
	[ "$(explained unit)" = a.service ]
	[ -z "$(explained namespaces)" ]
	[ "$(explained rule)" = "block: block = kcore at $CONF:4" ]
	[ "$(explained 'to change')" = "take kcore out of \`block\` in [kimglock] at $CONF:4" ]
	call Explain | is_json '.event.comm == "byname" and (.outdated | not)'
	remove_cgroup /system.slice/a.service/below
	remove_cgroup /system.slice/a.service
}

@test "explain counts decisions from the last one on, and knows where namespaces have decided" {
	contained "$PROGRAMS/ask" contained "$TRACEFS" || true
	"$PROGRAMS/ask" host "$TRACEFS"
	ask grouped "$DEBUGFS"
	await_log comm=grouped
	run bpflockctl explain 1
	[[ $(explained rule) == "block: block = @integrity at $CONF:3" ]]
	[[ $(explained 'to change') == 'add allow = debugfs to [kimglock]: a name wins over a group. Or take @integrity out '* ]]
	run bpflockctl explain 2
	echo "$output"
	[ "$(explained 'to change')" = 'block = tracefs in [kimglock] denies everybody this' ]
	[[ $(explained verdict) == allowed && $(explained namespaces) == initial && $(explained task) == host,* ]]
	run bpflockctl explain 3
	echo "$output"
	[[ $(explained verdict) == denied && $(explained namespaces) == 'not the initial '* ]]
	[ "$(explained rule)" = "baseline: profile = baseline at $CONF:2" ]
	[[ $(explained 'to change') == 'allow = tracefs in [kimglock] allows everybody this, '* ]]
	for number in 0 65 1000; do
		ctl_fails 1 explain "$number"
		[[ $output == *'no such decision'* ]]
	done
	ctl_fails 2 explain -- -1
	ctl_fails 2 explain first
}

@test "explain --operation says what is decided on the host and in containers" {
	run bpflockctl explain --operation tracefs
	echo "$output"
	[ "$(explained host)" = allowed ]
	[ "$(explained containers)" = denied ]
	[[ $(explained exceptions) == are* && $(explained rule) == "baseline: profile = baseline at $CONF:2" ]]
	run bpflockctl explain --operation dev_mem
	[[ $(explained containers) == allowed && $(explained rule) == 'allow: allow = dev_mem at -o kimglock.allow=dev_mem' ]]
	call ExplainOperation '{"operation":"kcore"}' | is_json '.operations[0] | .initial == "denied" and .policy.option == "block"'
	ctl_fails 1 explain --operation kcor
	[[ $output == *'bpflockctl policy lists them'* ]]
}

@test "explain names the grant that has allowed something, and what denies it otherwise" {
	bpflockctl grant kcore --for 1m --reason test
	"$PROGRAMS/ask" granted /proc/kcore
	await_log comm=granted
	bpflockctl revoke "$(bpflockctl grants --json | jq '.grants[0].id')"
	run bpflockctl explain
	echo "$output"
	[[ $(explained verdict) == allowed && $(explained rule) == "grant: block = kcore at $CONF:4" ]]
	[[ $(explained 'to change') == 'bpflockctl grants '* ]]
	call Explain | is_json '.event.grant > 0'
}

@test "a line that the policy does not come from any more is not named" {
	ask before "$DEBUGFS"
	await_log comm=before
	sed -i 's/^block = @integrity/audit_only = yes/' "$CONF"
	bpflockctl reload
	run bpflockctl explain
	echo "$output"
	[ "$(explained rule)" = 'block (the policy has changed since)' ]
	[ "$(explained 'to change')" = 'the configuration has changed since: bpflockctl explain --operation debugfs' ]
	run bpflockctl explain --operation kcore
	[ "$(explained host)" = 'would be denied, is only audited' ]
}
