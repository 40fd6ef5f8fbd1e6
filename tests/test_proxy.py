"""test_proxy.py - who comes by a balancer has the address that the balancer tells"""
import signal

import pytest

from balancer import SIGNATURE, Proxied, local, version1, version2
from chatter import Client, gather, poll
from daemon import Daemon
from manager import Service

BALANCER = "127.0.0.2"
TELLS = b"* no PROXY header came, and from here one has to come first\n"
FOREIGN = b"* this looks like PROXY; here one talks in lines of text\n"
ALICE, NEIGHBOUR, OTHER = "2001:db8:0:1::a", "2001:db8:0:1:ffff::b", "2001:db8:0:2::a"


@pytest.fixture(scope="module", name="daemon")
def one_daemon():
    with Daemon(proxy=[BALANCER, "127.1.0.0/16"],
                tune={"proxy_wait_ms": 60000, "visit_ms": 0}) as daemon:
        yield daemon


def connect(daemon, *pieces, source=BALANCER):
    client = Client(daemon.tcp, source=source)
    for piece in pieces:
        client.send(piece)
    return client


@pytest.mark.parametrize("header, address", [
    (version1("203.0.113.7"), "203.0.113.7:4711"),
    (version1("2001:db8::7", 65535), "[2001:db8::7]:65535"),
    (version2("203.0.113.8", 1), "203.0.113.8:1"),
    (version2("2001:db8::8"), "[2001:db8::8]:4711"),
    (version2("203.0.113.9", tlvs=b"\x04\0\x04abcd" + b"\x20\0\x0a" + b"\n" * 10),
     "203.0.113.9:4711"),
    (version2("203.0.113.10", tlvs=b"\x05\x0f\x00" + b"/" * 3840), "203.0.113.10:4711"),
    (version2("::ffff:203.0.113.11"), "203.0.113.11:4711")])
@pytest.mark.parametrize("how", ["whole", "bytes", "with a line"])
def test_the_address_that_is_told(daemon, header, address, how):
    logged = len(daemon.lines)
    pieces = {"whole": [header, b"hi\n"], "with a line": [header + b"hi\n"],
              "bytes": [header[at:at + 1] for at in range(min(len(header), 200))]
              + [header[200:], b"hi\n"]}[how]
    with connect(daemon, *pieces) as client:
        assert client.read_line() == b"hi"
        daemon.wait_log("client %s connected" % address.replace("[", r"\[").replace("]", r"\]"),
                        logged)
        client.say(b"/name alice", b"/ping x")
        assert client.read_lines(2) == [b"* you are alice now", b"* pong x"]
        client.half_close()
        assert client.read_to_end() == b""
        daemon.wait_log("client %s left: closed" % address.replace("[", r"\[").replace(
            "]", r"\]"), logged)


@pytest.mark.parametrize("header", [b"PROXY UNKNOWN\r\n", b"PROXY UNKNOWN ffff::1 x 1 2\r\n",
                                    local(), local(b"\x04\0\1x"),
                                    SIGNATURE + b"\x21\0\0\0", SIGNATURE + b"\x21\x31\0\0"])
def test_a_balancer_that_tells_nobody_speaks_for_itself(daemon, header):
    logged = len(daemon.lines)
    with connect(daemon, header, b"hi\n") as client:
        assert client.read_line() == b"hi"
        port = client.sock.getsockname()[1]
        daemon.wait_log(f"client {BALANCER}:{port} connected", logged)


@pytest.mark.parametrize("first", [
    b"hi\n", b"/name alice\n", b"PROXY\r\n", b"PROXY \r\n", b"PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
    b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n", b"PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n",
    b"PROXY TCP4 ::1 ::1 1 2\r\n", b"PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n",
    b"PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n", b"PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
    b"PROXY UNKNOWN " + b"x" * 100 + b"\r\n", b"PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n",
    SIGNATURE + b"\x11\x11\0\x0c", SIGNATURE + b"\x22\x11\0\x0c", b"\r\n\r\nhi\n",
    SIGNATURE + b"\x21\x12\0\x0c" + b"x" * 12, SIGNATURE + b"\x21\x11\0\x0b" + b"x" * 11,
    SIGNATURE + b"\x21\x21\0\x23" + b"x" * 35, SIGNATURE + b"\x21\x11\xff\xff",
    b"GET / HTTP/1.1\r\n\r\n"])
def test_who_begins_otherwise_is_turned_away(daemon, first):
    logged = len(daemon.lines)
    with gather(daemon.tcp, 1)[0] as other:
        with connect(daemon, first) as client:
            port = client.sock.getsockname()[1]
            assert client.read_to_end() == TELLS
        daemon.wait_log(f"refused a connection of the proxy {BALANCER}:{port}: "
                        "what came first is no PROXY header", logged)
        other.say(b"/who")
        assert other.read_line() == b"* 1 here: nobody has a name"


def test_one_that_ends_too_early(daemon):
    logged = len(daemon.lines)
    with connect(daemon, version1("203.0.113.7")[:20]) as client:
        client.half_close()
        assert client.read_to_end() == TELLS
    daemon.wait_log("it ended in the midst of the PROXY header", logged)


