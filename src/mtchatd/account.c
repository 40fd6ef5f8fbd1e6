/* account.c - which account of this machine a user id is */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "mtchatd/account.h"

/* The fields that are looked at come first: what does not fit is not needed. */
enum { LINE_SIZE = 1024 };

/* The beginning of the next line, without what does not fit.  False: there is none. */
static bool read_line(FILE *file, char line[LINE_SIZE])
{
	size_t size = 0;
	int byte;

	while ((byte = getc(file)) != EOF && byte != '\n')
		if (size < LINE_SIZE - 1)
			line[size++] = (char)byte;
	line[size] = '\0';
	return byte != EOF || size > 0;
}

/* Decimal digits up to the colon, and nothing else. */
static bool is_number(const char *text, uid_t uid)
{
	uint64_t number = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9'; at++) {
		number = number * 10 + (uint64_t)(*at - '0');
		if (number > UINT32_MAX) /* or it would be another one */
			return false;
	}
	return at > text && *at == ':' && number == uid;
}

/*
 * Is it NAME:PASSWORD:UID: of that user?  Then the name's length, else 0.  Lines that begin with
 * +, - (NIS) or # are not of accounts.
 */
static size_t match(const char *line, uid_t uid)
{
	size_t size = strcspn(line, ":");
	const char *colon;

	if (size == 0 || line[size] != ':' || strchr("+-#", line[0]))
		return 0;
	colon = strchr(line + size + 1, ':');
	return colon && is_number(colon + 1, uid) ? size : 0;
}

static int search(FILE *file, char ret[ACCOUNT_MAX], uid_t uid)
{
	char line[LINE_SIZE];

	while (read_line(file, line)) {
		size_t size = match(line, uid);

		if (size >= ACCOUNT_MAX)
			return -ENAMETOOLONG;
		if (size > 0) {
			memcpy(ret, line, size);
			ret[size] = '\0';
			return 0;
		}
	}
	return ferror(file) ? -EIO : -ENOENT;
}

int account_name(char ret[ACCOUNT_MAX], uid_t uid, const char *path)
{
	FILE *file;
	int r;

	if (uid == (uid_t)-1) /* what the kernel says of a peer that it knows nothing of */
		return -ENOENT;
	file = fopen(path, "re");
	if (!file)
		return -errno;
	r = search(file, ret, uid);
	fclose(file);
	return r;
}
