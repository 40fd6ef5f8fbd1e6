/* test-name.c - which names there can be, which of them are the same, and what is wrong with others
 */
#include <stdint.h>
#include <utf8proc.h>

#include "mtchatd/name.h"

#include "tap.h"

static enum name_fault parse(struct name *ret, const char *text)
{
	return name_parse(ret, text, strlen(text));
}

#define MARKS_5  "\u0301\u0301\u0301\u0301\u0301"
#define MARKS_23 MARKS_5 MARKS_5 MARKS_5 MARKS_5 "\u0301\u0301\u0301"

/* What happens to what people type; folded: NULL if it is no name. */
static const struct {
	const char *what, *text, *folded;
	enum name_fault fault;
} table[] = {
	{"a word", "alice", "alice", NAME_GOOD},
	{"all that ASCII has", "Az_09-.", "az_09-.", NAME_GOOD},
	{"one letter", "x", "x", NAME_GOOD},
	{"a digit first", "7of9", "7of9", NAME_GOOD},
	{"an underscore first", "_x", "_x", NAME_GOOD},
	{"Korean", "홍길동", "홍길동", NAME_GOOD},
	{"Hangul in jamo (NFD)", "\u1112\u1169\u11bc\u1100\u1175\u11af", "홍길", NAME_GOOD},
	{"a jamo as keyboards give it", "ㅋㅋ", "\u110f\u110f", NAME_GOOD},
	{"Japanese, a long vowel mark in it", "さくらサーバー", "さくらサーバー", NAME_GOOD},
	{"halfwidth katakana, voiced", "ﾊﾞ", "バ", NAME_GOOD},
	{"Chinese", "王小明", "王小明", NAME_GOOD},
	{"Arabic with a vowel mark", "مُحمد", "مُحمد", NAME_GOOD},
	{"Arabic digits", "علي٣", "علي٣", NAME_GOOD},
	{"a Hebrew presentation form", "\ufb31", "\u05d1\u05bc", NAME_GOOD},
	{"Devanagari with vowel signs", "हिन्दी", "हिन्दी", NAME_GOOD},
	{"a decomposed accent", "rene\u0301", "ren\u00e9", NAME_GOOD},
	{"a sharp s", "Straße", "strasse", NAME_GOOD},
	{"a capital sharp s", "STRA\u1e9eE", "strasse", NAME_GOOD},
	{"a dotted capital I", "\u0130pek", "i\u0307pek", NAME_GOOD},
	{"a dotless small i", "k\u0131z", "k\u0131z", NAME_GOOD},
	{"a final sigma", "ΟΔΥΣΣΕΥΣ", "οδυσσευσ", NAME_GOOD},
	{"fullwidth letters", "Ａｌｉｃｅ１", "alice1", NAME_GOOD},
	{"a ligature", "\ufb03x", "ffix", NAME_GOOD},
	{"a letter of mathematics", "\U0001d4d0da", "ada", NAME_GOOD},
	{"the Kelvin sign", "\u212aate", "kate", NAME_GOOD},
	{"a letter with a word's worth in it", "\ufdf2", "الله", NAME_GOOD},
	{"a digit with a keycap", "1\ufe0f\u20e3", "1\u20e3", NAME_GOOD},
	{"a variation selector", "bo\ufe0fb", "bob", NAME_GOOD},
	{"a grapheme joiner", "b\u034fob", "bob", NAME_GOOD},
	{"a Hangul filler", "bob\u3164", "bob", NAME_GOOD},

	{"Persian with a zero-width non-joiner", "می\u200cخواهم", "میخواهم", NAME_GOOD},
	{"one between marks", "می\u064e\u200c\u064eخ", "می\u064e\u064eخ", NAME_GOOD},
	{"one before a letter that joins to the one before only", "علی\u200cرضا", "علیرضا",
	 NAME_GOOD},
	{"a joiner behind a virama", "क्\u200dष", "क्ष", NAME_GOOD},
	{"a non-joiner behind a virama", "क्\u200cष", "क्ष", NAME_GOOD},
	{"a joiner behind a virama, at the end", "ന്\u200d", "ന്", NAME_GOOD},
	{"4 marks on a letter", "a\u0323\u0301\u0302\u0303", "\u1ea1\u0301\u0302\u0303", NAME_GOOD},
	{"spacing marks are not counted", "က\u103b\u103d\u103e\u1031\u102c\u1037\u103a",
	 "က\u103b\u103d\u103e\u1031\u102c\u1037\u103a", NAME_GOOD},
	{"many vowels as keyboards give them", "ㅠㅠㅠㅠㅠㅠ",
	 "\u1172\u1172\u1172\u1172\u1172\u1172", NAME_GOOD},

	{"5 marks on a letter", "a\u0323\u0301\u0302\u0303\u0304", NULL, NAME_MANY_MARKS},
	{"a letter and 23 marks", "e" MARKS_23, NULL, NAME_MANY_MARKS},
	{"marks with something invisible between", "a\u0301\u0302\u034f\u0303\u0304", NULL,
	 NAME_MANY_MARKS},
	{"marks beyond a joiner", "ی\u064e\u064f\u0650\u200c\u064e\u064f\u0650خ", NULL,
	 NAME_MANY_MARKS},
	{"what folds to marks", "ﾊﾞﾞﾞﾞﾞﾞ", NULL, NAME_MANY_MARKS},
	{"a fault behind too many marks", "e" MARKS_23 " ", NULL, NAME_TOO_LONG},

	{"nothing", "", NULL, NAME_EMPTY},
	{"a hyphen first", "-x", NULL, NAME_BAD_BEGIN},
	{"a dot first", ".x", NULL, NAME_BAD_BEGIN},
	{"a mark first", "\u0301x", NULL, NAME_BAD_BEGIN},
	{"a variation selector first", "\ufe0fx", NULL, NAME_BAD_BEGIN},
	{"a hyphen behind a filler", "\u115f-x", NULL, NAME_BAD_BEGIN},
	{"a mark behind a filler", "\u115f\u0301x", NULL, NAME_BAD_BEGIN},
	{"what folds to a mark first", "\uff9ex", NULL, NAME_BAD_BEGIN},
	{"a space", "al ice", NULL, NAME_BAD_CHARACTER},
	{"a bracket", "al]ice", NULL, NAME_BAD_CHARACTER},
	{"a star", "*", NULL, NAME_BAD_CHARACTER},
	{"a tilde", "~alice", NULL, NAME_BAD_CHARACTER},
	{"a control character", "al\aice", NULL, NAME_BAD_CHARACTER},
	{"emoji", "😀", NULL, NAME_BAD_CHARACTER},
	{"emoji behind a letter", "a😀", NULL, NAME_BAD_CHARACTER},
	{"a flag", "🇰🇷", NULL, NAME_BAD_CHARACTER},
	{"EUC-KR", "\xc8\xab\xb1\xe6\xb5\xbf", NULL, NAME_BAD_CHARACTER},
	{"UTF-8 cut off", "\xed\x99", NULL, NAME_BAD_CHARACTER},
	{"UTF-8 longer than need be", "\xc1\xa1", NULL, NAME_BAD_CHARACTER},
	{"a surrogate", "\xed\xa0\x80", NULL, NAME_BAD_CHARACTER},
	{"beyond Unicode", "\xf4\x90\x80\x80", NULL, NAME_BAD_CHARACTER},
	{"a zero-width space", "bo\u200bb", NULL, NAME_BAD_CHARACTER},
	{"a zero-width joiner", "bo\u200db", NULL, NAME_BAD_CHARACTER},
	{"a zero-width non-joiner", "bo\u200cb", NULL, NAME_BAD_CHARACTER},
	{"one at the begin", "\u200cمی", NULL, NAME_BAD_CHARACTER},
	{"one at the end", "می\u200c", NULL, NAME_BAD_CHARACTER},
	{"one behind a letter that joins to nothing", "دا\u200cد", NULL, NAME_BAD_CHARACTER},
	{"one before a letter of another script", "می\u200ca", NULL, NAME_BAD_CHARACTER},
	{"two of them", "می\u200c\u200cخ", NULL, NAME_BAD_CHARACTER},
	{"a joiner between Arabic letters", "می\u200dخ", NULL, NAME_BAD_CHARACTER},
	{"both behind a virama", "क्\u200d\u200cष", NULL, NAME_BAD_CHARACTER},
	{"one in a script whose joining is not known here", "\u1820\u200c\u1821", NULL,
	 NAME_BAD_CHARACTER},
	{"a byte order mark", "\ufeffbob", NULL, NAME_BAD_CHARACTER},
	{"a soft hyphen", "bo\u00adb", NULL, NAME_BAD_CHARACTER},
	{"a bidi override", "\u202ebob", NULL, NAME_BAD_CHARACTER},
	{"a bidi isolate", "bob\u2066", NULL, NAME_BAD_CHARACTER},
	{"an Arabic letter mark", "bob\u061c", NULL, NAME_BAD_CHARACTER},
	{"a no-break space", "a\u00a0b", NULL, NAME_BAD_CHARACTER},
	{"a tag", "bob\U000e0041", NULL, NAME_BAD_CHARACTER},
	{"a private character", "\ue000", NULL, NAME_BAD_CHARACTER},
	{"an unknown character", "\u0378", NULL, NAME_BAD_CHARACTER},
	{"a Roman numeral, which is a number and no digit", "\u2163", NULL, NAME_BAD_CHARACTER},
	{"a superscript, which is none either", "x\u00b2", NULL, NAME_BAD_CHARACTER},
	{"a fullwidth dot", "a\uff0eb", NULL, NAME_BAD_CHARACTER},
	{"a fullwidth low line", "a\uff3fb", NULL, NAME_BAD_CHARACTER},
	{"a blank of Braille", "\u2800", NULL, NAME_BAD_CHARACTER},
	{"a Hangul filler alone", "\u3164", NULL, NAME_BAD_CHARACTER},
	{"fillers alone", "\u115f\u1160\uffa0", NULL, NAME_BAD_CHARACTER},
	{"a letter with spaces in it", "\ufdfa", NULL, NAME_BAD_CHARACTER},
	{"a letter that folds to a space and a mark", "\u037a", NULL, NAME_BAD_CHARACTER},
	{"a letter with a middle dot in it", "co\u0140legi", NULL, NAME_BAD_CHARACTER},

	{"one that is nobody's", "you", NULL, NAME_RESERVED},
	{"in capitals", "SERVER", NULL, NAME_RESERVED},
	{"in fullwidth letters", "ａｌｌ", NULL, NAME_RESERVED},
	{"with something invisible", "y\u034fou", NULL, NAME_RESERVED},
	{"with a long s", "\u017ferver", NULL, NAME_RESERVED},
	{"with a Cyrillic letter", "ѕerver", NULL, NAME_RESERVED},
	{"in Cyrillic capitals", "ЅЕRVЕR", NULL, NAME_RESERVED},
	{"with a Greek letter", "yοu", NULL, NAME_RESERVED},
	{"with a Greek capital", "Υου", NULL, NAME_RESERVED},
	{"in Armenian", "yօս", NULL, NAME_RESERVED},
	{"in Cherokee", "\u13daꭼrver", NULL, NAME_RESERVED},
	{"in small capitals", "ꜱᴇʀᴠᴇʀ", NULL, NAME_RESERVED},
	{"with a zero", "y0u", NULL, NAME_RESERVED},
	{"with a zero of Bengal", "y\u09e6u", NULL, NAME_RESERVED},
	{"with a one", "a1l", NULL, NAME_RESERVED},
	{"with capital i", "aII", NULL, NAME_RESERVED},
	{"with a letter of Hangul", "yㅇu", NULL, NAME_RESERVED},
	{"with a stroke", "yøu", NULL, NAME_RESERVED},
	{"with accents", "sèrvér", NULL, NAME_RESERVED},
	{"with a dot below", "\u1e63erver", NULL, NAME_RESERVED},
	{"with many marks", "yo\u0301\u0301\u0301\u0301\u0301u", NULL, NAME_RESERVED},
	{"somebody's, in capitals", "ALI", "ali", NAME_GOOD},
	{"another one's", "Sergey", "sergey", NAME_GOOD},
	{"a Cyrillic one", "Уля", "уля", NAME_GOOD},
	{"more than one that is nobody's", "yours", "yours", NAME_GOOD},
	{"in Cyrillic, more", "уоurs", "уоurs", NAME_GOOD},
	{"less than one that is nobody's", "al", "al", NAME_GOOD},
};

