/* test-protocol.c - which lines are commands, which have nonces, and what all others say */
#include <string.h>
#include <utf8proc.h>

#include "mtchatd/protocol.h"

#include "tap.h"

/* word: of a command, else NULL; text: what is said, or its arguments. */
static const struct {
	const char *line, *word, *text;
} samples[] = {
	{"", NULL, ""},
	{"hello", NULL, "hello"},
	{" ", NULL, " "},
	{"hello /ping", NULL, "hello /ping"},
	{" /ping", "ping", ""},
	{"\t/ping", "ping", ""},
	{"\\/ping", NULL, "\\/ping"},

	{"/ping", "ping", ""},
	{"/ping ", "ping", ""},
	{"/ping   ", "ping", ""},
	{"/ping x", "ping", "x"},
	{"/ping  x", "ping", "x"},
	{"/ping x y ", "ping", "x y "},
	{"/ping /x", "ping", "/x"},
	{"/ping //x", "ping", "//x"},
	{"/ping \tx", "ping", "\tx"},
	{"/p", "p", ""},
	{"/p é", "p", "é"},
	{"/mgs bob secret", "mgs", "bob secret"},
	{"/abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz", ""},

	{"/", NULL, "/"},
	{"/ ", NULL, "/ "},
	{"/ ping", NULL, "/ ping"},
	{"/Ping", "Ping", ""},
	{"/pinG", "pinG", ""},
	{"/MSG bob x", "MSG", "bob x"},
	{"/p1", NULL, "/p1"},
	{"/1", NULL, "/1"},
	{"/p-q", NULL, "/p-q"},
	{"/p_q", NULL, "/p_q"},
	{"/ping\t", "ping", "\t"},
	{"/ping\tx", "ping", "\tx"},
	{"/ping:", NULL, "/ping:"},
	{"/ping/", NULL, "/ping/"},
	{"/ping.", NULL, "/ping."},
	{"/ping`", NULL, "/ping`"},
	{"/ping{", NULL, "/ping{"},
	{"/etc/passwd", NULL, "/etc/passwd"},
	{"/etc/ passwd", NULL, "/etc/ passwd"},
	{"/é", "é", ""},
	{"/pingé", "pingé", ""},
	{"/\t", NULL, "/\t"},
	{"/?", "?", ""},
	{"/?x", NULL, "/?x"},
	{"/??", NULL, "/??"},
	{"  / 2", NULL, "  / 2"},
	{"/ is full", NULL, "/ is full"},
	{"/tmp/ is full", NULL, "/tmp/ is full"},
	{"/tmp: is full", NULL, "/tmp: is full"},
	{"\uff0f", NULL, "\uff0f"},
	{"\uff0f\uff0fmsg x", NULL, "\uff0f\uff0fmsg x"},
	{"/\uff0fmsg x", NULL, "/\uff0fmsg x"},
	{"\uff0fetc\uff0fpasswd", NULL, "\uff0fetc\uff0fpasswd"},
	{" //msg bob x", NULL, " //msg bob x"},
	{"/msg/bob x", NULL, "/msg/bob x"},
	{"\u3164", NULL, "\u3164"},
	{"\u3000안녕", NULL, "\u3000안녕"},
	{"안녕 /msg", NULL, "안녕 /msg"},
	{"/안녕", "안녕", ""},
	{"/\ud55c.", NULL, "/\ud55c."},

	{"//", NULL, "/"},
	{"// ", NULL, "/ "},
	{"//x", NULL, "/x"},
	{"//ping", NULL, "/ping"},
	{"//ping x", NULL, "/ping x"},
	{"//mgs bob", NULL, "/mgs bob"},
	{"///", NULL, "//"},
	{"///x", NULL, "//x"},
	{"//é", NULL, "/é"},
};

