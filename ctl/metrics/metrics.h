/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics in the text format of Prometheus: what is printed, and what a server sends. */
#ifndef BPFLOCKCTL_METRICS_H
#define BPFLOCKCTL_METRICS_H

#include <stdio.h>

#include "client.h"

/* The media type of the format. */
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/*
 * Asks the daemon at the other end of a socket, and prints all metrics. Returns an exit status, with everything printed
 * to stderr.
 */
int metrics_print(const struct ctl *ctl, int fd, FILE *stream);

/*
 * Connects to the daemon, and answers GET /metrics at "ADDRESS:PORT", "[ADDRESS]:PORT" or "PORT" until the daemon ends.
 * Gives up all privileges before that. Returns an exit status, with everything printed to stderr.
 */
int metrics_serve(const struct ctl *ctl, const char *listen);

#endif
