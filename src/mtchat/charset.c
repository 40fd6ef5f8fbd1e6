/* charset.c - the encoding of the terminal, where it is not UTF-8 */
#include "mtchat/charset.h"

#include <err.h>
#include <errno.h>
#include <iconv.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OURS       "UTF-8"
#define OUR_LOCALE "C.UTF-8"

static struct charset {
	bool taken, is_other;
	iconv_t in, out;
} charset;

static bool is_ascii(const char *name)
{
	return strcmp(name, "ANSI_X3.4-1968") == 0 || strcmp(name, "US-ASCII") == 0 ||
	       strcmp(name, "ASCII") == 0;
}

/* There is one thread. */
void charset_init(void)
{
	const char *name = setlocale(LC_CTYPE, ""); /* NOLINT(concurrency-mt-unsafe) */

	if (!name || is_ascii(nl_langinfo(CODESET))) /* NOLINT(concurrency-mt-unsafe) */
		setlocale(LC_CTYPE, OUR_LOCALE);     /* NOLINT(concurrency-mt-unsafe) */
}

/* readline takes the locale from the environment again before each line. */
static void put_into_environment(void)
{
	const char *ours = setlocale(LC_CTYPE, NULL); /* NOLINT(concurrency-mt-unsafe) */

	if (strcmp(ours, OUR_LOCALE) == 0)
		setenv("LC_ALL", ours, true); /* NOLINT(concurrency-mt-unsafe) */
}

static bool open_both(const char *theirs)
{
	charset.in = iconv_open(OURS, theirs);
	charset.out = iconv_open(theirs, OURS);
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): so POSIX has it */
	return charset.in != (iconv_t)-1 && charset.out != (iconv_t)-1;
}

static void begin_converting(void)
{
	char theirs[64];

	snprintf(theirs, sizeof(theirs), "%s",
		 nl_langinfo(CODESET)); /* NOLINT(concurrency-mt-unsafe) */
	charset.is_other = open_both(theirs);
	if (!charset.is_other) {
		warnx("the encoding %s is not known here: all but ASCII is shown and sent as ?; a "
		      "locale of UTF-8 has it all",
		      theirs);
		charset.is_other = open_both("ASCII");
	}
	setlocale(LC_CTYPE, OUR_LOCALE); /* NOLINT(concurrency-mt-unsafe) */
	setlocale(LC_MESSAGES, "C");     /* NOLINT(concurrency-mt-unsafe) */
	setlocale(LC_TIME, "C");         /* NOLINT(concurrency-mt-unsafe) */
}

void charset_take(void)
{
	if (charset.taken)
		return;
	charset.taken = true;
	charset_init();
	if (strcmp(nl_langinfo(CODESET), OURS) != 0) /* NOLINT(concurrency-mt-unsafe) */
		begin_converting();
	put_into_environment();
}

bool charset_is_utf8(void)
{
	return !charset.is_other;
}

/* The result of iconv() for one character; 0: see errno. */
static size_t convert(iconv_t way, char ret[CHARSET_PIECE], const char *bytes, size_t size)
{
	char copy[CHARSET_PIECE], *from = copy, *to = ret;
	size_t left = size < sizeof(copy) ? size : sizeof(copy), room = CHARSET_PIECE;

	memcpy(copy, bytes, left); /* iconv() wants what it could write to */
	iconv(way, NULL, NULL, NULL, NULL);
	if (iconv(way, &from, &left, &to, &room) == (size_t)-1)
		return 0;
	return CHARSET_PIECE - room;
}

size_t charset_in(char ret[CHARSET_PIECE], const char *bytes, size_t size, size_t *ret_taken)
{
	for (size_t tried = 1; tried <= size; tried++) {
		size_t made = convert(charset.in, ret, bytes, tried);

		*ret_taken = tried;
		if (made > 0)
			return made;
		if (errno != EINVAL)
			break;
		if (tried == size && size < CHARSET_PIECE / 2)
			return 0;
	}
	*ret_taken = 1;
	*ret = '?';
	return 1;
}

size_t charset_out(char ret[CHARSET_PIECE], const char *bytes, size_t size)
{
	return convert(charset.out, ret, bytes, size);
}
