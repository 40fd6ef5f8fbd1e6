/* test-render-like.c - a line in JSON that is made from the one before is what it is by itself */
#include "mtchatd/render.h"

#include "tap.h"

/* Lines that one says in a row; all that is around them is longer from line to line. */
static void test_like(void)
{
	static const char *const texts[] = {"", "x", "a \"quote\"", "\xED\x95\x9C", "[eve] hi"};
	struct stamp stamp = {.room = "lobby", .epoch = "abcdefg", .number = 9, .time = "now"};
	struct said said = {.kind = SAID_LINE, .from = "alice", .text = "", .mark = UNMARKED};
	char first[RENDER_OVERHEAD], line[RENDER_OVERHEAD], like[RENDER_OVERHEAD];
	struct render_model model;

	render_json_model(first, &said, &stamp, &model);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t size;

		said.text = texts[i];
		said.size = strlen(texts[i]);
		said.mark = i == 4 ? 1 : UNMARKED;
		said.nonce = "n";
		said.nonce_size = i % 2;
		said.vouched = i > 2;
		stamp.number *= 11;
		ok(render_is_model(&model, &said), "a line of the same one");
		size = render_json_like(like, &said, stamp.number, &model);
		ok(size == render_json(line, &said, &stamp) && memcmp(line, like, size) == 0,
		   "like the one before: %.*s", (int)size - 1, like);
	}
	said.from = "bob";
	ok(!render_is_model(&model, &said), "not of another one");
	said = (struct said){.kind = SAID_ACT, .from = model.from, .text = ""};
	ok(!render_is_model(&model, &said), "not what is done");
	render_json_model(first, &said, &stamp, &model);
	ok(!render_is_model(&model, &said), "and that is no model");
}

int main(void)
{
	test_like();
	return done();
}
