/* render.c - how what is said looks in a room's log */
#include <string.h>

#include "mtchatd/json.h"
#include "mtchatd/render.h"

/* 9999-12-31T23:59:59.999: RFC 3339 has no year beyond. */
#define LAST_TIME (UINT64_C(253402300799) * 1000000 + 999999)

enum { SECONDS_A_DAY = 86400 };

struct said said_of_name(enum said_kind kind, const char *name, const char *text, bool vouched)
{
	return (struct said){
		.kind = kind,
		.from = name,
		.text = text,
		.size = strlen(text),
		.mark = UNMARKED,
		.vouched = vouched,
	};
}

static bool begins_with(const char *text, size_t size, const char *prefix)
{
	size_t length = strlen(prefix);

	return size >= length && memcmp(text, prefix, length) == 0;
}

bool render_is_notice(const char *text, size_t size)
{
	return begins_with(text, size, "* ") || begins_with(text, size, "** ");
}

size_t render_claim(const char *text, size_t size)
{
	if (!size || text[0] != '[')
		return 0;
	for (size_t i = 1; i <= NAME_READ_MAX + 1 && i < size; i++) {
		if (begins_with(text + i, size - i, "] ") ||
		    begins_with(text + i, size - i, " -> "))
			return i - 1;
	}
	return 0;
}

static char *put(char *to, const char *text)
{
	return mempcpy(to, text, strlen(text));
}

static char *put_line(char *to, const char *text, size_t size)
{
	to = mempcpy(to, text, size);
	*to++ = '\n';
	return to;
}

size_t render_text(char *to, const struct said *said)
{
	const char *text = said->text;
	size_t size = said->size;
	char *at = to;

	switch (said->kind) {
	case SAID_LINE:
		if (said->from)
			at = put(put(put(at, "["), said->from), "] ");
		if (said->mark <= size) {
			at = put(mempcpy(at, text, said->mark), "~");
			text += said->mark;
			size -= said->mark;
		}
		break;
	case SAID_ACT:
		at = put(put(put(at, "** "), said->from), " ");
		break;
	case SAID_JOIN:
	case SAID_LEAVE:
	case SAID_RENAME:
		return 0;
	}
	return (size_t)(put_line(at, text, size) - to);
}

size_t render_letter_text(char *to, const char *from_name, const char *to_name, const char *text,
			  size_t size)
{
	char *at = put(put(put(put(put(to, "["), from_name), " -> "), to_name), "] ");

	return (size_t)(put_line(at, text, size) - to);
}

/* The text, with ~ before the byte at `mark`, which no telnet command before it can swallow. */
static void put_text(struct json *json, const struct said *said, size_t mark)
{
	size_t before = mark <= said->size ? mark : 0;

	if (mark <= said->size) {
		json_string_piece(json, said->text, before);
		json_string_piece(json, "~", 1);
	}
	json_string_piece(json, said->text + before, said->size - before);
	json_string_end(json);
}

static void add_text(struct json *json, const char *key, const struct said *said, size_t mark)
{
	json_string_begin(json, key);
	put_text(json, said, mark);
}

static void add_nonce(struct json *json, const struct said *said)
{
	if (said->nonce_size)
		json_string(json, "n", said->nonce, said->nonce_size);
}

static struct json begin(char *to, const struct said *said)
{
	return (struct json){.text = to, .room = TEXT_GROWTH * said->size + RENDER_OVERHEAD};
}

static size_t end(struct json *json)
{
	json_close(json);
	return json->full ? 0 : json->size;
}

/* What stands behind the text, or the name if there is none. */
static size_t finish(struct json *json, const struct said *said)
{
	if (said->vouched && said->kind != SAID_LEAVE)
		json_text(json, "auth", "uid");
	add_nonce(json, said);
	return end(json);
}

