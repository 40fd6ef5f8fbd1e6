"""test_commands_rate.py - who sends too many commands is read more slowly, and loses nothing"""
import threading
import time

import pytest

from chatter import SHORT, Client, gather, short
from daemon import Daemon
from jsonl import Json
from manager import Service
from named import heard

RATE, BURST = 100, 200  # commands a second, and at once
LIMITED = {"commands_rate": RATE}  # as it is, where no test asks for none
SLOWED = b"* slowed to 100 commands/s"
SLACK = 8.0 if SHORT else 2.0


@pytest.fixture(name="daemon")
def daemon_():
    with Daemon(tune=LIMITED) as daemon:
        yield daemon


def pings(first, count):
    return [b"/ping %d" % i for i in range(first, first + count)]


def pongs(first, count):
    return [b"* pong %d" % i for i in range(first, first + count)]


def answers(client, count):
    """So many lines that are no word of the limit; how often that was told; how long it took."""
    begin, lines, told = time.monotonic(), [], 0
    while len(lines) < count:
        line = client.read_line()
        if line == SLOWED:
            told += 1
        else:
            lines.append(line)
    return lines, told, time.monotonic() - begin


def wait_full():
    """Until a bucket that was empty is full once more: time itself is what is tested here."""
    threading.Event().wait(BURST / RATE + 0.1)


# The bound

def test_the_burst_passes_at_once(daemon):
    with Client(daemon.tcp) as client:
        client.say(*pings(0, BURST))
        lines, told, took = answers(client, BURST)
        assert lines == pongs(0, BURST) and not told
        assert took < (SLACK if SHORT else 0.9)
        assert client.silent(0.1)


def test_a_flood_is_slowed_and_loses_nothing(daemon):
    with Client(daemon.tcp) as client:
        client.say(*pings(0, BURST + 300))
        lines, told, took = answers(client, BURST + 300)
        assert lines == pongs(0, BURST + 300) and told == 1
        assert 2.8 < took < 3.0 + SLACK, "300 commands beyond the burst, at 100 a second"


def test_it_is_told_when_it_begins(daemon):
    """Behind the burst, not behind all."""
    with Client(daemon.tcp) as client:
        client.say(*pings(0, BURST + 100))
        lines = client.read_until(SLOWED)
        assert BURST <= len(lines) - 1 < BURST + 50


@pytest.mark.parametrize("line", [
    b"/me waves", b"/who", b"/name", b"/nosuch", b"/help", b"/msg bob x", b"@n=k /ping"])
def test_every_command_counts(daemon, line):
    with Client(daemon.tcp) as client:
        begin = time.monotonic()
        client.say(b"/name flooder", *[line] * (BURST + 150), b"/ping end")
        lines = client.read_until(b"* pong end")
        assert time.monotonic() - begin > 1.4
        assert lines.count(SLOWED) == 1 and len(lines) >= BURST + 150


def test_many_commands_that_came_bit_by_bit(daemon):
    with Client(daemon.tcp) as client:
        begin = time.monotonic()
        for turn in range(10):
            client.say(*pings(40 * turn, 40))
        lines, told, _ = answers(client, 400)
        assert lines == pongs(0, 400) and told == 1
        assert time.monotonic() - begin > 1.8


def test_the_bucket_fills_again(daemon):
    with Client(daemon.tcp) as client:
        client.say(*pings(0, BURST))
        client.read_lines(BURST)
        wait_full()
        client.say(*pings(0, BURST))
        lines, told, took = answers(client, BURST)
        assert lines == pongs(0, BURST) and not told
        assert took < (SLACK if SHORT else 0.9)


def test_no_more_is_saved_up_than_a_burst(daemon):
    with Client(daemon.tcp) as client:
        client.say(*pings(0, 1))
        client.read_line()
        wait_full()
        client.say(*pings(0, BURST + 100))
        assert answers(client, BURST + 100)[2] > 0.8


def test_it_is_told_once_a_minute(daemon):
    with Client(daemon.tcp) as client:
        told = 0
        for turn in range(3):
            client.say(*pings(0, BURST + 50))
            told += answers(client, BURST + 50)[1]
        assert told == 1


def test_a_program_is_told_with_a_code(daemon):
    with Json(daemon.tcp) as client:
        client.say(*pings(0, BURST + 100))
        events = client.until(ev="pong", token=str(BURST + 99))
        told = [event for event in events if event["ev"] != "pong"]
        assert told == [{"ev": "notice", "code": "throttled", "text": SLOWED[2:].decode()}]
        assert [event["token"] for event in events if event["ev"] == "pong"] == [
            str(i) for i in range(BURST + 100)]


