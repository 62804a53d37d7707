#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A wrong configuration: one run reports all errors, each with its place, what is wrong and what is valid.

load ../lib/daemon.bash

# shellcheck disable=SC2034 # for daemon.bash: no warning that there is no guard
GUARDED=yes

FILE=/tmp/bad.conf

setup_file() {
	install_bpflock
}

teardown() {
	clean_up_bpflock
}

# check LINE...: checks a file with these lines.
check() {
	printf '%s\n' "$@" >"$FILE"
	run run_bpflock -- -c "$FILE" --check-config
}

# check_variables NAME=VALUE...
check_variables() {
	run run_bpflock "$@" -- -c /dev/null --check-config
}

# Expects status 2 and this many lines.
refused_with() {
	echo "$output"
	[ "$status" -eq 2 ]
	[ "${#lines[@]}" -eq "$1" ]
}

# complains PLACE TEXT...: expects a line about that place with all these texts.
complains() {
	local text found
	found=$(grep -F -- "bpflock: $1: " <<<"$output")
	shift
	for text in "$@"; do
		found=$(grep -F -- "$text" <<<"$found")
	done
}

@test "a good configuration is called valid" {
	check '[kimglock]' 'profile = baseline' 'block = unsigned_module, @tracing'
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$output" = "The configuration is valid." ]
}

@test "an unknown section is refused, and its keys are not complained about one by one" {
	check '[kimglok]' 'profile = nonsense' 'nonsense = 1'
	refused_with 1
	complains "$FILE:1" "there is no section [kimglok]" "did you mean 'kimglock'?" "valid: bpflock, bpfrestrict, execsnoop, filelesslock, kimglock, kmodlock, "
}

@test "an unknown key is refused" {
	check '[bpflock]' 'log_formt = json' '[execsnoop]' 'user = 0'
	refused_with 2
	complains "$FILE:2" "[bpflock] log_formt: there is no such key" "did you mean 'log_format'?" "valid: log_format, "
	complains "$FILE:4" "[execsnoop] user: there is no such key" "trace" "uids"
}

@test "an unknown value is refused" {
	check '[bpflock]' 'log_format = xml' 'ring_size = 5000' '[kimglock]' 'profile = baselin' '[execsnoop]' \
		'args = maybe' 'uids = -1'
	refused_with 5
	complains "$FILE:2" "[bpflock] log_format: 'xml' is none of the choices" "valid: logfmt, json"
	complains "$FILE:3" "[bpflock] ring_size: 5000 is not a power of two" "valid: 64K"
	complains "$FILE:5" "[kimglock] profile: 'baselin' is none of the choices" "did you mean 'baseline'?" restricted
	complains "$FILE:7" "[execsnoop] args: 'maybe' is neither yes nor no" "valid: yes, no"
	complains "$FILE:8" "[execsnoop] uids: '-1' is not a valid number" "valid: a decimal number"
}

@test "an unknown operation or group is refused at the line that names it" {
	check '[kimglock]' 'block = dev_men' 'block = kcore, @tracin' 'allow = @nonsense'
	refused_with 3
	complains "$FILE:2" "[kimglock] block: unknown operation 'dev_men'" "valid: unsigned_module, dev_mem, " @tracing
	complains "$FILE:3" "[kimglock] block: unknown group '@tracin'" "valid: " dev_mem @tracing
	complains "$FILE:4" "[kimglock] allow: unknown group '@nonsense'" "valid: "
}

@test "an operation in both lists is refused, with the places of both" {
	check '[kimglock]' 'block = msr' 'block = dev_mem' 'allow = kcore' 'allow = dev_mem'
	refused_with 1
	complains "$FILE:3" "[kimglock] block: 'dev_mem' is in \`allow\` as well ($FILE:5)"
}

@test "an operation in both lists is refused when the lists come from different sources" {
	printf '%s\n' '[kimglock]' 'block = dev_mem' >"$FILE"
	run run_bpflock BPFLOCK_KIMGLOCK_ALLOW=dev_mem -- -c "$FILE" --check-config
	refused_with 1
	complains "$FILE:2" "[kimglock] block: 'dev_mem' is in \`allow\` as well (BPFLOCK_KIMGLOCK_ALLOW)"
}

