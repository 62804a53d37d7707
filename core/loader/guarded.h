/* SPDX-License-Identifier: Apache-2.0 */
/* Reports that a guard does not recognize this process as the daemon or its successor. */
#ifndef BPFLOCK_LOADER_GUARDED_H
#define BPFLOCK_LOADER_GUARDED_H

#include "util/report.h"

/* Returns -EACCES. */
int guarded_report(const char *path, struct report *report);

#endif
