# SPDX-License-Identifier: Apache-2.0
# For guest tests: installs bpflock, starts and stops the daemon, reads its log.
#
# bats traces each command, to report where a test has failed. This makes a command of bash a hundred times slower. So
# functions that run many commands begin with `local - && set +T`: their commands are not traced, and a failure is
# reported at the call.

LOG=/tmp/bpflock.log
PINS=/sys/fs/bpf/bpflock

# A named pipe to which nobody writes. A read with a timeout waits, without starting a program. Under emulation,
# starting programs is expensive and slows down the daemon.
NOTHING=/run/nothing

# The modification time of this file is the time at which the log was last read.
LOOKED=/run/looked

# The jobs of all daemons that this shell has started.
DAEMON_JOBS=()

# Without a guard the daemon starts in half the time. So only tests about the guard let it run by default (GUARDED=yes).
# Tests that enable it in a file also set GUARDED=yes, because the variable would win.
GUARDED=${GUARDED-}

# The words before the command of the daemon. They make namespaces, drop capabilities and so on.
UNDER=()

# How many bytes a test reads to access a file. On arm64 it only opens the file: /dev/mem cannot be read there, because
# there is no memory at address 0, and the rest is hidden (CONFIG_STRICT_DEVMEM).
BYTES=1
[[ $(uname -m) != aarch64 ]] || BYTES=0

# Copies the staged installation of the build to the guest, once per boot.
install_bpflock() {
	[[ -e /run/bpflock-installed ]] && return
	cp -r --no-preserve=ownership "$BPFLOCK_BUILD/stage/." /
	[[ -p $NOTHING ]] || mkfifo "$NOTHING"
	touch /run/bpflock-installed
}

