/* test-spelling.c - what was typed, and may have been meant as a command */
#include <string.h>

#include "mtchat/spelling.h"

#include "tap.h"

static const struct {
	const char *typed;
	enum spelling_kind kind;
	const char *line; /* as it is taken, or would be right; NULL: none */
	bool kept;        /* in the history file */
} table[] = {
	{"", SPELLING_TEXT, NULL, true},
	{"hello", SPELLING_TEXT, NULL, true},
	{" hello /msg bob x", SPELLING_TEXT, NULL, true},
	{"//msg bob x", SPELLING_TEXT, NULL, true},
	{" //msg bob x", SPELLING_TEXT, NULL, true},
	{"/", SPELLING_TEXT, NULL, true},
	{"/1", SPELLING_TEXT, NULL, true},
	{"/ is full", SPELLING_TEXT, NULL, true},
	{"/ who", SPELLING_TEXT, NULL, true},
	{"/ m", SPELLING_TEXT, NULL, true},
	{"/etc/passwd", SPELLING_TEXT, NULL, true},
	{"/msg/bob", SPELLING_TEXT, NULL, true},
	{"/tmp: full", SPELLING_TEXT, NULL, true},
	{"/\xff bob", SPELLING_TEXT, NULL, true},

	{"/msg bob x", SPELLING_WELL, "/msg bob x", false},
	{"/MSG Bob X", SPELLING_WELL, "/msg Bob X", false},
	{"/mgs bob x", SPELLING_WELL, "/mgs bob x", false},
	{"/MGS bob x", SPELLING_WELL, "/mgs bob x", false},
	{"/Join Kitchen", SPELLING_WELL, "/join Kitchen", true},
	{"/me waves", SPELLING_WELL, "/me waves", true},
	{"/name alice 0123", SPELLING_WELL, "/name alice 0123", false},
	{"@n=x /MSG bob x", SPELLING_WELL, "@n=x /msg bob x", false},
	{"@n= /ME waves", SPELLING_WELL, "@n= /me waves", true},
	{"@n=x hello", SPELLING_TEXT, NULL, true},

	{" /msg bob x", SPELLING_OTHERWISE, "/msg bob x", false},
	{"\t\u3000/MSG bob x", SPELLING_OTHERWISE, "/msg bob x", false},
	{"\u3164/msg bob x", SPELLING_OTHERWISE, "/msg bob x", false},
	{"\uff0fmsg bob x", SPELLING_OTHERWISE, "/msg bob x", false},
	{"/msg,bob x", SPELLING_OTHERWISE, "/msg bob x", false},
	{"/msg, bob x", SPELLING_OTHERWISE, "/msg bob x", false},
	{"/msg:bob x", SPELLING_OTHERWISE, "/msg bob x", false},
	{"/msg: bob x", SPELLING_OTHERWISE, "/msg bob x", false},
	{"/msg1 bob x", SPELLING_OTHERWISE, "/msg 1 bob x", false},
	{"/msg\tbob x", SPELLING_OTHERWISE, "/msg bob x", false},
	{"/msg\u3000bob x", SPELLING_OTHERWISE, "/msg bob x", false},
	{"/ msg bob x", SPELLING_OTHERWISE, "/msg bob x", false},
	{" @n=x  /msg bob x", SPELLING_OTHERWISE, "@n=x /msg bob x", false},
	{" /who", SPELLING_OTHERWISE, "/who", true},
	{"/ｍｓｇ bob x", SPELLING_OTHERWISE, "/msg bob x", false},
	{"/m\u200bsg bob x", SPELLING_OTHERWISE, "/msg bob x", false},
	{"/m\u0301sg bob x", SPELLING_OTHERWISE, "/msg bob x", false},

	{"/ㅡㄴㅎ bob 비밀", SPELLING_OTHERWISE, "/msg bob 비밀", false},
	{"/\u1173\u1102\u1112 bob x", SPELLING_OTHERWISE, "/msg bob x", false},
	{"/\uffda\uffa4\uffbe bob x", SPELLING_OTHERWISE, "/msg bob x", false},
	{" /ㅡㄴㅎ,bob x", SPELLING_OTHERWISE, "/msg bob x", false},
	{"/ ㅡㄴㅎ bob x", SPELLING_OTHERWISE, "/msg bob x", false},
	{"/mㄴg bob x", SPELLING_OTHERWISE, "/msg bob x", false},
	{"\uff0fㅡㄴㅎ\u3000bob x", SPELLING_OTHERWISE, "/msg bob x", false},
	{"/ㅓㅐㅑㅜ 부엌", SPELLING_OTHERWISE, "/join 부엌", true},
	{"/좨", SPELLING_OTHERWISE, "/who", true},
	{"/\u110c\u116c", SPELLING_UNKNOWN, NULL, false},
	{"/\u110c\u116b", SPELLING_OTHERWISE, "/who", true},
	{"/벼ㅑㅅ", SPELLING_OTHERWISE, "/quit", true},
	{"/ㄱㄷ채ㅜㅜㄷㅊㅅ", SPELLING_OTHERWISE, "/reconnect", true},
	{"/ㅜ믇 김", SPELLING_OTHERWISE, "/name 김", false},
	{"/ㅡㄷ 웃는다", SPELLING_OTHERWISE, "/me 웃는다", true},
	{"/ㅗ디ㅔ", SPELLING_OTHERWISE, "/help", true},
	{"/개ㅐㅡㄴ", SPELLING_OTHERWISE, "/rooms", true},
	{"/ㅣㅁㄴㅅ 5", SPELLING_OTHERWISE, "/last 5", true},
	{"/냐ㅜㅊㄷ x.1", SPELLING_OTHERWISE, "/since x.1", true},
	{"/ㅔㅑㅜㅎ", SPELLING_OTHERWISE, "/ping", true},
	{"/ㄴㄷㅅ", SPELLING_OTHERWISE, "/set", true},
	{"/ㅑ후ㅐㄱㄷ bob", SPELLING_OTHERWISE, "/ignore bob", true},

	{"/nick Dora", SPELLING_OTHERWISE, "/name Dora", false},
	{"/w bob x", SPELLING_OTHERWISE, "/msg bob x", false},
	{"/NICK Dora", SPELLING_OTHERWISE, "/name Dora", false},
	{"/?", SPELLING_OTHERWISE, "/help", false},
	{"/exit", SPELLING_OTHERWISE, "/quit", false},

	{"/없는명령", SPELLING_UNKNOWN, NULL, false},
	{"/мсг bob x", SPELLING_UNKNOWN, NULL, false},
	{" /mgs bob x", SPELLING_UNKNOWN, NULL, false},
	{"/mgs,bob x", SPELLING_UNKNOWN, NULL, false},
	{"/abcdefghijklmnopqrstuvwxyz x", SPELLING_WELL, "/abcdefghijklmnopqrstuvwxyz x", false},

	{"hello\n /MSG bob x", SPELLING_TEXT, NULL, false},
	{"hello\n/join x\nbye", SPELLING_TEXT, NULL, true},
	{"/join x\n\n/ㅡㄴㅎ bob x\n", SPELLING_WELL, NULL, false},
};

static void test_table(void)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const char *typed = table[i].typed, *line = table[i].line;
		struct spelling spelling;

		ok(spelling_may_keep(typed) == table[i].kept, "\"%s\" is%s kept", typed,
		   table[i].kept ? "" : " not");
		if (strchr(typed, '\n'))
			continue;
		is(spelling_read(&spelling, typed), 0, "... is read");
		ok(spelling.kind == table[i].kind && !spelling.line == !line &&
			   (!line || strcmp(spelling.line, line) == 0),
		   "... as \"%s\", %d", spelling.line ? spelling.line : "", (int)spelling.kind);
		spelling_done(&spelling);
	}
}

/* What is right is right the second time. */
static void test_again(void)
{
	int faults = 0;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct spelling spelling, again;

		spelling_read(&spelling, table[i].typed);
		if (spelling.line) {
			spelling_read(&again, spelling.line);
			faults += again.kind != SPELLING_WELL || !again.line ||
				  strcmp(again.line, spelling.line) != 0;
			spelling_done(&again);
		}
		spelling_done(&spelling);
	}
	is(faults, 0, "what it makes right is right");
}

int main(void)
{
	test_table();
	test_again();
	return done();
}
