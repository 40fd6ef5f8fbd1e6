"""test_history_order.py - replays of those that are behind or do not read, and among talkers"""
import concurrent.futures
import itertools
import random
import threading
import time

import pytest

from chatter import SHORT, poll, short, token
from daemon import Daemon
from replays import ALL, LIVE, MARK, SKIP, Askers, Room, follow, newcomer
from survivors import unread

LINE = 1000    # bytes of what room.talk() says
SLACK = 5.0 if SHORT else 1.0  # seconds that nobody may have to wait for a line
WIDE = {"room_log_kib": 4096, "slow_grace_ms": 60000, "handlers": 1}


def read_all(client, room):
    """Up to the last line of the log."""
    return client.read_until(room.log[-1])


# One that is behind

def test_one_that_is_behind_hears_the_old_first():
    """What it asked for stands where the head was when it asked; then comes the new."""
    with Daemon(**WIDE) as daemon:
        room = Room(daemon)
        with newcomer(daemon.unix) as stuck:
            room.talk(1500)
            stuck.say(b"/last 300", b"mine", b"/ping x")
            poll(lambda: not unread(stuck), "the question is read")
            room.talk(100)
            assert room.speaker.silent(0.1), "it is read on before its question took effect"
            heard = stuck.read_until(b"mine")
            room.hear(b"mine")
            heard += [stuck.read_line()]
            path = follow(heard, room.log, 0)
            assert path.replays == [(1500, 300)]
            assert path.notices == [(1601, False, b"* pong x")]


def test_many_questions_of_one_that_is_behind():
    """Each stands behind the end of the one before."""
    with Daemon(**WIDE) as daemon:
        room = Room(daemon)
        with newcomer(daemon.unix) as stuck:
            room.talk(1000)
            counts = [500, 0, 1000, 1, 777]
            stuck.say(*(b"/last %d" % count for count in counts), b"mine")
            poll(lambda: not unread(stuck), "the questions are read")
            heard = stuck.read_until(b"mine")
            room.hear(b"mine")
            path = follow(heard, room.log, 0)
            assert path.replays == [(1000, count) for count in counts]


