/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#ifndef LISTLOCK_H
#define LISTLOCK_H

#define LISTLOCK_DECISION 1

#define LISTLOCK_OPEN 0
#define LISTLOCK_SOCKET 1

/* Longest lists */
#define LISTLOCK_MAX 3

#endif
