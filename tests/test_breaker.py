"""test_breaker.py - what would end the daemon again and again ends once"""
import os

import pytest

from chatter import Client, catch_up, gather
from manager import Service
from survivors import same_clients
from test_crash_points import CRASHING

STARTS = 5  # BREAKER_STARTS


@pytest.fixture(name="service")
def service_():
    with Service(command=[CRASHING], handlers=1) as service:
        yield service


def start_to_die(service, point):
    """The next life waits with that point armed."""
    service.next_env = {"MTCHATD_CRASH": f"{point}:1"}
    service.restart()


def test_poison_is_let_go(service):
    """What one client says kills each process that parses it: five times, then it is closed."""
    clients = gather(service.tcp, 3)
    start_to_die(service, "RENDERED")
    logged, lives = len(service.lines), service.lives
    service.before_start = lambda: service.lives < lives + STARTS - 1 and service.next_env.update(
        MTCHATD_CRASH="RENDERED:1")
    clients[0].say(b"poison")
    service.wait_life(lives + STARTS)
    service.before_start = None
    assert service.statuses[-STARTS:] == [-9] * STARTS
    service.wait_log("let go: what it sent has ended us five times", logged)
    assert clients.pop(0).read_to_end() == b""
    assert not any("new log" in line for line in service.lines), "the arena is not to blame"
    same_clients(clients)


def test_four_deaths_are_none_of_its_doing(service):
    """One that was in hand four times says its line at last."""
    clients = gather(service.tcp, 2)
    start_to_die(service, "RENDERED")
    lives = service.lives
    service.before_start = lambda: service.lives < lives + STARTS - 2 and service.next_env.update(
        MTCHATD_CRASH="RENDERED:1")
    clients[0].say(b"no poison")
    service.wait_life(lives + STARTS - 1)
    service.before_start = None
    for client in clients:
        assert client.read_line() == b"no poison"
    same_clients(clients)


@pytest.mark.parametrize("point", ["INHERITED", "REDONE", "RECONCILED", "DEALT", "READY"])
def test_a_loop_ends_with_a_new_log(service, point):
    """Five starts die at the same stage; the sixth begins anew, and nobody is hung up on."""
    clients = gather(service.tcp, 3)
    catch_up(clients)
    logged, lives = len(service.lines), service.lives
    service.before_start = lambda: service.lives < lives + STARTS and service.next_env.update(
        MTCHATD_CRASH=f"{point}:1")
    service.kill(wait=False)
    service.wait_life(lives + STARTS + 1, seconds=60)
    service.before_start = None
    told = point not in ("INHERITED",)  # before anything of it was used
    if told:
        service.wait_log("five starts in a row have failed", logged)
    clients[0].say(b"who is here")
    for client in clients:
        heard = client.read_until(b"who is here")
        assert heard[:-1] == ([b"", b"* lines may be missing here: the server began a new log"]
                              if told else []), heard
    same_clients(clients)


def test_kills_at_changing_stages_are_no_loop(service):
    clients = gather(service.tcp, 3)
    points = ["REDONE", "RECONCILED", "DEALT", "REDONE", "RECONCILED", "DEALT", "READY", "REDONE"]
    lives = service.lives
    service.before_start = lambda: service.lives - lives < len(points) and service.next_env.update(
        MTCHATD_CRASH=f"{points[service.lives - lives]}:1")
    service.kill(wait=False)
    service.wait_life(lives + len(points) + 1, seconds=60)
    service.before_start = None
    assert not any("new log" in line for line in service.lines)
    same_clients(clients)


def test_kills_in_service_are_no_loop():
    """Also of one whose handlers have nothing to do."""
    with Service(command=[CRASHING], handlers=3) as service:
        clients = gather(service.tcp, 1)
        for _ in range(2 * STARTS):
            service.kill()
            same_clients(clients)
        assert not any("new log" in line for line in service.lines)


def test_a_start_that_cannot_be_made_is_tried_again(service):
    """A bad command line ends no connection: it is mended, and all are there."""
    clients = gather(service.tcp, 2)
    good = service.command
    service.command = [CRASHING, "--no-such-option"]
    lives = service.lives
    service.kill(wait=False)
    service._wait(lambda: service.lives >= lives + 3 or None, "three more lives", 20)
    assert service.statuses[-1] == os.EX_TEMPFAIL
    service.command = good
    service.wait_life(lives + 4)
    same_clients(clients)
    with Client(service.tcp) as late:
        late.enter()
