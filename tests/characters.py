"""characters.py - what happens to each kind of character: the table of test_characters.py

Invisible characters are written as escapes; so are those that an editor might compose.
"""
from typing import NamedTuple

F = "\ufffd"
LETTERS = "has something in it that is no letter, mark, digit, _, - or ."
BEGIN = "begins with -, . or a mark"
LONG = "is longer than 24 characters or 64 bytes"
RESERVED = "is reserved"
MARKS = "has more than 4 marks on one letter"


class Taken(NamedTuple):
    """It can be a name: other spellings of the same name, and names that are not the same."""
    same: tuple
    other: tuple


class Row(NamedTuple):
    what: str
    sent: bytes
    name: object          # Taken, or why it cannot be a name; of a room, too
    line: bytes           # what the room sees with text = "utf8"
    raw: bytes            # with text = "raw"
    json: bytes           # between the quotes of "text", with both
    raw_name: object      # with text = "raw"; the rest of the table holds for both
    reads: tuple          # names that people read in it, which nobody else may seem to have


def taken(*same, other=()):
    return Taken(same, (other,) if isinstance(other, str) else other)


def octets(text):
    return text if isinstance(text, bytes) else text.encode()


def row(what, sent, name, line=None, raw=None, json=None, raw_name=None, reads=(None, None)):
    """What is not given is as it was sent; of JSON, as in the line.

    reads: one name, or one with "utf8" and one with "raw".
    """
    sent = octets(sent)
    line = sent if line is None else octets(line)
    reads = (reads, reads) if isinstance(reads, str) else reads
    return Row(what, sent, name, line, sent if raw is None else raw,
               line if json is None else octets(json), raw_name or name, reads)


def dropped(what, sent):
    """What text = "utf8" takes out of ab, and JSON always; text = "raw" does not."""
    return row(what, sent, taken("AB"), line="ab", raw_name=LETTERS, reads="ab")


def unseen(what, char):
    """Relayed, not seen, in no name."""
    return row(what, f"a{char}b", LETTERS, reads="ab")


def control(what, char, reads=None):
    return row(what, f"a{char}b", LETTERS, line=f"a{F}b", reads=(None, reads))


def broken(what, sent, line):
    return row(what, sent, LETTERS, line=line)