# [NAME=VALUE...] [-- ARGUMENT...] become the arrays variables and arguments of the caller.
split_words() {
	variables=()
	while [[ $# -gt 0 && $1 != -- ]]; do
		variables+=("$1")
		shift
	done
	arguments=("${@:2}")
}

# Runs the daemon with only these environment variables: run_bpflock [NAME=VALUE...] [-- ARGUMENT...]
run_bpflock() {
	(become_bpflock "$@")
}

# The same, but the daemon replaces the shell.
become_bpflock() {
	local variables arguments
	split_words "$@"
	[[ -n ${GUARDED-} ]] || variables=(BPFLOCK_SELFGUARD_ENABLED=no ${variables[@]+"${variables[@]}"})
	exec env -i PATH="$PATH" HOME=/root ${variables[@]+"${variables[@]}"} ${UNDER[@]+"${UNDER[@]}"} bpflock "${arguments[@]}"
}

# Starts the daemon in the background and returns once it says that it has started. Same arguments.
start_bpflock() {
	local - && set +T
	start_log
	resume_bpflock "$@"
}

# Empties the log for a new daemon. The old content is kept for the sum check.
start_log() {
	[[ ! -e $LOG ]] || cat "$LOG" >>"$LOG.before"
	: >"$LOG"
	rm -f "$LOG.forgotten"
}

# The same, but the log continues after that of the predecessor.
resume_bpflock() {
	local - && set +T
	local started
	started=$(times_started)
	become_bpflock "$@" >>"$LOG" 2>&1 3>&- &
	DAEMON_JOB=$!
	DAEMON_JOBS+=("$DAEMON_JOB")
	await_start "$started"
	DAEMON=$DAEMON_JOB
	[[ ${#UNDER[@]} -eq 0 ]] || DAEMON=$(pidof bpflock)
}

# await_start TIMES: waits until the log says that a daemon has started once more than that.
await_start() {
	local deadline=$((SECONDS + 60))
	until look && [[ $(times_started) -gt $1 ]]; do
		await_news
		[[ $SECONDS -lt $deadline && -e /proc/$DAEMON_JOB ]] || {
			echo "the daemon did not start:" && cat "$LOG"
			return 1
		}
	done
}

times_started() {
	grep -cE 'event(=|":")started' "$LOG" || true
}

# Stops the daemon cleanly and waits for its end. Returns its exit status.
stop_bpflock() {
	local - && set +T
	kill "$DAEMON" && wait_for_end "$DAEMON" && wait "$DAEMON_JOB"
}

# Stops the daemon, checks its log, and removes everything that the test left.
clean_up_bpflock() {
	local - && set +T
	local failed=0

	stop_all && daemons_ended_well && sums_balance || failed=1
	end_all KILL bpflock
	rm -rf "$PINS" "$LOG" "$LOG".*
	fail_in_teardown "$failed"
}

# bats sees only the last status of a teardown, or an exit. After a test that has failed already, an exit would remove
# the test's line from the TAP output (bats 1.8).
fail_in_teardown() {
	(($1 == 0)) || [[ -n ${BATS_TEST_NAME-} && -z ${BATS_TEST_COMPLETED-} ]] || exit 1
}

# Checks that each daemon ended with status 0, or by the SIGKILL of a test. 127: the test has already waited for it. A
# test whose daemons end otherwise sets BADLY to the reason.
daemons_ended_well() {
	local job status result=0

	for job in ${DAEMON_JOBS[@]+"${DAEMON_JOBS[@]}"}; do
		status=0
		wait "$job" || status=$?
		[[ -n ${BADLY-} || $status -eq 0 || $status -eq 127 || $status -eq 137 ]] || {
			echo "a daemon ended with status $status" && cat "$LOG"
			result=1
		}
	done
	DAEMON_JOBS=()
	return "$result"
}

# Stops all daemons. If one was killed, another one is started: it takes over what was left, logs it, and stops. It uses
# the test's plugin directory, if there is one (PLUGINS).
stop_all() {
	local UNDER=() plugin options=(${PLUGINS:+-o "bpflock.plugin_dir=$PLUGINS"})

	end_all TERM bpflock || {
		echo "a daemon does not end by SIGTERM:" && cat "$LOG"
		return 1
	}
	[[ -z ${UNACCOUNTED-} && -d $PINS/v1/plugins ]] && was_killed || return 0
	for plugin in "$PINS"/v1/plugins/*/; do options+=(-o "$(basename "$plugin").enabled=yes"); done
	resume_bpflock -- -c /dev/null "${options[@]}"
	stop_bpflock
}

# end_all SIGNAL NAME: signals every process of that name, and fails if one of them does not end
end_all() {
	local - && set +T
	local pids pid status=0
	pids=$(pidof "$2") || return 0
	# shellcheck disable=SC2086 # several words
	kill "-$1" $pids || true
	for pid in $pids; do wait_for_end "$pid" || status=1; done
	return "$status"
}

# Has the last daemon that started not stopped?
was_killed() {
	local lines
	lines=$(log_lines 'event(=|":")(started|stopped)')
	[[ ${lines##*$'\n'} == *started* ]]
}

# Sum check of everything that was logged since the last clean_up_bpflock. A test sets UNACCOUNTED to the reason where
# its log cannot show the sums. It sets PARTIAL where allowed decisions were not recorded.
sums_balance() {
	local log logs=() sums status=0

	[[ -z ${UNACCOUNTED-} ]] || return 0
	for log in "$LOG.before" "$LOG"; do
		[[ ! -e $log ]] || logs+=("$log")
	done
	((${#logs[@]})) || return 0
	sums=$(awk -v "partial=${PARTIAL:+1}" -v "quiet=${QUIET-selfguard}" -f "$BATS_TEST_DIRNAME/../lib/stats.awk" "${logs[@]}") || status=1
	[[ -z $sums ]] || printf '%s\n' "# ${BATS_TEST_DESCRIPTION:-${BATS_TEST_FILENAME##*/}}" "$sums" >>/results/sums
	((status == 0)) || { echo "$sums" && cat "${logs[@]}"; }
	return "$status"
}

wait_for_end() {
	local - && set +T
	local deadline=$((SECONDS + 60)) status
	while read -r status 2>/dev/null <"/proc/$1/stat" && [[ $status != *") Z "* ]]; do
		((SECONDS < deadline)) || return 1
		pause
	done
}

# Waits a tenth of a second.
pause() {
	read -rt 0.1 <>"$NOTHING" || true
}

# Call it before reading the log: await_news waits for changes after this.
look() {
	: >"$LOOKED"
}

# Waits until the log was written after look(), or may have been written within the same tick of the clock. It waits for
# a second at most, because a test may set the clock back.
await_news() {
	local _
	for _ in {1..10}; do
		[[ $LOOKED -nt $LOG ]] || return 0
		pause
	done
}

# Waits until a line of the log matches an extended regular expression, and prints the last such line.
await_log() {
	local - && set +T
	local lines deadline=$((SECONDS + ${2:-60}))

	until look && lines=$(recent_log | grep -E -- "$1"); do
		await_news
		((SECONDS < deadline)) || {
			echo "no line matches: $1; the last ones are:" >&2
			tail -n 40 "$LOG" >&2
			return 1
		}
	done
	echo "${lines##*$'\n'}"
}

# in_file FILE REGEX: waits for a line of another log than the daemon's usual one.
in_file() {
	LOG=$1 await_log "$2"
}

# The lines of the log that match, in order. When an event is in the log, all earlier events are.
log_lines() {
	recent_log | grep -E -- "$1" || true
}

# Expects that stdin is JSON for which the filter is true: an object, or several. jq -e is content with no input at all.
is_json() {
	local input
	input=$(cat)
	jq -en "[inputs] | length > 0 and all($1)" <<<"$input" >/dev/null || {
		echo "this is not so: $1, of: $input" >&2
		return 1
	}
}

# Expects that a line of the log matches now, without waiting. Prints all such lines.
expect_log() {
	local - && set +T
	recent_log | grep -E -- "$1" || {
		echo "no line matches: $1; the last ones are:" >&2
		tail -n 40 "$LOG" >&2
		return 1
	}
}

# From now on the functions above ignore everything that is in the log now.
forget_log() {
	stat -c %s "$LOG" >"$LOG.forgotten"
}

# What was logged since the log was last forgotten.
recent_log() {
	local forgotten=0

	[[ ! -e $LOG.forgotten ]] || read -r forgotten <"$LOG.forgotten"
	tail -c "+$((forgotten + 1))" "$LOG"
}

# eventually COMMAND...: repeats the command until it succeeds
eventually() {
	local - && set +T
	local deadline=$((SECONDS + 60))
	until "$@"; do
		((SECONDS < deadline)) || return 1
		pause
	done
}

# Waits for a line of kimglock: decision OPERATION allow|denied RULE [NAME of the process]
decision() {
	local - && set +T
	local retval=0 quote='(\\")?'

	[[ $2 == allow ]] || retval=-1
	await_log "event=lsm_locked_down operation=$quote$1$quote .* comm=${4:-[^ ]+} .*retval=$retval reason=$2 \\($3\\)\" bpfprog=kimglock subsys=bpf\$"
}

# The kernel's wording for opening a file.
operation_of() {
	case $1 in
	/dev/mem) echo /dev/mem,kmem,port ;;
	/proc/kcore) echo /proc/kcore access ;;
	/sys/kernel/tracing/*) echo use of tracefs ;;
	/sys/kernel/debug/*) echo debugfs access ;;
	esac
}

# Expects that the file can be read, and that the log has this rule: allowed RULE FILE [COMMAND that runs head...]
allowed() {
	local - && set +T
	local rule=$1 file=$2
	shift 2
	forget_log
	"$@" head -c "$BYTES" "$file" >/dev/null
	decision "$(operation_of "$file")" allow "$rule" head
}

# Expects that the file cannot be read, with the usual error. Same arguments.
denied() {
	local - && set +T
	local rule=$1 file=$2
	shift 2
	forget_log
	run "$@" head -c 1 "$file"
	[[ $status -ne 0 && $output == "head: cannot open '$file' for reading: Operation not permitted" ]] || {
		echo "not denied: $file: status $status: $output"
		return 1
	}
	decision "$(operation_of "$file")" denied "$rule" head
}

# Expects that a start fails. If the daemon starts nevertheless, the timeout ends it.
try_bpflock() {
	local UNDER=(timeout -k 1 60 ${UNDER[@]+"${UNDER[@]}"})

	run_bpflock "$@"
}
