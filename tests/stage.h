/* stage.h - a contact and a scripted server, in turns in one thread: nobody waits for a clock */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "common/cleanup.h"
#include "common/deadline.h"
#include "mtchat/contact.h"

#include "tap.h"

enum { PATIENCE_MS = 20000, GOT_MAX = 1 << 20, SEEN_MAX = 4096 };

#define HELLO(key, head)                                                                           \
	"{\"ev\":\"hello\",\"proto\":1,\"room\":\"lobby\",\"head\":\"" head                        \
	"\",\"you\":null,\"key\":\"" key "\",\"limits\":{\"max_line\":4096}}\n"
#define NOTICE(code) "{\"ev\":\"notice\",\"code\":\"" code "\",\"text\":\"" code "\"}\n"
#define REPLAY       "{\"ev\":\"replay\",\"since\":\"e.1\",\"lines\":0}\n"
#define LIVE(head)   "{\"ev\":\"live\",\"head\":\"" head "\"}\n"
#define SAY(id, from, text)                                                                        \
	"{\"ev\":\"say\",\"id\":\"" id "\",\"room\":\"lobby\",\"from\":\"" from                    \
	"\",\"text\":\"" text "\"}\n"
#define BYE(reason) "{\"ev\":\"bye\",\"reason\":\"" reason "\"}\n"

struct stage {
	struct contact contact;
	struct target target;
	int listener, port;
	int fd;       /* the server's end; -1: nobody is connected */
	int links;    /* so many came */
	bool reads;   /* the server takes what comes */
	bool hurries; /* the client gives the server CONTACT_ASK_MS to say hello, as in earnest */
	char got[GOT_MAX]; /* by the server, not yet expected */
	size_t size;
	char seen[SEEN_MAX]; /* texts of what was heard and is to be shown: "text;text;" */
	int heard;           /* events */
	int flags;           /* of the last one */
	char raw[256];       /* the last one, as it came */
};

static struct stage stage;

static inline void stage_listen(void)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};

	name.sin_port = htons((uint16_t)stage.port);
	stage.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(stage.listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (stage.listener < 0 ||
	    bind(stage.listener, (struct sockaddr *)&name, sizeof(name)) < 0 ||
	    listen(stage.listener, 8) < 0 ||
	    getsockname(stage.listener, (struct sockaddr *)&name, &(socklen_t){sizeof(name)}) < 0)
		abort();
	stage.port = ntohs(name.sin_port);
}

static inline void stage_target(const char *text)
{
	const char *why;

	if (target_parse(&stage.target, text, &why) < 0)
		abort();
}

/* The server listens, and somebody called alice ("": nobody) dials it. */
static inline void stage_begin(const char *name, uint64_t timeout_ms)
{
	struct chat_wish wish = {.last = 0};
	char text[32];

	memset(&stage, 0, sizeof(stage));
	stage.fd = -1;
	stage.reads = true;
	stage_listen();
	snprintf(text, sizeof(text), "127.0.0.1:%d", stage.port);
	stage_target(text);
	snprintf(wish.name, sizeof(wish.name), "%s", name);
	if (contact_init(&stage.contact, &stage.target, &wish, timeout_ms) < 0)
		abort();
}

static inline void stage_hang_up(void)
{
	closep(&stage.fd);
	stage.fd = -1;
	stage.size = 0;
}

static inline void stage_end(void)
{
	contact_done(&stage.contact);
	stage_hang_up();
	closep(&stage.listener);
	stage.listener = -1;
}

static inline void stage_hear(void)
{
	struct event event;
	size_t size, used = strlen(stage.seen);
	const char *raw;

	while (contact_hear(&stage.contact, &event, &stage.flags, &raw, &size)) {
		stage.heard++;
		snprintf(stage.raw, sizeof(stage.raw), "%.*s", (int)(size < 255 ? size : 255), raw);
		if (stage.flags & HEARD_SHOWS && event.text && used < SEEN_MAX - 300)
			used += (size_t)snprintf(stage.seen + used, 300, "%.256s;", event.text);
		event_done(&event);
	}
}

