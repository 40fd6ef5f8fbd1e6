/* foreign.c - does a connection begin as one of another protocol does? */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mtchatd/foreign.h"

static const char proxy_v2[] = "\r\n\r\n\0\r\nQUIT\n";

enum {
	PROXY_V2_EMPTY = 4, /* bytes of its signature that are two empty lines */
	PROXY_V2_SIZE = sizeof(proxy_v2) - 1,
	STUN_TYPE_MOST = 1, /* first byte of a message's type */
};

struct word_of {
	const char *text;
	size_t size;
};

static bool is_end(char byte)
{
	return byte == '\n' || byte == '\r';
}

static bool is_blank(char byte)
{
	return (unsigned char)byte <= ' ' && !is_end(byte);
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

/* The word behind *at, which goes to its end; size 0: there is none. */
static struct word_of next_word(const char *line, size_t size, size_t *at)
{
	struct word_of word;

	while (*at < size && is_blank(line[*at]))
		++*at;
	word.text = line + *at;
	while (*at < size && !is_blank(line[*at]))
		++*at;
	word.size = (size_t)(line + *at - word.text);
	return word;
}

/* digits, or digits.digits, up to the end */
static bool is_version(const char *text, size_t size)
{
	size_t at = 0, dots = 0;

	if (!size || !is_digit(text[0]) || !is_digit(text[size - 1]))
		return false;
	for (; at < size && (is_digit(text[at]) || text[at] == '.'); at++)
		dots += text[at] == '.';
	return at == size && dots <= 1;
}

/* "HTTP/1.1" */
static enum foreign protocol_of(const struct word_of *word)
{
	static const struct {
		const char *name;
		enum foreign foreign;
	} protocols[] = {
		{"HTTP/", FOREIGN_HTTP},
		{"RTSP/", FOREIGN_RTSP},
		{"SIP/", FOREIGN_SIP},
		{"ICAP/", FOREIGN_ICAP},
	};

	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		size_t size = strlen(protocols[i].name);

		if (word->size > size && strncasecmp(word->text, protocols[i].name, size) == 0 &&
		    is_version(word->text + size, word->size - size))
			return protocols[i].foreign;
	}
	return FOREIGN_NOT;
}

static bool begins(const char *text, size_t size, const char *begin)
{
	return size >= strlen(begin) && memcmp(text, begin, strlen(begin)) == 0;
}

/* A path, or a URL. */
static bool is_path(const struct word_of *word)
{
	return word->size &&
	       (word->text[0] == '/' || memmem(word->text, word->size, "://", strlen("://")));
}

/* Or "*", "sip:bob@example.org", "example.org:443": what a request can be about, and no word is. */
static bool is_target(const struct word_of *word)
{
	return is_path(word) || memchr(word->text, ':', word->size) ||
	       (word->size == 1 && word->text[0] == '*');
}

/* A whole line, without its end. */
static enum foreign judge_request(const char *line, size_t size)
{
	struct word_of target = {NULL, 0}, last = {NULL, 0}, word;
	size_t at = 0, words = 0;

	while ((word = next_word(line, size, &at)).size) {
		words++;
		last = word;
		if (words == 2)
			target = word;
	}
	if (words < 3 || !(words == 3 ? is_target(&target) : is_path(&target)))
		return FOREIGN_NOT;
	return protocol_of(&last);
}

/* The begin of a line that is longer than all that are looked at: a method and a target? */
static enum foreign judge_long(const char *line, size_t size)
{
	size_t at = 0;
	struct word_of target;

	(void)next_word(line, size, &at);
	target = next_word(line, size, &at);
	return at == size && is_path(&target) ? FOREIGN_HTTP : FOREIGN_NOT;
}

/* "PROXY TCP4 192.0.2.1 192.0.2.2 4711 9190" */
static bool is_proxy_v1(const char *line, size_t size)
{
	static const char *const families[] = {"TCP4", "TCP6", "UNKNOWN"};
	size_t at = 0;
	struct word_of word;

	if (!begins(line, size, "PROXY "))
		return false;
	(void)next_word(line, size, &at);
	word = next_word(line, size, &at);
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		if (word.size == strlen(families[i]) &&
		    memcmp(word.text, families[i], word.size) == 0)
			return true;
	}
	return false;
}

/* "SSH-2.0-..." */
static bool is_ssh(const char *text, size_t size)
{
	const char *version = text + strlen("SSH-"), *end;

	if (!begins(text, size, "SSH-"))
		return false;
	size -= strlen("SSH-");
	end = memchr(version, '-', size);
	return end && is_version(version, (size_t)(end - version));
}

