#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The sources of the configuration, which source wins, and the commands that print it.

load ../lib/daemon.bash

# shellcheck disable=SC2034 # for daemon.bash: no warning that there is no guard
GUARDED=yes

ETC=/etc/bpflock
OUT=/tmp/dumped

setup_file() {
	install_bpflock
}

setup() {
	rm -rf "$ETC"
	mkdir -p "$ETC/conf.d"
}

teardown() {
	clean_up_bpflock
	cp -r --no-preserve=ownership "$BPFLOCK_BUILD/stage$ETC" /etc
}

# conf FILE LINE...: writes a file below /etc/bpflock.
conf() {
	printf '%s\n' "${@:2}" >"$ETC/$1"
}

# dump [NAME=VALUE...] [-- ARGUMENT...]: writes the configuration that the daemon would use to $OUT.
dump() {
	local variables arguments
	split_words "$@"
	run_bpflock "${variables[@]}" -- "${arguments[@]}" --dump-config >"$OUT"
}

# is SECTION KEY VALUE [ORIGIN]: expects this line in the last dump.
is() {
	local line expected="${3:+$3    }; ${4:-}"

	line=$(sed -n "/^\[$1\]/,/^\[/s/^$2 = *//p" "$OUT")
	[[ $line == "$expected"* ]] || {
		echo "[$1] $2 is '$line', not '$expected'"
		return 1
	}
}

nothing_is_loaded() {
	[[ ! -e $PINS && $(bpftool -j link) == '[]' ]]
}

@test "E: files say the same as the environment: profile, block and allow" {
	conf bpflock.conf '[kimglock]' 'enabled = yes' 'profile = restricted' 'allow = dev_mem' 'block = kcore'
	start_bpflock
	allowed allow /dev/mem
	denied block /proc/kcore
	denied restricted /sys/kernel/debug/fault_around_bytes
}

@test "E: baseline from a file, executions from another" {
	conf bpflock.conf '[kimglock]' 'enabled = yes' 'profile = baseline'
	conf conf.d/exec.conf '[execsnoop]' 'enabled = yes' 'trace = all'
	start_bpflock
	allowed baseline /dev/mem
	await_log 'comm=head .*filename=/usr/bin/head retval=0" bpfprog=execsnoop'
	denied baseline /dev/mem unshare -f -p -n
}

@test "E: the environment wins over the files" {
	conf bpflock.conf '[kimglock]' 'enabled = yes' 'profile = privileged'
	conf conf.d/90.conf '[kimglock]' 'profile = privileged'
	start_bpflock BPFLOCK_KIMGLOCK_PROFILE=restricted
	denied restricted /dev/mem
}

@test "files of conf.d win over bpflock.conf, and later names over earlier ones" {
	conf bpflock.conf '[kimglock]' 'enabled = yes' 'profile = baseline' 'level = confidentiality' 'log = denied'
	conf conf.d/9.conf '[kimglock]' 'profile = privileged' 'level = integrity'
	conf conf.d/10.conf '[kimglock]' 'profile = restricted'
	dump
	is kimglock profile privileged "$ETC/conf.d/9.conf:2"
	is kimglock level integrity "$ETC/conf.d/9.conf:3"
	is kimglock log denied "$ETC/bpflock.conf:5"
	is kimglock enabled yes "$ETC/bpflock.conf:2"
}

@test "names of conf.d are ordered by their bytes in every locale" {
	conf conf.d/a.conf '[kimglock]' 'profile = baseline'
	conf conf.d/B.conf '[kimglock]' 'profile = restricted'
	for locale in C C.UTF-8 en_US.UTF-8; do
		dump LC_ALL=$locale
		is kimglock profile baseline "$ETC/conf.d/a.conf:2"
	done
}

@test "files of conf.d with another suffix, and hidden ones, are not read" {
	for name in 50.conf~ 50.conf.dpkg-new .50.conf '.#50.conf' 50.confx README; do
		conf "conf.d/$name" 'this would be an error'
	done
	dump
	is kimglock profile privileged default
}

@test "-o wins over the environment, and the environment over the files" {
	conf bpflock.conf '[bpflock]' 'log_format = json' 'on_exit = keep' 'ring_size = 64K'
	dump BPFLOCK_LOG_FORMAT=logfmt BPFLOCK_ON_EXIT=unload -- -o bpflock.on_exit=keep
	is bpflock log_format logfmt BPFLOCK_LOG_FORMAT
	is bpflock on_exit keep -o
	is bpflock ring_size 64K "$ETC/bpflock.conf:4"
}

@test "a list adds up within one file, and a later source replaces all of it" {
	conf bpflock.conf '[kimglock]' 'block = dev_mem' 'block = kexec, msr'
	dump
	is kimglock block 'dev_mem, kexec, msr'
	conf conf.d/1.conf '[kimglock]' 'block = ioport'
	dump
	is kimglock block ioport "$ETC/conf.d/1.conf:2"
	dump BPFLOCK_KIMGLOCK_BLOCK=hibernation
	is kimglock block hibernation BPFLOCK_KIMGLOCK_BLOCK
}

