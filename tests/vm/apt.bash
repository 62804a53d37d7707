# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Shared by fetch-kernel, fetch-root and make-root: packages of any Debian suite and architecture. The machine's
# packages do not change. Debian's address is read from the machine's apt sources.
# shellcheck disable=SC2154 # $cache and $native_arch are common.bash's

# configured_suites: lines "SUITE URI" for every Debian suite of the machine's apt.
configured_suites() {
	# shellcheck disable=SC2016 # apt's variables, not ours
	apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' |
		sed -n 's/^Debian //p' | sort -u
}

# mirror_for SUITE: security suites live at an address of their own, everything else beside the machine's release.
mirror_for() {
	local wanted=main kind suite uri

	[[ $1 != *-security ]] || wanted=security
	while read -r suite uri; do
		kind=main
		[[ $suite != *-security ]] || kind=security
		[[ $kind != "$wanted" ]] || { printf '%s\n' "$uri"; return; }
	done < <(configured_suites)
	die "apt knows no Debian $wanted suite to derive $1 from (run apt-get update, or add one to its sources)"
}

# source_of SUITE ARCH: that suite as a line of sources.list.
source_of() {
	local uri

	uri=$(mirror_for "$1")
	printf 'deb [arch=%s signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$2" "$uri" "$1"
}

# use_suite SUITE ARCH: points apt ("${apt_options[@]}") at that suite. The machine's configuration is used where it
# has the suite. Otherwise, and for another architecture, apt gets separate sources, lists and status. apt does not
# wait for another apt in the same directories. So the caller holds a lock on them until it ends.
use_suite() {
	local suite=$1 arch=$2 private=$cache/apt/$1 source apt_lock

	apt_options=(-o APT::Sandbox::User="$(id -un)")
	if [[ $arch != "$native_arch" ]]; then
		private+=-$arch
	elif configured_suites | grep "^$suite " > /dev/null; then
		return
	fi
	source=$(source_of "$suite" "$arch")
	mkdir -p "$private/lists/partial" "$private/archives/partial"
	exec {apt_lock}> "$private.lock"
	flock "$apt_lock"
	: > "$private/status"
	printf '%s\n' "$source" > "$private/sources.list"
	apt_options+=(
		-o APT::Architecture="$arch" -o APT::Architectures="$arch"
		-o Dir::Etc::SourceList="$private/sources.list" -o Dir::Etc::SourceParts=/dev/null
		-o Dir::State="$private" -o Dir::State::Lists="$private/lists" -o Dir::State::Status="$private/status"
		-o Dir::Cache="$private" -o Acquire::Languages=none
	)
	apt-get "${apt_options[@]}" -qq update >&2
}