@test "an unknown plugin is refused, as a section, a variable and an assignment" {
	printf '%s\n' '[netlock]' 'enabled = yes' >"$FILE"
	run run_bpflock BPFLOCK_NETLOCK_ENABLED=yes -- -c "$FILE" -o netlock.enabled=yes --check-config
	refused_with 3
	complains "$FILE:1" "there is no section [netlock]" "valid: bpflock, bpfrestrict, execsnoop, filelesslock, kimglock, kmodlock, "
	complains BPFLOCK_NETLOCK_ENABLED "there is no such variable" "did you mean"
	complains "-o netlock.enabled=yes" "there is no section [netlock]" "valid: bpflock, bpfrestrict, execsnoop, filelesslock, kimglock, kmodlock, "
	run run_bpflock -- --help-plugin netlock
	[ "$status" -eq 2 ]
	[[ $output == *"there is no plugin 'netlock'; --list-plugins lists them" ]]
}

@test "an unknown variable is refused with the nearest one" {
	check_variables BPFLOCK_EXEC_SNOP=all BPFLOCK_KIMGLOCK_PROFIL=baseline
	refused_with 2
	complains BPFLOCK_EXEC_SNOP "there is no such variable" "did you mean 'BPFLOCK_EXEC_SNOOP'?"
	complains BPFLOCK_KIMGLOCK_PROFIL "there is no such variable" "did you mean 'BPFLOCK_KIMGLOCK_PROFILE'?"
}

@test "a bad value of a variable is refused by the variable's name" {
	check_variables BPFLOCK_EXEC_SNOOP=some BPFLOCK_KIMGLOCK_BLOCK=dev_men
	refused_with 2
	complains BPFLOCK_EXEC_SNOOP "[execsnoop] trace: 'some' is none of the choices" "valid: all, none, filter"
	complains BPFLOCK_KIMGLOCK_BLOCK "[kimglock] block: unknown operation 'dev_men'" "valid: "
}

@test "a bad assignment is refused as it was written" {
	run run_bpflock -- -c /dev/null -o execsnoop.trace=some -o oops -o kimglock.foo=1 --check-config
	refused_with 3
	complains "-o execsnoop.trace=some" "[execsnoop] trace: 'some' is none of the choices" "valid: all, none, filter"
	complains "-o oops" "this is not SECTION.KEY=VALUE" "for example -o bpflock.log_format=json"
	complains "-o kimglock.foo=1" "[kimglock] foo: there is no such key" "valid: "
}

@test "a line over the limit is refused, not cut" {
	printf -v long '%*s' 300 ''
	check '[execsnoop]' "comms = ${long// /a}" 'trace = all'
	refused_with 1
	complains "$FILE:2" "the line is longer than" "repeat the key of a list in several lines"
}

@test "an indented continuation is refused, not joined to the line before" {
	check '[kimglock]' 'block = dev_mem,' '        kcore'
	refused_with 2
	complains "$FILE:2" "[kimglock] block: there is an empty item in the list"
	complains "$FILE:3" "the line is indented" "begin it in the first column"
}

@test "a broken section header is refused, and the keys behind it do not land in the section before" {
	check '[kimglock]' 'profile = baseline' '[execsnoop' 'profile = nonsense' 'trace = nonsense' '[execsnoop]' 'args = maybe'
	refused_with 2
	complains "$FILE:3" "the header of the section is broken: '[execsnoop'" "valid: [NAME]"
	complains "$FILE:7" "[execsnoop] args: 'maybe'"
}

@test "a line without a section or without a '=' is refused" {
	check 'trace = all' '[execsnoop]' 'trace all'
	refused_with 2
	complains "$FILE:1" "'trace' is outside of any section"
	complains "$FILE:3" "there is no '=' in 'trace all'" "valid: KEY = VALUE"
}

@test "a duplicate key is refused, with the place of the first" {
	check '[execsnoop]' 'trace = all' 'trace = none'
	refused_with 1
	complains "$FILE:3" "[execsnoop] trace: it is set twice" "first by $FILE:2"
}

@test "a key of a list may be repeated" {
	check '[execsnoop]' 'comms = a' 'comms = b'
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a file given with -c that is missing is refused" {
	run run_bpflock -- -c /missing.conf --check-config
	refused_with 1
	complains /missing.conf "the file cannot be read: No such file or directory"
}

@test "what is no path of a cgroup is refused" {
	check '[execsnoop]' 'cgroups = /a, relative' 'cgroups = /a/../b'
	refused_with 2
	complains "$FILE:2" "[execsnoop] cgroups: 'relative' is not the path of a cgroup" "valid: a path from the root"
	complains "$FILE:3" "[execsnoop] cgroups: '/a/../b' is not the path of a cgroup" "such as /user.slice"
}

