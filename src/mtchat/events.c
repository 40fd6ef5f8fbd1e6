/* events.c - a line of JSON from the server becomes an event: tables of events, and of their keys
 */
#include "mtchat/events.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	/* Of a number that is believed.  Longer ones do not all fit 63 bits. */
	DIGITS_MAX = 18,
	TIME_SIZE = sizeof("2026-11-21T10:31:07.412Z") - 1,
};

static const json_int_t number_max = 999999999999999999; /* DIGITS_MAX of them */

#define IN(kind) (1U << EVENT_##kind)

enum {
	SAID = IN(SAY) | IN(ME),
	MOVED = IN(JOIN) | IN(LEAVE) | IN(RENAME),
	LOGGED = SAID | MOVED,
};

static const struct word {
	const char *name;
	enum event_kind kind;
} kinds[] = {
	{"hello", EVENT_HELLO},   {"say", EVENT_SAY},
	{"me", EVENT_ME},         {"priv", EVENT_PRIV},
	{"join", EVENT_JOIN},     {"leave", EVENT_LEAVE},
	{"rename", EVENT_RENAME}, {"notice", EVENT_NOTICE},
	{"who", EVENT_WHO},       {"rooms", EVENT_ROOMS},
	{"replay", EVENT_REPLAY}, {"live", EVENT_LIVE},
	{"skip", EVENT_SKIP},     {"restarted", EVENT_RESTARTED},
	{"pong", EVENT_PONG},     {"bye", EVENT_BYE},
};

enum field_type { FIELD_TEXT, FIELD_NUMBER, FIELD_ID, FIELD_TIME, FIELD_UID };

static const struct field {
	unsigned int kinds; /* events that have it, IN() each */
	const char *key;
	enum field_type type;
	size_t offset; /* in struct event */
} fields[] = {
	{LOGGED, "id", FIELD_ID, offsetof(struct event, id)},
	{IN(HELLO) | IN(LIVE), "head", FIELD_ID, offsetof(struct event, id)},
	{IN(SKIP), "to", FIELD_ID, offsetof(struct event, id)},
	{IN(SKIP), "from", FIELD_ID, offsetof(struct event, from_id)},
	{LOGGED | IN(PRIV), "t", FIELD_TIME, offsetof(struct event, time_ms)},
	{LOGGED | IN(HELLO) | IN(WHO), "room", FIELD_TEXT, offsetof(struct event, room)},
	{SAID | IN(PRIV), "from", FIELD_TEXT, offsetof(struct event, from)},
	{MOVED, "name", FIELD_TEXT, offsetof(struct event, from)},
	{IN(PRIV) | IN(RENAME), "to", FIELD_TEXT, offsetof(struct event, to)},
	{SAID | IN(PRIV) | IN(NOTICE), "text", FIELD_TEXT, offsetof(struct event, text)},
	{IN(LEAVE) | IN(BYE), "reason", FIELD_TEXT, offsetof(struct event, text)},
	{SAID | IN(PRIV) | IN(NOTICE), "n", FIELD_TEXT, offsetof(struct event, nonce)},
	{IN(NOTICE), "code", FIELD_TEXT, offsetof(struct event, code)},
	{IN(PONG), "token", FIELD_TEXT, offsetof(struct event, token)},
	{IN(HELLO), "you", FIELD_TEXT, offsetof(struct event, you)},
	{IN(HELLO), "key", FIELD_TEXT, offsetof(struct event, key)},
	{IN(REPLAY) | IN(SKIP), "lines", FIELD_NUMBER, offsetof(struct event, lines)},
	{IN(RESTARTED), "gap_ms", FIELD_NUMBER, offsetof(struct event, gap_ms)},
	{IN(WHO), "unnamed", FIELD_NUMBER, offsetof(struct event, unnamed)},
	{IN(WHO) | IN(ROOMS), "more", FIELD_NUMBER, offsetof(struct event, more)},
	{LOGGED | IN(PRIV), "auth", FIELD_UID, offsetof(struct event, vouched)},
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t digits_length(const char *text, size_t size)
{
	size_t at = 0;

	while (at < size && is_digit(text[at]))
		at++;
	return at;
}

static bool is_epoch(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!is_digit(text[i]) && !(text[i] >= 'a' && text[i] <= 'z') &&
		    !(text[i] >= 'A' && text[i] <= 'Z') && text[i] != '_' && text[i] != '-')
			return false;
	return size > 0 && size <= EPOCH_MAX;
}

