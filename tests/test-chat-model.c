/*
 * test-chat-model.c - over a link that is cut again and again, every line is said and heard once
 *
 * A chat and a simulated server, with bytes on their way in both directions.  A cut loses any
 * part of them; what had arrived at the server is obeyed some time later, perhaps when the next
 * connection is there already.  And somebody says all the time what looks like a server's answer.
 */
#include <errno.h>
#include <string.h>

#include "chance.h"
#include "chat-play.h"
#include "tap.h"

enum { RUNS_MOST = 300, RUNS_SHORT = 60, STEPS_MAX = 20000, RUSH = 400 };

/* -- the link -- */

static void push(struct play *play)
{
	struct buffer *out = &play->lines.out;

	chat_send(&play->lines.chat, out);
	sim_put(&play->up, buffer_first(out), buffer_size(out));
	buffer_taken(out, buffer_size(out));
}

static void deliver(struct play *play, size_t size)
{
	char *end;

	sim_put(&play->heard, play->link->out.bytes, size);
	sim_take(&play->link->out, size);
	while ((end = memchr(play->heard.bytes, '\n', play->heard.size))) {
		char line[1024];
		size_t length = (size_t)(end - play->heard.bytes);

		snprintf(line, sizeof(line), "%.*s", (int)length, play->heard.bytes);
		sim_take(&play->heard, length + 1);
		hear(play, line);
		push(play);
	}
}

static size_t some(struct play *play, const struct sim_flow *flow)
{
	size_t size = chance(&play->seed, 2) ? chance(&play->seed, 40) : flow->size;

	return size < flow->size ? size : flow->size;
}

static void cut(struct play *play)
{
	struct sim_link *link = play->link;
	struct sim_flow *late = &play->late[link - play->sim.links];

	deliver(play, chance(&play->seed, (uint32_t)link->out.size + 1));
	late->size = 0;
	sim_put(late, play->up.bytes, chance(&play->seed, (uint32_t)play->up.size + 1));
	play->up.size = play->heard.size = 0;
	link->cut = true;
	play->link = NULL;
	play->cuts++;
	play->away = play->was_live;
	chat_lost(&play->lines.chat);
	if (!*play->plan->name) { /* no name: what arrives later than the replay is said twice */
		sim_receive(&play->sim, link, late, late->size);
		sim_end(&play->sim, link);
	}
	if (play->plan->renews && chance(&play->seed, 2))
		sim_room_begin(&play->sim, &play->sim.rooms[0]);
}

/* One link is long lost when so many have come after it that its key is forgotten. */
static bool is_ancient(const struct play *play, const struct sim_link *link)
{
	return play->sim.keys - strtoul(link->key + 3, NULL, 10) >= CHAT_KEYS_MAX;
}

/* What was on its way when the link was cut arrives; at last the server knows, too. */
static void arrive_late(struct play *play)
{
	for (size_t i = 0; i < SIM_LINKS; i++) {
		struct sim_link *link = &play->sim.links[i];
		struct sim_flow *late = &play->late[i];

		if (!link->used || !link->cut ||
		    (chance(&play->seed, 3) && !is_ancient(play, link)))
			continue;
		sim_receive(&play->sim, link, late,
			    is_ancient(play, link) ? late->size : some(play, late));
		if (link->used && late->size == 0 &&
		    (is_ancient(play, link) || !chance(&play->seed, 4)))
			sim_end(&play->sim, link);
	}
}

/* Before /json has arrived it is all that is there; the longest is shorter than SIM_WORD. */
static void lie(struct play *play)
{
	static const char *const lies[] = {
		"{\"ev\":\"hello\",\"room\":\"trap\",\"head\":\"e9.9\",\"you\":\"mallory\",\"key\":\"k\"}",
		"{\"ev\":\"hello\",\"room\":\"lobby\",\"head\":\"e1.1\",\"limits\":{\"max_line\":1}}",
		"{\"ev\":\"pong\",\"token\":\"mtchat\"}",
		"{\"ev\":\"bye\",\"reason\":\"quit\"}",
		"{\"ev\":\"bye\",\"reason\":\"taken over\"}",
		"{\"ev\":\"bye\",\"reason\":\"stopping\"}",
		"{\"ev\":\"notice\",\"code\":\"name_taken\",\"text\":\"-\"}",
		"{\"ev\":\"say\",\"id\":\"e1.1\",\"room\":\"lobby\",\"text\":\"mine1\"}",
		"{\"ev\":\"live\",\"head\":\"e9.9\"}",
	};
	size_t count = sizeof(lies) / sizeof(lies[0]);

	for (uint32_t left = chance(&play->seed, 6); left > 0; left--)
		sim_lie(&play->sim, &play->sim.rooms[0],
			lies[chance(&play->seed, 2) ? 0 : chance(&play->seed, (uint32_t)count)]);
}

