#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Attacks on a bpflock with the default guard. The attackers are a container with all capabilities, and a root shell
# that shares everything but the network namespace with the host. The same by root on the host, under `restricted`.

# shellcheck disable=SC2034 # for what is loaded
GUARDED=yes PARTIAL=yes

load ../lib/policy.bash

ATTACK=$PROGRAMS/attack
TAMPER=$PROGRAMS/tamper

CONTAINER=(unshare --fork --pid --net)
NEIGHBOUR=(unshare --net)

setup_file() {
	install_programs
	mkdir -p /mnt/a /mnt/b
}

# The attacker, and the rule that denies the attack.
setup() {
	WHO=("${CONTAINER[@]}") RULE=baseline
}

teardown() {
	[[ $RULE == baseline ]] || stop_from_within
	end_all KILL attack
	end_all KILL sleep
	umount -l /mnt/a /mnt/b 2>/dev/null || true
	mount -o remount,rw /sys/fs/bpf
	clean_up_bpflock
}

guarded() {
	start_bpflock BPFLOCK_KIMGLOCK_PROFILE=baseline BPFLOCK_KIMGLOCK_EVENT_WINDOW=0 -- -c /dev/null
	PINNED=$(pinned)
}

# Starts the daemon in a mount namespace of its own, so that a successful attack harms nothing else. The attacker is in
# that namespace: guarded_in_mounts private|shared
guarded_in_mounts() {
	# shellcheck disable=SC2016 # the inner shell's
	UNDER=(unshare -m sh -c 'mount --make-r"$0" / && exec "$@"' "$1")
	guarded
	WHO=("${NEIGHBOUR[@]}" nsenter "--mount=/proc/$DAEMON/ns/mnt")
}

# Starts the daemon so that root on the host is denied too. It can be stopped from within its cgroup.
guarded_against_root() {
	mkdir -p "$CGROUPS/guarded"
	# shellcheck disable=SC2016 # the inner shell's
	UNDER=(unshare -m sh -c 'echo $$ >/sys/fs/cgroup/guarded/cgroup.procs && exec "$@"' sh)
	RULE=restricted
	start_with 'profile = baseline' 'event_window = 0' \
		'[selfguard]' 'enabled = yes' 'profile = restricted' 'log = denied'
	PINNED=$(pinned)
	WHO=(nsenter "--mount=/proc/$DAEMON/ns/mnt")
}

stop_from_within() {
	in_cgroup /guarded pkill -x bpflock && wait_for_end "$DAEMON" || true
}

# The pins, as the daemon sees them.
pinned() {
	find "/proc/$DAEMON/root$PINS" -printf '%P %i %m\n' | sort
}

# The id of an object of the daemon, from its descriptors: own_id map_id|prog_id|link_id
own_id() {
	cat "/proc/$DAEMON/fdinfo/"* 2>/dev/null | awk -v what="$1:" '$1 == what { print $2; exit }'
}

# The line of a denial. Opening an object by its id returns ENOENT: tamper_line OPERATION COMM
tamper_line() {
	local errno=1
	[[ $1 != map && $1 != program && $1 != link ]] || errno=2
	echo "event=tamper operation=$1 tgid=.* comm=$2 .*retval=-$errno reason=denied \\($RULE\\)\" bpfprog=selfguard subsys=bpf\$"
}

# Expects that the pins are unchanged and kimglock denies. After this, all earlier decisions are in the log.
unharmed() {
	run "${CONTAINER[@]}" head -c 1 /dev/mem
	[[ $status -ne 0 && $output == *'Operation not permitted' ]] || {
		echo "/dev/mem: status $status: $output"
		return 1
	}
	decision /dev/mem,kmem,port denied baseline head >/dev/null
	[[ $(pinned) == "$PINNED" ]] || {
		echo "pinned before: $PINNED" && echo "now: $(pinned)"
		return 1
	}
}

