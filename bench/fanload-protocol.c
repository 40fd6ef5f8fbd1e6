/* fanload-protocol.c - how each protocol greets, and what it has around a message */
#include <stdio.h>
#include <string.h>

#include "fanload.h"

/* Six of them become the number of the client. */
enum { NUMBER_MARK = '~', NUMBER_SIZE = 6, STEPS_MOST = 2 };

#define BYTES(text) ((struct bytes){(text), sizeof(text) - 1})

static const struct wrap wraps[] = {
	[LINE] = {BYTES(""), BYTES("\n")},
	[IRC] = {BYTES("PRIVMSG #c :"), BYTES("\r\n")},
	[NATS] = {BYTES("PUB c 64\r\n"), BYTES("\n\r\n")},
	[REDIS] = {BYTES("*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$64\r\n"), BYTES("\n\r\n")},
	[MQTT] = {BYTES("\x30\x43\x00\x01"
			"c"),
		  BYTES("\n")},
};
static const struct wrap redis_echo = {BYTES("*2\r\n$4\r\nECHO\r\n$64\r\n"), BYTES("\n\r\n")};

struct step {
	struct bytes ask, answer;
};

#define NATS_CONNECT "CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":true}\r\n"

#define NATS_STEP(subscription) BYTES(NATS_CONNECT subscription "PING\r\n"), BYTES("PONG\r\n")

#define IRC_STEP BYTES("NICK n~~~~~~\r\nUSER u 0 * :u\r\n"), BYTES(" 001 ")

/* Version 3.1.1, clean, never asked whether it is alive. */
#define MQTT_STEP                                                                                  \
	BYTES("\x10\x13\x00\x04MQTT\x04\x02\x00\x00\x00\x07"                                       \
	      "f~~~~~~"),                                                                          \
		BYTES("\x20\x02\x00\x00")

/* What is asked for one after the other, by those who do not subscribe and by those who do. */
static const struct step steps[][2][STEPS_MOST] = {
	[LINE] = {{{{NULL, 0}, {NULL, 0}}}},
	[IRC] = {{{IRC_STEP}}, {{IRC_STEP}, {BYTES("JOIN #c\r\n"), BYTES(" 366 ")}}},
	[NATS] = {{{NATS_STEP("")}}, {{NATS_STEP("SUB c 1\r\n")}}},
	[REDIS] = {{{BYTES("PING\r\n"), BYTES("+PONG\r\n")}},
		   {{BYTES("SUBSCRIBE c\r\n"), BYTES("subscribe\r\n")}}},
	[MQTT] = {{{MQTT_STEP}},
		  {{MQTT_STEP},
		   {BYTES("\x82\x06\x00\x01\x00\x01"
			  "c\x00"),
		    BYTES("\x90\x03\x00\x01")}}},
};

struct wrap protocol_wrap(enum protocol protocol, enum work work)
{
	if (work == ECHO && protocol != LINE && protocol != REDIS)
		give_up("only --proto line and redis can echo");
	return work == ECHO && protocol == REDIS ? redis_echo : wraps[protocol];
}

bool protocol_pings(enum protocol protocol)
{
	return protocol == IRC || protocol == NATS;
}

static const struct step *step_of(enum protocol protocol, const struct client *client)
{
	const struct step *step = &steps[protocol][client->subscribes][client->step];

	return client->step < STEPS_MOST && step->ask.size ? step : NULL;
}

size_t protocol_ask(enum protocol protocol, const struct client *client, char *to)
{
	const struct step *step = step_of(protocol, client);
	char number[NUMBER_SIZE + 1], *mark;

	if (!step)
		return 0;
	memcpy(to, step->ask.data, step->ask.size);
	mark = memchr(to, NUMBER_MARK, step->ask.size);
	if (mark) {
		snprintf(number, sizeof(number), "%06x", (unsigned)client->number & 0xffffff);
		memcpy(mark, number, NUMBER_SIZE);
	}
	return step->ask.size;
}

struct bytes protocol_answer(enum protocol protocol, const struct client *client)
{
	const struct step *step = step_of(protocol, client);

	return step ? step->answer : (struct bytes){"", 0};
}
