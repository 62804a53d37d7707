# SPDX-License-Identifier: Apache-2.0
#
# Sum check of a log in either format: each record and each decision that the kernel has counted, and each record that a
# plugin has submitted, is in the log, or the log reports it as lost. Records that are doubtful after a kill are reported as well.
#
#	awk [-v partial=1] [-v quiet=PLUGIN] -f stats.awk LOG...
#
# partial: allowed decisions are not recorded (log = denied). quiet: the same, for this plugin only. The log must be
# complete, and end with the stop of a daemon. Prints the sums of each plugin. Exit status 1: they do not balance.

# The value after KEY= in logfmt, or after "KEY": in JSON. It ends before a character that no name or number contains.
function value(key,    text) {
	if (!match($0, "[ ,{\"]" key "(=|\":\"?)[A-Za-z0-9_:/.()+]+"))
		return ""
	text = substr($0, RSTART + 1 + length(key), RLENGTH - 1 - length(key))
	sub(/^(=|":"?)/, "", text)
	return text
}

# The state of a plugin ends: its last totals count, and the next state starts at zero.
function close_lineage(plugin,    op) {
	records[plugin] += latest[plugin]
	submitted[plugin] += latest_submitted[plugin]
	latest[plugin] = latest_submitted[plugin] = 0
	for (op in decided)
		if (index(op, plugin " ") == 1) {
			decisions[plugin] += decided[op]
			denials[plugin] += refused[op]
			decided[op] = refused[op] = 0
		}
}

# The plugin of a line, from a place that no name of a process can forge.
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
		doubtful[plugin] += several
	next
}

{ event = value("event") }

event == "decisions" {
	# An operation in no table has no op=.
	op = plugin " " (value("op") == "" ? value("operation") : value("op"))
	pending_denials[op] = value("denied") + value("would_deny")
	pending[op] = value("allowed") + pending_denials[op]
	decides[plugin] = 1
}

# The last line of a plugin's totals. They grow over daemons and reloads. If they are smaller, the state has ended.
event == "records" {
	plugins[plugin] = 1
	count = value("count") + value("submitted")
	if (count < latest[plugin])
		close_lineage(plugin)
	latest[plugin] = count
	latest_submitted[plugin] = value("submitted") + 0
	for (op in pending)
		if (index(op, plugin " ") == 1) {
			decided[op] = pending[op]
			refused[op] = pending_denials[op]
			delete pending[op]
		}
}

# Of the losses of outputs only those of this log count. They belong to no single plugin. Those of a killed daemon's
# outputs are in one line, so a test with several outputs cannot tell them apart.
event == "events_lost" && (plugin != "" || $0 ~ /stage(=|":")invalid/ || $0 ~ /sink(=|":")(stderr|stdout)/ || $0 ~ /of(=|":")predecessor/) {
	lost[plugin] += value("count")
	doubtful[plugin] += value("uncertain")
}

event == "plugin_running" { runs[plugin] = 1 }

# A daemon that takes over a state logs a gap. Otherwise the states before it have ended.
event == "gap" { inherits = 1 }

event == "started" || event == "reloaded" {
	running = 1
	for (name in plugins)
		if ((event == "started" && !inherits) || !(name in runs))
			close_lineage(name)
	split("", runs)
	inherits = 0
}

event == "stopped" {
	running = 0
	if (value("on_exit") == "unload" && value("given_to_service_manager") == "")
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
		# Some decisions become records, and some of these are denials.
		unrecorded = decides[name] ? decisions[name] + submitted[name] - records[name] : 0
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
