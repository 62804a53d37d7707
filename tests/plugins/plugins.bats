#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Plugins from outside (examples, tests/plugins): what the core does for them, and what is refused.

load ../lib/daemon.bash
load ../lib/exec.bash

PLUGINS=/run/plugins # nobody but root can write to any part of this path

setup_file() {
	install_bpflock
	install_exec_programs
}

setup() {
	rm -rf "$PLUGINS"
	install_plugins mountwatch hostlock witness
	cp /usr/lib/*/bpflock/plugins/*.so "$PLUGINS"
}

teardown() {
	umount -q /mnt || true
	clean_up_bpflock
	rm -rf /run/witness /tmp/plugins
}

# install_plugins NAME...
install_plugins() {
	local name
	mkdir -p "$PLUGINS"
	for name in "$@"; do
		install -m 755 "$BPFLOCK_BUILD/tests/plugins/$name.so" "$PLUGINS"
	done
}

# build_example NAME: as its author would, from the installed headers alone.
build_example() {
	cp -r "$BATS_TEST_DIRNAME/../../examples/$1" "$BATS_TEST_TMPDIR"
	make -C "$BATS_TEST_TMPDIR/$1"
	[ "$(nm -D --defined-only "$BATS_TEST_TMPDIR/$1/$1.so" | wc -l)" -eq 1 ]
	nm -D "$BATS_TEST_TMPDIR/$1/$1.so" | grep -E ' [DR] bpflock_plugin_v1$'
	install -m 755 "$BATS_TEST_TMPDIR/$1/$1.so" "$PLUGINS"
}

# Runs the daemon, or a command of it, with these plugins and no configuration file:
# with_plugins start|run|try [NAME=VALUE...] [-- ARGUMENT...]
with_plugins() {
	local variables arguments
	split_words "${@:2}"
	"${1}_bpflock" "${variables[@]}" -- -c /dev/null -o bpflock.plugin_dir="$PLUGINS" "${arguments[@]}"
}

# refused NAME REASON: expects this line in the list of plugins.
refused() {
	grep -E "^$1 +- +- +refused: " <<<"$output" | grep -F -- "$2"
}

# Expects that the whole directory is refused: refused_directory DIRECTORY TEXT...
refused_directory() {
	local directory=$1 text
	shift
	run run_bpflock -- -c /dev/null -o bpflock.plugin_dir="$directory" --check-config
	echo "$output"
	[ "$status" -eq 2 ]
	for text; do
		[[ $output == *"$text"* ]]
	done
}

decided() { # OPERATION RETVAL REASON COMM
	await_log "event=lsm_hostlock operation=(\\\\\")?$1(\\\\\")? tgid=.* comm=$4 pcomm=[^ ]+ retval=$2 reason=$3\" bpfprog=hostlock subsys=bpf\$"
}

@test "of /usr/local only what is enabled is opened; no name may be there twice; no directory needs to exist" {
	local=/usr/local/lib/bpflock/plugins
	install -D -m 755 "$BPFLOCK_BUILD/tests/plugins/socketlock.so" "$local/socketlock.so"
	directories=$PLUGINS,/no/such/directory,$local
	run run_bpflock -- -c /dev/null -o bpflock.plugin_dir="$directories" --list-plugins
	grep -E '^hostlock +1.0 +disabled' <<<"$output"
	grep -E '^socketlock .*it was not enabled at the start, so its file was not opened' <<<"$output"
	run run_bpflock BPFLOCK_SOCKETLOCK_ENABLED=yes -- -c /dev/null -o bpflock.plugin_dir="$directories" --list-plugins
	grep -E '^socketlock +1.0 +enabled +enforcer' <<<"$output"
	run run_bpflock BPFLOCK_SOCKETLOCK_PROFILE=baseline -- -c /dev/null -o socketlock.enabled=no \
		-o bpflock.plugin_dir="$directories" --list-plugins
	grep -E '^socketlock .*its file was not opened' <<<"$output"

	# However it is written, and once if it is named twice.
	ln -sfn "$local" /run/local
	for directory in "$local/" /run/local "$local,/usr/local/lib/../lib/bpflock/plugins,/run/local"; do
		run run_bpflock -- -c /dev/null -o bpflock.plugin_dir="$PLUGINS,$directory" --list-plugins
		[ "$(grep -cE '^socketlock .*its file was not opened' <<<"$output")" -eq 1 ]
	done
	rm /run/local

	cp "$local/socketlock.so" "$PLUGINS"
	run run_bpflock -- -c /dev/null -o bpflock.plugin_dir="$directories" --check-config
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *"$local/socketlock.so: there are two plugins of this name, the other one is $PLUGINS/socketlock.so"* ]]
	[[ $output == *"/no/such/directory: warning: "* ]]

	# Nobody has named the directories of the default list, so only plugins are missing.
	chmod 777 "$local"
	run run_bpflock BPFLOCK_SELFGUARD_ENABLED=no -- -c /dev/null --check-config
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"warning: $local is writable"* ]]
	rm -r /usr/local/lib/bpflock
}

@test "plugins of other people are listed and described" {
	run with_plugins run -- --list-plugins
	echo "$output"
	[ "$status" -eq 0 ]
	grep -E '^mountwatch +1.0 +disabled +observer, Logs mounts$' <<<"$output"
	grep -E '^hostlock +1.0 +disabled +enforcer, Who may change' <<<"$output"

	run with_plugins run -- --help-plugin mountwatch
	[ "$status" -eq 0 ]
	[[ $output == *"BPFLOCK_MOUNTWATCH_ENABLED"* && $output == *"event=lsm_sb_mount"* ]]
	grep -E '^ +fstype +type of the file system$' <<<"$output"

	run with_plugins run -- --help-plugin hostlock
	[ "$status" -eq 0 ]
	[[ $output == *"BPFLOCK_HOSTLOCK_PROFILE"* && $output == *"event=lsm_hostlock"* ]]
	grep -E '^pivot_root$' <<<"$output"
	grep -A 1 '^@root$' <<<"$output" | grep -w chroot | grep -w pivot_root
}

@test "the smallest plugin, a program and a descriptor, logs" {
	with_plugins start BPFLOCK_MOUNTWATCH_ENABLED=yes
	mount -t tmpfs -o ro 'a "disk"' /mnt
	await_log 'event=lsm_sb_mount tgid=([0-9]+) pid=\1 .* uid=0 .*comm=mount pcomm=[^ ]+ source=\\"a \\\\x22disk\\\\x22\\" fstype=tmpfs flags=0x1" bpfprog=mountwatch subsys=bpf$'
}

@test "what a program does not write is zero, and so is the task of an event without one, whatever the ring held" {
	install_plugins forgetful
	with_plugins start BPFLOCK_RING_SIZE=16K BPFLOCK_FORGETFUL_ENABLED=yes BPFLOCK_EXECSNOOP_ARGS=yes
	local n
	for n in {1..40}; do
		/bin/true "$n" "$(printf 'x%.0s' {1..400})"
		chroot / /bin/true
		await_log "comm=true .*/bin/true $n xxx"
	done
	[ "$(count 'event=lsm_path_chroot .*comm=chroot pcomm=[^ ]+ flag=0 number=0" bpfprog=forgetful')" -eq 40 ]
	[ "$(count 'msg="event=nobody flag=0 number=0" bpfprog=forgetful')" -eq 40 ]
	[ "$(grep -c '^forgetful: task zero$' "$LOG")" -eq 40 ]
	[ "$(grep -c '^forgetful: nobody zero$' "$LOG")" -eq 40 ]
}

# bpf COMMAND [COMMAND...]: bpf(2) without attributes, in a process of the name `caller`
bpf() {
	local number=321
	[[ $(uname -m) != aarch64 ]] || number=280
	run "${@:2}" perl -e 'open F, ">", "/proc/$$/comm" and print F "caller" and close F; exit(syscall($ARGV[0] + 0, $ARGV[1] + 0, 0, 0) == 0)' \
		"$number" "$1"
}

# bpf_gets VERDICT RETVAL COMMAND OPERATION [COMMAND...]: expects this decision about a command of bpf(2).
bpf_gets() {
	bpf "$3" "${@:5}"
	await_log "event=lsm_bpf operation=$4 .*comm=caller .*retval=$2 reason=$1\" bpfprog=commandlock" 10
}

@test "an operation has another rule under baseline where its row says so, and lists and exceptions come before it" {
	install_plugins commandlock
	run with_plugins run -- --help-plugin commandlock
	grep -F 'detach a program; profile baseline denies this on the host as well' <<<"$output"
	grep -F 'make an iterator; profile baseline allows everybody this' <<<"$output"
	mkdir -p /sys/fs/cgroup/excepted
	with_plugins start BPFLOCK_COMMANDLOCK_PROFILE=baseline BPFLOCK_COMMANDLOCK_EVENT_WINDOW=0 \
		BPFLOCK_COMMANDLOCK_EXCEPT_CGROUPS=/excepted
	bpf_gets 'allow \(baseline\)' 0 10 prog_test_run
	bpf_gets 'denied \(baseline\)' -1 10 prog_test_run unshare --net
	bpf_gets 'denied \(baseline\)' -1 34 link_detach
	bpflockctl explain | tee /dev/stderr | grep -F 'the profile denies this operation, also in the initial namespaces (profile = baseline at BPFLOCK_COMMANDLOCK_PROFILE)'
	bpf_gets 'allow \(baseline\)' 0 33 iter_create unshare --net
	bpf_gets 'allow \(exception\)' 0 34 link_detach in_cgroup excepted
	bpflockctl policy commandlock | grep -E '^commandlock +link_detach +baseline, also on the host, exceptions '
	bpflockctl policy commandlock | grep -E '^commandlock +iter_create +baseline, everybody may '
	stop_bpflock
	rmdir /sys/fs/cgroup/excepted

	with_plugins start BPFLOCK_COMMANDLOCK_PROFILE=baseline BPFLOCK_COMMANDLOCK_EVENT_WINDOW=0 \
		BPFLOCK_COMMANDLOCK_ALLOW=link_detach BPFLOCK_COMMANDLOCK_BLOCK=iter_create
	bpf_gets 'allow \(allow\)' 0 34 link_detach
	bpf_gets 'denied \(block\)' -1 33 iter_create
	stop_bpflock
}

@test "two enumerators of one number are one operation, and numbers without one are counted" {
	install_plugins commandlock
	run with_plugins run -- --help-plugin commandlock
	grep -E '^prog_test_run  \(or prog_run\)$' <<<"$output"
	with_plugins start BPFLOCK_COMMANDLOCK_BLOCK=prog_run BPFLOCK_COMMANDLOCK_EVENT_WINDOW=0
	bpf 10
	await_log 'event=lsm_bpf operation=prog_test_run .*comm=caller .*retval=-1 reason=denied \(block\)" bpfprog=commandlock'
	bpf 100
	await_log 'event=lsm_bpf operation=unknown\(100\) .*comm=caller .*retval=0 reason=allow \(privileged\)"'
	bpf 500
	await_log 'event=lsm_bpf operation=unknown\(500\) .*comm=caller .*retval=-1 reason=denied \(no policy\)"'
	kill -USR1 "$DAEMON"
	await_log 'event=decisions operation=prog_test_run op=prog_test_run allowed=0 denied=1 would_deny=0" bpfprog=commandlock'
	await_log 'event=decisions operation=unknown\(100\) allowed=1 denied=0 would_deny=0" bpfprog=commandlock'
	await_log 'event=decisions operation=unknown\(128\+\) allowed=0 denied=1 would_deny=0" bpfprog=commandlock'
}

@test "the smallest plugin can be built outside of the tree, from the installed headers alone" {
	build_example mountwatch
	with_plugins start BPFLOCK_MOUNTWATCH_ENABLED=yes
	mount -t tmpfs outside /mnt
	await_log 'comm=mount .* source=outside fstype=tmpfs flags=0x0" bpfprog=mountwatch'
}

@test "an enforcer can be built outside of the tree as well" {
	build_example hostlock
	with_plugins start BPFLOCK_HOSTLOCK_PROFILE=restricted
	run chroot / /bin/true
	[ "$status" -ne 0 ]
	decided chroot -1 'denied \(restricted\)' chroot
}

@test "an option of a third-party plugin is a variable at once" {
	run with_plugins run BPFLOCK_WITNESS_FILE=/run/elsewhere -- --dump-config
	echo "$output"
	[ "$status" -eq 0 ]
	grep -E '^file *= */run/elsewhere .*BPFLOCK_WITNESS_FILE' <<<"$output"
	grep -A 9 -F '[witness]' <<<"$output" | grep -E '^enabled *= *yes'
	run with_plugins run BPFLOCK_WITNESS_FIEL=/run/elsewhere -- --check-config
	[ "$status" -eq 2 ]
	[[ $output == *"BPFLOCK_WITNESS_FIEL: there is no such variable (did you mean 'BPFLOCK_WITNESS_FILE'?)"* ]]
}

@test "an observer of the bus sees every record of every plugin, in the order of the log" {
	with_plugins start BPFLOCK_WITNESS_FILE=/run/witness BPFLOCK_EXEC_SNOOP=all BPFLOCK_KIMGLOCK_PROFILE=allow \
		BPFLOCK_MOUNTWATCH_ENABLED=yes
	head -c 1 /dev/mem >/dev/null
	mount -t tmpfs seen /mnt
	settle
	stop_bpflock
	log_lines 'subsys=bpf$' | sed -E 's/.* tgid=([0-9]+) .* bpfprog=([a-z]+) .*/\2 \1/' >"$BATS_TEST_TMPDIR/logged"
	sed -E 's/plugin=([a-z]+) .* tgid=([0-9]+) .*/\1 \2/' /run/witness >"$BATS_TEST_TMPDIR/seen"
	diff "$BATS_TEST_TMPDIR/logged" "$BATS_TEST_TMPDIR/seen"
	for plugin in execsnoop kimglock mountwatch; do
		grep -q "^$plugin " "$BATS_TEST_TMPDIR/seen"
	done
}

@test "an observer sees what an enforcer denies on the same hook, also after a takeover" {
	install_plugins chrootwatch
	with_plugins start BPFLOCK_HOSTLOCK_PROFILE=restricted BPFLOCK_CHROOTWATCH_ENABLED=yes
	run chroot / /bin/true
	[ "$status" -ne 0 ]
	decided chroot -1 'denied \(restricted\)' chroot
	expect_log 'event=lsm_path_chroot tgid=.* comm=chroot .*bpfprog=chrootwatch'
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	with_plugins start BPFLOCK_HOSTLOCK_PROFILE=restricted BPFLOCK_CHROOTWATCH_ENABLED=yes
	run chroot / /bin/true
	decided chroot -1 'denied \(restricted\)' chroot
	expect_log 'event=lsm_path_chroot tgid=.* comm=chroot .*bpfprog=chrootwatch'
}

@test "a third-party enforcer gets profiles" {
	with_plugins start BPFLOCK_HOSTLOCK_PROFILE=privileged
	chroot / /bin/true
	decided chroot 0 'allow \(privileged\)' chroot
	date --set "@$(date +%s)"
	decided 'setting the clock' 0 'allow \(privileged\)' date
	clean_up_bpflock

	with_plugins start BPFLOCK_HOSTLOCK_PROFILE=restricted
	run chroot / /bin/true
	[ "$output" = "chroot: cannot change root directory to '/': Operation not permitted" ]
	decided chroot -1 'denied \(restricted\)' chroot
	clean_up_bpflock

	with_plugins start BPFLOCK_HOSTLOCK_PROFILE=baseline
	chroot / /bin/true
	decided chroot 0 'allow \(baseline\)' chroot
	run unshare --net chroot / /bin/true
	[ "$output" = "chroot: cannot change root directory to '/': Operation not permitted" ]
	decided chroot -1 'denied \(baseline\)' chroot
	stop_bpflock
	chroot / /bin/true
}

@test "a third-party enforcer gets lists of its operations and groups, and the choice of what is logged" {
	PARTIAL=yes
	with_plugins start BPFLOCK_HOSTLOCK_BLOCK=@root,set_time BPFLOCK_HOSTLOCK_ALLOW=pivot_root BPFLOCK_HOSTLOCK_LOG=denied
	run chroot / /bin/true
	[ "$status" -ne 0 ]
	decided chroot -1 'denied \(block\)' chroot
	# allowed by the list, and not logged; the kernel refuses it for another reason
	run unshare --mount pivot_root / /
	[[ $output != *"Operation not permitted"* ]]
	run date --set "@$(date +%s)"
	[[ $output == *"Operation not permitted"* ]]
	decided 'setting the clock' -1 'denied \(block\)' date
	[ -z "$(log_lines 'operation=pivot_root')" ]

	run with_plugins run BPFLOCK_HOSTLOCK_BLOCK=reboot -- --check-config
	[ "$status" -eq 2 ]
	[[ $output == *"[hostlock] block: unknown operation 'reboot' (valid: chroot, pivot_root, set_time, @all, @root)"* ]]
}

@test "each broken plugin is refused by name with the reason, and the others are not" {
	install_plugins abi2 badfield badflags badoption corefield coreoption latefield log misnamed newerused nosymbol notelf
	run with_plugins run -- --list-plugins
	echo "$output"
	[ "$status" -eq 0 ]
	refused abi2 "$PLUGINS/abi2.so is built for plugin ABI 2, this daemon has 1: build it against this version's headers"
	refused badfield "field 'when' of event 'set_host_name' lies outside the record"
	refused latefield "field 'late' of event 'set_host_name' lies outside the record"
	refused corefield "field 'tgid' of event 'set_host_name' has the name of one of the core's"
	refused badflags "it has flags that this daemon does not know (0x10000000000)"
	refused badoption "option 'number' reaches outside the configuration structure"
	refused coreoption "option 'required' is there twice, or is one of the core's"
	refused log "its variables would read like that of the core's option log_format"
	refused misnamed "it calls itself 'other': the file must be named other.so"
	refused newerused "it needs plugin ABI 1.1, this daemon has 1.0"
	refused nosymbol "$PLUGINS/nosymbol.so has no symbol bpflock_plugin_v1: it is not a bpflock plugin"
	refused notelf "it carries no BPF object"
	[ "$(grep -cE '^[a-z0-9]+ +- +- +refused: ' <<<"$output")" -eq 12 ]
	for name in mountwatch witness hostlock execsnoop kimglock; do
		grep -E "^$name +1.0 " <<<"$output"
	done
	run with_plugins run -- --help-plugin abi2
	[ "$status" -eq 2 ]
	[[ $output == "bpflock: abi2: refused: "* ]]
}

@test "a plugin of a newer minor that uses nothing new runs" {
	install_plugins newer
	with_plugins start BPFLOCK_NEWER_NUMBER=7
	await_log 'event=plugin_running .* programs=1" bpfprog=newer'
}

@test "a plugin that reads kernel memory runs where the kernel lets it" {
	install_plugins kernelreader
	with_plugins start BPFLOCK_KERNELREADER_ENABLED=yes
	await_log 'event=plugin_running .* programs=1" bpfprog=kernelreader'
}

@test "a refused plugin that nobody has enabled is told of, and the daemon starts" {
	install_plugins badoption
	with_plugins start BPFLOCK_EXEC_SNOOP=all
	await_log "level=warning msg=\"event=plugin_refused source=$PLUGINS/badoption.so warning=.\"refused: option 'number' reaches outside.*\" bpfprog=badoption"
	await_log 'event=plugin_running .*bpfprog=execsnoop'
}

@test "a refused plugin that is enabled and required stops the start" {
	install_plugins badoption
	run with_plugins try BPFLOCK_BADOPTION_ENABLED=yes BPFLOCK_EXEC_SNOOP=all
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *"$PLUGINS/badoption.so: badoption: refused: option 'number' reaches outside the configuration structure"* ]]
	[[ $output == *"set required = no in [badoption]"* ]]
	[ ! -e "$PINS" ]
}

