/* test-protocol.c - which lines are commands, and what all others say */
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
static void test_sample(const char *line, const char *word, const char *text)
{
	size_t size = strlen(line);
	char *copy = malloc(size ? size : 1);
	struct utterance said;

	if (!copy)
		abort();
	memcpy(copy, line, size);
	said = protocol_parse(copy, size);
	ok(said.command == (word != NULL) && is_text(said.text, said.size, text) &&
		   (!word || is_text(said.word, said.word_size, word)),
	   "'%s' %s '%s'", line, word ? "is a command, with" : "says", text);
	ok(said.size == 0 || (said.text >= copy && said.text + said.size == copy + size),
	   "and all of it lies in the line");
	free(copy);
}

/* Each byte after a slash: only small letters and spaces make a command. */
static void test_every_byte(void)
{
	int faults = 0;

	for (int byte = 0; byte < 256; byte++) {
		const char first[] = {'/', (char)byte}, later[] = {'/', 'a', (char)byte, 'b'};
		bool letter = byte >= 'a' && byte <= 'z';

		faults += protocol_parse(first, sizeof(first)).command != letter;
		faults += protocol_parse(later, sizeof(later)).command != (letter || byte == ' ');
	}
	is(faults, 0, "a word is of a to z, and ends at a space or the line's end");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		test_sample(samples[i].line, samples[i].word, samples[i].text);
	test_every_byte();
	return done();
}
