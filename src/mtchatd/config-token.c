/* config-token.c - cuts the source text of a configuration into tokens */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"
#include "mtchatd/config-token.h"

static const char open_comment[] = "a comment begins here and is not closed by */";
static const char open_string[] = "a string begins here and is not closed on its line";
static const char nul_escape[] = "a string must not hold \\x00";
static const char bad_escape[] =
	"in a string a \\ must be followed by \\, \", n, r, t, f or by x and two digits";
const char token_no_text[] =
	"this is not text but NUL, a control character or invalid UTF-8 (a binary file?)";

static const char blanks[] = " \t\n\r\f";
static const char marks[] = "=:;,()[]{}";

void source_init(struct source *source, const char *text, size_t size)
{
	*source = (struct source){.text = text, .size = size, .line = 1};
}

bool char_in(char c, const char *set)
{
	return c != '\0' && strchr(set, c);
}

bool source_starts_with(const struct source *s, const char *start)
{
	size_t size = strlen(start);

	return s->size - s->at >= size && memcmp(s->text + s->at, start, size) == 0;
}

void source_advance(struct source *s, size_t count)
{
	for (; count > 0; count--)
		if (s->text[s->at++] == '\n')
			s->line++;
}

static void skip_line(struct source *s)
{
	const char *newline = memchr(s->text + s->at, '\n', s->size - s->at);

	s->at = newline ? (size_t)(newline - s->text) : s->size;
}

/* Stops at a token, at the end, or at a comment without an end. */
static void skip_blanks(struct source *s)
{
	while (s->at < s->size) {
		if (char_in(s->text[s->at], blanks)) {
			source_advance(s, 1);
		} else if (s->text[s->at] == '#' || source_starts_with(s, "//")) {
			skip_line(s);
		} else if (source_starts_with(s, "/*")) {
			const char *body = s->text + s->at + 2;
			const char *end = memmem(body, s->size - s->at - 2, "*/", 2);

			if (!end)
				return;
			source_advance(s, (size_t)(end + 2 - (s->text + s->at)));
		} else {
			return;
		}
	}
}

static void make_bad(struct token *token, const char *problem)
{
	token->kind = TOKEN_BAD;
	token->problem = problem;
}

/* The value of a digit up to base 16; 16 if it is none. */
static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/*
 * What is wrong with the escape of `size` bytes at most that begins there, or NULL.  Of \a, \b, \v
 * and unknown ones libconfig 1.5 keeps the backslash, later versions do not all.
 */
static const char *escape_problem(const char *escape, size_t size)
{
	if (size >= 4 && strncasecmp(escape, "\\x00", 4) == 0)
		return nul_escape;
	if (size >= 2 && char_in(escape[1], "\\\"nrtf"))
		return NULL;
	if (size >= 4 && char_in(escape[1], "xX") && digit_value(escape[2]) < 16 &&
	    digit_value(escape[3]) < 16)
		return NULL;
	return bad_escape;
}

/* A string must end on its line: a quote that was forgotten would swallow the lines after it. */
static void read_string(struct source *s, struct token *token)
{
	size_t i = s->at + 1;

	token->kind = TOKEN_STRING;
	while (i < s->size && !char_in(s->text[i], "\"\r\n")) {
		bool escape = s->text[i] == '\\';
		const char *problem = escape ? escape_problem(&s->text[i], s->size - i) : NULL;

		if (problem)
			make_bad(token, problem);
		i += escape && i + 1 < s->size && !char_in(s->text[i + 1], "\r\n") ? 2 : 1;
	}
	if (i < s->size && s->text[i] == '"')
		i++;
	else
		make_bad(token, open_string);
	token->size = i - s->at;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name(const char *word, size_t size)
{
	if (!is_letter(word[0]) && word[0] != '*')
		return false;
	for (size_t i = 1; i < size; i++)
		if (!is_letter(word[i]) && digit_value(word[i]) > 9 && !char_in(word[i], "-_*"))
			return false;
	return true;
}

/* As libconfig: a hexadecimal number has no sign, L or LL may end either. */
bool token_integer(const char *word, size_t size, long long *ret)
{
	bool hex = size > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
	bool negative = word[0] == '-';
	size_t i = hex ? 2 : word[0] == '-' || word[0] == '+' ? 1 : 0;
	int base = hex ? 16 : 10;
	size_t first = i;
	long long number = 0;

	for (; i < size && digit_value(word[i]) < base; i++)
		if (__builtin_mul_overflow(number, base, &number) ||
		    __builtin_add_overflow(number, digit_value(word[i]), &number))
			number = LLONG_MAX;
	if (i == first)
		return false;
	for (int l = 0; l < 2 && i < size && word[i] == 'L'; l++)
		i++;
	if (i < size)
		return false;
	*ret = !negative ? number : number == LLONG_MAX ? LLONG_MIN : -number;
	return true;
}

size_t token_vain_zeros(const char *word, size_t size)
{
	size_t sign = word[0] == '-' || word[0] == '+' ? 1 : 0, i = sign;

	while (i + 1 < size && word[i] == '0' && digit_value(word[i + 1]) < 10)
		i++;
	return i - sign;
}

static bool ends_word(const char *at, size_t left)
{
	if (char_in(*at, blanks) || char_in(*at, marks) || char_in(*at, "\"#"))
		return true;
	return left > 1 && *at == '/' && char_in(at[1], "/*");
}

static void read_word(struct source *s, struct token *token)
{
	size_t begin = s->at, i = begin;
	long long number;

	while (i < s->size && !ends_word(s->text + i, s->size - i))
		i++;
	token->size = i - begin;
	if (is_name(token->start, token->size))
		token->kind = TOKEN_NAME;
	else if (token_integer(token->start, token->size, &number))
		token->kind = TOKEN_INTEGER;
	else
		token->kind = TOKEN_WORD;
}

struct token token_next(struct source *s)
{
	struct token token = {.size = 1};

	skip_blanks(s);
	token.start = s->text + s->at;
	token.line = s->line;
	if (s->at == s->size)
		return token;
	if (source_starts_with(s, "/*")) {
		make_bad(&token, open_comment);
		token.size = s->size - s->at;
	} else if (char_in(*token.start, marks)) {
		token.kind = TOKEN_MARK;
		token.mark = *token.start;
	} else {
		if (*token.start == '"')
			read_string(s, &token);
		else
			read_word(s, &token);
		if (text_clean_prefix(token.start, token.size) < token.size) {
			make_bad(&token, token_no_text);
			token.size = s->size - s->at; /* one message will do for a picture */
		}
	}
	source_advance(s, token.size);
	return token;
}

void token_unread(struct source *s, const struct token *token)
{
	s->at = (size_t)(token->start - s->text);
	s->line = token->line;
}
