#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# bpflockctl advise: what it concludes from lines of the log, and that no name in them gets out of its place.

cd "$BATS_TEST_DIRNAME/../.."

# The sanitizers find what a golden output does not show.
BUILD=$PWD/${BPFLOCK_BUILD:-build-sanitize}
LOGS=$BATS_TEST_DIRNAME/logs
OUT=$BATS_TEST_TMPDIR

setup_file() {
	export BPFLOCK_PLUGIN_DIR
	BPFLOCK_PLUGIN_DIR=$(find "$BUILD/stage" -type d -path '*/bpflock/plugins')
}

advise() {
	"$BUILD/ctl/bpflockctl" advise --daemon "${DAEMON:-$BUILD/core/bpflock}" "$@"
}

ini() {
	advise --ini "$@" >"$OUT/ini"
	chmod 600 "$OUT/ini"
}

# value KEY: what the lines of this key say, in one line.
value() {
	sed -n "s/^$1 = //p" "$OUT/ini" | paste -sd, | sed 's/,\([^ ]\)/, \1/g'
}

# is_in NAME KEY
is_in() {
	[[ ", $(value "$2")," == *", $1,"* ]] || {
		echo "$1 is not in $2 = $(value "$2")"
		return 1
	}
}

# is_not_in NAME KEY
is_not_in() {
	[[ ", $(value "$2")," != *", $1,"* ]]
}

# Lets the daemon's binary say that there can be exceptions, whatever this machine is; or that there can be none.
with_exceptions() {
	printf '#!/bin/sh\n%s "$@" | sed s/.exceptions.:false/\\"exceptions\\":true/\n' "$BUILD/core/bpflock" >"$OUT/bpflock"
	chmod +x "$OUT/bpflock"
	DAEMON=$OUT/bpflock
}

without_exceptions() {
	with_exceptions
	sed -i 's/false/TRUE/; s/true/false/; s/TRUE/true/' "$OUT/bpflock"
}

# The daemon would take a variable of the test for one of its own.
accepted() {
	env -u BPFLOCK_BUILD "$BUILD/core/bpflock" -c "$OUT/ini" --check-config
}

# line TEXT: a decision of kimglock in logfmt.
line() {
	echo "time=\"2026-02-01T10:00:00Z\" level=info msg=\"event=lsm_locked_down $1\" bpfprog=kimglock subsys=bpf"
}

# How many characters of a file a terminal would obey.
controls() {
	python3 -c 'import sys, unicodedata; print(sum(unicodedata.category(c) in ("Cc", "Cf") for c in open(sys.argv[1], encoding="utf-8").read() if c != "\n"))' "$1"
}

# rows QUERY FILE...: what python makes of the JSON, called `advice`.
rows() {
	advise --json "${@:2}" | python3 -c "import json, sys; advice = json.load(sys.stdin); print($1)"
}

@test "what nobody used is proposed for block, and what was used is not" {
	ini "$LOGS/days.logfmt" "$LOGS/days.json"
	is_in kexec block
	is_in kcore block
	is_not_in dev_mem block
	is_not_in tracefs block
}

@test "what only baseline was asked about stays with baseline" {
	with_exceptions
	ini "$LOGS/days.logfmt" "$LOGS/days.json"
	grep -qx 'profile = baseline' "$OUT/ini"
	grep -qx '; used, and left to the profile: dev_mem kprobes tracefs' "$OUT/ini"
}

@test "what was allowed without a look at the namespaces stays allowed" {
	ini "$LOGS/days.logfmt" "$LOGS/days.json"
	is_in hibernation allow
}

@test "an operation that the kernel has counted, and no line shows, is not proposed for block" {
	ini "$LOGS/days.json"
	is_in unsigned_module allow
	grep -q '^; unsigned_module: the kernel has allowed it 7 times' "$OUT/ini"
}

