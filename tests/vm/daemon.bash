# SPDX-License-Identifier: Apache-2.0
# For guest tests: installs bpflock, starts and stops the daemon, reads its log.

LOG=/tmp/bpflock.log
PINS=/sys/fs/bpf/bpflock

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
	env -i PATH="$PATH" HOME=/root "${variables[@]}" bpflock "$@"
}

# Starts the daemon in the background and returns once it says that it has started. Same arguments.
start_bpflock() {
	: >"$LOG"
	run_bpflock "$@" >>"$LOG" 2>&1 3>&- &
	DAEMON=$!
	await_log 'event=started' || {
		echo "the daemon did not start:" && cat "$LOG"
		return 1
	}
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
	local deadline=$((SECONDS + 30))
	while [[ -e /proc/$1 && $(<"/proc/$1/stat") != *") Z "* ]]; do
		((SECONDS < deadline)) || return 1
		sleep 0.1
	done
}

# Waits until a line of the log matches an extended regular expression, and prints the last such line.
await_log() {
	local deadline=$((SECONDS + ${2:-20}))
	until grep -E -- "$1" "$LOG" | tail -n 1 | grep .; do
		((SECONDS < deadline)) || {
			echo "no line matches: $1" >&2
			cat "$LOG" >&2
			return 1
		}
		sleep 0.1
	done
}

# The lines of the log that match, in order. What has happened is in the log once a later event is.
log_lines() {
	grep -E -- "$1" "$LOG" || true
}
