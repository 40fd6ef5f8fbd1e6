"""test_echo.py - mode = "echo": everybody gets their own bytes back, unchanged"""
import random

import pytest

from chatter import Client, Streams, push, short
from daemon import Daemon

MIB = 1 << 20


@pytest.fixture(scope="module", name="daemon")
def one_daemon():
    with Daemon(mode="echo") as daemon:
        yield daemon


def in_odd_pieces(data, seed):
    rng, at = random.Random(seed), 0
    while at < len(data):
        size = rng.choice([1, 10, 99, 100, 101, 1000, 30000, 100000])
        yield data[at:at + size]
        at += size


def test_nothing_is_interpreted(daemon):
    data = b"/quit\n/ping x\r\n\xff\xfb\x01\0\x1b[2J\xc3" + b"x" * 9000 + b"\n\n//x\n* y\n"
    with Client(daemon.tcp) as client:
        client.send(data)
        assert client.read_exactly(len(data)) == data


def test_a_single_byte_comes_back_without_lf(daemon):
    with Client(daemon.tcp) as client:
        for byte in b"\n\0a\xff":
            client.send(bytes([byte]))
            assert client.read_exactly(1) == bytes([byte])


def test_nobody_hears_another(daemon):
    with Client(daemon.tcp) as a, Client(daemon.tcp) as b:
        a.send(b"for a\n")
        b.send(b"for b\n")
        assert a.read_exactly(6) == b"for a\n"
        assert b.read_exactly(6) == b"for b\n"
        assert a.silent(0.1) and b.silent(0.1)


@pytest.mark.parametrize("road", ["tcp", "unix"])
def test_after_a_half_close_the_rest_is_echoed_then_closed(daemon, road):
    data = random.Random(1).randbytes(200000)
    got = bytearray()
    with Client(getattr(daemon, road)) as client:
        streams = Streams(lambda _, some: got.extend(some), finish=True)
        streams.add(client, [data])
        streams.run(lambda: False)  # to the end of the stream
        assert bytes(got) == data


def test_twenty_at_once_beside_one_that_never_reads():
    size = short(4 * MIB)
    with Daemon(mode="echo") as daemon:
        before = daemon.rss()
        stuck = Client(daemon.tcp, rcvbuf=65536)
        stuck_data = random.Random(99).randbytes(MIB + 7)
        sent = push(stuck, stuck_data, limit=100 * MIB)
        assert sent < 100 * MIB, "it was read on and on"
        data = {Client(daemon.tcp): random.Random(i).randbytes(size + i) for i in range(20)}
        got = {client: bytearray() for client in data}
        streams = Streams(lambda client, some: got[client].extend(some), finish=True)
        for i, client in enumerate(data):
            streams.add(client, in_odd_pieces(data[client], i))
        streams.run(lambda: False)
        for client in data:
            assert bytes(got[client]) == data[client]
            client.close()
        assert daemon.rss() - before < 64 * MIB
        wanted = (stuck_data * (sent // len(stuck_data) + 1))[:sent]
        stuck.half_close()
        assert stuck.read_to_end() == wanted  # and now it reads
        stuck.close()


def test_one_that_never_reads_costs_no_cpu():
    with Daemon(mode="echo") as daemon:
        stuck = Client(daemon.tcp, rcvbuf=65536)
        push(stuck, bytes(MIB), limit=100 * MIB)
        stuck.half_close()
        used = daemon.cpu()
        with Client(daemon.tcp) as client:
            for _ in range(50):
                client.send(b"x")
                client.read_exactly(1)
                assert client.silent(0.02)
        assert daemon.cpu() - used < 0.3
        stuck.close()
