/* command-history.c - the commands that show lines again: /last, /since */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mtchatd/command.h"
#include "mtchatd/feed.h"
#include "mtchatd/rendering.h"

enum { HISTORY_MAX = 100000 }; /* of the setting `history` */

/* Digits only.  False: none, others, or too large. */
static bool parse_number(const char *text, size_t size, uint64_t most, uint64_t *ret)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = 10 * value + (uint64_t)(text[i] - '0');
		if (value > most)
			return false;
	}
	*ret = value;
	return size > 0;
}

/* The log from there on, behind a mark that says how many lines come in the client's rendering. */
static void replay(struct order *order, const struct rendering_at *from, const char *since,
		   uint64_t count)
{
	struct rendering_at end = rendering_end(order->feed->client->rendering);

	order->after = from->lines;
	order->replays = true;
	answer_replay(&order->answer, since, since ? strlen(since) : 0, count,
		      end.shown - from->shown);
}

/* What was said by this very batch is not in the log yet: it is committed first. */
static bool is_too_early(struct order *order)
{
	order->waits = room_said(&order->feed->said);
	return order->waits;
}

void command_last(struct order *order)
{
	const struct utterance *said = &order->said;
	struct rendering_at from;
	uint64_t count;

	count = (uint64_t)limit_get(&order->feed->handler->core->limits.history);
	if (said->size && !parse_number(said->text, said->size, HISTORY_MAX, &count)) {
		answer_notice(&order->answer, "usage", "how many? /last N, N from 0 to %d",
			      HISTORY_MAX);
		return;
	}
	if (is_too_early(order))
		return;
	from = rendering_last(order->feed->client->rendering, count);
	replay(order, &from, NULL, count);
}

/* All lines after that one; tells of those that are not held any more. */
static void replay_since(struct order *order, const char *epoch, uint64_t line)
{
	struct rendering_at from = rendering_after(order->feed->client->rendering, line);
	char since[EPOCH_SIZE + 21];

	if (from.lines > line)
		answer_skip(&order->answer, epoch, line + 1, from.lines - line);
	/* Not as it was written: there can be any number of zeros before it. */
	snprintf(since, sizeof(since), "%s.%" PRIu64, epoch, line);
	replay(order, &from, since, 0);
}

void command_since(struct order *order)
{
	const struct utterance *said = &order->said;
	const struct room *room = order->feed->said.room;
	const char *own = room->record->epoch;
	const char *dot = memchr(said->text, '.', said->size);
	size_t epoch = dot ? (size_t)(dot - said->text) : 0;
	uint64_t line;

	if (!dot || !parse_number(dot + 1, said->size - epoch - 1, UINT64_MAX / 16, &line)) {
		answer_notice(&order->answer, "bad_id",
			      "since which line? /since ID, as in a skip notice");
		return;
	}
	if (is_too_early(order))
		return;
	if (epoch != strlen(own) || memcmp(said->text, own, epoch) != 0)
		answer_notice(&order->answer, "history_restarted",
			      "that line is of another log; this one has begun anew");
	else if (line > room_lines(room))
		answer_notice(&order->answer, "bad_id", "that line has not been said yet");
	else
		replay_since(order, own, line);
}