static void test_table(void)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct name name = {0};
		enum name_fault fault = parse(&name, table[i].text);

		ok(fault == table[i].fault, "%s: %s", table[i].what, name_fault_text(fault));
		if (table[i].folded) {
			ok(strcmp(name.text, table[i].text) == 0 && name.size == strlen(name.text),
			   "... as it was written");
			ok(strcmp(name.folded, table[i].folded) == 0 &&
				   name.folded_size == strlen(name.folded),
			   "... folded to \"%s\"", name.folded);
		}
	}
}

static enum name_fault parse_repeated(const char *character, size_t times)
{
	char text[NAME_MAX_BYTES * 4] = "";
	struct name name;

	for (size_t i = 0; i < times; i++)
		strcat(text, character);
	return parse(&name, text);
}

static void test_lengths(void)
{
	is(parse_repeated("x", 24), NAME_GOOD, "24 characters");
	is(parse_repeated("x", 25), NAME_TOO_LONG, "25");
	is(parse_repeated("x", 65), NAME_TOO_LONG, "far more");
	is(parse_repeated("é", 24), NAME_GOOD, "24 characters of two bytes");
	is(parse_repeated("é", 25), NAME_TOO_LONG, "25");
	is(parse_repeated("홍", 21), NAME_GOOD, "63 bytes");
	is(parse_repeated("홍", 22), NAME_TOO_LONG, "66 bytes");
	is(parse_repeated("𝒜", 16), NAME_GOOD, "64 bytes");
	is(parse_repeated("𝒜", 17), NAME_TOO_LONG, "68 bytes");
	is(parse_repeated("e\u0301", 12), NAME_GOOD, "12 letters and their marks");
	is(parse_repeated("e\u0301", 13), NAME_TOO_LONG, "13: a mark counts");
	is(parse_repeated("\ufb03", 21), NAME_GOOD, "its folded form may have more characters");
	is(parse_repeated("\ufdf2", 21), NAME_GOOD, "and more bytes");
	is(parse_repeated("\ufdfa", 7), NAME_BAD_CHARACTER, "within its bounds it is looked at");
	is(parse_repeated("\ufdfa", 8), NAME_TOO_LONG, "too many bytes are not: 264");
	is(parse_repeated("\ufdfa", 21), NAME_TOO_LONG, "nor too many characters");
}

