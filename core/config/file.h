/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_CONFIG_FILE_H
#define BPFLOCK_CONFIG_FILE_H

#include "config/entries.h"

/* What inih holds of a line (INI_MAX_LINE, less newline and NUL as its header counts them). */
#define CONFIG_LINE_MAX 197
/* What inih holds of a section's name; the rest it drops. */
#define CONFIG_SECTION_MAX 49

/* Reads a file into `text`, as one source. A missing file is an error only if it is `required`. */
void config_file_read(struct config_text *text, const char *path, bool required,
		      struct report *report);

#endif
