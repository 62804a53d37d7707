// SPDX-License-Identifier: Apache-2.0
/*
 * by_handle FILE: prints its handle.
 * by_handle DIRECTORY HANDLE: opens the file of that handle for writing, in the file system of the directory.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#define HANDLE_BYTES 16

union buffer {
	struct file_handle handle;
	unsigned char bytes[sizeof(struct file_handle) + HANDLE_BYTES];
};

static int print_handle(const char *file)
{
	union buffer buffer = { .handle.handle_bytes = HANDLE_BYTES };
	int mount;

	if (name_to_handle_at(AT_FDCWD, file, &buffer.handle, &mount, 0) < 0) {
		perror("name_to_handle_at");
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < sizeof(buffer.bytes); i++)
		printf("%02x", buffer.bytes[i]);
	putchar('\n');
	return EXIT_SUCCESS;
}

static int open_handle(const char *directory, const char *handle)
{
	int mount = open(directory, O_RDONLY | O_DIRECTORY);
	union buffer buffer = { 0 };

	for (size_t i = 0; i < sizeof(buffer.bytes); i++)
		sscanf(handle + 2 * i, "%2hhx", &buffer.bytes[i]);
	if (open_by_handle_at(mount, &buffer.handle, O_WRONLY) < 0) {
		perror("open_by_handle_at");
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	if (argc == 3)
		return open_handle(argv[1], argv[2]);
	return argc == 2 ? print_handle(argv[1]) : EXIT_FAILURE;
}