static void test_bytes(void)
{
	struct name name, before;

	memset(&name, 0xa5, sizeof(name));
	before = name;
	is(name_parse(&name, "a\0b", 3), NAME_BAD_CHARACTER, "a zero is no end");
	is(name_parse(&name, "b", 0), NAME_EMPTY, "no byte too many is read");
	is(name_parse(&name, "YOU", 3), NAME_RESERVED, "a fault at the very end");
	ok(memcmp(&name, &before, sizeof(name)) == 0, "a fault leaves the name as it was");
	is(name_parse(&name, "bobby", 3), NAME_GOOD, "text without an end");
	ok(strcmp(name.text, "bob") == 0 && name.size == 3, "gets one");
}

static bool are_same(const char *one, const char *other)
{
	struct name names[2];

	return parse(&names[0], one) == NAME_GOOD && parse(&names[1], other) == NAME_GOOD &&
	       name_is_same(&names[0], &names[1]);
}

static void test_same(void)
{
	ok(are_same("alice", "ALICE"), "case does not tell");
	ok(are_same("홍길동", "\u1112\u1169\u11bc\u1100\u1175\u11af\u1103\u1169\u11bc"),
	   "nor how Hangul is written");
	ok(are_same("a\u0323\u0301", "a\u0301\u0323"), "nor the order of marks");
	ok(!are_same("\u1f84", "\u03b1\u0345\u0301\u0313"), "unless it is one that shows");
	ok(are_same("\u1f84", "\u03b1\u0345\u0313\u0301"), "an iota below, wherever it stands");
	ok(are_same("\u1f84", "\u1f80\u0301"), "or is part of");
	ok(are_same("\u1f84", "\u0391\u0345\u034f\u0313\u0301"),
	   "and with something invisible between");
	ok(are_same("\u0130", "i\u0307") && !are_same("\u0130", "i"), "a dotted I has a dot");
	ok(!are_same("\u0131", "i"), "a dotless i has none");
	ok(!are_same("rene", "ren\u00e9"), "accents tell");
	ok(!are_same("paypal", "p\u0430ypal"), "so do scripts");
	ok(!are_same("bob", "bob_") && !are_same("bob", "bo"), "so does length");
}

