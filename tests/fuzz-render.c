/* fuzz-render.c - whatever is said, both renderings are one whole line, and the JSON says it again
 */
#include <stdint.h>

#include "common/cleanup.h"
#include "common/text.h"
#include "mtchatd/json.h"
#include "mtchatd/render.h"

#include "json-check.h"

enum {
	HEAD = 4, /* bytes of the input before the name: kind and flags, mark, sizes of both */
	KINDS = SAID_RENAME + 1,
	FLAG_NAMED = 0x10,
	FLAG_VOUCHED = 0x20,
	FLAG_MARKED = 0x40,
	FLAG_LONGEST = 0x80, /* all that stands around the text is as long as it can be */
};

static const char longest[NAME_MAX_BYTES + 1] =
	"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";
static const char some_time[] = "2026-11-21T10:31:07.412Z";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* What is said, in arrays of just its size. */
struct input {
	struct said said;
	struct stamp stamp;
	char nonce[NONCE_MAX];
	struct name name;
	char *text;
};

static void make_nonce(struct input *input, const uint8_t *data, size_t size)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

	for (size_t i = 0; i < size; i++)
		input->nonce[i] = letters[data[i] % (sizeof(letters) - 1)];
	input->said.nonce = input->nonce;
	input->said.nonce_size = size;
}

/* HEAD bytes, a name, a nonce, and the text.  False: too short, or no memory. */
static bool make_input(struct input *input, const uint8_t *data, size_t size)
{
	size_t name_size, nonce_size;
	const char *name;

	if (size < HEAD)
		return false;
	name_size = data[2] % (NAME_MAX_BYTES + 1);
	nonce_size = data[3] % (NONCE_MAX + 1);
	if (size < HEAD + name_size + nonce_size)
		return false;
	name = name_parse(&input->name, (const char *)data + HEAD, name_size) == NAME_GOOD
		       ? input->name.text
		       : "alice";
	input->said.kind = data[0] % 16 % KINDS;
	input->said.from = data[0] & FLAG_LONGEST ? longest : name;
	if (input->said.kind == SAID_LINE && !(data[0] & FLAG_NAMED))
		input->said.from = NULL;
	input->said.vouched = data[0] & FLAG_VOUCHED;
	input->said.mark = data[0] & FLAG_MARKED ? data[1] : UNMARKED;
	make_nonce(input, data + HEAD + name_size, nonce_size);
	input->stamp = (struct stamp){name, "k3f9abc", data[1] * UINT64_C(72340172838076673),
				      some_time};
	if (data[0] & FLAG_LONGEST)
		input->stamp.room = longest, input->stamp.number = UINT64_MAX;
	input->said.size = size - HEAD - name_size - nonce_size;
	input->text = malloc(input->said.size ? input->said.size : 1);
	if (!input->text)
		return false;
	memcpy(input->text, data + size - input->said.size, input->said.size);
	input->said.text = input->text;
	return true;
}

/* Ends with its only LF; of JSON it is the only byte below a space. */
static void check_line(const char *line, size_t size, size_t text_size, bool json)
{
	require(size > 0 && size <= TEXT_GROWTH * text_size + RENDER_OVERHEAD);
	require((const char *)memchr(line, '\n', size) == line + size - 1);
	for (size_t i = 0; json && i < size - 1; i++)
		require((unsigned char)line[i] >= ' ');
}

static void check_member(const char *line, size_t size, const char *key, const char *want,
			 size_t want_size)
{
	AUTO_FREE char *got = malloc(size);

	require(got);
	require(json_member(got, line, size, key) == (want ? (ssize_t)want_size : -1));
	require(!want || memcmp(got, want, want_size) == 0);
}

static void check_name(const char *line, size_t size, const char *key, const char *want)
{
	check_member(line, size, key, want, want ? strlen(want) : 0);
}

/* The text cleaned by the plainest means, the mark in it. */
static size_t clean_marked(char *to, const struct said *said, size_t mark)
{
	size_t size;

	if (mark > said->size)
		return plain_clean(to, said->text, said->size);
	size = plain_clean(to, said->text, mark);
	to[size++] = '~';
	return size + plain_clean(to + size, said->text + mark, said->size - mark);
}

