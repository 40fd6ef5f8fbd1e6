"""ears.py - what one client of a crowd hears, compared with the log of its room (judge.py)

A stream is lines of the log, which are compared in large pieces, and between them answers and
notices, which are for this client alone: each must be owed to it, and come in its turn.
"""
import collections
import dataclasses
import re

from judge import TIME

WAIT = object()  # nothing can be said yet
SKIPPED = re.compile(rb"\* (\d+) lines? skipped \((\w+)\.(\d+)-(\d+)\)\n")


@dataclasses.dataclass
class Owed:
    """An answer that must come, in its turn."""

    answer: object             # the line, or a pattern for it
    seen: int                  # how many lines of one's own come before
    then: object = None        # called with the line or match; False: it cannot be judged yet
    fault: str = "bad_answers"

    def fits(self, line):
        """The line, or its match; or None."""
        if isinstance(self.answer, bytes):
            return line if line == self.answer else None
        return self.answer.fullmatch(line)


class Ear:
    """Of a text client."""

    PERSONAL = re.compile(rb"^(?:\* |\[\S+ -> ).*\n", re.MULTILINE)
    WHISPER = re.compile(rb"\[\S+ -> you\] p(\d+) \d+\n")
    PONG = b"* pong "

    def __init__(self, log, position, talker=None, may_skip=False, repeats_most=lambda: 0):
        """repeats_most(): how often a stretch may have come again by now."""
        self.log, self.at, self.talker = log, position, talker
        self.may_skip, self.repeats_most, self.repeats = may_skip, repeats_most, 0
        self.held = b""      # whole lines that cannot be judged yet: the log is not so far
        self.lost = set()    # ends of lines that were passed over
        self.owed = collections.deque()
        self.whispers = collections.defaultdict(collections.deque)  # that must come, by author
        self.replay = None   # where it stood when one began
        self.mine = None     # its first line in a room, by which its place is found there

    @property
    def seen(self):
        """Own lines in this room, up to the last one that came back."""
        return self.log.seen[self.talker]

    def hear(self, lines):
        """Whole lines."""
        self.held = self._digest(self.held + lines if self.held else lines)
        self.see()

    def see(self):
        own = self.log.own_ends.get(self.talker)
        while own and own[0][0] <= self.at:
            self.log.seen[self.talker] = own.popleft()[1] + 1

    def _is_plain(self, lines):
        """Is nothing personal in them?"""
        return not (lines.startswith(b"* ") or b"\n* " in lines or b" -> " in lines)

    def _digest(self, lines):
        """What is left of them, to be judged later."""
        if self.mine and not self._find_place(lines):
            return lines
        if self._is_plain(lines):
            return self._compare(lines)
        start = 0
        for personal in self.PERSONAL.finditer(lines):
            left = self._compare(lines[start:personal.start()])
            if left or not self._obey(personal[0]):
                return left + lines[personal.start():]
            start = personal.end()
            if self.mine:
                return self._digest(lines[start:])
        return self._compare(lines[start:])

    # Another room

    def enter(self, log, position):
        self.log, self.at, self.replay = log, position, None

    def enter_by(self, log, mine):
        """Where that line of its own is, there it came in so much before."""
        self.enter(log, log.base)  # so that what it may hear is kept
        self.mine = mine

    def _find_place(self, lines):
        own = self.log.own_ends.get(self.talker)
        at = (b"\n" + lines).find(b"\n" + self.mine)
        if not own or at < 0:
            return False
        before = self.PERSONAL.sub(b"", lines[:at])
        start = own[0][0] - len(before) - len(self.mine)
        if start < self.log.base or not self.log.is_start(start):
            self.log.verdict.blame("cut", b"it came in within a line: " + lines)
            start = own[0][0] - len(self.mine)
        self.mine, self.at = None, start
        return True

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

    # What is for this client alone

    def _obey(self, line):
        """False: it cannot be judged yet."""
        for passed, owed in enumerate(self.owed):
            match = owed.fits(line)
            if match is not None:
                return self._take_answer(passed, owed, match, line)
        news = self._take_news(line)
        if news is None:
            self.log.verdict.blame(
                "bad_pongs" if line.startswith(self.PONG) else "surprises", line)
        return news is not False

    def _take_answer(self, passed, owed, match, line):
        self.see()
        verdict, seen = self.log.verdict, self.seen
        if owed.then and owed.then(match) is False:
            return False
        for _ in range(passed):
            missing = self.owed.popleft()
            verdict.blame(missing.fault, b"none like %r; but " % missing.answer + line)
        self.owed.popleft()
        if owed.fault == "bad_pongs":
            verdict.pongs += 1
        else:
            verdict.answers += 1
        if seen != owed.seen:
            verdict.blame(owed.fault, b"after %d own lines, not %d: " % (seen, owed.seen) + line)
        return True

    def _take_news(self, line):
        """What nobody asked for: None if it should not be there, False if one cannot say yet."""
        skip = SKIPPED.fullmatch(line)
        if skip and self.may_skip:
            return self._skip(line, int(skip[1]), skip[2], int(skip[3]), int(skip[4]))
        whisper = self.WHISPER.fullmatch(line)
        return self._take_whisper(int(whisper[1]), line) if whisper else None

    def _take_whisper(self, author, line):
        wanted, verdict = self.whispers[author], self.log.verdict
        if line not in wanted:
            verdict.blame("bad_whispers", line)
            return True
        while (passed := wanted.popleft()) != line:
            verdict.blame("bad_whispers", b"none like " + passed)
        verdict.whispers += 1
        return True

    def _skip(self, line, count, epoch, first, last):
        verdict, where = self.log.verdict, None
        if count != last - first + 1:
            verdict.blame("bad_skips", line)
            return True
        if self.log.twin:
            self._go_back(self.log.before(first))
            try:
                where = self.log.behind(self.at, first, last)
            except ValueError:
                verdict.blame("bad_skips", line)
                return True
        else:
            if self.log.ids:
                self._go_back(self.log.position(first - self.log.ids[1]))
            index = self.log.index(self.at)
            where, ids = self.log.position(index + count), (epoch, first - index)
            if where is not None and self.log.ids not in (None, ids):
                verdict.blame("bad_skips", line)
            self.log.ids = self.log.ids or ids
        if where is None:
            return False
        verdict.skipped += count
        self.at = where
        return True

    def _go_back(self, where):
        """A skip begins there.  A Unix client may be told that it has missed what it has: in a
        crash the last send() was not counted, and then it read too slowly."""
        if where is not None and where < self.at and self.repeats < self.repeats_most():
            self.repeats += 1
            self.log.verdict.repeats += 1
            self.at = where

    def begin_replay(self, count):
        """The mark has come: the lines before its place come again."""
        self.replay, self.at = self.at, self.log.position(self.log.index(self.at) - count)

    def end_replay(self):
        if self.at != self.replay:
            self.log.verdict.blame("bad_answers", f"a replay ended {self.replay - self.at} bytes "
                                   "before its end")
            self.at = self.replay
        self.replay = None

    def is_done(self):
        return not self.held and not self.owed and self.at == self.log.end and \
            not any(self.whispers.values())

    def close(self):
        """At the end: everything must have come."""
        verdict = self.log.verdict
        if self.held:
            verdict.blame("cut", self.held, self.held.count(b"\n"))
        elif lost := self.log.good_lines(self.at, self.log.end):
            verdict.blame("lost", f"the last {len(lost)} lines", len(lost))
        for owed in self.owed:
            verdict.blame(owed.fault, b"none like %r" % owed.answer)
        for lines in self.whispers.values():
            for line in lines:
                verdict.blame("bad_whispers", b"none like " + line)


