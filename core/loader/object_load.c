/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/object_load.h"

#include <errno.h>
#include <string.h>

#include "loader/loader.h"
#include "loader/verifier_log.h"
#include "util/memory.h"

/* Only what the kernel writes of it takes memory. Before Linux 6.4, a log that is longer is an error. */
#define VERIFIER_LOG_SIZE (16u << 20)

static struct report_item *report_rejection(const struct bpf_program *program, int error,
					    const struct verifier_rejection *rejection, struct report *report)
{
	if (error == -ENOSPC)
		return report_add(report, REPORT_ERROR, "plugin_failed", NULL,
				  "the verifier rejects its program %s, or finds it too complex: its log has no room",
				  bpf_program__name(program));
	return report_add(report, REPORT_ERROR, "plugin_failed", NULL, "the verifier rejects its program %s%s%s: %s",
			  bpf_program__name(program), *rejection->source ? " at " : "", rejection->source,
			  *rejection->sentence ? rejection->sentence : strerror(-error));
}

static void explain_rejection(const struct plugin *plugin, const struct bpf_program *program, int error,
			      const char *log, struct report *report)
{
	CLEANUP(verifier_rejection_clear) struct verifier_rejection rejection = verifier_log_read(log);
	CLEANUP(cleanup_free) char *path = verifier_log_keep(plugin->name, log);
	CLEANUP(cleanup_free) char *remedy = xstrdup(rejection.hint ? rejection.hint : "");
	struct report_item *item = report_rejection(program, error, &rejection, report);

	report_plugin(item, plugin->name);
	if (path)
		xappend(&remedy, "; ", "the verifier's whole log is in %s", path);
	if (*remedy)
		report_remedy(item, "%s", remedy);
}

int object_load(const struct plugin *plugin, struct bpf_object *object, struct report *report)
{
	CLEANUP(cleanup_free) char *log = xcalloc(1, VERIFIER_LOG_SIZE);
	const struct bpf_program *failed;
	struct bpf_program *program;
	int error;

	bpf_object__for_each_program(program, object)
		bpf_program__set_log_buf(program, log, VERIFIER_LOG_SIZE);
	(void)libbpf_log_take();
	error = sections_load(object, &failed);
	if (!error)
		return 0;
	if (failed && *log)
		explain_rejection(plugin, failed, error, log, report);
	else
		report_plugin(report_add(report, REPORT_ERROR, "plugin_failed", NULL,
					 "its BPF object cannot be loaded: %s; %s", strerror(-error),
					 libbpf_log_take()),
			      plugin->name);
	return error;
}
