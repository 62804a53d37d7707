#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Exceptions of baseline: cgroups, units and sessions that appear and disappear.
#
# No systemd and no logind run in the guest. What systemd does for a unit that bpflock can see is to make and
# remove its cgroup; what logind does is to replace and remove files in /run/systemd. The tests do just that.

load ../lib/policy.bash

setup_file() {
	install_programs
}

teardown() {
	clean_up_bpflock
	remove_all_cgroups
	rm -rf /run/systemd
}

# Removes the deepest first. The root of the hierarchy cannot be removed.
remove_all_cgroups() {
	local directory
	find "$CGROUPS" -mindepth 1 -depth -type d | while read -r directory; do
		remove_cgroup "${directory#"$CGROUPS"}"
	done
}

start_with_exceptions() {
	start_with 'profile = baseline' 'event_window = 0' "$@"
}

make_cgroup() {
	mkdir -p "$CGROUPS$1"
}

# Opens a file from a cgroup, in namespaces for which baseline allows nothing: allowed_in CGROUP
allowed_in() {
	in_cgroup "$1" unshare --fork --pid --net "$PROGRAMS/ask" asker "$DEBUGFS"
}

denied_in() {
	local status=0
	allowed_in "$1" || status=$?
	[ "$status" -eq "$ASK_DENIED" ]
}

@test "except_cgroups: a contained process in that cgroup is allowed, one elsewhere is denied" {
	make_cgroup /trusted
	make_cgroup /untrusted
	start_with_exceptions 'except_cgroups = /trusted'
	allowed_in /trusted
	await_log "cgroupid=$(stat -c %i "$CGROUPS/trusted") comm=asker .*retval=0 reason=allow \\(exception\\)\""
	denied_in /untrusted
	await_log "cgroupid=$(stat -c %i "$CGROUPS/untrusted") comm=asker .*retval=-1 reason=denied \\(baseline\\)\""
	denied_in /
}

@test "except_cgroups: a child of the cgroup is allowed, its parent and a cgroup of a similar name are not" {
	make_cgroup /parent/trusted/child/grandchild
	make_cgroup /parent/trusted2
	start_with_exceptions 'except_cgroups = /parent/trusted'
	allowed_in /parent/trusted/child
	allowed_in /parent/trusted/child/grandchild
	denied_in /parent
	denied_in /parent/trusted2
}

@test "except_cgroups: several lines add up" {
	make_cgroup /one
	make_cgroup /two
	make_cgroup /three
	make_cgroup /four
	start_with_exceptions 'except_cgroups = /one, /two' 'except_cgroups = /three'
	allowed_in /one
	allowed_in /two
	allowed_in /three
	denied_in /four
}

@test "except_cgroups: the whole hierarchy" {
	make_cgroup /anything
	start_with_exceptions 'except_cgroups = /'
	allowed_in /
	allowed_in /anything
}

@test "except_cgroups: a cgroup that is created later is an exception then" {
	start_with_exceptions 'except_cgroups = /late'
	grep -F 'notice=\"[kimglock] except_cgroups: the cgroup /sys/fs/cgroup/late is not found' "$LOG"
	make_cgroup /late
	eventually allowed_in /late
}

@test "except_cgroups: so is one whose parents are created later, one by one" {
	start_with_exceptions 'except_cgroups = /deep/er/est'
	make_cgroup /deep
	denied_in /deep
	make_cgroup /deep/er
	denied_in /deep/er
	make_cgroup /deep/er/est
	eventually allowed_in /deep/er/est
	denied_in /deep/er
}

@test "except_cgroups: a cgroup that is removed and created anew is an exception again, its parent too" {
	make_cgroup /parent/trusted
	start_with_exceptions 'except_cgroups = /parent/trusted'
	allowed_in /parent/trusted
	for _ in 1 2 3; do
		remove_cgroup /parent/trusted
		remove_cgroup /parent
		make_cgroup /parent/trusted
		eventually allowed_in /parent/trusted
	done
	denied_in /parent
}

@test "except_units: a service in its slice is allowed, one of another name is denied" {
	make_cgroup /system.slice/fwupd.service
	make_cgroup /system.slice/other.service
	start_with_exceptions 'except_units = fwupd.service'
	allowed_in /system.slice/fwupd.service
	denied_in /system.slice/other.service
	denied_in /system.slice
}