@test "a refused plugin that is enabled and not required does not, nor do its own options" {
	install_plugins badoption
	printf '%s\n' '[bpflock]' "plugin_dir = $PLUGINS" '[badoption]' 'enabled = yes' 'required = no' 'number = 7' \
		'[execsnoop]' 'enabled = yes' >"$BATS_TEST_TMPDIR/bpflock.conf"
	start_bpflock BPFLOCK_BADOPTION_NUMBER=8 -- -c "$BATS_TEST_TMPDIR/bpflock.conf"
	await_log 'level=warning .*event=plugin_refused .* bpfprog=badoption'
	await_log 'event=plugin_running .*bpfprog=execsnoop'
	[ -z "$(log_lines 'event=plugin_running .*bpfprog=badoption')" ]
}

@test "decisions may have fields, and those that differ in a key are lines of their own" {
	install_plugins socketlock
	install -m 755 "$BPFLOCK_BUILD/tests/programs/ask" /tmp
	with_plugins start BPFLOCK_SOCKETLOCK_PROFILE=restricted BPFLOCK_SOCKETLOCK_LOG=denied
	for family in 1 2 2; do
		! /tmp/ask maker "family:$family" || false
	done
	! /tmp/ask -c 500 maker family:2 || false
	stop_bpflock
	local line='event=lsm_socket_create operation=socket .*comm=maker pcomm=[^ ]+ family'
	[ "$(log_lines "$line=1 kind=3 creator=maker retval=-1 reason=denied \\(restricted\\)" | wc -l)" -eq 1 ]
	[ "$(log_lines "$line=2 kind=3 creator=maker retval=-1 reason=denied \\(restricted\\)" | wc -l)" -eq 1 ]
	[ "$(log_lines "$line=2 kind=3 creator=maker count=501 retval=-1 reason=denied \\(restricted\\)" | wc -l)" -eq 1 ]
}

