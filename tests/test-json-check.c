/* test-json-check.c - what json-check.h takes for JSON and what it refuses: RFC 8259's grammar */
#include "json-check.h"
#include "tap.h"

#define BYTES(lit) lit, sizeof(lit) - 1

static void test_values(void)
{
	static const char *const good[] = {
		"{}",
		"[]",
		"\"\"",
		"0",
		"-0",
		"10",
		"1.5",
		"-1.50e+10",
		"1E-2",
		"0e0",
		"true",
		"false",
		"null",
		" { } ",
		"\t[\n]\r",
		"[1,2]",
		"[[],{}]",
		"{\"a\":1}",
		"{ \"a\" : 1 , \"b\" : [ { } ] }",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
		"\"\\u00fF\"",
		"\"\\uD83D\\uDE00\"",
		"\"\xED\x95\x9C \xF0\x9F\x98\x80\"",
		"\"\x7F\"",
		"{\"a\":1,\"A\":1}",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
	};
	static const char *const bad[] = {
		"",
		" ",
		"{",
		"}",
		"[",
		"]",
		"\"",
		"01",
		"+1",
		"-",
		".5",
		"1.",
		"1e",
		"1e+",
		"0x1",
		"tru",
		"True",
		"nul",
		"nulll",
		"NaN",
		"Infinity",
		"'a'",
		"[1,]",
		"[,1]",
		"[1 2]",
		"{a:1}",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{,}",
		"{\"a\":1 \"b\":2}",
		"{1:1}",
		"{\"a\":1}{}",
		"{} x",
		"\"\n\"",
		"\"\t\"",
		"\"\x1F\"",
		"\"\\x\"",
		"\"\\\"",
		"\"\\u12\"",
		"\"\\u12g4\"",
		"\"\\uD83D\"",
		"\"\\uD83Dx\"",
		"\"\\uDE00\"",
		"\"\\uD83D\\u0041\"",
		"\"\xFF\"",
		"\"\xC0\xAF\"",
		"\"\xED\xA0\x80\"",
		"\"\xF4\x90\x80\x80\"",
		"\"\xED\x95\"",
		"{\"a\":1,\"a\":2}",
		"{\"b\":0,\"a\":1,\"a\":2}",
		"\xEF\xBB\xBF{}",
		"[1]]",
		"{]",
		"[}",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ok(json_is_valid(good[i], strlen(good[i])), "good sample %zu", i);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!json_is_valid(bad[i], strlen(bad[i])), "bad sample %zu", i);
	ok(!json_is_valid(BYTES("{}\0")) && !json_is_valid(BYTES("\"\0\"")), "no NUL");
}

static void test_member(void)
{
	static const char text[] = "{\"ev\":\"x\", \"n\" : 1,\"s\":{\"t\":\"no\"},"
				   "\"t\":\"\\\"\\u0041\\u00e9\\uD83D\\uDE00\\n\"}";
	char to[sizeof(text)];

	ok(json_is_valid(BYTES(text)), "the sample is valid");
	is(json_member(to, BYTES(text), "ev"), 1, "the first member");
	ok(to[0] == 'x', "and what it says");
	is(json_member(to, BYTES(text), "t"), 9, "the last member, not that of an inner object");
	ok(memcmp(to, "\"A\xC3\xA9\xF0\x9F\x98\x80\n", 9) == 0, "its escapes are resolved");
	is(json_member(to, BYTES(text), "n"), -1, "a number is no string");
	is(json_member(to, BYTES(text), "v"), -1, "a key that is not there");
	is(json_member(to, BYTES("[]"), "ev"), -1, "no object");
}

int main(void)
{
	test_values();
	test_member();
	return done();
}