@test "a cgroup that is missing is valid, and a notice names it" {
	check '[execsnoop]' 'cgroups = /' 'cgroups = /missing'
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 2 ]
	complains "$FILE:3" "notice: execsnoop: [execsnoop] cgroups: the cgroup /sys/fs/cgroup/missing is not found (No such file or directory); it will be watched for"
}

@test "what a plugin's own check refuses is told with its place" {
	check '[execsnoop]' 'enabled = yes' 'trace = filter'
	refused_with 1
	# The place is that of the first option of the section, because a check is about several options.
	complains "$FILE:2" "execsnoop: trace = filter needs at least one of uids, comms and cgroups"
	check_variables BPFLOCK_EXEC_SNOOP=filter
	refused_with 1
	complains BPFLOCK_EXEC_SNOOP "execsnoop: trace = filter needs at least one of uids, comms and cgroups"
}

@test "a log that cannot be written is an error before the start" {
	check '[bpflock]' 'log_output = stderr, file:/missing/bpflock.log' '[execsnoop]' 'trace = all'
	refused_with 1
	complains "$FILE:2" "the log cannot be written to /missing/bpflock.log: No such file or directory"
	check '[bpflock]' 'log_output = file:/tmp/new.log' '[execsnoop]' 'trace = all'
	[ "$status" -eq 0 ]
	[ ! -e /tmp/new.log ]
}

@test "errors of a file, of variables and of assignments are reported in one run" {
	printf '%s\n' '[bpflock]' 'log_format = xml' 'log_formt = json' ' indented = 1' '[kimglok]' '[broken' '[kimglock]' \
		'profile = x' 'profile = y' 'block = kcore' 'allow = kcore' >"$FILE"
	run run_bpflock BPFLOCK_EXEC_SNOP=all BPFLOCK_EXEC_SNOOP=some -- -c "$FILE" -o bpflock.foo=1 --check-config
	refused_with 11
	for line in 2 3 4 5 6 8 9 10; do
		complains "$FILE:$line"
	done
	complains BPFLOCK_EXEC_SNOP
	complains BPFLOCK_EXEC_SNOOP
	complains "-o bpflock.foo=1"
}

@test "a daemon with a bad configuration does not start, and loads and pins nothing" {
	printf '%s\n' '[execsnoop]' 'enabled = yes' 'trace = some' '[kimglock]' 'enabled = yes' 'block = dev_men' >"$FILE"
	before=$(bpftool prog show | wc -l)
	run try_bpflock -- -c "$FILE"
	refused_with 2
	complains "$FILE:3" "[execsnoop] trace: 'some' is none of the choices"
	complains "$FILE:6" "[kimglock] block: unknown operation 'dev_men'"
	[ ! -e "$PINS" ]
	[ "$(bpftool prog show | wc -l)" -eq "$before" ]
}

@test "a drop-in is named in what is wrong with it" {
	mkdir -p /etc/bpflock/conf.d
	echo '[nonsense]' >/etc/bpflock/conf.d/10-bad.conf
	run run_bpflock -- --check-config
	rm /etc/bpflock/conf.d/10-bad.conf
	refused_with 1
	complains /etc/bpflock/conf.d/10-bad.conf:1 "there is no section [nonsense]"
}

@test "what Kubernetes sets for a Service of that name is ignored with a notice" {
	check_variables BPFLOCK_SERVICE_HOST=10.0.0.1 BPFLOCK_SERVICE_PORT_HTTP=80 BPFLOCK_PORT=tcp://10.0.0.1:80 \
		BPFLOCK_PORT_80_TCP_ADDR=10.0.0.1
	echo "$output"
	[ "$status" -eq 0 ]
	for name in BPFLOCK_SERVICE_HOST BPFLOCK_SERVICE_PORT_HTTP BPFLOCK_PORT BPFLOCK_PORT_80_TCP_ADDR; do
		complains "$name" notice ignored Kubernetes
	done
}

@test "an empty variable counts as unset" {
	run run_bpflock BPFLOCK_EXEC_SNOOP= BPFLOCK_KIMGLOCK_PROFILE=' ' BPFLOCK_NONSENSE= -- -c /dev/null --dump-config
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$(grep BPFLOCK_ <<<"$output")" ]
	[ "$(grep -cE '^enabled *= *yes' <<<"$output")" -eq 0 ]
}

@test "a bad command line ends with status 2" {
	run run_bpflock -- --nonsense
	[ "$status" -eq 2 ]
	[[ $output == *"unrecognized option '--nonsense'"* ]]
	run run_bpflock -- start
	[ "$status" -eq 2 ]
	[[ $output == *"unexpected argument 'start'"* ]]
	run run_bpflock -- -c
	[ "$status" -eq 2 ]
}