/* Nothing but digits, none of them a 0 too much. */
static bool read_decimal(uint64_t *ret, const char *digits)
{
	uint64_t number = 0;

	if (digits[0] == '\0' || (digits[0] == '0' && digits[1] != '\0'))
		return false;
	for (; *digits; digits++)
		if (!is_digit(*digits) || __builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*digits - '0'), &number))
			return false;
	*ret = number;
	return true;
}

int event_id_parse(struct event_id *ret, const char *text)
{
	const char *dot = strchr(text, '.');
	struct event_id id = {0};

	if (!dot || !is_epoch(text, (size_t)(dot - text)) || !read_decimal(&id.number, dot + 1))
		return -EINVAL;
	memcpy(id.epoch, text, (size_t)(dot - text));
	*ret = id;
	return 0;
}

/* A number of as many digits as stand there; there are no others, read_time() has looked. */
static int digits_value(const char *digits, size_t count)
{
	int value = 0;

	for (size_t i = 0; i < count; i++)
		value = 10 * value + (digits[i] - '0');
	return value;
}

/* timegm() would make the 2nd of March of the 30th of February: what comes out must be the same. */
static bool is_same_time(const struct tm *one, const struct tm *other)
{
	return one->tm_year == other->tm_year && one->tm_mon == other->tm_mon &&
	       one->tm_mday == other->tm_mday && one->tm_hour == other->tm_hour &&
	       one->tm_min == other->tm_min && one->tm_sec == other->tm_sec;
}

/* -1: it is no time, or one before 1970. */
static int64_t read_time(const char *text)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ";
	struct tm tm, again;
	time_t seconds;

	for (size_t i = 0; i <= TIME_SIZE; i++) /* the NUL, too */
		if (form[i] == 'd' ? !is_digit(text[i]) : text[i] != form[i])
			return -1;
	tm = (struct tm){
		.tm_year = digits_value(text, 4) - 1900,
		.tm_mon = digits_value(text + 5, 2) - 1,
		.tm_mday = digits_value(text + 8, 2),
		.tm_hour = digits_value(text + 11, 2),
		.tm_min = digits_value(text + 14, 2),
		.tm_sec = digits_value(text + 17, 2),
	};
	again = tm;
	seconds = timegm(&again);
	if (!is_same_time(&tm, &again) || seconds < 0)
		return -1;
	return (int64_t)seconds * 1000 + digits_value(text + 20, 3);
}

/* Leaves what it is if the value is no number, or one that is not believed. */
static void read_number(uint64_t *number, const json_t *value)
{
	json_int_t n = json_integer_value(value); /* 0 if it is none */

	if (n > 0 && n <= number_max)
		*number = (uint64_t)n;
}

static void read_field(struct event *event, const struct field *field, const json_t *value)
{
	void *to = (char *)event + field->offset;
	const char *text = json_string_value(value);

	if (field->type == FIELD_NUMBER)
		read_number(to, value);
	if (!text)
		return;
	switch (field->type) {
	case FIELD_TEXT:
		*(const char **)to = text;
		break;
	case FIELD_ID:
		event_id_parse(to, text);
		break;
	case FIELD_TIME:
		*(int64_t *)to = read_time(text);
		break;
	case FIELD_UID:
		*(bool *)to = strcmp(text, "uid") == 0;
		break;
	case FIELD_NUMBER:
		break;
	}
}

/* The array of an event that has one, or NULL. */
static const json_t *list_of(const struct event *event)
{
	if (event->kind == EVENT_WHO)
		return json_object_get(event->json, "names");
	return event->kind == EVENT_ROOMS ? json_object_get(event->json, "rooms") : NULL;
}

static void read_fields(struct event *event)
{
	const json_t *json = event->json;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (fields[i].kinds & (1U << event->kind))
			read_field(event, &fields[i], json_object_get(json, fields[i].key));
	if (event->kind == EVENT_HELLO)
		read_number(&event->max_line,
			    json_object_get(json_object_get(json, "limits"), "max_line"));
	event->count = json_array_size(list_of(event)); /* 0 if it is none */
}

