/* SPDX-License-Identifier: Apache-2.0 */
/* Another program, whose output is read. */
#ifndef BPFLOCKCTL_PROCESS_H
#define BPFLOCKCTL_PROCESS_H

#include <stdio.h>
#include <sys/types.h>

/**
 * struct process - a program that runs
 * @output: its standard output; the other streams are those of this process
 */
struct process {
	pid_t pid;
	FILE *output;
};

/* Starts words[0], which is looked up in PATH; `words` ends in NULL. Returns 0, or -1 with the reason printed. */
int process_start(struct process *process, const char *const *words);
/* Waits for its end, and closes the output. Returns its exit status, or 128 and the number of the signal. */
int process_end(struct process *process);
/*
 * Runs words[0] to its end, with standard output and errors at `output`. Returns its exit status, or 128 and the number
 * of the signal; or -1, with the reason written to `output`.
 */
int process_run(const char *const *words, int output);

#endif
