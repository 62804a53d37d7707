/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the lines that logfmt.c writes, and no others. */
#ifndef BPFLOCK_LOG_LOGFMT_READER_H
#define BPFLOCK_LOG_LOGFMT_READER_H

#include <stddef.h>

/* The value has its own bytes again, which may be any; it ends in no NUL. That of a list is one text. */
typedef void logfmt_visit(void *context, const char *key, const char *value, size_t length);

/*
 * Visits time, level, bpfprog and subsys, then event and the fields of one line, which may end in a newline. The bytes
 * of the line are changed. Returns 0, or -EINVAL where this is no such line; what was visited before is to be
 * forgotten then.
 */
int logfmt_read(char *line, size_t length, logfmt_visit *visit, void *context);

#endif
