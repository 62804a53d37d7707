/* SPDX-License-Identifier: Apache-2.0 */
/* Words in a text, such as "lockdown,yama,bpf" or "objects process". */
#ifndef BPFLOCK_UTIL_WORDS_H
#define BPFLOCK_UTIL_WORDS_H

#include <stdbool.h>
#include <string.h>

static inline bool words_have(const char *words, char separator, const char *word)
{
	const char separators[] = { separator, '\0' };
	size_t length = strlen(word);

	while (*words) {
		size_t end = strcspn(words, separators);

		if (end == length && strncmp(words, word, length) == 0)
			return true;
		words += end + (words[end] == separator);
	}
	return false;
}

#endif
