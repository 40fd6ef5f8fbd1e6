/* a-chat.h - one chat, what its server says, and what it asks */
#pragma once

#include "lines.h"

#define KEY_1 "0f343b0931126a20f133d67c2b018a3b"
#define KEY_2 "1f343b0931126a20f133d67c2b018a3b"
#define NONCE "pptx2e6m-"
#define PING  "/ping " LINES_TOKEN "|"

static struct lines lines;
static struct chat *const chat = &lines.chat;

static inline void begin(struct chat_wish wish)
{
	lines_open(&lines, &wish);
}

static inline void end(void)
{
	lines_close(&lines);
}

static inline int hear_pong(const char *token)
{
	return lines_hear(&lines, "{\"ev\":\"pong\",\"token\":\"%s\"}", token);
}

/* What looks like a hello. */
static inline int say_hello(const char *room, const char *head, const char *you, const char *key)
{
	return lines_hear(
		&lines,
		"{\"ev\":\"hello\",\"proto\":1,\"server\":\"mtchatd 1\",\"room\":\"%s\","
		"\"head\":\"%s\",\"you\":%s%s%s,\"key\":\"%s\",\"limits\":{\"max_line\":4096}}",
		room, head, you ? "\"" : "", you ? you : "null", you ? "\"" : "", key);
}

/* The server's; if a pong is to be behind it, it is. */
static inline int hear_hello(const char *room, const char *head, const char *you, const char *key)
{
	int heard = say_hello(room, head, you, key);

	return chat->state == CHAT_ASKS ? heard | hear_pong(LINES_TOKEN) : heard;
}

static inline int hear_say(const char *id, const char *from, const char *text, const char *nonce)
{
	return lines_hear(&lines,
			  "{\"ev\":\"say\",\"id\":\"%s\",\"t\":\"2026-11-21T10:31:07.412Z\","
			  "\"room\":\"lobby\",\"from\":%s%s%s,\"text\":\"%s\"%s%s%s}",
			  id, from ? "\"" : "", from ? from : "null", from ? "\"" : "", text,
			  nonce ? ",\"n\":\"" : "", nonce ? nonce : "", nonce ? "\"" : "");
}

static inline int hear_notice(const char *code)
{
	return lines_hear(&lines, "{\"ev\":\"notice\",\"code\":\"%s\",\"text\":\"words\"}", code);
}

static inline int hear_replay(unsigned int count)
{
	return lines_hear(&lines, "{\"ev\":\"replay\",\"last\":2,\"lines\":%u}", count);
}

static inline int hear_live(const char *head)
{
	return lines_hear(&lines, "{\"ev\":\"live\",\"head\":\"%s\"}", head);
}

/* Live in the lobby, as "" or by name. */
static inline void go_live(const char *name, const char *head)
{
	struct chat_wish wish = {.last = 0};

	snprintf(wish.name, sizeof(wish.name), "%s", name);
	begin(wish);
	chat_connected(chat, &lines.out);
	hear_hello("lobby", head, NULL, KEY_1);
	if (*name)
		hear_notice("name_ok");
	hear_replay(0);
	hear_live(head);
	lines_sent(&lines);
}

static inline void come_back(const char *head)
{
	chat_lost(chat);
	lines_sent(&lines);
	chat_connected(chat, &lines.out);
	hear_hello("lobby", head, NULL, KEY_2);
}

#define sent_is(text, ...) ok(lines_sent_is(&lines, text), __VA_ARGS__)
