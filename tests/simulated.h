/*
 * simulated.h - a chat server without sockets or time: lines come in, lines of JSON go out
 *
 * As the real one does, it answers in order, knows nonces, hands a name over by its key, and lets
 * a room's log go when nobody is in it.  A connection that was cut goes on until all that is on its
 * way has arrived, and holds its name until then and longer.
 */
#pragma once

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIM_ROOMS = 4, SIM_LINKS = 64, SIM_SAID = 4096, SIM_LOG = 4096, SIM_WORD = 80 };

/* Bytes on their way. */
struct sim_flow {
	char bytes[1 << 18];
	size_t size;
};

struct sim_room {
	char name[SIM_WORD];
	unsigned int epoch;
	uint64_t count, oldest; /* lines ever; the first that is held */
	char *lines[SIM_LOG];
};

struct sim_link {
	bool used, json, cut;
	char name[SIM_WORD], key[SIM_WORD];
	struct sim_room *room;
	struct sim_flow in, out;
};

/* A line that was said: whatever log it was in. */
struct sim_said {
	char room[SIM_WORD], from[SIM_WORD], text[SIM_WORD];
};

struct sim {
	struct sim_room rooms[SIM_ROOMS];
	struct sim_link links[SIM_LINKS];
	struct sim_said said[SIM_SAID];
	size_t said_count;
	char nonces[SIM_SAID][2 * SIM_WORD];
	size_t nonce_count;
	unsigned int epochs, keys;
	uint64_t held; /* lines of a room that are held; 0: all */
};

static inline void sim_fail(const char *what)
{
	printf("Bail out! the simulation has no room for %s\n", what);
	exit(EXIT_FAILURE);
}

static inline void sim_put(struct sim_flow *flow, const char *bytes, size_t size)
{
	if (size > sizeof(flow->bytes) - flow->size)
		sim_fail("bytes");
	memcpy(flow->bytes + flow->size, bytes, size);
	flow->size += size;
}

static inline void sim_take(struct sim_flow *flow, size_t size)
{
	flow->size -= size;
	memmove(flow->bytes, flow->bytes + size, flow->size);
}

__attribute__((format(printf, 2, 3))) static inline void sim_tell(struct sim_link *link,
								  const char *format, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line) - 1, format, ap);
	va_end(ap);
	strcat(line, "\n");
	if (link->json && !link->cut)
		sim_put(&link->out, line, strlen(line));
}

static inline void sim_notice(struct sim_link *link, const char *code)
{
	sim_tell(link, "{\"ev\":\"notice\",\"code\":\"%s\",\"text\":\"-\"}", code);
}

static inline void sim_room_begin(struct sim *sim, struct sim_room *room)
{
	for (uint64_t i = 0; i < room->count; i++) {
		free(room->lines[i]);
		room->lines[i] = NULL;
	}
	room->epoch = ++sim->epochs;
	room->count = 0;
	room->oldest = 1;
}

static inline struct sim_room *sim_room(struct sim *sim, const char *name)
{
	for (size_t i = 0; i < SIM_ROOMS; i++) {
		struct sim_room *room = &sim->rooms[i];

		if (!*room->name) {
			snprintf(room->name, sizeof(room->name), "%s", name);
			sim_room_begin(sim, room);
		}
		if (strcmp(room->name, name) == 0)
			return room;
	}
	sim_fail("rooms");
	return NULL;
}

static inline void sim_log(struct sim *sim, struct sim_room *room, const char *rest)
{
	char line[512];

	if (room->count == SIM_LOG)
		sim_fail("a log");
	snprintf(line, sizeof(line), "%.*s,\"id\":\"e%u.%" PRIu64 "\",\"room\":\"%s\"%s",
		 (int)strcspn(rest, ","), rest, room->epoch, room->count + 1, room->name,
		 rest + strcspn(rest, ","));
	room->lines[room->count++] = strdup(line);
	if (sim->held && room->count - room->oldest + 1 > sim->held)
		room->oldest = room->count - sim->held + 1;
	for (size_t i = 0; i < SIM_LINKS; i++)
		if (sim->links[i].used && sim->links[i].room == room)
			sim_tell(&sim->links[i], "%s", line);
}

static inline void sim_happen(struct sim *sim, struct sim_room *room, const char *event,
			      const char *name, const char *to)
{
	char rest[256];

	snprintf(rest, sizeof(rest), "{\"ev\":\"%s\",\"name\":\"%s\",\"to\":\"%s\"}", event, name,
		 to);
	sim_log(sim, room, rest);
}

