/*
 * chat-ask.h - what a chat asks the server for: inside of chat*.c
 *
 * Pure.  Each writes one question to `out`, which has room for it.
 */
#pragma once

#include "mtchat/chat.h"

/* A /ping with the token: what comes before its pong may be anybody's. */
void chat_ask_pong(struct chat *chat, struct buffer *out);

/* The next thing that there is to ask, and the state that goes with it. */
void chat_ask_next(struct chat *chat, struct buffer *out);

/* That name, by all the old keys; if there are none, or `keyless`, also without: a few KiB. */
void chat_ask_name(struct chat *chat, const char *name, bool keyless, struct buffer *out);

/* /last: there is no line to begin behind. */
void chat_ask_last(struct chat *chat, struct buffer *out);

/* The rooms, for completion: nobody is to see them. */
void chat_ask_rooms(struct chat *chat, struct buffer *out);

/* Is it another room than the one where it was live last? */
bool chat_begins(const struct chat *chat);

/* The command that was sent and not answered: /name, /join; NULL: none was. */
struct waiting_line *chat_pending(struct chat *chat);

/* Is it one word, which can stand in a command?  A server could make it something else. */
bool chat_is_word(const char *text);

/* A copy of a word, cut to what fits; "" of what is none, or NULL. */
void chat_copy(char *to, size_t size, const char *text);