@test "-c reads that file and no other; environment and -o still apply" {
	conf bpflock.conf 'this would be an error'
	conf conf.d/1.conf 'this as well'
	printf '%s\n' '[kimglock]' 'profile = baseline' 'log = denied' >/tmp/other.conf
	dump BPFLOCK_KIMGLOCK_LEVEL=confidentiality -- -c /tmp/other.conf -o kimglock.log=all
	is kimglock profile baseline /tmp/other.conf:2
	is kimglock level confidentiality BPFLOCK_KIMGLOCK_LEVEL
	is kimglock log all -o
}

@test "a missing file given with -c is an error, the missing default ones are none" {
	run try_bpflock -- -c /tmp/nowhere.conf
	[ "$status" -eq 2 ]
	[[ $output == *'/tmp/nowhere.conf: the file cannot be read: No such file or directory'* ]]
	nothing_is_loaded
	rm -r "$ETC"
	dump
	is kimglock enabled no default
}

@test "plugins are disabled unless something enables them" {
	start_bpflock
	nothing=$(bpftool -j link)
	[ "$nothing" = '[]' ]
	head -c 1 /dev/mem >/dev/null
	stop_bpflock
	[ -z "$(log_lines 'bpfprog=')" ]
	expect_log 'level=warning msg="event=config_warning warning=.*no plugin is enabled: nothing is restricted, and nothing is logged.* remedy=.*installed are: bpfrestrict, execsnoop, filelesslock, kimglock, kmodlock, .*selfguard'
}

@test "what is configured in a file runs, unless the same or a later source says enabled = no" {
	conf bpflock.conf '[kimglock]' 'profile = restricted'
	dump
	is kimglock enabled yes "$ETC/bpflock.conf:2"
	start_bpflock
	denied restricted /dev/mem
	stop_bpflock
	conf bpflock.conf '[kimglock]' 'enabled = no' 'profile = restricted'
	dump
	is kimglock enabled no
	conf bpflock.conf '[kimglock]' 'profile = restricted'
	conf conf.d/9.conf '[kimglock]' 'enabled = no'
	dump
	is kimglock enabled no
}

@test "a variable of a plugin enables it, and so does -o" {
	conf bpflock.conf '[kimglock]' 'enabled = no'
	dump BPFLOCK_KIMGLOCK_LEVEL=integrity
	is kimglock enabled yes BPFLOCK_KIMGLOCK_LEVEL
	is execsnoop enabled no
	dump -- -o kimglock.profile=baseline
	is kimglock enabled yes -o
}

@test "an empty variable counts as unset" {
	conf bpflock.conf '[kimglock]' 'profile = baseline'
	dump BPFLOCK_KIMGLOCK_PROFILE= BPFLOCK_EXEC_SNOOP=
	is kimglock profile baseline "$ETC/bpflock.conf:2"
	is kimglock enabled yes "$ETC/bpflock.conf:2"
	is execsnoop enabled no
}

@test "BPFLOCK_KIMGLOCK_ENABLED=no has the last word over other variables" {
	start_bpflock BPFLOCK_EXEC_SNOOP=all BPFLOCK_KIMGLOCK_ENABLED=no BPFLOCK_KIMGLOCK_PROFILE=restricted
	[ "$(head -c 1 /dev/mem | wc -c)" -eq 1 ]
	await_log 'comm=head .*filename=/usr/bin/head retval=0'
	stop_bpflock
	[ -z "$(log_lines 'bpfprog=kimglock')" ]
	dump BPFLOCK_EXECSNOOP_ENABLED=no BPFLOCK_EXEC_SNOOP=all
	is execsnoop enabled no BPFLOCK_EXECSNOOP_ENABLED
}

@test "BPFLOCK_EXEC_SNOOP is another name of BPFLOCK_EXECSNOOP_TRACE, and enables execsnoop" {
	dump BPFLOCK_EXEC_SNOOP=none
	is execsnoop enabled yes BPFLOCK_EXEC_SNOOP
	is execsnoop trace none BPFLOCK_EXEC_SNOOP
	is kimglock enabled no
	dump BPFLOCK_EXECSNOOP_TRACE=none
	is execsnoop trace none BPFLOCK_EXECSNOOP_TRACE
}

@test "the shipped file starts: everything is logged, everything is allowed" {
	cp "$BPFLOCK_BUILD/stage$ETC/bpflock.conf" "$ETC"
	start_bpflock
	allowed privileged /dev/mem unshare -f -p -n
	await_log 'comm=head .*filename=/usr/bin/head retval=0" bpfprog=execsnoop subsys=bpf$'
	dump
	is kimglock enabled yes "$ETC/bpflock.conf"
	is kimglock profile privileged "$ETC/bpflock.conf"
	is execsnoop enabled yes "$ETC/bpflock.conf"
	is execsnoop trace all "$ETC/bpflock.conf"
}

