# SPDX-License-Identifier: Apache-2.0
#
# Properties of a guest on which every guest test may rely.

setup_file() {
	[[ -n ${VM_RELEASE:-} ]] || { echo "these tests run in a guest: use tests/vm/run-tests" >&2; return 1; }
}

is_mounted() { # DIR TYPE
	[[ $(findmnt --noheadings --output FSTYPE "$1") == "$2" ]]
}

@test "the guest runs the kernel it was started with" {
	[[ $(uname -r) == "$VM_RELEASE" ]]
	[[ $VM_KERNEL != [0-9]* || $(uname -r) == "${VM_KERNEL%%-*}".* ]]
	[[ $(uname -n) == bpflock-guest ]]
}

@test "bpf is among the active LSMs" {
	[[ ,$(< /sys/kernel/security/lsm), == *,bpf,* ]]
}

@test "bpffs, tracefs, debugfs and cgroup2 are mounted" {
	is_mounted /sys/fs/bpf bpf
	is_mounted /sys/kernel/tracing tracefs
	is_mounted /sys/kernel/debug debugfs
	is_mounted /sys/fs/cgroup cgroup2
}

@test "the kernel's BTF is readable" {
	[[ $(od -An -N 2 -t x1 /sys/kernel/btf/vmlinux) == " 9f eb" ]]
}

@test "a module of the kernel can be loaded and unloaded" {
	modprobe dummy
	grep -q '^dummy ' /proc/modules
	rmmod dummy
}

@test "a write to the root stays in the guest" {
	# The host's results directory is visible twice: below the root, and as the share whose writes reach the host.
	echo lost > "$VM_RESULTS/written-to-the-root"
	[[ $(< "$VM_RESULTS/written-to-the-root") == lost ]]
	[[ ! -e /results/written-to-the-root ]]
}

@test "a write to /results reaches the host" {
	echo kept > /results/written-to-the-share
	[[ $(< "$VM_RESULTS/written-to-the-share") == kept ]]
}

@test "temporary files lie in memory" {
	[[ $(stat -f -c %T "$BATS_TEST_TMPDIR") == tmpfs ]]
}

@test "the loopback interface is up" {
	ip -br link show lo | grep -q ',UP'
}

@test "a warning of the kernel ends the guest, as an oops does" {
	[[ $(< /proc/sys/kernel/panic_on_warn) == 1 ]]
	[[ $(< /proc/sys/kernel/panic_on_oops) == 1 ]]
}
