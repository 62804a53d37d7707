#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What run-plugin tests of a plugin, in each guest. PLUGIN_UNDER_TEST is the directory that it has filled.

load ../lib/enforcement.bash

LOCAL=/usr/local/lib/bpflock/plugins
GUARDED=yes # as on any machine

NAME=$(basename "$PLUGIN_UNDER_TEST"/*.so .so)
mapfile -d '' -t COMMAND <"$PLUGIN_UNDER_TEST/command"

# In place of an installed plugin of this name, if there is one.
setup_file() {
	install_bpflock
	rm -f /usr/lib/*/bpflock/plugins/"$NAME.so"
	install -D -o root -g root -m 755 "$PLUGIN_UNDER_TEST/$NAME.so" "$LOCAL/$NAME.so"
}

teardown_file() {
	rm "$LOCAL/$NAME.so"
}

setup() {
	OPTIONS=(-c "$PLUGIN_UNDER_TEST/config" -o "$NAME.enabled=yes" -o "$NAME.required=yes"
		-o bpflock.log_format=logfmt -o bpflock.log_output=stderr)
}

teardown() {
	[[ $(option log) != denied ]] || PARTIAL=yes
	clean_up_bpflock
}

# The value of an option of the plugin.
option() {
	run_bpflock -- "${OPTIONS[@]}" --dump-config | sed -n "/^\[$NAME\]/,/^\[/s/^$1 *= *\([^ ]*\).*/\1/p"
}

# A member of the plugin's status.
status_of() {
	bpflockctl status --json | jq -r --arg name "$NAME" ".plugins[] | select(.name == \$name) | $1"
}

is_enforcer() {
	[[ $(status_of .kind) != observer ]]
}

run_script() {
	env -u BPFLOCK_BUILD BPFLOCK_PLUGIN="$NAME" timeout 120 "${COMMAND[@]}" </dev/null 3>&- || {
		echo "the script ended with status $?"
		return 1
	}
}

# Runs the script, and expects that this has caused lines of the plugin.
script_is_logged() {
	forget_log
	run_script
	await_log "\" bpfprog=$NAME subsys=bpf\$" 10
}

@test "it is loaded and attached" {
	start_bpflock -- "${OPTIONS[@]}"
	bpflockctl status
	[[ $(status_of .state) =~ ^(enforcing|unverified|observing)$ ]]
	[ "$(status_of '.missing // [] | length')" -eq 0 ]
}

@test "the script passes, and what it caused is in the log" {
	start_bpflock -- "${OPTIONS[@]}"
	script_is_logged
	! is_enforcer || [ "$(status_of '.decisions | .allowed + .denied + .would_deny')" -gt 0 ]
}

@test "a reload changes nothing of that" {
	start_bpflock -- "${OPTIONS[@]}"
	bpflockctl reload
	script_is_logged
}

@test "after a kill an enforcer stays in force, and the next daemon takes over, with the sums that the kernel has" {
	local enforcer=no
	start_bpflock -- "${OPTIONS[@]}"
	script_is_logged
	! is_enforcer || enforcer=yes
	kill_bpflock
	[[ $enforcer == no ]] || run_script
	resume_bpflock -- "${OPTIONS[@]}"
	script_is_logged
}

@test "bpflock --unload leaves nothing of it" {
	start_bpflock -- "${OPTIONS[@]}"
	kill_bpflock
	UNACCOUNTED='what was unloaded is told by nobody'
	run_bpflock -- --unload
	nothing_is_left
}