@test "runs that the kernel has skipped are counted, as many as there were" {
	install_plugins skipper
	with_plugins start BPFLOCK_SKIPPER_ENABLED=yes BPFLOCK_EXEC_SNOOP=all
	for _ in 1 2 3; do
		! /nonexistent/program
	done
	stop_bpflock
	# Each run of its program reads a string, which runs it once more: that is what the kernel skips.
	recorded=$(log_lines 'event=user_string ' | wc -l)
	[ "$recorded" -ge 3 ]
	[ "$(log_lines 'level=warning msg="event=runs_skipped count=[0-9]+" bpfprog=skipper' |
		awk -F'count=' '{ sum += $2 } END { print sum + 0 }')" -eq "$recorded" ]
}

@test "a program that the verifier rejects costs its plugin only, and the end of the verifier's log is shown" {
	install_plugins unverifiable
	with_plugins start BPFLOCK_UNVERIFIABLE_ENABLED=yes BPFLOCK_EXEC_SNOOP=all BPFLOCK_KIMGLOCK_PROFILE=allow
	await_log "level=warning msg=\"event=plugin_failed .*the verifier rejects its program set_host_name.*invalid mem access 'scalar'.*\" bpfprog=unverifiable"
	await_log 'event=plugin_running .*bpfprog=execsnoop'
	await_log 'event=plugin_running .*bpfprog=kimglock'
	[ -z "$(log_lines 'event=plugin_running .*bpfprog=unverifiable')" ]
	"$WORK/target"
	snooped "comm=target .*retval=0"
}

