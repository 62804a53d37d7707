/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/options.h"

#include "control/control.h"
#include "log/log.h"
#include "util/clock.h"

static const struct bpflock_value log_formats[] = {
	{ "logfmt", LOG_FORMAT_LOGFMT, "key=value" },
	{ "json", LOG_FORMAT_JSON, "one object per line" },
};

static const struct bpflock_value on_exit_choices[] = {
	{ "unload", ON_EXIT_UNLOAD, "everything is removed" },
	{ "keep", ON_EXIT_KEEP, "enforcers stay in force until the next start" },
};

static const struct bpflock_option core_rows[] = {
	{
		.name = "log_format",
		.summary = "how lines are written",
		.initial = "logfmt",
		.type = BPFLOCK_OPTION_CHOICE,
		.values = BPFLOCK_TABLE(log_formats),
	},
	{
		.name = "log_details",
		.summary = "adds to logfmt what JSON and the journal always have: loginuid, unit, container, origin",
		.initial = "no",
		.type = BPFLOCK_OPTION_BOOL,
	},
	{
		.name = "log_output",
		.summary = "where lines go: stderr, stdout, file:/path, syslog, journal",
		.initial = "stderr",
		.type = BPFLOCK_OPTION_STRING,
		.flags = BPFLOCK_OPTION_LIST,
	},
	{
		.name = "log_max_size",
		.summary = "size at which a file: is rotated; 0: never by bpflock",
		.initial = "0",
		.type = BPFLOCK_OPTION_SIZE,
	},
	{
		.name = "log_keep",
		.summary = "number of rotated files FILE.1, FILE.2, ... that are kept",
		.initial = "5",
		.type = BPFLOCK_OPTION_UINT,
		.max = 1000,
	},
	{
		.name = "plugin_dir",
		.summary = "directories of plugins; read at start only",
		.initial = BPFLOCK_PLUGIN_DIR ", " BPFLOCK_LOCAL_PLUGIN_DIR,
		.type = BPFLOCK_OPTION_STRING,
		.flags = BPFLOCK_OPTION_LIST,
	},
	{
		.name = "ring_size",
		.summary = "size of the ring buffer, a power of two; read at start only",
		.initial = "1M",
		.type = BPFLOCK_OPTION_SIZE,
		.min = 4096,
		.max = 1u << 30,
	},
	{
		.name = "flush_interval",
		.summary = "how long a record waits for others; a denial does not",
		.initial = "20ms",
		.type = BPFLOCK_OPTION_DURATION,
		.max = 10 * NANOSECONDS,
	},
	{
		.name = "verify_interval",
		.summary = "how often enforcers are verified; 0: only when they are loaded",
		.initial = "60s",
		.type = BPFLOCK_OPTION_DURATION,
	},
	{
		.name = "grant_max",
		.summary = "the longest time for which bpflockctl grant may allow something; 0: no grants",
		.initial = "1h",
		.type = BPFLOCK_OPTION_DURATION,
	},
	{
		.name = "on_exit",
		.summary = "what happens to enforcement at SIGTERM and SIGINT",
		.initial = "unload",
		.type = BPFLOCK_OPTION_CHOICE,
		.values = BPFLOCK_TABLE(on_exit_choices),
	},
	{
		.name = "control",
		.summary = "path of the socket for bpflockctl; none: no socket",
		.initial = CONTROL_PATH,
		.type = BPFLOCK_OPTION_STRING,
	},
};

#define ENABLED_ROW                                                                                                    \
	{                                                                                                              \
		.name = "enabled", .summary = "whether the plugin runs", .initial = "no", .type = BPFLOCK_OPTION_BOOL, \
	}
#define REQUIRED_ROW(by_default)                                                               \
	{                                                                                      \
		.name = "required", .summary = "whether its failure stops the daemon's start", \
		.initial = (by_default), .type = BPFLOCK_OPTION_BOOL,                          \
	}

static const struct bpflock_option observer_rows[] = { ENABLED_ROW, REQUIRED_ROW("no") };
static const struct bpflock_option enforcer_rows[] = { ENABLED_ROW, REQUIRED_ROW("yes") };

const struct bpflock_table core_options = BPFLOCK_TABLE(core_rows);
const struct bpflock_table observer_options = BPFLOCK_TABLE(observer_rows);
const struct bpflock_table enforcer_options = BPFLOCK_TABLE(enforcer_rows);
