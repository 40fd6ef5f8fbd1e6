/* joining.c - where U+200C and U+200D may stand in a name */
#include <stddef.h>
#include <utf8proc.h>

#include "mtchatd/joining.h"

enum {
	ZWNJ = 0x200C,
	ZWJ = 0x200D,
	VIRAMA = 9, /* their combining class */
};

enum joins { NOT, RIGHT, BOTH }; /* to the letter before; to both neighbours */

/* Joining_Type R and D, U+0620 to U+08FF; there is no L. */
static const struct {
	uint16_t first, last;
	enum joins joins;
} ranges[] = {
	{0x0620, 0x0620, BOTH},  {0x0622, 0x0625, RIGHT}, {0x0626, 0x0626, BOTH},
	{0x0627, 0x0627, RIGHT}, {0x0628, 0x0628, BOTH},  {0x0629, 0x0629, RIGHT},
	{0x062A, 0x062E, BOTH},  {0x062F, 0x0632, RIGHT}, {0x0633, 0x063F, BOTH},
	{0x0641, 0x0647, BOTH},  {0x0648, 0x0648, RIGHT}, {0x0649, 0x064A, BOTH},
	{0x066E, 0x066F, BOTH},  {0x0671, 0x0673, RIGHT}, {0x0675, 0x0677, RIGHT},
	{0x0678, 0x0687, BOTH},  {0x0688, 0x0699, RIGHT}, {0x069A, 0x06BF, BOTH},
	{0x06C0, 0x06C0, RIGHT}, {0x06C1, 0x06C2, BOTH},  {0x06C3, 0x06CB, RIGHT},
	{0x06CC, 0x06CC, BOTH},  {0x06CD, 0x06CD, RIGHT}, {0x06CE, 0x06CE, BOTH},
	{0x06CF, 0x06CF, RIGHT}, {0x06D0, 0x06D1, BOTH},  {0x06D2, 0x06D3, RIGHT},
	{0x06D5, 0x06D5, RIGHT}, {0x06EE, 0x06EF, RIGHT}, {0x06FA, 0x06FC, BOTH},
	{0x06FF, 0x06FF, BOTH},  {0x0710, 0x0710, RIGHT}, {0x0712, 0x0714, BOTH},
	{0x0715, 0x0719, RIGHT}, {0x071A, 0x071D, BOTH},  {0x071E, 0x071E, RIGHT},
	{0x071F, 0x0727, BOTH},  {0x0728, 0x0728, RIGHT}, {0x0729, 0x0729, BOTH},
	{0x072A, 0x072A, RIGHT}, {0x072B, 0x072B, BOTH},  {0x072C, 0x072C, RIGHT},
	{0x072D, 0x072E, BOTH},  {0x072F, 0x072F, RIGHT}, {0x074D, 0x074D, RIGHT},
	{0x074E, 0x0758, BOTH},  {0x0759, 0x075B, RIGHT}, {0x075C, 0x076A, BOTH},
	{0x076B, 0x076C, RIGHT}, {0x076D, 0x0770, BOTH},  {0x0771, 0x0771, RIGHT},
	{0x0772, 0x0772, BOTH},  {0x0773, 0x0774, RIGHT}, {0x0775, 0x0777, BOTH},
	{0x0778, 0x0779, RIGHT}, {0x077A, 0x077F, BOTH},  {0x07CA, 0x07EA, BOTH},
	{0x0840, 0x0840, RIGHT}, {0x0841, 0x0845, BOTH},  {0x0846, 0x0847, RIGHT},
	{0x0848, 0x0848, BOTH},  {0x0849, 0x0849, RIGHT}, {0x084A, 0x0853, BOTH},
	{0x0854, 0x0854, RIGHT}, {0x0855, 0x0855, BOTH},  {0x0856, 0x0858, RIGHT},
	{0x0860, 0x0860, BOTH},  {0x0862, 0x0865, BOTH},  {0x0867, 0x0867, RIGHT},
	{0x0868, 0x0868, BOTH},  {0x0869, 0x086A, RIGHT}, {0x0870, 0x0882, RIGHT},
	{0x0886, 0x0886, BOTH},  {0x0889, 0x088D, BOTH},  {0x088E, 0x088E, RIGHT},
	{0x08A0, 0x08A9, BOTH},  {0x08AA, 0x08AC, RIGHT}, {0x08AE, 0x08AE, RIGHT},
	{0x08AF, 0x08B0, BOTH},  {0x08B1, 0x08B2, RIGHT}, {0x08B3, 0x08B8, BOTH},
	{0x08B9, 0x08B9, RIGHT}, {0x08BA, 0x08C8, BOTH},
};

static enum joins joins_of(int32_t character)
{
	size_t low = 0, high = sizeof(ranges) / sizeof(ranges[0]);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (character > ranges[middle].last)
			low = middle + 1;
		else if (character < ranges[middle].first)
			high = middle;
		else
			return ranges[middle].joins;
	}
	return NOT;
}

static bool is_mark(int32_t character)
{
	utf8proc_category_t category = utf8proc_category(character);

	return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

static bool take_joiner(struct joining *joining, int32_t character)
{
	bool behind_virama = utf8proc_get_property(joining->before)->combining_class == VIRAMA;

	joining->wants = !behind_virama && character == ZWNJ && joining->joins;
	joining->joins = false;
	joining->before = character;
	return behind_virama || joining->wants;
}

bool joining_take(struct joining *joining, int32_t character)
{
	bool fits = true;

	if (character == ZWNJ || character == ZWJ)
		return !joining->wants && take_joiner(joining, character);
	joining->before = character;
	if (is_mark(character))
		return true;
	if (joining->wants)
		fits = joins_of(character) != NOT;
	joining->wants = false;
	joining->joins = joins_of(character) == BOTH;
	return fits;
}
