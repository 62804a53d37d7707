#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The commands of README's section "Install", as they are written. scripts/package and scripts/image have run before the
# guest. There is no cluster: of kubectl's commands the directories are looked at, which tests/kubernetes/run renders.

load ../lib/enforcement.bash
load ../lib/containers.bash
load ../lib/systemd.bash

README=$BATS_TEST_DIRNAME/../../README.md

setup_file() {
	boot_systemd
	set_up_podman
}

# block N: the Nth one of the section
block() {
	sed -n '/^## Install/,/^## Configure/p' "$README" |
		awk -v wanted="$1" '/^```/ { inside = !inside; number += inside; next } inside && number == wanted' | grep -v '^scripts/'
}

run_block() {
	cd "$BATS_TEST_DIRNAME/../.."
	[ -n "$(block "$1")" ]
	env -u BPFLOCK_BUILD bash -euxc "$(block "$1")" </dev/null 3>&-
}

@test "as a package: it runs, and enforces nothing but what is configured" {
	run_block 1
	systemctl is-active bpflock
	bpflockctl status --short
	head -c 1 /dev/mem >/dev/null
	# What the archive's machines would run of it.
	env -u BPFLOCK_BUILD debian/tests/configuration
	env -u BPFLOCK_BUILD debian/tests/service
	DEBIAN_FRONTEND=noninteractive apt-get purge -y bpflock
	eventually nothing_is_left
}

@test "as a container" {
	run_block 2
	eventually podman exec bpflock bpflockctl status --short
	run in_container --privileged -- head -c 1 /dev/mem
	[ "$status" -ne 0 ]
	podman rm --force bpflock
	podman run --rm "${HOST_NAMESPACES[@]}" --privileged "${BPFFS[@]}" "$IMAGE" --unload
	nothing_is_left
}

@test "in a cluster: what is applied is there" {
	while read -r command; do
		[[ $command =~ ^kubectl\ apply\ -k\ ([^\ ]+)$ ]]
		[ -s "$BATS_TEST_DIRNAME/../../build/kubernetes/$(basename "${BASH_REMATCH[1]}").yaml" ]
		[ -s "$BATS_TEST_DIRNAME/../../${BASH_REMATCH[1]}/kustomization.yaml" ]
	done < <(block 3)
}

@test "from source" {
	run_block 4
	bpflock --list-plugins | grep kimglock
}

@test "there is no other block" {
	[ -z "$(block 5)" ]
}