/* What was meant as a command, or may have been: refused, unless it is `good`. */
static const struct {
	const char *line, *word;
	enum command_flaw flaw;
} meant[] = {
	{"/msg bob x", "msg", FLAW_NONE},
	{"/MSG bob x", "MSG", FLAW_NONE},
	{"/Msg bob x", "Msg", FLAW_NONE},
	{"@n=x /MSG bob x", "MSG", FLAW_NONE},
	{" /msg bob x", "msg", FLAW_BLANKS},
	{"\t /msg bob x", "msg", FLAW_BLANKS},
	{"\u3000/msg bob x", "msg", FLAW_BLANKS},
	{"\u00a0/msg bob x", "msg", FLAW_BLANKS},
	{"\u200b/msg bob x", "msg", FLAW_BLANKS},
	{"\ufeff/msg bob x", "msg", FLAW_BLANKS},
	{"\u3164/msg bob x", "msg", FLAW_BLANKS},
	{"\u1160/msg bob x", "msg", FLAW_BLANKS},
	{"\uffa0/msg bob x", "msg", FLAW_BLANKS},
	{"\u2800/msg bob x", "msg", FLAW_BLANKS},
	{"\u00ad/msg bob x", "msg", FLAW_BLANKS},
	{"\ufe0f/msg bob x", "msg", FLAW_BLANKS},
	{"\u2003\U000e0020/msg bob x", "msg", FLAW_BLANKS},
	{"\a/msg bob x", "msg", FLAW_BLANKS},
	{"/ msg bob x", "msg", FLAW_BLANKS},
	{"/\u3000MSG bob x", "MSG", FLAW_BLANKS},
	{" / msg:bob x", "msg", FLAW_BLANKS},
	{" \uff0fmsg bob x", "msg", FLAW_BLANKS},
	{" @n=x /msg bob x", "msg", FLAW_BLANKS},
	{"@n=x  /msg bob x", "msg", FLAW_BLANKS},
	{"\u3000@n= \u3000/msg bob x", "msg", FLAW_BLANKS},
	{"\uff0fmsg bob x", "msg", FLAW_SLASH},
	{"\uff0fMSG,bob x", "MSG", FLAW_SLASH},
	{"/msg,bob x", "msg", FLAW_END},
	{"/msg\uff0cbob x", "msg", FLAW_END},
	{"/msg\u3001bob x", "msg", FLAW_END},
	{"/msg\u060cbob x", "msg", FLAW_END},
	{"/msg\tbob x", "msg", FLAW_END},
	{"/msg\u3000bob x", "msg", FLAW_END},
	{"/msg\u2800bob x", "msg", FLAW_END},
	{"/msg:bob x", "msg", FLAW_END},
	{"/MSG@bob x", "MSG", FLAW_END},
	{"/msg1 x", "msg", FLAW_END},
	{"/msg\xff", "msg", FLAW_END},
	{"/ㅡㄴㅎ bob x", "ㅡㄴㅎ", FLAW_NONE},
	{"/\u1173\u1102\u1112 bob x", "\u1173\u1102\u1112", FLAW_NONE},
	{"/\u110c\u116a bob", "\u110c\u116a", FLAW_NONE},
	{"/좨", "좨", FLAW_NONE},
	{"/벼ㅑㅅ,", "벼ㅑㅅ", FLAW_END},
	{"\uff0f없는명령", "없는명령", FLAW_SLASH},
	{"/ｍｓｇ bob x", "ｍｓｇ", FLAW_NONE},
	{"/m\u200bsg bob x", "m\u200bsg", FLAW_NONE},
	{"/\u0338msg bob x", "\u0338msg", FLAW_NONE},
	{"/мсг bob x", "мсг", FLAW_NONE},
	{"/رسالة bob x", "رسالة", FLAW_NONE},
	{"/हिन्दी bob x", "हिन्दी", FLAW_NONE},
};

static bool is_text(const char *got, size_t size, const char *want)
{
	return size == strlen(want) && (size == 0 || memcmp(got, want, size) == 0);
}

/* A copy that ends where the line ends lets ASan see who reads on. */
static char *copy_of(const char *line, size_t size)
{
	char *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	memcpy(copy, line, size);
	return copy;
}

static void test_sample(const char *line, bool named, const char *word, const char *text,
			const char *nonce)
{
	size_t size = strlen(line);
	char *copy = copy_of(line, size);
	struct utterance said = protocol_parse(copy, size, named);

	ok(said.command == (word != NULL) && is_text(said.text, said.size, text) &&
		   is_text(said.word, said.word_size, word ? word : "") &&
		   is_text(said.nonce, said.nonce_size, nonce),
	   "'%s' of %s %s '%s'%s%s", line, named ? "alice" : "nobody",
	   word ? "is a command, with" : "says", text, *nonce ? ", as " : "", nonce);
	ok(said.text >= copy && said.text + said.size == copy + size,
	   "and all of it lies in the line");
	free(copy);
}

#define NONCE_OF_31 "abcdefghijklmnopqrstuvwxyz01234"