@test "except_units: services, scopes and slices, in slices of slices" {
	make_cgroup /system.slice/system-getty.slice/getty@tty1.service
	make_cgroup /machine.slice/libpod-1234.scope/container
	make_cgroup /user.slice/user-1000.slice/session-1.scope
	start_with_exceptions 'except_units = getty@tty1.service, libpod-1234.scope, user-1000.slice'
	allowed_in /system.slice/system-getty.slice/getty@tty1.service
	allowed_in /machine.slice/libpod-1234.scope/container
	allowed_in /user.slice/user-1000.slice/session-1.scope
	denied_in /user.slice
}

@test "except_units: a unit that is started later, stopped and started again is followed" {
	start_with_exceptions 'except_units = fwupd.service'
	make_cgroup /system.slice/fwupd.service
	eventually allowed_in /system.slice/fwupd.service
	for _ in 1 2 3; do
		remove_cgroup /system.slice/fwupd.service
		make_cgroup /system.slice/fwupd.service
		eventually allowed_in /system.slice/fwupd.service
	done
}

@test "except_units: a unit is followed from one slice to another that appears later" {
	make_cgroup /system.slice/fwupd.service
	start_with_exceptions 'except_units = fwupd.service'
	remove_cgroup /system.slice/fwupd.service
	make_cgroup /other.slice/other-more.slice/fwupd.service
	eventually allowed_in /other.slice/other-more.slice/fwupd.service
}

@test "except_units: a cgroup of the unit's name below a service or a scope is no exception" {
	make_cgroup /system.slice/other.service/fwupd.service
	make_cgroup /user.slice/user-1000.slice/user@1000.service/app.slice/fwupd.service
	make_cgroup /user.slice/user-1000.slice/session-1.scope/system.slice/fwupd.service
	make_cgroup /machine/system.slice/fwupd.service
	start_with_exceptions 'except_units = fwupd.service'
	denied_in /system.slice/other.service/fwupd.service
	denied_in /user.slice/user-1000.slice/user@1000.service/app.slice/fwupd.service
	denied_in /user.slice/user-1000.slice/session-1.scope/system.slice/fwupd.service
	denied_in /machine/system.slice/fwupd.service
}

@test "except_units: nor is one that is created there while the daemon runs" {
	make_cgroup /system.slice/other.service
	start_with_exceptions 'except_units = fwupd.service'
	make_cgroup /system.slice/other.service/fwupd.service
	make_cgroup /system.slice/other.service/other.slice/fwupd.service
	# What is created after it has been seen.
	make_cgroup /system.slice/fwupd.service
	eventually allowed_in /system.slice/fwupd.service
	denied_in /system.slice/other.service/fwupd.service
	denied_in /system.slice/other.service/other.slice/fwupd.service
}

# As logind writes its state: a new file in the place of the old. session ID ACTIVE(yes|no) [REMOTE SEAT]
session() {
	local directory=/run/systemd active=0 state=online
	[[ $2 == no ]] || active=1 state=active
	mkdir -p "$directory"/{sessions,seats,users}
	cat >"$directory/sessions/.#$1" <<-END
		# This is private data. Do not parse.
		UID=1000
		USER=user
		ACTIVE=$active
		IS_DISPLAY=1
		STATE=$state
		REMOTE=${3:-0}
		TYPE=tty
		ORIGINAL_TYPE=tty
		CLASS=user
		SCOPE=session-$1.scope
		FIFO=/run/systemd/sessions/$1.ref
		${4+${4:+SEAT=$4}}
		VTNR=1
		LEADER=1
		AUDIT=1
		REALTIME=1000000
		MONOTONIC=1000000
	END
	[[ -n ${4+given} ]] || sed -i 's/^VTNR=1/SEAT=seat0\n&/' "$directory/sessions/.#$1"
	printf 'IS_SEAT0=1\nCAN_MULTI_SESSION=1\nACTIVE=%s\nACTIVE_UID=1000\nSESSIONS=%s\nUIDS=1000\n' "$1" "$1" \
		>"$directory/seats/.#seat0"
	printf 'NAME=user\nSTATE=%s\nDISPLAY=%s\nSESSIONS=%s\nSEATS=seat0\n' "$state" "$1" "$1" >"$directory/users/.#1000"
	mv "$directory/users/.#1000" "$directory/users/1000"
	mv "$directory/seats/.#seat0" "$directory/seats/seat0"
	mv "$directory/sessions/.#$1" "$directory/sessions/$1"
}

# Where a session's processes are: scope_of ID
scope_of() {
	echo "/user.slice/user-1000.slice/session-$1.scope"
}

