"""test_survival.py - it never hangs up: kills and restarts cost no connection and no line"""
import os
import random
import signal

import pytest

from chaos import Crowd
from chatter import SHORT, Client, catch_up, gather, poll, short
from guests import Echoer
from manager import Service
from survivors import crowd_for, same_clients, strike, unread


@pytest.fixture(name="service")
def service_():
    with Service() as service:
        yield service


# Any end, and everybody stays

@pytest.mark.parametrize("number", [
    signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_a_crowd_notices_nothing(number):
    with Service() as service, crowd_for(service, churners=3) as crowd:
        crowd.add(2, stuck=(0.2, 0.2))
        crowd.gather()
        for _ in range(short(5)):
            crowd.run(random.uniform(0.02, 0.2))
            strike(service, crowd, number)
        crowd.run(0.2)
        verdict = crowd.finish()
        verdict.check()
        assert verdict.lines > 50 and verdict.pongs and service.lives == 1 + short(5)
        if not SHORT:  # a sanitizer catches some of them
            expected = 0 if number == signal.SIGTERM else -number
            assert set(service.statuses) == {expected}


def test_reconnected_to_nobody_a_quiet_client_is_just_there(service):
    clients = gather(service.tcp, 3) + gather(service.unix, 3)
    for end in (service.restart, service.kill, service.kill, service.restart):
        end()
        same_clients(clients)
    assert all(client.silent(0.05) for client in clients), "text clients are told nothing"


def test_five_kills_in_quick_succession():
    """Each as soon as the next process is there, ready or not."""
    with Service() as service, crowd_for(service, churners=2) as crowd:
        crowd.gather()
        crowd.run(0.1)
        for _ in range(5):
            lives = service.lives
            service.kill(wait=False)
            crowd.mark()
            crowd.run(until=lambda: service.lives > lives)
        crowd.run(until=lambda: service.ready_life == service.lives)
        crowd.run(0.2)
        crowd.finish().check()
        assert service.lives == 6


def test_kills_at_any_moment_of_a_start():
    with Service() as service, crowd_for(service) as crowd:
        crowd.gather()
        for step in range(short(30)):
            lives = service.lives
            service.kill(wait=False)
            crowd.mark()
            crowd.run(until=lambda: service.lives > lives)
            crowd.run(step * 0.0005)
            service.kill(wait=False)
            crowd.mark()
            if step % 3 == 2:  # now and then one lives long enough to serve
                crowd.run(until=lambda: service.ready_life > lives + 1)
                crowd.run(0.02)
        crowd.run(until=lambda: service.ready_life == service.lives)
        crowd.run(0.2)
        crowd.finish().check()


def test_echo_mode_gives_back_every_byte():
    with Service(mode="echo") as service, Crowd(lambda: Client(service.tcp).sock) as crowd:
        crowd.add(10, kind=Echoer)
        for _ in range(short(10)):
            crowd.run(random.uniform(0.01, 0.1))
            strike(service, crowd, random.choice([signal.SIGKILL, signal.SIGTERM]))
        crowd.run(0.1)
        verdict = crowd.finish()
        verdict.check()
        assert verdict.deliveries > 10


# In the middle of something

@pytest.mark.parametrize("end", ["kill", "restart"])
@pytest.mark.parametrize("road", ["tcp", "unix"])
def test_half_a_line_and_its_rest(service, end, road):
    near, far = gather(getattr(service, road), 2)
    catch_up([near, far])
    near.send(b"the first half, ")
    poll(lambda: unread(near) == 0, "the half is there")
    getattr(service, end)()
    assert far.silent(0.05)
    near.send(b"and the second\n")
    for client in (near, far):
        assert client.read_line() == b"the first half, and the second"


@pytest.mark.parametrize("size", [1, 63, 64, 65, 2000, 4096])
def test_halves_of_every_size(service, size):
    near, far = gather(service.tcp, 2)
    catch_up([near, far])
    line = bytes(97 + i % 26 for i in range(size))
    for cut in sorted({1, size // 2, size - 1} & set(range(1, size))):
        near.send(line[:cut])
        service.kill()
        near.send(line[cut:] + b"\n")
        assert far.read_line() == line and near.read_line() == line


def test_a_line_that_is_too_long_over_a_kill(service):
    near, far = gather(service.tcp, 2)
    catch_up([near, far])
    near.send(b"x" * 5000)
    service.kill()
    near.send(b"y" * 213 + b"\nnext\n")
    assert near.read_line() == b"* line too long (5213 > 4096 bytes), not sent"
    assert near.read_line() == far.read_line() == b"next"


def flood(talker, reader_of_all, size):
    """Fill what the kernel holds for those who do not read; the log keeps the rest."""
    lines = [b"%06d " % i + b"f" * 900 for i in range(size // 908)]
    for at in range(0, len(lines), 100):
        talker.say(*lines[at:at + 100])
        for client in {talker, reader_of_all}:
            assert client.read_lines(len(lines[at:at + 100])) == lines[at:at + 100]
    return lines


def test_an_answer_that_is_owed():
    """A reader is stuck, its pong waits in the daemon: it comes, once, in its place."""
    with Service(room_log_kib=16384) as service:
        talker, stuck = gather(service.tcp, 2, rcvbuf=65536)
        catch_up([talker, stuck])
        before = flood(talker, talker, 8 << 20)
        stuck.say(b"/ping owed")
        poll(lambda: unread(stuck) == 0, "the question is received")
        talker.say(b"a barrier")
        assert talker.read_line() == b"a barrier"
        service.kill()
        service.restart()
        talker.say(b"after")
        lines = stuck.read_until(b"after")
        assert [line for line in lines if not line.startswith(b"* ")] == \
            before + [b"a barrier", b"after"]
        assert [line for line in lines if line.startswith(b"* ")] == [b"* pong owed"]
        assert lines.index(b"* pong owed") >= len(before)


def test_a_half_closed_client_gets_its_rest_and_then_fin():
    with Service(room_log_kib=16384) as service:
        talker, leaver = gather(service.tcp, 2, rcvbuf=65536)
        catch_up([talker, leaver])
        before = flood(talker, talker, 8 << 20)
        leaver.send(b"my last words")  # no LF
        leaver.half_close()
        assert talker.read_line() == b"my last words"
        service.kill()
        assert leaver.read_to_end().splitlines() == before + [b"my last words"]
        same_clients([talker, service.client()])


def test_what_was_said_by_one_who_left_while_it_was_down(service):
    listener, *leavers = gather(service.tcp, 4) + gather(service.unix, 1)
    catch_up([listener, *leavers])
    with service.down():
        for number, leaver in enumerate(leavers):
            leaver.send(b"goodbye from %d" % number + (b"\n" if number % 2 else b""))
            if number == 0:
                leaver.half_close()
            else:
                leaver.close()
    assert sorted(listener.read_lines(4)) == [b"goodbye from %d" % i for i in range(4)]
    assert listener.silent(0.05)
    assert leavers[0].read_to_end().endswith(b"goodbye from 0\n")


def test_a_reset_while_it_was_down_with_data_unread(service):
    listener, leaver = gather(service.tcp, 2)
    catch_up([listener, leaver])
    with service.down():
        leaver.send(b"last words\n")
        poll(lambda: unread(leaver) == 0, "they are acknowledged")
        leaver.reset()
    assert listener.read_line() == b"last words"
    same_clients([listener, service.client()])
    service.kill()
    same_clients([listener])


def test_connections_made_in_the_gap_wait_and_are_served(service):
    old = service.client()
    with service.down():
        waiting = [Client(service.tcp) for _ in range(20)]
        for client in waiting:
            client.say(b"in the gap")
    catch_up([old, *(client.enter() for client in waiting)])


# The Unix socket

def test_unix_clients_hear_everything_exactly_once_over_restarts():
    with Service() as service, crowd_for(service) as crowd:
        crowd.add(4, connect=lambda: Client(service.unix).sock)
        crowd.add(2, connect=lambda: Client(service.unix).sock, talks=True)
        crowd.gather()
        for _ in range(short(10)):
            crowd.run(random.uniform(0.02, 0.1))
            strike(service, crowd, signal.SIGTERM)
        crowd.run(0.1)
        crowd.finish().check()


def test_unix_clients_may_hear_a_stretch_twice_after_a_crash_and_lose_nothing():
    with Service() as service, crowd_for(service) as crowd:
        crowd.add(4, connect=lambda: Client(service.unix).sock, twice_ok=True)
        crowd.add(2, connect=lambda: Client(service.unix).sock, talks=True, twice_ok=True)
        crowd.gather()
        for _ in range(short(10)):
            crowd.run(random.uniform(0.02, 0.1))
            strike(service, crowd)
        crowd.run(0.1)
        crowd.finish().check()


@pytest.mark.parametrize("end", ["kill", "restart"])
def test_the_socket_file_that_vanished_is_there_again(service, end):
    """A runtime directory is emptied between two lives."""
    old = gather(service.unix, 1)
    service.before_start = lambda: os.unlink(service.unix)
    getattr(service, end)()
    service.before_start = None
    same_clients(old + gather(service.unix, 1) + gather(service.tcp, 1))
    getattr(service, end)()
    same_clients(old + gather(service.unix, 1))
    inode = os.stat(service.unix).st_ino
    service.kill()
    assert os.stat(service.unix).st_ino == inode, "one that is ours is left alone"
