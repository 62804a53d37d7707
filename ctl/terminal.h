/* SPDX-License-Identifier: Apache-2.0 */
/* What is printed to a terminal: no text of the daemon may be a command for it. */
#ifndef BPFLOCKCTL_TERMINAL_H
#define BPFLOCKCTL_TERMINAL_H

#include <json-c/json_object.h>
#include <stdio.h>

enum colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_DOUBTFUL, COLOUR_BAD, COLOUR_HEADER, COLOUR_END };

/* The sequence that begins a colour, or ends it; "" where the stream is no terminal, or NO_COLOR is set. */
const char *terminal_colour(enum colour colour, FILE *stream);

/* Replaces control characters in all strings below `object` by \n or \xNN, as in the log. */
void terminal_escape(struct json_object *object);

/* The same for one text (to be freed). */
char *terminal_escaped(const char *text);

/* Prints an object as one line of JSON, which contains no control character either. */
void terminal_print_json(const struct json_object *object);

#endif