def test_one_that_comes_and_goes_is_no_news(daemon):
    """A balancer that looks whether somebody listens."""
    logged = len(daemon.lines)
    for how in "close", "reset":
        getattr(connect(daemon), how)()
    with connect(daemon, version1("203.0.113.77")) as client:
        client.enter()
        daemon.wait_log("client 203.0.113.77:4711 connected", logged)
    assert not any("proxy" in line for line in daemon.lines[logged:])


def test_from_elsewhere_it_is_a_strangers_word(daemon):
    for source, answer in [("127.0.0.3", FOREIGN), ("127.1.2.3", b"")]:
        with connect(daemon, version1("203.0.113.7"), source=source) as client:
            client.half_close()
            assert client.read_to_end() == answer


def test_what_comes_behind_is_a_first_line(daemon):
    with connect(daemon, version2("203.0.113.7") + b"POST / HTTP/1.1\r\n\r\n/name x\n") as client:
        assert client.read_to_end().startswith(b"HTTP/1.1 400 ")
    with connect(daemon, version2("203.0.113.7"), version1("203.0.113.8")) as client:
        assert client.read_to_end() == FOREIGN


def test_waiting_has_an_end():
    with Daemon(proxy=BALANCER, tune={"proxy_wait_ms": 200}, max_clients=1) as daemon:
        with connect(daemon, b"PROXY ") as slow, Client(daemon.tcp) as other:
            other.enter()  # the only place is free
            assert slow.read_to_end() == TELLS
            daemon.wait_log("no PROXY header came in time")


def test_so_many_wait_and_no_more():
    with Daemon(proxy=BALANCER, tune={"proxy_wait_ms": 60000, "proxy_waits_max": 3}) as daemon:
        waiting = [connect(daemon, b"PROXY ") for _ in range(3)]
        with connect(daemon, version1("203.0.113.7"), b"hi\n") as client:
            assert client.read_line() == b"hi"
        assert waiting[0].read_to_end() == TELLS
        for client in waiting[1:]:
            client.send(b"UNKNOWN\r\nhi\n")
            assert client.read_line() == b"hi"
        for client in waiting:
            client.close()


def test_addresses_are_counted_as_told():
    """Of IPv6 by the /64; a new process counts those that were there."""
    full = b"* too many connections from your /64 network (2 of 2), try again later\n"
    with Service(proxy=BALANCER, max_per_address=2) as service:
        def refused(source):
            with Proxied(service.tcp, source) as late:
                return late.read_to_end()
        clients = [Proxied(service.tcp, source) for source in (ALICE, NEIGHBOUR)]
        for client in clients:
            client.enter()
        for end in None, signal.SIGKILL, signal.SIGTERM:
            if end:
                service.kill(end)
            assert refused(ALICE) == refused("2001:db8:0:1::c") == full
            with Proxied(service.tcp, OTHER) as other:
                other.enter()
        clients.pop().close()

        def again():
            client = Proxied(service.tcp, "2001:db8:0:1::d")
            try:
                clients.append(client.enter())
                return True
            except EOFError:
                client.close()
                return False
        poll(again, "a place is free")
        assert refused(ALICE) == full
        clients += [Proxied(service.tcp, "203.0.113.7", header=version1).enter()
                    for _ in range(2)]
        assert refused("203.0.113.7").startswith(b"* too many connections from your address (2")
        for client in clients:
            client.close()


def test_reload():
    with Daemon() as daemon:
        with connect(daemon, b"hi\n") as client:
            assert client.read_line() == b"hi"
            daemon.reload(proxy=BALANCER)
            with connect(daemon, version1("203.0.113.7") + b"ho\n") as late:
                assert late.read_line() == b"ho" and client.read_line() == b"ho"
            daemon.reload(proxy=None)
            client.say(b"still here")
            client.read_until(b"still here")
            with connect(daemon, b"again\n") as late:
                assert late.read_line() == b"again"


@pytest.mark.parametrize("pieces", [1, 5])
def test_echo_mode(pieces):
    header = version2("203.0.113.7")
    with Daemon(mode="echo", proxy=BALANCER) as daemon:
        whole = header + b"POST / HTTP/1.1\n"
        step = len(whole) // pieces + 1
        with connect(daemon, *(whole[at:at + step] for at in range(0, len(whole), step))) as client:
            assert client.read_exactly(16) == b"POST / HTTP/1.1\n"
            client.send(b"more")
            assert client.read_exactly(4) == b"more"
            client.half_close()
            assert client.read_to_end() == b""
        daemon.wait_log("client 203.0.113.7:4711 left: closed")


# Whatever becomes of the process

@pytest.mark.parametrize("mode", ["broadcast", "echo"])
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("cut", [0, 1, 20, 28])
def test_a_header_over_the_end_of_a_process(end, cut, mode):
    header = version2("203.0.113.7")
    with Service(proxy=BALANCER, mode=mode, tune={"visit_ms": 0}) as service:
        with connect(service, header[:cut]) as client:
            if cut == len(header):
                service.wait_log("client 203.0.113.7:4711 connected")
            else:  # it is accepted by then
                with connect(service, version1("203.0.113.8") + b"x\n", source=BALANCER) as other:
                    assert other.read_line() == b"x"
            service.kill(end)
            client.send(header[cut:] + b"hi\n")
            client.read_until(b"hi")
            service.wait_log("client 203.0.113.7:4711 connected")
            service.kill(end)
            client.send(b"there\n")
            assert client.read_line() == b"there"
        service.wait_log("client 203.0.113.7:4711 left: closed")