/* Adds what has parsed twice to the counts. */
static void fold_again(const struct name *name, int *folded, int *unstable)
{
	struct name again;

	*folded += 1;
	*unstable += name_parse(&again, name->folded, name->folded_size) != NAME_GOOD ||
		     strcmp(again.folded, name->folded) != 0;
}

static void test_every_character(void)
{
	int alone = 0, behind = 0, unstable = 0, forgotten = 0;

	for (utf8proc_int32_t character = 0; character < 0x110000; character++) {
		utf8proc_uint8_t text[8] = "x";
		struct name name;
		size_t size;

		if (!utf8proc_codepoint_valid(character))
			continue;
		size = (size_t)utf8proc_encode_char(character, text + 1);
		if (name_parse(&name, (char *)text, 1 + size) != NAME_GOOD)
			continue;
		fold_again(&name, &behind, &unstable);
		forgotten += name.size != 1 + size || memcmp(name.text, text, name.size) != 0;
		if (name_parse(&name, (char *)text + 1, size) == NAME_GOOD)
			fold_again(&name, &alone, &unstable);
	}
	ok(alone > 130000 && behind > alone + 2000, "names of one character: %d, two: %d", alone,
	   behind);
	is(unstable, 0, "folding again changes nothing");
	is(forgotten, 0, "the text is kept as it was");
}

