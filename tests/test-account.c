/* test-account.c - a user id is the account of its line, and no line that cannot be is believed */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mtchatd/account.h"

#include "tap.h"

static char folder[] = "/tmp/test-account-XXXXXX";
static char path[sizeof(folder) + 16];

static void write_file(const char *text, size_t size)
{
	FILE *file = fopen(path, "we");

	if (!file || fwrite(text, 1, size, file) != size || fclose(file) != 0)
		abort();
}

/* The name; or NULL, and the reason is in errno.  What was there is untouched then. */
static const char *account(uid_t uid)
{
	static char name[ACCOUNT_MAX];
	int r;

	memset(name, '#', sizeof(name));
	r = account_name(name, uid, path);
	if (r == 0)
		return name;
	for (size_t i = 0; i < sizeof(name); i++)
		if (name[i] != '#')
			abort();
	errno = -r;
	return NULL;
}

/* want NULL: there is none. */
static bool account_is(uid_t uid, const char *want)
{
	const char *got = account(uid);

	return want ? got && strcmp(got, want) == 0 : !got && errno == ENOENT;
}

static void test_file(void)
{
	static const char text[] = "root:x:0:0:root:/root:/bin/bash\n"
				   "alice:x:1000:1000:Alice,,,:/home/alice:/bin/sh\n"
				   "bob:x:1001:1000::/home/bob:/bin/sh\n"
				   "also-bob:x:1001:1000::/home/bob:/bin/sh\n"
				   "name.with_all-1$:x:1002:1::/:\n"
				   "nopassword::1003:1::/:\n"
				   "홍길동:x:1004:1::/:\n"
				   "big:x:4294967294:1::/:\n"
				   "none:x:4294967295:1::/:\n"
				   "last:x:0001005:1::/:";

	write_file(text, strlen(text));
	ok(account_is(0, "root"), "0 is root");
	ok(account_is(1000, "alice"), "1000 is alice");
	ok(account_is(1001, "bob"), "of two with one number the first counts");
	ok(account_is(1002, "name.with_all-1$"), "a name may have anything but a colon");
	ok(account_is(1003, "nopassword"), "the password may be empty");
	ok(account_is(1004, "홍길동"), "names are bytes");
	ok(account_is(1005, "last"), "the last line may lack its end; 0001005 is 1005");
	ok(account_is(4294967294, "big"), "4294967294 is a number like others");
	ok(account_is(4294967295, NULL), "4294967295 is nobody, whatever the file says");
	ok(account_is(1, NULL) && account_is(100, NULL) && account_is(10000, NULL),
	   "1, 100 and 10000 are not there");
}

/* Lines that are no account's; each is followed by one that is. */
static void test_malformed(void)
{
	static const char *const lines[] = {
		"",
		":",
		"::",
		":::",
		"mallory",
		"mallory:x",
		"mallory:x:",
		"mallory:x:7",
		"mallory:7:x:7:",
		"mallory:x::7:",
		"mallory:x:seven:7:",
		"mallory:x:7x:7:",
		"mallory:x:x7:7:",
		"mallory:x: 7:7:",
		"mallory:x:7 :7:",
		"mallory:x:+7:7:",
		"mallory:x:-7:7:",
		"mallory:x:0x7:7:",
		"mallory:x:7.0:7:",
		"mallory:x:4294967303:7:",           /* 2^32 + 7 */
		"mallory:x:18446744073709551623:7:", /* 2^64 + 7 */
		"mallory:x:340282366920938463463374607431768211463:7:",
		":x:7:7:",
		"#mallory:x:7:7:",
		"+mallory:x:7:7:",
		"-mallory:x:7:7:",
		"+::7:",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		char text[256];
		int size = snprintf(text, sizeof(text), "%s\nzoe:x:7:7::/:\n", lines[i]);

		write_file(text, (size_t)size);
		ok(account_is(7, "zoe"), "'%s' is not 7's", lines[i]);
		write_file(lines[i], strlen(lines[i]));
		ok(account_is(7, NULL) && account_is(0, NULL), "nor is it anybody's at the end");
	}
}

