/*
 * json.h - writes JSON Lines: one object a line, into a buffer of the caller's
 *
 * Pure; no tree, no memory.  Whatever bytes a string has, what comes out is valid JSON (RFC 8259)
 * in valid UTF-8: what is not well-formed becomes U+FFFD, one for each byte.
 *
 *	json_open(&line, "pong"); json_string(&line, "token", text, size); json_close(&line);
 *	{"ev":"pong","token":"x"}
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_GROWTH = 6 }; /* a string is at most so many times as long: \u001f */

/* The line being written: text[0, size), never more than `room`.  It begins as {text, 0, room}. */
struct json {
	char *text;
	size_t size, room;
	bool full; /* something did not fit and was left out: the line is no JSON, drop it */
};

void json_open(struct json *json, const char *event);

/* Members of the object.  Keys are ours, never escaped; a string that is NULL is null. */
void json_string(struct json *json, const char *key, const char *text, size_t size);
void json_text(struct json *json, const char *key, const char *text); /* ends with NUL */
void json_number(struct json *json, const char *key, uint64_t number);

/* A part of a member as it is to be: nothing is escaped. */
void json_bytes(struct json *json, const char *bytes, size_t size);
void json_digits(struct json *json, uint64_t number);

void json_id(struct json *json, const char *key, const char *epoch, uint64_t number);

/*
 * A string in pieces, each cleaned for itself by the rules of common/text.h: no piece can swallow
 * the one behind it.  With its escapes a piece is at most TEXT_GROWTH times as long; one that is
 * not clean wants room for all of that.
 */
void json_string_begin(struct json *json, const char *key);
void json_string_piece(struct json *json, const char *text, size_t size);
void json_string_end(struct json *json);

/* A member with an array or an object: what follows until its end has no key, or is in it. */
void json_begin(struct json *json, const char *key,
		char bracket);                          /* '[' or '{'; key NULL: an element */
void json_end(struct json *json, char bracket);         /* ']' or '}' */
void json_element(struct json *json, const char *text); /* of an array: a string */

/* Ends the object and the line: `}` and LF. */
void json_close(struct json *json);
