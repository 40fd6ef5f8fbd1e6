/*
 * fanload.h - a load for servers that pass on lines: this project's, IRC, NATS, Redis and MQTT
 *
 * A message is the same 64 bytes in every protocol:
 *
 *	|SSS NNNNNNNN TTTTTTTTTTTTTTTT and so on, LF
 *	 sender, its number, when it was sent (hexadecimal)
 *
 * A receiver looks for the bar, and compares what follows with the message of that sender that is
 * due to it, which its sender keeps: order, loss, repetition and damage of every delivery are
 * checked, and what a protocol has around a message need not be understood.
 *
 *	sender: says lines; up to `window` of them have not been heard by all
 *	client: a connection; hears the lines of all senders, or only says those of its own
 *
 * One thread; nothing is allocated for a line.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meter.h"

enum {
	TEXT_SIZE = 63, /* of a message without its LF */
	MESSAGE_SIZE = 64,
	PROBE = 0xfff,        /* instead of a sender: its number is the sender */
	SENDERS_MOST = PROBE, /* three hexadecimal digits */
	REST_SIZE = 512,      /* of what has come, but cannot be judged yet */
	OUT_SIZE = 128 << 10, /* of what the kernel has not taken yet */
	ASK_SIZE = 160,       /* of what a client asks for at once */
};

enum protocol { LINE, IRC, NATS, REDIS, MQTT };
enum work { FANOUT, LATENCY, STUCK, IDLE, CHURN, ECHO };

struct options {
	int port, pid;
	int protocol, work; /* enum protocol, enum work */
	int receivers, senders, window;
	int lines, warm; /* to be measured; before that */
	int coming;      /* clients that come at a time; of CHURN, that are there at a time */
	int stall_ms;    /* nothing is heard for so long: what is due is lost */
	double secs, rate;
};

/* A line that is under way. */
struct line {
	char text[MESSAGE_SIZE];
	uint64_t sent_at;
	int due; /* clients that have not heard it */
};

struct sender {
	struct client *client; /* or NULL: not there */
	struct line *lines;    /* a ring */
	uint32_t said;
	uint32_t done; /* heard by all */
	bool queued;   /* is in the load's queue */
};

struct client {
	int fd, number;
	enum { AWAY, CONNECTS, GREETS, THERE, GONE } state;
	int step;              /* of the protocol's greeting */
	bool subscribes;       /* is told what is said */
	bool stuck;            /* never reads */
	bool wants_out;        /* EPOLLOUT is asked for */
	struct sender *sender; /* or NULL */
	uint32_t *next;        /* of each sender, the number due; NULL: nothing is due to it */
	char *out, *rest;      /* NULL until they are needed */
	uint32_t out_begin, out_end, rest_size;
};

struct bytes {
	const char *data;
	size_t size;
};

/* What one protocol has around a message. */
struct wrap {
	struct bytes before, behind;
};

struct load {
	struct options options;
	struct wrap wrap;
	int epoll_fd;
	struct client *clients;
	struct sender *senders;
	int clients_count, senders_count;
	uint32_t mask; /* of the senders' rings */
	bool sending;  /* senders say what their windows allow */
	struct sender **queue;
	int queue_size;
	int there, hearing; /* clients that are there; and that lines are due to */
	uint8_t *probed;    /* by client and sender: heard a probe */
	long probes;
	uint64_t now; /* ns, when the bytes came that are looked at */
	uint64_t said, completed, deliveries;
	uint64_t lost, repeated, damaged, dropped, written_off;
	uint64_t progress_at; /* ns, when a line was heard last */
	uint64_t longest_silence;
	struct times latency, fan_out; /* until a client, until the last one has a line */
};

/* -- fanload-line.c: what is said, and how it comes back -- */

void line_compose(char *to, unsigned sender, uint32_t number, uint64_t sent_at);

/* Takes what has come for a client that lines are due to; may drop it. */
void line_hear(struct load *load, struct client *client, char *begin, char *end);

/* What stands between messages: answers a PING; may drop the client. */
void line_between(struct load *load, struct client *client, char *begin, char *end);

/* Keeps the last bytes of [begin, end) until more come. */
void line_keep(struct client *client, const char *begin, const char *end);

/* The client has got this line, or never will. */
void line_settle(struct load *load, struct sender *sender, struct line *line);

/* -- fanload-protocol.c: how each protocol greets, and what it has around a message -- */

struct wrap protocol_wrap(enum protocol protocol, enum work work);

/* Does it answer pings? */
bool protocol_pings(enum protocol protocol);

/* What the client has to ask for now, at most ASK_SIZE bytes; 0: it is there. */
size_t protocol_ask(enum protocol protocol, const struct client *client, char *to);

/* What tells that it got that. */
struct bytes protocol_answer(enum protocol protocol, const struct client *client);

/* -- fanload-link.c: connections -- */

void link_open(struct load *load, struct client *client);
void link_drop(struct load *load, struct client *client);
void link_send(struct load *load, struct client *client, const char *bytes, size_t size);

/* Serves one batch of events; sleeps for `secs` at most. */
void link_turn(struct load *load, double secs);

/* Gives the kernel what it takes; may drop the client. */
void link_flush(struct load *load, struct client *client);

/* -- fanload-say.c: who says how much -- */

/* Says so many lines at once. */
void say_lines(struct load *load, struct sender *sender, uint32_t count, uint64_t now);

/* Puts a sender into the queue. */
void say_later(struct load *load, struct sender *sender);

/* What the windows of those in the queue allow. */
void say_queued(struct load *load);

/* Nobody is in it: lines are said by the clock. */
void say_by_clock(struct load *load);

/* A text of a sender, as its protocol has it; waits with the rest. */
void say_text(struct load *load, struct client *client, const char *text);

/* -- fanload-come.c: who is there -- */

/* Everybody that the work needs, in memory. */
void come_prepare(struct load *load);

/* All clients connect and greet; returns how long it took, s. */
double come_all(struct load *load, double limit_s);

/* Returns when every receiver hears every sender. */
void come_probe(struct load *load);

/* -- fanload-works.c, fanload-guests.c: what is done -- */

void work_closed(struct load *load);
void work_clock(struct load *load);
void work_stuck(struct load *load);
void work_idle(struct load *load);
void work_churn(struct load *load);

/* Nothing was heard for too long, or the server is gone. */
bool work_is_stalled(const struct load *load, uint64_t now);

/* -- fanload-report.c: one JSON object -- */

/* What time it is, and what was spent by then; ns. */
struct spent {
	uint64_t wall, server, load;
};

struct spent report_spent(const struct load *load);
bool report_server_gone(const struct load *load);

void report_begin(const struct load *load);
void report_whole(const char *name, int64_t value);
void report_real(const char *name, double value);
void report_word(const char *name, const char *value);
void report_span(const struct load *load, struct spent from, struct spent to, uint64_t deliveries);
void report_faults(const struct load *load, bool stalled);
void report_end(void);