@test "a program that the verifier rejects stops the start where its plugin is required" {
	install_plugins unverifiable
	before=$(bpftool prog show | wc -l)
	run with_plugins try BPFLOCK_UNVERIFIABLE_REQUIRED=yes BPFLOCK_EXEC_SNOOP=all BPFLOCK_KIMGLOCK_PROFILE=restricted
	echo "$output"
	[ "$status" -eq 1 ]
	grep -E "level=error msg=\"event=plugin_failed .*the verifier rejects its program set_host_name.*invalid mem access 'scalar'.*\" bpfprog=unverifiable" <<<"$output"
	[ ! -e "$PINS" ]
	[ "$(bpftool prog show | wc -l)" -eq "$before" ]
	head -c 1 /dev/mem >/dev/null
}

@test "an option whose variable the BPF object lacks is named, by --check-config as well" {
	install_plugins novariable
	run with_plugins run BPFLOCK_NOVARIABLE_NUMBER=7 -- --check-config
	[ "$status" -eq 2 ]
	[[ $output == *"option 'number' needs the variable 'number' in its BPF object, which has none"* ]]
	[[ $output != *'is valid'* ]]
	with_plugins start BPFLOCK_NOVARIABLE_NUMBER=7 BPFLOCK_EXEC_SNOOP=all
	await_log "event=plugin_failed .*option 'number' needs the variable 'number' in its BPF object, which has none.*\" bpfprog=novariable"
	await_log 'event=plugin_running .*bpfprog=execsnoop'
}

