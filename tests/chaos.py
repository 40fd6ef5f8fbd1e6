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

from chatter import PATIENCE, token
from guests import Churner, Guest
from judge import Log, Verdict

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
        self.log = Log(self.verdict)
        self.members, self.all = {}, []  # connected ones by descriptor; those to be judged
        self.active, self.waiting = [], set()  # those that do something; that wait for the log
        self.ids = itertools.count(1)
        self.start, self.here = token() + b"\n", set()
        self.talks, self.began, self.crashes = True, False, 0
        self.trim_at, self._marked = 0.0, False

    def add(self, count=1, kind=Guest, connect=None, **options):
        """Before gather(), or Echoers at any time."""
        for _ in range(count):
            self._enter(kind(self, (connect or self.connect)(), **options))

    def _enter(self, member):
        self.all.append(member)
        if member.is_active():
            self.active.append(member)

    def gather(self):
        """Until all are in the room; what is said from then on is everybody's."""
        guests = {member for member in self.all if isinstance(member, Guest)}
        first = self.all[0]
        end, due = time.monotonic() + PATIENCE, 0.0
        while not guests <= self.here:
            now = time.monotonic()
            assert now < end, f"{len(guests - self.here)} did not come in"
            if now >= due:
                first.out += b"here\n"
                first.flush()
                due = now + 0.02
            self._turn(0.02)
        first.out += self.start
        first.flush()
        self.run(until=lambda: all(guest.joined for guest in guests))
        self.began = True

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
        busy = sum(1 for member in self.all if isinstance(member, Churner) and not member.judged)
        for _ in range(self.churners - busy):
            try:
                sock = self.connect()
            except OSError as error:
                self.verdict.blame("refused", str(error))
                if error.errno not in (errno.ECONNREFUSED, errno.ENOENT):
                    raise
                continue
            self._enter(Churner(self, sock))

    def _trim(self, now):
        self.trim_at = now + 0.2
        for those in (self.all, self.active):
            those[:] = [member for member in those
                        if not (isinstance(member, Churner) and member.judged)]
        positions = [member.ear.at for member in self.all
                     if isinstance(member, Guest) and not (member.ended and member.is_done())]
        if positions:
            self.log.trim(min(positions) - KEPT)

    # Silences

    def mark(self, crash=True):
        """A kill, or a restart: the longest silence of each from here to the next is a gap."""
        self._end_gap()
        self._marked = True
        self.crashes += crash
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
            if self.log.is_complete() and all(member.is_done() for member in self.all):
                break
        for member in self.all:
            member.close()
        self.log.count_lost()
        self.close()
        return self.verdict

    def close(self):
        for member in list(self.members.values()):
            member.leave()
        self.epoll.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if not self.epoll.closed:
            self.close()
