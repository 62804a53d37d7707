#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What the control socket changes, who may change it, and where the socket is.

load ../lib/control.bash

PLUGINS=/run/plugins
SILENT=/run/pgrouplock.silent
REFUSED=/run/pgrouplock.refused

setup_file() {
	install_programs
}

teardown() {
	[[ ! -e $CGROUPS/guarded ]] || { in_cgroup /guarded pkill -x bpflock && wait_for_end "$DAEMON" || true; }
	clean_up_bpflock
	[ ! -e "$SOCKET" ]
	rm -rf "${SOCKET%/*}" /run/other "$PLUGINS" "$SILENT" "$REFUSED"
}

@test "reload puts a configuration in force, and returns when it is" {
	start_with 'profile = privileged'
	head -c 1 /dev/mem >/dev/null
	configure 'profile = restricted'
	[ "$(bpflockctl reload)" = 'The configuration is in force.' ]
	! head -c 1 /dev/mem || false
	expect_log 'event=control_call method=Reload pid=[0-9]+ uid=0 comm=bpflockctl'
	expect_log 'event=reloaded'
	call Reload | is_json '.findings | length == 1 and .[0].level == "warning" and .[0].event == "unguarded"'
}

@test "reload of a bad configuration says what is wrong, ends with 1, and changes nothing" {
	start_with 'profile = restricted'
	configure 'profile = privilegd' 'colour = red'
	ctl_fails 1 reload
	grep -E "^error: $CONF:3: kimglock: \[kimglock\] profile: .*privilegd" <<<"$output"
	grep -E "^error: $CONF:4: kimglock: .*colour" <<<"$output"
	grep -E '^bpflockctl: the new configuration was refused, and the old one is in force \(.*--check-config' <<<"$output"
	denied restricted /dev/mem
	run call Reload
	[ "$status" -eq 3 ]
	is_json '.error == "io.bpflock.ReloadRefused" and .parameters.findings[0].level == "error"' <<<"$output"
}

@test "stop ends the daemon, removes everything, and is logged with who has asked" {
	start_with 'profile = restricted'
	run bpflockctl stop
	echo "$output"
	[[ $status -eq 0 && $output == 'Stopped. Nothing is pinned any more.' ]]
	wait_for_end "$DAEMON"
	wait "$DAEMON_JOB"
	head -c 1 /dev/mem >/dev/null
	expect_log 'level=info msg="event=control_call method=Stop pid=[0-9]+ uid=0 comm=bpflockctl'
	expect_log 'event=stopped on_exit=unload'
	[ ! -e "$SOCKET" ]
}

@test "stop --keep leaves enforcers in force, and then status says so and ends with 3" {
	start_with 'profile = restricted'
	run bpflockctl stop --keep
	echo "$output"
	[[ $status -eq 0 && $output == 'Stopped. Still pinned, and in force: kimglock.' ]]
	wait "$DAEMON_JOB"
	expect_log 'event=stopped on_exit=keep'
	! head -c 1 /dev/mem || false
	for verb in status ping 'status --json' reload stop; do
		# shellcheck disable=SC2086 # words
		ctl_fails 3 $verb
		[[ $output == *"no bpflock listens at $SOCKET: No such file"*'in force: kimglock (generation 1)'*--unload* ]]
	done
	bpflock --unload
	ctl_fails 3 status
	[[ $output == *'no enforcer is in force'* ]]
}

@test "stop says what it does not keep, also where on_exit = keep" {
	start_with 'profile = restricted' '[bpflock]' 'on_exit = keep'
	call Stop '{"keep":false}' | is_json '.pinned == []'
	wait "$DAEMON_JOB"
	expect_log 'event=stopped on_exit=unload'
}

@test "after stop another daemon can be started at once" {
	start_with 'profile = restricted'
	bpflockctl stop
	resume_bpflock -- -c "$CONF"
	bpflockctl status
}

# report NAME: the files of a new report
report() {
	mkdir "$BATS_TEST_TMPDIR/$1"
	env -u BPFLOCK_BUILD BPFLOCK_LOG_OUTPUT="file:$BATS_TEST_TMPDIR/log" bpflockctl bugreport "$BATS_TEST_TMPDIR/$1.tar.gz"
	tar -xzf "$BATS_TEST_TMPDIR/$1.tar.gz" -C "$BATS_TEST_TMPDIR/$1" --strip-components 1
	cd "$BATS_TEST_TMPDIR/$1"
	grep 'event=started ' log
	grep 'event=lsm_locked_down .*reason=denied' log
	! grep -r s3cret . || false
}

@test "bugreport has the log of a daemon that runs, and of one that was killed, without command lines" {
	start_bpflock "BPFLOCK_LOG_OUTPUT=stderr,file:$BATS_TEST_TMPDIR/log" BPFLOCK_KIMGLOCK_PROFILE=restricted \
		BPFLOCK_EXECSNOOP_ARGS=yes -- -c /dev/null
	/usr/bin/printf s3cret >/dev/null
	! head -c 1 /dev/mem || false
	await_log 'comm=printf'
	report running
	grep -E '^kimglock +[^ ]+ +enforcing' status
	grep -E '^dev_mem|dev_mem +restricted' policy
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	report killed
	grep 'in force: kimglock' status
	resume_bpflock BPFLOCK_KIMGLOCK_PROFILE=restricted BPFLOCK_EXECSNOOP_ARGS=yes -- -c /dev/null
}

