/* inlet.c - keys from the terminal, and no wait for what is not there */
#include "mtchat/inlet.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

enum {
	INLET_KEY_MS = 50,     /* within which the rest of a key comes */
	INLET_SIGNAL_MS = 100, /* how often signals are looked for while the rest does not come */
};

static struct inlet {
	int pushed; /* EOF: none */
	bool gone;
} inlet = {.pushed = EOF};

void inlet_open(void)
{
	struct termios settings;

	inlet = (struct inlet){.pushed = EOF};
	if (tcgetattr(STDIN_FILENO, &settings) < 0)
		return;
	settings.c_cc[VMIN] = 0;
	settings.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &settings);
}

/* What poll() says of stdin. */
static int look(int timeout_ms)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&in, 1, timeout_ms) > 0 ? in.revents : 0;
}

int inlet_take(void)
{
	unsigned char byte;
	ssize_t size;

	do {
		size = read(STDIN_FILENO, &byte, 1);
	} while (size < 0 && errno == EINTR);
	if (size == 1)
		return byte;
	if (size < 0 ? errno != EAGAIN : (look(0) & (POLLHUP | POLLERR | POLLNVAL)) != 0)
		inlet.gone = true;
	return EOF;
}

void inlet_push(int byte)
{
	inlet.pushed = byte;
}

static bool signal_waits(void)
{
	sigset_t pending;

	sigpending(&pending);
	sigdelset(&pending, SIGWINCH);
	return !sigisemptyset(&pending);
}

/* readline's own would hand over a half typed line when the terminal vanishes. */
int inlet_read(FILE *in)
{
	int byte = inlet.pushed;

	(void)in;
	inlet.pushed = EOF;
	while (byte == EOF && !inlet.gone) {
		byte = inlet_take();
		if (byte == EOF && !look(INLET_SIGNAL_MS) && signal_waits())
			break;
	}
	return byte;
}

bool inlet_has_more(void)
{
	return (look(INLET_KEY_MS) & POLLIN) != 0;
}

bool inlet_gone(void)
{
	return inlet.gone;
}
