/*
 * fuzz-line.c - line_cut() finds the same lines however a stream comes in pieces
 *
 * The first byte of the input is max_line - 1, the second the longest piece - 1 (pieces grow
 * from one byte up to that, over and over), the rest is the stream.
 */
#include "cut.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct transcript plain;
	static struct cutter whole, pieces;
	const char *stream = (const char *)data + 2;
	size_t longest, piece = 0, at = 0;

	if (size < 2 || size - 2 > CUT_STREAM_MAX)
		return 0;
	size -= 2;
	longest = (size_t)data[1] + 1;
	cut_plainly(&plain, stream, size, (size_t)data[0] + 1);

	cutter_init(&whole, (size_t)data[0] + 1);
	cutter_feed(&whole, stream, size, true);

	cutter_init(&pieces, (size_t)data[0] + 1);
	while (size - at > piece) {
		cutter_feed(&pieces, stream + at, piece, false);
		at += piece;
		piece = piece % longest + 1;
	}
	cutter_feed(&pieces, stream + at, size - at, true);

	if (whole.fault || pieces.fault || !transcript_equal(&plain, &whole.transcript) ||
	    !transcript_equal(&plain, &pieces.transcript))
		abort();
	return 0;
}
