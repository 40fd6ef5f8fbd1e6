"""replays.py - what a client that asks for the past should hear, and clients that ask"""
import collections
import itertools
import random
import re

from chatter import Client, Streams, token
from guests import Guest

SKIP = re.compile(rb"\* (\d+) lines? skipped \((\w+)\.(\d+)-(\d+)\)")
MARK = re.compile(rb"\* last (\d+) lines?")
LIVE = b"* live"
ALL = b"/last 100000"  # more than any room of these tests holds


def line(number, size=1000):
    """Numbered, and of so many bytes with its LF."""
    return (b"%09d " % number).ljust(size - 1, b".")


def lines(first, count, size=1000):
    return [line(number, size) for number in range(first, first + count)]


def newcomer(where, **options):
    """In the room, and has said nothing."""
    client, mine = Client(where, **options), token()
    client.say(b"/ping " + mine)
    assert client.read_line() == b"* pong " + mine
    return client


def between(client):
    """A replay that comes at once: its lines, which the mark must have counted."""
    mark = client.read_line()
    count = MARK.fullmatch(mark)
    assert count, f"no mark: {mark}"
    heard = client.read_until(LIVE)[:-1]
    assert len(heard) == int(count[1]), f"{len(heard)} lines after {mark}"
    return heard


def last(client, command):
    client.say(command)
    return between(client)


class Room:
    """The lobby of a new daemon, in which one client says everything.

    log[i] is the line with the id i + 1.
    """

    def __init__(self, daemon):
        self.daemon, self.log = daemon, []
        self.speaker, self.epoch = newcomer(daemon.tcp), None

    def say(self, *said):
        """By pieces, so that the speaker hears each before the next."""
        for at in range(0, len(said), 100):
            piece = list(said[at:at + 100])
            self.speaker.say(*piece)
            assert self.speaker.read_lines(len(piece)) == piece
        self.log += said

    def talk(self, count, size=1000):
        """So many lines that were not said before."""
        self.say(*lines(len(self.log), count, size))

    def hear(self, said):
        """Somebody else says this next."""
        assert self.speaker.read_line() == said
        self.log.append(said)

    def answer(self, command):
        """What the speaker is told before what it says next."""
        end = token()
        self.speaker.say(command, end)
        self.log.append(end)
        return self.speaker.read_until(end)[:-1]

    def learn_epoch(self):
        """As a text client does: by missing lines."""
        with newcomer(self.daemon.unix) as stuck:
            self.talk(1500)
            heard = stuck.read_until(self.log[-1])
        path = follow(heard, self.log, may_skip=True)
        assert path.skips, "nothing was skipped"
        self.epoch = path.epoch
        return path.skips[0]

    def id(self, number):
        return b"%s.%d" % (self.epoch, number)


class Path:
    """A cursor that goes through the log with what one client hears."""

    def __init__(self, log, at, may_skip=False):
        self.log, self.at, self.may_skip = log, at, may_skip
        self.head = None      # where the replay ends that is under way
        self.replays = []     # (head, lines) of each
        self.notices = []     # (lines of the log before it, within a replay?, notice)
        self.skips = []       # (id of the first, id of the last)
        self.epoch = None
        self.before = b""
        self.missing = None   # end of what is missing before the replay that must come next

    def hear(self, heard):
        if self.missing is not None:
            mark = MARK.fullmatch(heard)
            assert mark and self.at - int(mark[1]) == self.missing, f"{self.before} {heard}"
            self.missing = None
        if skip := SKIP.fullmatch(heard):
            self._skip(int(skip[1]), skip[2], int(skip[3]), int(skip[4]))
        elif mark := MARK.fullmatch(heard):
            assert self.head is None, "a replay within a replay"
            self.replays.append((self.at, int(mark[1])))
            self.head, self.at = self.at, self.at - int(mark[1])
            assert self.at >= 0, f"more than was ever said: {heard}"
        elif heard == LIVE:
            assert self.head is not None, "the end of no replay"
            assert self.at == self.head or SKIP.fullmatch(self.before) and self.at > self.head, \
                f"live at {self.at}, not at {self.head}"
            self.head = None
        elif heard.startswith(b"* "):
            self.notices.append((self.at, self.head is not None, heard))
        else:
            assert self.at < len(self.log) and heard == self.log[self.at], \
                f"{heard[:60]} at {self.at}, replay up to {self.head}"
            self.at += 1
        self.before = heard

    def _skip(self, count, epoch, first, end):
        assert self.may_skip, f"skipped: {first}-{end} at {self.at}, replay up to {self.head}"
        assert count == end - first + 1 > 0
        assert self.epoch in (None, epoch), "another epoch in the same log"
        if self.head is None and first <= self.at:
            self.missing = end
        else:
            assert first == self.at + 1, f"{first}-{end} at {self.at}"
            self.at = end
        self.epoch = epoch
        self.skips.append((first, end))


def follow(heard, log, at=None, **options):
    """Everything must be in its place.  at: None if the first line heard is no notice.

    The lines of a log that is followed without `at` must all be different.
    """
    path = Path(log, log.index(heard[0]) if at is None else at, **options)
    for one in heard:
        path.hear(one)
    assert path.head is None, "a replay that does not end"
    return path


