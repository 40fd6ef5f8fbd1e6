/*
 * crowd.h - a load of many clients in many rooms, which checks all that it hears
 *
 * A room's lines have one order, and all who read them in one rendering hear the same bytes.  So
 * a line is taken apart only when the first of them hears it, and kept.  For everybody else one
 * memcmp() with what is kept is the whole check, over as many lines as came at once.
 *
 *	client -- reads --> copy (of the room in one rendering) -- holds --> lines of the room
 *	speaker: a client that says lines, too; up to `window` of them are under way
 *
 * One thread; nothing is allocated for a line.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LINE_SIZE = 64,    /* of what is said, with its LF */
	SPOKEN_MAX = 128,  /* of a line in text: with a name before it */
	EVENT_MAX = 512,   /* of a line in JSON */
	NAME_SIZE = 24,    /* of a room or a client, with its NUL */
	OPEN_WINDOW = 512, /* of a speaker that goes by the clock */
	ROOMS_MOST = 4096, /* and speakers of a room: three hexadecimal digits */
};

enum kind { TEXT, JSON, KINDS };

struct options {
	int port, pid;
	int rooms, receivers, senders, events; /* the last three: in each room */
	int window;
	double rate; /* lines a second in each room; 0: as the window allows */
	double secs, warm;
	bool named;
};

/* A line that a room has heard. */
struct line {
	uint64_t sent_at;
	uint32_t speaker, number;
	uint32_t due; /* clients that have not heard it */
};

/* What was heard of a room in one rendering. */
struct copy {
	char *bytes;    /* a ring */
	uint64_t size;  /* of that ring */
	uint64_t *ends; /* a ring as long as the room's: of each line, in bytes since the first */
	uint64_t lines, head;
};

struct room {
	char name[NAME_SIZE];
	int number;
	struct line *lines; /* a ring */
	uint64_t mask;      /* of that ring */
	uint64_t heard;     /* lines that somebody has heard */
	struct copy copies[KINDS];
	struct speaker *speakers;
	struct client *clients; /* the first are the speakers, the last read JSON Lines */
	uint32_t speakers_count, clients_count;
};

struct speaker {
	struct client *client;
	uint64_t window;
	uint64_t allowed;  /* so many lines by now; UINT64_MAX: as many as the window allows */
	uint64_t said;     /* given to the kernel, or waiting in `out` */
	uint64_t heard;    /* by somebody */
	uint64_t done;     /* heard by all */
	uint64_t *sent_at; /* a ring of `window` */
	char *out;         /* what the kernel has not taken yet */
	size_t out_begin, out_end;
};

struct client {
	int fd;
	enum kind kind;
	enum { COMES, WAITS, HEARS } state; /* COMES until its first pong, WAITS until its second */
	struct room *room;
	struct speaker *speaker; /* or NULL */
	uint64_t heard;          /* lines of its room */
	char name[NAME_SIZE];    /* "": none */
	char *rest;              /* of a line whose end has not come; or NULL */
	size_t rest_size;
};

struct crowd {
	struct options options;
	int epoll_fd;
	char *input; /* what one recv() got */
	struct room *rooms;
	struct client *clients; /* room by room */
	struct speaker *speakers;
	int clients_count, speakers_count;
	int arrived, ready;  /* clients that have got their first pong, their second */
	uint64_t last_heard; /* ns: when anything came */
};

/* -- crowd-figures.c: what was counted -- */

extern struct figures {
	uint64_t deliveries, bytes;
	uint64_t repeated, damaged, dropped;
} figures;

/* So many deliveries took so long. */
void figures_latency(uint64_t ns, uint64_t count);

/* Begins and ends the time that is measured; faults are counted before and behind it, too. */
void figures_begin(const struct crowd *crowd);
void figures_end(const struct crowd *crowd);

/* All of them as one JSON object, when nothing is under way.  False: there are faults. */
bool figures_print(const struct crowd *crowd, long rss_ready_kb);

/* -- crowd-line.c: what is said, and how it comes back -- */

/* The line `number` of that speaker of the room, LINE_SIZE bytes. */
void line_compose(char *to, int room, uint32_t speaker, uint32_t number);

/* Is that a line of the room, to the last byte?  Fills in speaker and number. */
bool line_read(const struct room *room, enum kind kind, const char *line, size_t size,
	       struct line *ret);

/* -- crowd-room.c: whether that is what all hear -- */

/* Filled in from `speakers` on, and its number, by the caller. */
void room_init(struct room *room, const struct options *options, uint64_t window);

/* Takes the lines of a client from bytes[0, size); returns how much of it they are. */
size_t room_hear(struct client *client, const char *bytes, size_t size, uint64_t now);

/* -- crowd-link.c: connections -- */

/* Connects, and asks for name, rendering and room. */
void link_open(struct crowd *crowd, struct client *client);

/* Asks for a pong: what its room has said comes before that. */
void link_ask(const struct client *client);

/* Serves one batch of events; sleeps until `until` at most, ns of clock_ns(). */
void link_turn(struct crowd *crowd, uint64_t until);

/* Says what window and clock allow. */
void link_say(struct crowd *crowd, struct speaker *speaker);
