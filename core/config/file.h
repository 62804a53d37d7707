/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_CONFIG_FILE_H
#define BPFLOCK_CONFIG_FILE_H

#include "config/entries.h"

/* Reads a file into `text`, as one source. A missing file is an error only if it is `required`. */
void config_file_read(struct config_text *text, const char *path, bool required,
		      struct report *report);

#endif
