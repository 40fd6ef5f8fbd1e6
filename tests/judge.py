"""judge.py - what a crowd should hear: one log that is the same for all, and what departs from it

Every line that the crowd says tells who says it, its number, and a padding that follows from the
two.  Whoever hears a line first writes it into the Log, where it is checked; all others must
hear the very same bytes.  Everything that is wrong is counted in a Verdict; nothing is wrong twice.
How a client's stream is compared with it is in ears.py.
"""
import bisect
import collections
import dataclasses
import random
import re
import string

from chatter import token

LINE = re.compile(rb"(?:\[\S+\] |\*\* \S+ )?t(\d+) \d+(?: [A-Za-z]+)?\n")
LONGEST = 2000   # bytes of a line
TIME = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
EVENT = re.compile(
    rb'\{"ev":"(?:(say|me)|(join|leave|rename))","id":"([0-9a-z]+)\.(\d+)","t":"(' + TIME +
    rb')",("room":"[^"]+",(?:"from":(?:null|"(b[\d.]+)"),"text":"(t(\d+) [^"]*)"|"name":"b(\d+)'
    rb'[.\d]*")[^}]*)\}\n')
_PADDING = "".join(random.Random(9190).choices(string.ascii_letters, k=1 << 14)).encode()


def make_line(talker, number):
    """10 to 2000 bytes, most of them below 150; the LF is one more."""
    mixed = (talker * 2654435761 + number * 2246822519 + 374761393) & 0xffffffff
    mixed = ((mixed ^ mixed >> 15) * 2654435761) & 0xffffffff
    head = b"t%d %d " % (talker, number)
    size = 10 + (mixed >> 8) % (LONGEST - 9 if mixed % 32 == 0 else 140)
    offset = (mixed >> 4) % (len(_PADDING) - LONGEST)
    return head + _PADDING[offset:offset + max(1, size - len(head))] + b"\n"


@dataclasses.dataclass
class Verdict:
    lines: int = 0             # that were said by the crowd and heard
    deliveries: int = 0        # lines x those who heard them
    pongs: int = 0
    connections: int = 0       # that were made
    skipped: int = 0           # lines that stuck readers were told they missed
    repeats: int = 0           # times that a Unix client heard a stretch again after a crash
    answers: int = 0           # to commands but /ping
    whispers: int = 0          # private lines that came
    lost_connections: int = 0  # ended or reset by the server without cause
    refused: int = 0           # that could not be made
    lost: int = 0
    doubled: int = 0
    cut: int = 0               # or changed in any other way
    out_of_order: int = 0
    bad_pongs: int = 0         # missing, doubled, or in the wrong place
    bad_ends: int = 0          # EOF too early or too late after a half-close
    bad_skips: int = 0         # that do not tell what is missing
    surprises: int = 0         # notices that nobody asked for
    bad_echoes: int = 0        # clients that got other bytes back than they sent
    bad_answers: int = 0       # to other commands: the same
    bad_whispers: int = 0      # private lines that are lost, doubled or out of order
    bad_ids: int = 0           # and times: a gap, or another log
    bad_rooms: int = 0         # who is where, and which rooms there are, at the end
    twisted: int = 0           # lines that are not the same in both renderings
    samples: list = dataclasses.field(default_factory=list)  # what was wrong, the first few
    gaps: list = dataclasses.field(default_factory=list)     # (median, longest) silence, seconds

    FAULTS = ("lost_connections", "refused", "lost", "doubled", "cut", "out_of_order", "bad_pongs",
              "bad_ends", "bad_skips", "surprises", "bad_echoes", "bad_answers", "bad_whispers",
              "bad_ids", "bad_rooms", "twisted")

    def faults(self):
        return {name: getattr(self, name) for name in self.FAULTS if getattr(self, name)}

    def blame(self, fault, sample, count=1):
        setattr(self, fault, getattr(self, fault) + count)
        if len(self.samples) < 20:
            self.samples.append((fault, sample if isinstance(sample, str) else bytes(sample[:200])))

    def check(self):
        assert not self.faults(), f"{self.faults()}; first ones: {self.samples}"


