"""test_visits.py - who comes and goes is told, but for silent visits, as checks of health make them"""
import pytest

from chatter import Client
from daemon import Daemon
from manager import Service


def place(client):
    """Its address as the log has it; %s is what happened to it."""
    host, port = client.sock.getsockname()[:2]
    return rf"client {host}:{port} %s"


def visit(where, leave=Client.close):
    """Come and go in silence: the address."""
    client = Client(where)
    address = place(client)
    leave(client)
    if leave == Client.half_close:  # the daemon sees it go
        assert client.read_to_end() == b""
        client.close()
    return address


def told(daemon, address):
    return [line for line in daemon.lines if any(
        line.endswith(address % what) or address % what in line for what in ("connected", "left"))]


@pytest.mark.parametrize("mode", ["broadcast", "echo"])
@pytest.mark.parametrize("leave", [Client.half_close, Client.reset])
def test_a_silent_visit_is_told_only_where_all_is(mode, leave):
    with Daemon(mode=mode, handlers=1, log_level="info") as daemon:
        silent = [visit(daemon.tcp, leave) for _ in range(5)]
        with daemon.client() as client:
            loud = place(client)
            client.half_close()
            client.read_to_end()
        daemon.wait_log(loud % "left")  # by the same thread, after the others
        assert len(told(daemon, loud)) == 2, "who speaks is told at once when it goes"
        assert not any(told(daemon, address) for address in silent)
        daemon.reload(log_level="debug")
        address = visit(daemon.tcp, leave)
        daemon.wait_log(address % "left")
        assert [line.split()[-1] for line in told(daemon, address)][0] == "connected"
        assert len(told(daemon, address)) == 2


def test_one_that_is_said_something_to_is_told():
    with Daemon(handlers=1) as daemon, daemon.client() as speaker, Client(daemon.tcp) as client:
        while not client.buffer:  # until it is in the room
            speaker.say(b"hello")
            speaker.read_line()
            client.sock.settimeout(0.05)
            try:
                client.fill()
            except TimeoutError:
                pass
        address = place(client)
        client.close()
        daemon.wait_log(address % "left")
        assert len(told(daemon, address)) == 2


def test_one_that_stays_is_told_while_it_is_there():
    with Daemon(tune={"visit_ms": 100}) as daemon, Client(daemon.tcp) as first:
        daemon.wait_log(place(first) % "connected")
        with Client(daemon.tcp) as second:
            daemon.wait_log(place(second) % "connected")
        assert not any("left" in line for line in told(daemon, place(first)))


def test_one_that_goes_to_another_handler_is_told():
    with Daemon(handlers=2, tune={"split_members": 1}) as daemon, \
            daemon.client() as client, daemon.client() as other:
        for number in range(4):
            client.say(b"/join room%d" % number, b"there")
            client.read_until(b"there")
            other.say(b"/join else%d" % number, b"there")
            other.read_until(b"there")
        for one in (client, other):
            address = place(one)
            one.half_close()
            one.read_to_end()
            daemon.wait_log(address % "left")
            assert len(told(daemon, address)) == 2


def test_a_crash_loses_no_record():
    with Service(tune={"visit_ms": 1000}) as service, Client(service.tcp) as client:
        client.enter()
        service.kill()
        service.wait_log(place(client) % "connected")
        client.enter()  # by then it is noted that it was told
        service.kill()
        client.enter()
        address = place(client)
        client.half_close()
        client.read_to_end()
        service.wait_log(address % "left")
        assert len(told(service, address)) == 2, "nor is one written twice"
