/* fuzz-plain.c - nothing but safe text reaches the terminal, in whatever pieces it comes */
#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/text.h"

#include "pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* The first byte chooses the pieces; the rest is what the server sent. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;
	AUTO_FREE char *whole = malloc((SAFE_SIZE_MAX + 1) * size + 1);
	AUTO_FREE char *pieces = malloc((SAFE_SIZE_MAX + 1) * size + 1);
	size_t length, start = 0;

	if (!whole || !pieces || size == 0)
		return 0;
	length = show_pieces(whole, text, size - 1, size);
	require(size > PLAIN_HOLD_SIZE ||
		(show_pieces(pieces, text, size - 1, data[0] + 1U) == length &&
		 memcmp(whole, pieces, length) == 0));
	for (size_t i = 0; i < length; i++) {
		if (whole[i] != '\n')
			continue;
		require(text_clean_prefix(whole + start, i - start) == i - start);
		start = i + 1;
	}
	require(start == length); /* each line has its end */
	return 0;
}
