#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What lines say beyond their records: loginuid, unit, container, and where the rule of a denial was written.

load ../lib/policy.bash

ID=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
UNIT=$CGROUPS/system.slice/backup.service
CONTAINER=$CGROUPS/system.slice/docker-$ID.scope
FORGED=$UNIT/docker-$ID.scope

setup_file() {
	install_programs
	mkdir -p "$UNIT" "$CONTAINER" "$FORGED"
}

teardown() {
	clean_up_bpflock
}

teardown_file() {
	rmdir "$FORGED" "$UNIT" "$CONTAINER"
}

# ask_in CGROUP NAME [LOGINUID]: a request that is denied
ask_in() (
	echo "$BASHPID" >"$1/cgroup.procs"
	[[ -z ${3-} ]] || echo "$3" >/proc/self/loginuid
	! "$PROGRAMS/ask" "$2" "$DEBUGFS" || exit 1
)

# start LINE...: of [bpflock]; two outputs, of which one is JSON by a second daemon's configuration
start() {
	printf '%s\n' '[bpflock]' "$@" '[kimglock]' 'profile = restricted' 'event_window = 0' 'block = dev_mem' >"$CONF"
	start_bpflock -- -c "$CONF"
}

line_of() {
	expect_log "\"comm\":\"$1\"|comm=$1 "
}

await_line_of() {
	await_log "\"comm\":\"$1\"|comm=$1 "
}

@test "in JSON a line has loginuid, unit and container, as far as they are known" {
	start 'log_format = json'
	ask_in "$CGROUPS" nobody
	ask_in "$UNIT" service 4711
	ask_in "$CONTAINER" contained 0
	ask_in "$FORGED" forged
	await_line_of forged
	line_of nobody | is_json 'has("unit") or has("container") or has("loginuid") | not'
	line_of service | is_json '.unit == "backup.service" and .loginuid == 4711 and (has("container") | not)'
	line_of contained | is_json ".container == \"$ID\" and .loginuid == 0 and .unit == \"docker-$ID.scope\""
	line_of forged | is_json '.unit == "backup.service" and (has("container") | not)'
}

@test "a denial in JSON names the place of the rule that decided, and what is allowed none" {
	start 'log_format = json'
	ask_in "$CGROUPS" default
	await_line_of default
	line_of default | is_json ".origin == \"$CONF:4\""
	"$PROGRAMS/ask" blocked /dev/mem || true
	await_line_of blocked
	line_of blocked | is_json ".origin == \"$CONF:6\""
	forget_log
	sed -i 's/restricted/privileged/' "$CONF"
	kill -HUP "$DAEMON"
	await_log '"event":"reloaded"'
	"$PROGRAMS/ask" allowed "$DEBUGFS"
	await_line_of allowed
	line_of allowed | is_json 'has("origin") | not'
}

@test "logfmt is as it was, unless log_details asks for them" {
	start
	ask_in "$UNIT" plain 4711
	await_line_of plain
	line_of plain | grep -E 'comm=plain pcomm=[^ ]+ retval=-1 reason=denied \(restricted\)" bpfprog=kimglock subsys=bpf$'
	forget_log
	sed -i '1a log_details = yes' "$CONF"
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	ask_in "$UNIT" detailed 4711
	await_line_of detailed
	line_of detailed | grep -E "comm=detailed pcomm=[^ ]+ loginuid=4711 unit=backup.service origin=$CONF:4 retval=-1 reason=denied \\(restricted\\)\" bpfprog=kimglock subsys=bpf\$"
}

@test "decisions before a reload name no place: it may be another one now" {
	start 'log_format = json'
	sed -i 's/^event_window = 0/event_window = 3s/' "$CONF"
	kill -HUP "$DAEMON"
	await_log '"event":"reloaded"'
	"$PROGRAMS/ask" -c 3 held /dev/mem || true
	await_line_of held
	line_of held | is_json ".origin == \"$CONF:6\""
	sed -i '1i # one line more' "$CONF"
	kill -HUP "$DAEMON"
	await_log '"comm":"held".*"count":2'
	line_of held | tail -n 1 | is_json '.count == 2 and (has("origin") | not)'
}