@pytest.mark.parametrize("meanwhile", [500, 1200, 2300])
def test_the_log_goes_on_before_a_question_takes_effect(meanwhile):
    """As many follow as the mark says, or a notice tells which are missing.

    They may be fewer by then, but for those in the newer half of the log.
    """
    with Daemon(**WIDE) as daemon:
        room = Room(daemon)
        room.talk(1500)
        with newcomer(daemon.unix) as stuck:
            room.talk(1000)  # some of which it has not read
            stuck.say(b"/last 2000", b"mine")
            poll(lambda: not unread(stuck), "the question is read")
            room.talk(meanwhile)
            heard = stuck.read_until(b"mine")
            room.hear(b"mine")
            path = follow(heard, room.log, 1500, may_skip=True)
            assert len(path.replays) == 1
            head, shown = path.replays[0]
            assert head == 2500
            assert min(2000, (2 << 20) // LINE - meanwhile - 1) <= shown <= 2000


def test_one_is_overtaken_before_its_question_takes_effect():
    """What it asked for is gone, as it was told; the marks come once, and are true."""
    with Daemon(room_log_kib=256, slow_grace_ms=20) as daemon:
        room = Room(daemon)
        with newcomer(daemon.unix) as stuck:
            room.talk(1000)
            stuck.say(b"/last 5", b"mine")
            poll(lambda: not unread(stuck), "the question is read")
            room.talk(1000)
            heard = stuck.read_until(b"mine")
            begin = next(at for at, line in enumerate(heard) if MARK.fullmatch(line))
            end = heard.index(LIVE)
            gone = [SKIP.fullmatch(line) for line in heard[:end] if SKIP.fullmatch(line)]
            assert gone and int(gone[-1][3]) == 996, "what the mark told of is skipped"
            assert end - begin == 2 and heard.count(LIVE) == 1, heard[begin:end + 1]
            room.hear(b"mine")
            rest = heard[end + 1:]
            assert rest == room.log[len(room.log) - len(rest):]


def test_answers_and_private_lines_wait_for_the_end_of_a_replay():
    with Daemon(**WIDE) as daemon:
        room = Room(daemon)
        room.talk(1500)
        with newcomer(daemon.unix) as bob, newcomer(daemon.tcp) as alice:
            for client, name in ((bob, b"bob"), (alice, b"alice")):
                client.say(b"/name " + name)
                assert client.read_line().startswith(b"* ")
            bob.say(b"/last 1500")
            poll(lambda: not unread(bob), "the question is read")
            alice.say(b"before", b"/msg bob one", b"between", b"/msg bob two", b"after")
            alice.read_until(b"[alice] after")
            assert bob.read_lines(1502) == [b"* last 1500 lines", *room.log, LIVE]
            assert bob.read_lines(5) == [
                b"[alice] before", b"[alice -> you] one", b"[alice] between",
                b"[alice -> you] two", b"[alice] after"]


# Nobody waits for it

def test_what_one_says_behind_its_question_stands_behind_its_replay():
    """For itself; the others may hear it as soon as the replay has begun."""
    with Daemon(**WIDE) as daemon:
        room = Room(daemon)
        room.talk(1500)
        with newcomer(daemon.unix) as stuck:
            stuck.say(ALL, b"/ping x", b"mine", b"/ping y")
            poll(lambda: not unread(stuck), "all is read, or lies there")
            heard = stuck.read_until(b"* pong y")
            room.hear(b"mine")
            path = follow(heard, room.log, 1500)
            assert path.replays == [(1500, 1500)]
            assert path.notices == [(1500, False, b"* pong x"), (1501, False, b"* pong y")]


def test_one_that_does_not_read_its_replay_is_not_waited_for():
    """It is overtaken without a grace; the notice stands where it was."""
    with Daemon(room_log_kib=4096, slow_grace_ms=20000) as daemon:
        room = Room(daemon)
        room.talk(2500)
        with newcomer(daemon.unix) as stuck:
            stuck.say(ALL)
            poll(lambda: not unread(stuck), "the question is read")
            begin = time.monotonic()
            room.talk(8000)
            assert time.monotonic() - begin < 10, "the speaker waited"
            path = follow(read_all(stuck, room), room.log, 2500, may_skip=True)
            assert [head for head, _ in path.replays] == [2500]
            assert len(path.skips) == 1 and path.skips[0][0] < 2500
            room.talk(1)  # it is a full member again
            assert stuck.read_line() == room.log[-1]
            stuck.say(b"/last 10")
            assert stuck.read_lines(12)[1:] == [*room.log[-10:], LIVE]


def test_one_that_has_had_its_replay_is_waited_for():
    with Daemon(room_log_kib=256, slow_grace_ms=2000) as daemon:
        room = Room(daemon)
        room.talk(100)
        with newcomer(daemon.unix) as stuck:
            stuck.say(ALL)
            stuck.read_until(LIVE)
            begin = time.monotonic()
            room.talk(1500)
            assert time.monotonic() - begin > 1.5, "it was not waited for"
            follow(read_all(stuck, room), room.log, 100, may_skip=True)


# Crowds

@pytest.mark.parametrize("tune, settings", [
    ({}, {"handlers": 1}),
    ({"split_members": 1}, {"handlers": 3}),  # the room is dealt out to all three
    ({"split_members": 1}, {"handlers": 2, "room_log_kib": 256, "slow_grace_ms": 20000}),
], ids=["one-handler", "three-handlers", "small-log"])
def test_askers_among_talkers(tune, settings):
    """Every line once and in its place, every replay what stands before it in the log."""
    with Daemon(tune=tune, **{"room_log_kib": 4096, **settings}) as daemon:
        witness = newcomer(daemon.tcp)
        chance = random.Random(9190)
        crowd = Askers(short(100), iter(lambda: chance.randrange(400), None))
        crowd.add_listener(witness)
        for index in range(3):
            crowd.add_talker(newcomer(daemon.tcp), b"talker-%d" % index)
        for _ in range(6):
            crowd.add(newcomer(daemon.tcp))
        heard = crowd.run()
        log = heard[witness]
        for client, some in heard.items():
            may_miss = "slow_grace_ms" in settings and client in crowd.left
            path = follow(some, log, may_skip=may_miss)
            check_answers(path, log, crowd.asked.get(client, []), may_miss)


def check_answers(path, log, asked, may_miss):
    """asked: (lines, what was said next, token of the ping behind it)."""
    assert len(path.replays) == len(path.notices) == len(asked)
    for (count, said, mine), (head, shown), (at, within, pong) in zip(
            asked, path.replays, path.notices):
        assert shown == min(count, head) or may_miss and shown < count, "fewer than are held"
        assert pong == b"* pong " + mine and not within
        assert head <= log.index(said, head) < at


def test_a_hundred_ask_for_everything_while_two_talk():
    """Nobody who talks has to wait; what the hundred get is whole."""
    with Daemon(tune={"split_members": 50}, handlers=2) as daemon:
        room = Room(daemon)
        room.talk(1000, 500)
        other = newcomer(daemon.tcp)
        crowd = Askers(1, itertools.repeat(100000))
        for _ in range(100):
            crowd.add(newcomer(daemon.tcp))
        trips, over = [], threading.Event()

        def talk():
            while not over.is_set():
                mine, begin = token(), time.monotonic()
                room.speaker.say(mine)
                room.log += room.speaker.read_until(mine)
                other.read_until(mine)
                trips.append(time.monotonic() - begin)
        pair = threading.Thread(target=talk, daemon=True)
        pair.start()
        heard = crowd.run()
        over.set()
        pair.join()
        end = token()
        room.speaker.say(end)
        room.log += room.speaker.read_until(end)
        assert len(trips) > 10 and max(trips) < SLACK, (len(trips), max(trips))
        for client, some in heard.items():
            path = follow(some, room.log)
            assert len(path.replays) == 1 and path.replays[0][1] >= 1000


class Pair:
    """The speaker of a room and one that only reads: both hear each line before the next is said.

    In a thread of its own; it says no more than it was told to, so that no replay is overtaken.
    """

    def __init__(self, room):
        self.room, self.reader, self.heard = room, newcomer(room.daemon.tcp), 0
        self.allowed, self.over = threading.Semaphore(0), False
        self.thread = concurrent.futures.ThreadPoolExecutor(1)
        self.work = self.thread.submit(self._talk)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.over = True
        self.allowed.release()
        self.thread.shutdown()
        self.reader.close()

    def _talk(self):
        while self.allowed.acquire() and not self.over:
            mine = token()
            self.room.say(mine)
            assert self.reader.read_line() == mine
            self.heard += 1

    def go_on(self, count):
        """So many lines more, and then up to a thousand beside what comes next."""
        wanted = self.heard + count
        self.allowed.release(count + 1000)
        poll(lambda: self.work.done() or self.heard >= wanted, f"{count} lines are heard live")
        assert not self.work.done(), self.work.result()


def held(log, half):
    """How many of the last lines lie in the newer half of a log."""
    sizes = itertools.accumulate(len(one) + 1 for one in reversed(log))
    return sum(1 for size in sizes if size <= half)


@pytest.mark.parametrize("handlers", [1, 2])
def test_a_full_log_for_a_hundred_disturbs_nobody_who_is_live(handlers):
    """Lines go on before the replays, while all of them are stuck, and in the midst of all."""
    half = 512 << 10  # bytes of the log; more than a Unix socket takes
    with Daemon(tune={"split_members": 50}, room_log_kib=1024, handlers=handlers) as daemon:
        room = Room(daemon)
        room.talk(2500, 500)
        crowd = [newcomer(daemon.unix) for _ in range(100)]
        begin = len(room.log)
        with Pair(room) as live:
            live.go_on(10)
            for client in crowd:
                client.say(ALL)
            for client in crowd:
                poll(lambda client=client: not unread(client), "the question is read")
            live.go_on(100)  # nobody has read a byte
            for client in crowd:
                while len(client.buffer) < half // 2:
                    assert client.fill()
            live.go_on(100)  # nobody has got to the end
            heard = {client: client.read_until(LIVE) for client in crowd}
            live.go_on(10)
        end = token()
        room.say(end)
        for client, some in heard.items():
            some += client.read_until(end)
            path = follow(some, room.log, begin, may_skip=True)
            assert len(path.replays) == 1 and path.at == len(room.log)
            head, shown = path.replays[0]
            assert shown == held(room.log[:head], half)
            # What was said between its mark and its replay took the place of the oldest.
            for first, last_gone in path.skips:
                assert len(path.skips) == 1 and first == head - shown + 1
                assert last_gone <= len(room.log) - held(room.log, half)