@test "what --dump-config prints is a valid configuration with the same values" {
	conf bpflock.conf '[bpflock]' 'log_output = stderr, file:/tmp/a b.log' '[kimglock]' 'enabled = yes' 'block = @tracing'
	dump BPFLOCK_KIMGLOCK_PROFILE=baseline -- -o execsnoop.uids=0,1000
	cp "$OUT" /tmp/roundtrip.conf
	dump -- -c /tmp/roundtrip.conf
	diff <(sed 's/ *; .*//' /tmp/roundtrip.conf) <(sed 's/ *; .*//' "$OUT")
	is kimglock profile baseline /tmp/roundtrip.conf:
	is bpflock log_output 'stderr, file:/tmp/a b.log'
	is execsnoop uids '0, 1000'
}

@test "--check-config says yes with status 0, and loads nothing" {
	conf bpflock.conf '[kimglock]' 'enabled = yes' 'profile = restricted'
	run try_bpflock -- --check-config
	[ "$status" -eq 0 ]
	[ "$output" = 'The configuration is valid.' ]
	nothing_is_loaded
}

@test "--check-config and a start name every error of every source in one run, with status 2" {
	conf bpflock.conf '[kimglock]' 'profile = basline' 'colour = red'
	conf conf.d/1.conf '[kimglok]' 'block = dev_mem'
	for command in --check-config ''; do
		run try_bpflock BPFLOCK_KIMGLOCK_LEVLE=integrity -- -o execsnoop.trace=some $command
		[ "$status" -eq 2 ]
		[[ $output == *"$ETC/bpflock.conf:2: "*basline*baseline* ]]
		[[ $output == *"$ETC/bpflock.conf:3: "*colour* ]]
		[[ $output == *"$ETC/conf.d/1.conf:1: "*kimglok*kimglock* ]]
		[[ $output == *"BPFLOCK_KIMGLOCK_LEVLE: "*BPFLOCK_KIMGLOCK_LEVEL* ]]
		[[ $output == *"-o execsnoop.trace=some: "*all* ]]
		[[ $output != *'is valid.'* ]]
		nothing_is_loaded
	done
}

@test "--list-plugins names each, what they are and whether they are enabled" {
	run try_bpflock BPFLOCK_KIMGLOCK_PROFILE=baseline -- --list-plugins
	[ "$status" -eq 0 ]
	grep -E '^kimglock +1\.0 +enabled +enforcer, ' <<<"$output"
	grep -E '^execsnoop +1\.0 +disabled +observer, ' <<<"$output"
	grep -E '^selfguard +1\.0 +enabled +enforcer, ' <<<"$output"
	[ "${#lines[@]}" -eq "$(find /usr/lib/*/bpflock/plugins -name '*.so' | wc -l)" ]
	nothing_is_loaded
}

@test "--help-plugin kimglock tells options, variables, profiles, operations and groups" {
	run try_bpflock -- --help-plugin kimglock
	[ "$status" -eq 0 ]
	for option in enabled required profile block allow log level; do
		grep -E "^$option = " <<<"$output"
		grep -F "BPFLOCK_KIMGLOCK_${option^^}" <<<"$output"
	done
	for profile in privileged allow none baseline restricted; do
		grep -E "^    $profile  " <<<"$output"
	done
	grep -E '^dev_mem$' <<<"$output"
	grep -E '^usermode_helper$' <<<"$output"
	[ "$(grep -A 1 '^@helpers$' <<<"$output" | tail -n 1)" = '    usermode_helper' ]
	[ "$(grep -A 1 '^@memory$' <<<"$output" | tail -n 1)" = '    dev_mem kcore' ]
	[ "$(grep -A 1 '^@modules$' <<<"$output" | tail -n 1)" = '    unsigned_module unsafe_module_parameters' ]
	grep -A 1 '^@integrity$' <<<"$output" | grep -w dev_mem | grep -w usermode_helper
	grep -A 1 '^@confidentiality$' <<<"$output" | grep -w kcore
	grep -A 1 '^@all$' <<<"$output" | grep -w dev_mem | grep -w kcore
	grep -F event=lsm_locked_down <<<"$output"
	[ "$(grep -A 1 '^lsm/locked_down' <<<"$output" | tail -n 1)" = '    @integrity @confidentiality' ]
}

@test "--help-plugin execsnoop tells options, values and fields" {
	run try_bpflock -- --help-plugin execsnoop
	[ "$status" -eq 0 ]
	for option in enabled required trace args uids comms cgroups; do
		grep -E "^$option = " <<<"$output"
	done
	for word in all none filter filename args retval; do
		grep -E "^    $word  " <<<"$output"
	done
	[[ $output != *Operations* ]]
}

@test "--help-plugin of a plugin that there is not fails with status 2 and a hint" {
	run try_bpflock -- --help-plugin kimblock
	[ "$status" -eq 2 ]
	[[ $output == *"no plugin 'kimblock'"*--list-plugins* ]]
}
