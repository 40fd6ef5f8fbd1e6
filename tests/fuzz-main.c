/*
 * fuzz-main.c - runs a fuzzer over files that are at hand, where there is no libFuzzer
 *
 *	fuzz-NAME [FILE|FOLDER]...
 *
 * Without arguments: all of $srcdir/tests/corpus/NAME.  TAP on stdout; the name of a file is
 * out before its turn comes, so that a crash tells which it was.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"

#include "tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 20 };

static void run(const char *path, const uint8_t *data, size_t size)
{
	/* A block of just this size lets ASan see the first byte read beyond it. */
	AUTO_FREE uint8_t *copy = malloc(size > 0 ? size : 1);

	printf("# %s: %zu bytes\n", path, size);
	fflush(stdout);
	if (copy && size > 0)
		memcpy(copy, data, size);
	ok(copy && LLVMFuzzerTestOneInput(copy, size) == 0, "%s", path);
}

static void run_file(const char *path)
{
	static uint8_t data[INPUT_MAX + 1];
	FILE *file = fopen(path, "rbe");
	size_t size;
	int failed;

	if (!file) {
		ok(false, "%s: cannot be opened, errno %d", path, errno);
		return;
	}
	size = fread(data, 1, sizeof(data), file);
	failed = ferror(file);
	fclose(file);
	if (failed || size > INPUT_MAX)
		ok(false, "%s: cannot be read, or is longer than %d bytes", path, INPUT_MAX);
	else
		run(path, data, size);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void run_folder(const char *path)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, is_visible, alphasort);

	ok(count > 0, "%s holds files", path);
	for (int i = 0; i < count; i++) {
		AUTO_FREE char *name = NULL;

		if (asprintf(&name, "%s/%s", path, entries[i]->d_name) < 0)
			abort();
		run_file(name);
		free(entries[i]);
	}
	free(entries);
}

static void run_path(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		ok(false, "%s: not there, errno %d", path, errno);
	else if (S_ISDIR(st.st_mode))
		run_folder(path);
	else
		run_file(path);
}

static void run_own_corpus(void)
{
	const char *srcdir = secure_getenv("srcdir");
	const char *dash = strchr(program_invocation_short_name, '-');
	AUTO_FREE char *path = NULL;

	if (asprintf(&path, "%s/tests/corpus/%s", srcdir ? srcdir : ".", dash ? dash + 1 : "") < 0)
		abort();
	run_path(path);
}

int main(int argc, char *argv[])
{
	run("no input", NULL, 0);
	if (argc < 2)
		run_own_corpus();
	for (int i = 1; i < argc; i++)
		run_path(argv[i]);
	return done();
}
