/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the daemon's binary, without a daemon. */
#ifndef BPFLOCKCTL_DESCRIBE_H
#define BPFLOCKCTL_DESCRIBE_H

#include "ctl.h"

/*
 * Runs `bpflock --describe WHAT` and takes its object (to be put). Its strings are not escaped. Returns 0 or an exit
 * status, with everything printed.
 */
int describe(const struct ctl *ctl, const char *what, struct json_object **ret);

#endif
