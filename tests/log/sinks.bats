#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Outputs of the log that fail. Enforcement continues, the other output has every line, each lost event is counted, and
# the output is used again when that is possible. The names of the tests begin with the output that fails.

load ../lib/policy.bash

DIR=/tmp/sinks
JOURNAL=/run/systemd/journal/socket

setup_file() {
	install_programs
	mkdir -p "$DIR" "${JOURNAL%/*}"
	# Maximum number of datagrams that wait in a socket: as systemd sets it. The kernel's default, 10, is soon reached.
	sysctl -qw net.unix.max_dgram_qlen=512
}

teardown() {
	clean_up_bpflock
	[[ -z ${RECEIVER:-} ]] || kill -KILL "$RECEIVER" || true
	! mountpoint -q "$DIR/disk" || umount "$DIR/disk"
	rm -rf /dev/log "$JOURNAL" "${DIR:?}"/*
}

# Starts the daemon with the output under test and stderr, which has every line: start OUTPUT [NAME=VALUE...]
start() {
	configure 'profile = restricted' 'event_window = 0'
	start_bpflock "BPFLOCK_LOG_OUTPUT=stderr, $1" "${@:2}" -- -c "$CONF"
}

# Causes so many denials of a process of this name, and waits until all are in the log: deny COUNT NAME
deny() {
	run "$PROGRAMS/ask" -c "$1" "$2" "$DEBUGFS"
	[ "$status" -eq "$ASK_DENIED" ]
	eventually told_are "$1" "$2"
}

told_are() {
	[[ $(told "$2") -eq $1 ]]
}

# The sum of a key over all lines of losses: lost SINK KEY
lost() {
	log_lines "event=events_lost count=[0-9]+ messages=[0-9]+ stage=sink sink=$1 since=[0-9TZ:-]+ until=[0-9TZ:-]+\" subsys=bpflock\$" |
		sed -E "s/.* $2=([0-9]+) .*/\\1/" | awk '{ sum += $1 } END { print sum + 0 }'
}

# Ends the daemon, and expects: the count of the kernel in the log = events written to the output + events that the
# output has lost. accounted SINK FILE...
accounted() {
	local sink=$1 counted everywhere written
	shift
	stop_bpflock
	counted=$(log_lines 'event=decisions' | grep -oE '(allowed|denied|would_deny)=[0-9]+' |
		awk -F= '{ sum += $2 } END { print sum }')
	everywhere=$(count_decisions <"$LOG")
	written=$(cat "$@" | count_decisions)
	echo "counted $counted, in the log $everywhere, written $written, lost $(lost "$sink" count)"
	[[ $counted -gt 0 && $everywhere -eq $counted && $((written + $(lost "$sink" count))) -eq $counted ]]
}

