#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every operation that a real system call can trigger. If `block` has only this one, it is denied, and all others are
# allowed.

load ../lib/policy.bash

# The triggers of tests/programs/trigger.c. The columns are: the operation, the kernel's wording for it, and other
# operations about which the kernel also asks.
TRIGGERS="
unsigned_insmod | unsigned_module          | unsigned module loading         |
unsigned_memory | unsigned_module          | unsigned module loading         |
module_param_hw | unsafe_module_parameters | unsafe module parameters        |
dev_mem         | dev_mem                  | /dev/mem,kmem,port              |
dev_port        | dev_mem                  | /dev/mem,kmem,port              |
ioperm          | ioport                   | raw io port access              |
iopl            | ioport                   | raw io port access              |
wrmsr           | msr                      | raw MSR access                  |
pci_config      | pci_access               | direct PCI access               |
pci_mmap        | pci_access               | direct PCI access               |
kexec_load      | kexec                    | kexec of unsigned images        |
kexec_file_load | kexec                    | kexec of unsigned images        |
hibernation     | hibernation              | hibernation                     |
debugfs         | debugfs                  | debugfs access                  |
tracefs         | tracefs                  | use of tracefs                  |
kprobe_events   | kprobes                  | use of kprobes                  | tracefs
perf_kprobe     | kprobes                  | use of kprobes                  |
perf_registers  | perf                     | unsafe use of perf              |
kcore           | kcore                    | /proc/kcore access              |
bpf_write_user  | bpf_write                | use of bpf to write user RAM    |
bpf_read_kernel | bpf_read                 | use of bpf to read kernel RAM   |
set_serial      | tiocsserial              | reconfiguration of serial port IO |
"

declare -gA OPERATION WORDING ON_THE_WAY

# Uses no other programs, because starting a process is slow under emulation.
read_table() {
	local trigger operation wording on_the_way
	while IFS='|' read -r trigger operation wording on_the_way; do
		read -r trigger <<<"$trigger"
		read -r OPERATION["${trigger:-none}"] <<<"$operation"
		read -r WORDING["${trigger:-none}"] <<<"$wording"
		read -r ON_THE_WAY["${trigger:-none}"] <<<"$on_the_way"
	done <<<"$TRIGGERS"
}

setup_file() {
	install_programs
	provide_files
	start_with 'event_window = 0'
	export DAEMON
	pull_all privileged
}

setup() {
	cd "$BATS_FILE_TMPDIR"
	read_table
}

teardown_file() {
	clean_up_bpflock
}

# Provides the modules and files that the triggers need.
provide_files() {
	local root
	modprobe -a msr parport
	cd "$BATS_FILE_TMPDIR" || return
	unpack_unsigned_module dummy >unsigned.ko
	unpack_module parport_pc >hardware.ko
	# The guest's modules are bound from where its kernel was unpacked: the image lies beside them.
	root=$(awk -v modules="/lib/modules/$VM_RELEASE" \
		'index($4, modules) && index($5, modules) { print substr($4, 1, index($4, modules) - 1) }' /proc/self/mountinfo)
	cp "${root%/usr}/boot/vmlinuz-$VM_RELEASE" vmlinuz 2>/dev/null ||
		cp "$root/lib/modules/$VM_RELEASE/vmlinuz" vmlinuz || true
}

# Runs every trigger. RUN.results gets the result of each, and RUN.decisions a line for each decision:
# TRIGGER|WORDING|retval=... reason=...
pull_all() {
	forget_log
	"$PROGRAMS/trigger" >"$1.results" || true
	settle
	sed -nE '/event=lsm_locked_down/ {
		s/\\"//g
		s/.* operation=(.*) tgid=.* comm=([^ ]+) .*(retval=[^"]*)".*/\2|\1|\3/p
	}' <(recent_log) >"$1.decisions"
}

# Did this kernel ask for the trigger's operation when nothing was blocked?
is_asked() {
	grep -qxE "$1\\|${WORDING[$1]}\\|retval=0 reason=allow \\((privileged|level)\\)" privileged.decisions &&
		grep -qx "$1 allowed" privileged.results
}

# The expected results while an operation is blocked. A trigger that is impossible on this kernel stays impossible.
expected_results() {
	local trigger result
	while read -r trigger result; do
		case " ${OPERATION[$trigger]} ${ON_THE_WAY[$trigger]} " in
		*" $1 "*) echo "$trigger ${result/allowed/denied}" ;;
		*) echo "$trigger $result" ;;
		esac
	done <privileged.results
}

# blocked_alone TRIGGER: the test of each trigger. It fails where the log has no decision: every kernel of
# tests/vm/kernels is known to ask for each operation. Triggers of one operation share one run.
blocked_alone() {
	local operation=${OPERATION[$1]} denied="${WORDING[$1]}|retval=-1 reason=denied (block)"
	is_asked "$1" || {
		echo "no decision about $operation: $(grep "^$1 " privileged.results)"
		return 1
	}
	if [[ ! -e $operation.results ]]; then
		reload_with 'event_window = 0' "block = $operation"
		pull_all "$operation"
	fi
	diff <(expected_results "$operation") "$operation.results"
	grep -xF "$1|$denied" "$operation.decisions"
	# Nothing else was denied, and nothing by another rule.
	[ -z "$(grep 'retval=-' "$operation.decisions" | grep -vF "|$denied")" ]
}

