# SPDX-License-Identifier: Apache-2.0
# For guest tests of the guard: attacks that must be refused, once in the log, and without harm.

load ../lib/policy.bash

ATTACK=$PROGRAMS/attack
TAMPER=$PROGRAMS/tamper

CONTAINER=(unshare --fork --pid --net)
NEIGHBOUR=(unshare --net)

# The attacker, and the rule that denies the attack.
setup() {
	WHO=("${CONTAINER[@]}") RULE=baseline
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

# Gives a command a unique process name, NAME, so that its line cannot be confused with that of another attack, also of
# another test.
ATTACKS=0
name_attack() {
	ATTACKS=$((ATTACKS + 1))
	NAME=$BATS_TEST_NUMBER.$ATTACKS-${1##*/}
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
