/* capture.h - what goes to stderr ends in a pipe, for the test to read when it likes */
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CAPTURE_WAIT_MS = 20000 };

struct capture {
	int read_fd;
	int saved_fd; /* the real stderr */
};

static inline void must(bool good, const char *what)
{
	if (good)
		return;
	printf("Bail out! %s\n", what);
	exit(EXIT_FAILURE);
}

static inline void capture_begin(struct capture *ret)
{
	int fds[2];

	must(pipe2(fds, O_CLOEXEC) == 0, "pipe2");
	ret->saved_fd = dup(STDERR_FILENO);
	must(ret->saved_fd >= 0 && dup2(fds[1], STDERR_FILENO) >= 0, "dup");
	close(fds[1]);
	ret->read_fd = fds[0];
}

static inline void capture_end(struct capture *capture)
{
	must(dup2(capture->saved_fd, STDERR_FILENO) >= 0, "dup2");
	close(capture->saved_fd);
	close(capture->read_fd);
}

/* The next line without its LF; "" if none comes in time. */
static inline const char *capture_line(struct capture *capture, char *line, size_t size)
{
	size_t length = 0;

	while (length + 1 < size) {
		struct pollfd readable = {.fd = capture->read_fd, .events = POLLIN};

		if (poll(&readable, 1, CAPTURE_WAIT_MS) != 1 ||
		    read(capture->read_fd, line + length, 1) != 1)
			length = 0;
		else if (line[length] != '\n') {
			length++;
			continue;
		}
		break;
	}
	line[length] = '\0';
	return line;
}

/* Whether nothing waits to be read. */
static inline bool capture_is_empty(struct capture *capture)
{
	return poll(&(struct pollfd){.fd = capture->read_fd, .events = POLLIN}, 1, 0) == 0;
}

/* Fills the pipe up; returns how many bytes it took. */
static inline size_t capture_fill(void)
{
	int flags = fcntl(STDERR_FILENO, F_GETFL);
	size_t filled = 0;

	must(fcntl(STDERR_FILENO, F_SETFL, flags | O_NONBLOCK) == 0, "fcntl");
	while (write(STDERR_FILENO, "x", 1) == 1)
		filled++;
	must(fcntl(STDERR_FILENO, F_SETFL, flags) == 0, "fcntl");
	return filled;
}

/* $JOURNAL_STREAM as the service manager sets it, for what stderr is now. */
static inline void capture_is_journal(void)
{
	char stream[64];
	struct stat st;

	must(fstat(STDERR_FILENO, &st) == 0, "fstat");
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	must(setenv("JOURNAL_STREAM", stream, 1) == 0, "setenv");
}
