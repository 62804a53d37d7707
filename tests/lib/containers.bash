# SPDX-License-Identifier: Apache-2.0
# For guest tests: bpflock in a container, and containers beside it, by podman.

IMAGE=linuxlock/bpflock
BPFFS=(-v /sys/fs/bpf:/sys/fs/bpf)
SECURITYFS=(-v /sys/kernel/security:/sys/kernel/security:ro)
HOST_NAMESPACES=(--pid=host --network=host --cgroupns=host)
# docker takes no lists.
CAPABILITIES=(--cap-drop=all --cap-add=BPF --cap-add=PERFMON --cap-add=SYS_ADMIN --cap-add=SETPCAP)

# What the documentation recommends.
TIGHT=("${HOST_NAMESPACES[@]}" --read-only --tmpfs /run/bpflock "${CAPABILITIES[@]}"
	--security-opt no-new-privileges --security-opt apparmor=unconfined
	"${BPFFS[@]}" "${SECURITYFS[@]}" -e BPFLOCK_ON_EXIT=keep)

# Once per boot: an engine without systemd, its storage in memory (the guest's root is an overlay already), our image, and
# one with a shell. The modules for a container's network are loaded before anybody locks that.
set_up_podman() {
	[[ -p $NOTHING ]] || mkfifo "$NOTHING"
	[[ ! -e /run/podman-set-up ]] || return 0
	mkdir -p /etc/containers /var/lib/containers
	mount -t tmpfs none /var/lib/containers
	printf '%s\n' '[engine]' 'cgroup_manager = "cgroupfs"' 'events_logger = "file"' \
		'[containers]' 'log_driver = "k8s-file"' >/etc/containers/containers.conf
	modprobe -a veth bridge
	podman load --quiet --input "$BATS_TEST_DIRNAME/../../build/bpflock-image.tar"
	tar -C / --transform 's,.*/busybox,bin/busybox,' -cf - "$(realpath --relative-to=/ "$(command -v busybox)")" | podman import --quiet - shell
	mkdir -p "$PROGRAMS"
	cp "$BPFLOCK_BUILD"/tests/programs/{ask,hammer} "$PROGRAMS"
	touch /run/podman-set-up
}

# start_container FLAG...: bpflock in a container of that name, its output in the log. Returns once it has started.
start_container() {
	local - && set +T
	start_log
	resume_container "$@"
}

# The same, but the log continues after that of the predecessor.
resume_container() {
	local - && set +T
	local started
	started=$(times_started)
	podman run --name bpflock --rm "$@" "$IMAGE" >>"$LOG" 2>&1 3>&- &
	DAEMON_JOB=$!
	DAEMON_JOBS+=("$DAEMON_JOB")
	await_start "$started"
	DAEMON=$(pidof bpflock)
}

# in_container FLAG... -- COMMAND...: busybox's, in a container of its own without a network
in_container() {
	local flags=()
	while [[ $1 != -- ]]; do flags+=("$1") && shift; done
	podman run --rm --network=none "${flags[@]}" shell /bin/busybox "${@:2}"
}

clean_up_containers() {
	podman stop --all >/dev/null 2>&1
	podman rm --all --force >/dev/null 2>&1
	clean_up_bpflock
}