# No line is cut, and no two lines are joined.
lines_are_whole() {
	[ -z "$(cat "$@" | grep -vE '^time="[^"]+" level=[a-z]+ msg="event=.*" (bpfprog=[a-z]+ )?subsys=(bpf|bpflock)$')" ]
}

# ---- files

@test "what an output had lost when the daemon was killed is told by the next one" {
	start file:/dev/full
	deny 5 lost
	settle
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	resume_bpflock -- -c "$CONF"
	expect_log 'level=warning msg="event=events_lost count=[5-9] stage=sink of=predecessor uncertain=[0-9]+" subsys=bpflock$'
}

@test "file, full disk: losses are told with their times, and it goes on when there is space" {
	mkdir "$DIR/disk"
	mount -t tmpfs -o size=64k tmpfs "$DIR/disk"
	head -c 32K /dev/zero >"$DIR/disk/filler"
	start "file:$DIR/disk/log"
	deny 400 during
	await_log "event=events_lost count=[0-9]+ messages=[0-9]+ stage=sink sink=file:$DIR/disk/log since=[^ ]+ until=[^ ]+\" subsys=bpflock\$"
	[ "$(lost "file:$DIR/disk/log" count)" -gt 0 ]
	rm "$DIR/disk/filler"
	deny 10 after
	[ "$(count_decisions < <(grep comm=after "$DIR/disk/log"))" -eq 10 ]
	lines_are_whole "$DIR/disk/log"
	accounted "file:$DIR/disk/log" "$DIR/disk/log"
}

@test "file, full disk to the end: the half line that is left counts, too" {
	mkdir "$DIR/disk"
	mount -t tmpfs -o size=64k tmpfs "$DIR/disk"
	start "file:$DIR/disk/log"
	deny 400 during
	stop_bpflock
	[ "$(($(log_lines 'comm=during' | wc -l) - $(grep -c 'comm=during .*subsys=bpf$' "$DIR/disk/log")))" -eq \
		"$(lost "file:$DIR/disk/log" count)" ]
	[ "$(lost "file:$DIR/disk/log" count)" -gt 0 ]
}

@test "file, full from the start: lines with a count lose all the events that they stand for" {
	configure 'profile = restricted' 'event_window = 1h'
	start_bpflock "BPFLOCK_LOG_OUTPUT=stderr, file:/dev/full" -- -c "$CONF"
	run "$PROGRAMS/ask" -c 500 many "$DEBUGFS"
	[ "$status" -eq "$ASK_DENIED" ]
	accounted file:/dev/full /dev/null
	[ "$(log_lines 'comm=many' | wc -l)" -eq 2 ]
	[ "$(lost file:/dev/full count)" -eq 500 ]
	[ "$(lost file:/dev/full messages)" -gt 0 ]
}

@test "file, deleted: a new one has the next line" {
	start "file:$DIR/log"
	deny 20 before
	exec 6<"$DIR/log"
	rm "$DIR/log"
	deny 20 after
	[ "$(stat -c '%a %F' "$DIR/log")" = '600 regular file' ]
	[ "$(grep -c comm=after "$DIR/log")" -eq 20 ]
	await_log "event=log_reopened source=file:$DIR/log notice="
	cat <&6 >"$DIR/deleted"
	exec 6<&-
	accounted "file:$DIR/log" "$DIR/deleted" "$DIR/log"
	[ "$(lost "file:$DIR/log" count)" -eq 0 ]
}

@test "file, deleted with its directory: lines without a file are counted, and it is back when the directory is" {
	mkdir "$DIR/directory"
	start "file:$DIR/directory/log"
	deny 20 before
	cp "$DIR/directory/log" "$DIR/deleted"
	rm -r "$DIR/directory"
	deny 20 during
	await_log 'event=log_failed source=file:.* remedy=."create its directory'
	mkdir "$DIR/directory"
	back() { "$PROGRAMS/ask" back "$DEBUGFS" || [ -e "$DIR/directory/log" ]; }
	eventually back
	deny 20 after
	[ "$(grep -c comm=after "$DIR/directory/log")" -eq 20 ]
	[ "$(count event=log_failed)" -eq 1 ]
	accounted "file:$DIR/directory/log" "$DIR/deleted" "$DIR/directory/log"
}

@test "file, moved away: a new one has the next line" {
	start "file:$DIR/log"
	deny 20 before
	mv "$DIR/log" "$DIR/moved"
	deny 20 after
	[ "$(grep -c comm=after "$DIR/log")" -eq 20 ]
	[ "$(grep -c comm=after "$DIR/moved" || true)" -eq 0 ]
	accounted "file:$DIR/log" "$DIR/moved" "$DIR/log"
	[ "$(lost "file:$DIR/log" count)" -eq 0 ]
}

@test "file, rotated by size: no line is lost or cut, each file is root's alone" {
	start "file:$DIR/log" BPFLOCK_LOG_MAX_SIZE=16K BPFLOCK_LOG_KEEP=40
	deny 300 much
	accounted "file:$DIR/log" "$DIR"/log*
	files=$(printf '%s\n' "$DIR"/log.* | sort -t. -k2nr)
	[ "$(wc -l <<<"$files")" -ge 3 ]
	[ "$(stat -c %a "$DIR"/log* | sort -u)" = 600 ]
	[ -z "$(find "$DIR" -name 'log*' -size +16384c)" ]
	# shellcheck disable=SC2086
	cat $files "$DIR/log" | diff - "$LOG"
}

@test "file, rotated by size: so many are kept and no more" {
	start "file:$DIR/log" BPFLOCK_LOG_MAX_SIZE=8K BPFLOCK_LOG_KEEP=2
	deny 300 much
	stop_bpflock
	[ "$(cd "$DIR" && echo log*)" = 'log log.1 log.2' ]
	cat "$DIR/log.2" "$DIR/log.1" "$DIR/log" >"$DIR/kept"
	tail -n "$(wc -l <"$DIR/kept")" "$LOG" | diff "$DIR/kept" -
}

@test "file, rotation fails: the old one goes on, told once" {
	mkdir "$DIR/log.1"
	start "file:$DIR/log" BPFLOCK_LOG_MAX_SIZE=8K BPFLOCK_LOG_KEEP=1
	deny 300 much
	await_log 'level=warning msg="event=log_failed source=file:.*warning=."cannot be rotated: .* remedy='
	accounted "file:$DIR/log" "$DIR/log"
	[ "$(count 'cannot be rotated')" -eq 1 ]
	diff "$DIR/log" "$LOG"
}

@test "file, full, then replaced by a reload: what it had lost is told in the new log" {
	conf() {
		configure 'profile = restricted' 'event_window = 0'
		printf '%s\n' '[bpflock]' "log_output = stderr, $1" >>"$CONF"
	}
	conf file:/dev/full
	start_bpflock -- -c "$CONF"
	deny 30 before
	conf "file:$DIR/log"
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	[ "$(lost file:/dev/full count)" -eq 30 ]
	grep 'event=events_lost count=30 ' "$DIR/log"
	deny 20 after
	[ "$(grep -c comm=after "$DIR/log")" -eq 20 ]
}

# ---- pipes

@test "stdout, its reader ends: a file goes on, and so does stdout with the next reader" {
	mkfifo "$DIR/pipe"
	start_log
	configure 'profile = restricted' 'event_window = 0'
	cat "$DIR/pipe" >"$DIR/first" 3>&- &
	RECEIVER=$!
	run_bpflock "BPFLOCK_LOG_OUTPUT=stdout, file:$LOG" -- -c "$CONF" >"$DIR/pipe" 3>&- &
	DAEMON_JOB=$!
	await_log event=started
	DAEMON=$(pidof bpflock)
	deny 20 before
	in_file "$DIR/first" comm=before
	kill "$RECEIVER" && wait "$RECEIVER" || true
	deny 20 during
	cat "$DIR/pipe" >"$DIR/second" 3>&- &
	RECEIVER=$!
	back() { "$PROGRAMS/ask" back "$DEBUGFS" || grep -q comm=back "$DIR/second"; }
	eventually back
	deny 20 after
	eventually grep -q comm=after "$DIR/second"
	accounted stdout "$DIR/first" "$DIR/second"
	[ "$(lost stdout count)" -ge 20 ]
	lines_are_whole "$DIR/second"
}

@test "named pipe, its reader never reads: no hang, and it goes on when it is read" {
	mkfifo "$DIR/pipe"
	exec 7<>"$DIR/pipe"
	start "file:$DIR/pipe" 7>&-
	deny 1000 during
	timeout 60 cat <&7 >"$DIR/received" 3>&- &
	RECEIVER=$!
	in_file "$DIR/received" comm=during
	deny 20 after
	in_file "$DIR/received" comm=after
	accounted "file:$DIR/pipe" "$DIR/received"
	[ "$(lost "file:$DIR/pipe" count)" -gt 0 ]
	lines_are_whole "$DIR/received"
	exec 7>&-
}

# ---- sockets

receive_syslog() {
	rm -f /dev/log
	perl -MSocket -e '
		socket(S, AF_UNIX, SOCK_DGRAM, 0) && bind(S, sockaddr_un("/dev/log")) or die;
		$| = 1;
		print "$datagram\n" while defined recv(S, $datagram, 65536, 0);
	' >>"$DIR/received" 3>&- &
	RECEIVER=$!
	eventually [ -S /dev/log ]
}

# Each datagram as lines of NAME=value, or NAME:value where it came with its length, and an empty line.
receive_journal() {
	rm -f "$JOURNAL"
	python3 - "$JOURNAL" >>"$DIR/received" 3>&- <<-'END' &
		import socket, struct, sys

		receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		receiver.bind(sys.argv[1])
		while True:
		    datagram = receiver.recv(1 << 20)
		    while datagram:
		        line, datagram = datagram.split(b"\n", 1)
		        if b"=" not in line:
		            length, = struct.unpack("<Q", datagram[:8])
		            line += b":" + datagram[8:8 + length].replace(b"\n", rb"\n")
		            assert datagram[8 + length:9 + length] == b"\n"
		            datagram = datagram[9 + length:]
		        sys.stdout.buffer.write(line + b"\n")
		    sys.stdout.buffer.write(b"\n")
		    sys.stdout.buffer.flush()
	END
	RECEIVER=$!
	eventually [ -S "$JOURNAL" ]
}

stop_receiver() {
	kill -KILL "$RECEIVER" && wait "$RECEIVER" || true
}

# away_and_back OUTPUT: its receiver ends, and another one replaces it
away_and_back() {
	"receive_$1"
	start "$1"
	deny 20 before
	eventually received_are 20 before
	stop_receiver
	deny 30 during
	"receive_$1"
	deny 20 after
	eventually received_are 20 after
	accounted "$1" "$DIR/received"
	[ "$(lost "$1" count)" -eq 30 ]
}

# never_read OUTPUT: its receiver stops reading, and continues later
never_read() {
	"receive_$1"
	start "$1"
	kill -STOP "$RECEIVER"
	deny 1000 during
	kill -CONT "$RECEIVER"
	eventually grep -q comm=during "$DIR/received"
	deny 5 after
	eventually received_are 5 after
	accounted "$1" "$DIR/received"
	[ "$(lost "$1" count)" -gt 0 ]
}

received_are() {
	[[ $(grep -c "comm=$2 .* reason=" "$DIR/received") -eq $1 ]]
}

# Waits for the line of a process, then for a field of its datagram: journal_has COMM REGEX
journal_has() {
	sed -n "/^MESSAGE=.* comm=$1 /,/^\$/p" "$DIR/received" | grep -E "$2"
}

@test "syslog, away and back: used again without a restart" {
	away_and_back syslog
}

@test "syslog, its daemon never reads: no hang" {
	never_read syslog
}

@test "journal, away and back: used again without a restart" {
	away_and_back journal
}

@test "journal, its daemon never reads: no hang" {
	never_read journal
}

@test "journal, not there at the start: a warning with a remedy, and used once it is there" {
	start journal
	await_log "level=warning msg=\"event=log_failed source=journal warning=.* remedy=.*$JOURNAL"
	deny 20 before
	receive_journal
	deny 20 after
	eventually received_are 20 after
	accounted journal "$DIR/received"
	[ "$(lost journal count)" -eq 20 ]
}

@test "journal: each line comes with its fields, and no name of a process forges one" {
	receive_journal
	start journal
	deny 1 fields
	eventually received_are 1 fields
	journal_has fields '^MESSAGE=time="[^"]+" level=info msg="event=lsm_locked_down .*" bpfprog=kimglock subsys=bpf$'
	journal_has fields '^PRIORITY=4$'
	journal_has fields '^SYSLOG_IDENTIFIER=bpflock$'
	journal_has fields '^BPFLOCK_EVENT=lsm_locked_down$'
	journal_has fields '^BPFLOCK_PLUGIN=kimglock$'
	journal_has fields '^BPFLOCK_OPERATION=debugfs access$'
	journal_has fields '^BPFLOCK_OP=debugfs$'
	journal_has fields '^BPFLOCK_PID=[0-9]+$'
	journal_has fields '^BPFLOCK_RETVAL=-1$'
	journal_has fields '^BPFLOCK_REASON=denied \(restricted\)$'
	run "$PROGRAMS/ask" $'a\nPRIORITY=0\n' "$DEBUGFS"
	in_file "$DIR/received" '^BPFLOCK_COMM:a\\nPRIORITY=0\\n$'
	[ "$(grep -c '^PRIORITY=0' "$DIR/received" || true)" -eq 0 ]
	in_file "$DIR/received" '^BPFLOCK_EVENT=started$'
}
