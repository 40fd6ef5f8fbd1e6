/*
 * config-token.h - cuts the source text of a configuration into tokens
 *
 * As libconfig does, but a string must end on its line, its escapes must be among those that all
 * versions of libconfig read alike, a comment must end at all, and all but comments must be text.
 * Pure: only config-source.c needs it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Where the reading stands. */
struct source {
	const char *text;
	size_t size;
	size_t at;
	int line;        /* of at, from 1 */
	size_t good_end; /* of the last token that fitted, */
	int good_line;   /* and its line */
};

enum token_kind {
	TOKEN_END,
	TOKEN_NAME,    /* a word that may name a setting */
	TOKEN_INTEGER, /* a word that is one */
	TOKEN_WORD,    /* any other run of characters: 9190.5, -0x5, 9port, @include */
	TOKEN_STRING,  /* with its quotes */
	TOKEN_MARK,    /* one of = : ; , ( ) [ ] { } */
	TOKEN_BAD,     /* what no file may hold; `problem` says why */
};

/* A piece of the text; it points into it. */
struct token {
	enum token_kind kind;
	char mark; /* TOKEN_MARK: which; else NUL */
	const char *start;
	size_t size;
	int line;
	const char *problem; /* TOKEN_BAD */
};

/* The problem of bytes that are not text. */
extern const char token_no_text[];

void source_init(struct source *source, const char *text, size_t size);
bool source_starts_with(const struct source *source, const char *start);
void source_advance(struct source *source, size_t count);

/* Reads the next token.  A TOKEN_BAD that is no text takes the rest of the text with it. */
struct token token_next(struct source *source);

/* Goes back to the start of a token, the last one that was read. */
void token_unread(struct source *source, const struct token *token);

/*
 * Whether a word is an integer as libconfig has them: hexadecimal without a sign, L or LL may end
 * any.  *ret is LLONG_MIN or LLONG_MAX if the number is beyond.
 */
bool token_integer(const char *word, size_t size, long long *ret);

/*
 * How many zeros stand before such a decimal number that need not be there: some versions of
 * libconfig take it for octal then, or refuse it.
 */
size_t token_vain_zeros(const char *word, size_t size);

/* Whether c is one of the characters of set; NUL never is. */
bool char_in(char c, const char *set);