class EventEar(Ear):
    """Of a program."""

    PERSONAL = re.compile(rb'^\{"ev":"(?!say"|me"|join"|leave"|rename").*\n', re.MULTILINE)
    WHISPER = re.compile(rb'(\{"ev":"priv"),"t":"' + TIME +
                         rb'"(,"from":"b[\d.]+","to":"b[\d.]+","text":"p(\d+) \d+"\}\n)')
    SKIP = re.compile(rb'\{"ev":"skip","from":"(\w+)\.(\d+)","to":"(\w+)\.(\d+)",'
                      rb'"lines":(\d+)\}\n')
    RESTARTED = re.compile(rb'\{"ev":"restarted","gap_ms":(?:\d+|null)\}\n')
    PONG = b'{"ev":"pong"'

    restarts = 0  # that it was told of

    def _is_plain(self, lines):
        return self.log.data.startswith(lines, self.at - self.log.base)

    def _obey(self, line):
        whisper = self.WHISPER.fullmatch(line)  # but for the time, it is known what it will be
        return super()._obey(whisper[1] + whisper[2] if whisper else line)

    def _take_news(self, line):
        if line.startswith(b'{"ev":"priv"'):
            return self._take_whisper(int(line.rpartition(b'"p')[2].split()[0]), line)
        if self.RESTARTED.fullmatch(line):
            self.restarts += 1
            return True
        skip = self.SKIP.fullmatch(line)
        if skip and self.may_skip:
            return self._skip(line, int(skip[5]), skip[1], int(skip[2]), int(skip[4]))
        return None

    def _skip(self, line, count, epoch, first, last):
        log = self.log
        self._go_back(log.position(first - log.first - 1))
        index = log.index(self.at)
        if count != last - first + 1 or epoch != log.epoch or first != log.first + index + 1:
            log.verdict.blame("bad_skips", line)
            return True
        where = log.position(index + count)
        if where is None:
            return False
        log.verdict.skipped += count
        self.at = where
        return True
