#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# bpflock-plugin new, without privilege: what it writes builds, for every kind of hook. That it runs is shown by
# tests/plugins/new.bats. Needs `build`.

load kit.bash

setup_file() {
	export HOOKS=$BATS_FILE_TMPDIR/hooks.bpf.o
	clang -target bpf -O2 -g -Wno-c2x-extensions -c -o "$HOOKS" "$BATS_TEST_DIRNAME/hooks.bpf.c"
}

setup() {
	staged_environment
	cd "$BATS_TEST_TMPDIR"
}

# new ARGUMENT...: of the running kernel
new() {
	bpflock-plugin new "$@"
}

# odd NAME ARGUMENT...: of hooks.bpf.c, and compiles the BPF program.
odd() {
	new "$@" --btf "$HOOKS"
	compile "$1/$1.bpf.c"
}

compile() {
	# shellcheck disable=SC2046 # several words
	clang $(pkg-config --variable=bpf_cflags bpflock) -Wall -Wextra -Wno-unused-parameter -Werror -fsyntax-only "$1"
}

# is_built NAME: a project is built without a warning, and checked.
is_built() {
	local output
	make -C "$1" CPPFLAGS=-Werror
	output=$(make -s -C "$1" check)
	echo "$output"
	is_faultless "$1" "$output"
}

# is_faultless NAME OUTPUT: nothing is said but that an enforcer has no self-test yet.
is_faultless() {
	[ "$(grep -v ': warning: no program has a self-test' <<<"$2")" = "$1.so: no mistake found" ]
}

# program NAME: its function, in one line
program() {
	sed -n '/^int BPF_PROG/,/^{/p' "$1/$1.bpf.c" | grep -vx '{' | tr -s '\t\n ' ' ' | sed 's/ $//'
}

# fields NAME: the members of its record, in one line
fields() {
	sed -n '/^struct .*_record {/,/^}/p' "$1/$1.h" | grep -v '[{}]' | grep -v 'struct bpflock_event' | tr -s '\t\n ' ' ' | sed 's/^ //; s/ $//'
}

# refused STATUS TEXT ARGUMENT...: and nothing is left behind
refused() {
	local status_wanted=$1 text=$2 before
	before=$(find . | sort)
	shift 2
	run new "$@"
	echo "$output"
	[ "$status" -eq "$status_wanted" ]
	[[ $output == *"$text"* ]]
	[ "$(find . | sort)" = "$before" ]
}

@test "enforcers build without an edit, by make" {
	new chrootlock --enforcer path_chroot
	[ "$(find chrootlock -type f -printf '%f\n' | sort | xargs)" = 'Makefile README.md chrootlock.bpf.c chrootlock.c chrootlock.h test' ]
	[ "$(program chrootlock)" = 'int BPF_PROG(on_path_chroot, const struct path *path, int ret)' ]
	is_built chrootlock
	new openlock --enforcer lsm.s/file_open
	grep -Fx 'SEC("lsm.s/file_open")' openlock/openlock.bpf.c
	is_built openlock
	new mkdirlock --enforcer lsm/path_mkdir
	[[ $(program mkdirlock) == *', unsigned short mode, int ret)' ]]
	is_built mkdirlock
	new locklock --enforcer lsm/locked_down
	[ "$(program locklock)" = 'int BPF_PROG(on_locked_down, unsigned int what, int ret)' ]
	is_built locklock
}

@test "observers build without an edit, by make" {
	local hook name
	for hook in path_chroot lsm.s/file_open lsm/task_free tp_btf/sched_process_exec fentry/do_sys_openat2 fexit/do_sys_openat2; do
		name=watch$((++number))
		new "$name" --observer "$hook"
		grep -F "SEC(\"${hook/#path/lsm\/path}\")" "$name/$name.bpf.c"
		is_built "$name"
	done
	[ "$(fields watch6)" = '__s32 dfd; __s32 retval;' ]
}

