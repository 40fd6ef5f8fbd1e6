/*
 * joining.h - where U+200C and U+200D may stand in a name: where they change how it is written
 *
 * Pure.  As RFC 5892 has it (CONTEXTJ, A.1 and A.2): behind a virama either; U+200C also between
 * two letters that would join else, with marks between them or not.  Persian needs that, and so do
 * the scripts of India.  Elsewhere nobody sees them: a name would be two.
 *
 * Which letters join is known up to U+08FF: Arabic, Syriac, N'Ko, Mandaic (Unicode 15.0).  Beyond,
 * in Mongolian or Adlam, U+200C between letters is refused.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What has been read of a name.  Begins as all zeros. */
struct joining {
	int32_t before; /* the last character */
	bool joins;     /* the last letter does, to the next one */
	bool wants;     /* U+200C was behind it: the next letter must join to the one before */
};

/* Takes the next character.  False: a joiner stands where it must not. */
bool joining_take(struct joining *joining, int32_t character);

/* Was that all?  False: likewise. */
static inline bool joining_may_end(const struct joining *joining)
{
	return !joining->wants;
}