static inline void stage_receive(void)
{
	ssize_t size = read(stage.fd, stage.got + stage.size, GOT_MAX - stage.size - 1);

	if (size > 0)
		stage.size += (size_t)size;
	else if (size == 0 || errno != EAGAIN)
		stage_hang_up();
	stage.got[stage.size] = '\0';
}

/* On a slow machine the server may need longer than its second to say hello: then it has longer,
 * but where that second is what is tested. */
static inline void stage_give_time(void)
{
	if (!stage.hurries && stage.contact.state == CONTACT_ASKS &&
	    stage.contact.deadline_ms != DEADLINE_NEVER)
		stage.contact.deadline_ms = clock_boot_ms() + PATIENCE_MS;
}

/* Everybody does what there is to do, once. */
static inline void stage_turn(void)
{
	struct pollfd fds[] = {
		contact_poll(&stage.contact),
		{.fd = stage.fd < 0 ? stage.listener : -1, .events = POLLIN},
		{.fd = stage.reads ? stage.fd : -1, .events = POLLIN},
	};
	uint64_t limit;

	stage_give_time();
	limit = deadline_earlier(contact_deadline(&stage.contact), clock_boot_ms() + 100);
	poll(fds, 3, deadline_boot_timeout(limit));
	contact_work(&stage.contact, fds[0].revents);
	stage_hear();
	if (fds[1].revents) {
		stage.fd = accept4(stage.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		stage.links++;
	}
	if (fds[2].revents)
		stage_receive();
}

/* Turns until cond is true: whether it came to be. */
#define stage_until(cond)                                                                          \
	({                                                                                         \
		uint64_t limit_ = clock_boot_ms() + PATIENCE_MS;                                   \
		while (!(cond) && clock_boot_ms() < limit_)                                        \
			stage_turn();                                                              \
		!!(cond);                                                                          \
	})

#define becomes(cond, ...) ok(stage_until(cond), __VA_ARGS__)

static inline bool stage_is(enum contact_state state)
{
	return stage.contact.state == state;
}

/* What the server sends; it has room, or somebody reads it. */
static inline void stage_send(const char *text, size_t size)
{
	uint64_t limit = clock_boot_ms() + PATIENCE_MS;
	size_t sent = 0;
	ssize_t some;

	while (sent < size && clock_boot_ms() < limit) {
		some = send(stage.fd, text + sent, size - sent, MSG_NOSIGNAL);
		if (some > 0)
			sent += (size_t)some;
		else
			stage_turn();
	}
}

static inline void stage_say(const char *text)
{
	stage_send(text, strlen(text));
}

/* The next line that the server gets is this one: then it is done with. */
static inline bool stage_gets(const char *line)
{
	size_t size = strlen(line);

	if (!stage_until(stage.size >= size && memchr(stage.got, '\n', stage.size)) ||
	    memcmp(stage.got, line, size) != 0) {
		printf("# wanted %s# got %.200s\n", line, stage.got);
		return false;
	}
	memmove(stage.got, stage.got + size, stage.size + 1 - size);
	stage.size -= size;
	return true;
}

#define gets_line(line, ...) ok(stage_gets(line), __VA_ARGS__)

/* /ping with the contact's token comes, and its pong goes. */
static inline bool stage_greet(void)
{
	char line[100];
	bool good;

	snprintf(line, sizeof(line), "/ping %s\n", stage.contact.chat.token);
	good = stage_gets(line);
	snprintf(line, sizeof(line), "{\"ev\":\"pong\",\"token\":\"%s\"}\n",
		 stage.contact.chat.token);
	stage_say(line);
	return good;
}

/* From the link to live, for alice, who has not been there before. */
static inline void stage_welcome(void)
{
	bool good = stage_gets("/json\n");

	stage_say(HELLO("k1", "e.1"));
	good = good && stage_greet() && stage_gets("/name alice\n");
	stage_say(NOTICE("name_ok"));
	good = good && stage_gets("/since e.1\n");
	stage_say(REPLAY LIVE("e.1"));
	ok(stage_until(chat_is_up(&stage.contact.chat)) && good, "alice is there, and all is live");
	stage.seen[0] = '\0';
}