@test "except_sessions: the active session at the seat is allowed, a session by network is not" {
	make_cgroup "$(scope_of 1)"
	make_cgroup "$(scope_of 2)"
	make_cgroup "$(scope_of 3)"
	session 1 yes
	session 2 yes 1 ''
	session 3 no
	start_with_exceptions 'except_sessions = active-local'
	allowed_in "$(scope_of 1)"
	denied_in "$(scope_of 2)"
	denied_in "$(scope_of 3)"
}

@test "except_sessions: remote beats seat, and without a seat there is no exception" {
	make_cgroup "$(scope_of 1)"
	make_cgroup "$(scope_of 2)"
	session 1 yes 1 seat0
	session 2 yes 0 ''
	start_with_exceptions 'except_sessions = active-local'
	denied_in "$(scope_of 1)"
	denied_in "$(scope_of 2)"
}

@test "except_sessions: a session is followed while it appears, becomes inactive, active again, and goes" {
	mkdir -p /run/systemd/{sessions,seats,users}
	start_with_exceptions 'except_sessions = active-local'
	make_cgroup "$(scope_of 5)"
	denied_in "$(scope_of 5)"
	session 5 yes
	eventually allowed_in "$(scope_of 5)"
	session 5 no
	eventually denied_in "$(scope_of 5)"
	session 5 yes
	eventually allowed_in "$(scope_of 5)"
	rm /run/systemd/sessions/5
	eventually denied_in "$(scope_of 5)"
}

