#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# selfguard: who may stop, replace and change the daemon, and what stays guarded where it is killed.

load ../lib/restricted_guard.bash

BINARY=/usr/sbin/bpflock

setup_file() {
	install_programs
	cp "$BINARY" /tmp/bpflock.saved
}

teardown() {
	install -m 0755 /tmp/bpflock.saved "$BINARY.new" && mv "$BINARY.new" "$BINARY"
	clean_up_guarded
}

killed() {
	in_cgroup /guarded kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
}

replace_binary() {
	cp "$BINARY" "$BINARY.new"
	mv "$BINARY.new" "$BINARY"
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

@test "the bpffs of the pins cannot be unmounted from another mount namespace that is shared with ours" {
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

@test "a daemon in the root cgroup has no cgroup of its own: nobody there may signal it" {
	configure_guarded
	start_bpflock -- -c "$CONF"
	refused signal "$(type -P kill)" -TERM "$DAEMON"
	# A task that may move the daemon to another cgroup could get access in this way; init could too.
	mkdir -p "$CGROUPS/guarded"
	echo "$DAEMON" >"$CGROUPS/guarded/cgroup.procs"
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
