#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The order of evaluation: every row, for requests from every place.

load ../lib/policy.bash

# A place is the context of a request, with the column of the rules that applies there. Its name is that of the process.
#
#	initial		the initial pid and network namespaces
#	contained	any other
#	excepted	any other, in a cgroup that an exception names or below it
PLACES="
host        | initial   |
host-thread | initial   | ask -t
unforked    | initial   | unshare --pid
user        | initial   | unshare --user --map-root-user
host-cgroup | initial   | in_cgroup /excepted
pid         | contained | unshare --fork --pid
net         | contained | unshare --net
both        | contained | unshare --fork --pid --net
everything  | contained | unshare --fork --user --map-root-user --pid --net --uts --ipc --cgroup
net-thread  | contained | ask -n
thread      | contained | unshare --fork --pid --net ask -t
sibling     | contained | in_cgroup /other unshare --fork --pid --net
cgroup      | excepted  | in_cgroup /excepted unshare --fork --pid --net
child       | excepted  | in_cgroup /excepted/child unshare --fork --pid --net
thread-in   | excepted  | in_cgroup /excepted/child unshare --fork --pid --net ask -t
"

MODULE=can
FAMILY=family:29 # AF_CAN, which nothing else uses

setup_file() {
	install_programs
	mkdir -p "$CGROUPS/excepted/child" "$CGROUPS/other"
	use_unsigned_module
	start_with
	export DAEMON
}

teardown() {
	rmmod "$MODULE" 2>/dev/null || true
}

teardown_file() {
	clean_up_bpflock
	umount "$(modinfo -n "$MODULE")"
	remove_cgroup /excepted/child && remove_cgroup /excepted && remove_cgroup /other
}

# Replaces the module that autoload finds by an unsigned one.
use_unsigned_module() {
	local path pack=(cat)
	path=$(modinfo -n "$MODULE")
	[[ $path != *.xz ]] || pack=(xz --check=crc32)
	[[ $path != *.zst ]] || pack=(zstd -q)
	unpack_unsigned_module "$MODULE" | "${pack[@]}" >"$BATS_FILE_TMPDIR/module"
	mount --bind "$BATS_FILE_TMPDIR/module" "$path"
}

# from WAY NAME WHAT: makes a request as a process of that name. The words of WAY precede the command.
from() {
	local way=() asker=(ask)
	read -ra way <<<"$1"
	if [[ ${#way[@]} -ge 2 && ${way[-2]} == ask ]]; then
		asker=("${way[@]: -2}")
		way=("${way[@]:0:${#way[@]}-2}")
	fi
	# A shell function must be the first word.
	"${way[@]}" "${asker[@]}" "$2" "$3" </dev/null
}

# The actual answers, one line for each place: NAME EXIT-STATUS
ask_everywhere() {
	local name way status
	while IFS='|' read -r name _ way; do
		[[ -n $name ]] || continue
		status=0
		from "$way" "${name// /}" "$1" || status=$?
		echo "${name// /} $status"
		[[ $1 != "$FAMILY" ]] || rmmod "$MODULE" 2>/dev/null || true
	done <<<"$PLACES"
}

# The reason for one of the three columns: rule_at COLUMN INITIAL CONTAINED EXCEPTED
rule_at() {
	case $1 in
	initial) echo "$2" ;;
	contained) echo "$3" ;;
	excepted) echo "$4" ;;
	esac
}

