# SPDX-License-Identifier: Apache-2.0
# For guest tests of the policy: an enforcer with a configuration that changes while it runs.

load ../lib/daemon.bash

PROGRAMS=/tmp/programs
CONF=/tmp/bpflock.conf
LOCK=${LOCK-kimglock} # the enforcer
CGROUPS=/sys/fs/cgroup

# Files that root may open. The kernel calls `locked_down` at the open, before it checks capabilities.
DEBUGFS=/sys/kernel/debug/fault_around_bytes
TRACEFS=/sys/kernel/tracing/current_tracer

# The exit status of `ask` for a denial. No shell, and no command that starts `ask`, uses this status.
ASK_DENIED=13

# Copies the programs to memory, because 9p is slow.
install_programs() {
	install_bpflock
	mkdir -p "$PROGRAMS"
	find "$BPFLOCK_BUILD/tests/programs" -maxdepth 1 -type f -exec cp -t "$PROGRAMS" {} +
}

# Writes the section of the enforcer: configure LINE...
configure() {
	printf '%s\n' "[$LOCK]" 'enabled = yes' "$@" >"$CONF"
}

start_with() {
	configure "$@"
	start_bpflock -- -c "$CONF"
}

# A start that must fail. If it does not, the timeout ends it: try_start [WORD... before the daemon's command]
try_start() {
	timeout 60 env -i PATH="$PATH" "$@" bpflock -c "$CONF"
}

# Reloads the configuration. The log before that is ignored from now on.
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

# The number of decisions that the lines on stdin stand for.
count_decisions() {
	awk '/ reason=/ { n = 1; if (match($0, / count=[0-9]+/)) n = substr($0, RSTART + 7, RLENGTH - 7); sum += n } END { print sum + 0 }'
}

# The same for the lines of a process in the log.
told() {
	log_lines "comm=$1 .* reason=" | count_decisions
}

# in_cgroup PATH COMMAND...: the path is from the root of the hierarchy.
in_cgroup() {
	local cgroup=$1
	shift
	(echo "$BASHPID" >"$CGROUPS$cgroup/cgroup.procs" && exec "$@")
}

# Runs a command in namespaces for which baseline allows nothing.
contained() {
	unshare --fork --pid --net "$@"
}

# Removes a cgroup. This fails until the last process in it has been reaped.
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

# After this, all earlier decisions are in the log.
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
