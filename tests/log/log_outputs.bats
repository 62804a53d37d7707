#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The log for its readers: formats, outputs, and that no name of a process or a file can forge anything.

load ../lib/daemon.bash

DIR=/tmp/outputs
NAME=$'x" level=error msg="'

setup_file() {
	install_bpflock
	mkdir -p "$DIR"
}

teardown() {
	clean_up_bpflock
	[[ -z ${RECEIVER:-} ]] || kill "$RECEIVER" || true
	rm -rf /dev/log "${DIR:?}"/*
}

# Starts the daemon with both plugins: start [NAME=VALUE...]
start() {
	start_bpflock BPFLOCK_EXEC_SNOOP=all BPFLOCK_KIMGLOCK_PROFILE=baseline "$@" -- -c /dev/null
}

# with_outputs OUTPUTS [NAME=VALUE...]: like start, for outputs that need not include stderr.
with_outputs() {
	BEGAN=$DIR/log
	run_bpflock BPFLOCK_KIMGLOCK_PROFILE=baseline "BPFLOCK_LOG_OUTPUT=$1" "${@:2}" -- -c /dev/null \
		>"$DIR/stdout" 2>"$DIR/stderr" 3>&- &
	DAEMON_JOB=$!
}

# Runs the command, waits for its line, and prints the line: json JQ-CONDITION COMMAND...
json() {
	"${@:2}" >/dev/null 2>&1 || true
	local line deadline=$((SECONDS + 20))

	until line=$(jq -c "select($1)" "$LOG" | tail -n 1) && [[ -n $line ]]; do
		((SECONDS < deadline)) || return 1
		sleep 0.1
	done
	echo "$line"
}

keys() {
	jq -r 'keys_unsorted | join(",")'
}

# Opens /dev/mem as a process of this name.
open_as() {
	bash -c 'printf %s "$1" >/proc/$$/comm && : </dev/mem' bash "$1"
}

# Every line has the same form, whatever names are in it.
every_line_is_logfmt() {
	local inner='([^"\\]|\\.)*'

	[[ -s $LOG ]]
	[ -z "$(LC_ALL=C grep -vE "^time=\"[0-9T:-]+Z\" level=(info|warning|error) msg=\"event=[a-z_]+$inner\"( bpfprog=[a-z]+)? subsys=(bpf|bpflock)\$" "$LOG")" ]
}

every_line_is_json() {
	jq -e -s 'length > 0 and all(type == "object" and has("event") and has("subsys"))' "$LOG" >/dev/null
	[ "$(wc -l <"$LOG")" -eq "$(jq -c . "$LOG" | wc -l)" ]
}

# ---- JSON

@test "F: JSON has the first keys in their order, for decisions and for executions" {
	start BPFLOCK_LOG_FORMAT=json
	decision=$(json '.event == "lsm_locked_down" and .comm == "head"' unshare -n head -c 1 /dev/mem)
	[ "$(keys <<<"$decision")" = subsys,bpfprog,event,operation,tgid,pid,cgroupid,comm,retval,reason,time,level,op,ppid,uid,pcomm,origin ]
	execution=$(json '.event == "syscall_execve" and .comm == "head"' true)
	[ "$(keys <<<"$execution")" = subsys,bpfprog,event,tgid,pid,cgroupid,comm,retval,time,level,ppid,uid,pcomm,filename ]
	stop_bpflock
	every_line_is_json
}

@test "F: JSON has numbers as numbers, both names of the operation, and nanoseconds" {
	start BPFLOCK_LOG_FORMAT=json
	now=$(date -u +%s)
	json '.event == "lsm_locked_down" and .comm == "head"' unshare -n head -c 1 /dev/mem >"$DIR/decision"
	jq -e '
		.subsys == "bpf" and .bpfprog == "kimglock" and .level == "info" and
		.operation == "/dev/mem,kmem,port" and .op == "dev_mem" and
		.retval == -1 and .reason == "denied (baseline)" and .uid == 0 and .tgid == .pid and
		([.tgid, .pid, .ppid, .cgroupid] | all(type == "number" and . > 0)) and
		(.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{9}Z$"))
	' "$DIR/decision"
	happened=$(date -u -d "$(jq -r .time "$DIR/decision")" +%s)
	((happened - now >= -1 && happened - now <= 20))
}

@test "the daemon's own lines have subsys=bpflock in both formats" {
	start
	stop_bpflock
	every_line_is_logfmt
	expect_log 'msg="event=started version=[^ ]+ kernel=[^ ]+" subsys=bpflock$' | grep -F " kernel=$(uname -r)\""
	expect_log 'msg="event=plugin_running .*" bpfprog=kimglock subsys=bpflock$'
	expect_log 'msg="event=stopped .*" subsys=bpflock$'
	start BPFLOCK_LOG_FORMAT=json
	stop_bpflock
	jq -e -s 'map(select(.subsys == "bpflock") | .event) | contains(["plugin_running", "started", "stopped"])' "$LOG"
	jq -e -s 'map(select(.subsys == "bpflock") | .time) | . == sort' "$LOG"
	every_line_is_json
}

# ---- outputs

@test "a file is created for root alone" {
	with_outputs "file:$DIR/log"
	in_file "$DIR/log" 'event=started'
	[ "$(stat -c '%a %U %F' "$DIR/log")" = '600 root regular file' ]
	head -c 1 /dev/mem >/dev/null
	in_file "$DIR/log" 'comm=head .*reason=allow \(baseline\)'
	[ ! -s "$DIR/stdout" ]
	[ ! -s "$DIR/stderr" ]
}

@test "a file that is there is continued, and keeps its mode" {
	echo before >"$DIR/log"
	chmod 640 "$DIR/log"
	with_outputs "file:$DIR/log"
	in_file "$DIR/log" 'event=started'
	[ "$(head -n 1 "$DIR/log")" = before ]
	[ "$(stat -c %a "$DIR/log")" = 640 ]
}

@test "SIGHUP reopens a file that has been moved away, and no line is lost or in both" {
	with_outputs "file:$DIR/log"
	in_file "$DIR/log" 'event=started'
	open_as first
	in_file "$DIR/log" 'comm=first '
	mv "$DIR/log" "$DIR/log.1"
	kill -HUP "$(pidof bpflock)"
	in_file "$DIR/log" 'event=reloaded'
	open_as third
	in_file "$DIR/log" 'comm=third '
	[ "$(cat "$DIR/log.1" "$DIR/log" | grep -oE 'comm=(first|third)' | xargs)" = 'comm=first comm=third' ]
	[ "$(grep -c 'comm=third' "$DIR/log")" -eq 1 ]
	[ "$(stat -c %a "$DIR/log")" = 600 ]
}

@test "SIGHUP with another output goes on there" {
	printf '%s\n' '[bpflock]' "log_output = file:$DIR/log" '[kimglock]' 'enabled = yes' >"$DIR/conf"
	run_bpflock -- -c "$DIR/conf" >"$DIR/stdout" 2>"$DIR/stderr" 3>&- &
	in_file "$DIR/log" 'event=started'
	printf '%s\n' '[bpflock]' "log_output = file:$DIR/other" 'log_format = json' '[kimglock]' 'enabled = yes' >"$DIR/conf"
	kill -HUP "$(pidof bpflock)"
	in_file "$DIR/other" '"event":"reloaded"'
	open_as third
	in_file "$DIR/other" '"comm":"third"'
	[ -z "$(grep third "$DIR/log")" ]
}

@test "several outputs at once have the same lines" {
	with_outputs "stdout, stderr, file:$DIR/log, file:$DIR/log2"
	in_file "$DIR/log" 'event=started'
	open_as several
	in_file "$DIR/log2" 'comm=several '
	kill "$(pidof bpflock)" && wait "$DAEMON_JOB"
	grep -q 'event=stopped' "$DIR/log"
	for output in stdout stderr log2; do
		diff "$DIR/log" "$DIR/$output"
	done
}

@test "streams that are closed at the start get no number that another file has then" {
	run_bpflock BPFLOCK_KIMGLOCK_PROFILE=baseline "BPFLOCK_LOG_OUTPUT=stderr, file:$DIR/log" -- -c /dev/null \
		<&- >&- 2>&- 3>&- &
	in_file "$DIR/log" 'event=started'
	for stream in 0 1 2; do
		[ "$(readlink "/proc/$(pidof bpflock)/fd/$stream")" = /dev/null ]
	done
	open_as closed
	in_file "$DIR/log" 'comm=closed '
	[ "$(grep -c 'comm=closed ' "$DIR/log")" -eq 1 ]
}

@test "syslog gets each line as one datagram of facility daemon" {
	perl -MSocket -e '
		socket(S, AF_UNIX, SOCK_DGRAM, 0) && bind(S, sockaddr_un("/dev/log")) or die;
		$| = 1;
		print "$datagram\n" while defined recv(S, $datagram, 65536, 0);
	' >"$DIR/received" 3>&- &
	RECEIVER=$!
	until [[ -S /dev/log ]]; do sleep 0.1; done
	with_outputs "syslog"
	in_file "$DIR/received" '^<30>bpflock\[[0-9]+\]: time="[^"]*" level=info msg="event=started .*" subsys=bpflock$'
	open_as sys
	in_file "$DIR/received" "^<30>bpflock\[$(pidof bpflock)\]: time=.* comm=sys .*reason=allow \(baseline\)\" bpfprog=kimglock subsys=bpf\$"
}

@test "without a syslog daemon it starts, enforces, and says that lines are lost" {
	with_outputs "syslog, stderr"
	in_file "$DIR/stderr" 'level=warning .*syslog.*'
	in_file "$DIR/stderr" 'event=started'
	run unshare -n head -c 1 /dev/mem
	[ "$status" -eq 1 ]
	in_file "$DIR/stderr" 'comm=head .*denied \(baseline\)'
}

@test "a file that cannot be opened ends the start with status 2, and nothing is loaded" {
	run try_bpflock BPFLOCK_KIMGLOCK_PROFILE=restricted "BPFLOCK_LOG_OUTPUT=file:$DIR/nowhere/log" -- -c /dev/null
	[ "$status" -eq 2 ]
	[[ $output == *"$DIR/nowhere/log"* ]]
	[ ! -e "$PINS" ]
}

# ---- names that an attacker chose

# Names of programs. The first 15 bytes of each become the name of a process.
forged_names=(
	"$NAME"
	$'a\ntime="2022-02-11T11:17:06Z" level=error msg="event=forged'
	'k=v retval=0" bpfprog=forged subsys=bpf'
	$'\e[2J\e]0;title\a'
	$'\xff\xfe\xc3('
	'back\slash\x22\'
)

run_forged_names() {
	for name in "${forged_names[@]}"; do
		cp "$BPFLOCK_BUILD/tests/programs/ioperm" "$DIR/$name"
		"$DIR/$name" || true
	done
}

@test "the name of a process forges no field and no line in logfmt" {
	start
	open_as "$NAME"
	# The kernel keeps 15 bytes of it
	line=$(await_log 'event=lsm_locked_down .*comm=\\"x')
	[[ $line == *' comm=\"x\\x22 level=error \" pcomm=bash retval=0 reason=allow (baseline)" bpfprog=kimglock subsys=bpf' ]]
	every_line_is_logfmt
	[ -z "$(grep -E '^[^"]*"[^"]*" level=error' "$LOG")" ]
}

@test "the name of a process forges no field and no line in JSON" {
	GUARDED=yes # without one it warns
	start BPFLOCK_LOG_FORMAT=json
	json '.event == "lsm_locked_down" and .comm == "x\" level=error "' open_as "$NAME"
	stop_bpflock
	every_line_is_json
	jq -e -s 'all(.level == "info")' "$LOG"
}

@test "the name of a program forges no field and no line in logfmt" {
	start
	run_forged_names
	await_log 'filename=[^ ]*back' >"$DIR/last"
	grep -F 'filename=\"'"$DIR"'/back\\\\slash\\\\x22\\\\\" retval=0" bpfprog=execsnoop subsys=bpf' "$DIR/last"
	grep -F 'filename=\"'"$DIR"'/x\\x22 level=error msg=\\x22\" retval=0" bpfprog=execsnoop subsys=bpf' "$LOG"
	grep -F 'filename=\"'"$DIR"'/a\\ntime=\\x222022-02-11T11:17:06Z\\x22 level=error msg=\\x22event=forged\" retval=0" bpfprog=execsnoop subsys=bpf' "$LOG"
	grep -F 'filename=\"'"$DIR"'/k=v retval=0\\x22 bpfprog=forged subsys=bpf\" retval=0" bpfprog=execsnoop subsys=bpf' "$LOG"
	grep -F 'filename=\"'"$DIR"'/\\x1b[2J\\x1b]0;title\\x07\" retval=0" bpfprog=execsnoop subsys=bpf' "$LOG"
	grep -F 'filename=\"'"$DIR"'/\\xff\\xfe\\xc3(\" retval=0" bpfprog=execsnoop subsys=bpf' "$LOG"
	# The same names, as names of processes
	grep -F 'operation=\"raw io port access\"' "$LOG" | grep -F ' comm=\"a\\ntime=\\x222022-02\" pcomm=bash retval=0 '
	grep -F 'operation=\"raw io port access\"' "$LOG" | grep -F ' comm=\"\\x1b[2J\\x1b]0;title\\x07\" pcomm=bash retval=0 '
	every_line_is_logfmt
	# Nothing but printable ASCII and newlines
	[ -z "$(LC_ALL=C tr -d '\n\040-\176' <"$LOG")" ]
}

@test "the name of a program forges no field and no line in JSON" {
	GUARDED=yes # without one it warns
	start BPFLOCK_LOG_FORMAT=json
	run_forged_names
	json '.filename // "" | contains("/back")' true
	stop_bpflock
	every_line_is_json
	for name in "${forged_names[@]}"; do
		[[ $name == *$'\xff'* ]] || jq -e -s --arg path "$DIR/$name" 'any(.filename == $path and .retval == 0)' "$LOG"
	done
	jq -e -s 'any(.event == "lsm_locked_down" and .comm == "a\ntime=\"2022-02")' "$LOG"
	# U+FFFD for each piece that is not UTF-8
	jq -e -s --arg path "$DIR/"$'\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd(' 'any(.filename == $path)' "$LOG"
	jq -e -s 'all(.level == "info" and (.bpfprog // "" | . != "forged"))' "$LOG"
	[ -z "$(LC_ALL=C tr -d '\n\040-\377' <"$LOG")" ]
}

@test "arguments are held to the same rules" {
	start BPFLOCK_EXECSNOOP_ARGS=yes
	/bin/true 'a b' $'c"\n' '' 'd=e\'
	await_log 'filename=/bin/true ' | grep -F 'args=\"/bin/true a\\x20b c\\x22\\n  d=e\\\\\" retval=0" bpfprog=execsnoop'
	stop_bpflock
	every_line_is_logfmt
	start BPFLOCK_EXECSNOOP_ARGS=yes BPFLOCK_LOG_FORMAT=json
	json '.filename == "/bin/true"' /bin/true 'a b' $'c"\n' '' 'd=e\' >"$DIR/line"
	jq -e '.args == ["/bin/true", "a b", "c\"\n", "", "d=e\\"]' "$DIR/line"
}