class Askers:
    """Clients that ask again and again, served by one thread together with those that talk.

    Each asks, says a line and pings; and once more when it has heard the end of the replay.
    """

    def __init__(self, rounds, counts):
        """rounds: how often each asks; counts: iterator of how many lines it asks for."""
        self.rounds, self.counts = rounds, counts
        self.heard = {}             # by client: bytes
        self.left, self.asked = {}, {}  # by asker: rounds; (lines, what it said, token) of each
        self.streams = Streams(self._hear)

    def _question(self, client):
        count, said, mine = next(self.counts), b"asker " + token(), token()
        self.asked[client].append((count, said, mine))
        return b"/last %d\n%s\n/ping %s\n" % (count, said, mine)

    def add_listener(self, client):
        self.heard[client] = bytearray()
        self.streams.add(client)

    def add_talker(self, client, name):
        """It talks until all askers have done."""
        self.heard[client] = bytearray()
        self.streams.add(client, itertools.takewhile(lambda _: any(self.left.values()),
                                                     numbered(name)))

    def add(self, client):
        """It first says a line, by which its place in the log is found."""
        self.heard[client], self.left[client], self.asked[client] = bytearray(), self.rounds, []
        self.streams.add(client, [b"asker " + token() + b"\n" + self._question(client)])

    def _hear(self, client, data):
        heard = self.heard[client]
        start = max(0, len(heard) - len(LIVE) - 1)
        heard += data
        if self.left.get(client) and heard.find(b"\n" + LIVE + b"\n", start) >= 0:
            self.left[client] -= 1
            if self.left[client]:
                client.send(self._question(client))

    def run(self):
        """To the end, which is the same line for all: the lines that each has heard."""
        self.streams.run(lambda: not any(self.left.values()) and not self.streams.pieces)
        end = token()
        next(iter(self.heard)).say(end)
        for client, heard in self.heard.items():
            client.buffer[:0] = heard
        return {client: client.read_until(end) for client in self.heard}


class Part:
    """Lines that belong together: live ones, or a replay's if `count` is what its mark said."""

    def __init__(self, count=None):
        self.count, self.lines, self.over = count, bytearray(), False


class Asker(Guest):
    """One of a crowd that asks again and again; what it gets is compared with the crowd's log."""

    def __init__(self, crowd, sock, most=1000, **options):
        super().__init__(crowd, sock, **options)
        self.most, self.asked, self.replays = most, None, 0
        self.parts = collections.deque([Part()])

    def is_active(self):
        return True

    def turn(self, now):
        super().turn(now)
        ready = self.joined and not (self.ended or self.out or self.later)
        if ready and self.asked is None and self.crowd.talks:
            self.asked = self.crowd.random.randrange(self.most)
            self.say(b"/last %d\n" % self.asked)

    def listen(self, lines):
        for one in lines.splitlines(keepends=True):
            self._sort(one)
        if self.ear.held:
            super().listen(b"")
        while not self.ear.held and self._judge(self.parts[0]):
            self.parts.popleft()

    def _sort(self, one):
        mark, part = MARK.fullmatch(one[:-1]), self.parts[-1]
        if mark and part.count is None and self.asked is not None:
            part.over = True
            self.parts.append(Part(int(mark[1])))
        elif one == LIVE + b"\n" and part.count is not None:
            part.over = True
            self.parts.append(Part())
        else:
            part.lines += one

    def _judge(self, part):
        """Is that done with?"""
        if part.count is None:
            if part.lines:
                super().listen(bytes(part.lines))
                part.lines.clear()
        elif part.over:
            self._compare(part.count, bytes(part.lines))
            self.asked = None
            self.replays += 1
        return part.over

    def _compare(self, count, body):
        """As many lines as were asked for, and those before the place where it stands."""
        log, verdict = self.crowd.log, self.crowd.verdict
        index = log.index(self.ear.at)
        known = min(count, index)  # what was said before the crowd began, nobody knows
        if body.count(b"\n") != count or count != self.asked and self.asked <= index:
            verdict.blame("lost", f"{self.asked} were asked for, the mark says {count}, "
                          f"{body.count(10)} came")
            return
        begin = log.position(index - known) - log.base
        body = b"".join(body.splitlines(keepends=True)[count - known:])
        if body != log.data[begin:self.ear.at - log.base]:
            verdict.blame("cut", b"a replay: " + body)

    def is_done(self):
        return super().is_done() and (self.ended or self.asked is None)

    def close(self):
        super().close()
        if not self.ended and self.asked is not None:
            self.crowd.verdict.blame("lost", f"the answer to /last {self.asked}: "
                                     f"{len(self.parts)} parts are left")


def numbered(prefix, sizes=(20, 200), seed=1):
    """Pieces without end: lines of various lengths, all different."""
    chance = random.Random(seed)
    for number in itertools.count():
        yield b"%s %d " % (prefix, number) + b"." * chance.randrange(*sizes) + b"\n"
