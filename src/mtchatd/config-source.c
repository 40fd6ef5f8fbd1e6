/* config-source.c - reads the source text of a configuration, statement by statement */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "mtchatd/config-source.h"

static const char byte_order_mark[] = "\xEF\xBB\xBF";

void source_quote(char ret[SOURCE_QUOTE_MAX], const char *piece, size_t size)
{
	static const char more[] = "...";
	size_t cut = size;

	if (size >= SOURCE_QUOTE_MAX) {
		cut = SOURCE_QUOTE_MAX - sizeof(more);
		while (cut > 0 &&
		       ((unsigned char)piece[cut] & 0xC0) == 0x80) /* inside a character */
			cut--;
	}
	memcpy(ret, piece, cut);
	for (char *c = ret; c < ret + cut; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	snprintf(ret + cut, SOURCE_QUOTE_MAX - cut, "%s", cut < size ? more : "");
}

static void accept_token(struct source *s, const struct token *token)
{
	s->good_end = (size_t)(token->start - s->text) + token->size;
	s->good_line = token->line;
}

/*
 * Goes on behind the error, where the next statement probably begins: after the next ; on the
 * line of the offending token, or on the next line.  A token on a later line than the last good
 * one may well begin a statement itself.
 */
static void recover(struct source *s, struct token token)
{
	int line = token.line;
	bool later = token.kind != TOKEN_BAD && line > s->good_line;

	if (token.kind == TOKEN_BAD) { /* a string, say: what follows it on its line goes with it */
		token = token_next(s);
		later = token.kind == TOKEN_BAD || token.line > line;
	}
	while (!later && token.kind != TOKEN_END && token.kind != TOKEN_BAD && token.mark != ';') {
		token = token_next(s);
		later = token.kind == TOKEN_BAD || token.line > line;
	}
	if (later)
		token_unread(s, &token);
}

/* Tells that `expected` should stand where `token` does, and goes on behind. */
static int refuse(struct source *s, struct source_statement *ret, const struct token *token,
		  const char *expected)
{
	char before[SOURCE_QUOTE_MAX], found[SOURCE_QUOTE_MAX] = "the end of the file";

	source_quote(before, s->text + ret->begin, s->good_end - ret->begin);
	if (token->kind != TOKEN_END)
		source_quote(found, token->start, token->size);
	ret->line = s->good_line;
	if (token->kind == TOKEN_BAD) {
		ret->line = token->line;
		snprintf(ret->error, sizeof(ret->error), "%s", token->problem);
	} else if (before[0]) {
		snprintf(ret->error, sizeof(ret->error), "%s must be followed by %s, not by %s",
			 before, expected, found);
	} else if (token->kind == TOKEN_WORD && memmem(token->start, token->size, "@include", 8)) {
		snprintf(ret->error, sizeof(ret->error),
			 "@include is not supported: FILE.d/*.conf are read after FILE");
	} else {
		snprintf(ret->error, sizeof(ret->error), "%s is expected, not %s", expected, found);
	}
	recover(s, *token);
	ret->end = s->at;
	return -EINVAL;
}

/* Passes over further strings: "a" "b" is one value. */
static void join_strings(struct source *s)
{
	struct token token = token_next(s);

	for (; token.kind == TOKEN_STRING; token = token_next(s))
		accept_token(s, &token);
	token_unread(s, &token);
}

/* Passes over a group, or what is nested in a list; no setting takes one. */
static int skip_nested(struct source *s, struct source_statement *ret)
{
	for (int depth = 1; depth > 0;) {
		struct token token = token_next(s);

		if (token.kind == TOKEN_END || token.kind == TOKEN_BAD)
			return refuse(s, ret, &token, "a closing bracket");
		if (token.kind == TOKEN_MARK && char_in(token.mark, "([{"))
			depth++;
		if (token.kind == TOKEN_MARK && char_in(token.mark, ")]}"))
			depth--;
		accept_token(s, &token);
	}
	return 0;
}

/* Reads one value, whose first token is given. */
static int read_element(struct source *s, struct source_statement *ret, const struct token *token)
{
	accept_token(s, token);
	if (token->kind == TOKEN_STRING) {
		join_strings(s);
		return 0;
	}
	ret->kind = SOURCE_OTHER;
	return token->kind == TOKEN_MARK ? skip_nested(s, ret) : 0;
}

static bool begins_value(const struct token *token)
{
	if (token->kind == TOKEN_MARK)
		return char_in(token->mark, "([{");
	return token->kind != TOKEN_END && token->kind != TOKEN_BAD;
}

/* Reads the rest of a list or array, which `open` began. */
static int read_list(struct source *s, struct source_statement *ret, char open)
{
	char close = open == '(' ? ')' : ']';
	struct token token = token_next(s);

	ret->kind = SOURCE_STRINGS;
	if (token.mark == close) {
		accept_token(s, &token);
		return 0;
	}
	for (;; token = token_next(s)) {
		if (!begins_value(&token))
			return refuse(s, ret, &token, "a value");
		if (read_element(s, ret, &token) < 0)
			return -EINVAL;
		token = token_next(s);
		if (token.mark != ',' && token.mark != close)
			return refuse(s, ret, &token,
				      open == '(' ? "a comma or )" : "a comma or ]");
		accept_token(s, &token);
		if (token.mark == close)
			return 0;
	}
}

static int read_value(struct source *s, struct source_statement *ret)
{
	struct token token = token_next(s);
	bool next_name = token.kind == TOKEN_NAME && token.line > s->good_line;

	if (!begins_value(&token) || next_name)
		return refuse(s, ret, &token, "a value");
	ret->value = token.start;
	if (token.mark == '(' || token.mark == '[') {
		accept_token(s, &token);
		return read_list(s, ret, token.mark);
	}
	ret->kind = SOURCE_STRING;
	if (token.kind == TOKEN_INTEGER) {
		ret->kind = SOURCE_INTEGER;
		token_integer(token.start, token.size, &ret->number);
		accept_token(s, &token);
		return 0;
	}
	return read_element(s, ret, &token);
}

/* What spoils the text as a whole, before its first statement. */
static int check_start(struct source *s, struct source_statement *ret)
{
	const char *nul = memchr(s->text, '\0', s->size);

	if (nul) {
		source_advance(s, (size_t)(nul - s->text));
		ret->line = s->line;
		s->at = s->size;
		snprintf(ret->error, sizeof(ret->error), "%s", token_no_text);
	} else if (source_starts_with(s, byte_order_mark)) {
		ret->line = 1;
		s->at = strlen(byte_order_mark);
		snprintf(ret->error, sizeof(ret->error),
			 "the file begins with a byte order mark; save it as UTF-8 without one");
	} else {
		return 0;
	}
	ret->end = s->at;
	return -EINVAL;
}

/* One and the same number for every version of libconfig: 010 is 8 for some and 10 for others. */
static int check_number(struct source_statement *ret)
{
	size_t zeros = token_vain_zeros(ret->value, ret->value_size);
	size_t sign = ret->value[0] == '-' || ret->value[0] == '+' ? 1 : 0;
	char written[SOURCE_QUOTE_MAX], meant[SOURCE_QUOTE_MAX], name[SOURCE_QUOTE_MAX];

	if (zeros == 0)
		return 1;
	source_quote(name, ret->name, ret->name_size);
	source_quote(written, ret->value, ret->value_size);
	source_quote(meant, ret->value + sign + zeros, ret->value_size - sign - zeros);
	snprintf(ret->error, sizeof(ret->error),
		 "%s must be written without a zero before it: %.*s%s, not %s", name, (int)sign,
		 ret->value, meant, written);
	return -EINVAL;
}

int source_next(struct source *source, struct source_statement *ret)
{
	struct token token;

	*ret = (struct source_statement){.kind = SOURCE_OTHER};
	if (source->at == 0 && source->size > 0 && check_start(source, ret) < 0)
		return -EINVAL;
	token = token_next(source);
	if (token.kind == TOKEN_END)
		return 0;
	ret->begin = source->good_end = (size_t)(token.start - source->text);
	ret->line = source->good_line = token.line;
	if (token.kind != TOKEN_NAME)
		return refuse(source, ret, &token, "the name of a setting");
	accept_token(source, &token);
	ret->name = token.start;
	ret->name_size = token.size;

	token = token_next(source);
	if (token.mark != '=' && token.mark != ':')
		return refuse(source, ret, &token, "=");
	accept_token(source, &token);
	if (read_value(source, ret) < 0)
		return -EINVAL;
	ret->value_size = source->good_end - (size_t)(ret->value - source->text);

	token = token_next(source);
	if (token.mark != ';' && token.mark != ',')
		token_unread(source, &token);
	ret->end = source->at;
	return ret->kind == SOURCE_INTEGER ? check_number(ret) : 1;
}