@test "both build by meson, which builds anew what has changed" {
	local kind
	new sleeplock --meson --enforcer lsm.s/file_open
	new watch --meson --observer fexit/do_sys_openat2
	for kind in sleeplock watch; do
		[ ! -e "$kind/Makefile" ]
		(
			cd "$kind"
			meson setup --werror build
			meson compile -C build
			meson test -C build
			is_faultless "$kind" "$(cd build && bpflock-plugin check "$kind.so")"
		)
	done
	cd watch
	ninja -C build -n | grep -F 'no work to do'
	sed -i 's/"GPL"/"Dual BSD\/GPL"/' watch.bpf.c
	meson compile -C build
	grep -aF 'Dual BSD/GPL' build/watch.so
	DESTDIR=$PWD/root meson install -C build
	[ "$(stat -c %a "root$(pkg-config --variable=localplugindir bpflock)/watch.so")" = 755 ]
}

@test "types that a program cannot name become what it can" {
	odd types --observer odd_types
	[ "$(program types)" = 'int BPF_PROG(on_odd_types, unsigned short mode, unsigned int color, const union value *value, const void *handler, const char *text, int ret)' ]
	grep -Fx 'union value;' types/types.bpf.c
	[ "$(fields types)" = '__u16 mode; __u32 color;' ]
	odd unnamed --observer tp_btf/unnamed
	[ "$(program unnamed)" = 'int BPF_PROG(on_unnamed, signed char arg0, const struct path *arg1)' ]
	[ "$(fields unnamed)" = '__s8 arg0;' ]
	odd nothing --enforcer nothing
	[ "$(program nothing)" = 'int BPF_PROG(on_nothing, int ret)' ]
	odd twelve --observer tp_btf/twelve
	[[ $(program twelve) == *' int arg11)' ]]
	[ "$(fields twelve)" = '__s32 arg0; __s32 arg1; __s32 arg2; __s32 arg3;' ]
}

@test "names of parameters are the kernel's, unless they mean something else" {
	odd names --observer odd_names
	[ "$(program names)" = 'int BPF_PROG(on_odd_names, int ctx_, const struct path *ret_, int event_, const struct path *bool_, long linux_, int ret)' ]
	odd nameless --observer nameless
	[ "$(program nameless)" = 'int BPF_PROG(on_nameless, int arg0, const struct path *arg1, int ret)' ]
	odd named --observer tp_btf/named
	[ "$(program named)" = 'int BPF_PROG(on_named, int number, const struct path *path)' ]
	odd keys --observer keys
	[ "$(fields keys)" = '__s32 arg_pid; __u64 arg_count; __s32 upper; __s16 arg__under;' ]
	odd result --observer fexit/with_result
	[ "$(program result)" = 'int BPF_PROG(on_with_result, int retval, signed char small, int ret)' ]
	[ "$(fields result)" = '__s32 retval; __s8 small; __s32 retval_;' ]
	odd entry --observer fentry/with_result
	[ "$(program entry)" = 'int BPF_PROG(on_with_result, int retval, signed char small)' ]
	odd released --observer released
	[ "$(program released)" = 'int BPF_PROG(on_released, const struct path *path)' ]
	for name in keys result nothing; do
		[ -d "$name" ] || odd "$name" --observer "$name"
		is_built_for_odd "$name"
	done
}

# The hooks are in no kernel.
is_built_for_odd() {
	make -C "$1" CPPFLAGS=-Werror
	bpflock-plugin check --btf "$HOOKS" "$1/$1.so" | grep -F "$1.so: no mistake found"
}

# hooks_of PATTERN: names of the running kernel's BTF
hooks_of() {
	bpftool btf dump file /sys/kernel/btf/vmlinux format raw | sed -n "s/^\[[0-9]*\] $1'.*/\1/p" | sort -u
}

# add_to FILE KIND HOOK: generates a project, of which the program becomes a part of the file.
add_to() {
	local name=p$((++number))
	if new "$name" "--$2" "$3" 2>errors; then
		printf '#define LICENSE LICENSE_%s\n#include "%s/%s.bpf.c"\n#undef LICENSE\n' "$name" "$name" "$name" >>"$1"
		printf '#include "%s/%s.h"\n' "$name" "$name" >>headers.c
	else
		cat errors >>refusals
	fi
}