@test "a file that somebody else could have written is refused, with path and reason" {
	chmod 664 "$PLUGINS/mountwatch.so"
	chown 1000 "$PLUGINS/witness.so"
	mv "$PLUGINS/hostlock.so" "$PLUGINS/hostlock.real"
	ln -s hostlock.real "$PLUGINS/hostlock.so"
	seq 1000 >"$PLUGINS/text.so"
	mkdir "$PLUGINS/directory.so"
	run with_plugins run -- --list-plugins
	echo "$output"
	refused mountwatch "$PLUGINS/mountwatch.so is writable by its group or by others (mode 0664)"
	refused witness "$PLUGINS/witness.so belongs to user 1000, not to root"
	refused hostlock "$PLUGINS/hostlock.so is a symbolic link"
	refused text "it is no ELF file"
	refused directory "$PLUGINS/directory.so is not a regular file"
	[ "$(grep -cE '^[a-z0-9]+ +- +- +refused: ' <<<"$output")" -eq 5 ]

	run with_plugins try BPFLOCK_HOSTLOCK_PROFILE=restricted
	[ "$status" -eq 2 ]
	[[ $output == *"$PLUGINS/hostlock.so is a symbolic link"* ]]
	with_plugins start BPFLOCK_HOSTLOCK_ENABLED=yes BPFLOCK_HOSTLOCK_REQUIRED=no BPFLOCK_EXEC_SNOOP=all
	await_log "level=warning .*event=plugin_refused source=$PLUGINS/hostlock.so .*is a symbolic link.*bpfprog=hostlock"
}

