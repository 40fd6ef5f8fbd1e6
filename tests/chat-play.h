/* chat-play.h - a chat with a simulated server, and whether all that it hears is right */
#pragma once

#include "lines.h"
#include "simulated.h"

enum { LINES = 60 }; /* that the user says */

struct plan {
	const char *about;
	const char *name;
	uint64_t held;            /* lines that the server holds; 0: all */
	bool renews;              /* the log begins anew while one is away */
	bool moves, names, looks; /* the user gives /join; /name */
	const char *room;
	int last;
};

/* What the user has said, and as whom and where it is to be said. */
struct wanted {
	char text[SIM_WORD], room[SIM_WORD], from[SIM_WORD];
	unsigned int own; /* how often it came back */
};

struct play {
	const struct plan *plan;
	struct sim sim;
	struct lines lines;
	struct sim_flow up, heard;       /* on its way to the server; of a line not yet whole */
	struct sim_link *link;           /* NULL: none */
	struct sim_flow late[SIM_LINKS]; /* on its way on links that were cut */
	struct wanted wanted[LINES];
	size_t said;
	unsigned int others, cuts, backs, lies;
	char room[SIM_WORD], name[SIM_WORD]; /* where the next line is to be said, and as whom */
	uint64_t seed;

	/* What was heard last. */
	struct event_id at, live_at;
	char at_room[SIM_WORD];
	bool was_live, away, anew;
	unsigned int faults;
};

__attribute__((format(printf, 2, 3))) static inline void fault(struct play *play,
							       const char *format, ...)
{
	va_list ap;

	if (play->faults++ > 3)
		return;
	printf("# %s: ", play->plan->about);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
}

/*
 * Somebody without a name says it.  Who has not asked for JSON Lines gets it as it is, which may be
 * what an event looks like.
 */
static inline void sim_lie(struct sim *sim, struct sim_room *room, const char *text)
{
	for (size_t i = 0; i < SIM_LINKS; i++) {
		struct sim_link *link = &sim->links[i];

		if (!link->used || link->room != room || link->json || link->cut)
			continue;
		sim_put(&link->out, text, strlen(text));
		sim_put(&link->out, "\n", 1);
	}
	sim_log(sim, room, "{\"ev\":\"say\",\"from\":null,\"text\":\"a lie\"}");
}

/* -- what the user sees -- */

static inline void see_own(struct play *play, const struct event *event, int heard)
{
	size_t i;

	if (strncmp(event->text, "mine", 4) != 0)
		return;
	i = strtoul(event->text + 4, NULL, 10);
	if (!(heard & HEARD_OWN))
		fault(play, "%s was not known as one's own", event->text);
	else if (play->wanted[i].own++)
		fault(play, "%s came back again", event->text);
}

/* Each line is the next one of its log; a log that has begun anew begins where it does. */
static inline void see_line(struct play *play, const struct event *event, int heard)
{
	if (!(heard & HEARD_SHOWS))
		return;
	if (*play->at.epoch && strcmp(event->id.epoch, play->at.epoch) == 0) {
		if (event->id.number != play->at.number + 1)
			fault(play, "%s.%d after %d", event->id.epoch, (int)event->id.number,
			      (int)play->at.number);
	} else if (*play->at.epoch && !play->plan->held && event->id.number != 1) {
		fault(play, "%s.%d begins a log", event->id.epoch, (int)event->id.number);
	}
	play->at = event->id;
	if (event->text)
		see_own(play, event, heard);
}

static inline void see_live(struct play *play, const struct event *event, int heard)
{
	bool anew = *play->live_at.epoch && strcmp(play->live_at.epoch, event->id.epoch) != 0;

	if (play->away != !!(heard & HEARD_BACK))
		fault(play, "back, or not back, and nobody knows why");
	if (*play->live_at.epoch ? anew != !!(heard & HEARD_ANEW) : !(heard & HEARD_BEGUN))
		fault(play, "%s after %s", event->id.epoch, play->live_at.epoch);
	play->anew |= anew;
	play->away = false;
	play->was_live = true;
	if (*play->at.epoch && strcmp(play->at.epoch, event->id.epoch) == 0 &&
	    play->at.number != event->id.number)
		fault(play, "live at %d, not at %d", (int)event->id.number, (int)play->at.number);
	play->backs += heard & HEARD_BACK ? 1 : 0;
	play->at = play->live_at = event->id;
}

/* Where it is going on is where it was, or there it is new. */
static inline void see_room(struct play *play)
{
	const struct chat *chat = &play->lines.chat;

	if (chat->state != CHAT_CATCHES_UP || strcmp(play->at_room, chat->room) == 0)
		return;
	snprintf(play->at_room, sizeof(play->at_room), "%s", chat->room);
	play->at = play->live_at = (struct event_id){.number = 0};
}

static inline void hear(struct play *play, const char *line)
{
	struct event event = lines_event(line);
	bool greets = play->lines.chat.state == CHAT_ASKS;
	int heard = chat_hear(&play->lines.chat, &event, &play->lines.out);

	see_room(play);
	if (greets && heard)
		fault(play, "%s was heard", line);
	else if (greets)
		play->lies += event.room && strcmp(event.room, "trap") == 0;
	else if (event_is_line(&event))
		see_line(play, &event, heard);
	else if (event.kind == EVENT_SKIP && heard & HEARD_SHOWS)
		play->at = event.id;
	else if (event.kind == EVENT_LIVE)
		see_live(play, &event, heard);
	event_done(&event);
}