static enum event_kind kind_of(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return kinds[i].kind;
	return EVENT_OTHER;
}

/* The length of the number that begins there, by JSON's grammar; 0: there is none. */
static size_t number_length(const char *text, size_t size, bool *ret_is_whole)
{
	size_t at = text[0] == '-', n = digits_length(text + at, size - at);

	*ret_is_whole = true;
	if (n == 0 || (n > 1 && text[at] == '0'))
		return 0;
	at += n;
	if (at < size && text[at] == '.') {
		n = digits_length(text + at + 1, size - at - 1);
		if (n == 0)
			return 0;
		at += 1 + n;
		*ret_is_whole = false;
	}
	if (at < size && (text[at] == 'e' || text[at] == 'E')) {
		size_t sign = at + 1 < size && (text[at + 1] == '+' || text[at + 1] == '-');

		n = digits_length(text + at + 1 + sign, size - at - 1 - sign);
		if (n == 0)
			return 0;
		at += 1 + sign + n;
		*ret_is_whole = false;
	}
	return at;
}

/* Puts -1 in the place of each number that would not be believed anyway. */
static void blank_numbers(char *line, size_t size)
{
	bool in_string = false, is_whole;

	for (size_t at = 0, n; at < size; at += n) {
		n = 1;
		if (line[at] == '"') {
			in_string = !in_string;
		} else if (in_string) {
			n = line[at] == '\\' ? 2 : 1;
		} else if (line[at] == '-' || is_digit(line[at])) {
			n = number_length(line + at, size - at, &is_whole);
			if (n > DIGITS_MAX || (n > 0 && !is_whole)) {
				memset(line + at, ' ', n);
				line[at] = '-';
				line[at + 1] = '1';
			}
			n += n == 0;
		}
	}
}

/* The library does not tell each time that it has no memory, but malloc() does. */
static int load(json_t **ret, const char *line, size_t size, enum json_error_code *ret_code)
{
	json_error_t error;

	errno = 0;
	*ret = json_loadb(line, size, 0, &error);
	if (*ret)
		return 0;
	*ret_code = json_error_code(&error);
	return *ret_code == json_error_out_of_memory || errno == ENOMEM ? -ENOMEM : -EBADMSG;
}

/*
 * The library takes no line with a number that its types cannot hold, whoever asked for that key.
 * The protocol says that keys may be added: so such a number must not cost the event.
 */
static int load_any(json_t **ret, const char *line, size_t size)
{
	enum json_error_code code = json_error_unknown;
	int r = load(ret, line, size, &code);
	char *copy;

	if (r == 0 || code != json_error_numeric_overflow)
		return r;
	copy = malloc(size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, line, size);
	blank_numbers(copy, size);
	r = load(ret, copy, size, &code);
	free(copy);
	return r;
}

int event_read(struct event *ret, const char *line, size_t size)
{
	json_auto_t *json = NULL;
	const char *name;
	int r;

	if (size == 0 || size > EVENT_LINE_MAX)
		return -EBADMSG;
	r = load_any(&json, line, size);
	if (r < 0)
		return r;
	name = json_string_value(json_object_get(json, "ev"));
	if (!name)
		return -EBADMSG;
	*ret = (struct event){.kind = kind_of(name), .json = json_incref(json), .time_ms = -1};
	read_fields(ret);
	return 0;
}

void event_done(struct event *event)
{
	json_decref(event->json);
	*event = (struct event){.time_ms = -1};
}

const char *event_name(const struct event *event, size_t i)
{
	const json_t *entry = json_array_get(list_of(event), i);
	const char *name;

	if (event->kind == EVENT_ROOMS)
		entry = json_object_get(entry, "name");
	name = json_string_value(entry);
	return name ? name : "";
}

uint64_t event_clients(const struct event *event, size_t i)
{
	uint64_t clients = 0;

	if (event->kind == EVENT_ROOMS)
		read_number(&clients,
			    json_object_get(json_array_get(list_of(event), i), "clients"));
	return clients;
}
