// SPDX-License-Identifier: Apache-2.0
#include <bpflock/plugin.h>

BPFLOCK_PLUGIN(nothing,
	.version = "1.0",
	.summary = "An LSM program that does nothing, to measure against",
	.license = "Apache-2.0 AND GPL-2.0-only");