static void test_nul(void)
{
	static const char text[] = "mal\0lory:x:7:7::/:\nmallory\0:x:7:7::/:\nm:x\0y:7:7::/:\n"
				   "m:x:7\0:7::/:\nzoe:x:7:7:\0:/:\nyves:x:8:8::/:\n";

	write_file(text, sizeof(text) - 1);
	ok(account_is(7, "zoe"), "a NUL ends what is read of its line");
	ok(account_is(8, "yves"), "and not more than that");
}

static char *filled(size_t size)
{
	char *text = malloc(size + 64);

	if (!text)
		abort();
	memset(text, 'a', size);
	return text;
}

/* A line of a name, a password and a comment of these sizes, and another one behind it. */
static void write_long(size_t name, size_t password, size_t comment)
{
	char *text = filled(name + password + comment);
	size_t at = name;

	text[at++] = ':';
	memset(text + at, 'x', password);
	at += password;
	memcpy(text + at, ":7:7:", 5);
	at += 5;
	memset(text + at, ':', comment);
	at += comment;
	strcpy(text + at, "\nzoe:x:8:8::/:\n");
	write_file(text, strlen(text));
	free(text);
}

static void test_long(void)
{
	enum { HUGE = 5 << 20 };

	write_long(ACCOUNT_MAX - 1, 1, 10);
	ok(account(7) && strlen(account(7)) == ACCOUNT_MAX - 1, "a name of %d bytes fits",
	   ACCOUNT_MAX - 1);
	write_long(ACCOUNT_MAX, 1, 10);
	ok(!account(7) && errno == ENAMETOOLONG, "a longer one is told as such");
	ok(account_is(8, "zoe"), "and is in nobody else's way");
	write_long(5, 1, HUGE);
	ok(account_is(7, "aaaaa"), "of a huge line the beginning is enough");
	ok(account_is(8, "zoe"), "and what follows it is not missed");
	write_long(5, 500, 10);
	ok(account_is(7, "aaaaa"), "a password of 500 bytes is one");
	write_long(5, HUGE, 10);
	ok(account_is(7, NULL), "a number behind a huge one is not looked for");
	ok(account_is(8, "zoe"), "nor is the line behind it taken for its end");
	write_long(HUGE, HUGE, 10);
	ok(account_is(7, NULL) && account_is(8, "zoe"), "neither behind a huge name");
}

/* Wherever the line is cut, half a number is none. */
static void test_cut(void)
{
	int wrong = 0;

	for (size_t password = 0; password < 1100; password++) {
		static const char end[] = ":1234567:7::/:\nzoe:x:8:8::/:\n";
		char *text = filled(2 + password);

		text[1] = ':';
		strcpy(text + 2 + password, end);
		write_file(text, strlen(text));
		for (uid_t uid = 1; uid < 1234567; uid = uid * 10 + uid % 10 + 1)
			wrong += !account_is(uid, NULL);
		wrong += account(1234567) ? strcmp(account(1234567), "a") != 0 : password < 900;
		wrong += !account_is(8, "zoe");
		free(text);
	}
	is(wrong, 0, "no number is read but whole");
}

static void test_no_file(void)
{
	char name[ACCOUNT_MAX];

	write_file("", 0);
	ok(account_is(0, NULL), "nobody is in an empty file");
	unlink(path);
	ok(account_is(0, NULL), "nor in none");
	is(account_name(name, 0, folder), -EIO, "a folder cannot be read");
	is(account_name(name, 0, ""), -ENOENT, "nor can what has no name");
	write_file("root:x:0:0:root:/root:/bin/bash\n", 32);
	if (chmod(path, 0) < 0)
		abort();
	if (geteuid() == 0)
		ok(account_is(0, "root"), "root may read anything");
	else
		is(account_name(name, 0, path), -EACCES, "a file may be forbidden");
}

int main(void)
{
	if (!mkdtemp(folder))
		abort();
	snprintf(path, sizeof(path), "%s/passwd", folder);
	test_file();
	test_malformed();
	test_nul();
	test_long();
	test_cut();
	test_no_file();
	unlink(path);
	rmdir(folder);
	return done();
}
