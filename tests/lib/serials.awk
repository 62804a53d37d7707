# SPDX-License-Identifier: Apache-2.0
#
# Check of a log, in either format, in which daemons were killed while tests/programs/serial made requests. No two of its
# records are alike but for their time, so lines that are alike are doubles of one record.
#
#	awk -v requests=COUNT -v kills=COUNT -f serials.awk LOG
#
# The log has kimglock's decisions, one line for each, and what execsnoop saw of serial only. Prints what is wrong, and
# the sums. Exit status 1: something is wrong.

function number(key,    text) {
	if (!match($0, "[ \"]" key "(=|\":\"?)[0-9]+"))
		return 0
	text = substr($0, RSTART, RLENGTH)
	sub(/.*[=:"]/, "", text)
	return text + 0
}

function complain(what) {
	if (++complaints <= 20)
		print "# " what
}

# The line without what may differ when a record is read again.
function content(    line) {
	line = $0
	sub(/^time="[^"]*" |"time":"[^"]*",/, "", line)
	sub(/ again=yes|,"again":"yes"/, "", line)
	return line
}

# Nothing but the end of a daemon cuts a line.
!/ subsys=(bpf|bpflock)$|^\{"subsys":"(bpf|bpflock)".*\}$/ {
	cut++
	next
}

{
	plugin = ""
	if (match($0, /bpfprog(=|":")[a-z]+/)) {
		plugin = substr($0, RSTART, RLENGTH)
		sub(/.*[="]/, "", plugin)
	}
}

/subsys(=|":")bpf("|$)/ {
	line = content()
	marked = /again(=|":")"?yes/
	marks += marked
	if (!(line in seen)) {
		lines[plugin]++
		if (plugin == "kimglock")
			asked[number("comm")]++
	} else {
		doubles++
		if (!marked)
			complain("a double without a mark: " $0)
	}
	seen[line] = 1
	next
}

/event(=|":")events_lost/ {
	if (plugin == "" || !/stage(=|":")(ring|daemon)/)
		complain("a loss that no kill explains: " $0)
	lost[plugin] += number("count")
	uncertain[plugin] += number("uncertain")
}

/event(=|":")decisions.*debugfs/ { decided = number("allowed") }

/event(=|":")records/ { records[plugin] = number("count") }

END {
	if (decided != requests)
		complain("decisions: " decided ", requests: " requests)
	for (i = 0; i < requests; i++)
		missing += !(i in asked)
	if (missing > lost["kimglock"])
		complain("requests without a line: " missing ", reported: " lost["kimglock"])
	for (plugin in records) {
		absent = records[plugin] - lines[plugin]
		if (absent > lost[plugin] || absent < lost[plugin] - uncertain[plugin])
			complain(plugin ": records without a line: " absent ", reported: " lost[plugin] ", of which uncertain: " uncertain[plugin])
	}
	if (cut > kills)
		complain("lines that were cut: " cut)
	printf "requests=%d lines=%d+%d doubles=%d marks=%d cut=%d lost=%d+%d uncertain=%d+%d\n", requests, lines["kimglock"],
		lines["execsnoop"], doubles, marks, cut, lost["kimglock"], lost["execsnoop"], uncertain["kimglock"],
		uncertain["execsnoop"]
	exit complaints > 0
}
