/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCKCTL_PINNED_H
#define BPFLOCKCTL_PINNED_H

#include <stdio.h>

/* Says what a daemon that has gone left in force, as far as the names of the pins show it. */
void pinned_print(FILE *stream);

#endif
