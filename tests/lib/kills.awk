# SPDX-License-Identifier: Apache-2.0
#
# Sum check of a log (logfmt, of one plugin) in which daemons were killed. At each stop everything that was recorded since
# the one before must be in the log, or reported as lost; twice only as far as it is marked. A second output has lost each
# event. Prints what does not balance. Exit status 1: something.

function number(key) {
	return match($0, "[ \"]" key "=[0-9]+") ? substr($0, RSTART + 2 + length(key), RLENGTH - 2 - length(key)) : 0
}

function check(what, count, least, most) {
	if (count >= least && count <= most)
		return
	printf "%s: %d, and not %d to %d; after:\n%s", what, count, least, most, kills
	wrong = 1
}

function settle_accounts() {
	check("written or lost", written + lost, records - before, records - before + marked)
	# What is marked may be in the first output only.
	check("lost by the second output", lost_by_output, written - marked, written + marked_by_output)
	before = records
	written = lost = marked = lost_by_output = marked_by_output = 0
	kills = ""
}

/^killed after / { kills = kills $0 "\n" }

/ subsys=bpf$/ {
	several = / count=/ ? number("count") : 1
	written += several
	marked += / again=yes/ * several
}

/event=events_lost .*stage=sink/ {
	lost_by_output += number("count")
	marked_by_output += number("uncertain")
	next
}

/event=events_lost/ {
	lost += number("count")
	marked += number("uncertain")
}

/event=records/ { records = number("count") }

# Without a gap: the daemon before was killed when it had logged everything and removed its pins.
/event=gap/ { inherits = 1 }

/event=started/ {
	if (!inherits) {
		settle_accounts()
		before = 0
	}
	inherits = 0
}

/event=stopped/ {
	settle_accounts()
	stops++
	if (/on_exit=unload/)
		before = records = 0
}

END { exit wrong || !stops }