@test "who would be denied by baseline, and has a unit, gets an exception where there can be some" {
	with_exceptions
	ini "$LOGS/days.json"
	[[ $(value except_units) == perfd.service ]]
	is_not_in tracefs allow
	without_exceptions
	ini "$LOGS/days.json"
	[[ -z $(value except_units) ]]
	is_in tracefs allow
	grep -q '^; CAVEAT: .*it can have no exceptions' "$OUT/ini"
	accepted
}

@test "what was denied stays denied, and the exception that it would need is a comment" {
	ini "$LOGS/days.json"
	is_in pci_access block
	grep -q '^;     denied so far; it would need: except_units = pci.service, and no block$' "$OUT/ini"
}

@test "without a unit that comes again, an operation in use is allowed" {
	line 'operation=hibernation comm=x retval=0 reason=would deny (baseline)' >"$OUT/log"
	ini "$OUT/log"
	is_in hibernation allow
	accepted
}

@test "restricted stays restricted" {
	line 'operation=kexec comm=x retval=-1 reason=denied (restricted)' >"$OUT/log"
	ini "$OUT/log"
	grep -qx 'profile = restricted' "$OUT/ini"
	accepted
}

@test "a line counts count= times, the same in logfmt, JSON and the journal" {
	[[ $(rows '[u["allowed"] for p in advice["plugins"] for o in p["operations"] if o["name"] == "dev_mem" for u in o["users"]]' "$LOGS/days.logfmt") == '[4]' ]]
	[[ $(rows '[u["would_deny"] for p in advice["plugins"] for o in p["operations"] if o["name"] == "tracefs" for u in o["users"] if u["comm"] == "perfd"]' "$LOGS/days.json") == '[12]' ]]
	[[ $(rows '[(u["would_deny"], u["unit"]) for p in advice["plugins"] for o in p["operations"] if o["name"] == "tracefs" for u in o["users"]]' "$LOGS/journal.json") == "[(2, 'perfd.service')]" ]]
}

@test "comms=several, first and last are told" {
	run advise "$LOGS/days.logfmt"
	echo "$output"
	[[ $output =~ 'debugfs'\ +'block'\ +'probe and others' ]]
	[[ $output =~ 'dmidecode'.*'2026-01-01T08:00:00Z  2026-01-03T08:00:00Z' ]]
}

@test "lost events, lines that are not understood, and a short time are caveats" {
	run advise "$LOGS/days.json"
	[[ $output == *'kimglock: 5 events have no line'* ]]
	run advise "$LOGS/hostile.json"
	[[ $output == *'lines were not understood'* && $output == *'Z only: what is used less often'* ]]
}

@test "a plugin without lines gets no proposal, and a guard neither" {
	ini "$LOGS/days.logfmt"
	[[ $(grep '^\[' "$OUT/ini") == '[kimglock]' ]]
	grep -q '^; CAVEAT: selfguard: no line of it was read' "$OUT/ini"
}

@test "the order of the lines changes nothing" {
	cat "$LOGS"/days.* | advise --json - >"$OUT/forwards"
	cat "$LOGS"/days.* | tac | advise --json - >"$OUT/backwards"
	cmp "$OUT/forwards" "$OUT/backwards"
}

@test "lines of a terminal with \\r\\n are read" {
	[[ $(sed 's/$/\r/' "$LOGS/days.logfmt" | rows 'advice["unread"]' -) == 0 ]]
}

@test "an input without a line of bpflock, or that cannot be read, is an error" {
	run advise /dev/null
	[[ $status -eq 1 && $output == *'no line of bpflock'* ]]
	run advise "$OUT/none"
	[[ $status -eq 1 && $output == *'cannot read'* ]]
	run advise
	[[ $status -eq 2 ]]
}

