#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The JSON Schema of the log, which is made of the plugins' tables, against the lines of a daemon with all plugins.

load ../lib/policy.bash
load ../lib/exec.bash

SCHEMA=/tmp/schema.json
LINES=/tmp/lines
CONTAINER=$CGROUPS/docker-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope

check_schema() {
	"$BATS_TEST_DIRNAME/../lib/check_schema.py" "$SCHEMA"
}

setup_file() {
	export BADLY='' GUARDED=yes
	install_programs
	install_exec_programs
	printf '%s\n' '[bpflock]' 'log_format = json' '[kimglock]' 'profile = baseline' 'event_window = 3s' \
		'[execsnoop]' 'enabled = yes' 'args = yes' '[bpfrestrict]' 'profile = baseline' 'log = denied' >"$CONF"
	bpflock --describe log -c "$CONF" >"$SCHEMA"
	start_bpflock -- -c "$CONF"
	provoke_lines
	grep '^{' "$LOG" >"$LINES"
}

# Lines with every key that a plugin or the core can give them, but for those of a daemon that was killed.
provoke_lines() {
	local -
	set +eT
	cd "$WORK"
	./exec_ways plain ./target
	./exec_ways memory:ghost target
	"$(path_of 300 "$WORK/target")"
	install -m 4755 target setuid
	as_user ./setuid
	bash -c 'echo 4711 >/proc/self/loginuid; exec ./target'
	contained bash -c "for number in {1..20}; do '$PROGRAMS/ask' -c 2 name\$number '$DEBUGFS'; done"
	bpflockctl grant debugfs --everyone --for 1m --reason test
	contained "$PROGRAMS/ask" granted "$DEBUGFS"
	contained "$PROGRAMS/ask" requester family:29 # AF_CAN
	contained rm /sys/fs/bpf/bpflock/v1/ring
	contained bpftool map create /sys/fs/bpf/named type array key 4 value 8 entries 1 name named
	mkdir -p "$CONTAINER"
	(echo "$BASHPID" >"$CONTAINER/cgroup.procs" && exec ./target)
	kill -USR1 "$DAEMON"
	await_log '"event":"records"'
	kill -HUP "$DAEMON"
	await_log '"event":"reloaded"'
	await_log '"comms":"several"'
}

teardown_file() {
	clean_up_bpflock
	rmdir "$CONTAINER"
}

@test "every line is as the schema says" {
	check_schema <"$LINES"
}

@test "among the lines is every key of the schema, but for that of a daemon that was killed" {
	jq -r '.oneOf[] | select(.properties.bpfprog) | .properties | keys[]' "$SCHEMA" | sort -u >/tmp/keys
	jq -r 'select(.subsys == "bpf") | keys[]' "$LINES" | sort -u >/tmp/seen
	diff <(comm -3 /tmp/keys /tmp/seen) <(echo again)
}

@test "lines that are not so are refused" {
	line=$(grep '"event":"lsm_locked_down"' "$LINES" | head -n 1)
	check_schema <<<"$line"
	for change in 'del(.time)' 'del(.comm)' '.uid = "0"' '.uid = -1' '.retval = 1' '.new = 1' '.reason = "denied"' \
		'.event = "other"' '.bpfprog = "execsnoop"' '.subsys = "kernel"' '.level = "fatal"'; do
		jq -c "$change" <<<"$line"
	done >"$LINES.changed"
	run check_schema <"$LINES.changed"
	[ "$status" -eq 1 ]
	[ "${lines[-1]}" = '11 lines, 11 of them wrong' ]
	run check_schema </dev/null
	[ "$status" -eq 1 ]
}
