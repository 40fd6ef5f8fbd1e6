"""test_stop.py - how it ends: what is owed is flushed, each connection ends with FIN, status 0"""
import time

import pytest

from chatter import PATIENCE, SHORT, Client, catch_up, gather, push
from daemon import Daemon

SLACK = 4.0 if SHORT else 1.0


def test_sigterm_says_stopping_and_ends_every_connection_with_fin():
    with Daemon() as daemon:
        clients = gather(daemon.tcp, 5) + gather(daemon.unix, 5)
        catch_up(clients)
        begin = time.monotonic()
        daemon.terminate()
        for client in clients:
            assert client.read_to_end() == b""
        assert daemon.exit_status() == 0
        assert time.monotonic() - begin < SLACK, "it waited though nothing was owed"
        assert any("STOPPING=1" in message for _, message in daemon.messages)
        with pytest.raises(ConnectionRefusedError):
            Client(daemon.tcp)


def test_who_uses_commands_is_told_that_it_stops():
    with Daemon() as daemon:
        speaker, commander = gather(daemon.tcp, 2)
        commander.say(b"/ping")
        assert commander.read_line() == b"* pong"
        daemon.terminate()
        assert speaker.read_to_end() == b""
        last = commander.read_to_end()
        assert last.startswith(b"* ") and b"stop" in last and last.count(b"\n") == 1


@pytest.mark.parametrize("road", ["tcp", "unix"])
def test_what_is_owed_is_flushed_to_a_client_that_reads(road):
    """8 MB that lie in the log when the signal comes: more than the kernel holds for a client."""
    with Daemon(room_log_kib=16384, tune={"stop_ms": 10000 if SHORT else 1000}) as daemon:
        sender, late = gather(getattr(daemon, road), 2, rcvbuf=65536)
        data = b"".join(b"%07d " % i + b"x" * 91 + b"\n" for i in range(80000))
        sent = 0
        while sent < len(data):  # the sender reads as it goes, `late` does not
            sent += push(sender, data[sent:sent + 200000])
            while len(sender.buffer) < sent - 150000:
                sender.fill()
        assert sender.read_exactly(len(data)) == data  # all said
        daemon.terminate()
        assert late.read_to_end() == data
        assert daemon.exit_status() == 0


def test_a_client_that_never_reads_holds_the_stop_up_for_a_second_at_most():
    with Daemon(room_log_kib=16384) as daemon:
        sender, stuck = gather(daemon.tcp, 2, rcvbuf=65536)
        data = (b"y" * 999 + b"\n") * 8000
        sent = 0
        while sent < len(data):
            sent += push(sender, data[sent:sent + 200000])
            while len(sender.buffer) < sent - 150000:
                sender.fill()
        sender.read_exactly(len(data))
        begin = time.monotonic()
        daemon.terminate()
        assert daemon.exit_status() == 0
        assert time.monotonic() - begin < 1 + SLACK
        rest = stuck.read_to_end()  # what the kernel held, then FIN and no RST
        assert 0 < len(rest) <= len(data) and data.startswith(rest)


def test_fin_also_for_a_flooder_that_was_not_read():
    """Unread bytes in the daemon's socket would turn the end into a reset."""
    with Daemon(rate_lines=1, rate_burst=2) as daemon:
        with Client(daemon.tcp) as flooder:
            flooder.say(*(b"flood %d" % i for i in range(5000)))
            flooder.read_until(b"flood 1")
            daemon.terminate()
            assert set(flooder.read_to_end().splitlines()) <= {b"flood 2", b"flood 3", b"flood 4"}
            assert daemon.exit_status() == 0


def test_it_stops_in_the_middle_of_a_storm_of_comings():
    with Daemon() as daemon:
        clients = [Client(daemon.tcp) for _ in range(100)]
        for client in clients:
            client.send(b"half")
        daemon.terminate()
        assert daemon.exit_status() == 0
        for client in clients:
            client.close()


def test_echo_mode_stops_as_well():
    with Daemon(mode="echo") as daemon:
        with Client(daemon.tcp) as client, Client(daemon.tcp) as stuck:
            push(stuck, bytes(1 << 20), limit=100 << 20)
            client.send(b"x" * 5000)
            client.read_exactly(5000)
            begin = time.monotonic()
            daemon.terminate()
            assert client.read_to_end() == b""
            assert daemon.exit_status() == 0
            assert time.monotonic() - begin < 1 + SLACK


def test_a_second_sigterm_changes_nothing():
    with Daemon() as daemon:
        daemon.client()
        daemon.terminate()
        if daemon.process.poll() is None:
            daemon.terminate()
        assert daemon.exit_status(PATIENCE) == 0
