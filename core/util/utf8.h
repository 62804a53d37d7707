/* SPDX-License-Identifier: Apache-2.0 */
/* Characters of texts that are not trusted. */
#ifndef BPFLOCK_UTIL_UTF8_H
#define BPFLOCK_UTIL_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the first character of bytes[length], length > 0. Returns its number of bytes. Where the bytes are not valid
 * UTF-8, it returns minus the number of bytes that one U+FFFD replaces (Unicode's "maximal subpart").
 */
int utf8_decode(const char *bytes, size_t length, uint32_t *ret);

/*
 * Is the character one that a terminal or a viewer obeys and does not show? These are control characters (C0, DEL, C1),
 * separators of lines and paragraphs, and controls of text direction. Every output escapes them.
 */
bool utf8_is_control(uint32_t code);

#endif
