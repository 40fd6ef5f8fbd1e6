"""test_client_dead.py - mtchat on a link that is dead and does not say so, and what it does then"""
import contextlib
import os
import re
import signal
import stat
import time

import pytest

from chatter import poll
from daemon import Daemon
from jsonl import Json
from proxy import Proxy
from seat import CLOCK, Home, Seat, said, sayings
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


def test_as_many_wait_as_are_shown():
    """Commands wait, too, and are neither shown nor counted."""
    with behind_proxy() as (daemon, proxy, alice):
        proxy.refuse()
        proxy.cut()
        alice.prompt("lobby alice [offline]>")
        alice.enter("/rooms", "/who", "one", "/join tea", "two", "/me three")
        alice.wait(lambda rows: rows[-4:] == ["… one", "… two", "… /me three",
                                              "lobby alice [offline, 3 waiting]>"], "three")
        proxy.refuse(False)
        alice.prompt("tea alice>")
        alice.sees(said("** alice three"))


# What is caught up rings

@pytest.mark.parametrize("bell, rings", [("off", 0), ("mention", 1), ("all", 1)])
def test_one_bell_for_all_that_was_caught_up(bell, rings):
    config = f'timeout = 1;\nbell = "{bell}";\n'
    with Daemon() as daemon, Json(daemon.tcp, name=b"bob") as bob, Proxy(daemon.tcp) as proxy:
        bob.ask(b"alice, before she came")
        with Seat(proxy.tcp, "-n", "alice", config=config) as alice:
            alice.prompt("lobby alice>")
            alice.settle()
            assert alice.bells() == 0
            proxy.refuse()
            proxy.cut()
            alice.prompt("lobby alice [offline]>")
            bob.ask(b"nothing", *(b"%d: alice, it burns" % number for number in range(20)))
            proxy.refuse(False)
            alice.sees(said(">> bob: 19: alice, it burns"))
            alice.prompt("lobby alice>")
            alice.settle()
            assert alice.bells() == rings
            bob.ask(b"alice!")
            alice.sees(said(">> bob: alice!"))
            alice.settle()
            assert alice.bells() == 2 * rings


def test_what_nobody_is_called_by_does_not_ring():
    """Others' lines, and one's own, that are caught up; nor the history of another room."""
    with behind_proxy(config="timeout = 1;\n") as (daemon, proxy, alice), \
            Json(daemon.tcp, name=b"bob") as bob, \
            Json(daemon.tcp, room=b"tea", name=b"carol") as carol:
        carol.ask(b"alice, there is tea")
        proxy.refuse()
        proxy.cut()
        alice.prompt("lobby alice [offline]>")
        alice.enter("alice is me", "/join tea")
        bob.ask(b"nothing for anybody")
        proxy.refuse(False)
        alice.sees(said(">> carol: alice, there is tea"))
        alice.prompt("tea alice>")
        alice.settle()
        assert alice.bells() == 0


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


# The name that one's own dead connection still has

def keys_of(home):
    folder = home.path("state", "mtchat", "keys")
    return [os.path.join(folder, name) for name in os.listdir(folder)]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_ones_own_ghost_gives_the_name_back(number):
    """The server does not know that the first one has gone; nobody sees anything of it."""
    with Daemon() as daemon, Proxy(daemon.tcp) as proxy, Home() as home, \
            Json(daemon.tcp, name=b"bob") as bob:
        for _ in range(3):
            with Seat(proxy.tcp, "-n", "alice", home=home) as first:
                first.prompt("lobby alice>")
                proxy.lose_packets()
                first.emulator.process.send_signal(number)
                first.status()
            path, = keys_of(home)
            assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        with Seat(proxy.tcp, "-n", "alice", home=home) as last:
            last.prompt("lobby alice>")
            last.enter("here I am", "/quit")
            assert last.status() == 0
        assert sayings(bob) == [("alice", "here I am")]
        assert not keys_of(home)  # it has ended, and the server knows


def test_ghost_of_a_name_that_was_taken_later():
    with Daemon() as daemon, Proxy(daemon.tcp) as proxy, Home() as home:
        with Seat(proxy.tcp, "-n", "alice", home=home) as first:
            first.prompt("lobby alice>")
            first.enter("/name alicia")
            first.prompt("lobby alicia>")
            assert len(keys_of(home)) == 1
            proxy.lose_packets()
            first.emulator.process.kill()
            first.status()
        with Seat(proxy.tcp, "-n", "alicia", home=home) as second:
            second.prompt("lobby alicia>")


@pytest.mark.parametrize("stopped", [False, True])
def test_a_client_that_lives_keeps_its_name(stopped):
    """Two terminals: the second is refused, and the first notices nothing; also if it sleeps."""
    with Daemon() as daemon, Home() as home, \
            Seat(daemon.tcp, "-n", "alice", home=home) as first:
        first.prompt("lobby alice>")
        if stopped:
            first.emulator.process.send_signal(signal.SIGSTOP)
        with Seat(daemon.tcp, "-n", "Alice", home=home) as second:
            assert second.status() == 77
            assert any("is taken" in row for row in second.rows())
        first.emulator.process.send_signal(signal.SIGCONT)
        first.enter("still me")
        first.sees(said("alice: still me"))
        assert first.count(".*(taken|lost).*") == 0


def test_a_stale_key_costs_nothing():
    """Of a connection that has gone, or no key at all; somebody else's name stays theirs."""
    with Daemon() as daemon, Home() as home:
        with Seat(daemon.tcp, "-n", "alice", home=home) as first:
            first.prompt("lobby alice>")
            first.emulator.process.kill()
            first.status()
        path, = keys_of(home)
        for text in (None, "", "no key\n", 100000 * "f", "f" * 32 + "\n" + 40 * "0\n"):
            if text is not None:
                Home.write(path, text)
            with Seat(daemon.tcp, "-n", "alice", home=home) as seat:
                seat.prompt("lobby alice>")
                seat.emulator.process.kill()
                seat.status()
        def theirs():
            try:
                return Json(daemon.tcp, name=b"alice")
            except AssertionError:
                return None
        with poll(theirs, "the name"), Seat(daemon.tcp, "-n", "alice", home=home) as seat:
            assert seat.status() == 77


def test_keys_are_few():
    """Who is killed leaves one behind: the oldest go, but for that of who lives, be it the oldest."""
    with Daemon() as daemon, Home() as home, \
            Seat(daemon.tcp, "-n", "alice", home=home) as alice:
        alice.prompt("lobby alice>")
        kept, = keys_of(home)
        for number in range(40):
            path = home.path("state", "mtchat", "keys", "%016x" % number)
            Home.write(path, "f" * 32 + "\n")
            os.utime(path, (number + 1000, number + 1000))
        os.utime(kept, (500, 500))
        for name in "bc":
            with Seat(daemon.tcp, "-n", name, home=home) as seat:
                seat.prompt(f"lobby {name}>")
                seat.emulator.process.kill()
                seat.status()
        assert kept in keys_of(home) and len(keys_of(home)) == 32


def test_without_a_place_for_keys():
    with Daemon() as daemon, Seat(daemon.tcp, "-n", "alice",
                                  env={"XDG_STATE_HOME": "/dev/null"}) as alice:
        alice.prompt("lobby alice>")
        alice.enter("/quit")
        assert alice.status() == 0