static inline void sim_say(struct sim *sim, struct sim_room *room, const char *event,
			   const char *from, const char *text, const char *nonce)
{
	struct sim_said *said = &sim->said[sim->said_count++];
	char rest[384];

	if (sim->said_count == SIM_SAID)
		sim_fail("what is said");
	snprintf(said->room, sizeof(said->room), "%s", room->name);
	snprintf(said->from, sizeof(said->from), "%s", from);
	snprintf(said->text, sizeof(said->text), "%.79s", text);
	snprintf(rest, sizeof(rest), "{\"ev\":\"%s\",\"from\":%s%s%s,\"text\":\"%.79s\"%s%s%s}",
		 event, *from ? "\"" : "", *from ? from : "null", *from ? "\"" : "", text,
		 *nonce ? ",\"n\":\"" : "", nonce, *nonce ? "\"" : "");
	sim_log(sim, room, rest);
}

/* It is in no room any more; another room than the lobby that nobody is in is gone. */
static inline void sim_leave(struct sim *sim, struct sim_link *link)
{
	struct sim_room *room = link->room;

	link->room = NULL;
	if (*link->name)
		sim_happen(sim, room, "leave", link->name, "");
	for (size_t i = 0; i < SIM_LINKS; i++)
		if (sim->links[i].used && sim->links[i].room == room)
			return;
	if (room != &sim->rooms[0])
		sim_room_begin(sim, room);
}

static inline void sim_end(struct sim *sim, struct sim_link *link)
{
	sim_leave(sim, link);
	link->used = false;
}

static inline struct sim_link *sim_connect(struct sim *sim)
{
	for (size_t i = 0; i < SIM_LINKS; i++) {
		struct sim_link *link = &sim->links[i];

		if (link->used)
			continue;
		link->used = true;
		link->json = link->cut = false;
		link->name[0] = '\0';
		link->in.size = link->out.size = 0;
		link->room = sim_room(sim, "lobby");
		snprintf(link->key, sizeof(link->key), "key%u", ++sim->keys);
		return link;
	}
	sim_fail("links");
	return NULL;
}

/* -- commands -- */

static inline void sim_hello(struct sim_link *link)
{
	sim_tell(link,
		 "{\"ev\":\"hello\",\"room\":\"%s\",\"head\":\"e%u.%" PRIu64
		 "\",\"you\":%s%s%s,\"key\":\"%s\",\"limits\":{\"max_line\":4096}}",
		 link->room->name, link->room->epoch, link->room->count, *link->name ? "\"" : "",
		 *link->name ? link->name : "null", *link->name ? "\"" : "", link->key);
}

static inline void sim_join(struct sim *sim, struct sim_link *link, const char *name)
{
	struct sim_room *room;

	if (*name == '?') {
		sim_notice(link, "bad_room");
		return;
	}
	room = sim_room(sim, name);
	if (room == link->room) {
		sim_hello(link);
		return;
	}
	sim_leave(sim, link);
	link->room = room;
	sim_hello(link);
	if (*link->name)
		sim_happen(sim, room, "join", link->name, "");
}

/* Who has the name, if it is not the link itself. */
static inline struct sim_link *sim_holder(struct sim *sim, const struct sim_link *link,
					  const char *name)
{
	for (size_t i = 0; i < SIM_LINKS; i++)
		if (sim->links[i].used && &sim->links[i] != link &&
		    strcmp(sim->links[i].name, name) == 0)
			return &sim->links[i];
	return NULL;
}

static inline void sim_name(struct sim *sim, struct sim_link *link, const char *arguments)
{
	char name[SIM_WORD] = "", key[SIM_WORD] = "", before[SIM_WORD];
	struct sim_link *holder;
	bool quietly = false;

	sscanf(arguments, "%79s %79s", name, key);
	holder = sim_holder(sim, link, name);
	if (holder && strcmp(holder->key, key) != 0) {
		sim_notice(link, "name_taken");
		return;
	}
	if (holder) {
		quietly = holder->room == link->room && !*link->name;
		if (quietly)
			holder->name[0] = '\0';
		sim_end(sim, holder);
	}
	memcpy(before, link->name, sizeof(before));
	memcpy(link->name, name, sizeof(name));
	sim_notice(link, "name_ok");
	if (!quietly && strcmp(before, name) != 0)
		sim_happen(sim, link->room, *before ? "rename" : "join", *before ? before : name,
			   name);
}

