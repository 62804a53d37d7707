/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/libbpf.h>
#include <string.h>

#include "loader/loader.h"

/* libbpf's print callback has no context, so the buffer is static. The daemon has one thread. */
static char last_warning[512];

static __attribute__((format(printf, 2, 0))) int keep_warning(enum libbpf_print_level level, const char *format,
							      va_list args)
{
	if (level == LIBBPF_WARN) {
		vsnprintf(last_warning, sizeof(last_warning), format, args);
		last_warning[strcspn(last_warning, "\n")] = '\0';
	}
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
