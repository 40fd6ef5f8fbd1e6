/* lines.c - what each line of a client does: it is said, or obeyed, or refused */
#include <errno.h>
#include <string.h>

#include "common/line.h"
#include "common/text.h"
#include "mtchatd/feed.h"
#include "mtchatd/lines.h"
#include "mtchatd/obey.h"

enum {
	SLOW_NOTICE_S = 60,
	SEEN_MAX = OUTBOX_CAPACITY / TEXT_GROWTH / 2, /* of a line's begin: a name is shorter */
};

static enum fed refuse_long(struct feed *feed, uint64_t length, int max_line)
{
	struct answer answer;

	answer_init(&answer, feed->client->rendering->kind);
	answer_notice(&answer, "too_long", "line too long (%llu > %d bytes), not sent",
		      (unsigned long long)length, max_line);
	return feed_answer(feed, &answer) < 0 ? FED_OUTBOX_FULL : FED_ALL;
}

/* Does it claim a name that is nobody's, or that somebody here has? */
static bool claims_a_name(struct feed *feed, const char *text, size_t size)
{
	struct core *core = feed->handler->core;
	size_t claimed = render_claim(text, size);
	enum name_fault fault;
	struct name name;
	uint32_t slot;
	bool found;

	if (!claimed)
		return false;
	fault = name_read(&name, text + 1, claimed);
	if (fault != NAME_GOOD)
		return name_is_reserved(fault);
	if (feed->names)
		return names_find(&core->names, &name, &slot);
	names_lock(&core->names);
	found = names_find(&core->names, &name, &slot);
	names_unlock(&core->names);
	return found;
}

static size_t mark_of_suspect(struct feed *feed, const char *text, size_t size)
{
	if (render_is_notice(text, size))
		return 0;
	return claims_a_name(feed, text, size) ? 1 : UNMARKED;
}

/* Where a line that looks like a notice, or like what somebody says, gets its ~. */
static inline size_t mark_of(struct feed *feed, const char *text, size_t size)
{
	if (!size || (text[0] != '*' && text[0] != '['))
		return UNMARKED; /* nearly all, at no cost */
	return mark_of_suspect(feed, text, size);
}

static bool is_raw(const struct feed *feed)
{
	return atomic_load_explicit(&feed->handler->core->limits.raw, memory_order_relaxed);
}

/* A raw line is judged as it is, and as it will be seen: JSON Lines drop some of its bytes. */
static size_t mark_of_line(struct feed *feed, const char *text, size_t size)
{
	size_t mark = mark_of(feed, text, size), seen;
	const char *bracket;

	if (mark != UNMARKED || !is_raw(feed) || text_clean_prefix(text, size) == size)
		return mark;
	seen = text_clean(feed->handler->letter, text, size < SEEN_MAX ? size : SEEN_MAX);
	mark = mark_of(feed, feed->handler->letter, seen);
	if (mark == UNMARKED || mark == 0)
		return mark;
	bracket = memchr(text, '[', size);
	return bracket ? (size_t)(bracket - text) + mark : 0;
}

/* What is said is said by somebody; what nobody says must not look as if somebody did. */
static enum fed say(struct feed *feed, const struct utterance *line)
{
	const char *name = feed_name(feed);
	struct said said = {
		.kind = SAID_LINE,
		.from = *name ? name : NULL,
		.text = line->text,
		.size = line->size,
		.mark = UNMARKED,
		.nonce = line->nonce,
		.nonce_size = line->nonce_size,
		.vouched = feed->client->vouched,
	};

	if (!said.from)
		said.mark = mark_of_line(feed, line->text, line->size);
	return room_say(&feed->said, &said) < 0 ? FED_ROOM_FULL : FED_ALL;
}

/* Is it a line, /me or /msg with a nonce?  Others are done twice without harm. */
static bool is_once(const struct utterance *said)
{
	if (!said->nonce_size || !said->command)
		return said->nonce_size != 0;
	return protocol_is_command(said, "me") || protocol_is_command(said, "msg");
}

