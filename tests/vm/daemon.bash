# SPDX-License-Identifier: Apache-2.0
# For guest tests: installs bpflock, starts and stops the daemon, reads its log.

LOG=/tmp/bpflock.log
PINS=/sys/fs/bpf/bpflock

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
	touch /run/bpflock-installed
}

# The daemon in an environment of its own: run_bpflock [NAME=VALUE...] [-- ARGUMENT...]
run_bpflock() {
	local variables=()
	while [[ $# -gt 0 && $1 != -- ]]; do
		variables+=("$1")
		shift
	done
	[[ $# -gt 0 ]] && shift
	env -i PATH="$PATH" HOME=/root "${variables[@]}" ${UNDER[@]+"${UNDER[@]}"} bpflock "$@"
}

# Starts the daemon in the background and returns once it says that it has started. Same arguments.
start_bpflock() {
	: >"$LOG"
	resume_bpflock "$@"
}

# The same, with a log that goes on from where its predecessor's ended.
resume_bpflock() {
	local deadline=$((SECONDS + 60)) started
	started=$(log_lines 'event(=|":")started' | wc -l)
	run_bpflock "$@" >>"$LOG" 2>&1 3>&- &
	DAEMON=$! DAEMON_JOB=$!
	until [[ $(log_lines 'event(=|":")started' | wc -l) -gt $started ]]; do
		[[ $SECONDS -lt $deadline && -e /proc/$DAEMON_JOB ]] || {
			echo "the daemon did not start:" && cat "$LOG"
			return 1
		}
		sleep 0.1
	done
	# env has become the daemon by now
	DAEMON=$(pidof bpflock)
}

# Stops it cleanly and waits for its end. Its exit status is the function's.
stop_bpflock() {
	kill "$DAEMON" && wait_for_end "$DAEMON"
}

# Nothing can follow: whatever the test left is taken away.
clean_up_bpflock() {
	pkill -KILL -x bpflock || true
	while pgrep -x bpflock >/dev/null; do sleep 0.1; done
	rm -rf "$PINS"
}

wait_for_end() {
	local deadline=$((SECONDS + 60))
	while [[ -e /proc/$1 && $(cat "/proc/$1/stat" 2>/dev/null || echo ') Z ') != *") Z "* ]]; do
		((SECONDS < deadline)) || return 1
		sleep 0.1
	done
}

# Waits until a line of the log matches an extended regular expression, and prints the last such line.
await_log() {
	local lines deadline=$((SECONDS + ${2:-60}))

	until lines=$(grep -E -- "$1" "$LOG"); do
		((SECONDS < deadline)) || {
			echo "no line matches: $1; the last ones are:" >&2
			tail -n 40 "$LOG" >&2
			return 1
		}
		sleep 0.1
	done
	echo "${lines##*$'\n'}"
}

# in_file FILE REGEX: waits for a line of another log than the daemon's usual one.
in_file() {
	LOG=$1 await_log "$2"
}

# The lines of the log that match, in order. What has happened is in the log once a later event is.
log_lines() {
	grep -E -- "$1" "$LOG" || true
}

# Nothing that happened before is looked for any more.
forget_log() {
	: >"$LOG"
}

# A line of kimglock's: decision OPERATION allow|denied RULE [NAME of the process]
decision() {
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
	local rule=$1 file=$2
	shift 2
	forget_log
	"$@" head -c "$BYTES" "$file" >/dev/null
	decision "$(operation_of "$file")" allow "$rule" head
}

# It cannot, and head says so in the usual words. Same arguments.
denied() {
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