# What does not count

@pytest.mark.parametrize("line", [b"just a line", b"//Ping", b"/etc/passwd", b"/1", b""])
def test_lines_are_not_counted(daemon, line):
    with Client(daemon.tcp) as client:
        count, shown = short(20000), line[1:] if line.startswith(b"//") else line
        begin = time.monotonic()
        for _ in range(count // 100):
            client.say(*[line] * 100)
            assert client.read_lines(100) == [shown] * 100
        assert time.monotonic() - begin < 5 + SLACK
        client.say(b"/ping x")
        assert client.read_line() == b"* pong x"


def test_lines_between_take_nothing_from_the_burst(daemon):
    with Client(daemon.tcp) as client:
        client.say(*(line for ping in pings(0, BURST) for line in [b"x"] * 10 + [ping]))
        lines, told, took = answers(client, 11 * BURST)
        assert not told and took < (SLACK if SHORT else 0.9)
        assert [line for line in lines if line != b"x"] == pongs(0, BURST)


def test_what_stands_behind_a_command_waits_with_it(daemon):
    """One is read more slowly: nothing overtakes."""
    with Client(daemon.tcp) as client:
        count = BURST + 150
        client.say(*(line for i in range(count) for line in (b"%d" % i, b"/ping %d" % i)))
        lines, _, took = answers(client, 2 * count)
        assert lines == [line for i in range(count) for line in (b"%d" % i, b"* pong %d" % i)]
        assert took > 1.3


# Others

def test_others_are_not_disturbed_and_the_flooder_is_written_to(daemon):
    flooder, other = gather(daemon.tcp, 2)
    with flooder, other:
        flooder.say(*pings(0, BURST + 300))
        flooder.read_until(b"* pong %d" % (BURST - 1))
        begin = time.monotonic()
        for i in range(50):
            other.say(b"other %d" % i, b"/ping %d" % i)
            assert other.read_lines(2) == [b"other %d" % i, b"* pong %d" % i]
        assert time.monotonic() - begin < (SLACK if SHORT else 1.0)
        lines = flooder.read_until(b"* pong %d" % (BURST + 299))
        assert [line for line in lines if line.startswith(b"other")] == [
            b"other %d" % i for i in range(50)]
        if not SHORT:
            assert lines.index(b"other 49") < 200, "it was not written to while it was slowed"


def test_each_has_a_bucket_of_its_own(daemon):
    clients = [Client(daemon.tcp) for _ in range(5)]
    begin = time.monotonic()
    for client in clients:
        client.say(*pings(0, BURST))
    for client in clients:
        lines, told, _ = answers(client, BURST)
        assert lines == pongs(0, BURST) and not told
        client.close()
    assert time.monotonic() - begin < (SLACK if SHORT else 1.0)


def test_a_command_is_a_line_too():
    with Daemon(tune=LIMITED, rate_lines=50, rate_burst=10) as daemon, Client(daemon.tcp) as client:
        client.say(*pings(0, 60))
        lines = client.read_lines(61)
        assert [line for line in lines if b"slowed" not in line] == pongs(0, 60)
        assert b"* slowed to 50 lines/s" in lines


# Ends

def test_a_half_closed_flooder_gets_all_and_costs_no_cpu(daemon):
    with Client(daemon.tcp) as client:
        client.say(*pings(0, BURST + 200))
        client.half_close()
        client.read_lines(BURST)
        used = daemon.cpu()
        rest = [line for line in client.read_to_end().splitlines() if line != SLOWED]
        assert rest == pongs(BURST, 200)
        assert daemon.cpu() - used < (2 if SHORT else 0.4)


def test_a_flooder_that_leaves_gives_its_place_back(daemon):
    listener, crier = gather(daemon.tcp, 2)
    with listener, crier:
        fds = len(daemon.fds())
        for leave in ("close", "reset"):
            flooder = Client(daemon.tcp).enter()
            flooder.say(*pings(0, BURST + 10000))
            flooder.read_until(SLOWED)
            getattr(flooder, leave)()
            daemon.wait_fds(fds)
        assert len(heard(crier, listener)[0]) == 2  # what they said when they came


@pytest.mark.parametrize("end", ["kill", "restart"])
def test_nothing_is_lost_or_doubled_over(end):
    with Service(tune=LIMITED) as service, Client(service.tcp) as client:
        client.say(*pings(0, BURST + 300))
        lines = answers(client, BURST)[0]
        for count in (100, 150, 50):
            getattr(service, end)()
            lines += answers(client, count)[0]
        assert lines == pongs(0, BURST + 300)