static inline void sim_replay(struct sim_link *link, const char *mark, uint64_t after)
{
	const struct sim_room *room = link->room;

	if (after + 1 < room->oldest) {
		sim_tell(link,
			 "{\"ev\":\"skip\",\"from\":\"e%u.%" PRIu64 "\",\"to\":\"e%u.%" PRIu64
			 "\",\"lines\":%" PRIu64 "}",
			 room->epoch, after + 1, room->epoch, room->oldest - 1,
			 room->oldest - 1 - after);
		after = room->oldest - 1;
	}
	sim_tell(link, "{\"ev\":\"replay\",%s,\"lines\":%" PRIu64 "}", mark, room->count - after);
	for (uint64_t i = after; i < room->count; i++)
		sim_tell(link, "%s", room->lines[i]);
	sim_tell(link, "{\"ev\":\"live\",\"head\":\"e%u.%" PRIu64 "\"}", room->epoch, room->count);
}

static inline void sim_since(struct sim_link *link, const char *id)
{
	unsigned int epoch = 0;
	uint64_t number = 0;

	if (sscanf(id, "e%u.%" SCNu64, &epoch, &number) != 2)
		sim_notice(link, "bad_id");
	else if (epoch != link->room->epoch)
		sim_notice(link, "history_restarted");
	else if (number > link->room->count)
		sim_notice(link, "bad_id");
	else
		sim_replay(link, "\"since\":\"-\"", number);
}

static inline void sim_last(struct sim_link *link, uint64_t count)
{
	uint64_t held = link->room->count + 1 - link->room->oldest;

	sim_replay(link, "\"last\":0", link->room->count - (count < held ? count : held));
}

/* -- lines -- */

static inline bool sim_is_known(struct sim *sim, const char *name, const char *nonce)
{
	char both[2 * SIM_WORD];

	snprintf(both, sizeof(both), "%s %s", name, nonce);
	for (size_t i = 0; i < sim->nonce_count; i++)
		if (strcmp(sim->nonces[i], both) == 0)
			return true;
	if (sim->nonce_count == SIM_SAID)
		sim_fail("nonces");
	memcpy(sim->nonces[sim->nonce_count++], both, sizeof(both));
	return false;
}

static inline void sim_obey(struct sim *sim, struct sim_link *link, const char *line)
{
	if (strcmp(line, "/json") == 0) {
		link->json = true;
		sim_hello(link);
	} else if (strncmp(line, "/ping ", 6) == 0) {
		sim_tell(link, "{\"ev\":\"pong\",\"token\":\"%s\"}", line + 6);
	} else if (strncmp(line, "/join ", 6) == 0) {
		sim_join(sim, link, line + 6);
	} else if (strncmp(line, "/name ", 6) == 0) {
		sim_name(sim, link, line + 6);
	} else if (strncmp(line, "/since ", 7) == 0) {
		sim_since(link, line + 7);
	} else if (strncmp(line, "/last ", 6) == 0) {
		sim_last(link, strtoull(line + 6, NULL, 10));
	} else if (strcmp(line, "/who") == 0) {
		sim_tell(link, "{\"ev\":\"who\",\"room\":\"%s\",\"names\":[]}", link->room->name);
	} else if (strcmp(line, "/rooms") == 0) {
		sim_tell(link, "{\"ev\":\"rooms\",\"rooms\":[],\"more\":0}");
	} else {
		sim_notice(link, "unknown_command");
	}
}

static inline void sim_hear(struct sim *sim, struct sim_link *link, char *line)
{
	char nonce[SIM_WORD] = "";
	bool acts;

	if (*link->name && strncmp(line, "@n=", 3) == 0) {
		snprintf(nonce, sizeof(nonce), "%.*s", (int)strcspn(line + 3, " "), line + 3);
		line += strcspn(line, " ") + 1;
	}
	acts = *link->name && strncmp(line, "/me ", 4) == 0;
	if (*line == '/' && !acts) {
		sim_obey(sim, link, line);
	} else if (*nonce && sim_is_known(sim, link->name, nonce)) {
		sim_tell(link,
			 "{\"ev\":\"notice\",\"code\":\"duplicate\",\"text\":\"-\",\"n\":\"%s\"}",
			 nonce);
	} else {
		sim_say(sim, link->room, acts ? "me" : "say", link->name, line + (acts ? 4 : 0),
			nonce);
	}
}

/* The first `size` bytes of those on their way have arrived. */
static inline void sim_receive(struct sim *sim, struct sim_link *link, struct sim_flow *from,
			       size_t size)
{
	char *end;

	sim_put(&link->in, from->bytes, size);
	sim_take(from, size);
	while (link->used && (end = memchr(link->in.bytes, '\n', link->in.size))) {
		char line[256];
		size_t length = (size_t)(end - link->in.bytes);

		snprintf(line, sizeof(line), "%.*s", (int)length, link->in.bytes);
		sim_take(&link->in, length + 1);
		sim_hear(sim, link, line);
	}
}

static inline void sim_done(struct sim *sim)
{
	for (size_t i = 0; i < SIM_ROOMS; i++)
		sim_room_begin(sim, &sim->rooms[i]);
}