class Log:
    """A room's lines in their order and one rendering, as far as anybody has heard them.

    Positions count bytes from the crowd's first line on.  Only whole lines are in it.
    """

    def __init__(self, verdict):
        self.verdict = verdict
        self.base, self.data = 0, bytearray()
        self.ends, self.dropped = [], 0       # of the lines held; how many lines are not held
        self.bad_ends = set()                 # lines that should not be there
        self.own_ends = collections.defaultdict(collections.deque)  # by talker: (end, number)
        self.said = collections.Counter()     # by talker: lines numbered 0, 1, ...
        self.seen = collections.Counter()     # by talker: own ones up to the last that came back
        self.wanted = collections.defaultdict(collections.deque)  # by talker: not heard yet
        self.missing = collections.defaultdict(dict)  # by talker: passed by; their numbers
        self.ids = None                       # epoch, id of the line before the first
        self.twin = None                      # the same room in the other rendering

    @property
    def end(self):
        return self.base + len(self.data)

    def expect(self, talker, key):
        """It says that: a line of text, or what an event tells besides id and time."""
        self.said[talker] += 1
        self.wanted[talker].append(key)

    def parse(self, line):
        """(talker, key); the talker is None if it is no line that anybody says."""
        match = LINE.fullmatch(line)
        return (int(match[1]) if match else None), line

    def words(self, key):
        """The part of a line by which one knows it again."""
        return key

    def extend(self, lines):
        for line in lines.splitlines(keepends=True):
            self.data += line
            self.ends.append(self.end)
            if not self._check(line):
                self.bad_ends.add(self.end)
            if self.twin:
                self.twin.pair(line)

    def _check(self, line):
        """Is it a line that should come now?"""
        talker, key = self.parse(line)
        number = self._number(talker, key, line)
        if number is None:
            return False
        self.own_ends[talker].append((self.end, number))
        self.verdict.lines += 1
        return True

    def _number(self, talker, key, line):
        wanted, missing = self.wanted.get(talker, ()), self.missing.get(talker, ())
        if key in missing:
            self.verdict.blame("out_of_order", line)
            return missing.pop(key)
        if key not in wanted:
            known = self.data.find(self.words(key), 0, len(self.data) - len(line)) >= 0
            self.verdict.blame("doubled" if known else "cut", line)
            return None
        while (passed := wanted.popleft()) != key:
            self.missing[talker][passed] = self.said[talker] - len(wanted) - 1
        return self.said[talker] - len(wanted) - 1

    def is_missing(self, line):
        """Did it pass by whoever was first?  That is counted once, at the end."""
        talker, key = self.parse(line)
        return key in self.missing.get(talker, ())

    def may_come(self, line):
        """Is it a line that nobody has heard yet?"""
        talker, key = self.parse(line)
        return key in self.wanted.get(talker, ())

    def find(self, line, position):
        """Where this very line is: at the position, behind, before; or None."""
        at = self._find_start(line, position - self.base, len(self.data))
        if at is None:
            at = self._find_start(line, 0, position - self.base)
        return None if at is None else at + self.base

    def _find_start(self, line, low, high):
        while (low := self.data.find(line, low, high)) >= 0:
            if low == 0 or self.data[low - 1] == 10:
                return low
            low += 1
        return None

    def index(self, position):
        """How many lines there are before the position."""
        return self.dropped + bisect.bisect_right(self.ends, position)

    def position(self, index):
        """Behind so many lines; None: there are not so many yet, or they are not kept."""
        if index < self.dropped:
            return None
        if index == self.dropped:
            return self.base
        at = index - self.dropped - 1
        return self.ends[at] if at < len(self.ends) else None

    def is_start(self, position):
        at = bisect.bisect_left(self.ends, position)
        return position == self.base or at < len(self.ends) and self.ends[at] == position

    def good_lines(self, low, high):
        """The ends of those between two positions that should be there."""
        begin, end = (bisect.bisect_right(self.ends, at) for at in (low, high))
        return [at for at in self.ends[begin:end] if at not in self.bad_ends]

    def pair(self, line):
        """A line of the other rendering: this one shows the same."""

    def trim(self, position):
        """Nobody will ask for what is before; it goes in large pieces."""
        if position - self.base < 1 << 20:
            return
        passed = bisect.bisect_right(self.ends, position)
        if not passed:
            return
        position = self.ends[passed - 1]
        self.bad_ends.difference_update(self.ends[:passed])
        del self.ends[:passed]
        del self.data[:position - self.base]
        self.base, self.dropped = position, self.dropped + passed

    def forgive(self, talker):
        """Its connection was lost: what it still wanted to say may be."""
        self.said[talker] -= len(self.wanted[talker])
        self.wanted[talker].clear()

    def is_complete(self):
        return not any(self.wanted.values())

    def count_lost(self):
        """At the end: what nobody has heard."""
        for lines in (*self.missing.values(), *self.wanted.values()):
            for line in lines:
                self.verdict.blame("lost", line)


