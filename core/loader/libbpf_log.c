/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/libbpf.h>
#include <string.h>

#include "loader/loader.h"

/* libbpf's print callback has no context, so the buffer is static. The daemon has one thread. */
static char last_warning[512];

static __attribute__((format(printf, 2, 0))) int keep_warning(enum libbpf_print_level level, const char *format,
							      va_list args)
{
	char warning[sizeof(last_warning)];

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(warning, sizeof(warning), format, args);
	warning[strcspn(warning, "\n")] = '\0';
	/* It says this after the warning that says why. */
	if (strstr(warning, "failed to load object") && *last_warning)
		return 0;
	memcpy(last_warning, warning, sizeof(warning));
	return 0;
}

void libbpf_log_install(void)
{
	libbpf_set_print(keep_warning);
}

const char *libbpf_log_take(void)
{
	static char taken[sizeof(last_warning)];

	memcpy(taken, last_warning, sizeof(taken));
	last_warning[0] = '\0';
	return taken;
}