/* Of a named client; of another one what is no command is text as it stands. */
static const struct {
	const char *line, *word, *text, *nonce;
} nonces[] = {
	{"@n=x hello", NULL, "hello", "x"},
	{"@n=aZ09_- hello", NULL, "hello", "aZ09_-"},
	{"@n=- hello", NULL, "hello", "-"},
	{"@n=" NONCE_OF_31 "5 hello", NULL, "hello", NONCE_OF_31 "5"},
	{"@n=x ", NULL, "", "x"},
	{"@n=x  hello ", NULL, " hello ", "x"},
	{"@n=x  ", NULL, " ", "x"},
	{"@n=x \thello", NULL, "\thello", "x"},
	{"@n=x @n=y hello", NULL, "@n=y hello", "x"},
	{"@n=x @n=x ", NULL, "@n=x ", "x"},
	{"@n=x /me waves", "me", "waves", "x"},
	{"@n=x /msg bob hi", "msg", "bob hi", "x"},
	{"@n=x /ping", "ping", "", "x"},
	{"@n=x /ping  y", "ping", "y", "x"},
	{"@n=x /", NULL, "/", "x"},
	{"@n=x  /me waves", "me", "waves", "x"},
	{"@n=x //me waves", NULL, "/me waves", "x"},
	{"@n=x //", NULL, "/", "x"},
	{"@n=x /etc/passwd", NULL, "/etc/passwd", "x"},

	{"@", NULL, "@", ""},
	{"@n", NULL, "@n", ""},
	{"@n=", NULL, "@n=", ""},
	{"@n= ", NULL, "@n= ", ""},
	{"@n= hello", NULL, "@n= hello", ""},
	{"@n=x", NULL, "@n=x", ""},
	{"@n=x\thello", NULL, "@n=x\thello", ""},
	{"@n=x/me waves", NULL, "@n=x/me waves", ""},
	{"@n=" NONCE_OF_31 "5", NULL, "@n=" NONCE_OF_31 "5", ""},
	{"@n=" NONCE_OF_31 "56", NULL, "@n=" NONCE_OF_31 "56", ""},
	{"@n=" NONCE_OF_31 "56 hello", NULL, "@n=" NONCE_OF_31 "56 hello", ""},
	{"@n=x.y hello", NULL, "@n=x.y hello", ""},
	{"@n=é hello", NULL, "@n=é hello", ""},
	{"@N=x hello", NULL, "@N=x hello", ""},
	{"@n:x hello", NULL, "@n:x hello", ""},
	{"@m=x hello", NULL, "@m=x hello", ""},
	{"n=x hello", NULL, "n=x hello", ""},
	{" @n=x hello", NULL, " @n=x hello", ""},
	{"/@n=x hello", NULL, "/@n=x hello", ""},
	{"//@n=x hello", NULL, "/@n=x hello", ""},
	{"/me @n=x hello", "me", "@n=x hello", ""},
	{"@n=x.y /msg bob hi", "msg", "bob hi", ""},
	{"@n= /msg bob hi", "msg", "bob hi", ""},
	{"@n=" NONCE_OF_31 "56 /me waves", "me", "waves", ""},
	{"@n=x.y //me waves", NULL, "@n=x.y //me waves", ""},
};

static bool is_nonce_byte(int byte)
{
	return byte &&
	       strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", byte);
}

static void test_meant(void)
{
	for (size_t i = 0; i < sizeof(meant) / sizeof(meant[0]); i++) {
		size_t size = strlen(meant[i].line);
		char *copy = copy_of(meant[i].line, size);
		struct utterance said = protocol_parse(copy, size, true);

		ok(!protocol_is_plain(copy, size) && said.command &&
			   is_text(said.word, said.word_size, meant[i].word) &&
			   said.flaw == meant[i].flaw,
		   "'%s' is never said: '%.*s', flaw %d", meant[i].line, (int)said.word_size,
		   said.word, (int)said.flaw);
		ok(said.text >= copy && said.text + said.size <= copy + size,
		   "and all of it lies in the line");
		free(copy);
	}
}