static void dial(struct play *play)
{
	arrive_late(play);
	play->link = sim_connect(&play->sim);
	lie(play);
	chat_connected(&play->lines.chat, &play->lines.out);
	push(play);
}

/* -- what is said -- */

static void say(struct play *play, const char *text)
{
	if (chat_say(&play->lines.chat, text, strlen(text)) < 0)
		fault(play, "%s was not taken", text);
	if (play->link)
		push(play);
}

static void say_line(struct play *play)
{
	struct wanted *wanted = &play->wanted[play->said];
	bool acts = *play->plan->name && !chance(&play->seed, 5);
	char line[2 * SIM_WORD];

	snprintf(wanted->text, sizeof(wanted->text), "mine%zu", play->said++);
	memcpy(wanted->room, play->room, sizeof(wanted->room));
	memcpy(wanted->from, play->name, sizeof(wanted->from));
	snprintf(line, sizeof(line), "%s%s", acts ? "/me " : "", wanted->text);
	say(play, line);
}

static void give_command(struct play *play)
{
	static const char *const rooms[] = {"lobby", "kitchen", "attic", "?"};
	static const char *const names[] = {"alice", "bob", "dave", "carol"}; /* is another one */
	const char *room = rooms[chance(&play->seed, 4)], *name = names[chance(&play->seed, 4)];
	char line[2 * SIM_WORD];

	if (play->plan->moves && chance(&play->seed, 2)) {
		snprintf(line, sizeof(line), "/join %s", room);
		say(play, line);
		if (*room != '?')
			snprintf(play->room, sizeof(play->room), "%s", room);
	} else if (play->plan->names) {
		snprintf(line, sizeof(line), "/name %s", name);
		say(play, line);
		if (strcmp(name, "carol") != 0)
			snprintf(play->name, sizeof(play->name), "%s", name);
	}
}

static void others_speak(struct play *play)
{
	struct sim_room *room = &play->sim.rooms[chance(&play->seed, SIM_ROOMS)];
	char text[SIM_WORD];

	if (!*room->name)
		return;
	if (play->link && chance(&play->seed, 2))
		room = play->link->room;
	snprintf(text, sizeof(text), "theirs%u", play->others++);
	sim_say(&play->sim, room, "say", chance(&play->seed, 2) ? "bobby" : "", text, "");
}

static void step(struct play *play)
{
	uint32_t what = chance(&play->seed, 100);

	if (what < 12 && play->said < LINES && play->lines.chat.waiting.count < 50)
		say_line(play);
	else if (what < 16 && play->lines.chat.waiting.count < 50)
		give_command(play);
	else if (what < 22)
		others_speak(play);
	else if (what < 25)
		lie(play);
	else if (what < 35)
		arrive_late(play);
	else if (!play->link)
		dial(play);
	else if (what < 40)
		cut(play);
	else if (what < 70)
		sim_receive(&play->sim, play->link, &play->up, some(play, &play->up));
	else
		deliver(play, some(play, &play->link->out));
}

/* No more cuts: all comes to an end. */
static bool settle(struct play *play)
{
	const struct chat *chat = &play->lines.chat;

	for (int i = 0; i < RUSH; i++) {
		if (!play->link)
			dial(play);
		sim_receive(&play->sim, play->link, &play->up, play->up.size);
		deliver(play, play->link->out.size);
		if (chat->waiting.count == 0 && chat_is_up(chat) && play->up.size == 0 &&
		    play->link->out.size == 0)
			return true;
	}
	return false;
}

/* -- what came of it -- */

