"""test_slow.py - slow and stuck readers: what they cost the others, and what they are told"""
import re
import threading
import time
import zlib

from chatter import PATIENCE, SHORT, Streams, catch_up, gather, poll, short
from daemon import Daemon

MIB = 1 << 20
LINE = 1000  # bytes, its LF among them
SKIP = re.compile(rb"\* (\d+) lines? skipped \((\w+)\.(\d+)-(\d+)\)")
SLACK = 3.0 if SHORT else 0.6  # seconds that a busy machine may add to a silence
LONG = 0.8  # seconds; a silence beyond it is a grace of 1 s


def line(number):
    return b"%09d " % number + b"." * (LINE - 11)


def feed(first, count, step=200):
    """Numbered lines, in pieces of so many."""
    for at in range(first, first + count, step):
        yield b"".join(line(i) + b"\n" for i in range(at, min(at + step, first + count)))


class Ear:
    """What one live reader got: how much, a checksum, and when nothing came."""

    def __init__(self):
        self.size, self.sum, self.last, self.silences = 0, 0, time.monotonic(), []

    def hear(self, data):
        now = time.monotonic()
        if now - self.last > 0.2:
            self.silences.append(now - self.last)
        self.size, self.sum, self.last = self.size + len(data), zlib.crc32(data, self.sum), now


class Talk(threading.Thread):
    """readers[0] says `count` numbered lines, all readers hear them; in the background."""

    def __init__(self, readers, count, first=0):
        super().__init__(daemon=True)
        self.count, self.first = count, first
        self.ears = {reader: Ear() for reader in readers}
        self.streams = Streams(lambda client, data: self.ears[client].hear(data))
        for index, reader in enumerate(readers):
            self.streams.add(reader, None if index else feed(first, count))
        self.start()

    def run(self):
        wanted = self.count * LINE
        self.streams.run(lambda: all(ear.size >= wanted for ear in self.ears.values()),
                         PATIENCE * 4)

    def stands_still(self):
        """Has nothing come for a moment, with lines still to come?"""
        return all(time.monotonic() - ear.last > 0.7 and ear.size < self.count * LINE
                   for ear in self.ears.values())

    def end(self):
        """Wait for it; everybody must have got everything.  The silences of each."""
        self.join()
        total = 0
        for piece in feed(self.first, self.count):
            total = zlib.crc32(piece, total)
        for ear in self.ears.values():
            assert (ear.size, ear.sum) == (self.count * LINE, total)
        return [ear.silences for ear in self.ears.values()]


def check_one_grace(silences):
    for those in silences:
        graces = [silence for silence in those if silence > LONG]
        assert len(graces) <= 1 and sum(graces) < 1 + SLACK, f"silences: {those}"


def check_told(lines, said_before, count):
    """Whole lines; each gap has one notice that says exactly what is missing: the notices.

    said_before is how many lines the room had heard before line 0.
    """
    following, notices, epoch, told = 0, [], None, False
    for one in lines:
        skip = SKIP.fullmatch(one)
        if skip:
            number, begin, end = (int(skip.group(i)) for i in (1, 3, 4))
            assert number == end - begin + 1
            assert not told, "two notices for one gap"
            told = True
            assert begin == said_before + following + 1, "the ids are not those of the gap"
            assert epoch in (None, skip.group(2)), "another epoch in the same log"
            epoch = skip.group(2)
            notices.append(number)
            following += number
            continue
        assert one == line(following), "cut, or a gap that was not told or told wrongly"
        following, told = following + 1, False
    assert following == count
    return notices


def test_a_stuck_reader_costs_the_others_one_grace_and_no_memory():
    with Daemon(slow_grace_ms=1000) as daemon:
        live = gather(daemon.tcp, 4)
        before = daemon.rss()
        stuck = gather(daemon.tcp, 1, rcvbuf=65536)[0]
        catch_up(live + [stuck])
        count = short(60 * 10**6) // LINE
        check_one_grace(Talk(live, count).end())
        assert daemon.rss() - before < 64 * MIB
        notices = check_told(stuck.read_until(line(count - 1)), (4 + 1) + (1 + 1) + 1, count)
        assert notices
        live[0].say(b"and on")  # it is a full member again
        assert stuck.read_line() == b"and on"


def test_two_laggards_at_once_cost_one_grace():
    with Daemon(slow_grace_ms=1000) as daemon:
        live = gather(daemon.tcp, 3)
        stuck = gather(daemon.unix, 2)
        catch_up(live + stuck)
        count = 10000
        check_one_grace(Talk(live, count).end())
        for client in stuck:
            assert check_told(client.read_until(line(count - 1)), (3 + 1) + (2 + 1) + 1, count)


def test_each_gap_is_told_once():
    """A reader that sleeps through five talks, and catches up after each."""
    with Daemon(slow_grace_ms=50, room_log_kib=256) as daemon:
        live, sleepy = gather(daemon.tcp, 1) + gather(daemon.unix, 1)
        catch_up([live, sleepy])
        count, lines = 3000, []
        for turn in range(5):
            Talk([live], count, turn * count).end()
            lines += sleepy.read_until(line((turn + 1) * count - 1))
        assert len(check_told(lines, 2 + 2 + 1, 5 * count)) >= 5


def test_gaps_of_a_reader_too_slow_for_the_talk():
    """It reads on all the time, at a fraction of the speed: gaps anywhere, each told."""
    with Daemon(slow_grace_ms=20, room_log_kib=256) as daemon:
        live, slow = gather(daemon.tcp, 1) + gather(daemon.unix, 1)
        catch_up([live, slow])
        count, pause = short(30000), threading.Event()
        talk = Talk([live], count)
        while talk.is_alive():
            slow.buffer += slow.sock.recv(20000)
            pause.wait(0.02)  # its slowness
        talk.end()
        assert check_told(slow.read_until(line(count - 1)), 2 + 2 + 1, count)


def test_the_senders_wait_and_a_reader_back_within_the_grace_loses_nothing():
    with Daemon(slow_grace_ms=60000, room_log_kib=256) as daemon:
        sender, slow = gather(daemon.unix, 2)
        count = short(20000)
        talk = Talk([sender], count)
        poll(talk.stands_still, "the sender of too much waits")
        used, second = daemon.cpu(), threading.Event()
        second.wait(1)  # over which CPU time is measured
        assert talk.stands_still() and daemon.cpu() - used < 0.2, "it spins while senders wait"
        assert check_told(slow.read_until(line(count - 1)), 0, count) == []
        talk.end()


def test_a_stuck_reader_that_leaves_lets_the_senders_go_on():
    with Daemon(slow_grace_ms=60000, room_log_kib=256) as daemon:
        sender, stuck = gather(daemon.unix, 2)
        talk = Talk([sender], 2000)
        poll(talk.stands_still, "the sender of too much waits")
        stuck.close()
        talk.end()


def test_a_laggard_that_was_skipped_is_not_waited_for_again():
    """Later laps cost nothing until it has caught up; then it is a reader like any other."""
    with Daemon(slow_grace_ms=2000, room_log_kib=256) as daemon:
        live = gather(daemon.tcp, 2)
        stuck = gather(daemon.unix, 1)[0]
        catch_up(live + [stuck])
        count = 3000

        def took(turn):
            begin = time.monotonic()
            Talk(live, count, turn * count).end()
            return time.monotonic() - begin
        assert took(0) > 1.5, "it was not waited for"
        assert max(took(1), took(2)) < 1.5 + SLACK, "it was waited for again"
        stuck.read_until(line(3 * count - 1))
        assert took(3) > 1.5, "it had caught up, and was not waited for"
