/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCK_CONFIG_FILE_H
#define BPFLOCK_CONFIG_FILE_H

#include "config/entries.h"

/* The longest line that inih can hold (INI_MAX_LINE, without the newline and NUL that its header mentions). */
#define CONFIG_LINE_MAX 197
/* The longest section name that inih can hold. It cuts longer ones. */
#define CONFIG_SECTION_MAX 49

/* Reads a file into `text`, as one source. A missing file is an error only if it is `required`. */
void config_file_read(struct config_text *text, const char *path, bool required, struct report *report);

#endif
