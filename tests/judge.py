"""judge.py - what a crowd should hear: one log that is the same for all, and what departs from it

Every line that the crowd says tells who says it, its number, and a padding that follows from the
two.  Whoever hears a line first writes it into the Log, where it is checked; all others must
hear the very same bytes.  Everything that is wrong is counted in a Verdict; nothing is wrong twice.
"""
import bisect
import collections
import dataclasses
import random
import re
import string

LINE = re.compile(rb"t(\d+) (\d+)(?: [A-Za-z]+)?\n")
LONGEST = 2000   # bytes of a line
WAIT = object()  # nothing can be said yet
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
    samples: list = dataclasses.field(default_factory=list)  # what was wrong, the first few
    gaps: list = dataclasses.field(default_factory=list)     # (median, longest) silence, seconds

    FAULTS = ("lost_connections", "refused", "lost", "doubled", "cut", "out_of_order", "bad_pongs",
              "bad_ends", "bad_skips", "surprises", "bad_echoes")

    def faults(self):
        return {name: getattr(self, name) for name in self.FAULTS if getattr(self, name)}

    def blame(self, fault, sample, count=1):
        setattr(self, fault, getattr(self, fault) + count)
        if len(self.samples) < 20:
            self.samples.append((fault, sample if isinstance(sample, str) else bytes(sample[:200])))

    def check(self):
        assert not self.faults(), f"{self.faults()}; first ones: {self.samples}"


class Log:
    """The room's lines in their order, as far as anybody has heard them.

    Positions count bytes from the crowd's first line on.  Only whole lines are in it.
    """

    def __init__(self, verdict):
        self.verdict = verdict
        self.base, self.data = 0, bytearray()
        self.ends, self.dropped = [], 0       # of the lines held; how many lines are not held
        self.bad_ends = set()                 # lines that should not be there
        self.own_ends = collections.defaultdict(collections.deque)  # by talker: (end, number)
        self.said = collections.Counter()     # by talker: lines numbered 0, 1, ...
        self.heard = collections.Counter()    # of these, up to the last that was heard
        self.missing = collections.defaultdict(set)
        self.ids = None                       # epoch, id of the line before the first

    @property
    def end(self):
        return self.base + len(self.data)

    def extend(self, lines):
        for line in lines.splitlines(keepends=True):
            self.data += line
            self.ends.append(self.end)
            if not self._check(line):
                self.bad_ends.add(self.end)

    def _check(self, line):
        """Is it a line that should come now?"""
        match = LINE.fullmatch(line)
        talker, number = map(int, match.groups()) if match else (None, 0)
        if not match or number >= self.said[talker] or line != make_line(talker, number):
            self.verdict.blame("cut", line)
            return False
        if number < self.heard[talker]:
            if number not in self.missing[talker]:
                self.verdict.blame("doubled", line)
                return False
            self.missing[talker].remove(number)
            self.verdict.blame("out_of_order", line)
        else:
            self.missing[talker].update(range(self.heard[talker], number))
            self.heard[talker] = number + 1
        self.own_ends[talker].append((self.end, number))
        self.verdict.lines += 1
        return True

    def is_missing(self, line):
        """Did it pass by whoever was first?  That is counted once, at the end."""
        match = LINE.fullmatch(line)
        return bool(match) and int(match[2]) in self.missing[int(match[1])]

    def may_come(self, line):
        """Is it a line that nobody has heard yet?"""
        match = LINE.fullmatch(line)
        if not match:
            return False
        talker, number = int(match[1]), int(match[2])
        return self.heard[talker] <= number < self.said[talker] and \
            line == make_line(talker, number)

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
        """Behind so many lines; None: there are not so many yet."""
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
        self.said[talker] = self.heard[talker]

    def is_complete(self):
        return all(self.heard[talker] == said for talker, said in self.said.items())

    def count_lost(self):
        """At the end: what nobody has heard."""
        for talker, said in self.said.items():
            lost = sorted(self.missing[talker]) + list(range(self.heard[talker], said))
            for number in lost:
                self.verdict.blame("lost", make_line(talker, number))