# The decisions that the log should have: expected INITIAL CONTAINED EXCEPTED
expected() {
	local name column rule
	while IFS='|' read -r name column _; do
		[[ -n $name ]] || continue
		rule=$(rule_at ${column// /} "$@")
		echo "${name// /} retval=$([[ $rule == allow* ]] && echo 0 || echo -1) reason=$rule"
	done <<<"$PLACES"
}

# The decisions in the log, as NAME retval=... reason=...: decisions WORDING
decisions() {
	sed -nE "s/.*event=lsm_locked_down operation=(\\\\\")?$1(\\\\\")? .* comm=([^ ]+) .*(retval=[^\"]*)\".*/\\3 \\4/p" <(recent_log) |
		grep -v '^settled '
}

# The expected answers for these decisions: NAME EXIT-STATUS
answers() {
	sed -E "s/ retval=0 .*/ 0/; s/ retval=-1 .*/ $ASK_DENIED/"
}

# row WORDING WHAT INITIAL CONTAINED EXCEPTED -- CONFIGURATION...: one row of the table, from all places
row() {
	local wording=$1 what=$2 rules=("${@:3:3}")
	shift 6
	PATH=$PROGRAMS:$PATH
	reload_with 'event_window = 0' 'except_cgroups = /excepted' "$@"
	ask_everywhere "$what" >"$BATS_TEST_TMPDIR/answers"
	settle
	expected "${rules[@]}" >"$BATS_TEST_TMPDIR/expected"
	diff "$BATS_TEST_TMPDIR/expected" <(decisions "$wording")
	diff <(answers <"$BATS_TEST_TMPDIR/expected") "$BATS_TEST_TMPDIR/answers"
}

# An operation of integrity, and one of confidentiality: RULES... -- CONFIGURATION...
integrity() {
	row 'debugfs access' "$DEBUGFS" "$@"
}

confidentiality() {
	row 'use of tracefs' "$TRACEFS" "$@"
}

# The same everywhere: uniform KIND RULE -- CONFIGURATION...
uniform() {
	local kind=$1 rule=$2
	shift 2
	"$kind" "$rule" "$rule" "$rule" "$@"
}

@test "row 1: block denies everywhere, under privileged" {
	uniform integrity 'denied (block)' -- 'profile = privileged' 'block = debugfs'
}

@test "row 1: block denies everywhere, under baseline and whatever the exceptions" {
	uniform integrity 'denied (block)' -- 'profile = baseline' 'block = debugfs'
}

@test "row 1: block denies an operation of confidentiality whatever the level" {
	uniform confidentiality 'denied (block)' -- 'profile = privileged' 'level = integrity' 'block = tracefs'
}

@test "row 2: allow allows everywhere, under restricted" {
	uniform integrity 'allow (allow)' -- 'profile = restricted' 'allow = debugfs'
}

@test "row 2: allow allows everywhere, under baseline" {
	uniform integrity 'allow (allow)' -- 'profile = baseline' 'allow = debugfs'
}

@test "row 2: an operation by name in allow beats its group in block" {
	uniform integrity 'allow (allow)' -- 'profile = restricted' 'allow = debugfs' 'block = @tracing'
}

@test "row 3: below the level restricted allows" {
	uniform confidentiality 'allow (level)' -- 'profile = restricted' 'level = integrity'
}

@test "row 3: below the level baseline allows" {
	uniform confidentiality 'allow (level)' -- 'profile = baseline' 'level = integrity'
}

@test "row 4: privileged allows everywhere" {
	uniform integrity 'allow (privileged)' -- 'profile = privileged'
}

@test "row 4: privileged allows everywhere at the level of confidentiality" {
	uniform confidentiality 'allow (privileged)' -- 'profile = privileged' 'level = confidentiality'
}

@test "row 5: restricted denies everywhere" {
	uniform integrity 'denied (restricted)' -- 'profile = restricted'
}

@test "row 5: restricted denies everywhere at the level of confidentiality" {
	uniform confidentiality 'denied (restricted)' -- 'profile = restricted' 'level = confidentiality'
}

@test "rows 6, 7 and 8: baseline allows in the initial namespaces and to exceptions, and denies otherwise" {
	integrity 'allow (baseline)' 'denied (baseline)' 'allow (exception)' -- 'profile = baseline'
}

@test "rows 6, 7 and 8: the same at the level of confidentiality" {
	confidentiality 'allow (baseline)' 'denied (baseline)' 'allow (exception)' -- \
		'profile = baseline' 'level = confidentiality'
}

# Autoload: the kernel runs modprobe in the initial namespaces for the task that needs the module. The log has modprobe,
# except where baseline denies the task that asked.
expected_of_autoload() {
	expected "$@" | sed -E '/ reason=denied \(baseline\)/! { s/^[^ ]+/modprobe/; s/\(exception\)/(baseline)/ }'
}

# autoload INITIAL CONTAINED EXCEPTED -- CONFIGURATION...
autoload() {
	local rules=("${@:1:3}")
	shift 4
	PATH=$PROGRAMS:$PATH
	reload_with 'event_window = 0' 'except_cgroups = /excepted' "$@"
	ask_everywhere "$FAMILY" >"$BATS_TEST_TMPDIR/answers"
	settle
	expected_of_autoload "${rules[@]}" >"$BATS_TEST_TMPDIR/expected"
	diff "$BATS_TEST_TMPDIR/expected" <(decisions 'unsigned module loading')
	diff <(expected "${rules[@]}" | answers) "$BATS_TEST_TMPDIR/answers"
}

@test "row 1, by a kernel thread: block denies an unsigned module that the kernel loads by itself" {
	autoload 'denied (block)' 'denied (block)' 'denied (block)' -- 'profile = privileged' 'block = unsigned_module'
}

@test "row 2, by a kernel thread: allow allows it" {
	autoload 'allow (allow)' 'allow (allow)' 'allow (allow)' -- 'profile = restricted' 'allow = unsigned_module'
}

@test "row 4, by a kernel thread: privileged allows it" {
	autoload 'allow (privileged)' 'allow (privileged)' 'allow (privileged)' -- 'profile = privileged'
}

@test "row 5, by a kernel thread: restricted denies it" {
	autoload 'denied (restricted)' 'denied (restricted)' 'denied (restricted)' -- 'profile = restricted'
}

@test "rows 6, 7 and 8, by a kernel thread: baseline denies the request of who is contained, and of nobody else" {
	autoload 'allow (baseline)' 'denied (baseline)' 'allow (exception)' -- 'profile = baseline'
}

@test "baseline denies the request of who is contained also for a module that is signed" {
	umount "$(modinfo -n "$MODULE")"
	PATH=$PROGRAMS:$PATH
	reload_with 'event_window = 0' 'profile = baseline'
	run contained ask requester "$FAMILY"
	[ "$status" -eq "$ASK_DENIED" ]
	ask host "$FAMILY"
	settle
	mount --bind "$BATS_FILE_TMPDIR/module" "$(modinfo -n "$MODULE")"
	[ "$(decisions 'unsigned module loading')" = 'requester retval=-1 reason=denied (baseline)' ]
}
