#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tests/vm/boot with a fake machine: how it judges the end of a guest.

setup() {
	mkdir -p "$BATS_TEST_TMPDIR"/{tests/vm,bin,root/boot,root/lib/modules/1.2.3}
	cd "$BATS_TEST_TMPDIR"
	cp "$BATS_TEST_DIRNAME"/../vm/{boot,common.bash} tests/vm
	echo "one $(dpkg --print-architecture) suite pattern default 1 host subject/*" >tests/vm/kernels
	play tests/vm/fetch-kernel "echo $PWD/root"
	play tests/vm/make-initramfs 'echo initramfs'
	touch root/boot/vmlinuz-1.2.3
}

play() {
	printf '#!/bin/bash\n%s\n' "$2" >"$1"
	chmod +x "$1"
}

# A fake guest: its console shows TEXT, and its command ends with STATUS, or without a status: guest TEXT [STATUS]
guest() {
	local name
	for name in qemu-system-x86_64 qemu-system-aarch64; do
		play "bin/$name" "echo \"\$*\" >$PWD/machine; printf '%s\n' $(printf %q "$1") >results/console.log
			${2:+echo $2 >results/.guest/status}"
	done
}

boot() {
	run env PATH="$PWD/bin:$PATH" BPFLOCK_VM_ACCEL=tcg tests/vm/boot --results results one -- true
	echo "$output"
}

@test "the status of the command is that of boot" {
	guest '[    0.1] Linux version 1.2.3' 0
	boot
	[ "$status" -eq 0 ]
	guest '[    0.1] Linux version 1.2.3' 7
	boot
	[ "$status" -eq 7 ]
}

@test "a guest that ends before its command is a failure" {
	guest '[    0.1] Linux version 1.2.3'
	boot
	[ "$status" -eq 125 ]
	[[ $output == *'ended before its command did'* ]]
}

@test "a guest that panics is a failure, whatever its command said" {
	guest '[    9.1] Kernel panic - not syncing: kernel: panic_on_warn set ...' 0
	boot
	[ "$status" -eq 125 ]
	[[ $output == *'the guest panicked'* ]]
}

@test "a kernel that complains and goes on is a failure, and its words are shown" {
	local complaint
	for complaint in 'rcu: INFO: rcu_preempt self-detected stall on CPU' \
		'BUG: sleeping function called from invalid context at mm/slab.h:1' \
		'watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [bpflock:1]' \
		'INFO: task bpflock:99 blocked for more than 120 seconds.' \
		'WARNING: possible circular locking dependency detected' \
		'INFO: possible recursive locking detected'; do
		guest "[    9.1] $complaint" 0
		boot
		[ "$status" -eq 125 ]
		[[ $output == *"the kernel complained: ${complaint#watchdog: }"* ]]
	done
}

@test "a guest whose line names another root has that one and sees what was named" {
	sed -i 's| host subject/| other subject/|' tests/vm/kernels
	play tests/vm/make-root 'echo "/roots/$1"'
	guest '[    0.1] Linux version 1.2.3' 0
	boot
	[ "$status" -eq 0 ]
	[[ $(<machine) == *path=/roots/other,*' bpflock_root=instead'* ]]
	diff - results/.guest/visible <<<"$(printf '%s\n' "$PWD" "$PWD/results" "$PWD/root/lib/modules/1.2.3" | sort)"
}

@test "a guest with another root is refused where its directory would not be seen" {
	local top=$PWD
	sed -i 's| host subject/| other subject/|' tests/vm/kernels
	play tests/vm/make-root 'echo "/roots/$1"'
	guest '[    0.1] Linux version 1.2.3' 0
	cd /
	run "$top/tests/vm/boot" --results "$top/results" one -- true
	[ "$status" -eq 1 ]
	[[ $output == *'only the checkout is visible there, and / is not in it' ]]
	[ ! -e "$top/machine" ]
}
