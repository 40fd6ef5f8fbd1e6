/* fuzz-text.c - text_clean() agrees with the plainest means, and what comes out passes */
#include "common/cleanup.h"
#include "common/text.h"

#include "plain-text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	AUTO_FREE char *got = malloc(TEXT_GROWTH * size + 1);
	AUTO_FREE char *want = malloc(TEXT_GROWTH * size + 1);
	size_t got_size, prefix;

	if (!got || !want)
		return 0;
	got_size = text_clean(got, text, size);
	prefix = text_clean_prefix(text, size);

	require(got_size <= TEXT_GROWTH * size);
	require(got_size == plain_clean(want, text, size));
	require(memcmp(got, want, got_size) == 0);

	require(prefix == plain_clean_prefix(text, size));
	require(prefix == 0 || memcmp(got, text, prefix) == 0);
	require(text_clean_prefix(got, got_size) == got_size);
	require((prefix == size) == (got_size == size && memcmp(got, text, size) == 0));

	require(text_clean(want, got, got_size) == got_size);
	require(memcmp(got, want, got_size) == 0);
	return 0;
}
