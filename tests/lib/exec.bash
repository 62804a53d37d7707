# SPDX-License-Identifier: Apache-2.0
# For the guest tests of execsnoop: programs that execute programs, and what is logged of them.

WORK=/tmp/execsnoop
CGROUPS=/sys/fs/cgroup

install_exec_programs() {
	mkdir -p "$WORK"
	cp "$BPFLOCK_BUILD"/tests/programs/exec_{ways,32bit} "$WORK"
	cp "$WORK/exec_32bit" "$WORK/target" # ends at once without arguments
}

# snooped FIELDS: waits for the line of an execution and prints it; FIELDS are those behind its cgroupid.
snooped() {
	await_log "event=syscall_execve tgid=[0-9]+ pid=[0-9]+ ppid=[0-9]+ uid=[0-9]+ cgroupid=[0-9]+ $1\" bpfprog=execsnoop subsys=bpf\$"
}

# settle [COMMAND...]: after this, all earlier executions that are logged are in the log. COMMAND executes its
# arguments in such a way that they pass the filter.
settle() {
	"$@" "/settled/$BATS_TEST_NUMBER" 2>/dev/null || true
	await_log "filename=/settled/$BATS_TEST_NUMBER retval=-2"
}

as_user() {
	setpriv --reuid=1000 --clear-groups "$@"
}

# in_cgroup NAME COMMAND...
in_cgroup() {
	local cgroup=$1
	shift
	(echo "$BASHPID" >"$CGROUPS/$cgroup/cgroup.procs" && exec "$@")
}

# path_of LENGTH PROGRAM: a path of that many bytes that leads to it.
path_of() {
	local slashes
	printf -v slashes '%*s' $(($1 - ${#2})) ''
	echo "${slashes// //}$2"
}

# count REGEX
count() {
	log_lines "$1" | wc -l
}
