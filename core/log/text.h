/* SPDX-License-Identifier: Apache-2.0 */
/* What the formats need to know about bytes, lists and levels. Private to the log module. */
#ifndef BPFLOCK_LOG_TEXT_H
#define BPFLOCK_LOG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/log.h"

/*
 * Decodes the first character of bytes[length], length > 0. Returns how many bytes it takes;
 * or, where it is not valid UTF-8, minus the length of the sequence that could not be completed
 * (Unicode's maximal subpart: what stands for one U+FFFD).
 */
int log_utf8_decode(const char *bytes, size_t length, uint32_t *ret);

/* Takes the first string off a LOG_STRV. Returns false where there is none left. */
bool log_strv_next(const char **bytes, size_t *length, const char **ret_string, size_t *ret_length);

const char *log_level_name(enum log_level level);

#endif
