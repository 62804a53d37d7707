#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# bpfrestrict: who may use which command of bpf(2), and load which type of program.

LOCK=bpfrestrict
load ../lib/policy.bash

REQUEST=$PROGRAMS/bpf_request

# By the kernel's numbers, from 0.
COMMANDS=(map_create map_lookup_elem map_update_elem map_delete_elem map_get_next_key prog_load obj_pin obj_get
	prog_attach prog_detach prog_test_run prog_get_next_id map_get_next_id prog_get_fd_by_id map_get_fd_by_id
	obj_get_info_by_fd prog_query raw_tracepoint_open btf_load btf_get_fd_by_id task_fd_query
	map_lookup_and_delete_elem map_freeze btf_get_next_id map_lookup_batch map_lookup_and_delete_batch
	map_update_batch map_delete_batch link_create link_update link_get_fd_by_id link_get_next_id enable_stats
	iter_create link_detach prog_bind_map)
TYPES=(unspec socket_filter kprobe sched_cls sched_act tracepoint xdp perf_event cgroup_skb cgroup_sock lwt_in lwt_out
	lwt_xmit sock_ops sk_skb cgroup_device sk_msg raw_tracepoint cgroup_sock_addr lwt_seg6local lirc_mode2 sk_reuseport
	flow_dissector cgroup_sysctl raw_tracepoint_writable cgroup_sockopt tracing struct_ops ext lsm sk_lookup syscall
	netfilter)
LSM=29

setup_file() {
	install_programs
	start_with 'profile = baseline' 'event_window = 0'
	export DAEMON
}

setup() {
	forget_log
}

teardown_file() {
	clean_up_bpflock
}

# line OPERATION RETVAL REASON [NAME]
line() {
	await_log "event=lsm_bpf operation=$1 tgid=.* comm=bpf_request .*${4:+name=$4 }retval=$2 reason=$3\" bpfprog=bpfrestrict subsys=bpf\$"
}

# refused RULE OPERATION WHAT [COMMAND that runs it...]
refused() {
	local - && set +T
	forget_log
	run "${@:4}" "$REQUEST" "$3"
	[[ $status -eq $ASK_DENIED && -z $output ]] || {
		echo "not refused: $3: status $status: $output"
		return 1
	}
	line "$2" -1 "denied \\($1\\)"
}

# may RULE OPERATION WHAT [COMMAND...]
may() {
	local - && set +T
	forget_log
	"${@:4}" "$REQUEST" "$3"
	line "$2" 0 "allow \\($1\\)"
}

# The operations that were logged, with the reason.
decided() {
	log_lines 'event=lsm_bpf .*comm=bpf_request ' | sed -E 's/.* operation=([^ ]+) .* reason=([^"]*)".*/\1 \2/'
}

# expected REASON PREFIX NAME...
expected() {
	printf "$2%s $1\n" "${@:3}"
}

@test "a contained task may not create maps and not load programs or type information, and the log has their names" {
	refused baseline map_create map contained
	line map_create -1 'denied \(baseline\)' asked_map
	refused baseline prog_load:socket_filter filter contained
	line prog_load:socket_filter -1 'denied \(baseline\)' asked_filter
	refused baseline prog_load:lsm "load:$LSM" contained
	refused baseline btf_load 18 contained
}

@test "nor from a pid or a network namespace alone, nor in a thread that has entered one" {
	refused baseline map_create map unshare --net
	refused baseline map_create map unshare --fork --pid
	refused baseline map_create map unshare --net unshare --mount --ipc --uts
}

@test "root on the host may, and it is logged" {
	may baseline map_create map
	may baseline prog_load:socket_filter filter
	may baseline obj_get_info_by_fd 15
}

@test "every command has the kernel's name" {
	reload_with 'event_window = 0' 'block = @all'
	for number in "${!COMMANDS[@]}"; do
		run "$REQUEST" "$number"
		[ "$status" -eq "$ASK_DENIED" ]
	done
	await_log 'operation=prog_bind_map .*comm=bpf_request'
	diff <(expected 'denied (block)' '' "${COMMANDS[@]}") <(decided)
}

