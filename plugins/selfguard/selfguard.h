/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Shared by selfguard's BPF programs and its descriptor. */
#ifndef SELFGUARD_H
#define SELFGUARD_H

/* Types of events. */
#define SELFGUARD_TAMPER 1

/* Operations. */
#define SELFGUARD_UNPIN 0
#define SELFGUARD_UNMOUNT 1
#define SELFGUARD_LOCK_PIN 2
#define SELFGUARD_OPEN_PIN 3
#define SELFGUARD_MAP 4
#define SELFGUARD_PROGRAM 5
#define SELFGUARD_LINK 6
#define SELFGUARD_OVERRIDE_PROGRAMS 7
#define SELFGUARD_SIGNAL 8
#define SELFGUARD_PTRACE 9
#define SELFGUARD_LIMIT 10
#define SELFGUARD_TRACE_HOST 11

/*
 * The directories from the root down to the pins. The daemon adds an inotify watch for each of them, and a program
 * sees that. The watch's mask says which directory it is: IN_MOVE_SELF and bit N for directory N. Nobody else uses
 * such a mask.
 */
#define SELFGUARD_WAYS 5
#define SELFGUARD_SHOWN 0x800u /* IN_MOVE_SELF */

#endif
