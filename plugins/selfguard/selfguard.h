/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef SELFGUARD_H
#define SELFGUARD_H

#define SELFGUARD_TAMPER 1

#define SELFGUARD_UNPIN 0
#define SELFGUARD_UNMOUNT 1
#define SELFGUARD_MAP 2
#define SELFGUARD_PROGRAM 3
#define SELFGUARD_LINK 4
#define SELFGUARD_SIGNAL 5
#define SELFGUARD_PTRACE 6

#endif
