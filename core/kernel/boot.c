/* SPDX-License-Identifier: Apache-2.0 */
/* How a parameter gets onto the kernel's command line of this machine. */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/checks.h"
#include "kernel/container.h"
#include "kernel/namespaces.h"
#include "util/memory.h"

/**
 * struct boot_loader - what shows it, and what to do then
 * @pattern: of a file that only machines with this boot loader have
 * @place:   where the parameters stand; a command that takes the parameter ends in "="
 * @command: what to run afterwards; NULL for nothing
 */
struct boot_loader {
	const char *pattern;
	const char *place;
	const char *command;
};

/* The first that is found counts: grubby and ostree also write the files of the others. */
static const struct boot_loader loaders[] = {
	{ "/usr/bin/rpm-ostree", "by rpm-ostree kargs --append=", NULL },
	{ "/run/ostree-booted", "by ostree admin kargs edit-in-place --append=", NULL },
	{ "/usr/sbin/grubby", "by grubby --update-kernel=ALL --args=", NULL },
	{ "/boot/firmware/cmdline.txt", "at the end of the line in /boot/firmware/cmdline.txt", NULL },
	{ "/boot/cmdline.txt", "at the end of the line in /boot/cmdline.txt", NULL },
	{ "/usr/sbin/update-grub", "in GRUB_CMDLINE_LINUX in /etc/default/grub", "update-grub" },
	{ "/etc/default/grub", "in GRUB_CMDLINE_LINUX in /etc/default/grub",
	  "grub-mkconfig -o /boot/grub/grub.cfg, or grub2-mkconfig -o /boot/grub2/grub.cfg" },
	{ "/etc/kernel/cmdline", "in /etc/kernel/cmdline",
	  "kernel-install for the installed kernels, or what builds the unified kernel image" },
	{ "/boot/loader/entries/*.conf", "in the line options of /boot/loader/entries/*.conf", NULL },
	{ "/boot/efi/loader/entries/*.conf", "in the line options of /boot/efi/loader/entries/*.conf", NULL },
	{ "/efi/loader/entries/*.conf", "in the line options of /efi/loader/entries/*.conf", NULL },
	{ "/etc/default/u-boot", "in U_BOOT_PARAMETERS in /etc/default/u-boot", "u-boot-update" },
	{ "/boot/extlinux/extlinux.conf", "in the line append of /boot/extlinux/extlinux.conf", NULL },
};

static bool is_there(const char *root, const char *pattern)
{
	CLEANUP(cleanup_free) char *path = xasprintf("%s%s", root, pattern);
	glob_t found = { 0 };
	bool there = glob(path, GLOB_NOSORT, NULL, &found) == 0;

	globfree(&found);
	return there;
}

static char *advice_of(const struct boot_loader *loader, const char *parameter)
{
	bool is_command = loader->place[strlen(loader->place) - 1] == '=';

	return xasprintf("%s%s%s%s", loader->place, is_command ? parameter : "", loader->command ? ", then run " : "",
			 loader->command ? loader->command : "");
}

char *boot_loader_advice(const char *root, const char *parameter)
{
	for (size_t i = 0; i < ARRAY_SIZE(loaders); i++)
		if (is_there(root, loaders[i].pattern))
			return advice_of(&loaders[i], parameter);
	return NULL;
}

/* The files of a container are not those of the boot loader. In the initial pid namespace process 1 has these. */
static char *advice_of_machine(const char *parameter)
{
	if (!container_is_around())
		return boot_loader_advice("", parameter);
	return namespaces_pid_is_contained() ? NULL : boot_loader_advice("/proc/1/root", parameter);
}

char *boot_remedy(const char *parameter)
{
	CLEANUP(cleanup_free) char *advice = advice_of_machine(parameter);
	const char *where = container_is_around() ? "the host " : "";

	return advice ? xasprintf("boot %swith %s: add it %s", where, parameter, advice) :
			xasprintf("boot %swith %s", where, parameter);
}