@test "a daemon that was killed leaves its socket: status ends with 3, and the next daemon replaces it" {
	start_with 'profile = restricted'
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	[ -S "$SOCKET" ]
	ctl_fails 3 status
	[[ $output == *'Connection refused'*'in force: kimglock (generation 1)'* ]]
	resume_bpflock -- -c "$CONF"
	bpflockctl ping
	[ -z "$(log_lines 'event=control_failed')" ]
}

@test "status ends with 1 where a required enforcer fails, and with --strict also where it is unverified" {
	mkdir -p "$PLUGINS"
	cp /usr/lib/*/bpflock/plugins/*.so "$PLUGINS"
	install -m 755 "$BPFLOCK_BUILD/tests/plugins/pgrouplock.so" "$PLUGINS"
	printf '%s\n' '[bpflock]' "plugin_dir = $PLUGINS" 'verify_interval = 0' '[pgrouplock]' 'enabled = yes' >"$CONF"
	start_bpflock -- -c "$CONF"
	bpflockctl status --strict
	touch "$REFUSED"
	bpflockctl verify
	bpflockctl status
	ctl_fails 1 verify --strict
	[[ $output == *'pgrouplock  unverified  another LSM denies the self-test'* ]]
	ctl_fails 1 status --strict
	[[ $output == *'pgrouplock: unverified: another LSM denies'* ]]
	rm "$REFUSED"
	touch "$SILENT"
	ctl_fails 1 verify
	ctl_fails 1 status --short
	[[ $output == 'pgrouplock (failed); denied 0, lost 0' ]]
	call Verify
	expect_log 'event=enforcement state=failed'
	rm "$SILENT"
	bpflockctl verify --strict
}

@test "a second daemon does not take the socket" {
	start_with 'profile = restricted'
	inode=$(stat -c %i "$SOCKET")
	run try_bpflock -- -c "$CONF"
	[ "$status" -eq 75 ]
	[ "$(stat -c %i "$SOCKET")" = "$inode" ]
	bpflockctl ping
}

@test "none makes no socket, and a reload moves it" {
	start_with 'profile = restricted' '[bpflock]' 'control = none'
	ctl_fails 3 ping
	reload_with 'profile = restricted' '[bpflock]' 'control = /run/other/socket'
	bpflockctl --socket /run/other/socket ping
	[ ! -e "$SOCKET" ]
	configure 'profile = restricted'
	bpflockctl --socket /run/other/socket reload
	[ ! -e /run/other/socket ]
	bpflockctl ping
}

@test "a socket that cannot be made is an error line, and not a failed start" {
	mkdir -m 0777 /run/other
	start_with 'profile = restricted' '[bpflock]' 'control = /run/other/socket'
	expect_log 'level=error msg="event=control_failed source=/run/other/socket error=.*others may write to it.* remedy='
	denied restricted /dev/mem
	configure 'profile = restricted' '[bpflock]' 'control = relative'
	forget_log
	kill -HUP "$DAEMON"
	await_log "event=config_error source=$CONF:5 error=.*control: 'relative' is no path of a socket.* remedy="
	await_log 'event=reload_refused'
}

@test "under a restricted guard only process 1 and the daemon's own cgroup may change something" {
	GUARDED=yes
	mkdir -p "$CGROUPS/guarded"
	printf '%s\n' '[kimglock]' 'profile = restricted' '[selfguard]' 'profile = restricted' >"$CONF"
	# shellcheck disable=SC2016 # the inner shell's
	UNDER=(sh -c 'echo $$ >/sys/fs/cgroup/guarded/cgroup.procs && exec "$@"' sh)
	start_bpflock -- -c "$CONF"
	bpflockctl status
	for verb in reload stop; do
		ctl_fails 4 "$verb"
		[[ $output == *'a guard is configured with profile = restricted'*systemctl* ]]
	done
	run contained bpflockctl stop
	[ "$status" -eq 4 ]
	expect_log 'level=warning msg="event=control_refused method=Reload pid=[0-9]+ uid=0 comm=bpflockctl warning='
	in_cgroup /guarded bpflockctl reload
	in_cgroup /guarded unshare --fork --pid --net bpflockctl stop
	wait "$DAEMON_JOB"
	expect_log 'event=control_call method=Stop pid='
}

@test "under the guard's own profile root on the host may reload and stop" {
	GUARDED=yes
	start_with 'profile = restricted'
	bpflockctl reload
	run contained bpflockctl stop
	[ "$status" -eq 4 ]
	run bpflockctl stop
	[[ $status -eq 0 && $output == 'Stopped. Nothing is pinned any more.' ]]
}

@test "in the root cgroup the daemon's cgroup is no permission" {
	[ "$(sed -n s/^0:://p /proc/self/cgroup)" = / ]
	start_with 'profile = restricted'
	run contained bpflockctl stop
	[ "$status" -eq 4 ]
}
