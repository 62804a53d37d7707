/* SPDX-License-Identifier: Apache-2.0 */
#include "control/socket.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "control/control.h"
#include "util/filesystem.h"
#include "util/memory.h"

#define DIRECTORY_MODE 0755
#define SOCKET_MODE 0600

/* Without a socket the daemon does everything else, so this is no reason to end. */
static __attribute__((format(printf, 5, 6))) int fail(const char *path, int error, const char *remedy,
						      struct report *report, const char *format, ...)
{
	CLEANUP(cleanup_free) char *text = NULL;
	va_list args;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	report_remedy(report_add(report, REPORT_ERROR, "control_failed", path, "bpflockctl cannot be used: %s", text),
		      "%s", remedy);
	return error;
}

int control_check_path(const char *path, const char *where, struct report *report)
{
	struct sockaddr_un address;
	size_t length = strlen(path);

	if (strcmp(path, CONTROL_NONE) == 0 ||
	    (path[0] == '/' && path[length - 1] != '/' && length < sizeof(address.sun_path)))
		return 0;
	report_remedy(report_add(report, REPORT_ERROR, "config_error", where,
				 "[bpflock] control: '%s' is no path of a socket", path),
		      "valid: " CONTROL_NONE ", or an absolute path of at most %zu bytes",
		      sizeof(address.sun_path) - 1);
	return -EINVAL;
}

/* A tmpfs that a container engine mounts there (--tmpfs /run/bpflock) has mode 1777. */
static void deny_writing_to_others(const char *directory)
{
	CLEANUP(cleanup_close) int fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;

	if (fd >= 0 && fstat(fd, &status) == 0 && file_is_writable_by_others(&status))
		(void)fchmod(fd, DIRECTORY_MODE);
}

/* In a directory that others may write to, they could put a socket of theirs in the place of ours. */
static int check_directory(const char *directory)
{
	CLEANUP(cleanup_close) int fd = -1;
	struct stat status;

	if (mkdir(directory, DIRECTORY_MODE) < 0 && errno != EEXIST)
		return -errno;
	if (strcmp(directory, RUNTIME_DIRECTORY) == 0)
		deny_writing_to_others(directory);
	fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	return file_is_of_another_user(&status) || file_is_writable_by_others(&status) ? -EPERM : 0;
}

static int make_directory(const char *path, struct report *report)
{
	size_t length = (size_t)(strrchr(path, '/') - path);
	CLEANUP(cleanup_free) char *directory = xstrndup(path, length ? length : 1);
	int error = check_directory(directory);

	if (error == -EPERM)
		return fail(path, error, "choose another directory: [bpflock] control = PATH", report,
			    "%s is not root's, or others may write to it", directory);
	if (error)
		return fail(path, error,
			    "make it writable (a container: --tmpfs " RUNTIME_DIRECTORY
			    "), or choose another directory: "
			    "[bpflock] control = PATH",
			    report, "%s cannot be made: %s", directory, strerror(-error));
	return 0;
}

/* Returns -ECONNREFUSED where nobody listens, -EADDRINUSE where somebody does, or another negative errno. */
static int probe(const struct sockaddr_un *address)
{
	CLEANUP(cleanup_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN)
		return -EADDRINUSE;
	return -errno;
}

/* What a killed daemon left is removed. Anything else is not ours to remove. */
static int make_room(const struct sockaddr_un *address, struct report *report)
{
	const char *path = address->sun_path;
	struct stat status;
	int error;

	if (lstat(path, &status) < 0 && errno == ENOENT)
		return 0;
	error = probe(address);
	if (error == -ECONNREFUSED && S_ISSOCK(status.st_mode) && unlink(path) == 0)
		return 0;
	if (error == -EADDRINUSE)
		return fail(path, error, "end the process that listens there, or choose another path", report,
			    "another process listens at this path");
	return fail(path, -EEXIST, "remove the file, or choose another path", report,
		    "at this path is something that no bpflock has left");
}

/* The mode of a socket that has no file yet becomes that of its file. */
static int bind_socket(int fd, const struct sockaddr_un *address)
{
	if (fchmod(fd, SOCKET_MODE) < 0 || bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
	    listen(fd, CONTROL_CONNECTIONS_MAX) < 0)
		return -errno;
	return 0;
}

int control_socket_open(const char *path, struct control_socket *ret, struct report *report)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat status = { 0 };
	int fd, error;

	assert(path[0] == '/' && strlen(path) < sizeof(address.sun_path)); /* see control_check_path() */
	memcpy(address.sun_path, path, strlen(path));
	error = make_directory(path, report);
	if (!error)
		error = make_room(&address, report);
	if (error)
		return error;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	error = fd < 0 ? -errno : bind_socket(fd, &address);
	if (error) {
		if (fd >= 0)
			close(fd);
		return fail(path, error, "let bpflock write to its directory, or choose another one", report,
			    "the socket cannot be made: %s", strerror(-error));
	}
	(void)lstat(path, &status);
	*ret = (struct control_socket){
		.path = xstrdup(path), .fd = fd, .device = status.st_dev, .inode = status.st_ino
	};
	return 0;
}

void control_socket_close(struct control_socket *socket)
{
	struct stat status;

	if (socket->fd < 0)
		return;
	if (lstat(socket->path, &status) == 0 && status.st_dev == socket->device && status.st_ino == socket->inode)
		(void)unlink(socket->path);
	close(socket->fd);
	free(socket->path);
	*socket = (struct control_socket)CONTROL_SOCKET_CLOSED;
}
