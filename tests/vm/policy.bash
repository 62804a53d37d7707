# SPDX-License-Identifier: Apache-2.0
# For guest tests of the policy: kimglock with a configuration that changes while it runs.

load ../vm/daemon.bash

PROGRAMS=/tmp/programs
CONF=/tmp/bpflock.conf
CGROUPS=/sys/fs/cgroup

# Any file of each that root may open. The kernel asks when it is opened, before any capability.
DEBUGFS=/sys/kernel/debug/fault_around_bytes
TRACEFS=/sys/kernel/tracing/current_tracer

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
	configure "$@"
	: >"$LOG"
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	: >"$LOG"
}

# The exact counts of an operation, as "allowed denied would_deny": counters OPTION
counters() {
	local line="event=decisions .*op=$1 " before
	before=$(count "$line")
	kill -USR1 "$DAEMON"
	eventually more_than "$before" "$line"
	log_lines "$line" | tail -n 1 |
		sed -E 's/.* allowed=([0-9]+) denied=([0-9]+) would_deny=([0-9]+)".*/\1 \2 \3/'
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
		sleep 0.05
	done
}

# eventually COMMAND...: until it succeeds
eventually() {
	local deadline=$((SECONDS + 60))
	until "$@"; do
		((SECONDS < deadline)) || return 1
		sleep 0.1
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

# Sum check: of all decisions that the kernel has counted, each stands in the log, or the log says that it was lost.
# A daemon that was killed leaves some in doubt, which the log says as well. To be called once the daemon has
# stopped; the log must be whole.
accounts_balance() {
	awk '
		function number(key,    at) {
			at = match($0, "[ \"]" key "=[0-9]+")
			return at ? substr($0, RSTART + length(key) + 2, RLENGTH - length(key) - 2) + 0 : 0
		}
		/bpfprog=kimglock/ && /event=decisions/ {
			match($0, / op=[a-z_]+/)
			counted[substr($0, RSTART, RLENGTH)] = number("allowed") + number("denied") + number("would_deny")
		}
		/bpfprog=kimglock/ && /event=lsm_locked_down/ {
			written += / count=[0-9]/ ? number("count") : 1
			doubtful += / again=yes/ ? 1 : 0
		}
		/event=events_lost/ && /bpfprog=kimglock|stage=sink/ {
			lost += number("count")
			doubtful += number("uncertain")
		}
		END {
			for (op in counted)
				sum += counted[op]
			surplus = written + lost - sum
			printf "counted=%d written=%d lost=%d doubtful=%d\n", sum, written, lost, doubtful
			exit !(sum > 0 && surplus >= 0 && surplus <= doubtful)
		}' "$LOG"
}