@test "a file that was refused is not opened" {
	# Its constructor makes a file, which shows that the plugin was opened.
	cat >"$BATS_TEST_TMPDIR/trace.c" <<-END
	#include <fcntl.h>
	__attribute__((constructor)) static void run(void) { open("/run/was-opened", O_CREAT, 0600); }
	END
	cc -shared -fPIC -o "$PLUGINS/trace.so" "$BATS_TEST_TMPDIR/trace.c"
	chmod 755 "$PLUGINS/trace.so"
	run with_plugins run -- --list-plugins
	[ -e /run/was-opened ] # so the test can fail
	rm /run/was-opened
	chmod 777 "$PLUGINS/trace.so"
	run with_plugins run -- --list-plugins
	refused trace "$PLUGINS/trace.so is writable by its group or by others (mode 0777)"
	[ ! -e /run/was-opened ]
}

@test "a directory that others can write to, or reach through one, is refused" {
	chmod 775 "$PLUGINS"
	refused_directory "$PLUGINS" "$PLUGINS is writable by its group or by others (mode 0775)" "set plugin_dir to"
	chmod 755 "$PLUGINS"
	chown 1000 "$PLUGINS"
	refused_directory "$PLUGINS" "$PLUGINS belongs to user 1000, not to root"
	chown 0 "$PLUGINS"

	# Sticky or not: who can write to a directory can replace a directory in it.
	cp -r "$PLUGINS" /tmp/plugins
	refused_directory /tmp/plugins "/tmp is writable by its group or by others (mode 1777)"
	ln -sfn /tmp/plugins /run/link
	refused_directory /run/link "/tmp is writable by its group or by others (mode 1777)"
	run with_plugins run -- --list-plugins
	[ "$status" -eq 0 ]
}

@test "more programs on one hook than can be replaced are refused before anything is attached" {
	install_plugins twentylock pgrouplock
	run with_plugins try -- -o twentylock.enabled=yes
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output =~ 'what is attached to lsm/task_getpgid could not be replaced by a new generation, which runs beside the old one for a moment: the kernel attaches at most '3[68]' programs there, bpflock has 20 (twentylock), others have none' ]]
	[ "$(bpftool -j link)" = '[]' ]
	# After a kill as many as at the first start are attached beside them.
	with_plugins start -- -o twentylock.few=yes -o pgrouplock.enabled=yes
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	with_plugins start -- -o twentylock.few=yes -o pgrouplock.enabled=yes
}