/* Whatever the first bytes say that are looked at: a blank or a slash is seen by them. */
static void test_every_begin(void)
{
	int commands = 0, letters = 0, plain = 0;

	for (utf8proc_int32_t character = 0; character < 0x110000; character++) {
		char line[16];
		size_t size;

		if (!utf8proc_codepoint_valid(character))
			continue;
		size = (size_t)utf8proc_encode_char(character, (utf8proc_uint8_t *)line);
		memcpy(line + size, "/msg x", 6);
		commands += protocol_parse(line, size + 6, false).command;
		line[0] = '/';
		size = 1 + (size_t)utf8proc_encode_char(character, (utf8proc_uint8_t *)line + 1);
		letters += protocol_parse(line, size, false).command;
		plain += protocol_is_plain(line + 1, size - 1);
	}
	ok(commands > 300 && commands < 5000, "%d characters may stand before a command", commands);
	ok(letters > 100000, "%d are letters of a word", letters);
	ok(plain > 40000, "%d begin a line that needs no look", plain);
}

static void test_is_command(void)
{
	struct utterance said = protocol_parse("/MsG x", 6, false);

	ok(protocol_is_command(&said, "msg") && !protocol_is_command(&said, "ms") &&
		   !protocol_is_command(&said, "msgs"),
	   "a command is found in either case");
	said = protocol_parse("msg", 3, false);
	ok(!protocol_is_command(&said, "msg") && !protocol_is_command(&said, ""), "a text is none");
}

/* In the midst of a nonce, and as the only one. */
static void test_every_nonce_byte(void)
{
	int faults = 0;

	for (int byte = 0; byte < 256; byte++) {
		const char alone[] = {'@', 'n', '=', (char)byte, ' '};
		const char amid[] = {'@', 'n', '=', 'a', (char)byte, 'b', ' '};

		faults += protocol_parse(alone, sizeof(alone), true).nonce_size !=
			  (is_nonce_byte(byte) ? 1 : 0);
		faults += protocol_parse(amid, sizeof(amid), true).nonce_size !=
			  (is_nonce_byte(byte) ? 3
			   : byte == ' '       ? 1
					       : 0);
	}
	is(faults, 0, "a nonce is of A to Z, a to z, 0 to 9, _ and -, and ends at a space");
}

/* Each size up to far beyond what is one. */
static void test_every_nonce_size(void)
{
	int faults = 0;

	for (size_t nonce = 0; nonce < 200; nonce++) {
		char line[256] = "@n=";
		size_t size = 3 + nonce + 2;
		struct utterance said;
		char *copy;

		memset(line + 3, 'q', nonce);
		memcpy(line + 3 + nonce, " t", 2);
		copy = copy_of(line, size);
		said = protocol_parse(copy, size, true);
		faults += said.nonce_size != (nonce <= 32 ? nonce : 0);
		faults += said.size != (nonce >= 1 && nonce <= 32 ? 1 : size);
		for (size_t cut = 0; cut < size - 1; cut++) /* before its space is there */
			faults += protocol_parse(line, cut, true).nonce_size != 0;
		free(copy);
	}
	is(faults, 0, "1 to 32 bytes are a nonce, no others, and none without its space");
}

/* Each byte after a slash. */
static void test_every_byte(void)
{
	int faults = 0;

	for (int byte = 0; byte < 256; byte++) {
		const char first[] = {'/', (char)byte}, later[] = {'/', 'a', (char)byte, 'b'};
		bool letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
		bool blank = byte <= ' ' || byte == 0x7f;

		faults += protocol_parse(first, sizeof(first), false).command !=
			  (letter || byte == '?');
		faults += protocol_parse(later, sizeof(later), false).command !=
			  (letter || blank || byte == ',');
	}
	is(faults, 0,
	   "a word of ASCII is of its letters, and ends at a blank, a comma or the line's end");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		test_sample(samples[i].line, false, samples[i].word, samples[i].text, "");
		test_sample(samples[i].line, true, samples[i].word, samples[i].text, "");
	}
	test_every_byte();
	test_meant();
	test_every_begin();
	test_is_command();
	for (size_t i = 0; i < sizeof(nonces) / sizeof(nonces[0]); i++) {
		test_sample(nonces[i].line, true, nonces[i].word, nonces[i].text, nonces[i].nonce);
		if (nonces[i].word) /* a command all the same: its text must not be said */
			test_sample(nonces[i].line, false, nonces[i].word, nonces[i].text, "");
		else if (*nonces[i].nonce)
			test_sample(nonces[i].line, false, NULL, nonces[i].line, "");
	}
	test_every_nonce_byte();
	test_every_nonce_size();
	return done();
}
