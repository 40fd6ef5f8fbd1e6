/* fuzz-events.c - whatever a server sends, its texts are valid, and harmless once they are safe */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "common/text.h"
#include "mtchat/events.h"
#include "mtchat/known.h"
#include "mtchat/safe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static bool is_mark(utf8proc_int32_t character)
{
	utf8proc_category_t category = utf8proc_category(character);

	return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
	       category == UTF8PROC_CATEGORY_ME;
}

/* Valid UTF-8, and no character has too many marks. */
static void check_marks(const char *text, size_t size, size_t marks_max)
{
	size_t marks = 0;

	for (size_t at = 0; at < size;) {
		utf8proc_int32_t character;
		utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
						      (utf8proc_ssize_t)(size - at), &character);

		require(n > 0);
		marks = is_mark(character) ? marks + 1 : 0;
		require(marks <= marks_max);
		at += (size_t)n;
	}
}

/* Both ways are one; what is safe stays as it is, and fits what it is wide. */
static void check_safe(const char *text, size_t size)
{
	char *copy = malloc(SAFE_SIZE_MAX * size + 1), *bytes = NULL;
	size_t length = 0, copied, width;
	FILE *to = open_memstream(&bytes, &length);

	require(copy && to);
	safe_write(to, text, size);
	fclose(to);
	copied = safe_copy(copy, text, size);
	require(copied == length && memcmp(copy, bytes, length) == 0 && copy[copied] == '\0');
	require(text_clean_prefix(bytes, length) == length);
	check_marks(bytes, length, SAFE_MARKS_MAX);
	require(safe_copy(copy, bytes, length) == length && memcmp(copy, bytes, length) == 0);
	width = safe_width(bytes, length);
	require(width <= 2 * length && safe_fit(bytes, length, width) == length);
	require(safe_width(bytes, safe_fit(bytes, length, width / 2)) <= width / 2);
	free(copy);
	free(bytes);
}

static void check_text(const char *text)
{
	if (!text)
		return;
	check_marks(text, strlen(text), SIZE_MAX);
	check_safe(text, strlen(text));
}

static void check_id(const struct event_id *id)
{
	char text[EPOCH_MAX + sizeof(".18446744073709551615")];
	struct event_id again;

	if (!id->epoch[0])
		return;
	snprintf(text, sizeof(text), "%s.%llu", id->epoch, (unsigned long long)id->number);
	require(event_id_parse(&again, text) == 0 && strcmp(again.epoch, id->epoch) == 0 &&
		again.number == id->number);
	require(!strpbrk(text, " \r\n"));
}

static void check_event(const struct event *event)
{
	const char *const texts[] = {event->room,  event->from,  event->to,
				     event->text,  event->nonce, event->code,
				     event->token, event->you,   event->key};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		check_text(texts[i]);
	check_id(&event->id);
	check_id(&event->from_id);
	require(event->time_ms >= -1 && (!event_is_line(event) || event->id.epoch[0]));
	for (size_t i = 0; i <= event->count; i++) {
		check_text(event_name(event, i));
		require(event_clients(event, i) <= INT64_MAX);
	}
	require(event->lines <= INT64_MAX && event->gap_ms <= INT64_MAX &&
		event->max_line <= INT64_MAX && event->unnamed <= INT64_MAX &&
		event->more <= INT64_MAX);
}

/* What is kept for completion is safe as it is. */
static void check_known(const struct event *event)
{
	struct known known = {0};
	const struct known_list *const lists[] = {&known.people, &known.rooms};

	known_hear(&known, event);
	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < lists[i]->count; j++) {
			const char *name = lists[i]->names[j];
			size_t size = strlen(name);

			require(size > 0 && size <= KNOWN_NAME_MAX && !strpbrk(name, " \t"));
			require(text_clean_prefix(name, size) == size);
			check_marks(name, size, SAFE_MARKS_MAX);
		}
	known_done(&known);
}

/* A line, as it may come from a server; and the same bytes as a text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data;
	struct event event;

	if (size == 0)
		return 0;
	check_safe(line, size);
	if (event_read(&event, line, size) < 0)
		return 0;
	check_event(&event);
	check_known(&event);
	event_done(&event);
	return 0;
}