static enum fed refuse_double(struct feed *feed, const struct utterance *said)
{
	struct answer answer;

	answer_init(&answer, feed->client->rendering->kind);
	answer_duplicate(&answer, said->nonce, said->nonce_size);
	return feed_answer(feed, &answer) < 0 ? FED_OUTBOX_FULL : FED_ALL;
}

/* What a client sends again since it does not know whether it was heard is said once. */
static enum fed take_once(struct feed *feed, const struct utterance *said)
{
	struct core *core = feed->handler->core;
	const struct recall_draft before = feed->nonces;
	struct name name;
	enum fed fed;
	int r;

	feed_lock_names(feed);
	if (!tag_name(feed_tag(feed), &name)) /* lost this very moment */
		return FED_AGAIN;
	if (recall_knows(&core->recalls, &feed->nonces, &name, said->nonce, said->nonce_size,
			 feed->handler->now))
		return refuse_double(feed, said);
	r = recall_note(&core->recalls, &feed->nonces, &name, said->nonce, said->nonce_size,
			feed->handler->now);
	if (r == -EAGAIN)
		return FED_AGAIN;
	fed = said->command ? obey(feed, said) : say(feed, said);
	if ((fed != FED_ALL && fed != FED_COMMITS) || (said->command && !feed->told_people))
		feed->nonces = before; /* it was not said */
	return fed;
}

static enum fed take(struct feed *feed, const struct utterance *said)
{
	if (is_once(said))
		return take_once(feed, said);
	return said->command ? obey(feed, said) : say(feed, said);
}

/* plain: is all of it printable ASCII? */
static enum fed take_line(struct feed *feed, const char *line, size_t size, bool plain)
{
	struct utterance said;

	if (!plain && !is_raw(feed) && text_clean_prefix(line, size) != size) {
		size = text_clean(feed->handler->scratch, line, size);
		line = feed->handler->scratch;
	}
	if (protocol_is_plain(line, size)) /* nearly all: nothing is copied for it */
		return say(feed, &(struct utterance){.text = line, .size = size});
	said = protocol_parse(line, size, *feed_name(feed) != '\0');
	return take(feed, &said);
}

/* No token is left: says so, once a minute, to those who use commands. */
static enum fed slow_down(struct feed *feed, int rate, const char *what)
{
	struct client *client = feed->client;
	uint32_t now = (uint32_t)(feed->handler->now / 1000) + 1; /* 0 means never */
	struct answer answer;

	if (slot_has(client->slot, TRAIT_COMMANDER) &&
	    (!client->told_slow || now - client->told_slow >= SLOW_NOTICE_S)) {
		client->told_slow = now;
		answer_init(&answer, client->rendering->kind);
		answer_notice(&answer, "throttled", "slowed to %d %s/s", rate, what);
		(void)feed_answer(feed, &answer); /* if it is full, it knows */
	}
	return FED_NO_TOKENS;
}

/* Is there a token?  If so it is taken. */
static bool take_token(struct tokens *tokens, uint64_t now, int rate, int burst)
{
	tokens_refill(tokens, (uint32_t)now, rate, burst);
	if (tokens->level < TOKEN)
		return false;
	tokens->level -= TOKEN;
	return true;
}

/* What a line costs: a token of the lines', if they are counted, and one of the commands'. */
struct toll {
	bool line, command;
};

static bool is_command(const struct feed *feed, const char *line, size_t size)
{
	return !protocol_is_plain(line, size) &&
	       protocol_parse(line, size, *feed_name(feed) != '\0').command;
}

/* A command takes of both: one that is repeated is work for others, too. */
static enum fed pay(struct feed *feed, const char *line, size_t size, struct toll *toll)
{
	struct client *client = feed->client;
	const struct handler *handler = feed->handler;
	const struct limits *limits = &handler->core->limits;
	int rate = limit_get(&limits->rate_lines), commands = handler->core->tune.commands_rate;