static void judge_line(struct play *play, const struct wanted *wanted, size_t *last)
{
	const struct sim *sim = &play->sim;
	unsigned int count = 0;

	for (size_t i = 0; i < sim->said_count; i++) {
		const struct sim_said *said = &sim->said[i];

		if (strcmp(said->text, wanted->text) != 0)
			continue;
		count++;
		if (strcmp(said->room, wanted->room) != 0 || strcmp(said->from, wanted->from) != 0)
			fault(play, "%s was said in %s by %s, not in %s by %s", said->text,
			      said->room, said->from, wanted->room, wanted->from);
		if (i < *last)
			fault(play, "%s was said too early", said->text);
		*last = i;
	}
	if (count != 1)
		fault(play, "%s was said %u times", wanted->text, count);
	if (!wanted->own && !play->plan->held && !play->anew)
		fault(play, "%s did not come back", wanted->text);
}

static void judge(struct play *play)
{
	const struct chat *chat = &play->lines.chat;
	size_t last = 0;

	if (!settle(play)) {
		fault(play, "state %d, %zu lines wait at the end", (int)chat->state,
		      chat->waiting.count);
		return;
	}
	for (size_t i = 0; i < play->said; i++)
		judge_line(play, &play->wanted[i], &last);
	if (play->at.number != play->link->room->count)
		fault(play, "heard until %d of %d", (int)play->at.number,
		      (int)play->link->room->count);
	if (strcmp(chat->name, play->name) != 0 || strcmp(play->link->name, play->name) != 0)
		fault(play, "is %s, not %s", chat->name, play->name);
	if (strcmp(chat->room, play->room) != 0)
		fault(play, "is in %s, not in %s", chat->room, play->room);
}

/* Cleared memory that is not touched costs nothing: most of the flows stay empty. */
static struct play *begin(const struct plan *plan, uint64_t seed)
{
	struct play *play = calloc(1, sizeof(*play));
	struct chat_wish wish = {.last = plan->last, .looks = plan->looks};
	struct sim_link *other;

	if (!play)
		abort();
	play->plan = plan;
	play->seed = seed * CHANCE_SEED | 1;
	play->sim.held = plan->held;
	snprintf(wish.name, sizeof(wish.name), "%s", plan->name);
	snprintf(wish.room, sizeof(wish.room), "%s", plan->room);
	snprintf(play->name, sizeof(play->name), "%s", plan->name);
	snprintf(play->room, sizeof(play->room), "%s", *plan->room ? plan->room : "lobby");
	other = sim_connect(&play->sim);
	snprintf(other->name, sizeof(other->name), "carol");
	lines_open(&play->lines, &wish);
	return play;
}

static void run(const struct plan *plan)
{
	unsigned int faults = 0, cuts = 0, backs = 0, lies = 0;
	size_t said = 0;

	const char *is_short = getenv("MTCHAT_SHORT"); /* NOLINT(concurrency-mt-unsafe) */
	size_t runs = is_short && *is_short ? RUNS_SHORT : RUNS_MOST;

	for (uint64_t seed = 1; seed <= runs && !faults; seed++) {
		struct play *play = begin(plan, seed);

		for (int i = 0; i < STEPS_MAX && play->said < LINES && !play->faults; i++)
			step(play);
		judge(play);
		if (play->faults)
			printf("# seed %" PRIu64 "\n", seed);
		faults += play->faults;
		cuts += play->cuts;
		backs += play->backs;
		lies += play->lies;
		said += play->said;
		lines_close(&play->lines);
		sim_done(&play->sim);
		free(play);
	}
	ok(!faults && said == runs * LINES, "%s: %zu lines over %u cuts, each once", plan->about,
	   said, cuts);
	ok(backs > runs && lies > backs, "and %u times it was back, over %u lies", backs, lies);
}

int main(void)
{
	static const struct plan plans[] = {
		{"a name", "alice", 0, false, false, false, true, "", 3},
		{"no name", "", 0, false, false, false, false, "", 0},
		{"a room", "alice", 0, false, false, false, true, "kitchen", 0},
		{"a short history", "alice", 6, false, false, false, false, "", 3},
		{"a new history", "alice", 0, true, false, false, false, "", 0},
		{"other rooms", "alice", 0, false, true, false, true, "", 0},
		{"other names", "alice", 0, false, false, true, false, "", 0},
		{"other names and rooms", "alice", 0, false, true, true, false, "kitchen", 0},
	};

	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++)
		run(&plans[i]);
	return done();
}
