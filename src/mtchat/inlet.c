/* inlet.c - keys from the terminal, and no wait for what is not there */
#include "mtchat/inlet.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "mtchat/charset.h"

enum {
	INLET_KEY_MS = 50,     /* within which the rest of a key comes */
	INLET_SIGNAL_MS = 100, /* how often signals are looked for while the rest does not come */
};

static struct inlet {
	int pushed; /* EOF: none */
	bool gone;
	char raw[CHARSET_PIECE];  /* of a character that is not whole, if the terminal has no UTF-8
				   */
	char made[CHARSET_PIECE]; /* what it became, and how much of that was taken */
	size_t raw_size, made_size, made_taken;
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

/* A byte of the terminal; EOF: there is none. */
static int take_raw(void)
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

/* What has come may be less than a character: then it waits for the rest. */
static void convert(int byte)
{
	size_t taken;

	inlet.raw[inlet.raw_size++] = (char)byte;
	inlet.made_size = charset_in(inlet.made, inlet.raw, inlet.raw_size, &taken);
	inlet.made_taken = 0;
	if (inlet.made_size == 0)
		return;
	inlet.raw_size -= taken;
	memmove(inlet.raw, inlet.raw + taken, inlet.raw_size);
}

bool inlet_holds(void)
{
	return inlet.made_taken < inlet.made_size;
}

int inlet_take(void)
{
	int byte;

	if (charset_is_utf8())
		return take_raw();
	while (!inlet_holds()) {
		byte = take_raw();
		if (byte == EOF)
			return EOF;
		convert(byte);
	}
	return (unsigned char)inlet.made[inlet.made_taken++];
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
	sigdelset(&pending, SIGCONT);
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
	return inlet_holds() || (look(INLET_KEY_MS) & POLLIN) != 0;
}

bool inlet_gone(void)
{
	return inlet.gone;
}
