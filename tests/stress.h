/*
 * stress.h - the load that checks itself: what its parts share
 *
 * Every line tells who said it and which of his lines it is; its text and length follow
 * from these two.  So each reader can check each byte, and one table (line number -> line), filled
 * by whoever sees a line first, is the one order that all others must see.
 *
 * Steady clients were there before the first line and never wait: they know the number of
 * each line by counting, and must not miss one.  Talkers keep what is unread by the slowest
 * of these below a third of the ring: so it is never their own fault if they do.
 */
#pragma once

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LINES_MAX = 1 << 26,   /* in the table; sparse */
	TALKERS_MAX = 1 << 22, /* 24 bits of a key */
	IN_SIZE = 192 << 10,   /* more than two of the longest lines */
	OUT_SIZE = 96 << 10,   /* what is composed at a time */
	ANSWERS_MAX = 4096,    /* that a client may wait for */
	WINDOW = 8 << 10,      /* bytes that a talker may have said and not heard */
	LAG_MAX = 24 << 10,    /* bytes that one steady client may be behind another */
};

enum kind {
	KIND_TALKER,  /* steady; says lines, asks, and says too long ones */
	KIND_EAR,     /* steady; only listens */
	KIND_STALLER, /* does not read for some milliseconds, now and then for longer */
	KIND_STUCK,   /* does not read for seconds, and asks all the time */
	KIND_GUEST,   /* comes, says a few lines, and goes in one way or another */
};

/* An answer that is due: a pong, or the notice that a line was too long. */
struct due {
	uint32_t after;  /* own lines said before */
	uint32_t length; /* of the line that was too long; 0: a pong */
};

struct client {
	enum kind kind;
	int fd;
	uint64_t random;
	uint32_t talker; /* number, from 1 */

	char out[OUT_SIZE]; /* composed, to be sent */
	size_t out_at, out_size;
	uint32_t said;    /* own lines composed */
	uint64_t unheard; /* bytes of these not come back */

	char in[IN_SIZE]; /* a line that is not whole */
	size_t in_size;
	bool placed;       /* the number of the last line is known */
	uint64_t position; /* the number of the last line */
	uint32_t heard;    /* own lines that have come back or were skipped */
	uint32_t heard_before_skip;
	bool after_skip;        /* answers from the gap come now */
	uint64_t slowed;        /* ms: when it was told so; 0: never */
	bool final;             /* has seen the last line of all */
	_Atomic uint64_t bytes; /* steady: of lines */

	struct due due[ANSWERS_MAX];
	uint32_t asked, answered;
};

struct stress {
	int port;
	const char *socket; /* path */
	int seconds, max_line;
	int patience;      /* s: longer silence is a fault */
	bool raw, limited; /* text = "raw"; rate_lines is set */

	_Atomic uint64_t *order; /* [n]: key of line n */
	_Atomic uint64_t last;   /* the highest number seen */
	atomic_uint talkers;
	atomic_bool finishing; /* say no more */
	_Atomic uint64_t lines, skips, skipped, pongs, refused, guests;
};

extern struct stress stress;

/* Tells what is wrong, and ends the program with status 1. */
void fail(const struct client *client, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

uint64_t now_ms(void);

/* A number below `below`. */
uint32_t draw(struct client *client, uint32_t below);

/* -- the lines: stress-lines.c -- */

void lines_init(bool raw);

/* Writes the talker's next line without LF, its length by the rule; returns the length. */
size_t lines_write(char *to, const struct client *client, uint32_t seq, bool may_be_cut);

/* Checks all that has come and takes it out of client->in. */
void lines_check(struct client *client);

/* -- one client: stress-client.c -- */

struct client *client_new(enum kind kind, bool local, int receive_buffer);
void client_free(struct client *client);

/* Composes one line, or a command with an answer. */
void client_say(struct client *client, bool may_be_cut);
void client_ask(struct client *client);
void client_say_too_much(struct client *client);

/* Sends a piece of what is composed. */
void client_send(struct client *client);

/* Receives once and checks it.  False at the end of the stream. */
bool client_receive(struct client *client);

/* Waits until it can receive or send (if there is something), for so long. */
void client_wait(struct client *client, bool reads, int timeout_ms, bool *readable);

/* Goes on until all that it said and asked has come back. */
void client_settle(struct client *client);

/* -- guests: stress-guests.c -- */

/* A thread that lets guests come and go until the end. */
void *guests_run(void *arg);