TABLE = [
    # Hangul
    row("Hangul", "한글",
        taken("\u1112\u1161\u11ab\u1100\u1173\u11af", "하\u11ab글", other="한굴")),
    row("Hangul, decomposed", "\u1112\u1161\u11ab\u1100\u1173\u11af", taken("한글")),
    row("Hangul, decomposed: 3 characters a syllable", "\u1112\u1161\u11ab" * 7, taken("한" * 7)),
    row("Hangul, decomposed: 8 are too many bytes", "\u1112\u1161\u11ab" * 8, LONG),
    row("Hangul: 22 syllables are too many bytes", "가" * 22, LONG),
    row("compatibility jamo", "ㅋㅋ", taken("\u110f\u110f", "\uffbb\uffbb", other="ㅋ")),
    row("compatibility jamo that make a syllable", "ㅎㅏ", taken("하", "\u1112\u1161")),
    row("compatibility jamo: the last one begins anew", "ㅎㅏㄴ", taken("하\u1102", other="한")),
    row("halfwidth jamo", "\uffbe\uffc2", taken("하", "ㅎㅏ")),
    row("old Hangul", "\u1112\u119e\u11ab", taken(other="한")),
    row("Hangul in a circle", "㉮", LETTERS, reads="가"),
    row("Hangul tone mark", "한\u302e", taken(other="한")),
    row("Hangul filler", "가\u3164나", taken("가나"), reads="가나"),
    row("Hangul filler alone", "\u3164", LETTERS),
    row("choseong filler", "\u115f가", taken("가"), reads="가"),
    row("jungseong filler", "가\u1160", taken("가"), reads="가"),
    row("halfwidth Hangul filler alone", "\uffa0", LETTERS),
    # Japanese, Chinese
    row("hiragana", "ひらがな", taken("ひらか\u3099な", other=("ヒラガナ", "ひらかな"))),
    row("halfwidth katakana", "ｶﾞｷﾞ", taken("ガギ", "カ\u3099キ\u3099", other="カキ")),
    row("halfwidth katakana, small and long", "ｯﾗｰ", taken("ッラー", other="ツラー")),
    row("combining dakuten", "か\u3099", taken("が", other="か")),
    row("spacing dakuten", "か\u309b", LETTERS),
    row("halfwidth dakuten at the beginning", "\uff9ea", BEGIN),
    row("kana in a square", "㌔", LETTERS, reads="キロ"),
    row("kanji with repetition", "佐々木", taken(other="佐佐木")),
    row("Han, traditional", "漢字", taken(other="汉字")),
    row("Han, compatibility ideograph", "\uf900", taken("\u8c48")),
    row("Han, beyond the BMP", "𠮷野", taken(other="吉野")),
    row("Han, ideographic variation", "葛\U000e0100", taken("葛"), reads="葛"),
    row("Kangxi radical", "\u2f00", LETTERS, reads="一"),
    row("ideographic zero", "〇", LETTERS),
    row("ideographic space", "山\u3000川", LETTERS),
    # Arabic, Hebrew
    row("Arabic", "محمد", taken("\ufee3\ufea4\ufee4\ufeaa")),
    row("Arabic with harakat", "مَرْحَبًا", taken(other="مرحبا")),
    row("Arabic marks in another order", "ب\u0651\u064e", taken("ب\u064e\u0651")),
    row("Arabic presentation forms", "\ufee3\ufea4\ufee4\ufeaa", taken("محمد")),
    row("Arabic ligature lam alef", "\ufefb", taken("لا")),
    row("Arabic ligature with spaces in it", "\ufdfa", LETTERS),
    row("Arabic tatweel", "محـمد", taken(other="محمد")),
    row("Arabic digits", "١٢٣", taken(other="123")),
    row("Persian with ZWNJ", "می\u200cخواهم", taken("میخواهم"), reads="میخواهم"),
    row("Persian with ZWJ", "می\u200dخواهم", LETTERS, reads="میخواهم"),
    row("ZWNJ behind a letter that does not join", "د\u200cر", LETTERS, reads="در"),
    row("Hebrew", "שלום", taken(other="שלומ")),
    row("Hebrew with points", "\ufb2aלום", taken("ש\u05c1לום", other="שלום")),
    # Thai, Devanagari, Tamil
    row("Thai", "น\u0e49\u0e33", taken("น\u0e49\u0e4d\u0e32", other="น\u0e33")),
    row("Devanagari", "नमस्ते", taken(other="नमसते")),
    row("Devanagari nukta", "\u0958", taken("\u0915\u093c", other="\u0915")),
    row("Devanagari with ZWJ", "क्\u200dष", taken("क्ष", "क्\u200cष"), reads="क्ष"),
    row("Tamil", "தமிழ்", taken("தமிழ\u0bcd")),
    # Latin, Greek and others with small and capital letters
    row("Latin, composed", "Ren\u00e9", taken("rene\u0301", "REN\u00c9", other="rene")),
    row("Latin, decomposed", "Rene\u0301", taken("ren\u00e9")),
    row("Vietnamese", "Vi\u1ec7t", taken("vie\u0323\u0302t", "vie\u0302\u0323t", other="viet")),
    row("one letter with 4 marks", "a" + "\u0302" * 4, taken("\u00e2" + "\u0302" * 3)),
    row("one letter with 5 marks", "a" + "\u0302" * 5, MARKS),
    row("one letter with 24 marks", "a" + "\u0302" * 24, LONG),
    row("Burmese with many marks", "လျှော့်", taken(other="လျှော့")),
    row("a mark without a letter", "\u0301e", BEGIN),
    row("Turkish without dot", "ışık", taken(other=("işik", "isik"))),
    row("Turkish capital I", "IŞIK", taken("işik", other="ışık")),
    row("Turkish capital I with dot", "İzmir", taken("i\u0307zmir", other=("izmir", "ızmir"))),
    row("German sharp s", "Groß", taken("GROSS", "gro\u1e9e", other="gros")),
    row("long s", "Wa\u017fer", taken("waser")),
    row("long s, reserved", "\u017ferver", RESERVED, reads="server"),
    row("fullwidth Latin", "Ａｎｎａ１", taken("anna1")),
    row("fullwidth Latin, reserved", "ｙｏｕ", RESERVED, reads="you"),
    row("fullwidth low line", "a\uff3fb", LETTERS, reads="a_b"),
    row("fullwidth full stop", "a\uff0eb", LETTERS, reads="a.b"),
    row("mathematical letters", "\U0001d400\U0001d427\U0001d427\U0001d41a", taken("anna")),
    row("mathematical digits", "\U0001d7cf\U0001d7d0", taken("12")),
    row("Kelvin and Angstrom", "\u212a\u212b", taken("k\u00e5", "Ka\u030a")),
    row("ligature fi", "\ufb01nn", taken("finn")),
    row("digraph with caron", "\u01c5amija", taken("džamija", "\u01c4AMIJA")),
    row("Catalan l with dot", "co\u0140a", LETTERS),
    row("superscript digit", "x\u00b2", LETTERS, reads="x2"),
    row("superscript letters", "\u1d43nn\u1d43", taken("anna")),
    row("ordinal indicator", "M\u00aa", taken("ma")),
    row("letter in a circle", "ⓐ", LETTERS, reads="a"),
    row("Roman numeral", "Ⅳ", LETTERS, reads="IV"),
    row("fraction", "½", LETTERS),
    row("apostrophe", "O\u2019Brien", LETTERS),
    row("modifier apostrophe", "O\u02bcBrien", taken("o\u02bcbrien", other="obrien")),
    row("Greek final sigma", "Οδυσσεύς",
        taken("ΟΔΥΣΣΕΎΣ", "οδυσσεύσ", "ΟΔΥΣΣΕΥ\u0301Σ", other="Οδυσσευς")),
    row("Greek iota below", "\u1fb3", taken("αι")),
    row("Cyrillic", "Сергей", taken("СЕРГЕИ\u0306", other="Сергеи")),
    row("Cyrillic that looks Latin", "аnna", taken(other="anna")),
    row("Cyrillic, reserved", "ѕеrvеr", RESERVED, reads="server"),
    row("Greek, reserved", "yοu", RESERVED, reads="you"),
    row("zero and one, reserved", "a1l", RESERVED, reads="all"),
    row("accents, reserved", "s\u00e9rver", RESERVED, reads="server"),
    row("Armenian ligature", "\u0587", taken("\u0565\u0582")),
    row("Georgian capitals", "\u1c90\u1c91", taken("აბ")),
    row("Cherokee", "\uab70", taken("\u13a0")),
    row("Deseret", "\U00010400", taken("\U00010428")),
    # Emoji
    row("emoji", "🙂", LETTERS),
    row("emoji behind a name", "anna🙂", LETTERS),
    row("emoji with skin tone", "👋\U0001f3fd", LETTERS),
    row("emoji family", "👨\u200d👩\u200d👧", LETTERS),
    row("emoji flag", "🇰🇷", LETTERS),
    row("emoji flag by tags", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        LETTERS),
    row("emoji with variation selector", "❤\ufe0f", LETTERS),
    row("emoji keycap", "1\ufe0f\u20e3", taken("1\u20e3", other="1")),
    row("letter with variation selector", "a\ufe0fb", taken("ab"), reads="ab"),
    # What cannot be seen
    unseen("zero width space", "\u200b"), unseen("zero width non-joiner", "\u200c"),
    unseen("zero width joiner", "\u200d"), unseen("word joiner", "\u2060"),
    unseen("byte order mark", "\ufeff"), unseen("soft hyphen", "\u00ad"),
    unseen("left-to-right mark", "\u200e"), unseen("right-to-left mark", "\u200f"),
    unseen("Arabic letter mark", "\u061c"), unseen("Mongolian vowel separator", "\u180e"),
    unseen("invisible times", "\u2062"), unseen("symmetric swapping", "\u206a"),
    unseen("tag", "\U000e0061"),
    row("byte order mark at the beginning", "\ufeffab", LETTERS, reads="ab"),
    row("grapheme joiner", "a\u034fb", taken("ab"), reads="ab"),
    row("grapheme joiner at the beginning", "\u034fab", BEGIN, reads="ab"),
    row("no-break space", "a\u00a0b", LETTERS), row("interlinear anchor", "a\ufff9b", LETTERS),
    # Controls
    *(control(f"bidi control {ord(char):X}", char, "ab")
      for char in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"),
    control("line separator", "\u2028"), control("paragraph separator", "\u2029"),
    control("NEL", "\x85"), control("CSI", "\x9b"), control("bell", "\a"), control("ESC", "\x1b"),
    control("backspace", "\b"), control("vertical tab", "\v"), control("DEL", "\x7f"),
    control("unit separator", "\x1f"), control("CR", "\r"),
    row("CR before LF", b"ab\r", taken("AB"), line="ab", raw=b"ab"),
    row("TAB", "a\tb", LETTERS, json="a\\tb"), row("quote", 'a"b', LETTERS, json='a\\"b'),
    row("backslash", "a\\b", LETTERS, json="a\\\\b"), row("slash", "a/b", LETTERS),
    dropped("NUL", b"a\0b"),
    # Telnet
    dropped("telnet NOP", b"a\xff\xf1b"), dropped("telnet WILL ECHO", b"a\xff\xfb\x01b"),
    dropped("telnet subnegotiation", b"a\xff\xfa\x18\0xt\xff\xffx\xff\xf0b"),
    broken("telnet, 2 x FF", b"a\xff\xffb", f"a{F}{F}b"),
    broken("telnet SE alone", b"a\xff\xf0b", f"a{F}{F}b"),
    broken("telnet, cut off", b"ab\xff\xfd", f"ab{F}{F}"),
    broken("telnet subnegotiation, cut off", b"a\xff\xfa\x18b", f"a{F}{F}{F}b"),
    # Other encodings, and no text at all
    broken("EUC-KR", "가나".encode("euc-kr"), F * 4),
    broken("EUC-KR that is UTF-8 in the middle", "안녕".encode("euc-kr"), f"{F}\u0233{F}"),
    broken("CP949 with a letter in it", "똠".encode("cp949"), f"{F}c"),
    row("EUC-KR that is UTF-8 as well", "홍".encode("euc-kr"), taken("\u022b", "\u022a")),
    row("Shift JIS with a backslash", "表".encode("shift-jis"), LETTERS, line=f"{F}\\",
        json=f"{F}\\\\"),
    broken("Latin-1", b"Ren\xe9", f"Ren{F}"), broken("C1 as a byte", b"a\x9bb", f"a{F}b"),
    broken("overlong NUL", b"\xc0\x80", F * 2), broken("overlong slash", b"\xe0\x80\xaf", F * 3),
    broken("surrogate", b"\xed\xa0\x80", F * 3),
    broken("two surrogates", b"\xed\xa0\xbd\xed\xb9\x82", F * 6),
    broken("above U+10FFFF", b"\xf4\x90\x80\x80", F * 4), broken("FE", b"a\xfeb", f"a{F}b"),
    broken("5 bytes", b"\xf8\x88\x80\x80\x80", F * 5),
    broken("cut at the end of the line", "가나".encode()[:-1], f"가{F}{F}"),
    broken("cut by a letter", "🙂".encode()[:3] + b"x", F * 3 + "x"),
    broken("continuation alone", b"\x80x", f"{F}x"),
    row("U+FFFD itself", "a\ufffdb", LETTERS), row("noncharacters", "\ufffe\uffff", LETTERS),
    row("the last character", "\U0010ffff", LETTERS), row("private use", "\ue000", LETTERS),
    row("unassigned", "\u0378", LETTERS),
]
