/* test-answer-bounds.c - the longest answers are told whole, no line is cut, and every byte is safe
 */
#include "lone-answer.h"

#include "common/text.h"
#include "mtchatd/name.h"

#include "chance.h"

/* 64 bytes: as many as there can be. */
static const char longest[] = "\uac00\uac00\uac00\uac00\uac00\uac00\uac00\uac00\uac00\uac00\uac00"
			      "\uac00\uac00\uac00\uac00\uac00\uac00\uac00\uac00\uac00\uac00z";

/* The longest page with the longest numbers is told whole. */
static void test_full_pages(void)
{
	struct who who = {.room = longest,
			  .elsewhere = true,
			  .count = ANSWER_PAGE,
			  .here = UINT32_MAX,
			  .unnamed = UINT32_MAX,
			  .more = UINT32_MAX,
			  .first = true};
	struct room_list list = {.count = ANSWER_PAGE,
				 .all = UINT32_MAX,
				 .more = UINT32_MAX,
				 .first = true};

	is(sizeof(longest) - 1, NAME_MAX_BYTES, "the longest name");
	for (int i = 0; i < ANSWER_PAGE; i++) {
		who.names[i] = list.room[i].name = longest;
		list.room[i].clients = UINT32_MAX;
	}
	for (int kind = 0; kind < RENDERINGS; kind++) {
		const size_t lines = kind == RENDERING_TEXT ? 3 : 1;
		size_t found = 0;

		begin(kind);
		answer_who(&answer, &who);
		for (size_t i = 0; i < answer.size; i++)
			found += answer.text[i] == '\n';
		ok(is_well_formed() && found == lines, "the longest who is %zu bytes", answer.size);
		ok(memmem(answer.text, answer.size, "4294967295", 10), "with its counts");
		begin(kind);
		answer_rooms(&answer, &list);
		ok(is_well_formed() && answer.size > (size_t)ANSWER_PAGE * NAME_MAX_BYTES,
		   "the longest page of rooms is %zu bytes", answer.size);
	}
}

/* What a long notice shows: its size, and it ends between two characters. */
static void test_long_notices(void)
{
	char text[ANSWER_TEXT_MAX + 64], want[ANSWER_TEXT_MAX + 64];

	for (size_t shift = 0; shift < 3; shift++) {
		size_t shown = shift + (ANSWER_TEXT_MAX - shift) / 3 * 3;

		memset(text, 'x', shift);
		for (size_t at = shift; at + 3 < sizeof(text); at += 3)
			memcpy(text + at, "\xea\xb0\x80", 4);
		begin(RENDERING_TEXT);
		answer_notice(&answer, "usage", "%s", text);
		snprintf(want, sizeof(want), "* %.*s\n", (int)shown, text);
		ok(answers(want), "a long text of Korean is cut behind %zu bytes", shown);
		begin(RENDERING_JSON);
		answer_notice(&answer, "usage", "%s", text);
		is(json_member(want, answer.text, answer.size - 1, "text"), (long long)shown,
		   "in JSON Lines, too");
	}
	memset(text, '\x80', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int size = ANSWER_TEXT_MAX - 1; size <= ANSWER_TEXT_MAX + 8; size++) {
		begin(RENDERING_TEXT);
		answer_notice(&answer, "usage", "%.*s", size, text);
		ok(is_well_formed() && answer.size >= ANSWER_TEXT_MAX &&
			   answer.size <= ANSWER_TEXT_MAX + 3,
		   "%d bytes without a character's begin", size);
	}
}

/* Everything that can be added, by number; how many there are. */
enum { PARTS = 9 };

static void add_part(int part)
{
	const struct hello hello = {"tea", "k3f9abc", 1, 1, "", "0", 1};
	const struct who who = {.room = "tea", .first = true};
	const struct room_list list = {.first = true};

	switch (part) {
	case 0:
		answer_notice(&answer, "usage", "%s", "text");
		return;
	case 1:
		answer_duplicate(&answer, "T", 1);
		return;
	case 2:
		answer_pong(&answer, "x", 1);
		return;
	case 3:
		answer_skip(&answer, "k3f9abc", 1, 2);
		return;
	case 4:
		answer_replay(&answer, NULL, 0, 1, 2);
		return;
	case 5:
		answer_live(&answer, "k3f9abc", 1);
		return;
	case 6:
		answer_hello(&answer, &hello);
		return;
	case 7:
		answer_who(&answer, &who);
		return;
	default:
		answer_rooms(&answer, &list);
	}
}

/* Behind an answer of any length: all of it or nothing. */
static void test_no_room(void)
{
	static struct {
		struct answer answer;
		char behind[64];
	} place;
	int faults = 0;

	for (int number = 0; number < 2 * PARTS; number++) {
		size_t size;

		begin(number % 2);
		add_part(number / 2);
		size = answer.size;
		for (size_t left = 0; left < size + 4; left++) {
			begin(number % 2);
			answer.size = sizeof(answer.text) - left;
			add_part(number / 2);
			faults += answer.size - (sizeof(answer.text) - left) !=
				  (left < size ? 0 : size);
		}
	}
	is(faults, 0, "what does not fit is left out whole");

	place.answer.size = sizeof(place.answer.text);
	memset(place.behind, 'y', sizeof(place.behind) - 1);
	answer_notice(&place.answer, "usage", "%s", "text");
	place.answer.kind = RENDERING_JSON;
	answer_notice(&place.answer, "usage", "%s", "text");
	ok(strspn(place.behind, "y") == sizeof(place.behind) - 1, "no byte lies behind it");
}

/* Bytes by chance: programs get what clean text would be, and it says the same. */
static void test_any_bytes(void)
{
	uint64_t state = CHANCE_SEED;
	int faults = 0;

	for (int round = 0; round < 20000; round++) {
		char text[64], clean[TEXT_GROWTH * sizeof(text)], told[sizeof(clean)];
		size_t size = chance(&state, sizeof(text)), cleaned;
		ssize_t got;

		for (size_t i = 0; i < size; i++)
			text[i] = (char)(1 + chance(&state, round % 2 ? 255 : 127));
		cleaned = text_clean(clean, text, size);
		begin(RENDERING_JSON);
		answer_notice(&answer, "usage", "%.*s", (int)size, text);
		got = is_well_formed() ? json_member(told, answer.text, answer.size - 1, "text")
				       : -1;
		faults += got != (ssize_t)cleaned || memcmp(told, clean, cleaned) != 0;
		begin(RENDERING_TEXT);
		answer_notice(&answer, "usage", "%.*s", (int)size, text);
		faults += answer.size != size + 3 || memcmp(answer.text + 2, text, size) != 0;
	}
	is(faults, 0, "text gets bytes as they are, programs what is clean of them");
}

int main(void)
{
	test_full_pages();
	test_long_notices();
	test_no_room();
	test_any_bytes();
	return done();
}
