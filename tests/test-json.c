/* test-json.c - objects, their members and escapes; what does not fit */
#include "common/cleanup.h"
#include "common/text.h"
#include "mtchatd/json.h"

#include "chance.h"
#include "json-check.h"
#include "tap.h"

#define R          "\xEF\xBF\xBD"
#define BYTES(lit) lit, sizeof(lit) - 1

enum { LINE_MAX_SIZE = 4096 };

/* In each a string's bytes, and what they are in JSON. */
static const struct {
	const char *name, *text;
	size_t size;
	const char *want;
} escapes[] = {
	{"nothing", BYTES(""), ""},
	{"ASCII", BYTES("Good morning, all of you!"), "Good morning, all of you!"},
	{"a quote", BYTES("\""), "\\\""},
	{"a backslash", BYTES("\\"), "\\\\"},
	{"a quote in the second word", BYTES("123456789\"1234567"), "123456789\\\"1234567"},
	{"a slash is not escaped", BYTES("a/b"), "a/b"},
	{"TAB", BYTES("a\tb"), "a\\tb"},
	{"LF and CR", BYTES("a\nb\r"), "a\\u000ab\\u000d"},
	{"NUL", BYTES("a\0b"), "a\\u0000b"},
	{"ESC and the last control", BYTES("\x1B\x1F"), "\\u001b\\u001f"},
	{"DEL and C1 are no bytes below 20", BYTES("\x7F\xC2\x85"), "\x7F\xC2\x85"},
	{"U+2028", BYTES("\xE2\x80\xA8"), "\xE2\x80\xA8"},
	{"Korean", BYTES("\xED\x95\x9C\xEA\xB8\x80 \"x\""), "\xED\x95\x9C\xEA\xB8\x80 \\\"x\\\""},
	{"emoji", BYTES("\xF0\x9F\x98\x80"), "\xF0\x9F\x98\x80"},
	{"the last character", BYTES("\xF4\x8F\xBF\xBF"), "\xF4\x8F\xBF\xBF"},
	{"no character", BYTES("\xEF\xBF\xBF"), "\xEF\xBF\xBF"},
	{"EUC-KR", BYTES("\xB0\xA1 z"), R R " z"},
	{"overlong", BYTES("\xC0\xAF\xE0\x80\xAF\xF0\x80\x80\xAF"), R R R R R R R R R},
	{"a surrogate", BYTES("\xED\xA0\x80"), R R R},
	{"beyond U+10FFFF", BYTES("\xF4\x90\x80\x80\xF5"), R R R R R},
	{"cut off", BYTES("a\xF0\x9F\x98"), "a" R R R},
	{"cut off by a quote", BYTES("\xED\x95\""), R R "\\\""},
	{"telnet's bytes are not dropped", BYTES("\xFF\xF1z"), R R "z"},
};

/* What json_string() puts between the quotes, from a buffer of just its bound.  Returns its size.
 */
static size_t escape(char *to, const char *text, size_t size)
{
	static const char before[] = "\"k\":\"";
	const size_t begin = sizeof(before) - 1, room = begin + JSON_GROWTH * size + 1;
	AUTO_FREE char *line = malloc(room);
	struct json json = {.text = line, .room = room};

	if (!line)
		abort();
	json_string(&json, "k", text, size);
	if (json.full || memcmp(line, before, begin) != 0 || line[json.size - 1] != '"')
		return SIZE_MAX;
	memcpy(to, line + begin, json.size - begin - 1);
	return json.size - begin - 1;
}

static void test_escapes(void)
{
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		size_t size = escapes[i].size, want = strlen(escapes[i].want);
		AUTO_FREE char *text = malloc(size + 1), *to = malloc(JSON_GROWTH * size + 1);

		if (!text || !to)
			abort();
		memcpy(text, escapes[i].text, size);
		ok(escape(to, text, size) == want && memcmp(to, escapes[i].want, want) == 0,
		   "escape: %s", escapes[i].name);
	}
}

