# SPDX-License-Identifier: Apache-2.0
# For guest tests of what is in force while daemons start, stop and die.

load ../lib/policy.bash

kill_bpflock() {
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
}

# Opens a file as a process of this name, whatever the result: ask_as NAME COUNT [FILE]
ask_as() {
	"$PROGRAMS/ask" -c "$2" "$1" "${3:-$DEBUGFS}" || true
}

# Opens /dev/mem all the time, until it is told to stop.
start_hammer() {
	"$PROGRAMS/hammer" /dev/mem >/tmp/hammered 3>&- &
	HAMMER=$!
}

stop_hammer() {
	kill "$HAMMER" && wait "$HAMMER"
	cat /tmp/hammered
}

# Ends that process, and expects that none of its many attempts succeeded.
nothing_opened() {
	stop_hammer
	grep -qE '^[0-9]{3,} attempts, 0 opened$' /tmp/hammered
}

is_open() {
	[ "$(head -c 1 /dev/mem | wc -c)" -eq 1 ]
}

is_denied() {
	run head -c 1 /dev/mem
	[ "$status" -eq 1 ] && [[ $output == *'Operation not permitted' ]]
}

links() {
	bpftool -j link | jq -c 'map(.id)'
}

# What is pinned, with the identity of each directory and object, and what is attached.
pinned() {
	find /sys/fs/bpf -mindepth 1 -printf '%P %y %m %U %i\n' | sort
	links
}

# The kernel detaches a program a moment after the last pin of its link has gone.
nothing_is_left() {
	[[ -z $(find /sys/fs/bpf -mindepth 1) ]] && eventually nothing_is_attached || {
		echo "left behind:" && pinned
		return 1
	}
}

nothing_is_attached() {
	[[ $(links) == '[]' ]]
}

# refused STATUS TEXT [NAME=VALUE...] [-- ARGUMENT...]: a start ends with this status and says this.
refused() {
	run try_bpflock "${@:3}"
	[[ $status -eq $1 && $output == *"$2"* ]] || {
		echo "status $status, not $1, or no '$2' in: $output"
		return 1
	}
}
