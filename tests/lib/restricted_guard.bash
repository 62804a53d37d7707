# SPDX-License-Identifier: Apache-2.0
# For guest tests of a restricted guard: a daemon in a cgroup of its own, which alone may stop it, and what must be
# refused to root.

load ../lib/policy.bash

GUARDED=yes
# shellcheck disable=SC2034 # log = all
QUIET=''
# shellcheck disable=SC2034
OTHER=/sys/fs/bpf/other

# Starts the daemon in a cgroup of its own, with kimglock, whose enforcement must continue:
# guarded [LINE of selfguard]...
configure_guarded() {
	printf '%s\n' '[kimglock]' 'enabled = yes' 'profile = restricted' \
		'[selfguard]' "profile = ${PROFILE-restricted}" 'log = all' 'event_window = 0' "$@" >"$CONF"
}

start_again() {
	mkdir -p "$CGROUPS/guarded"
	# shellcheck disable=SC2016 # the inner shell's
	local UNDER=(sh -c 'echo $$ >/sys/fs/cgroup/guarded/cgroup.procs && exec "$@"' sh)
	start_bpflock -- -c "$CONF"
}

guarded() {
	configure_guarded "$@"
	start_again
	await_log 'event=enforcement state=enforcing( unverified=[^ ]+)?" bpfprog=selfguard'
}

# Opening an object by its id returns ENOENT.
tamper_line() {
	local retval=-1

	[[ ! $1 =~ ^(map|program|link)$ ]] || retval=-2
	echo "event=tamper operation=$1 tgid=.* comm=$2 .*retval=$retval reason=denied \\(restricted\\)\" bpfprog=selfguard subsys=bpf\$"
}

# refused OPERATION COMMAND...: expects that the command fails, and that the log has the denial.
refused() {
	local operation=$1
	shift
	forget_log
	run "$@"
	[[ $status -ne 0 ]] || { echo "not refused: $*"; return 1; }
	await_log "$(tamper_line "$operation" "${1##*/}")"
}

# Expects that nothing was logged except the denial that this causes.
nothing_logged() {
	run bpftool map show id "$(own_id map_id)"
	await_log "$(tamper_line map bpftool)"
	[[ $(count 'event=tamper') -eq 1 ]] || { cat "$LOG"; return 1; }
}

# own_id map_id|prog_id|link_id: one of the daemon's, from its own descriptors
own_id() {
	cat "/proc/$DAEMON/fdinfo/"* 2>/dev/null | awk -v what="$1:" '$1 == what { print $2; exit }'
}

kimglock_works() {
	run head -c 1 /dev/mem
	[[ $status -ne 0 && $output == *'Operation not permitted' ]]
}

# Stops the daemon, and removes what it and the test left.
clean_up_guarded() {
	in_cgroup /guarded pkill -x bpflock && wait_for_end "$DAEMON" || true
	bpflock --unload
	[ ! -e "$PINS" ]
	clean_up_bpflock
}
