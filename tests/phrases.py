"""phrases.py - what random clients say and ask: text of all kinds, names, rooms, commands"""
import itertools

NAMES = ["alice", "Alice", "bob", "BOB", "\uff42\uff4f\uff42", "carol", "dora", "한글",
         "\u1112\u1161\u11ab\u1100\u1173\u11af", "Straße", "STRASSE", "日本語", "x" * 24,
         "가" * 21 + "z", "u_-.v", "re\u0301", "2nd"]
BAD_NAMES = ["-x", ".x", "a/b", 'a"b', "a\\b", "you", "SERVER", "ѕеrvеr", "y0u", "ye" + "\u0301" * 5, "x" * 25, "🙂", "가" * 22,
             "\u0301x"]
ROOMS = ["tea", "Tea", "kitchen", "부엌", "lobby", "LOBBY", "den", "attic", "b-2"]
LOOKS = [
    "* notice ", "** alice waves ", "[alice] ", "[BOB] ", "[한글] ", "[you -> bob] ", "[all] ", "[ѕerver] ", "[yоú] ",
    "[server -> you] ", "[~alice] ", "[alice]", "[nobody] ", "[] ", "[alice -> ", "[x", "*", "~",
    "//x ", "//", "///", "/etc/passwd ", "/ ", "/", "/Ping ", "//quit ", " /ping ", "/ping\t",
    "@n=", "@n=a b ", "@n=한 ", "@n=" + "x" * 33 + " "]
PIECES = [
    "안녕하세요", " ", "  ", "\t", "🙂", "👩\u200d👩\u200d👧", "hello", '"', "\\", "'", "\\n",
    '{"ev":"say"}', "<b>", "%s%n", "\u1112\u1161\u11ab", "مرحبا", "\u200b", "\ufeff", "日本", "é",
    "\ud7ff", "\U0010fffd", "\0", "\x07", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u202e",
    "\u2066", "* ", "[alice] ", "/quit"]
RAW = [  # nobody's characters, some of a terminal that speaks EUC-KR, what telnet sends by itself
    b"\xfe", b"\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xc0\xaf", b"\xe2\x82", b"\x80",
    b"\xf4\x90\x80\x80", b"\xffa", b"\xbe\xc8\xb3\xe7",
    b"\xff\xf1", b"\xff\xfb\x01", b"\xff\xfa\x18\0vt\xff\xf0"]


class Phrases:
    """Each with a tag that no other has, but those that are empty."""

    def __init__(self, rng, max_line=4096):
        self.rng, self.max_line = rng, max_line
        self.numbers = itertools.count(1)

    def tag(self):
        return b"<%d>" % next(self.numbers)

    def _body(self):
        rng = self.rng
        body = b"".join(rng.choice(PIECES).encode() if rng.random() < 0.9 else rng.choice(RAW)
                        for _ in range(rng.randrange(8)))
        return body + self.tag()

    def _long(self, over):
        size = self.max_line + (self.rng.randrange(1, 9) if over else -self.rng.randrange(3))
        filler = self.rng.choice([b"x", "가".encode(), b"\xfe", b'"', b"\\", "🙂".encode(), b"\t"])
        tag = self.tag()
        return tag + (filler * size)[:size - len(tag)]

    def text(self, look=0.3, empty=0.05, too_long=0.0):
        """Whatever it looks like.  Chances of: a look that is another's, no bytes, too many."""
        rng, kind = self.rng, self.rng.random()
        if kind < empty:
            return b""
        if kind < empty + 0.02:
            return self._long(rng.random() < too_long)
        if rng.random() < look:
            return rng.choice(LOOKS).encode() + self._body()
        return self._body().lstrip(b"/@[*\0\xff") if rng.random() < 0.9 else self._body()

    def words(self):
        """For behind a command: they begin with a word."""
        return b"w" + self._body()

    def name(self, but=None, bad=0.1):
        if self.rng.random() < bad:
            return self.rng.choice(BAD_NAMES)
        return self.rng.choice([name for name in NAMES if name != but])

    def room(self):
        return self.rng.choice(ROOMS)

    def token(self):
        return "t-%d" % next(self.numbers)
