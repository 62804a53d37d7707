# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Shared by the commands of tests/vm: paths, and functions that read tests/vm/kernels.
# shellcheck disable=SC2034 # the commands use what is set here

vm_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
checkout=$(cd "$vm_dir/../.." && pwd -P)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/bpflock
native_arch=$(dpkg --print-architecture)

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
	say "$*"
	exit 1
}

# kernels_in SET: the names of a set, one per line. "all" means every kernel.
kernels_in() {
	awk -v set="$1" '!/^#/ && NF { if (set == "all" || $5 == set) print $1 }' "$vm_dir/kernels"
}

# kernel_field NAME COLUMN: one column of a kernel's line; fails for a name that is not in the file.
kernel_field() {
	awk -v name="$1" -v column="$2" '$1 == name { print $column; found = 1 } END { exit !found }' "$vm_dir/kernels"
}

# Checks each line of tests/vm/kernels: kernels of an unknown SET would never be booted.
check_kernels() {
	local wrong

	wrong=$(awk '!/^#/ && NF && (NF != 8 || $5 !~ /^(default|all)$/ || $6 !~ /^[1-9][0-9]*$/) { print "  line " NR ": " $0 }' \
		"$vm_dir/kernels")
	[[ -z $wrong ]] || die "$vm_dir/kernels: expected 8 columns, a SET of default or all, and a number of CPUS:"$'\n'"$wrong"
}

# kernel_release ROOT: what uname -r will say. An unpacked root holds the modules of exactly one kernel.
kernel_release() {
	local modules=("$1"/lib/modules/*)

	[[ ${#modules[@]} -eq 1 && -d ${modules[0]} ]] || die "$1/lib/modules: expected one kernel, found ${#modules[@]}"
	printf '%s\n' "${modules[0]##*/}"
}

# packed_image ROOT: the image as it came; the packages moved it around 6.19.
packed_image() {
	local release image

	release=$(kernel_release "$1")
	for image in "$1/boot/vmlinuz-$release" "$1/usr/lib/modules/$release/vmlinuz"; do
		[[ ! -f $image ]] || { printf '%s\n' "$image"; return; }
	done
	die "$1: no kernel image for $release"
}

# kernel_image ROOT: what to boot; see unpack_image in fetch-kernel.
kernel_image() {
	if [[ -f ${1%/root}/vmlinux ]]; then
		printf '%s\n' "${1%/root}/vmlinux"
	else
		packed_image "$1"
	fi
}
