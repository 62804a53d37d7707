# SPDX-License-Identifier: Apache-2.0
# For guest tests that kill a daemon after each of its steps: see tests/programs/kill_at.

load ../lib/enforcement.bash

# The only plugin, so there are no variables of others.
GUARDED=yes
PLUGINS=/run/plugins

install_careless() {
	install_programs
	rm -rf "$PLUGINS" # those that another file has left
	mkdir -p "$PLUGINS"
	install -m 755 "$BPFLOCK_BUILD/tests/plugins/careless.so" "$PLUGINS"
}

# The sizes of the ring, of one daemon after the other.
SIZES=(4K)

# Requests of a process. The records of the second kind are in no table: ask_some NAME COUNT
ask_some() {
	ask_as "$1" "$2" family:1 2>/dev/null
	ask_as "$1" 2 family:2 2>/dev/null
}

# The whole life of a daemon, which finds a full ring. Its second output loses each line: live LINE...
live() {
	local job started
	printf '%s\n' '[bpflock]' "plugin_dir = $PLUGINS" 'log_output = stderr, file:/dev/full' "$@" '[careless]' \
		'enabled = yes' 'profile = restricted' 'event_window = 1h' >"$CONF"
	ask_some before 80
	started=$(times_started)
	become_bpflock -- -c "$CONF" >>"$LOG" 2>&1 3>&- &
	job=$!
	until look && [[ $(times_started) -gt $started || ! -e /proc/$job ]]; do await_news; done
	ask_some during 3
	end_all TERM bpflock
	wait_for_end "$job"
}

# sweep FIRST STRIDE [OPTION of kill_at...] [-- LINE...]: kills a daemon after the step FIRST, the next one after FIRST +
# STRIDE, and so on, until one is not killed. Some daemons in between are not killed either. LINE: of [bpflock].
sweep() {
	local - && set +T
	local variables arguments step kills=0
	split_words "${@:3}"
	start_log
	for ((step = $1; ; step += $2)); do
		UNDER=("$PROGRAMS/kill_at" ${variables[@]+"${variables[@]}"} "$step")
		live "ring_size = ${SIZES[kills++ % ${#SIZES[@]}]}" "${arguments[@]}"
		UNDER=()
		! tail -n 20 "$LOG" | grep -q '^ended after' || break
		((kills % 3)) || live "ring_size = ${SIZES[0]}" "${arguments[@]}"
	done
	live "ring_size = ${SIZES[0]}" "${arguments[@]}"
	expect_log 'event=stopped' >/dev/null
	awk -f "$BATS_TEST_DIRNAME/../lib/kills.awk" "$LOG"
}