@test "except_sessions: a session that was logged out and still has a process is no exception" {
	make_cgroup "$(scope_of 1)"
	session 1 yes
	start_with_exceptions 'except_sessions = active-local'
	allowed_in "$(scope_of 1)"
	sed 's/^STATE=active/STATE=closing/' /run/systemd/sessions/1 >/run/systemd/sessions/.#1
	mv /run/systemd/sessions/{.#,}1
	eventually denied_in "$(scope_of 1)"
}

@test "where no more watches are to be had, the start fails and names the limit" {
	local before
	before=$(</proc/sys/fs/inotify/max_user_watches)
	echo 0 >/proc/sys/fs/inotify/max_user_watches
	configure 'profile = baseline' 'except_units = fwupd.service'
	run try_start
	echo "$before" >/proc/sys/fs/inotify/max_user_watches
	[ "$status" -eq 1 ]
	[[ $output == *'the cgroups that its section names cannot be watched, or one cannot be added: No space left on device'* ]]
	[[ $output == *'raise the sysctl fs.inotify.max_user_watches'* ]]
	[ ! -e "$PINS" ]
}

@test "except_sessions: another session takes over the seat" {
	make_cgroup "$(scope_of 1)"
	make_cgroup "$(scope_of 2)"
	session 2 no
	session 1 yes
	start_with_exceptions 'except_sessions = active-local'
	allowed_in "$(scope_of 1)"
	session 1 no
	session 2 yes
	eventually allowed_in "$(scope_of 2)"
	eventually denied_in "$(scope_of 1)"
}

@test "except_sessions: logind knows of a session before its cgroup is there" {
	session 7 yes
	start_with_exceptions 'except_sessions = active-local'
	make_cgroup "$(scope_of 7)"
	eventually allowed_in "$(scope_of 7)"
}

@test "except_sessions: where no logind has ever run the start says so" {
	configure 'profile = baseline' 'except_sessions = active-local'
	run try_start
	[ "$status" -eq 2 ]
	[[ $output == *"except_sessions: no logind has run here"* ]]
	[ ! -e "$PINS" ]
}

@test "without cgroup v2 on /sys/fs/cgroup an exception is a configuration error with the remedy" {
	for exception in 'except_cgroups = /trusted' 'except_units = fwupd.service' 'except_sessions = active-local'; do
		configure 'profile = baseline' "$exception"
		run try_start unshare --mount bash -c "umount $CGROUPS && exec \"\$@\"" bash
		[ "$status" -eq 2 ]
		[[ $output == *"exceptions need cgroup v2 alone on /sys/fs/cgroup"* ]]
		[[ $output == *"systemd.unified_cgroup_hierarchy=1"* ]]
	done
	[ ! -e "$PINS" ]
}

@test "in a cgroup namespace of its own the daemon warns that it does not find the cgroups that are meant" {
	configure 'profile = baseline' 'except_cgroups = /trusted'
	UNDER=(unshare --cgroup)
	start_bpflock -- -c "$CONF"
	expect_log 'level=warning msg="event=namespace_kept warning=.*in a cgroup namespace of its own.* remedy=.*--cgroupns=host'
}

@test "without cgroup v2 a notice says that cgroupid means nothing" {
	configure 'profile = baseline'
	UNDER=(unshare --mount bash -c "umount $CGROUPS && exec \"\$@\"" bash)
	start_bpflock -- -c "$CONF"
	expect_log 'level=info msg="event=kernel_limit notice=.*no cgroup v2 hierarchy is mounted'
}

@test "on a hybrid hierarchy, too" {
	configure 'profile = baseline' 'except_cgroups = /trusted'
	run try_start unshare --mount bash -c "umount $CGROUPS && mount -t tmpfs none $CGROUPS &&
		mkdir $CGROUPS/unified && mount -t cgroup2 none $CGROUPS/unified && exec \"\$@\"" bash
	[ "$status" -eq 2 ]
	[[ $output == *"exceptions need cgroup v2 alone on /sys/fs/cgroup"* ]]
}

@test "without cgroup v2 baseline without exceptions works" {
	configure 'profile = baseline'
	start_log
	env -i PATH="$PATH" unshare --mount bash -c "umount $CGROUPS && exec bpflock -c $CONF" >>"$LOG" 2>&1 3>&- &
	await_log 'event=started'
	denied_in /
}

@test "what cannot be a cgroup or a unit is refused with what would be valid" {
	configure 'profile = baseline' 'except_cgroups = trusted' 'except_units = fwupd, a/b.service'
	run try_start
	[ "$status" -eq 2 ]
	[[ $output == *"except_cgroups: 'trusted' is not the path of a cgroup"* ]]
	[[ $output == *"except_units: 'fwupd' is not valid"* ]]
	[[ $output == *"except_units: 'a/b.service' is not valid"* ]]
	[[ $output == *"valid: NAME.service, NAME.scope, NAME.slice"* ]]
}

@test "a path that does not say where it leads is refused" {
	configure 'profile = baseline' 'except_cgroups = /trusted/.., /../trusted, /trusted/./more, //trusted, /trusted//more, /.'
	run try_start
	[ "$status" -eq 2 ]
	[ "$(grep -oF "' is not the path of a cgroup" <<<"$output" | wc -l)" -eq 6 ]
}

@test "a reload takes an exception away, and gives another" {
	make_cgroup /one
	make_cgroup /two
	make_cgroup /both
	start_with_exceptions 'except_cgroups = /one, /both'
	allowed_in /one
	denied_in /two
	reload_with 'profile = baseline' 'except_cgroups = /two, /both'
	denied_in /one
	allowed_in /two
	allowed_in /both
	reload_with 'profile = baseline'
	denied_in /one
	denied_in /two
	denied_in /both
}

@test "a reload that is refused leaves the exceptions as they were" {
	make_cgroup /one
	make_cgroup /two
	start_with_exceptions 'except_cgroups = /one'
	configure 'profile = baseline' 'except_cgroups = /two, three'
	kill -HUP "$DAEMON"
	await_log 'event=reload_refused'
	allowed_in /one
	denied_in /two
}

@test "after a reload what is new is followed and what was taken away is not" {
	start_with_exceptions 'except_cgroups = /one'
	reload_with 'profile = baseline' 'except_cgroups = /two'
	make_cgroup /one
	make_cgroup /two
	eventually allowed_in /two
	denied_in /one
}

@test "exceptions of a daemon that was killed stay in force, also for a cgroup created below them" {
	make_cgroup /trusted
	make_cgroup /untrusted
	start_with_exceptions 'except_cgroups = /trusted'
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	allowed_in /trusted
	make_cgroup /trusted/child
	allowed_in /trusted/child
	denied_in /untrusted
}

@test "the next daemon's exceptions are its own, not those of the one that was killed" {
	make_cgroup /one
	make_cgroup /two
	start_with_exceptions 'except_cgroups = /one'
	kill -KILL "$DAEMON"
	wait_for_end "$DAEMON"
	start_with_exceptions 'except_cgroups = /two'
	denied_in /one
	allowed_in /two
}

@test "exceptions are nothing to restricted and to block" {
	make_cgroup /trusted
	start_with 'profile = restricted' 'except_cgroups = /trusted'
	denied_in /trusted
	reload_with 'profile = baseline' 'except_cgroups = /trusted' 'block = debugfs'
	denied_in /trusted
}
