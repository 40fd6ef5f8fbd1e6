"""test_limits.py - a full house, a full address, no descriptors left, comings and goings"""
import re
import resource

import pytest

from chatter import Client, catch_up, gather, poll, short
from daemon import Daemon

FULL = b"* server full (3 of 3), try again later\n"


@pytest.fixture(name="full")
def full_house():
    """A daemon with three places, all taken."""
    with Daemon(max_clients=3) as daemon:
        daemon.inside = gather(daemon.tcp, 3)
        yield daemon
        for client in daemon.inside:
            client.close()


def entered(where):
    """A client that got in, or None if it was refused."""
    client = Client(where)
    try:
        return client.enter()
    except (EOFError, ConnectionError):
        client.close()
        return None


@pytest.mark.parametrize("road", ["tcp", "unix"])
def test_the_client_too_many_is_told_and_sees_a_clean_end(full, road):
    for _ in range(5):
        with Client(getattr(full, road)) as late:
            assert late.read_to_end() == FULL
    catch_up(full.inside)


@pytest.mark.parametrize("size", [10, 100000, 1 << 20])
def test_it_is_told_also_when_it_sends_first(full, size):
    """What it sent is drained, so that no reset eats the line."""
    with Client(full.tcp) as late:
        try:
            late.send(b"hello, is anybody there?\n"[:10] * (size // 10))
        except OSError as error:
            pytest.fail(f"cut off while it sent: {error}")
        assert late.read_to_end() == FULL
    full.inside[0].say(b"end")
    assert full.inside[1].read_line() == b"end"  # nothing of it was said


def test_it_is_told_also_when_it_has_ended_already(full):
    with Client(full.tcp) as late:
        late.send(b"hi\n")
        late.half_close()
        assert late.read_to_end() == FULL


def test_many_too_many_at_once(full):
    late = [Client(full.tcp) for _ in range(short(200))]
    for client in late:
        assert client.read_to_end() == FULL
        client.close()
    catch_up(full.inside)


def test_refused_ones_that_stay_hold_no_place_and_stop_nobody(full):
    """They neither read nor close: their number and their time are bounded."""
    fds = len(full.fds())
    late = [Client(full.tcp) for _ in range(short(300))]
    catch_up(full.inside)
    full.wait_fds(fds)
    for client in late:
        client.close()


@pytest.mark.parametrize("leave", ["close", "reset", "half_close"])
def test_a_place_is_free_again(full, leave):
    gone = full.inside.pop()
    getattr(gone, leave)()
    if leave == "half_close":
        assert gone.read_to_end() == b""
    full.inside.append(poll(lambda: entered(full.tcp), "a place is free"))
    with Client(full.tcp) as late:
        assert late.read_to_end() == FULL
    gone.close()


def test_a_place_is_free_when_a_peer_that_ended_does_not_take_the_rest():
    with Daemon(tune={"linger_ms": 300}, room_log_kib=16384) as daemon:
        stays = daemon.client()
        fds = len(daemon.fds())
        stuck = daemon.client(rcvbuf=65536)
        for _ in range(800):  # 8 MB: more than the kernel takes for it, less than the log holds
            stays.say(*[b"x" * 999] * 10)
            stays.read_until(b"x" * 999)
        assert len(daemon.fds()) == fds + 1  # it may take its time
        stuck.half_close()
        daemon.wait_fds(fds)
        stuck.close()


def test_a_thousand_places_are_a_thousand():
    count = short(1000)
    with Daemon(max_clients=count) as daemon:
        clients = [Client(daemon.unix) for _ in range(count)]
        clients[-1].enter()
        with Client(daemon.tcp) as late:
            assert late.read_to_end() == (
                b"* server full (%d of %d), try again later\n" % (count, count))
        for client in clients:
            client.close()


def test_max_per_address_has_words_of_its_own():
    with Daemon(max_per_address=2) as daemon:
        clients = gather(daemon.tcp, 2)
        with Client(daemon.tcp) as third:
            line = third.read_to_end()
        assert re.fullmatch(rb"\* [^\n]*\b2\b[^\n]*\n", line) and b"server full" not in line
        elsewhere = Client(daemon.tcp, source="127.0.0.2").enter()
        locals_ = gather(daemon.unix, 5)  # which have no address
        clients.pop().close()
        clients.append(poll(lambda: entered(daemon.tcp), "the address has a place again"))
        for client in clients + locals_ + [elsewhere]:
            client.close()


def test_max_clients_of_half_the_descriptors_is_not_clamped():
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
    with Daemon(preexec=few, max_clients=512) as daemon:
        clients = [Client(daemon.unix) for _ in range(512)]
        clients[-1].enter()
        with Client(daemon.tcp) as late:
            assert late.read_to_end() == b"* server full (512 of 512), try again later\n"
        for client in clients:
            client.close()


def test_max_clients_beyond_half_the_descriptors_is_clamped_and_told():
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, 512))
    with Daemon(preexec=few, max_clients=5000) as daemon:
        numbers = [int(word) for word in
                   re.findall(r"\b\d+\b", daemon.wait_log(r"max_clients.*\b5000\b"))]
        most = min(numbers)
        assert 0 < most <= 256
        clients = [Client(daemon.unix) for _ in range(most)]
        clients[-1].enter()
        with Client(daemon.tcp) as late:
            assert late.read_to_end() == (
                b"* server full (%d of %d), try again later\n" % (most, most))
        for client in clients:
            client.close()


def test_the_soft_descriptor_limit_is_raised():
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 4096))
    with Daemon(preexec=few, max_clients=300) as daemon:
        clients = [Client(daemon.tcp) for _ in range(300)]
        clients[-1].enter()
        for client in clients:
            client.close()


def test_without_descriptors_the_listener_pauses_and_goes_on():
    with Daemon() as daemon:
        inside = gather(daemon.tcp, 3)
        daemon.limit_fds(max(daemon.fds()) + 3)
        waiting = [Client(daemon.tcp) for _ in range(40)]
        for client in waiting:
            client.say(b"let me in")
        inside[0].read_line()  # some had room still
        used = daemon.cpu()
        for client in waiting[-5:]:
            assert client.silent(0.2)  # neither in nor refused
        assert daemon.cpu() - used < 0.2, "the listener spins"
        inside[0].say(b"the chat goes on")
        inside[1].read_until(b"the chat goes on")
        for index, client in enumerate(waiting):  # each that leaves makes room for one
            if client.read_line():
                client.close()
        for client in inside:
            client.close()


def test_two_thousand_joins_and_leaves_leak_no_descriptor():
    with Daemon() as daemon:
        with daemon.client() as stays:
            before = len(daemon.fds())
            leave = ["close", "reset", "half_close"]
            for turn in range(short(2000) // 20):
                group = [Client(daemon.unix if turn % 4 == 3 else daemon.tcp) for _ in range(20)]
                for index, client in enumerate(group):
                    client.say(b"%d-%d" % (turn, index))
                for index, client in enumerate(group):
                    assert b"%d-%d" % (turn, index) in client.read_until(b"%d-%d" % (turn, index))
                    getattr(client, leave[(turn + index) % 3])()
                stays.read_lines(20)
                for client in group:
                    client.close()
            daemon.wait_fds(before)
            assert len(daemon.fds()) == before
            stays.say(b"end")
            assert stays.read_line() == b"end"
