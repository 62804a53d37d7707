/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_UTIL_STREAMS_H
#define BPFLOCK_UTIL_STREAMS_H

/*
 * Opens /dev/null in the place of stdin, stdout and stderr where they are closed. Otherwise the next file that is
 * opened gets that number, and with it the lines that are meant for the stream. Call it before anything is opened.
 * Returns 0 or a negative errno.
 */
int streams_open(void);

#endif
