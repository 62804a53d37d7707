#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# kmodlock: who may load and unload modules, from where, and who may cause the kernel to load them.

LOCK=kmodlock
load ../lib/policy.bash

TREE=/run/modules # a file system of its own
OTHER=/var/tmp/modules
MODULE=$PROGRAMS/module

setup_file() {
	install_programs
	mkdir -p "$TREE" "$OTHER"
	mount -t tmpfs none "$TREE"
	mkdir "$TREE/net"
	unpack_module dummy >"$TREE/net/dummy.ko"
	unpack_module dummy >"$OTHER/dummy.ko"
	rmmod dummy 2>/dev/null || true
	start_with 'profile = baseline' 'event_window = 0'
	export DAEMON
}

setup() {
	forget_log
}

teardown() {
	rmmod dummy 2>/dev/null || true
}

teardown_file() {
	clean_up_bpflock
	umount "$TREE"
	rm -rf "$OTHER"
}

# line EVENT OPERATION RETVAL REASON [FIELD]
line() {
	await_log "event=$1 operation=$2 tgid=.*${5-} retval=$3 reason=$4\" bpfprog=kmodlock subsys=bpf\$"
}

# refused RULE EVENT OPERATION FIELD COMMAND...
refused() {
	local - && set +T
	forget_log
	run "${@:5}"
	[[ $status -ne 0 && $output == *'Operation not permitted'* ]] || {
		echo "not refused: ${*:5}: status $status: $output"
		return 1
	}
	line "$2" "$3" -1 "denied \\($1\\)" "$4"
}

# may RULE EVENT OPERATION FIELD COMMAND...
may() {
	local - && set +T
	forget_log
	"${@:5}"
	line "$2" "$3" 0 "allow \\($1\\)" "$4"
	rmmod dummy 2>/dev/null || true
}

@test "baseline: the host may load, unload and cause loads; a container may not, whatever its capabilities" {
	may baseline lsm_kernel_read_file load_module "file=$TREE/net/dummy.ko" "$MODULE" file "$TREE/net/dummy.ko"
	may baseline lsm_kernel_load_data load_module 'file=\(memory\)' "$MODULE" memory "$TREE/net/dummy.ko"
	"$MODULE" file "$TREE/net/dummy.ko"
	may baseline lsm_capable unload_module '' "$MODULE" delete dummy
	"$MODULE" file "$TREE/net/dummy.ko"
	may baseline lsm_capable unload_module '' "$MODULE" delete32 dummy

	refused baseline lsm_kernel_read_file load_module "file=$TREE/net/dummy.ko" contained "$MODULE" file "$TREE/net/dummy.ko"
	refused baseline lsm_kernel_read_file load_module 'file=.*memfd.*' contained "$MODULE" memfd "$TREE/net/dummy.ko"
	refused baseline lsm_kernel_load_data load_module 'file=\(memory\)' contained "$MODULE" memory "$TREE/net/dummy.ko"
	for space in --net '--fork --pid'; do
		refused baseline lsm_kernel_read_file load_module '' unshare $space "$MODULE" file "$TREE/net/dummy.ko"
	done
	"$MODULE" file "$TREE/net/dummy.ko"
	refused baseline lsm_capable unload_module '' contained "$MODULE" delete dummy
	refused baseline lsm_capable unload_module '' contained "$MODULE" delete32 dummy
	# The kernel loads this one, on the host, for whoever asks for the address family (AF_CAN).
	contained "$PROGRAMS/ask" requester family:29 || true
	line lsm_kernel_module_request autoload_module -1 'denied \(baseline\)' 'module=net-pf-29'
}

