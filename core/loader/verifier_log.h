/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel's verifier says about a program that it rejects, made short for the operator. */
#ifndef BPFLOCK_LOADER_VERIFIER_LOG_H
#define BPFLOCK_LOADER_VERIFIER_LOG_H

#define VERIFIER_LOG_DIRECTORY "/run/bpflock"

/**
 * struct verifier_rejection - why a program was rejected
 * @source:   the last line of the source that the verifier was at: "FILE:LINE: TEXT", or only the text where the kernel
 *            is older than 6.10; "" where the log names none
 * @sentence: the last that it said; "" where the log has nothing
 * @hint:     what to do, for messages that are well known; or NULL
 */
struct verifier_rejection {
	char *source;
	char *sentence;
	const char *hint;
};

/* Reads the verifier's log. */
struct verifier_rejection verifier_log_read(const char *log);
void verifier_rejection_clear(struct verifier_rejection *rejection);

/*
 * Writes the whole log to VERIFIER_LOG_DIRECTORY, which must be root's. Returns the path (to be freed), or NULL where
 * that fails: the rejection is reported without it.
 */
char *verifier_log_keep(const char *plugin, const char *log);

#endif
