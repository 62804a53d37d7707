/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BPFLOCKCTL_FINDINGS_H
#define BPFLOCKCTL_FINDINGS_H

#include <json-c/json_object.h>

/* Prints the list `findings` of a reply to stderr, as the daemon prints it where it has no log. */
void findings_print(const struct json_object *parameters);

#endif
