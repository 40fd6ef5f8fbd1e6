"""test_order.py - many talk at once: every line whole and to everybody, one order for all"""
import random
import threading

import pytest

from chatter import Client, Streams, catch_up, gather, short
from daemon import Daemon

CLIENTS, SENDERS, LINES = 40, 10, short(300)


def lines_of(sender):
    """Its lines: of very different lengths, each telling whose and which it is."""
    rng = random.Random(sender)
    return [b"s%d-%d " % (sender, i) + bytes(rng.choices(b"abcdefgh ", k=int(rng.paretovariate(0.7))
            % 900)) + b"." for i in range(LINES)]


def in_odd_pieces(data, seed):
    rng, at = random.Random(seed), 0
    while at < len(data):
        size = rng.choice([1, 2, 3, 7, 50, 99, 100, 101, 400, 1500])
        yield data[at:at + size]
        at += size


@pytest.mark.parametrize("tune, settings", [
    ({}, {}),
    ({}, {"handlers": 1}),
    ({"split_members": 8}, {"handlers": 3}),  # the room is dealt out to all three
    ({}, {"handlers": 2, "room_log_kib": 256}),
], ids=["default", "one-handler", "three-handlers", "small-log"])
def test_forty_clients_see_one_order(tune, settings):
    with Daemon(tune=tune, **settings) as daemon:
        clients = gather(daemon.tcp, CLIENTS)
        said = {i: lines_of(i) for i in range(SENDERS)}
        total = sum(len(line) + 1 for lines in said.values() for line in lines)
        seen = {client: bytearray() for client in clients}
        streams = Streams(lambda client, data: seen[client].extend(data))
        for i, client in enumerate(clients):
            streams.add(client, in_odd_pieces(b"\n".join(said[i]) + b"\n", i)
                        if i < SENDERS else None)
        streams.run(lambda: all(len(data) >= total for data in seen.values()))
        first = seen[clients[0]]
        assert len(first) == total
        assert all(data == first for data in seen.values())
        per_sender = {i: [] for i in range(SENDERS)}
        for line in bytes(first).split(b"\n")[:-1]:
            per_sender[int(line[1:line.index(b"-")])].append(line)
        assert per_sender == said
        for client in clients:
            client.close()


def test_one_order_over_all_roads():
    """IPv4, IPv6 and the Unix socket lead into the same room."""
    with Daemon(listen=["127.0.0.1", "::1"]) as daemon:
        roads = [daemon.tcp, ("::1", daemon.settings["port"]), daemon.unix]
        clients = [gather(road, 1)[0] for road in roads]
        catch_up(clients)
        count, threads = short(1000), []
        for index, client in enumerate(clients):
            data = b"".join(b"%d:%d\n" % (index, i) for i in range(count))
            threads.append(threading.Thread(target=client.send, args=(data,)))
        for thread in threads:
            thread.start()
        heard = [client.read_lines(3 * count) for client in clients]
        for thread in threads:
            thread.join()
        assert heard[0] == heard[1] == heard[2]
        for index in range(3):
            assert [line for line in heard[0] if line.startswith(b"%d:" % index)] == [
                b"%d:%d" % (index, i) for i in range(count)]


def test_who_comes_later_sees_what_is_said_from_then_on():
    with Daemon() as daemon:
        early = gather(daemon.tcp, 1)[0]
        early.say(*(b"before %d" % i for i in range(100)))
        early.read_until(b"before 99")
        with Client(daemon.tcp) as late:
            late.say(b"hello")
            assert late.read_line() == b"hello"
            early.say(b"after")
            assert late.read_line() == b"after"
