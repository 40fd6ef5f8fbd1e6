/* outlet.c - what is to be drawn on the terminal, collected, and written at once */
#include "mtchat/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/readline.h>

#include "mtchat/charset.h"
#include "mtchat/safe.h"

enum {
	OUTLET_KEPT_SIZE = 65536, /* a larger buffer goes when it was written */
	OUTLET_SIGNAL_MS = 100,   /* how often signals are looked for while nothing is taken */
	OUTLET_HURRY_MS = 1000,   /* the longest wait for a terminal that takes nothing */
};

static struct outlet {
	int fd;  /* where it is written */
	int own; /* the same terminal, opened once more; -1: it could not be */
	FILE *stream;
	char *bytes; /* what readline has flushed, but we have not written */
	size_t size, room;
	bool gone;
	bool hurried;
} outlet = {.fd = -1, .own = -1};

/*
 * The terminal as a file of our own, that does not let us wait: stdout's flags are also those of
 * the shell and its other children.  Who was made another user may not open it: then a terminal
 * that takes nothing stops us, signals or not.
 */
static int open_own(int fd)
{
	char name[PATH_MAX];

	if (ttyname_r(fd, name, sizeof(name)) != 0)
		return -1;
	return open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* Is a signal that ends us blocked and waiting?  Who reads it waits for us meanwhile. */
static bool end_waits(void)
{
	static const int ends[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	sigset_t pending;

	sigpending(&pending);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (sigismember(&pending, ends[i]))
			return true;
	return false;
}

/* The terminal takes nothing now: ^S, or a link or a multiplexer that is stuck. */
static void wait_for_terminal(void)
{
	struct pollfd out = {.fd = outlet.fd, .events = POLLOUT};
	int timeout_ms = outlet.hurried ? OUTLET_HURRY_MS : OUTLET_SIGNAL_MS;

	if (poll(&out, 1, timeout_ms) == 0 && (outlet.hurried || end_waits()))
		outlet.gone = true;
}

static void write_all(const char *bytes, size_t size)
{
	while (size > 0 && !outlet.gone) {
		ssize_t written = write(outlet.fd, bytes, size);

		if (written >= 0) {
			bytes += written;
			size -= (size_t)written;
		} else if (errno == EAGAIN) {
			wait_for_terminal();
		} else if (errno != EINTR) {
			outlet.gone = true;
		}
	}
}

static size_t character_size(const char *text, size_t left)
{
	size_t size = 1;

	while (size < left && ((unsigned char)text[size] & 0xc0) == 0x80)
		size++;
	return size;
}

/* For a terminal that has no UTF-8.  What its encoding lacks is as wide as it would be. */
static void convert_to(FILE *to, const char *bytes, size_t left)
{
	while (left > 0) {
		size_t size = character_size(bytes, left), made;
		char piece[CHARSET_PIECE];

		made = charset_out(piece, bytes, size);
		if (made > 0)
			fwrite(piece, 1, made, to);
		else
			fprintf(to, "%.*s", (int)safe_width(bytes, size), "??");
		bytes += size;
		left -= size;
	}
}

static void write_all_converted(const char *bytes, size_t size)
{
	char *text = NULL;
	size_t length = 0;
	FILE *to = open_memstream(&text, &length);

	if (!to)
		return; /* it is drawn with the next */
	convert_to(to, bytes, size);
	fclose(to);
	write_all(text, length);
	free(text);
}

static void write_text(const char *bytes, size_t size)
{
	if (charset_is_utf8())
		write_all(bytes, size);
	else
		write_all_converted(bytes, size);
}

static void write_collected(void)
{
	write_text(outlet.bytes, outlet.size);
	outlet.size = 0;
	if (outlet.room <= OUTLET_KEPT_SIZE)
		return;
	free(outlet.bytes);
	outlet.bytes = NULL;
	outlet.room = 0;
}

static ssize_t collect(void *cookie, const char *bytes, size_t size)
{
	(void)cookie;
	if (size > outlet.room - outlet.size) {
		size_t room = 2 * (outlet.room + size);
		char *grown = realloc(outlet.bytes, room);

		if (!grown) { /* then it flickers */
			write_collected();
			write_text(bytes, size);
			return (ssize_t)size;
		}
		outlet.bytes = grown;
		outlet.room = room;
	}
	memcpy(outlet.bytes + outlet.size, bytes, size);
	outlet.size += size;
	return (ssize_t)size;
}

FILE *outlet_open(int fd)
{
	outlet = (struct outlet){.fd = fd, .own = open_own(fd)};
	if (outlet.own >= 0)
		outlet.fd = outlet.own;
	outlet.stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = collect});
	if (!outlet.stream && outlet.own >= 0)
		close(outlet.own);
	return outlet.stream;
}

void outlet_close(void)
{
	if (!outlet.stream)
		return;
	outlet_flush();
	fclose(outlet.stream);
	free(outlet.bytes);
	if (outlet.own >= 0)
		close(outlet.own);
	outlet = (struct outlet){.fd = -1, .own = -1};
}

void outlet_flush(void)
{
	fflush(outlet.stream);
	write_collected();
}

void outlet_hurry(void)
{
	outlet.hurried = true;
}

bool outlet_gone(void)
{
	return outlet.gone;
}

void outlet_control(const char *name)
{
	const char *text = rl_get_termcap(name);

	while (text && *text) {
		const char *pause = strstr(text, "$<");
		size_t size = pause ? (size_t)(pause - text) : strlen(text);

		fwrite(text, 1, size, outlet.stream);
		text = pause ? strchr(pause, '>') : NULL;
		if (text)
			text++;
	}
}
