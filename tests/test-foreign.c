/* test-foreign.c - what begins as another protocol does is told from text, however it comes */
#include <stdlib.h>
#include <string.h>

#include "mtchatd/foreign.h"

#include "chance.h"
#include "tap.h"

#define BYTES(text) text, sizeof(text) - 1

static const struct {
	const char *bytes;
	size_t size;
	enum foreign want;
} samples[] = {
	{BYTES("POST / HTTP/1.1\r\n"), FOREIGN_HTTP},
	{BYTES("GET /chat HTTP/1.1\r\nUpgrade: websocket\r\n\r\n/name x\n"), FOREIGN_HTTP},
	{BYTES("post / http/1.0\n"), FOREIGN_HTTP},
	{BYTES("GET http://localhost:9190/ HTTP/1.1\r\n"), FOREIGN_HTTP},
	{BYTES("CONNECT localhost:9190 HTTP/1.1\r\n"), FOREIGN_HTTP},
	{BYTES("OPTIONS * HTTP/1.1\n"), FOREIGN_HTTP},
	{BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), FOREIGN_HTTP},
	{BYTES("GET / HTTP/2\n"), FOREIGN_HTTP},
	{BYTES("\r\n\r\n\r\nPOST / HTTP/1.1\r\n"), FOREIGN_HTTP},
	{BYTES("\n\nPOST / HTTP/1.1\n"), FOREIGN_HTTP},
	{BYTES(" \tPOST  /\t HTTP/1.1 \r\n"), FOREIGN_HTTP},
	{BYTES("GET /with a blank HTTP/1.1\r\n"), FOREIGN_HTTP},
	{BYTES("POST / HTTP/1.1\rHost: x\r\r/name x\n"), FOREIGN_HTTP},
	{BYTES("DESCRIBE rtsp://localhost/ RTSP/1.0\r\n"), FOREIGN_RTSP},
	{BYTES("INVITE sip:bob@example.org SIP/2.0\r\n"), FOREIGN_SIP},
	{BYTES("REQMOD icap://localhost/ ICAP/1.0\r\n"), FOREIGN_ICAP},
	{BYTES("\x16\x03"), FOREIGN_TLS},
	{BYTES("\x16\x03\x01\x02\x00\x01\n/name x\n"), FOREIGN_TLS},
	{BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 4711 9190\r\n"), FOREIGN_PROXY},
	{BYTES("PROXY TCP6 2001:db8::1 2001:db8::2 4711 9190\r\n"), FOREIGN_PROXY},
	{BYTES("PROXY UNKNOWN\r\n"), FOREIGN_PROXY},
	{BYTES("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"), FOREIGN_PROXY},
	{BYTES("SSH-2.0-OpenSSH_9.2\r\n"), FOREIGN_SSH},
	{BYTES("SSH-2.0-x"), FOREIGN_SSH},
	{BYTES("\0\3\0\x08\x21\x12\xa4\x42wwwwwwwwwwww"), FOREIGN_STUN},
	{BYTES("\0\x1c\0\3\0\x08\x21\x12\xa4\x42wwwwwwwwwwww"), FOREIGN_STUN},
	{BYTES("GET lost\n"), FOREIGN_NOT},
	{BYTES("SSH is down\n"), FOREIGN_NOT},
	{BYTES("SSH-keys, anybody?\n"), FOREIGN_NOT},
	{BYTES("PROXY settings?\n"), FOREIGN_NOT},
	{BYTES("PROXY\n"), FOREIGN_NOT},
	{BYTES("we use HTTP/1.1\n"), FOREIGN_NOT},
	{BYTES("we talk about HTTP/1.1\n"), FOREIGN_NOT},
	{BYTES("HTTP/1.1 200 OK\r\n"), FOREIGN_NOT},
	{BYTES("HTTP/1.1\n"), FOREIGN_NOT},
	{BYTES("use HTTP/1.1\n"), FOREIGN_NOT},
	{BYTES("GET / HTTP/\n"), FOREIGN_NOT},
	{BYTES("GET / HTTP/1.\n"), FOREIGN_NOT},
	{BYTES("GET / HTTP/1.1.1\n"), FOREIGN_NOT},
	{BYTES("GET / HTTP/x\n"), FOREIGN_NOT},
	{BYTES("GET / http\n"), FOREIGN_NOT},
	{BYTES("/name alice\nPOST / HTTP/1.1\n"), FOREIGN_NOT},
	{BYTES("hi\nPOST / HTTP/1.1\n"), FOREIGN_NOT},
	{BYTES("\n \nPOST / HTTP/1.1\n"), FOREIGN_NOT},
	{BYTES("\0hi\n"), FOREIGN_NOT},
	{BYTES("\0\r\nhi\n"), FOREIGN_NOT},
	{BYTES("\x16\x04\n"), FOREIGN_NOT},
	{BYTES("\xec\x95\x88\xeb\x85\x95 / HTTP\n"), FOREIGN_NOT},
};

/* In memory of just that size, so that ASan sees each byte that is read beyond. */
static enum foreign judge(const char *bytes, size_t size, bool ended, size_t *ret_empty)
{
	char *copy = malloc(size ? size : 1);
	enum foreign foreign;

	memcpy(copy, bytes, size);
	foreign = foreign_judge(copy, size, ended, ret_empty);
	free(copy);
	return foreign;
}

/* As intake.c does, with pieces of these sizes in turn; what may be said is gone at once. */
static enum foreign judge_pieces(const char *bytes, size_t size, size_t piece, size_t *ret_said)
{
	size_t said = 0, have = 0, empty;