/* The same by the plainest means. */
static size_t plain_escape(char *to, const char *text, size_t size)
{
	const unsigned char *s = (const unsigned char *)text;
	char *at = to;

	while (size > 0) {
		uint32_t c = 0;
		size_t length = plain_decode(s, size, &c);

		if (length == 0)
			at += sprintf(at, R);
		else if (c == '"' || c == '\\')
			at += sprintf(at, "\\%c", (char)c);
		else if (c == '\t')
			at += sprintf(at, "\\t");
		else if (c < 0x20)
			at += sprintf(at, "\\u%04x", c);
		else
			at = (char *)mempcpy(at, s, length);
		length += length == 0;
		s += length;
		size -= length;
	}
	return (size_t)(at - to);
}

/* A text by chance of those bytes, in an array of just its size. */
static char *some_text(uint64_t *state, size_t size, const char *bytes, size_t count)
{
	char *text = malloc(size ? size : 1);

	if (!text)
		abort();
	for (size_t i = 0; i < size; i++)
		text[i] = count ? bytes[chance(state, (uint32_t)count)] : (char)chance(state, 256);
	return text;
}

static int escape_faults(uint64_t *state, size_t size, const char *bytes, size_t count)
{
	AUTO_FREE char *text = some_text(state, size, bytes, count);
	AUTO_FREE char *to = malloc(size ? JSON_GROWTH * size : 1);
	AUTO_FREE char *want = malloc(JSON_GROWTH * size + 1);
	size_t got;

	if (!to || !want)
		abort();
	got = escape(to, text, size);
	return got != plain_escape(want, text, size) || memcmp(got ? to : "", want, got) != 0;
}

/* Bytes of all kinds, and those of two that matter, at all places of words. */
static void test_any_bytes(void)
{
	uint64_t state = CHANCE_SEED;
	int faults = 0;

	for (size_t size = 0; size < 100; size++) {
		for (int i = 0; i < 100; i++) {
			faults += escape_faults(&state, size, NULL, 0);
			faults += escape_faults(&state, size,
						BYTES("aaaaaaaaaaaaaaa \x7F\"\\\t\x01"));
			faults += escape_faults(&state, size,
						BYTES("zzzz\xED\x95\x9C\xC3\xF0\x9F\""));
		}
	}
	is(faults, 0, "30,000 texts by chance are escaped as by the plainest means");
}

