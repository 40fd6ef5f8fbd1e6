"""test_rate.py - a fast writer is read more slowly: nothing is dropped, and it is told"""
import threading
import time

from chatter import SHORT, Client, Streams, catch_up, gather, short
from daemon import Daemon

SLACK = 8.0 if SHORT else 2.0


def numbered(count):
    return [b"line %d" % i for i in range(count)]


def test_a_flood_is_slowed_and_loses_nothing():
    with Daemon(rate_lines=50, rate_burst=10) as daemon:
        with Client(daemon.tcp) as client:
            begin = time.monotonic()
            client.say(*numbered(110))
            assert client.read_lines(110) == numbered(110)
            took = time.monotonic() - begin
            assert 1.8 < took < 2.0 + SLACK, "100 lines beyond the burst, at 50 a second"
            assert client.silent(0.1)  # it never used a command: no notice


def test_a_token_is_not_put_off_by_a_neighbours():
    """Two who wait: that the first one's token comes does not make the other one wait anew."""
    with Daemon(rate_lines=1, rate_burst=1) as daemon:
        first, second = Client(daemon.tcp), Client(daemon.tcp)
        Client(daemon.tcp).say(b"in")  # it came behind them: they are in, with their tokens
        assert first.read_line() == second.read_line() == b"in"
        begin = time.monotonic()
        first.say(b"first 0", b"first 1")
        assert second.read_line() == b"first 0"
        threading.Event().wait(0.1)  # so that their tokens come at two moments
        second.say(b"second 0", b"second 1")
        assert first.read_until(b"second 1")[-2:] == [b"first 1", b"second 1"]
        assert time.monotonic() - begin < 1.7, "1.1 s, or 2 s if it waited anew"


def test_the_burst_passes_at_once():
    with Daemon(rate_lines=1, rate_burst=200) as daemon:
        with Client(daemon.tcp) as client:
            begin = time.monotonic()
            client.say(*numbered(200))
            assert client.read_lines(200) == numbered(200)
            assert time.monotonic() - begin < SLACK


def test_the_bucket_fills_again():
    with Daemon(rate_lines=100, rate_burst=100) as daemon:
        with Client(daemon.tcp) as client:
            client.say(*numbered(100))
            client.read_lines(100)
            threading.Event().wait(1.1)  # the bucket is full once more
            begin = time.monotonic()
            client.say(*numbered(100))
            client.read_lines(100)
            assert time.monotonic() - begin < 0.7 + (SLACK if SHORT else 0)


def test_no_limit_by_default():
    with Daemon() as daemon:
        with daemon.client() as client:
            count, got = short(100000), bytearray()
            data = b"\n".join(numbered(count)) + b"\n"
            begin = time.monotonic()
            streams = Streams(lambda _, some: got.extend(some))
            streams.add(client, [data])
            streams.run(lambda: len(got) >= len(data))
            assert bytes(got) == data
            assert time.monotonic() - begin < 10 + SLACK


def test_others_are_not_slowed_and_the_flooder_is_still_written_to():
    with Daemon(rate_lines=20, rate_burst=5) as daemon:
        flooder, other = gather(daemon.tcp, 2)
        with flooder, other:
            flooder.say(*numbered(65))
            lines = []
            for i in range(4):  # within its burst
                other.say(b"other %d" % i)
                lines += other.read_until(b"other %d" % i)
            assert len(lines) < 50, "the other one waited for the flooder"
            heard = flooder.read_until(b"line 64")
            assert [one for one in heard if one.startswith(b"line")] == numbered(65)
            assert heard.index(b"other 3") < 50, "it was not written to while it was slowed"


def test_each_client_has_a_bucket_of_its_own():
    with Daemon(rate_lines=20, rate_burst=20) as daemon:
        clients = [Client(daemon.tcp) for _ in range(5)]
        begin = time.monotonic()
        for client in clients:
            client.say(*numbered(40))
        for client in clients:  # the first lines may come before the last client
            for _ in range(5):
                client.read_until(b"line 39")
        assert time.monotonic() - begin < 1 + SLACK
        for client in clients:
            client.close()


def test_who_uses_commands_is_told_once_a_minute():
    with Daemon(rate_lines=50, rate_burst=10) as daemon:
        flooder, silent = gather(daemon.tcp, 2)
        with flooder, silent:
            flooder.say(b"/ping")
            assert flooder.read_line() == b"* pong"
            for turn in range(3):  # slowed three times within the minute
                flooder.say(*numbered(40), b"end %d" % turn)
            lines = flooder.read_until(b"end 2")
            assert [one for one in lines if one.startswith(b"*")] == [b"* slowed to 50 lines/s"]
            assert silent.read_until(b"end 2") == (
                numbered(40) + [b"end 0"] + numbered(40) + [b"end 1"] + numbered(40) + [b"end 2"])
            silent.say(*numbered(40), b"end 3")
            assert silent.read_until(b"end 3") == numbered(40) + [b"end 3"]


def test_a_half_closed_flooder_gets_all_and_costs_no_cpu():
    """Its end has come but its lines have not been read: that must not spin."""
    with Daemon(rate_lines=20, rate_burst=5) as daemon:
        with Client(daemon.tcp) as client:
            client.say(*numbered(50))
            client.half_close()
            client.read_lines(6)
            used = daemon.cpu()
            rest = client.read_to_end()
            assert rest.splitlines() == numbered(50)[6:]
            assert daemon.cpu() - used < (2 if SHORT else 0.4)


def test_a_flooder_that_leaves_has_said_its_first_lines_and_no_other():
    """How many depends on when its RST comes; each is whole and in its place."""
    with Daemon(rate_lines=50, rate_burst=5) as daemon:
        listener = daemon.client()
        fds = len(daemon.fds())
        flooder = daemon.client()
        catch_up([listener, flooder])
        flooder.say(*numbered(60))
        flooder.close()
        daemon.wait_fds(fds)
        listener.say(b"end")
        lines = listener.read_until(b"end")[:-1]
        assert lines == numbered(len(lines)) and lines
        listener.close()
