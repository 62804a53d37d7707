// SPDX-License-Identifier: Apache-2.0
/* ioperm: asks for access to one I/O port. The exit status is the errno, 0 when it is given. */
#include <errno.h>
#include <sys/io.h>

/* Delays on old machines; nothing listens there. */
#define PORT 0x80

int main(void)
{
	return ioperm(PORT, 1, 1) < 0 ? errno : 0;
}