/* Every first byte, behind it the bytes at which something begins or ends. */
static void test_every_character(void)
{
	static const unsigned char edges[] = {0x00, 0x7F, 0x80, 0x8F, 0x90,
					      0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
	char text[4], to[24], want[25];
	int faults = 0;

	for (int lead = 0; lead < 256; lead++) {
		for (size_t n = 0; n < 10000; n++) {
			size_t size;

			text[0] = (char)lead;
			text[1] = (char)edges[n % 10];
			text[2] = (char)edges[n / 10 % 10];
			text[3] = (char)edges[n / 100 % 10];
			size = n / 1000 % 4 + 1;
			faults += escape(to, text, size) != plain_escape(want, text, size) ||
				  memcmp(to, want, plain_escape(want, text, size)) != 0;
		}
	}
	is(faults, 0, "well-formed or not: as by the plainest means");
}

static char buffer[LINE_MAX_SIZE];

static void expect(const struct json *json, const char *want, const char *what)
{
	size_t size = strlen(want);
	bool same = json->size == size && memcmp(json->text, want, size) == 0;

	ok(same && !json->full && json_is_valid(want, size), "%s", what);
	if (!same)
		printf("# got %.*s# wanted %s", (int)json->size, json->text, want);
}

static void write_pong(struct json *json)
{
	json_open(json, "pong");
	json_string(json, "token", "x\"y", 3);
	json_close(json);
}

static void write_hello(struct json *json)
{
	json_open(json, "hello");
	json_number(json, "proto", 1);
	json_id(json, "head", "k3f9abc", 18230);
	json_text(json, "you", NULL);
	json_text(json, "key", "");
	json_begin(json, "limits", '{');
	json_number(json, "max_line", 4096);
	json_end(json, '}');
	json_close(json);
}

static void write_rooms(struct json *json)
{
	json_open(json, "rooms");
	json_begin(json, "rooms", '[');
	for (uint64_t i = 0; i < 2; i++) {
		json_begin(json, NULL, '{');
		json_text(json, "name", i ? "tea" : "lobby");
		json_number(json, "clients", i ? 0 : UINT64_MAX);
		json_end(json, '}');
	}
	json_end(json, ']');
	json_begin(json, "none", '[');
	json_end(json, ']');
	json_begin(json, "names", '[');
	json_element(json, "al{");
	json_element(json, "b\\[");
	json_element(json, "");
	json_end(json, ']');
	json_begin(json, "empty", '{');
	json_end(json, '}');
	json_number(json, "more", 0);
	json_close(json);
}

static void write_pieces(struct json *json)
{
	json_open(json, "say");
	json_string_begin(json, "text");
	json_string_piece(json, BYTES("say \"hi\"\t\xB0"));
	json_string_piece(json, BYTES("\xFF\xFB"));
	json_string_piece(json, BYTES("~"));
	json_string_piece(json, BYTES("\xFF\xF1\0\\\x1B\"\xC2\x85\xED\x95\x9C"));
	json_string_piece(json, "", 0);
	json_string_end(json);
	json_text(json, "auth", "uid");
	json_close(json);
}

static const struct {
	const char *name;
	void (*write)(struct json *json);
	const char *want;
} objects[] = {
	{"pong", write_pong, "{\"ev\":\"pong\",\"token\":\"x\\\"y\"}\n"},
	{"hello", write_hello,
	 "{\"ev\":\"hello\",\"proto\":1,\"head\":\"k3f9abc.18230\",\"you\":null,\"key\":\"\","
	 "\"limits\":{\"max_line\":4096}}\n"},
	{"rooms", write_rooms,
	 "{\"ev\":\"rooms\",\"rooms\":[{\"name\":\"lobby\",\"clients\":18446744073709551615},"
	 "{\"name\":\"tea\",\"clients\":0}],\"none\":[],\"names\":[\"al{\",\"b\\\\[\",\"\"],"
	 "\"empty\":{},\"more\":0}\n"},
	{"pieces", write_pieces,
	 "{\"ev\":\"say\",\"text\":\"say \\\"hi\\\"\\t" R R R "~\\\\" R "\\\"" R "\xED\x95\x9C\","
	 "\"auth\":\"uid\"}\n"},
};

static void test_objects(void)
{
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		struct json json = {.text = buffer, .room = sizeof(buffer)};

		objects[i].write(&json);
		expect(&json, objects[i].want, objects[i].name);
	}
}

/* In a buffer of any size; ASan sees who writes behind it. */
static void test_room(void)
{
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		size_t whole = strlen(objects[i].want), fitted = 0, faults = 0;

		for (size_t room = 0; room <= whole + 32; room++) {
			AUTO_FREE char *text = malloc(room ? room : 1);
			struct json json = {.text = text, .room = room};

			if (!text)
				abort();
			objects[i].write(&json);
			faults += json.size > room || (room < whole && !json.full) ||
				  memcmp(text, objects[i].want, json.size) != 0 ||
				  (!json.full && json.size != whole);
			fitted += !json.full;
		}
		is((long long)faults, 0, "%s: what does not fit is told, and none of it is wrong",
		   objects[i].name);
		ok(fitted >= 16, "%s: it fits into a little more than its size", objects[i].name);
	}
}

/* A piece that is not clean, in no more room than its worst case. */
static void test_piece_room(void)
{
	static const char before[] = "{\"ev\":\"x\",\"t\":\"";
	enum { BEFORE = sizeof(before) - 1 };

	for (size_t size = 1; size < 20; size++) {
		size_t room = BEFORE + TEXT_GROWTH * size;
		AUTO_FREE char *text = malloc(room), *bytes = malloc(size);
		struct json json = {.text = text, .room = room};

		if (!text || !bytes)
			abort();
		memset(bytes, 0xFE, size);
		json_open(&json, "x");
		json_string_begin(&json, "t");
		json_string_piece(&json, bytes, size);
		ok(!json.full && json.size == room, "%zu bytes that are not clean: just fit", size);
		json_string_end(&json);
		ok(json.full && json.size == room, "and nothing goes behind them");
	}
}

int main(void)
{
	test_escapes();
	test_any_bytes();
	test_every_character();
	test_objects();
	test_room();
	test_piece_room();
	return done();
}
