# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# For scripts whose output is TAP: a test that is one command, and the plan at the end.

tap_checks=0

# check NAME COMMAND...: what the command prints is shown when it fails.
check() {
	local name=$1 output
	shift
	tap_checks=$((tap_checks + 1))
	if output=$("$@" 2>&1); then
		echo "ok $tap_checks - $name"
	else
		echo "not ok $tap_checks - $name"
		printf '%s\n' "$output" | sed 's/^/# /'
	fi
}

# The last line of TAP: a script that ends before it prints no plan, which tap-summary counts as a failure.
plan() {
	echo "1..$tap_checks"
}