static void check_said(const char *line, size_t size, const struct said *said, const char *key,
		       size_t mark)
{
	AUTO_FREE char *want = malloc(TEXT_GROWTH * said->size + 1);

	require(want);
	check_line(line, size, said->size, true);
	require(json_is_valid(line, size));
	check_member(line, size, key, want, clean_marked(want, said, mark));
	check_member(line, size, "n", said->nonce_size ? said->nonce : NULL, said->nonce_size);
	check_name(line, size, "auth", said->vouched && said->kind != SAID_LEAVE ? "uid" : NULL);
}

static void check_json(const struct input *input)
{
	static const char *const texts[] = {"text", "text", "-", "reason", "to"};
	static const char *const names[] = {"from", "from", "name", "name", "name"};
	static const char *const events[] = {"say", "me", "join", "leave", "rename"};
	struct said said = input->said;
	AUTO_FREE char *line = malloc(TEXT_GROWTH * said.size + RENDER_OVERHEAD);
	size_t size;

	require(line);
	size = render_json(line, &said, &input->stamp);
	check_name(line, size, "ev", events[said.kind]);
	check_name(line, size, "t", some_time);
	check_name(line, size, "room", input->stamp.room);
	check_name(line, size, names[said.kind], said.from);
	if (said.kind != SAID_JOIN)
		check_said(line, size, &said, texts[said.kind],
			   said.kind == SAID_LINE ? said.mark : UNMARKED);
	else
		check_line(line, size, said.size, true);
	require(json_is_valid(line, size));
}

/* What follows a line of the same one, which was another text, is what it is by itself. */
static void check_like(const struct input *input)
{
	struct said said = input->said, before = input->said;
	AUTO_FREE char *line = malloc(TEXT_GROWTH * said.size + RENDER_OVERHEAD);
	AUTO_FREE char *like = malloc(TEXT_GROWTH * said.size + RENDER_OVERHEAD);
	AUTO_FREE char *first = malloc(RENDER_OVERHEAD);
	struct stamp stamp = input->stamp;
	struct render_model model;
	size_t size;

	require(line && like && first);
	before.size = before.nonce_size = 0;
	stamp.number /= 3;
	render_json_model(first, &before, &stamp, &model);
	require(render_is_model(&model, &said) == (said.kind == SAID_LINE));
	if (said.kind != SAID_LINE)
		return;
	size = render_json_like(like, &said, input->stamp.number, &model);
	require(size == render_json(line, &said, &input->stamp));
	require(memcmp(like, line, size) == 0);
}

/* The text that a terminal shows ends before its LF: lines are cut first. */
static void check_text(const struct input *input)
{
	struct said said = input->said;
	const char *lf = memchr(said.text, '\n', said.size);
	AUTO_FREE char *line = NULL;
	size_t size;

	said.size = lf ? (size_t)(lf - said.text) : said.size;
	line = malloc(TEXT_GROWTH * said.size + RENDER_OVERHEAD);
	require(line);
	size = render_text(line, &said);
	if (said.kind > SAID_ACT) {
		require(size == 0);
		return;
	}
	check_line(line, size, said.size, false);
	if (said.kind == SAID_LINE && said.mark <= said.size)
		require(line[size - 2 - (said.size - said.mark)] == '~');
	else
		require(memcmp(line + size - 1 - said.size, said.text, said.size) == 0);
	require(render_letter_text(line, longest, "you", said.text, said.size) ==
		said.size + sizeof(longest) - 1 + sizeof("[ -> you] "));
}

static void check_letter(const struct input *input)
{
	struct said said = input->said;
	AUTO_FREE char *line = malloc(TEXT_GROWTH * said.size + RENDER_OVERHEAD);
	size_t size;

	require(line);
	said.kind = SAID_LINE;
	said.from = input->said.from ? input->said.from : "carol";
	size = render_letter_json(line, &said, longest, some_time);
	check_name(line, size, "ev", "priv");
	check_name(line, size, "from", said.from);
	check_name(line, size, "to", longest);
	check_said(line, size, &said, "text", UNMARKED);
}

/* A string of any bytes, in a buffer of just its bound. */
static void check_escape(const struct said *said)
{
	const size_t key = sizeof("\"k\":") - 1, room = key + JSON_GROWTH * said->size + 2;
	AUTO_FREE char *to = malloc(room);
	struct json json = {.text = to, .room = room};

	require(to);
	json_string(&json, "k", said->text, said->size);
	require(!json.full && json_is_valid(to + key, json.size - key));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {0};

	if (make_input(&input, data, size)) {
		check_json(&input);
		check_like(&input);
		check_text(&input);
		check_letter(&input);
		check_escape(&input.said);
	}
	free(input.text);
	return 0;
}