/* What was a name before this version stays one; what never was one is none. */
static void test_held(void)
{
	struct name name;

	is(name_parse_held(&name, "ѕerver", strlen("ѕerver")), NAME_GOOD, "a look-alike is held");
	ok(strcmp(name.folded, "ѕerver") == 0, "as it is");
	is(name_parse_held(&name, "e" MARKS_23, strlen("e" MARKS_23)), NAME_GOOD,
	   "so are many marks");
	is(name_parse_held(&name, "Server", strlen("Server")), NAME_RESERVED, "a word is not");
	is(name_parse_held(&name, "-x", 2), NAME_BAD_BEGIN, "nor what is no name");
	is(name_read(&name, "e" MARKS_23, strlen("e" MARKS_23)), NAME_GOOD, "it is read, too");
	is(name_read(&name, "y o\u200du", strlen("y o\u200du")), NAME_BAD_CHARACTER,
	   "what is none is not read");
	is(name_read(&name, "y\u043e\u200du", strlen("y\u043e\u200du")), NAME_RESERVED,
	   "whatever is not seen, a word is");
}

static void test_words(void)
{
	for (int i = NAME_GOOD; i <= NAME_RESERVED; i++)
		for (int j = NAME_GOOD; j < i; j++)
			ok(strcmp(name_fault_text((enum name_fault)i),
				  name_fault_text((enum name_fault)j)) != 0,
			   "\"%s\" is not \"%s\"", name_fault_text((enum name_fault)i),
			   name_fault_text((enum name_fault)j));
	ok(name_is_reserved(NAME_RESERVED) && !name_is_reserved(NAME_EMPTY), "reserved is a fault");
}

int main(void)
{
	test_table();
	test_lengths();
	test_bytes();
	test_same();
	test_every_character();
	test_held();
	test_words();
	return done();
}