class TextLog(Log):
    """Of a room whose events are heard, too: so it is known which id each of its lines has."""

    def __init__(self, verdict):
        super().__init__(verdict)
        self.ids_of = []                   # of the lines held, as far as they are known
        self.unpaired = collections.deque()

    def pair(self, line):
        """An event that was heard."""
        match = EVENT.fullmatch(line)
        if match and match[1]:
            self.unpaired.append((int(match[4]), shown(match)))
            self._compare()

    def extend(self, lines):
        super().extend(lines)
        self._compare()

    def _compare(self):
        while self.unpaired and len(self.ids_of) < len(self.ends):
            number, text = self.unpaired.popleft()
            at = len(self.ids_of)
            begin = self.ends[at - 1] if at else self.base
            line = bytes(self.data[begin - self.base:self.ends[at] - self.base])
            if line != text:
                self.verdict.blame("twisted", line + text)
            self.ids_of.append(number)

    def trim(self, position):
        before = self.dropped
        if len(self.ids_of) > bisect.bisect_right(self.ends, position):
            super().trim(position)
            del self.ids_of[:self.dropped - before]

    def before(self, first):
        """Where the first line that is heard of those from that id on begins; None: who knows."""
        if not self.ids_of or self.ids_of[-1] < first:
            return None
        return self.position(bisect.bisect_left(self.ids_of, first) + self.dropped)

    def behind(self, at, first, last):
        """Where one stands who missed the ids from first to last; None: nobody knows yet.

        ValueError: the first is not the next one from `at` on.
        """
        if not (self.ids_of and self.ids_of[-1] >= last or
                (self.twin.number or 0) >= last and not self.unpaired):
            return None
        index = self.index(at) - self.dropped
        if index and self.ids_of[index - 1] >= first or \
                index < len(self.ids_of) and self.ids_of[index] < first:
            raise ValueError
        return self.position(bisect.bisect_right(self.ids_of, last) + self.dropped)


class EventLog(Log):
    """A room's log as programs hear it: ids without gaps, and times that do not go back."""

    def __init__(self, verdict):
        super().__init__(verdict)
        self.epoch = self.first = self.number = None  # id before the first, of the last one
        self.time = b""
        self.counts = False   # are these lines of which no text is heard?

    def begin(self, epoch, number):
        self.epoch, self.first, self.number = epoch, number, number

    def parse(self, line):
        match = EVENT.fullmatch(line)
        if not match:
            return None, line
        words = match[6].replace(b'"reason":"reset"', b'"reason":"closed"')
        return int(match[9] or match[10]), (match[1] or match[2]) + b" " + words

    def words(self, key):
        return key.partition(b" ")[2].partition(b',"reason"')[0]

    def _check(self, line):
        match = EVENT.fullmatch(line)
        if match:
            if (match[3], int(match[4])) != (self.epoch, self.number + 1) or match[5] < self.time:
                self.verdict.blame("bad_ids", line)
            self.number, self.time = int(match[4]), match[5]
        good = super()._check(line)
        self.verdict.lines -= good and not self.counts
        return good

    def id_at(self, position):
        """Of the last line before it."""
        return b"%s.%d" % (self.epoch, self.first + self.index(position))


def shown(event):
    """What a text client sees of a match of EVENT."""
    if event[7] is None:
        return event[8] + b"\n"
    return (b"[%s] %s\n" if event[1] == b"say" else b"** %s %s\n") % (event[7], event[8])


class Place:
    """A room of a crowd: what is said in it must be heard in both renderings."""

    def __init__(self, verdict, name, stands=True):
        """stands: it has clients all the time, some of either rendering."""
        self.name, self.stands = name, stands
        self.text, self.events = TextLog(verdict), EventLog(verdict)
        self.programs = False  # has it a client that reads events?
        self.start, self.here = token() + b"\n", set()
        self.word = b"here-%s" % name

    def admit_programs(self):
        if not self.programs and self.stands:
            self.text.twin, self.events.twin = self.events, self.text
        self.programs = True

    def logs(self):
        return [self.text, self.events] if self.programs else [self.text]

    def log(self, json):
        return self.events if json else self.text

    def say(self, talker, line, name=b"", me=False, number=b""):
        """It says a line, which is without its LF.  What text clients hear."""
        text = (b"** %s %s\n" if me else b"[%s] %s\n") % (name, line) if name else line + b"\n"
        self.text.expect(talker, text)
        if self.programs:
            self.events.expect(talker, b'%s "room":"%s","from":%s,"text":"%s"%s' % (
                b"me" if me else b"say", self.name, b'"%s"' % name if name else b"null", line,
                b',"n":"%s"' % number if number else b""))
        return text

    def tell(self, talker, kind, name, more=b""):
        """A join, a leave, a rename: only programs hear of it."""
        if self.programs:
            self.events.expect(talker, b'%s "room":"%s","name":"%s"%s' %
                               (kind, self.name, name, more))

    def forgive(self, talker):
        for log in self.logs():
            log.forgive(talker)