@test "only_from: what is elsewhere, by any name or mount, is denied on the host as well" {
	reload_with 'profile = baseline' 'event_window = 0' "only_from = $TREE/net"
	may baseline lsm_kernel_read_file load_module "file=$TREE/net/dummy.ko" "$MODULE" file "$TREE/net/dummy.ko"
	refused baseline lsm_kernel_read_file load_elsewhere "file=$OTHER/dummy.ko" "$MODULE" file "$OTHER/dummy.ko"
	refused baseline lsm_kernel_load_data load_elsewhere 'file=\(memory\)' "$MODULE" memory "$TREE/net/dummy.ko"
	refused baseline lsm_kernel_read_file load_elsewhere 'file=.*memfd.*' "$MODULE" memfd "$TREE/net/dummy.ko"

	ln -s "$OTHER/dummy.ko" "$TREE/net/link.ko"
	refused baseline lsm_kernel_read_file load_elsewhere "file=$OTHER/dummy.ko" "$MODULE" file "$TREE/net/link.ko"
	cp "$OTHER/dummy.ko" "$TREE/above.ko"
	refused baseline lsm_kernel_read_file load_elsewhere "file=$TREE/above.ko" "$MODULE" file "$TREE/net/../above.ko"
	# The log has the path that the mounts make of it; the decision is about the file.
	touch "$TREE/net/mounted.ko"
	mount --bind "$OTHER/dummy.ko" "$TREE/net/mounted.ko"
	refused baseline lsm_kernel_read_file load_elsewhere "file=$TREE/net/mounted.ko" "$MODULE" file "$TREE/net/mounted.ko"
	umount "$TREE/net/mounted.ko"
	mount --bind "$OTHER" "$TREE/net"
	refused baseline lsm_kernel_read_file load_elsewhere "file=$TREE/net/dummy.ko" "$MODULE" file "$TREE/net/dummy.ko"
	umount "$TREE/net"
	mkdir "$TREE/overlay"
	mount -t overlay -o "lowerdir=$TREE/net:$OTHER" none "$TREE/overlay"
	refused baseline lsm_kernel_read_file load_elsewhere '' "$MODULE" file "$TREE/overlay/dummy.ko"
	umount "$TREE/overlay"
	rm -r "$TREE/net/link.ko" "$TREE/net/mounted.ko" "$TREE/above.ko" "$TREE/overlay"

	# Its root is the whole file system.
	reload_with 'profile = baseline' 'event_window = 0' "only_from = $TREE"
	may baseline lsm_kernel_read_file load_module '' "$MODULE" file "$TREE/net/dummy.ko"
	refused baseline lsm_kernel_read_file load_elsewhere '' "$MODULE" file "$OTHER/dummy.ko"
}

@test "allow_modules: a name counts below only_from, and nowhere else" {
	cp "$TREE/net/dummy.ko" "$TREE/net/snd-dummy.ko.extra"
	cp "$TREE/net/dummy.ko" "$TREE/net/other.ko"
	cp "$TREE/net/dummy.ko" "$OTHER/other.ko"
	reload_with 'profile = restricted' 'event_window = 0' "only_from = $TREE/net" 'allow_modules = dummy, snd_dummy'
	may level lsm_kernel_read_file load_listed "file=$TREE/net/dummy.ko" "$MODULE" file "$TREE/net/dummy.ko"
	# It is loaded already, which the kernel finds out later.
	"$MODULE" file "$TREE/net/snd-dummy.ko.extra" || true
	line lsm_kernel_read_file load_listed 0 'allow \(level\)' "file=$TREE/net/snd-dummy.ko.extra"
	refused restricted lsm_capable unload_module '' "$MODULE" delete dummy
	refused restricted lsm_kernel_read_file load_module "file=$TREE/net/other.ko" "$MODULE" file "$TREE/net/other.ko"
	# The same name elsewhere, the same content in memory, a longer and a shorter name.
	refused restricted lsm_kernel_read_file load_elsewhere "file=$OTHER/dummy.ko" "$MODULE" file "$OTHER/dummy.ko"
	refused restricted lsm_kernel_load_data load_elsewhere 'file=\(memory\)' "$MODULE" memory "$TREE/net/dummy.ko"
	for name in dummy2.ko dumm.ko "$(printf 'dummy%055d.ko' 1)"; do
		mv "$TREE/net/other.ko" "$TREE/net/$name"
		refused restricted lsm_kernel_read_file load_module "file=$TREE/net/$name" "$MODULE" file "$TREE/net/$name"
		mv "$TREE/net/$name" "$TREE/net/other.ko"
	done
	rm "$TREE/net/"{other,snd-dummy}.ko*
	reload_with 'profile = baseline'
	rmmod dummy
}

@test "allow_modules without only_from, and what is no name of a module, are errors of the configuration" {
	configure 'allow_modules = dummy'
	run run_bpflock -- -c "$CONF" --check-config
	[ "$status" -eq 2 ]
	[[ $output == *"$CONF:"*'allow_modules needs only_from'* ]]
	configure 'only_from = /lib/modules' 'allow_modules = nf-tables'
	run run_bpflock -- -c "$CONF" --check-config
	[ "$status" -eq 2 ]
	[[ $output == *"'nf-tables' is not the name of a module"* ]]
	configure 'only_from = lib/modules'
	run run_bpflock -- -c "$CONF" --check-config
	[ "$status" -eq 2 ]
	[[ $output == *"'lib/modules' is not an absolute path"* ]]
}
