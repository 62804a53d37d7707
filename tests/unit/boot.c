// SPDX-License-Identifier: Apache-2.0
/* Which file of the boot loader is named, on machines that consist of a few files. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel/checks.h"
#include "unit.h"
#include "util/memory.h"

static char root[] = "/tmp/boot.XXXXXX";

static int set_up(void **state)
{
	(void)state;
	strcpy(root + strlen("/tmp/boot."), "XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
	CLEANUP(cleanup_free) char *command = xasprintf("rm -r %s", root);

	(void)state;
	return system(command);
}

static void make_file(const char *path)
{
	CLEANUP(cleanup_free) char *command = xasprintf("mkdir -p $(dirname %s%s) && : >%s%s", root, path, root, path);

	assert_int_equal(system(command), 0);
}

static void assert_advice(const char *expected)
{
	CLEANUP(cleanup_free) char *advice = boot_loader_advice(root, "lsm=a,bpf");

	if (expected)
		assert_string_equal(advice, expected);
	else
		assert_null(advice);
}

static void an_unknown_boot_loader_is_not_guessed(void **state)
{
	(void)state;
	assert_advice(NULL);
	make_file("/boot/vmlinuz");
	make_file("/boot/loader/entries/README");
	assert_advice(NULL);
}

static void grub_of_debian_has_update_grub(void **state)
{
	(void)state;
	make_file("/etc/default/grub");
	assert_advice("in GRUB_CMDLINE_LINUX in /etc/default/grub, then run grub-mkconfig -o /boot/grub/grub.cfg, or "
		      "grub2-mkconfig -o /boot/grub2/grub.cfg");
	make_file("/usr/sbin/update-grub");
	assert_advice("in GRUB_CMDLINE_LINUX in /etc/default/grub, then run update-grub");
}

static void systemd_boot_has_entries_or_a_command_line_for_new_ones(void **state)
{
	(void)state;
	make_file("/boot/efi/loader/entries/debian.conf");
	assert_advice("in the line options of /boot/efi/loader/entries/*.conf");
	make_file("/etc/kernel/cmdline");
	assert_advice("in /etc/kernel/cmdline, then run kernel-install for the installed kernels, or what builds the "
		      "unified kernel image");
}

static void a_raspberry_pi_has_one_line(void **state)
{
	(void)state;
	make_file("/boot/cmdline.txt");
	assert_advice("at the end of the line in /boot/cmdline.txt");
	make_file("/boot/firmware/cmdline.txt");
	assert_advice("at the end of the line in /boot/firmware/cmdline.txt");
}

/* They have files of grub and of systemd-boot as well, which they overwrite. */
static void ostree_and_grubby_come_before_the_files_that_they_write(void **state)
{
	(void)state;
	make_file("/etc/default/grub");
	make_file("/boot/loader/entries/fedora.conf");
	make_file("/usr/sbin/grubby");
	assert_advice("by grubby --update-kernel=ALL --args=lsm=a,bpf");
	make_file("/run/ostree-booted");
	assert_advice("by ostree admin kargs edit-in-place --append=lsm=a,bpf");
	make_file("/usr/bin/rpm-ostree");
	assert_advice("by rpm-ostree kargs --append=lsm=a,bpf");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_unknown_boot_loader_is_not_guessed),
		TEST(grub_of_debian_has_update_grub),
		TEST(systemd_boot_has_entries_or_a_command_line_for_new_ones),
		TEST(a_raspberry_pi_has_one_line),
		TEST(ostree_and_grubby_come_before_the_files_that_they_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
