/* test-protocol.c - which lines are commands, which have nonces, and what all others say */
#include <string.h>

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
	{" /ping", NULL, " /ping"},
	{"\t/ping", NULL, "\t/ping"},
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
	{"/Ping", NULL, "/Ping"},
	{"/pinG", NULL, "/pinG"},
	{"/p1", NULL, "/p1"},
	{"/1", NULL, "/1"},
	{"/p-q", NULL, "/p-q"},
	{"/p_q", NULL, "/p_q"},
	{"/ping\t", NULL, "/ping\t"},
	{"/ping\tx", NULL, "/ping\tx"},
	{"/ping/", NULL, "/ping/"},
	{"/ping.", NULL, "/ping."},
	{"/ping`", NULL, "/ping`"},
	{"/ping{", NULL, "/ping{"},
	{"/etc/passwd", NULL, "/etc/passwd"},
	{"/etc/ passwd", NULL, "/etc/ passwd"},
	{"/é", NULL, "/é"},
	{"/pingé", NULL, "/pingé"},
	{"/\t", NULL, "/\t"},

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
	{"@n=x  /me waves", NULL, " /me waves", "x"},
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

/* Each byte after a slash: only small letters and spaces make a command. */
static void test_every_byte(void)
{
	int faults = 0;

	for (int byte = 0; byte < 256; byte++) {
		const char first[] = {'/', (char)byte}, later[] = {'/', 'a', (char)byte, 'b'};
		bool letter = byte >= 'a' && byte <= 'z';

		faults += protocol_parse(first, sizeof(first), false).command != letter;
		faults += protocol_parse(later, sizeof(later), false).command !=
			  (letter || byte == ' ');
	}
	is(faults, 0, "a word is of a to z, and ends at a space or the line's end");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		test_sample(samples[i].line, false, samples[i].word, samples[i].text, "");
		test_sample(samples[i].line, true, samples[i].word, samples[i].text, "");
	}
	test_every_byte();
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
