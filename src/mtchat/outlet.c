/* outlet.c - what is to be drawn on the terminal, collected, and written at once */
#include "mtchat/outlet.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/readline.h>

enum { OUTLET_KEPT_SIZE = 65536 }; /* a larger buffer goes when it was written */

static struct outlet {
	int fd;
	FILE *stream;
	char *bytes; /* what readline has flushed, but we have not written */
	size_t size, room;
	bool gone;
} outlet = {.fd = -1};

static void write_all(const char *bytes, size_t size)
{
	while (size > 0 && !outlet.gone) {
		ssize_t written = write(outlet.fd, bytes, size);

		if (written >= 0) {
			bytes += written;
			size -= (size_t)written;
		} else if (errno == EAGAIN) { /* a shell's other child made it non-blocking */
			poll(&(struct pollfd){.fd = outlet.fd, .events = POLLOUT}, 1, -1);
		} else if (errno != EINTR) {
			outlet.gone = true;
		}
	}
}

static void write_collected(void)
{
	write_all(outlet.bytes, outlet.size);
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
			write_all(bytes, size);
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
	outlet = (struct outlet){.fd = fd};
	outlet.stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = collect});
	return outlet.stream;
}

void outlet_close(void)
{
	if (!outlet.stream)
		return;
	outlet_flush();
	fclose(outlet.stream);
	free(outlet.bytes);
	outlet = (struct outlet){.fd = -1};
}

void outlet_flush(void)
{
	fflush(outlet.stream);
	write_collected();
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