@test "a line without end does not take memory without end" {
	head -c 400M /dev/zero | python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print("KiB", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' \
		"$BUILD/ctl/bpflockctl" advise --daemon "$BUILD/core/bpflock" --json - "$LOGS/days.json" >"$OUT/said"
	grep -q '"unread":1' "$OUT/said"
	[[ $(sed -n 's/^KiB //p' "$OUT/said") -lt 200000 ]]
}

@test "more users than are kept are counted together" {
	for i in $(seq 1500); do
		line "operation=hibernation comm=x$i retval=0 reason=allow (privileged)"
	done >"$OUT/log"
	[[ $(rows '[len(o["users"]) for p in advice["plugins"] for o in p["operations"] if o["name"] == "hibernation"]' "$OUT/log") == '[1000]' ]]
	[[ $(rows '[o["allowed"] for p in advice["plugins"] for o in p["operations"] if o["name"] == "hibernation"]' "$OUT/log") == '[1500]' ]]
	ini "$OUT/log"
	accepted
}

@test "hostile names: the INI file has no other section or key, and is accepted" {
	with_exceptions
	ini "$LOGS/hostile.json"
	cat "$OUT/ini"
	[[ $(grep -v '^;' "$OUT/ini" | grep -vE '^(block|allow) = [a-z_, ]+$') == $'\n[kimglock]\nenabled = yes\nprofile = baseline\nexcept_units = good@1.service' ]]
	without_exceptions
	ini "$LOGS/hostile.json"
	accepted
}

@test "hostile names: the terminal gets no control character" {
	advise "$LOGS/hostile.json" >"$OUT/text"
	[[ $(controls "$OUT/text") -eq 0 ]]
	grep -qF '\x1b[2J' "$OUT/text"
}

@test "hostile names: JSON is one line that any reader reads" {
	advise --json "$LOGS/hostile.json" >"$OUT/json"
	[[ $(wc -l <"$OUT/json") -eq 1 ]]
	[[ $(controls "$OUT/json") -eq 0 ]]
	[[ $(rows '"<script>x" in [u["comm"] for p in advice["plugins"] for o in p["operations"] for u in o["users"]]' "$LOGS/hostile.json") == True ]]
}

@test "hostile names: the page of HTML has them as text only" {
	advise --html "$OUT/page.html" "$LOGS/hostile.json"
	python3 tests/ctl/page.py "$OUT/page.html" >"$OUT/text"
	grep -qF '<script>x' "$OUT/text"
	grep -qF "\"'><img src=x onerror=alert(1)>" "$OUT/text"
	grep -qF '&lt;b&gt;.service' "$OUT/text"
	grep -qF '\x1b[2J' "$OUT/text"
}

@test "the page shows each operation that was used, with a timeline" {
	advise --html "$OUT/page.html" "$LOGS"/days.*
	python3 tests/ctl/page.py "$OUT/page.html" >"$OUT/text"
	grep -q 'prefers-color-scheme: dark' "$OUT/page.html"
	[[ $(grep -c '<svg' "$OUT/page.html") -eq 6 ]]
	[[ $(grep -c 'class="denied" x=' "$OUT/page.html") -eq 2 ]]
	grep -q 'Used by nobody' "$OUT/text"
}

@test "the journal is read by journalctl, and only what root has written" {
	mkdir "$OUT/bin"
	printf '#!/bin/sh\necho "$@" >%s\ncat %s\n' "$OUT/asked" "$LOGS/journal.json" >"$OUT/bin/journalctl"
	chmod +x "$OUT/bin/journalctl"
	PATH=$OUT/bin:$PATH advise --journal | grep -q perfd.service
	grep -q -- '--output=json SYSLOG_IDENTIFIER=bpflock _UID=0$' "$OUT/asked"
	printf '#!/bin/sh\nexit 3\n' >"$OUT/bin/journalctl"
	PATH=$OUT/bin:$PATH run advise --journal
	[[ $status -eq 1 && $output == *'journalctl has ended with status 3'* ]]
}

@test "without the daemon's binary nothing is concluded" {
	run "$BUILD/ctl/bpflockctl" advise --daemon /nonexistent "$LOGS/days.json"
	[[ $status -eq 5 && $output == *'cannot run /nonexistent'* ]]
}