@test "programs of all LSM hooks, and of a sample of functions and tracepoints, are compiled" {
	local - && set +T
	local hook
	for hook in $(hooks_of "FUNC 'bpf_lsm_\([^']*\)"); do add_to enforcers.bpf.c enforcer "$hook"; done
	[ "$number" -gt 150 ]
	for hook in $(hooks_of "FUNC '\([^']*\)" | awk 'NR % 500 == 0'); do add_to observers.bpf.c observer "fexit/$hook"; done
	for hook in $(hooks_of "TYPEDEF 'btf_trace_\([^']*\)" | awk 'NR % 12 == 0'); do add_to observers.bpf.c observer "tp_btf/$hook"; done
	compile enforcers.bpf.c
	compile observers.bpf.c
	cc -Wall -Wextra -Werror -fsyntax-only "-I$STAGE/usr/include" headers.c
	run grep -vE 'cannot decide: the hook returns nothing|it does not return an integer|is passed as a structure|their number varies' refusals
	echo "$output"
	[ -z "$output" ]
	[ "$(grep -c . refusals)" -lt "$((number / 3))" ]
}

@test "a hook that is not there is told with the nearest ones, and other mistakes with what to do" {
	refused 64 "the kernel of this BTF has no lsm/path_chrot (did you mean 'path_chroot'?)" x --enforcer path_chrot
	refused 64 "has no lsm.s/odd_type (did you mean 'odd_types'?)" x --enforcer lsm.s/odd_type --btf "$HOOKS"
	refused 64 "has no tp_btf/name (did you mean 'named'?)" x --observer tp_btf/name --btf "$HOOKS"
	refused 64 "has no fentry/with_resul (did you mean 'with_result'?)" x --observer fentry/with_resul --btf "$HOOKS"
	refused 64 "bpflock attaches no program of the section 'lms/path_chroot' (did you mean 'lsm' or 'lsm.s'?" x --enforcer lms/path_chroot
	refused 64 'use SEC("fentry/vfs_read")' x --observer kprobe/vfs_read
	refused 64 'a program of tp_btf/named cannot decide (use --observer, or an LSM hook)' x --enforcer tp_btf/named --btf "$HOOKS"
	refused 64 'lsm/released cannot decide: the hook returns nothing' x --enforcer released --btf "$HOOKS"
	refused 64 'lsm/helper is no hook: it does not return an integer' x --observer helper --btf "$HOOKS"
	refused 64 'arg0 is passed as a structure' x --observer tp_btf/structure --btf "$HOOKS"
	refused 64 'arg0 is passed as a structure, or as no integer of 1 to 8 bytes' x --observer tp_btf/wide --btf "$HOOKS"
	refused 64 'they are more than 12' x --observer tp_btf/thirteen --btf "$HOOKS"
	refused 64 'their number varies' x --observer tp_btf/variadic --btf "$HOOKS"
	refused 64 'which hook?' x
	refused 64 'one --enforcer or --observer' x --enforcer path_chroot --observer path_chroot
	refused 64 'which name' --enforcer path_chroot
	refused 64 'one plugin at a time' x y --enforcer path_chroot
}

@test "names are those of plugins, and a directory that exists is left as it is" {
	refused 64 "no plugin can be called 'Root': its name is not of the form [a-z][a-z0-9]*, at most 15 bytes" Root --enforcer path_chroot
	refused 64 'at most 15 bytes' abcdefghijklmnop --enforcer path_chroot
	refused 64 'at most 15 bytes' ../x --enforcer path_chroot
	refused 64 "the name 'bpflock' is taken" bpflock --enforcer path_chroot
	refused 64 "the core's option log_format" log --enforcer path_chroot
	mkdir taken
	refused 73 'taken exists, and is left as it is' taken --enforcer path_chroot
	touch file
	refused 73 'file exists, and is left as it is' file --enforcer path_chroot
}

@test "without a BTF it says what to name" {
	refused 66 'No such file or directory (name a kernel'"'"'s BTF by --btf' x --enforcer path_chroot --btf /nonexistent
	refused 66 "$BATS_TEST_FILENAME has no BTF that can be read" x --enforcer path_chroot --btf "$BATS_TEST_FILENAME"
	[[ $output != *'Unknown error'* ]]
}

@test "what cannot be written whole is not left in parts" {
	trap '' XFSZ
	ulimit -f 1
	refused 73 'the directory x cannot be written: File too large' x --enforcer path_chroot
}
