/* SPDX-License-Identifier: Apache-2.0 */
#include "describe.h"

#include <string.h>

#include "process.h"
#include "util/json.h"
#include "util/memory.h"

int describe(const struct ctl *ctl, const char *what, struct json_object **ret)
{
	const char *const words[] = { ctl->daemon, "--describe", what, NULL };
	CLEANUP(cleanup_free) char *text = NULL;
	struct process process;
	size_t size = 0;
	int status;

	*ret = NULL;
	if (process_start(&process, words) < 0)
		return EXIT_NO_ANSWER;
	if (getdelim(&text, &size, '\0', process.output) > 0)
		*ret = json_parse(text, strlen(text));
	status = process_end(&process);
	if (status == 0 && json_object_is_type(*ret, json_type_object))
		return EXIT_SUCCESS;
	fprintf(stderr, "bpflockctl: %s --describe %s has ended with status %d, and without an answer\n", ctl->daemon,
		what, status);
	json_object_put(*ret);
	*ret = NULL;
	return EXIT_NO_ANSWER;
}