/* Up to its end, or all. */
static size_t line_length(const char *bytes, size_t size)
{
	size_t length = 0;

	while (length < size && !is_end(bytes[length]))
		length++;
	return length;
}

/* A line that ends before the cookie has been judged already. */
static bool is_stun(const char *bytes, size_t size)
{
	static const char cookie[] = "\x21\x12\xa4\x42";

	for (size_t frame = 0; frame <= 2; frame += 2) {
		if (size >= frame + 4 + strlen(cookie) &&
		    (unsigned char)bytes[frame] <= STUN_TYPE_MOST &&
		    line_length(bytes, frame + 4) == frame + 4 &&
		    memcmp(bytes + frame + 4, cookie, strlen(cookie)) == 0)
			return true;
	}
	return false;
}

/* What is known before a line has ended. */
static enum foreign judge_bytes(const char *bytes, size_t size)
{
	if (size >= 2 && bytes[0] == 0x16 && bytes[1] == 0x03)
		return FOREIGN_TLS;
	if (is_stun(bytes, size))
		return FOREIGN_STUN;
	return is_ssh(bytes, size) ? FOREIGN_SSH : FOREIGN_NOT;
}

/* Behind empty lines. */
static enum foreign judge_rest(const char *bytes, size_t size, bool ended)
{
	const char *v2 = proxy_v2 + PROXY_V2_EMPTY;
	const size_t v2_size = PROXY_V2_SIZE - PROXY_V2_EMPTY;
	enum foreign foreign = judge_bytes(bytes, size);
	size_t length;

	if (foreign != FOREIGN_NOT)
		return foreign;
	if (memcmp(bytes, v2, size < v2_size ? size : v2_size) == 0) {
		if (size >= v2_size)
			return FOREIGN_PROXY;
		return ended ? FOREIGN_NOT : FOREIGN_MAYBE;
	}
	length = line_length(bytes, size < FOREIGN_LINE_MAX ? size : FOREIGN_LINE_MAX);
	if (length == FOREIGN_LINE_MAX)
		return judge_long(bytes, length);
	if (length == size && !ended)
		return FOREIGN_MAYBE;
	return is_proxy_v1(bytes, length) ? FOREIGN_PROXY : judge_request(bytes, length);
}

enum foreign foreign_judge(const char *bytes, size_t size, bool ended, size_t *ret_empty)
{
	size_t empty = 0, said = 0;

	while (empty < size && is_end(bytes[empty])) {
		if (bytes[empty++] == '\n')
			said = empty;
	}
	/* Two of CR LF may be the begin of PROXY's version 2. */
	if (empty <= PROXY_V2_EMPTY && memcmp(bytes, proxy_v2, empty) == 0)
		said = 0;
	*ret_empty = said;
	if (empty == size)
		return ended ? FOREIGN_NOT : FOREIGN_MAYBE;
	return judge_rest(bytes + empty, size - empty, ended);
}

static const char *name_of(enum foreign foreign)
{
	static const char *const names[] = {
		[FOREIGN_HTTP] = "HTTP", [FOREIGN_RTSP] = "RTSP",   [FOREIGN_SIP] = "SIP",
		[FOREIGN_ICAP] = "ICAP", [FOREIGN_PROXY] = "PROXY", [FOREIGN_SSH] = "SSH",
		[FOREIGN_STUN] = "STUN",
	};

	return names[foreign];
}

size_t foreign_answer(char to[FOREIGN_ANSWER_MAX], enum foreign foreign)
{
	/* A record of TLS: a fatal alert, protocol_version. */
	static const char alert[] = {0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46};
	char line[128];
	int size;

	if (foreign == FOREIGN_TLS) {
		memcpy(to, alert, sizeof(alert));
		return sizeof(alert);
	}
	snprintf(line, sizeof(line), "* this looks like %s; here one talks in lines of text\n",
		 name_of(foreign));
	size = snprintf(to, FOREIGN_ANSWER_MAX, "%s%s",
			foreign == FOREIGN_HTTP ? "HTTP/1.1 400 Bad Request\r\n"
						  "Content-Type: text/plain; charset=utf-8\r\n"
						  "X-Content-Type-Options: nosniff\r\n"
						  "Connection: close\r\n"
						  "Content-Length: 56\r\n"
						  "\r\n"
						: "",
			line);
	return (size_t)size;
}