class Ear:
    """What one client hears, compared with the log."""

    def __init__(self, log, position, talker=None, may_skip=False, repeats_most=lambda: 0):
        """repeats_most(): how often a stretch may have come again by now."""
        self.log, self.at, self.talker = log, position, talker
        self.may_skip, self.repeats_most, self.repeats = may_skip, repeats_most, 0
        self.held = b""      # whole lines that cannot be judged yet: the log is not so far
        self.lost = set()    # ends of lines that were passed over
        self.seen = 0        # its own lines up to the last one that came back
        self.pings = collections.deque()  # (token, how many own lines come before)

    def hear(self, lines):
        """Whole lines."""
        self.held = self._digest(self.held + lines if self.held else lines)
        self.see()

    def see(self):
        own = self.log.own_ends.get(self.talker)
        while own and own[0][0] <= self.at:
            self.seen = own.popleft()[1] + 1

    def _digest(self, lines):
        """What is left of them, to be judged later."""
        start = 0
        if lines.startswith(b"* ") or b"\n* " in lines:
            for notice in re.finditer(rb"^\* .*\n", lines, re.MULTILINE):
                left = self._compare(lines[start:notice.start()])
                if left or not self._obey(notice[0]):
                    return left + lines[notice.start():]
                start = notice.end()
        return self._compare(lines[start:] if start else lines)

    def _compare(self, lines):
        log = self.log
        while lines:
            at = self.at - log.base
            had = len(log.data) - at
            if len(lines) > had and log.data.startswith(lines[:had], at):
                if self.repeats_most():  # perhaps it hears that again: others write the log
                    self._pass(lines[:had])
                    return lines[had:]
                log.extend(lines[had:])
            if log.data.startswith(lines, at):
                self._pass(lines)
                break
            left = self._find_again(lines)
            if left is WAIT:
                return lines
            lines = left
        return b""

    def _pass(self, lines):
        self.at += len(lines)
        self.log.verdict.deliveries += lines.count(b"\n")

    def _find_again(self, lines):
        """They are not what comes next.  Say what is wrong with the first, and what is left."""
        log = self.log
        if self.repeats < self.repeats_most():
            left = self._repeat(lines)
            if left is not None:
                return left
        line = lines[:lines.index(b"\n") + 1]
        where = log.find(line, self.at)
        if where is None:
            if log.may_come(line):
                return WAIT
            if not log.is_missing(line):
                log.verdict.blame("cut", line)
        elif where < self.at:
            self._blame_old(line, where + len(line))
        else:
            lost = log.good_lines(self.at, where)
            if lost:
                self.lost.update(lost)
                log.verdict.blame("lost", b"before " + line, len(lost))
            self.at = where
            self._pass(line)
        return lines[len(line):]

    def _blame_old(self, line, end):
        if end in self.lost:
            self.lost.remove(end)
            self.log.verdict.lost -= 1
            self.log.verdict.blame("out_of_order", line)
        else:
            self.log.verdict.blame("doubled", line)

    def _repeat(self, lines):
        """A Unix client hears a stretch again, from anywhere on.  None: that is not what it is."""
        log, at = self.log, self.at - self.log.base
        low, high = 0, len(lines)  # lines[:low] are right
        while low < high:
            middle = (low + high + 1) // 2
            if log.data.startswith(lines[:middle], at):
                low = middle
            else:
                high = middle - 1
        known = lines[low:low + 40]
        if len(known) < 16 and len(lines) - low < 16:
            return WAIT  # too little to be sure
        where = log.data.rfind(known, 0, at + low + len(known) - 1)
        if where < 0:
            return None
        self.repeats += 1
        log.verdict.repeats += 1
        start = log.data.rfind(b"\n", 0, where) + 1
        self.at = start + log.base
        return bytes(log.data[start:where]) + lines[low:]

    def _obey(self, notice):
        """False: it cannot be judged yet."""
        verdict = self.log.verdict
        skip = re.fullmatch(rb"\* (\d+) lines? skipped \((\w+)\.(\d+)-(\d+)\)\n", notice)
        if skip and self.may_skip:
            return self._skip(notice, int(skip[1]), skip[2], int(skip[3]), int(skip[4]))
        pong = re.fullmatch(rb"\* pong (\S+)\n", notice)
        if pong and self.pings:
            self.see()
            token, seen = self.pings.popleft()
            verdict.pongs += 1
            if (token, seen) != (pong[1], self.seen):
                verdict.blame("bad_pongs", b"%s after %d lines, got %s after %d" %
                              (token, seen, pong[1], self.seen))
        else:
            verdict.blame("bad_pongs" if pong else "surprises", notice)
        return True

    def _skip(self, notice, count, epoch, first, last):
        index = self.log.index(self.at)
        where = self.log.position(index + count)
        if where is None:
            return False
        ids = epoch, first - index
        if count != last - first + 1 or self.log.ids not in (None, ids):
            self.log.verdict.blame("bad_skips", notice)
        self.log.ids = self.log.ids or ids
        self.log.verdict.skipped += count
        self.at = where
        return True

    def is_done(self):
        return not self.held and not self.pings and self.at == self.log.end

    def close(self):
        """At the end: everything must have come."""
        verdict = self.log.verdict
        if self.held:
            verdict.blame("cut", self.held, self.held.count(b"\n"))
        elif lost := self.log.good_lines(self.at, self.log.end):
            verdict.blame("lost", f"the last {len(lost)} lines", len(lost))
        if self.pings:
            verdict.blame("bad_pongs", b"none for " + self.pings[0][0], len(self.pings))
