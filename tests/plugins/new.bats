#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What `bpflock-plugin new` writes runs without an edit: built and installed as by its author, it loads, decides and
# records.

load ../lib/daemon.bash

CONF=/run/new.conf
LOCAL=/usr/local/lib/bpflock/plugins

setup_file() {
	install_bpflock
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	clean_up_bpflock
	rm -rf "$LOCAL" "$CONF"
}

# make_plugin NAME ARGUMENT...: of the kernel that runs here
make_plugin() {
	bpflock-plugin new "$@"
	make -C "$1" all install
}

# start LINE...: with this configuration
start() {
	printf '%s\n' "$@" >"$CONF"
	start_bpflock -- -c "$CONF"
}

@test "an enforcer decides and records, and its test says whether something was denied" {
	make_plugin chrootlock --enforcer path_chroot
	start '[chrootlock]' 'enabled = yes' 'block = path_chroot'
	run chroot / /bin/true
	echo "$output"
	[[ $status -ne 0 && $output == *'Operation not permitted'* ]]
	await_log 'event=lsm_chrootlock operation=path_chroot .*comm=chroot .*retval=-1 reason=denied \(block\)" bpfprog=chrootlock subsys=bpf$'
	chrootlock/test
	stop_bpflock

	start '[chrootlock]' 'enabled = yes'
	chroot / /bin/true
	await_log 'event=lsm_chrootlock operation=path_chroot .*comm=chroot .*retval=0 '
	run chrootlock/test
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == 'test: nothing was denied: write what makes the kernel call lsm/path_chroot into trigger(). Errors: none' ]]
}

@test "observers of every kind record, with the integers among the arguments" {
	make_plugin hookwatch --observer lsm.s/bprm_creds_for_exec
	make_plugin voidwatch --observer task_free
	make_plugin pointwatch --observer tp_btf/sched_process_exec
	make_plugin entrywatch --observer fentry/do_sys_openat2
	make_plugin exitwatch --observer fexit/do_sys_openat2
	start '[hookwatch]' 'enabled = yes' '[voidwatch]' 'enabled = yes' '[pointwatch]' 'enabled = yes' \
		'[entrywatch]' 'enabled = yes' '[exitwatch]' 'enabled = yes'
	hookwatch/test
	await_log 'event=lsm_bprm_creds_for_exec .*comm=.* bpfprog=hookwatch '
	await_log 'event=lsm_task_free .* bpfprog=voidwatch '
	await_log 'event=tp_sched_process_exec .*comm=chroot .*old_pid=[0-9]+.* bpfprog=pointwatch '
	await_log 'event=fentry_do_sys_openat2 .*comm=chroot .*dfd=-100" bpfprog=entrywatch '
	await_log 'event=fexit_do_sys_openat2 .*comm=chroot .*dfd=-100 retval=[0-9]+" bpfprog=exitwatch '
}

@test "an enforcer by a program that may sleep, built by meson, decides" {
	bpflock-plugin new sysloglock --enforcer lsm.s/syslog --meson
	(cd sysloglock && meson setup build && meson install -C build)
	start '[sysloglock]' 'enabled = yes' 'block = syslog'
	run dmesg --syslog
	[[ $status -ne 0 && $output == *'Operation not permitted'* ]]
	await_log 'event=lsm_sysloglock operation=syslog .*comm=dmesg .*retval=-1 reason=denied \(block\)'
}
