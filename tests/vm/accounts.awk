# SPDX-License-Identifier: Apache-2.0
#
# Sum check of a log in either format: each record that the kernel has counted stands in the log, or the log says that
# it was lost; and so does each decision. What a daemon that was killed leaves in doubt, the log says as well.
#
#	awk [-v partial=1] [-v quiet=PLUGIN] -f accounts.awk LOG...
#
# partial: not every decision was to be recorded (log = denied); quiet: of this plugin. The log must be whole and end with a daemon's stop.
# Prints the sums of each plugin. Exit status 1: they do not balance.

# What follows KEY= in logfmt, or "KEY": in JSON, up to the first character that belongs to no name and no number.
function value(key,    text) {
	if (!match($0, "[ ,{\"]" key "(=|\":\"?)[A-Za-z0-9_:/.]+"))
		return ""
	text = substr($0, RSTART + 1 + length(key), RLENGTH - 1 - length(key))
	sub(/^(=|":"?)/, "", text)
	return text
}

# A lineage ends: its last totals count, and the next one starts at zero.
function close_lineage(plugin,    op) {
	records[plugin] += latest[plugin]
	latest[plugin] = 0
	for (op in decided)
		if (index(op, plugin " ") == 1) {
			decisions[plugin] += decided[op]
			denials[plugin] += refused[op]
			decided[op] = refused[op] = 0
		}
}

# The plugin of a line: where no name that others choose can be.
{
	plugin = ""
	if (match($0, /" bpfprog=[a-z_0-9]+ subsys=[a-z]+$/) || match($0, /[{,]"bpfprog":"[a-z_0-9]+"/)) {
		plugin = substr($0, RSTART, RLENGTH)
		sub(/^" bpfprog=|^[{,]"bpfprog":"/, "", plugin)
		sub(/[ "].*/, "", plugin)
	}
}

/subsys(=|":")bpf("|$)/ {
	plugins[plugin] = 1
	several = value("count") == "" ? 1 : value("count")
	written[plugin] += several
	if ($0 ~ / retval=-?[0-9]+ reason=[a-z]+ [^"]+" bpfprog=|[{,]"reason":"/)
		decides[plugin] = 1
	if ($0 ~ /reason(=|":")\\?"?(denied|would deny)/)
		written_denials[plugin] += several
	if ($0 ~ /again(=|":")(yes|true)/)
		doubtful[plugin]++
	next
}

{ event = value("event") }

event == "decisions" {
	op = plugin " " value("op")
	pending_denials[op] = value("denied") + value("would_deny")
	pending[op] = value("allowed") + pending_denials[op]
	decides[plugin] = 1
}

# The last line of a plugin's totals. They go up over daemons and reloads; where they do not, a lineage has ended.
event == "records" {
	plugins[plugin] = 1
	if (value("count") + 0 < latest[plugin])
		close_lineage(plugin)
	latest[plugin] = value("count") + 0
	for (op in pending)
		if (index(op, plugin " ") == 1) {
			decided[op] = pending[op]
			refused[op] = pending_denials[op]
			delete pending[op]
		}
}

# Of outputs only the log's own matters, and its losses are of nobody in particular.
event == "events_lost" && (plugin != "" || $0 ~ /stage(=|":")invalid/ || $0 ~ /sink(=|":")(stderr|stdout)/) {
	lost[plugin] += value("count")
	doubtful[plugin] += value("uncertain")
}

event == "plugin_running" { runs[plugin] = 1 }

# What was given to the service manager comes back, and then the next daemon tells of a gap; or it does not.
event == "gap" { given = 0 }

event == "started" || event == "reloaded" {
	running = 1
	for (name in plugins)
		if (given || !(name in runs))
			close_lineage(name)
	split("", runs)
	given = 0
}

event == "stopped" {
	running = 0
	given = value("given_to_service_manager") != ""
	if (value("on_exit") == "unload" && !given)
		for (name in plugins)
			close_lineage(name)
}

END {
	if (running) {
		print "the log ends while a daemon runs"
		exit 1
	}
	for (name in plugins) {
		close_lineage(name)
		surplus = written[name] + lost[name] - records[name]
		# In the order of the kernel's own counting: decisions, of which some are records, of which some are denials.
		unrecorded = decides[name] ? decisions[name] - records[name] : 0
		missing_denials = denials[name] - written_denials[name] - lost[name] - lost[""]
		balanced = surplus + lost[""] >= 0 && surplus <= doubtful[name] + doubtful[""] &&
			unrecorded >= 0 && (partial || name == quiet || unrecorded == 0) && missing_denials <= 0
		printf "%s: decisions=%d denials=%d records=%d written=%d lost=%d doubtful=%d%s\n", name,
			decisions[name], denials[name], records[name], written[name], lost[name] + lost[""],
			doubtful[name] + doubtful[""], balanced ? "" : " DO NOT BALANCE"
		wrong += !balanced
	}
	exit wrong > 0
}
