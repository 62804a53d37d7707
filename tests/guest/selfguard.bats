#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# selfguard: attacks by root on the daemon, its pins and its BPF objects, and who is allowed nevertheless.

load ../lib/policy.bash

GUARDED=yes
QUIET='' # log = all
OTHER=/sys/fs/bpf/other
BINARY=/usr/sbin/bpflock

setup_file() {
	install_programs
	cp "$BINARY" /tmp/bpflock.saved
	mkdir -p /mnt/a /mnt/b
}

teardown() {
	umount /mnt/a /mnt/b 2>/dev/null || true
	rm -rf "$OTHER"
	install -m 0755 /tmp/bpflock.saved "$BINARY.new" && mv "$BINARY.new" "$BINARY"
	in_cgroup /guarded pkill -x bpflock && wait_for_end "$DAEMON" || true
	bpflock --unload
	[ ! -e "$PINS" ]
	clean_up_bpflock
}

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

killed() {
	in_cgroup /guarded kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
}

replace_binary() {
	cp "$BINARY" "$BINARY.new"
	mv "$BINARY.new" "$BINARY"
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

@test "it runs as another enforcer runs: by default as baseline, and logs denials" {
	guarded
	run_bpflock BPFLOCK_KIMGLOCK_PROFILE=baseline -- --dump-config -c /dev/null |
		grep '^enabled *= yes *; default (an enforcer runs)'
	run_bpflock -- --help-plugin selfguard | grep '^profile = baseline'
	run_bpflock -- --help-plugin selfguard | grep '^log = denied'
	run_bpflock -- --help-plugin kimglock | grep '^profile = privileged'
	kimglock_works
}

@test "pins cannot be removed, renamed, linked, changed or added to" {
	guarded
	before=$(find "$PINS" | sort)
	refused unpin rm "$PINS/v1/plugins/kimglock/g1/link0"
	refused unpin rm -rf "$PINS"
	refused unpin rmdir "$PINS"
	refused unpin mv "$PINS" "$OTHER"
	refused unpin mv "$PINS/v1/ring" "$OTHER"
	refused unpin ln "$PINS/v1/plugins/kimglock/g1/link0" "$OTHER"
	refused unpin mkdir "$PINS/v2"
	refused unpin chmod 0777 "$PINS"
	refused unpin bpftool map create "$PINS/v1/more" type array key 4 value 4 entries 1 name more
	[ "$(find "$PINS" | sort)" = "$before" ]
	kimglock_works
}

@test "the pins are guarded on a bind mount as well" {
	guarded
	mount --bind /sys/fs/bpf /mnt/a
	refused unpin rm /mnt/a/bpflock/v1/plugins/kimglock/g1/link0
	refused unpin rm -rf /mnt/a/bpflock
	kimglock_works
}

@test "their bpffs cannot be unmounted, covered or moved" {
	guarded
	refused unmount umount /sys/fs/bpf
	refused unmount umount -l /sys/fs/bpf
	refused unmount umount -f /sys/fs/bpf
	refused unmount mount -t tmpfs none /sys/fs/bpf
	refused unmount mount -t bpf none /sys/fs/bpf
	refused unmount mount -t tmpfs none "$PINS"
	refused unmount mount --bind /mnt "$PINS/v1"
	refused unmount mount -o remount,ro /sys/fs/bpf
	kimglock_works
}

@test "nor from another mount namespace that is shared with ours" {
	mount --make-rshared /
	guarded
	for how in --verbose --lazy; do
		forget_log
		run unshare -m --propagation unchanged umount "$how" /sys/fs/bpf
		[ "$status" -ne 0 ]
		await_log "$(tamper_line unmount umount)"
	done
	mount --make-rprivate /
	[ -e "$PINS/v1" ]
}

@test "what hides the pins where that is allowed is told at the next verification, and that it is over" {
	PROFILE=baseline guarded '[bpflock]' 'verify_interval = 1s'
	forget_log
	mount -t tmpfs none /sys/fs
	told=0
	await_log 'event=enforcement state=unverified reason=.*this system lacks.* bpfprog=selfguard' || told=$?
	umount /sys/fs
	[ "$told" -eq 0 ]
	await_log 'event=enforcement state=enforcing( unverified=[^ ]+)?" bpfprog=selfguard'
}

@test "maps, programs and links of ours cannot be had by id or by pin" {
	guarded
	refused map bpftool map dump id "$(own_id map_id)"
	refused map bpftool map update id "$(own_id map_id)" key 0 0 0 0 value 0 0 0 0
	refused open_pin bpftool map show pinned "$PINS/v1/ring"
	refused open_pin bpftool map dump pinned "$PINS/v1/plugins/kimglock/g1/policy"
	refused open_pin bpftool map dump pinned "$PINS/v1/daemon"
	refused open_pin bpftool map dump pinned "$PINS/v1/protected"
	refused open_pin bpftool map dump pinned "$PINS/v1/last_state"
	refused program bpftool prog show id "$(own_id prog_id)"
	refused program bpftool prog dump xlated id "$(own_id prog_id)"
	refused link bpftool link show id "$(own_id link_id)"
	refused link bpftool link detach id "$(own_id link_id)"
	kimglock_works
}

@test "every descriptor of the daemon's is of an object that is guarded" {
	guarded
	for kind in map prog link; do
		[ "$(cat "/proc/$DAEMON/fdinfo/"* | grep -c "^${kind}_id:")" -gt 0 ]
		cat "/proc/$DAEMON/fdinfo/"* | awk -v what="${kind}_id:" '$1 == what { print $2 }' | sort -u |
			while read -r id; do
				! bpftool "$kind" show id "$id" 2>/dev/null || exit 1
			done
	done
}

@test "another bpffs, a bind mount, others' objects and processes are not touched, nor logged" {
	bpftool map create "$OTHER" type array key 4 value 4 entries 1 name other
	guarded
	forget_log
	bpftool map update pinned "$OTHER" key 0 0 0 0 value 1 0 0 0
	bpftool map dump id "$(bpftool -j map show pinned "$OTHER" | jq .id)"
	mv "$OTHER" "$OTHER.2" && ln "$OTHER.2" "$OTHER" && chmod 0600 "$OTHER" && rm "$OTHER" "$OTHER.2"
	mount -t bpf none /mnt/a
	mkdir -p /mnt/a/bpflock/v1/plugins
	bpftool map create /mnt/a/bpflock/v1/ring type array key 4 value 4 entries 1 name other
	chmod 0777 /mnt/a/bpflock
	rm -r /mnt/a/bpflock
	umount /mnt/a
	mount --bind /sys/fs/bpf /mnt/b
	umount /mnt/b
	unshare -m sh -c 'umount -l /sys/fs/bpf && mount -t bpf none /sys/fs/bpf'
	sleep 100 3>&- &
	for way in attach mem writev getfd; do
		[ "$("$PROGRAMS/tamper" "$way" $!)" = "$way allowed" ]
	done
	kill -KILL $!
	"$(type -P kill)" -0 "$DAEMON"
	ps -p "$DAEMON" -o pid,args
	readlink "/proc/$DAEMON/exe"
	nothing_logged
}

@test "signals of root are denied but for SIGHUP; its own cgroup's are not" {
	guarded
	for signal in TERM KILL STOP CONT INT USR1; do
		refused signal "$(type -P kill)" "-$signal" "$DAEMON"
	done
	kill -0 "$DAEMON"
	state=$(grep '^State:' "/proc/$DAEMON/status")
	[[ $state == *sleeping* || $state == *running* ]]
	forget_log
	run unshare -n "$(type -P kill)" -HUP "$DAEMON"
	[ "$status" -ne 0 ]
	await_log "$(tamper_line signal kill)"
	forget_log
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	kimglock_works
	in_cgroup /guarded kill -TERM "$DAEMON"
	await_log 'event=stopped'
	wait_for_end "$DAEMON"
}

@test "nobody but its own cgroup may set its limits, and others' are not touched" {
	guarded
	refused limit prlimit --pid "$DAEMON" --cpu=1
	refused limit prlimit --pid "$DAEMON" --nofile=8
	forget_log
	prlimit --pid "$DAEMON" --cpu
	prlimit --pid $$ --nofile=512:512
	nothing_logged
	in_cgroup /guarded prlimit --pid "$DAEMON" --nofile=512:1024
	kimglock_works
}

@test "a daemon in the root cgroup has no cgroup of its own: nobody there may signal it" {
	configure_guarded
	start_bpflock -- -c "$CONF"
	refused signal "$(type -P kill)" -TERM "$DAEMON"
	# A task that may move the daemon to another cgroup could get access in this way; init could too.
	mkdir -p "$CGROUPS/guarded"
	echo "$DAEMON" >"$CGROUPS/guarded/cgroup.procs"
}

@test "nobody may trace it, write its memory or take its descriptors" {
	guarded
	for way in attach mem writev getfd; do
		refused ptrace "$PROGRAMS/tamper" "$way" "$DAEMON"
		[ "$output" = "$way denied" ]
	done
	refused ptrace strace -p "$DAEMON"
	kimglock_works
}

@test "after the kernel has killed it everything is still guarded, and a successor gets in" {
	guarded
	echo 1 >"$CGROUPS/guarded/cgroup.kill"
	wait_for_end "$DAEMON"
	run rm -rf "$PINS"
	[ "$status" -ne 0 ]
	run umount -l /sys/fs/bpf
	[ "$status" -ne 0 ]
	run bpftool map dump pinned "$PINS/v1/daemon"
	[ "$status" -ne 0 ]
	kimglock_works
	start_again
	await_log 'event=tamper operation=unpin .*comm=rm' # recorded in the gap
	await_log 'event=enforcement state=enforcing( unverified=[^ ]+)?" bpfprog=selfguard'
	[ "$(find "$PINS/v1/plugins/kimglock" -name 'g[0-9]*')" = "$PINS/v1/plugins/kimglock/g2" ]
	refused unpin rm "$PINS/v1/plugins/kimglock/g2/link0"
	refused open_pin bpftool map dump pinned "$PINS/v1/plugins/kimglock/g2/policy"
	kimglock_works
}

@test "an upgrade gets in: replaced while the daemon runs, and after it was killed" {
	guarded
	replace_binary
	killed
	start_again
	kimglock_works
	killed
	replace_binary
	start_again
	refused unpin rm "$PINS/v1/plugins/kimglock/g3/link0"
	kimglock_works
}

@test "another binary, a writable one, one in a writable directory and one that is traced do not get in, and change nothing" {
	guarded
	killed
	cp "$BINARY" /usr/local/sbin/bpflock2
	run timeout 20 env -i /usr/local/sbin/bpflock2 -c "$CONF"
	[[ $status -eq 1 && $output == *'is guarded: this process is not recognized as bpflock'* ]]
	run env -i /usr/local/sbin/bpflock2 --unload
	[[ $status -eq 1 && $output == *'is guarded'* ]]
	[ -e "$PINS/v1/plugins/kimglock/g1/link0" ]
	chmod g+w "$BINARY"
	run timeout 20 env -i "$BINARY" -c "$CONF"
	[[ $status -eq 1 && $output == *'is guarded'* ]]
	chmod g-w "$BINARY"
	chmod g+w "$(dirname "$BINARY")"
	run timeout 20 env -i "$BINARY" -c "$CONF"
	chmod g-w "$(dirname "$BINARY")"
	[[ $status -eq 1 && $output == *'is guarded'* ]]
	run timeout 20 env -i strace -o /dev/null "$BINARY" -c "$CONF"
	[[ $status -eq 1 && $output == *'is guarded'* ]]
	kimglock_works
	start_again
}

@test "who is told to load other code, or has more environment than is looked through, gets no mark and is told why" {
	configure_guarded
	sed -i '0,/^profile/s//level = confidentiality\n&/' "$CONF"
	start_again
	for variable in "LD_PRELOAD=$PROGRAMS/preload.so" GLIBC_TUNABLES=glibc.malloc.check=0 LD_AUDIT=; do
		forget_log
		run env -i "$variable" "$BINARY" --version
		[[ $variable != *preload* || $output == *'preloaded denied'* ]]
	done
	killed
	for variable in LD_LIBRARY_PATH=/tmp GLIBC_TUNABLES=glibc.malloc.check=0; do
		run timeout 20 env -i "$variable" "$BINARY" -c "$CONF"
		[[ $status -eq 1 && $output == *"is guarded: "*"start it without ${variable%%=*} in its environment"* ]]
	done
	# The last of several variables, after the longest one that the guard still reads
	run timeout 20 env -i A=1 "B=$(printf '%3000s' '')" "LD_BIND_NOW=1" "$BINARY" --unload
	[[ $status -eq 1 && $output == *'start it without LD_BIND_NOW'* ]]
	run timeout 20 env -i "B=$(printf '%4096s' '')" "$BINARY" --unload
	[[ $status -eq 1 && $output == *'less than 4096 bytes of arguments and environment'* ]]
	[ -e "$PINS/v1/plugins/kimglock/g1/link0" ]
	kimglock_works
	UNACCOUNTED='it was unloaded without a daemon'
	env -i "B=$(printf '%3000s' '')" NOT_LD_PRELOAD=1 "$BINARY" --unload
	[ ! -e "$PINS" ]
	eventually "$PROGRAMS/attack" lsm # until the kernel has freed the programs
}

@test "the mark exempts from nothing but what the daemon needs" {
	guarded '[bpflock]' 'log_output = stderr' 'verify_interval = 1s'
	sed -i 's|^log_output.*|&, file:/sys/kernel/debug/fault_around_bytes|' "$CONF"
	forget_log
	kill -HUP "$DAEMON"
	await_log 'event=lsm_locked_down operation=."debugfs access.* comm=bpflock .*reason=denied \(restricted\)" bpfprog=kimglock'
	await_log 'event=reload_refused'
	sleep 2 # and two verifications
	in_cgroup /guarded kill -USR1 "$DAEMON"
	await_log 'event=decisions .*op=bpf_read .*exempt=[1-9][0-9]*" bpfprog=kimglock'
	await_log 'event=decisions .*op=unpin .*exempt=[1-9][0-9]*" bpfprog=selfguard'
}

@test "on_exit = keep stays guarded; bpflock --unload takes it all away" {
	guarded '[bpflock]' 'on_exit = keep'
	in_cgroup /guarded kill -TERM "$DAEMON"
	wait_for_end "$DAEMON"
	run rm -rf "$PINS"
	[ "$status" -ne 0 ]
	kimglock_works
	bpflock --unload
	[ ! -e "$PINS" ]
	eventually head -c 1 /dev/mem >/dev/null
}

@test "new generations are guarded as well, old ones are forgotten, and disabled it guards nothing" {
	guarded '[execsnoop]' 'enabled = yes'
	for trace in none all none; do
		configure_guarded '[execsnoop]' 'enabled = yes' "trace = $trace"
		forget_log
		kill -HUP "$DAEMON"
		await_log 'event=reloaded'
	done
	refused map bpftool map dump id "$(cat "/proc/$DAEMON/fdinfo/"* | awk '$1 == "map_id:" { print $2 }' | sort -n | tail -n 1)"
	printf '%s\n' '[kimglock]' 'enabled = yes' 'profile = restricted' '[selfguard]' 'enabled = no' >"$CONF"
	forget_log
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	# The kernel detaches the guard a moment after its last pin has gone.
	eventually bpftool map show pinned "$PINS/v1/protected"
	open=$(cat "/proc/$DAEMON/fdinfo/"* | grep -E '^(map|prog|link)_id:' | sort -u)
	own=$(bpftool -j map dump pinned "$PINS/v1/protected")
	[ "$(jq length <<<"$own")" -eq "$(wc -l <<<"$open")" ] || { echo "$open $own" && return 1; }
	"$PROGRAMS/tamper" attach "$DAEMON"
	kill -TERM "$DAEMON"
	wait_for_end "$DAEMON"
}

@test "privileged allows and logs; audit_only says what would be denied" {
	PROFILE=privileged guarded
	bpftool map show pinned "$PINS/v1/ring"
	await_log 'event=tamper operation=open_pin .*comm=bpftool .*retval=0 reason=allow \(privileged\)" bpfprog=selfguard'
	configure_guarded 'audit_only = yes'
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	"$PROGRAMS/tamper" attach "$DAEMON"
	await_log 'event=tamper operation=ptrace .*comm=tamper .*reason=would deny \(restricted\)"'
}