@test "every type of program has the kernel's name, and a type without a name is prog_load" {
	for number in "${!TYPES[@]}" 100; do
		run "$REQUEST" "load:$number"
		[ "$status" -eq "$ASK_DENIED" ]
	done
	await_log 'operation=prog_load .*comm=bpf_request'
	diff <(expected 'denied (block)' prog_load: "${TYPES[@]}" && echo 'prog_load denied (block)') <(decided)
}

@test "a command that this version does not know, or with a flag beside it, does not get through" {
	local word operation
	reload_with 'event_window = 0' 'profile = restricted'
	for number in 90 200; do
		run "$REQUEST" "$number"
		[ "$status" -eq "$ASK_DENIED" ]
	done
	for operation in map_create prog_load; do
		word=0
		[[ $operation == map_create ]] || word=5
		run "$REQUEST" $((1 << 16 | word))
		[ "$status" -eq "$ASK_DENIED" ]
		await_log "operation=($operation|unknown\\([0-9]+\\)) .*comm=bpf_request .*retval=-1"
	done
}

@test "both names of a command are the same operation" {
	reload_with 'event_window = 0' 'block = prog_run'
	refused block prog_test_run 10
	may privileged map_create map
}

@test "one type is blocked: the others are loaded" {
	reload_with 'event_window = 0' 'block = lsm, @trace'
	refused block prog_load:lsm "load:$LSM"
	refused block prog_load:kprobe load:2
	refused block prog_load:tracing load:26
	may privileged prog_load:socket_filter filter
}

@test "prog_load is blocked: so are all types but one that is allowed by its own name" {
	reload_with 'event_window = 0' 'block = prog_load' 'allow = socket_filter'
	refused block prog_load:xdp load:6
	refused block prog_load:syscall load:31
	refused block prog_load load:100
	may allow prog_load:socket_filter filter
}

@test "a program that calls bpf(2) may do no more than the task that runs it" {
	reload_with 'event_window = 0' 'profile = baseline'
	"$REQUEST" program
	line map_create 0 'allow \(baseline\)'
	reload_with 'event_window = 0' 'block = map_create'
	refused block map_create program
	line prog_load:syscall 0 'allow \(privileged\)' asked_program
	line prog_test_run 0 'allow \(privileged\)'
}

@test "audit_only allows, and says what it would deny" {
	reload_with 'profile = restricted' 'event_window = 0' 'audit_only = yes'
	"$REQUEST" map
	line map_create 0 'would deny \(restricted\)' asked_map
}

# Lists programs as bpftool does, which is denied.
others_are_denied() {
	run bpftool prog
	[[ $status -ne 0 && $output == *'Operation not permitted'* ]]
	run "$REQUEST" map
	[ "$status" -eq "$ASK_DENIED" ]
}

@test "restricted: the daemon reloads, and a new one takes over from one that was killed, without the guard's help" {
	reload_with 'profile = restricted' 'event_window = 0'
	others_are_denied
	kill -HUP "$DAEMON"
	await_log 'event=reloaded'
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	others_are_denied
	run run_bpflock -- -c "$CONF" --check-config
	[ "$status" -eq 0 ]
	run run_bpflock -- --describe=machine
	[[ $status -eq 0 && $output != *"refused to this process"* ]]
	resume_bpflock -- -c "$CONF"
	await_log 'event=enforcement state=enforcing" bpfprog=bpfrestrict'
	others_are_denied
	[ -z "$(log_lines 'comm=bpflock .*reason=denied')" ]
	stop_bpflock
	"$REQUEST" map
}

@test "a contained task that unlocks the pins as a daemon does remains contained" {
	GUARDED=yes
	start_with 'profile = baseline' 'event_window = 0'
	run contained "$REQUEST" unlocked
	[[ $status -eq $ASK_DENIED && $output == *'Operation not permitted'* ]]
	await_log 'event=tamper operation=lock_pin .*comm=bpf_request .*retval=-1'
	line map_create -1 'denied \(baseline\)'
}
