"""test_client_dead.py - mtchat on a link that is dead and does not say so, and what it does then"""
import contextlib
import re
import time

import pytest

from chatter import poll
from daemon import Daemon
from jsonl import Json
from proxy import Proxy
from seat import CLOCK, Seat, said, sayings
from stage import Stage


@contextlib.contextmanager
def behind_proxy(config="", **settings):
    with Daemon(**settings) as daemon, Proxy(daemon.tcp) as proxy, \
            Seat(proxy.tcp, "-n", "alice", config=config) as seat:
        seat.prompt("lobby alice>")
        yield daemon, proxy, seat


# One's own line does not come back

def test_a_line_that_nothing_acknowledges():
    """Asked after 3 seconds, given up 4 later, whatever the timeout; and said once."""
    with behind_proxy(config="timeout = 600;\n") as (daemon, proxy, alice), \
            Json(daemon.tcp, name=b"bob") as bob:
        sayings(bob)
        proxy.lose_packets()
        begin = time.monotonic()
        alice.enter("is anybody there?")
        back = alice.sees(CLOCK + r"\* back after (\d+) s, \d+ lines? caught up")
        assert time.monotonic() - begin > 6
        assert 7 <= int(back[1])
        alice.sees(said("alice: is anybody there?"))
        alice.prompt("lobby alice>")
        assert sayings(bob) == [("alice", "is anybody there?")]
        assert alice.count(".*is anybody there.*") == 1


def test_a_line_that_only_the_network_takes():
    """Something in between acknowledges it, and the server never gets it."""
    with behind_proxy(config="timeout = 2;\n") as (daemon, proxy, alice), Json(daemon.tcp) as bob:
        sayings(bob)
        proxy.stall()
        alice.enter("hello?")
        alice.sees(CLOCK + r"\* link lost, retrying.*")
        alice.sees(said("alice: hello?"))
        alice.prompt("lobby alice>")
        assert sayings(bob) == [("alice", "hello?")]


def test_a_server_that_is_only_slow():
    """It takes the line, and answers late: asked once, and never given up."""
    with Stage(holds=True) as stage, Seat(stage.tcp, "-n", "alice") as alice:
        alice.prompt("lobby alice>")
        stage.answers["/ping"] = []
        alice.enter("slowly")
        stage.wait_heard("/ping mtchat")
        end = time.monotonic() + 5  # longer than a dead link is given
        while time.monotonic() < end:
            alice.look(0.1)
            assert len(stage.socks) == 1
        stage.release()
        alice.sees(said("alice: slowly"))
        alice.prompt("lobby alice>")
        assert alice.count(".*link lost.*") == 0


def test_a_server_that_slows_one_down():
    """rate_lines: what is typed waits for long, and comes back piece by piece on one link."""
    with Daemon(rate_lines=4, rate_burst=4) as daemon, \
            Seat(daemon.tcp, "-n", "alice", config="timeout = 600;\n") as alice:
        alice.prompt("lobby alice>")
        for number in range(30):
            alice.enter(f"line {number}")
        alice.sees(*(said(f"alice: line {number}") for number in range(30)))
        assert alice.count(".*link lost.*") == 0
        assert [row for row in alice.rows() if "alice: line" in row] == [
            row for row in alice.rows() if re.fullmatch(CLOCK + r"alice: line \d+", row)]


# /reconnect

def test_reconnect():
    """At once, on a link that lives, one that does not, and one that is dialled in a while."""
    with behind_proxy() as (daemon, proxy, alice), Json(daemon.tcp) as bob:
        alice.enter("/reconnect")
        alice.sees(CLOCK + r"\* back after 1 s, 0 lines caught up")
        alice.prompt("lobby alice>")
        assert proxy.accepted == 2
        proxy.lose_packets()
        alice.enter("lost at first", "/reconnect")
        alice.sees(said("alice: lost at first"))
        proxy.refuse()
        proxy.cut()
        alice.prompt("lobby alice [offline]>")
        poll(lambda: proxy.accepted > 5, "some tries: the pauses are long now")
        proxy.refuse(False)
        alice.enter("/reconnect")
        alice.prompt("lobby alice>")
        assert sayings(bob) == [("alice", "lost at first")]


def test_reconnect_before_there_was_a_link(tmp_path):
    """It is the user who decides, not a command that nobody can have typed."""
    with Stage() as stage, Seat(stage.tcp, "-n", "alice", "--plain") as alice:
        stage.wait_heard("/name alice")
        alice.enter("/reconnect")
        stage.wait_heard("/reconnect")