size_t render_json_model(char *to, const struct said *said, const struct stamp *stamp,
			 struct render_model *model)
{
	static const struct {
		const char *event, *who, *what; /* keys of `from` and `text`; NULL: has none */
	} kinds[] = {
		[SAID_LINE] = {"say", "from", "text"},
		[SAID_ACT] = {"me", "from", "text"},
		[SAID_JOIN] = {"join", "name", NULL},
		[SAID_LEAVE] = {"leave", "name", "reason"},
		[SAID_RENAME] = {"rename", "name", "to"},
	};
	const char *what = kinds[said->kind].what;
	struct json json = begin(to, said);
	size_t size;

	*model = (struct render_model){.line = said->kind == SAID_LINE ? to : NULL,
				       .from = said->from};
	json_open(&json, kinds[said->kind].event);
	json_string_begin(&json, "id");
	json_string_piece(&json, stamp->epoch, strlen(stamp->epoch));
	json_bytes(&json, ".", 1);
	model->number = json.size;
	json_digits(&json, stamp->number);
	model->time = json.size;
	json_string_end(&json);
	json_text(&json, "t", stamp->time);
	json_text(&json, "room", stamp->room);
	json_text(&json, kinds[said->kind].who, said->from);
	if (what) {
		json_string_begin(&json, what);
		model->text = json.size;
		put_text(&json, said, said->kind == SAID_LINE ? said->mark : UNMARKED);
	}
	size = finish(&json, said);
	if (!size)
		model->line = NULL;
	return size;
}

size_t render_json(char *to, const struct said *said, const struct stamp *stamp)
{
	struct render_model model;

	return render_json_model(to, said, stamp, &model);
}

size_t render_json_like(char *to, const struct said *said, uint64_t number,
			const struct render_model *model)
{
	struct json json = begin(to, said);

	json_bytes(&json, model->line, model->number);
	json_digits(&json, number);
	json_bytes(&json, model->line + model->time, model->text - model->time);
	put_text(&json, said, said->mark);
	return finish(&json, said);
}

size_t render_letter_json(char *to, const struct said *said, const char *to_name, const char *time)
{
	struct json json = begin(to, said);

	json_open(&json, "priv");
	json_text(&json, "t", time);
	json_text(&json, "from", said->from);
	json_text(&json, "to", to_name);
	add_text(&json, "text", said, UNMARKED);
	if (said->vouched)
		json_text(&json, "auth", "uid");
	add_nonce(&json, said);
	return end(&json);
}

static unsigned int days_of_month(unsigned int month, unsigned int year)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

static unsigned int days_of_year(unsigned int year)
{
	return 337 + days_of_month(2, year);
}

static void put_digits(char *to, unsigned int number, int digits)
{
	while (digits-- > 0) {
		to[digits] = (char)('0' + number % 10);
		number /= 10;
	}
}

/* Not gmtime_r(): that takes a lock of the C library, and reads a file when it is called first. */
static void put_second(char *to, uint64_t second)
{
	unsigned int day = (unsigned int)(second / SECONDS_A_DAY), year = 1970, month = 1;
	unsigned int rest = (unsigned int)(second % SECONDS_A_DAY);

	for (; day >= days_of_year(year); year++)
		day -= days_of_year(year);
	for (; day >= days_of_month(month, year); month++)
		day -= days_of_month(month, year);
	memcpy(to, "0000-00-00T00:00:00.000Z", RENDER_TIME_SIZE);
	put_digits(to, year, 4);
	put_digits(to + 5, month, 2);
	put_digits(to + 8, day + 1, 2);
	put_digits(to + 11, rest / 3600, 2);
	put_digits(to + 14, rest / 60 % 60, 2);
	put_digits(to + 17, rest % 60, 2);
}

void render_time(struct render_time *ret, uint64_t us)
{
	uint64_t time = us < LAST_TIME ? us : LAST_TIME;
	uint64_t second = time / 1000000;

	if (ret->second != second || ret->text[0] == '\0') {
		put_second(ret->text, second);
		ret->second = second;
	}
	put_digits(ret->text + 20, (unsigned int)(time / 1000 % 1000), 3);
}
