#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The tutorial of docs/plugins.md, as it is written: its commands, in the order of the text, their output, and its
# patches. In a block without a language, all commands succeed. In one of the language console, lines that begin with
# "# " are commands, and below is their whole output, in which "…" stands for anything.

load ../lib/daemon.bash
load ../lib/packages.bash
load ../lib/systemd.bash

TEXT=$BATS_TEST_DIRNAME/../../docs/plugins.md
WORK=/run/tutorial

setup_file() {
	[[ -p $NOTHING ]] || mkfifo "$NOTHING"
	boot_systemd
	mkdir -p "$WORK"
	cp "$PACKAGES"/bpflock_*.deb "$PACKAGES"/bpflock-dev_*.deb "$WORK"
	echo "$WORK" >"$WORK.directory"
	rm -f /var/lib/man-db/auto-update # or it reads all manual pages of the host
}

# Other files of this guest start daemons of their own.
teardown_file() {
	systemctl stop bpflock
}

headings() {
	sed -n '/^## Tutorial/,/^## [^T]/s/^### //p' "$TEXT"
}

# blocks HEADING: one block per line, as LANGUAGE:TEXT, quoted for bash
blocks() {
	local line language='' text='' inside=no
	while IFS= read -r line; do
		case $inside$line in
		'no```'*) inside=yes language=${line#'```'} text='' ;;
		'yes```') inside=no && printf '%q\n' "${language:-commands}:$text" ;;
		yes*) text+=$line$'\n' ;;
		esac
	done < <(awk -v heading="### $1" '/^##/ { wanted = $0 == heading } wanted' "$TEXT")
}

# At a shell that stays in the directory of the block before: in_shell OPTIONS COMMANDS
in_shell() {
	cd "$(<"$WORK.directory")"
	env -u BPFLOCK_BUILD LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive bash "$1" \
		"trap 'pwd >$WORK.directory' EXIT"$'\n'"$2" </dev/null 2>&1 3>&-
}

# If a restart fails, only the journal says why.
run_commands() {
	in_shell -euxc "$1" || {
		journalctl --unit bpflock --output cat | grep -v 'level=info' | tail -n 20
		return 1
	}
}

# matches OUTPUT TEXT: "…" in the text (three bytes) stands for anything, and each other character for itself.
matches() {
	local pattern
	pattern=$(LC_ALL=C sed 's/[^[:alnum:][:space:]]/\\&/g; s/\\\xe2\\\x80\\\xa6/*/g' <<<"$2")
	# shellcheck disable=SC2053 # a pattern
	[[ $1 == $pattern ]]
}

prints() {
	OUTPUT=$(in_shell -uc "$1") || true
	matches "$OUTPUT" "$2"
}

# compare COMMAND OUTPUT: what only reads is repeated, because the journal is a moment behind.
compare() {
	local try=prints
	[[ ! $1 =~ ^(journalctl|bpflockctl) ]] || try='eventually prints'
	$try "$1" "$2" || {
		printf '%s\n' "# $1" 'prints:' "$OUTPUT" 'and not:' "$2"
		return 1
	}
}

run_console() {
	local line command='' output=''
	while IFS= read -r line; do
		if [[ $line != '# '* ]]; then
			output+=${output:+$'\n'}$line
			continue
		fi
		[[ -z $command ]] || compare "$command" "$output"
		command=${line#'# '} output=''
	done <<<"${1%$'\n'}"
	compare "$command" "$output"
}

# Each patch is saved under the name that the text gives it.
save_patch() {
	local name
	name=$(sed -n "/^### $1/,/^\`\`\`diff/s/.*\`\([a-z]*\.patch\)\`.*/\1/p" "$TEXT")
	[ -n "$name" ]
	printf '%s' "$2" >"$(<"$WORK.directory")/$name"
}

step() {
	local block
	[ -n "$(blocks "$1")" ]
	while read -r block; do
		eval "block=$block"
		case $block in
		commands:*) run_commands "${block#*:}" ;;
		console:*) run_console "${block#*:}" ;;
		diff:*) save_patch "$1" "${block#*:}" ;;
		*) echo "a block of another language: $block" && return 1 ;;
		esac
	done < <(blocks "$1")
}

@test "Install" {
	step Install
}

@test "Generate a plugin" {
	step 'Generate a plugin'
}

@test "Build and check" {
	step 'Build and check'
}

@test "Install and enable it" {
	step 'Install and enable it'
}

@test "See it deny" {
	step 'See it deny'
}

@test "Add a field" {
	step 'Add a field'
}

@test "Add a metric" {
	step 'Add a metric'
}

@test "Write its test" {
	step 'Write its test'
}

@test "Remove it" {
	step 'Remove it'
}

@test "there is no other step" {
	[ "$(headings)" = "$(sed -n 's/^@test "\([A-Z].*\)" {$/\1/p' "$BATS_TEST_FILENAME")" ]
}
