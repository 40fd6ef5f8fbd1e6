/* command-history.c - the commands that show lines again: /last, /since */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mtchatd/command.h"
#include "mtchatd/feed.h"

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

/* All lines after the first `lines` ones; tells of those that are not held any more. */
static void replay_after(struct order *order, uint64_t lines, bool tells)
{
	struct room_draft *said = &order->feed->said;
	uint64_t from = lines;

	(void)room_replay_from(said->room, &from); /* where that is now, is looked at later */
	order->after = from;
	order->replays = true;
	if (tells && from > lines)
		answer_add(&order->answer, "%" PRIu64 " lines skipped (%s.%" PRIu64 "-%" PRIu64 ")",
			   from - lines, said->room->record->epoch, lines + 1, from);
	answer_add(&order->answer, "last %" PRIu64 " lines",
		   word_get(&said->room->record->lines) - from);
}

/* What was said by this very batch is not in the log yet: it is committed first. */
static bool is_too_early(struct order *order)
{
	struct room_draft *said = &order->feed->said;

	order->waits = said->lines != word_get(&said->room->record->lines);
	return order->waits;
}

void command_last(struct order *order)
{
	const struct utterance *said = &order->said;
	struct room *room = order->feed->said.room;
	uint64_t lines, count;

	count = (uint64_t)limit_get(&order->feed->handler->core->limits.history);
	if (said->size && !parse_number(said->text, said->size, HISTORY_MAX, &count)) {
		answer_add(&order->answer, "how many? /last N, N from 0 to %d", HISTORY_MAX);
		return;
	}
	if (is_too_early(order))
		return;
	lines = word_get(&room->record->lines);
	replay_after(order, lines > count ? lines - count : 0, false);
}

void command_since(struct order *order)
{
	const struct utterance *said = &order->said;
	const struct room_record *record = order->feed->said.room->record;
	const char *dot = memchr(said->text, '.', said->size);
	size_t epoch = dot ? (size_t)(dot - said->text) : 0;
	uint64_t line;

	if (!dot || !parse_number(dot + 1, said->size - epoch - 1, UINT64_MAX / 16, &line)) {
		answer_add(&order->answer, "since which line? /since ID, as in a skip notice");
		return;
	}
	if (is_too_early(order))
		return;
	if (epoch != strlen(record->epoch) || memcmp(said->text, record->epoch, epoch) != 0) {
		answer_add(&order->answer, "that line is of another log; this one has begun anew");
		return;
	}
	if (line > word_get(&record->lines)) {
		answer_add(&order->answer, "that line has not been said yet");
		return;
	}
	replay_after(order, line, true);
}