@test "nothing is blocked: every trigger is allowed, or cannot be pulled here" {
	cat privileged.results
	[ -z "$(grep ' denied' privileged.results)" ]
	[ -z "$(grep 'retval=-' privileged.decisions)" ]
}

@test "every trigger is in the table of this test" {
	while read -r trigger _; do
		[ -n "${OPERATION[$trigger]}" ]
	done <privileged.results
	[ "$(wc -l <privileged.results)" -eq $((${#OPERATION[@]} - 1)) ]
}

@test "unsigned_module alone: an unsigned module" { blocked_alone unsigned_insmod; }

@test "unsigned_module alone: an unsigned module from memory" { blocked_alone unsigned_memory; }

@test "unsafe_module_parameters alone: a module's hardware parameter" { blocked_alone module_param_hw; }

@test "dev_mem alone: /dev/mem" { blocked_alone dev_mem; }

@test "dev_mem alone: /dev/port" { blocked_alone dev_port; }

@test "ioport alone: ioperm()" { blocked_alone ioperm; }

@test "ioport alone: iopl()" { blocked_alone iopl; }

@test "msr alone: writing a register" { blocked_alone wrmsr; }

@test "pci_access alone: writing configuration space, as setpci does" { blocked_alone pci_config; }

@test "pci_access alone: mapping a PCI resource" { blocked_alone pci_mmap; }

@test "kexec alone: kexec_load()" { blocked_alone kexec_load; }

@test "kexec alone: kexec_file_load()" { blocked_alone kexec_file_load; }

@test "hibernation alone: preparing to hibernate" { blocked_alone hibernation; }

@test "debugfs alone: a file of debugfs" { blocked_alone debugfs; }

@test "tracefs alone: a file of tracefs, and so also kprobe_events" { blocked_alone tracefs; }

@test "kprobes alone: kprobe_events" { blocked_alone kprobe_events; }

@test "kprobes alone: a kprobe by perf" { blocked_alone perf_kprobe; }

@test "perf alone: sampling the kernel's registers" { blocked_alone perf_registers; }

@test "kcore alone: /proc/kcore" { blocked_alone kcore; }

@test "bpf_write alone: a program with bpf_probe_write_user" { blocked_alone bpf_write_user; }

@test "bpf_read alone: a program with bpf_probe_read_kernel" { blocked_alone bpf_read_kernel; }

@test "tiocsserial alone: another interrupt for a serial port, as setserial does" { blocked_alone set_serial; }

@test "what the plugin's README says that it cannot do: nobody is asked, and everything blocked is no obstacle" {
	reload_with 'event_window = 0' 'block = @all'
	for trigger in read_msr read_pci_config kprobe_multi; do
		run "$PROGRAMS/trigger" "$trigger"
		echo "# $output" >&3
		[ "$output" != "$trigger denied" ]
	done
	settle
	[ -z "$(log_lines 'comm=(read_msr|read_pci_config|kprobe_multi) ')" ]
}

# decisions_of COMM: " COUNT OPERATION MODULE FILE", for decisions that are the same
decisions_of() {
	recent_log | jq -r --arg comm "$1" 'select(.event == "lsm_locked_down" and .comm == $comm) |
		"\(.op) \(.module // "-") \(.file // "-")"' | uniq -c | tr -s ' '
}

@test "JSON names the file of a module and of a kernel, or the memory, and the module of an autoload; logfmt only with log_details" {
	local asked
	[ -z "$(log_lines 'event=lsm_locked_down .*(module|file)=')" ]
	kill "$DAEMON"
	wait_for_end "$DAEMON"
	configure 'profile = baseline' 'event_window = 0'
	start_bpflock BPFLOCK_LOG_FORMAT=json -- -c "$CONF"
	for asked in unsigned_insmod unsigned_memory module_param_hw kexec_load kexec_file_load debugfs; do
		"$PROGRAMS/trigger" "$asked"
	done
	contained "$PROGRAMS/ask" requester family:29 || true # AF_CAN
	stop_bpflock
	[ "$(decisions_of unsigned_insmod)" = " 1 unsigned_module - $PWD/unsigned.ko" ]
	[ "$(decisions_of unsigned_memory)" = ' 1 unsigned_module - (memory)' ]
	[ "$(decisions_of debugfs | cut -d ' ' -f 3-)" = 'debugfs - -' ]
	[ "$(decisions_of requester)" = ' 1 unsigned_module net-pf-29 -' ]
	# Each kernel asks as often as it likes.
	[ "$(decisions_of kexec_load | cut -d ' ' -f 3- | uniq)" = 'kexec - (memory)' ]
	[ "$(decisions_of kexec_file_load | cut -d ' ' -f 3- | uniq)" = "kexec - $PWD/vmlinuz" ]
	start_bpflock BPFLOCK_LOG_DETAILS=yes -- -c "$CONF"
	"$PROGRAMS/trigger" unsigned_memory
	await_log 'comm=unsigned_memory .*file=\(memory\) .*retval=0 reason='
}