	while (have < size) {
		enum foreign foreign;

		have = have + piece < size ? have + piece : size;
		foreign = judge(bytes + said, have - said, false, &empty);
		*ret_said = said;
		if (foreign != FOREIGN_MAYBE)
			return foreign;
		said += empty;
	}
	return judge(bytes + said, have - said, true, &empty);
}

static void test_samples(void)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const char *bytes = samples[i].bytes;
		size_t size = samples[i].size, said = 0, wrong = 0, empty;

		ok(judge(bytes, size, false, &empty) == samples[i].want, "sample %zu: %.*s", i,
		   (int)strcspn(bytes, "\r\n\x16"), bytes);
		for (size_t piece = 1; piece <= size; piece++) {
			wrong += judge_pieces(bytes, size, piece, &said) != samples[i].want;
			for (size_t at = 0; at < said; at++)
				wrong += bytes[at] != '\r' && bytes[at] != '\n';
		}
		is((long long)wrong, 0, "the same in pieces, and only empty lines were said");
	}
}

/* The signature of PROXY's version 2 begins with two empty lines: they wait. */
static void test_nothing_of_it_is_said(void)
{
	size_t empty = 1;

	is(judge(BYTES("\r\n\r\n"), false, &empty), FOREIGN_MAYBE, "two empty lines of CR LF");
	is((long long)empty, 0, "may be the begin of a signature");
	is(judge(BYTES("\r\n\r\n\0\r\nQUI"), false, &empty), FOREIGN_MAYBE, "as far as it goes");
	is((long long)empty, 0, "they wait for the rest");
	is(judge(BYTES("\r\n\r\n\r\n"), false, &empty), FOREIGN_MAYBE, "three are not");
	is((long long)empty, 6, "so they are said");
	is(judge(BYTES("\n\nGE"), false, &empty), FOREIGN_MAYBE, "what comes behind empty lines");
	is((long long)empty, 2, "waits, they do not");
	is(judge(BYTES("\r\n"), true, &empty), FOREIGN_NOT, "at the end, they are lines");
}

static void test_long(void)
{
	static char line[2 * FOREIGN_LINE_MAX];
	size_t empty;

	memset(line, 'a', sizeof(line));
	is(judge(line, sizeof(line), false, &empty), FOREIGN_NOT, "a word without an end is text");
	memcpy(line, "POST /", 6);
	is(judge(line, FOREIGN_LINE_MAX - 1, false, &empty), FOREIGN_MAYBE,
	   "a path without an end is waited for");
	is(judge(line, FOREIGN_LINE_MAX, false, &empty), FOREIGN_HTTP, "so far and no further");
	memcpy(line, "POST http://", 12);
	is(judge(line, FOREIGN_LINE_MAX, false, &empty), FOREIGN_HTTP, "a URL, too");
	memcpy(line, "long words a", 12);
	is(judge(line, FOREIGN_LINE_MAX, false, &empty), FOREIGN_NOT, "a long text is text");
	memcpy(line, "see a:b bbbb", 12);
	line[FOREIGN_LINE_MAX - 10] = ' ';
	is(judge(line, FOREIGN_LINE_MAX, false, &empty), FOREIGN_NOT, "with blanks, too");
}

/* Whatever comes, what was decided is decided for all that may follow, however it is cut. */
static void test_by_chance(void)
{
	static const char *const parts[] = {"\r\n", "\n",   "\r",       " ",        "\t",
					    "GET",  "/",    "://",      "HTTP/1.1", "PROXY",
					    "TCP4", "SSH-", "2.0-",     "\x16",     "\x03",
					    "QUIT", "a",    "\x21\x12", "\xa4\x42", "SIP/2.0"};
	uint64_t state = CHANCE_SEED;
	long long changed = 0, differs = 0;

	for (int round = 0; round < 200000; round++) {
		char bytes[160];
		size_t size = 0, empty, count = chance(&state, 10) + 1;
		enum foreign before = FOREIGN_MAYBE, now;

		for (size_t i = 0; i < count; i++) {
			const char *part = parts[chance(&state, sizeof(parts) / sizeof(parts[0]))];

			if (chance(&state, 8) == 0)
				bytes[size++] = '\0';
			memcpy(bytes + size, part, strlen(part));
			size += strlen(part);
		}
		for (size_t have = 1; have <= size; have++) {
			now = judge(bytes, have, false, &empty);
			changed += before != FOREIGN_MAYBE && now != before;
			before = now;
		}
		if (before != FOREIGN_MAYBE)
			differs += judge_pieces(bytes, size, chance(&state, 9) + 1, &empty) !=
				   before;
	}
	is(changed, 0, "more bytes change nothing");
	is(differs, 0, "nor do empty lines that were said before");
}

static void test_answers(void)
{
	char text[FOREIGN_ANSWER_MAX + 1];

	for (int kind = FOREIGN_HTTP; kind <= FOREIGN_STUN; kind++) {
		size_t size = foreign_answer(text, (enum foreign)kind);
		const char *body = text, *length;

		text[size] = '\0';
		if (kind == FOREIGN_TLS) {
			ok(size == 7 && memcmp(text, "\x15\x03\x01\0\x02\x02", 6) == 0,
			   "a fatal alert");
			continue;
		}
		if (kind == FOREIGN_HTTP) {
			body = strstr(text, "\r\n\r\n") + 4;
			length = strstr(text, "Content-Length: ");
			is(strtoll(length + strlen("Content-Length: "), NULL, 10),
			   (long long)strlen(body), "its length is told");
		}
		ok(body[0] == '*' && strchr(body, '\n') == text + size - 1, "one line: %.60s",
		   body);
	}
}

int main(void)
{
	test_samples();
	test_nothing_of_it_is_said();
	test_long();
	test_by_chance();
	test_answers();
	return done();
}