	*toll = (struct toll){.line = rate != 0,
			      .command = commands && !client->broken && /* nobody waits */
					 is_command(feed, line, size)};
	if (toll->line &&
	    !take_token(&client->tokens, handler->now, rate, limit_get(&limits->rate_burst)))
		return slow_down(feed, rate, "lines");
	if (!toll->command ||
	    due_take(&client->commands_due, (uint32_t)handler->now, commands, COMMANDS_BURST))
		return FED_ALL;
	if (toll->line)
		client->tokens.level += TOKEN;
	return slow_down(feed, commands, "commands");
}

/* The line is taken again later. */
static void pay_back(const struct feed *feed, const struct toll *toll)
{
	struct client *client = feed->client;

	if (toll->line)
		client->tokens.level += TOKEN;
	if (toll->command)
		due_give_back(&client->commands_due, feed->handler->core->tune.commands_rate);
}

/* The longest line that the room's ring can always take. */
static int max_line_of(const struct feed *feed)
{
	int max_line = limit_get(&feed->handler->core->limits.max_line);
	uint64_t fits = (room_line_max(feed->said.room) - RENDER_OVERHEAD) / TEXT_GROWTH;

	return (uint64_t)max_line < fits ? max_line : (int)fits;
}

/* Was the line taken, so that it is not looked at again? */
static bool is_done(enum fed fed)
{
	return fed == FED_ALL || fed == FED_COMMITS || fed == FED_TURNS;
}

/*
 * Is the rest a line, at the end of the connection, although no LF is there?  With the textbook's
 * server it is.  But a link may have been cut anywhere: half a command is not said to all, and
 * half a line with a nonce would stand there with the nonce of the whole.
 */
static bool rest_is_line(const struct feed *feed, const char *bytes, size_t size)
{
	const struct client *client = feed->client;
	char *seen = feed->handler->letter;

	if (!client->ended || feed->discarded || memchr(bytes, '\n', size))
		return client->ended;
	size = text_clean(seen, bytes, size < SEEN_MAX ? size : SEEN_MAX);
	return protocol_rest_is_line(seen, size, *feed_name(feed) != '\0', client->closed);
}

/* The same as line_cut(), but at once for nearly all lines; plain: bytes of printable ASCII. */
static inline struct line cut(const struct feed *feed, const char *bytes, size_t size, size_t plain,
			      size_t max_line)
{
	if (plain < size && bytes[plain] == '\n' && plain <= max_line && !feed->discarded)
		return (struct line){.kind = LINE_WHOLE, .consumed = plain + 1, .length = plain};
	return line_cut(bytes, size, rest_is_line(feed, bytes, size), max_line, feed->discarded);
}

static void drop_rest(struct feed *feed, uint64_t received)
{
	feed->parsed = received;
	feed->discarded = 0;
}

/* Takes line after line, until something is in the way. */
enum fed lines_take(struct feed *feed, const char *buffer, uint64_t received)
{
	const struct client *client = feed->client;
	int max_line = max_line_of(feed);
	enum fed fed = FED_ALL;

	while (fed == FED_ALL && !feed->quits) {
		const char *bytes = buffer + (feed->parsed - word_get(&client->slot->input_base));
		size_t rest = received - feed->parsed, plain = text_plain_prefix(bytes, rest);
		struct line line = cut(feed, bytes, rest, plain, (size_t)max_line);
		struct toll toll = {false, false};

		if (feed_is_replaced(feed))
			return FED_REPLACED;
		if (line.kind != LINE_MORE)
			fed = pay(feed, bytes, line.kind == LINE_WHOLE ? line.length : 0, &toll);
		if (fed != FED_ALL)
			return fed;
		if (line.kind == LINE_WHOLE)
			fed = take_line(feed, bytes, line.length, plain >= line.length);
		else if (line.kind == LINE_TOO_LONG)
			fed = refuse_long(feed, line.length, max_line);
		if (!is_done(fed)) {
			pay_back(feed, &toll);
			return fed;
		}
		feed->parsed += line.consumed;
		feed->discarded = line.discarded;
		if (line.kind != LINE_MORE)
			continue;
		if (client->ended)
			drop_rest(feed, received);
		return FED_ALL;
	}
	return feed->quits ? FED_QUIT : fed;
}
