# SPDX-License-Identifier: Apache-2.0
# For guest tests of the policy: kimglock with a configuration that changes while it runs.

load ../vm/daemon.bash

PROGRAMS=/tmp/programs
CONF=/tmp/bpflock.conf
CGROUPS=/sys/fs/cgroup

# Any file of each that root may open. The kernel asks when it is opened, before any capability.
DEBUGFS=/sys/kernel/debug/fault_around_bytes
TRACEFS=/sys/kernel/tracing/current_tracer

# The status of ask for a denial: neither a shell nor a command that starts it ends with that.
ASK_DENIED=13

# From memory: much quicker than over 9p.
install_programs() {
	install_bpflock
	mkdir -p "$PROGRAMS"
	find "$BPFLOCK_BUILD/tests/vm/programs" -maxdepth 1 -type f -exec cp -t "$PROGRAMS" {} +
}

# kimglock's section: configure LINE...
configure() {
	printf '%s\n' '[kimglock]' 'enabled = yes' "$@" >"$CONF"
}

start_with() {
	configure "$@"
	start_bpflock -- -c "$CONF"
}

# A start that is to fail; if it does not, the test ends all the same: try_start [WORD... before the daemon's own]
try_start() {
	timeout 60 env -i PATH="$PATH" "$@" bpflock -c "$CONF"
}

# The log starts anew with the new configuration.
reload_with() {
	local - && set +T
	configure "$@"
	forget_log
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	forget_log
}

# The exact counts of an operation, as "allowed denied would_deny": counters OPTION
counters() {
	local - && set +T
	local line="event=decisions .*op=$1 " before
	before=$(count "$line")
	kill -USR1 "$DAEMON"
	eventually more_than "$before" "$line"
	log_lines "$line" | tail -n 1 |
		sed -E 's/.* allowed=([0-9]+) denied=([0-9]+) would_deny=([0-9]+)[ "].*/\1 \2 \3/'
}

# How many decisions the lines on stdin speak of.
count_decisions() {
	awk '/ reason=/ { n = 1; if (match($0, / count=[0-9]+/)) n = substr($0, RSTART + 7, RLENGTH - 7); sum += n } END { print sum + 0 }'
}

# The same of the lines of a process in the log.
told() {
	log_lines "comm=$1 .* reason=" | count_decisions
}

# in_cgroup PATH COMMAND...: the path is from the root of the hierarchy.
in_cgroup() {
	local cgroup=$1
	shift
	(echo "$BASHPID" >"$CGROUPS$cgroup/cgroup.procs" && exec "$@")
}

# In namespaces for which baseline allows nothing.
contained() {
	unshare --fork --pid --net "$@"
}

# The kernel waits for nothing: a cgroup goes once its last process has been reaped.
remove_cgroup() {
	local deadline=$((SECONDS + 10))
	until rmdir "$CGROUPS$1" 2>/dev/null; do
		((SECONDS < deadline)) || return 1
		pause
	done
}

# count REGEX
count() {
	log_lines "$1" | wc -l
}

# more_than COUNT REGEX
more_than() {
	[[ $(count "$2") -gt $1 ]]
}

# What was decided before is in the log after this.
settle() {
	local - && set +T
	"$PROGRAMS/ask" settled "$DEBUGFS" || true
	await_log 'event=lsm_locked_down .* comm=settled ' >/dev/null
}

# The file of a module, unpacked, to stdout.
unpack_module() {
	local path
	path=$(modinfo -n "$1")
	case $path in
	*.xz) xz -dc "$path" ;;
	*.zst) zstd -dcq "$path" ;;
	*) cat "$path" ;;
	esac
}

# The same without the trailer that says that a signature is there.
unpack_unsigned_module() {
	local trailer='~Module signature appended~'
	unpack_module "$1" | head -c -$((${#trailer} + 1))
}
