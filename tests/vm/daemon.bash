# SPDX-License-Identifier: Apache-2.0
# For guest tests: installs bpflock, starts and stops the daemon, reads its log.
#
# bats traces each command, to tell where a test has failed: a hundred times of what a command of bash costs. Functions
# that run many begin with `local - && set +T`: what they call is not traced, and a failure in there is told at the call.

LOG=/tmp/bpflock.log
PINS=/sys/fs/bpf/bpflock

# Nobody writes to it: what reads it with a limit waits, and no program has to be started for that. Under emulation
# that costs as much as many lines of bash, and a guest that polls with programs takes its daemon's time.
NOTHING=/run/nothing

# Its time is when the log was last looked at.
LOOKED=/run/looked

# Every daemon, or what runs it, that this shell has started.
DAEMON_JOBS=()

# Without a guard the daemon starts in half the time, so only the tests of what the guard does let it run by default
# (GUARDED=yes). Those that enable it in a file say so as well: the variable would win.
GUARDED=${GUARDED-}

# The words before the daemon's own: what makes its namespaces, drops its capabilities and the like.
UNDER=()

# What a test reads of a file to have accessed it: one byte. On arm64 to open it must do: /dev/mem has nothing to
# read there, as there is no memory at address 0, and what there is is hidden (CONFIG_STRICT_DEVMEM).
BYTES=1
[[ $(uname -m) != aarch64 ]] || BYTES=0

# The staged installation of the build becomes that of the guest: once per boot.
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

# The daemon in an environment of its own: run_bpflock [NAME=VALUE...] [-- ARGUMENT...]
run_bpflock() {
	(become_bpflock "$@")
}

# The same, in the place of the shell.
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

# An empty log, for a daemon that starts. What was in it is kept for the sum check.
start_log() {
	[[ ! -e $LOG ]] || cat "$LOG" >>"$LOG.before"
	: >"$LOG"
	rm -f "$LOG.forgotten"
}

# The same, with a log that goes on from where its predecessor's ended.
resume_bpflock() {
	local - && set +T
	local deadline=$((SECONDS + 60)) started
	started=$(times_started)
	become_bpflock "$@" >>"$LOG" 2>&1 3>&- &
	DAEMON_JOB=$!
	DAEMON_JOBS+=("$DAEMON_JOB")
	until look && [[ $(times_started) -gt $started ]]; do
		await_news
		[[ $SECONDS -lt $deadline && -e /proc/$DAEMON_JOB ]] || {
			echo "the daemon did not start:" && cat "$LOG"
			return 1
		}
	done
	DAEMON=$DAEMON_JOB
	[[ ${#UNDER[@]} -eq 0 ]] || DAEMON=$(pidof bpflock)
}

times_started() {
	grep -cE 'event(=|":")started' "$LOG" || true
}

# Stops it cleanly and waits for its end. Its exit status is the function's.
stop_bpflock() {
	local - && set +T
	kill "$DAEMON" && wait_for_end "$DAEMON" && wait "$DAEMON_JOB"
}

# Nothing can follow: the daemon is stopped, its log is looked through, and whatever the test left is taken away.
clean_up_bpflock() {
	local - && set +T
	local failed=0

	stop_all && daemons_ended_well && accounts_balance || failed=1
	end_all KILL bpflock
	rm -rf "$PINS" "$LOG" "$LOG".*
	fail_in_teardown "$failed"
}

# Of a teardown bats takes the last status only, or an exit. After a test that has failed by itself an exit would take
# its line out of the TAP (bats 1.8).
fail_in_teardown() {
	(($1 == 0)) || [[ -n ${BATS_TEST_NAME-} && -z ${BATS_TEST_COMPLETED-} ]] || exit 1
}

# No daemon ended otherwise than by 0, or by the SIGKILL of a test; 127 is for one that this shell has waited for and
# judged. A test of daemons that end badly says in BADLY why.
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

# Whatever runs is stopped. What a daemon that was killed has left is taken over by one that tells it and stops; it
# finds the plugins where the test has put its own, if anywhere (PLUGINS).
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

# end_all SIGNAL NAME: every process of that name, if there is one; fails when one does not end
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

# Sum check of everything that was logged since the last clean_up_bpflock. A test says in UNACCOUNTED why its log
# cannot show it, and in PARTIAL that not every decision was to be recorded.
accounts_balance() {
	local log logs=() sums status=0

	[[ -z ${UNACCOUNTED-} ]] || return 0
	for log in "$LOG.before" "$LOG"; do
		[[ ! -e $log ]] || logs+=("$log")
	done
	((${#logs[@]})) || return 0
	sums=$(awk -v "partial=${PARTIAL:+1}" -v "quiet=${QUIET-selfguard}" -f "$BATS_TEST_DIRNAME/../vm/accounts.awk" "${logs[@]}") || status=1
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

# A tenth of a second.
pause() {
	read -rt 0.1 <>"$NOTHING" || true
}

# What is in the log now is about to be looked at.
look() {
	: >"$LOOKED"
}

# Until something has been written to it since, or may have been within one tick of the clock: for a second at most,
# as the clock may be set back meanwhile.
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

# The lines of the log that match, in order. What has happened is in the log once a later event is.
log_lines() {
	recent_log | grep -E -- "$1" || true
}

# A line of the log matches, without waiting for it: what must be there already. Prints all such lines.
expect_log() {
	local - && set +T
	recent_log | grep -E -- "$1" || {
		echo "no line matches: $1; the last ones are:" >&2
		tail -n 40 "$LOG" >&2
		return 1
	}
}

# Nothing that happened before is looked for any more.
forget_log() {
	stat -c %s "$LOG" >"$LOG.forgotten"
}

# What was logged since the log was last forgotten.
recent_log() {
	local forgotten=0

	[[ ! -e $LOG.forgotten ]] || read -r forgotten <"$LOG.forgotten"
	tail -c "+$((forgotten + 1))" "$LOG"
}

# eventually COMMAND...: until it succeeds
eventually() {
	local - && set +T
	local deadline=$((SECONDS + 60))
	until "$@"; do
		((SECONDS < deadline)) || return 1
		pause
	done
}

# A line of kimglock's: decision OPERATION allow|denied RULE [NAME of the process]
decision() {
	local - && set +T
	local retval=0 quote='(\\")?'

	[[ $2 == allow ]] || retval=-1
	await_log "event=lsm_locked_down operation=$quote$1$quote .* comm=${4:-[^ ]+} .*retval=$retval reason=$2 \\($3\\)\" bpfprog=kimglock subsys=bpf\$"
}

# What the kernel calls the opening of a file.
operation_of() {
	case $1 in
	/dev/mem) echo /dev/mem,kmem,port ;;
	/proc/kcore) echo /proc/kcore access ;;
	/sys/kernel/tracing/*) echo use of tracefs ;;
	/sys/kernel/debug/*) echo debugfs access ;;
	esac
}

# The file can be read, and the log says by which rule: allowed RULE FILE [COMMAND that runs head...]
allowed() {
	local - && set +T
	local rule=$1 file=$2
	shift 2
	forget_log
	"$@" head -c "$BYTES" "$file" >/dev/null
	decision "$(operation_of "$file")" allow "$rule" head
}

# It cannot, and head says so in the usual words. Same arguments.
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

# A start that is to fail. It ends the test rather than it hangs when the daemon starts after all.
try_bpflock() {
	local UNDER=(timeout -k 1 60 ${UNDER[@]+"${UNDER[@]}"})

	run_bpflock "$@"
}