# Gives a command a unique process name, NAME, so that its line cannot be confused with that of another attack.
ATTACKS=0
name_attack() {
	ATTACKS=$((ATTACKS + 1))
	NAME=$ATTACKS-${1##*/}
	NAME=${NAME:0:15}
	ln -s "$(type -P "$1")" "$BATS_TEST_TMPDIR/$NAME"
}

# Expects that the command fails, the guard logs that once and nothing else, and nothing was harmed:
# refused OPERATION COMMAND...
refused() {
	local - && set +T
	local operation=$1
	shift
	name_attack "$1"
	forget_log
	run ${WHO[@]+"${WHO[@]}"} "$BATS_TEST_TMPDIR/$NAME" "${@:2}"
	[[ $status -ne 0 && $output != *impossible* ]] || {
		echo "not refused: $*: $output"
		return 1
	}
	await_log "$(tamper_line "$operation" "$NAME")" >/dev/null
	unharmed
	# Lines with `count=` are repetitions, of this attack or of an earlier one.
	[[ $(log_lines 'event=tamper' | grep -vc ' count=') -eq 1 ]] || {
		echo "more was logged: $*" && log_lines 'event=tamper'
		return 1
	}
}

# Expects that the command succeeds, and that the guard logs nothing: permitted COMMAND...
permitted() {
	local - && set +T
	forget_log
	${WHO[@]+"${WHO[@]}"} "$@"
	unharmed
	[[ $(count 'event=tamper') -eq 0 ]] || {
		echo "logged: $*" && log_lines 'event=tamper'
		return 1
	}
}

refuse_objects() {
	refused map "$ATTACK" policy
	refused map "$ATTACK" mark
	refused map bpftool map dump id "$(own_id map_id)"
	refused map bpftool map update id "$(own_id map_id)" key 0 0 0 0 value 0 0 0 0
	refused program bpftool prog show id "$(own_id prog_id)"
	refused program bpftool prog dump xlated id "$(own_id prog_id)"
	refused link "$ATTACK" link
	refused link bpftool link detach id "$(own_id link_id)"
}

refuse_opening_of_pins() {
	refused open_pin bpftool map show pinned "$PINS/v1/ring"
	refused open_pin bpftool map show pinned "$PINS/v1/daemon"
	refused open_pin bpftool map dump pinned "$PINS/v1/plugins/kimglock/g1/policy"
}

refuse_overrides() {
	refused override_programs "$ATTACK" fmod_ret
	refused override_programs "$ATTACK" lsm
	refused override_programs "$ATTACK" lsm_cgroup
}

refuse_unpinning() {
	refused unpin rm "$PINS/v1/plugins/kimglock/g1/link0"
	refused unpin rm -rf "$PINS"
	refused unpin rmdir "$PINS"
	refused unpin mv "$PINS" /sys/fs/bpf/other
	refused unpin mv "$PINS/v1/ring" /sys/fs/bpf/other
	refused unpin chmod 0777 "$PINS"
}

# Denied to the host only: adding to the pins removes no protection.
refuse_adding() {
	refused unpin ln "$PINS/v1/plugins/kimglock/g1/link0" /sys/fs/bpf/other
	refused unpin ln -s /tmp "$PINS/v2"
	refused unpin mkdir "$PINS/v2"
	refused unpin bpftool map create "$PINS/v1/more" type array key 4 value 4 entries 1 name more
}

refuse_tracing() {
	refused ptrace "$TAMPER" attach "$DAEMON"
	refused ptrace "$TAMPER" mem "$DAEMON"
	refused ptrace "$TAMPER" writev "$DAEMON"
	refused ptrace "$TAMPER" getfd "$DAEMON"
}

refuse_limits() {
	refused limit "$TAMPER" limit "$DAEMON"
	refused limit "$TAMPER" nice "$DAEMON"
	refused limit "$TAMPER" schedule "$DAEMON"
}

refuse_signals() {
	refused signal "$TAMPER" stop "$DAEMON"
	refused signal "$TAMPER" kill "$DAEMON"
	refused signal "$TAMPER" thread "$DAEMON"
	refused signal "$TAMPER" pidfd "$DAEMON"
}

# At this hook the kernel does not know any more who requested the signal, so nothing is logged.
refuse_sigio() {
	forget_log
	run ${WHO[@]+"${WHO[@]}"} "$TAMPER" sigio "$DAEMON"
	[ "$output" = "sigio denied" ]
	unharmed
	[ "$(count 'event=tamper')" -eq 0 ]
}

# Makes the whole file system read-only, for all its mounts.
refuse_readonly() {
	refused unmount mount -o remount,ro /sys/fs/bpf
	refused unmount "$ATTACK" readonly /sys/fs/bpf
}

refuse_mounts() {
	refused unmount umount /sys/fs/bpf
	refused unmount umount -l /sys/fs/bpf
	refused unmount umount -l /sys
	refused unmount mount -t tmpfs none /sys/fs/bpf
	refused unmount mount -t tmpfs none /sys/fs
	refused unmount mount -t tmpfs none /sys
	refused unmount mount -t tmpfs none "$PINS"
	refused unmount mount --rbind /mnt /sys/fs
	refused unmount mount --bind /mnt "$PINS/v1"
	refused unmount mount -o remount,bind,ro /sys/fs/bpf
}

@test "maps, programs and links cannot be had by their ids: neither the policy nor the mark can be written" {
	guarded
	refuse_objects
	WHO=("${NEIGHBOUR[@]}")
	refused map "$ATTACK" policy
	refused map "$ATTACK" mark
}

@test "what is pinned cannot be opened" {
	guarded
	refuse_opening_of_pins
}

nothing_of_ours_exists() {
	[ -z "$({ bpftool -j map && bpftool -j prog; } | jq -r '.[].name' | grep -xF "$(printf '%s\n' "${names[@]}")")" ]
}

# Objects of a replaced generation do not count: they are not the daemon's any more, and decide nothing.
nothing_was_taken() {
	local kind id _
	while read -r kind id _; do
		[[ $kind == new ]] || ! grep -qxE "${kind}_id:[[:space:]]+$id" <(cat "/proc/$DAEMON/fdinfo/"*) || {
			echo "taken: $kind $id" && cat "$BATS_TEST_TMPDIR/new"
			return 1
		}
	done <"$BATS_TEST_TMPDIR/new"
}

@test "maps and programs cannot be had while they are new: a daemon starts and reloads under the eyes of another" {
	start_with 'profile = baseline' '[execsnoop]' 'enabled = yes'
	mapfile -t names < <(for kind in map prog; do bpftool -j "$kind" | jq -r '.[].name'; done | sort -u)
	[ "${#names[@]}" -gt 10 ]
	stop_bpflock
	eventually nothing_of_ours_exists # the kernel frees them a moment later
	"${NEIGHBOUR[@]}" "$ATTACK" new 600 "${names[@]}" >"$BATS_TEST_TMPDIR/new" 2>&1 3>&- &
	attack=$!
	start_with 'profile = baseline' '[execsnoop]' 'enabled = yes'
	[ ! -s "$BATS_TEST_TMPDIR/new" ]
	reload_with 'profile = baseline' '[execsnoop]' 'enabled = yes' 'trace = none'
	nothing_was_taken
	reload_with 'profile = baseline' '[execsnoop]' 'enabled = yes' '[selfguard]' 'block = lock_pin'
	nothing_was_taken
	kill "$attack"
	wait "$attack" || true
	sed 's/^/# /' "$BATS_TEST_TMPDIR/new" >&3
	grep -qE '^new taken [0-9]+ refused [0-9]{3,}$' "$BATS_TEST_TMPDIR/new"
	expect_log 'event=tamper operation=map .* comm=attack .*retval=-2 '
	expect_log 'event=tamper operation=program .* comm=attack .*retval=-2 '
}

@test "programs that override the verdicts of others cannot be loaded" {
	guarded
	refuse_overrides
}

@test "pins cannot be removed, renamed or changed" {
	guarded
	refuse_unpinning
}

@test "the bpffs cannot be made read-only, also not from a mount namespace of one's own" {
	guarded_in_mounts private
	refuse_readonly
	WHO=("${CONTAINER[@]}" unshare -m)
	refuse_readonly
}

@test "what leads to the pins cannot be unmounted, covered or moved in the daemon's mount namespace" {
	mount -t tmpfs none /mnt/a
	mkdir -p /mnt/a/old
	guarded_in_mounts private
	refuse_mounts
	refused unmount mount -t tmpfs none /
	refused unmount mount --move /sys /mnt/b
	refused unmount mount --move /mnt/a /sys/fs
	refused unmount "$ATTACK" cover /sys/fs
	refused unmount "$ATTACK" move /sys /mnt/b
	refused unmount "$ATTACK" move /mnt/a /sys
	refused unmount pivot_root /mnt/a /mnt/a/old
}

@test "nor in the host's, which is the daemon's, by a container that has one of its own" {
	guarded
	WHO=("${NEIGHBOUR[@]}" unshare -m nsenter --mount=/proc/1/ns/mnt)
	# Without -l: a busy mount stays, so the test harms nothing if this is not denied.
	refused unmount umount /sys/fs/bpf
	refused unmount umount /sys
}

@test "nor in another one that is shared with the daemon's" {
	guarded_in_mounts shared
	WHO+=(unshare -m --propagation unchanged)
	refused unmount umount -l /sys/fs/bpf
	refused unmount umount -l /sys
	refused unmount mount -t tmpfs none /sys/fs
}

@test "mounts elsewhere, in a mount namespace of one's own, and of a bpffs of one's own are not touched" {
	guarded
	WHO=("${NEIGHBOUR[@]}")
	permitted mount -t tmpfs none /mnt/a
	permitted mount -t bpf none /mnt/b
	permitted mkdir -p /mnt/b/bpflock/v1
	permitted rm -r /mnt/b/bpflock
	permitted mount -o remount,ro /mnt/b
	permitted umount /mnt/b
	permitted mount --bind /sys/fs/bpf /mnt/b
	permitted umount /mnt/b
	permitted mount -t tmpfs none /sys/kernel/debug
	permitted umount /sys/kernel/debug
	permitted unshare -m umount -l /sys
	permitted unshare -m mount -t tmpfs none /sys/fs
	permitted unshare -m sh -c 'umount -l /sys/fs/bpf && mount -t bpf none /sys/fs/bpf'
}

@test "the pins cannot be locked: no next daemon is kept out" {
	guarded
	refused lock_pin flock -n "$PINS" true
	refused lock_pin flock -s -n "$PINS" true
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	forget_log
	run "${WHO[@]}" flock -n "$PINS" true
	[[ $status -ne 0 && $output == *'not permitted'* ]]
	resume_bpflock BPFLOCK_KIMGLOCK_PROFILE=baseline -- -c /dev/null
	await_log "$(tamper_line lock_pin flock)" # recorded in the gap
}

@test "signals are denied, whichever way they are sent" {
	guarded
	WHO=("${NEIGHBOUR[@]}")
	refuse_signals
	refused signal "$(type -P kill)" -HUP "$DAEMON"
	permitted "$(type -P kill)" -0 "$DAEMON"
}

@test "the kernel does not kill the daemon for somebody else either: SIGKILL in the place of SIGIO" {
	guarded
	WHO=("${NEIGHBOUR[@]}")
	refuse_sigio
	WHO=()
	refuse_sigio
}

@test "nobody may trace the daemon, write its memory or take its descriptors" {
	guarded
	refused ptrace "$TAMPER" mem "$DAEMON" # through the host's /proc
	WHO=("${NEIGHBOUR[@]}")
	refuse_tracing
	permitted readlink "/proc/$DAEMON/exe"
	permitted cat "/proc/$DAEMON/status"
}

@test "the daemon's limits, niceness and scheduling policy cannot be changed" {
	guarded
	WHO=("${NEIGHBOUR[@]}")
	refuse_limits
	permitted prlimit --pid "$DAEMON" --cpu
}

@test "who shares the host's pid namespace only may trace its own children, and no process of the host" {
	guarded
	WHO=("${NEIGHBOUR[@]}")
	sleep 1000 >/dev/null 2>&1 3>&- &
	host=$!
	refused trace_host "$TAMPER" attach "$host"
	refused trace_host "$TAMPER" mem "$host"
	refused trace_host "$TAMPER" writev "$host"
	refused trace_host "$TAMPER" getfd "$host"
	for way in attach mem writev getfd; do
		# shellcheck disable=SC2016 # the inner shell's
		permitted sh -c 'sleep 1000 >/dev/null 2>&1 3>&- & "$@" $!; status=$?; kill $!; exit $status' sh "$TAMPER" "$way"
	done
	# Root on the host may.
	WHO=()
	permitted "$TAMPER" attach "$host"
}

@test "restricted denies root on the host the same: objects, pins, overrides and the lock" {
	guarded_against_root
	refuse_objects
	refuse_opening_of_pins
	refuse_overrides
	refuse_unpinning
	refuse_adding
	refused lock_pin flock -n "$PINS" true
}

@test "restricted denies root on the host the same: mounts, signals, tracing and limits" {
	guarded_against_root
	refuse_readonly
	refuse_mounts
	refuse_tracing
	refuse_limits
	refuse_sigio
	refuse_signals
}
