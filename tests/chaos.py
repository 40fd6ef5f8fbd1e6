"""chaos.py - a crowd that talks and listens while the daemon dies again and again

    crowd = Crowd(lambda: Client(service.tcp).sock)
    crowd.add(150)
    crowd.add(50, talks=True)
    crowd.gather()
    for _ in range(10):
        crowd.run(0.2)
        service.kill(wait=False)
        crowd.mark()
    crowd.finish().check()

One thread serves all of it.  What is heard is compared by judge.py.
"""
import errno
import itertools
import random
import select
import statistics
import time

from chatter import PATIENCE
from guests import Churner, Guest, Visitor
from judge import Place, Verdict

KEPT = 4 << 20   # bytes of the log behind the last reader, where a repeat may begin


class Crowd:
    timed = Guest  # whose silences are counted

    def __init__(self, connect, window=8, churners=0, seed=None):
        """connect(): a connected socket; churners: so many at a time.

        window: lines of a talker that are under way at most.
        """
        self.connect, self.window, self.churners = connect, window, churners
        self.random = random.Random(seed)
        self.epoll = select.epoll()
        self.verdict = Verdict()
        self.places = {}                       # the rooms that always have somebody, by name
        self.visitors = [Churner]              # kinds of those who come and go
        # Of movers.py: those whose names stay; who asks at the end; rooms that are one's own.
        self.friends, self.clerk, self.nooks = [], None, set()
        self.members, self.all = {}, []  # connected ones by descriptor; those to be judged
        self.active, self.waiting = [], set()  # those that do something; that wait for the log
        self.ids = itertools.count(1)
        self.talks, self.began = True, False
        self.crashes = self.deaths = 0         # the latter count restarts, too
        self.trim_at, self._marked = 0.0, False

    @property
    def log(self):
        """What is said in the lobby, as text clients hear it."""
        return self.place(b"lobby").text

    def place(self, room):
        if room not in self.places:
            self.places[room] = Place(self.verdict, room)
        return self.places[room]

    def add(self, count=1, kind=Guest, connect=None, **options):
        """Before gather(), or Echoers at any time."""
        for _ in range(count):
            self._enter(kind(self, (connect or self.connect)(), **options))

    def _enter(self, member):
        self.all.append(member)
        if member.is_active():
            self.active.append(member)

    def gather(self):
        """Until all are in their rooms; what is said from then on is everybody's there."""
        rooms = {}
        for member in self.all:
            if isinstance(member, Guest):
                rooms.setdefault(member.place, []).append(member)
        end, due = time.monotonic() + PATIENCE, 0.0
        while not all(place.here.issuperset(guests) for place, guests in rooms.items()):
            now = time.monotonic()
            missing = sum(len(set(guests) - place.here) for place, guests in rooms.items())
            assert now < end, f"{missing} did not come in"
            if now >= due:
                for place, guests in rooms.items():
                    self._cry(guests, place.word + b"\n")
                due = now + 0.02
            self._turn(0.02)
        for place, guests in rooms.items():
            self._cry(guests, place.start)
        self.run(until=lambda: all(guest.joined for guests in rooms.values() for guest in guests))
        self.began = True

    @staticmethod
    def _cry(guests, line):
        """By the first of them that has no name."""
        first = next(guest for guest in guests if type(guest).is_nameless)
        first.out += line
        first.flush()

    def run(self, seconds=PATIENCE, until=None):
        """So long; or until it is so, which must be within that time."""
        end = time.monotonic() + seconds
        while not (until and until()):
            left = end - time.monotonic()
            if left <= 0:
                assert not until, f"not within {seconds} s: {until}"
                return
            self._turn(min(0.002, left))

    def _turn(self, seconds):
        now = time.monotonic()
        if self.began and self.talks:
            self._churn()
        for member in self.active:
            member.turn(now)
        waiting, self.waiting = self.waiting, set()
        for member in waiting:
            member.listen(b"")
        for fd, events in self.epoll.poll(seconds):
            member = self.members.get(fd)
            if member and events & select.EPOLLOUT:
                member.flush()
            if member and member.reads and not member.ended and events & ~select.EPOLLOUT:
                member.read(time.monotonic())
        if now >= self.trim_at:
            self._trim(now)

    def _churn(self):
        busy = sum(1 for member in self.all if isinstance(member, Visitor) and not member.judged)
        for _ in range(self.churners - busy):
            try:
                sock = self.connect()
            except OSError as error:
                self.verdict.blame("refused", str(error))
                if error.errno not in (errno.ECONNREFUSED, errno.ENOENT):
                    raise
                continue
            self._enter(self.random.choice(self.visitors)(self, sock))

    def _trim(self, now):
        self.trim_at = now + 0.2
        for those in (self.all, self.active):
            those[:] = [member for member in those
                        if not (isinstance(member, Visitor) and member.judged)]
        positions = {}
        for member in self.all:
            if isinstance(member, Guest) and not (member.ended and member.is_done()):
                ear = member.ear
                positions[ear.log] = min(ear.at, positions.get(ear.log, ear.at))
        for log, at in positions.items():
            log.trim(at - KEPT)

    # Silences

    def mark(self, crash=True):
        """A kill, or a restart: the longest silence of each from here to the next is a gap."""
        self._end_gap()
        self._marked = True
        self.crashes += crash
        self.deaths += 1
        for member in self.all:
            member.longest = 0.0

    def _end_gap(self):
        if self._marked:
            now = time.monotonic()
            longest = [max(member.longest, now - member.last) for member in self.all
                       if type(member) is self.timed and not member.stuck and not member.ended]
            if longest:
                self.verdict.gaps.append((statistics.median(longest), max(longest)))

    def gap(self):
        """Over all kills: the median and the longest of what a client had to wait, in seconds."""
        gaps = self.verdict.gaps
        return statistics.median(one for one, _ in gaps), max(one for _, one in gaps)

    def finish(self, seconds=PATIENCE):
        """Nobody says anything new, everybody gets everything: the verdict."""
        self._end_gap()
        self._marked = self.talks = False
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._turn(0.002)
            if all(log.is_complete() for log in self._logs()) and \
                    all(member.is_done() for member in self.all):
                break
        if self.clerk and not self.verdict.faults():
            self.clerk.inquire(end - time.monotonic())
        for member in self.all:
            member.close()
        for log in self._logs():
            log.count_lost()
        self.close()
        return self.verdict

    def _logs(self):
        return [log for place in self.places.values() for log in place.logs()]

    def close(self):
        for member in list(self.members.values()):
            member.leave()
        self.epoll.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if not self.epoll.closed:
            self.close()
