"""test_client_link.py - mtchat on a link that fails: no line is lost, none is doubled, in order

One daemon, four who type in a terminal and two who only listen, each behind a proxy of its own
that cuts, resets and stalls; one speaker and one witness with a sound link.
"""
import contextlib
import json
import random
import re
import time

import pytest

from chatter import Client, poll, short
from daemon import Daemon, free_port
from jsonl import Json
from pipe import Pipe
from proxy import Proxy
from seat import CLOCK, Seat, said, sayings, wait_listening
from stage import Stage

LOST, NAME = 75, 77
HASTY = "timeout = 1;\ncomings = false;\nbell = \"off\";\n"
NAMES = ("alice", "bob", "carol", "dave")
CUTS = short(200) // len(NAMES)  # for each of them


def numbers(found):
    """By speaker: the numbers of its lines, in their order."""
    by_speaker = {}
    for who, number in found:
        by_speaker.setdefault(who, []).append(int(number))
    return by_speaker


class Storm:
    """All of them, until each link has failed as often as it was to, and all is quiet again."""

    def __init__(self, stack, seed):
        self.random = random.Random(seed)
        self.daemon = stack.enter_context(Daemon())
        self.witness = stack.enter_context(Json(self.daemon.tcp))
        self.nora = stack.enter_context(Json(self.daemon.tcp, name=b"nora"))
        self.heard, self.typed = [], dict.fromkeys((*NAMES, "nora"), 0)
        self.proxies, self.seats, self.pipes = [], {}, {}
        for number, name in enumerate(NAMES):
            proxy = self._proxy(stack, seed + number, CUTS)
            self.seats[name] = stack.enter_context(
                Seat(proxy.tcp, "-n", name, "-l", "0", config=HASTY))
        for way in ("--tail", "--json"):
            proxy = self._proxy(stack, seed + len(way), CUTS)
            self.pipes[way] = stack.enter_context(
                Pipe(proxy.tcp, way, "-l", "1", config=HASTY))

    def _proxy(self, stack, seed, cuts):
        self.proxies.append(stack.enter_context(Proxy(self.daemon.tcp, seed, cuts)))
        return self.proxies[-1]

    def say(self, name):
        line = f"{name} says {self.typed[name]}"
        self.typed[name] += 1
        if name == "nora":
            self.nora.say(line.encode())
        else:
            self.seats[name].enter(line)

    def look(self):
        """Take in what everybody was told."""
        for ears in (*self.seats.values(), *self.pipes.values()):
            while self.look_once(ears):
                pass
        for client in (self.witness, self.nora):
            mine = sayings(client)
            if client is self.witness:
                self.heard += mine

    @staticmethod
    def look_once(ears):
        return ears.look() if isinstance(ears, Seat) else ears.read()

    def rage(self):
        """Everybody says a line now and then; who waits for many does not type on."""
        due = dict.fromkeys(self.typed, 0.0)
        end = time.monotonic() + 60 + CUTS * 3
        while not all(proxy.done() for proxy in self.proxies):
            assert time.monotonic() < end, [(proxy.left, proxy.counts) for proxy in self.proxies]
            shown = {name: 0 for name in self.typed}
            for name, _ in self.heard:
                shown[name] = shown.get(name, 0) + 1
            for name in self.typed:
                if time.monotonic() >= due[name] and self.typed[name] < shown[name] + 60:
                    self.say(name)
                    due[name] = time.monotonic() + self.random.uniform(0.02, 0.2)
            self.look()
            time.sleep(0.01)

    def settle(self):
        """What waits is said, and everybody has seen the last line."""
        want = sum(self.typed.values())
        poll(lambda: (self.look(), len(self.heard) >= want)[1], "all lines in the room")
        last = re.escape("%s: %s" % self.heard[-1])
        for name, seat in self.seats.items():
            seat.sees(CLOCK + last)
            seat.prompt(f"lobby {name}>")
        self.pipes["--tail"].sees(f".* {last}")
        self.pipes["--json"].sees(f'.*"text":"{self.heard[-1][1]}".*')
        self.look()


@pytest.fixture(name="storm", scope="module")
def one_storm():
    with contextlib.ExitStack() as stack:
        storm = Storm(stack, seed=7)
        for name, seat in storm.seats.items():
            seat.prompt(f"lobby {name}>")
        wait_listening(storm.nora, *storm.pipes.values())
        storm.nora.ask(b"nora says begin")
        storm.pipes["--tail"].sees(".*nora says begin")
        storm.pipes["--json"].sees(".*nora says begin.*")
        for seat in storm.seats.values():
            seat.sees(said("nora: nora says begin"))
        sayings(storm.witness)
        storm.rage()
        storm.settle()
        yield storm


def test_the_storm_was_one(storm):
    """It did fail, in all ways, so often."""
    for proxy in storm.proxies:
        assert proxy.left == 0 and sum(proxy.counts.values()) == CUTS
        assert proxy.accepted > CUTS * 0.9
    every = sum((proxy.counts for proxy in storm.proxies[1:]), storm.proxies[0].counts)
    assert set(every) == {"cut", "reset", "leave", "stall"}


def test_each_line_is_said_once(storm):
    """In the room, and in the order in which it was typed."""
    for name, found in numbers((who, text.split()[-1]) for who, text in storm.heard).items():
        assert found == list(range(storm.typed[name])), name
    assert all(text.startswith(f"{who} says ") for who, text in storm.heard)


@pytest.mark.parametrize("name", NAMES)
def test_each_line_is_shown_once(storm, name):
    """On the screen, in the order of the room."""
    rows = [re.fullmatch(CLOCK + r"(\w+): (\w+ says \d+)", row) for row in storm.seats[name].rows()]
    assert [match.groups() for match in rows if match] == storm.heard
    assert not [row for row in storm.seats[name].rows() if row.startswith("…")]


def test_tail_shows_each_line_once(storm):
    found = re.findall(r"(?m)^\S+ \S+ (\w+): (\w+ says \d+)$", storm.pipes["--tail"].out.decode())
    assert found == storm.heard


def test_json_has_each_line_once(storm):
    events = [json.loads(line) for line in storm.pipes["--json"].lines()]
    lines = [event for event in events if event["ev"] == "say"]
    found = [(event["from"], event["text"]) for event in lines]
    assert found[found.index(("nora", "nora says begin")) + 1:] == storm.heard
    ids = [event["id"] for event in events if "id" in event]
    assert len(ids) == len(set(ids))


# One failure at a time

@contextlib.contextmanager
def behind_proxy(*arguments, config=HASTY, name="alice", **settings):
    """daemon, proxy, and a seat at its prompt."""
    names = ["-n", name] if name else []
    with Daemon(**settings) as daemon, Proxy(daemon.tcp) as proxy, \
            Seat(proxy.tcp, *names, *arguments, config=config) as seat:
        seat.prompt(f"lobby {name}>" if name else "lobby>")
        yield daemon, proxy, seat


@pytest.mark.parametrize("way", ["cut", "reset", "leave", "stall"])
def test_back(way):
    """The name and the room are taken again, what was missed is shown, what waited is said."""
    with behind_proxy() as (daemon, proxy, alice), \
            Json(daemon.tcp, name=b"bob", room=b"tea") as bob:
        alice.enter("/join tea", "/name alicia")
        alice.prompt("tea alicia>")
        sayings(bob)
        proxy.refuse()
        getattr(proxy, way)()
        alice.prompt("tea alicia [offline]>")
        alice.sees(CLOCK + r"\* link lost, retrying")
        alice.enter("one", "/me two", "/msg bob three")
        alice.prompt("tea alicia [offline, 3 waiting]>")
        bob.ask(b"missed, alicia", b"missed too")
        proxy.refuse(False)
        alice.prompt("tea alicia>")
        back = alice.sees(CLOCK + r"\* back after (\d+) s, (\d+) lines? caught up")
        assert int(back[2]) >= 2
        alice.sees(CLOCK + "(>> )?bob: missed, alicia", said("bob: missed too"),
                   said("alicia: one"), said("** alicia two"), said("you -> bob: three"))
        bob.until(ev="priv", text="three")
        alice.enter("end")
        alice.sees(said("alicia: end"))
        assert b"tea [offline" not in alice.raw  # one keeps one's name while one comes back
        texts = [row[6:] for row in alice.rows() if re.search("missed|one$|two$|three$|end$", row)]
        assert len(texts) == len(set(texts)) == 6
        assert [event["text"] for event in bob.until(text="end") if event["ev"] == "say"] == ["end"]


def test_lines_in_flight_when_it_ends():
    """Sent, said, and not seen to be said: shown once, said once."""
    with behind_proxy() as (daemon, proxy, alice), Json(daemon.tcp) as bob:
        for number in range(5):
            proxy.deafen()
            alice.enter(f"before {number}")
            bob.until(text=f"before {number}")
            proxy.leave()
            alice.sees(said(f"alice: before {number}"))
        alice.sees(*(said(f"alice: before {number}") for number in range(5)))
        alice.prompt("lobby alice>")
        alice.enter("end")
        alice.sees(said("alice: end"))
        assert alice.count(".*: before.*") == 5
        assert sayings(bob) == [("alice", "end")]


def test_without_a_name_too():
    """What is typed while there is no link is said when there is one."""
    with behind_proxy(name=None) as (daemon, proxy, seat), Json(daemon.tcp) as bob:
        proxy.refuse()
        proxy.cut()
        seat.prompt("lobby [offline]>")
        seat.enter("typed offline")
        seat.prompt("lobby [offline, 1 waiting]>")
        proxy.refuse(False)
        seat.sees(said("| typed offline"))
        assert sayings(bob) == [(None, "typed offline")]


@contextlib.contextmanager
def a_hundred_waiting():
    with behind_proxy() as (daemon, proxy, alice), Json(daemon.tcp) as bob:
        proxy.refuse()
        proxy.cut()
        alice.prompt("lobby alice [offline]>")
        for number in range(100):
            alice.enter(f"line {number}")
            alice.look()
        alice.prompt("lobby alice [offline, 100 waiting]>")
        yield proxy, alice, bob


HUNDRED = [("alice", f"line {number}") for number in range(100)]


def test_a_hundred_lines_wait():
    """They are said in their order as soon as there is a link."""
    with a_hundred_waiting() as (proxy, alice, bob):
        proxy.refuse(False)
        alice.sees(*(said(f"{who}: {text}") for who, text in HUNDRED))
        alice.prompt("lobby alice>")
        assert sayings(bob) == HUNDRED


def test_one_more_than_may_wait():
    """It is refused, and stays in the prompt."""
    with a_hundred_waiting() as (proxy, alice, bob):
        alice.enter("one more")
        alice.sees(CLOCK + r"\* 100 lines are waiting already; not taken.*")
        alice.prompt("lobby alice [offline, 100 waiting]> one more")
        proxy.refuse(False)
        alice.prompt("lobby alice> one more")
        alice.type("\r")
        alice.sees(said("alice: one more"))
        assert sayings(bob) == [*HUNDRED, ("alice", "one more")]


def test_missed_lines_are_counted():
    """What the server holds no more is told as missed."""
    with behind_proxy(room_log_kib=256) as (daemon, proxy, alice), Json(daemon.tcp) as bob:
        proxy.refuse()
        proxy.cut()
        alice.prompt("lobby alice [offline]>")
        for number in range(600):
            bob.say(b"%d " % number + 1000 * b"x")
        bob.ask(b"the last")
        proxy.refuse(False)
        back = alice.sees(CLOCK + r"\* back after \d+ s, (\d+) lines caught up, (\d+) missed")
        # Her own leaving and coming are lines, too.
        assert int(back[1]) > 100 and int(back[2]) > 100
        assert 601 <= int(back[1]) + int(back[2]) <= 604
        alice.sees(said("| the last"))


def test_name_taken_meanwhile():
    """Somebody else has it: that is told, and it does not try again."""
    with behind_proxy() as (daemon, proxy, alice), Client(daemon.tcp) as thief:
        proxy.refuse()
        proxy.cut()
        alice.prompt("lobby alice [offline]>")
        def taken():
            thief.say(b"/name alice")
            return thief.read_line() == b"* you are alice now"
        poll(taken, "the name")
        proxy.refuse(False)
        assert alice.status() == NAME
        assert any("the name alice is taken" in row for row in alice.rows())


def test_server_begins_anew():
    """A daemon that was stopped and started has another history: told, and life goes on."""
    port = free_port()
    with Seat(("127.0.0.1", port)) as seat:
        assert seat.status() == 69
    with Daemon(port=port) as daemon:
        seat = Seat(daemon.tcp, "-n", "alice", config=HASTY)
        seat.prompt("lobby alice>")
        seat.enter("in the old one")
        seat.sees(said("alice: in the old one"))
    with seat:
        seat.prompt("lobby alice [offline]>")
        seat.enter("waits")
        with Daemon(port=port) as daemon, Json(daemon.tcp) as bob:
            seat.sees(CLOCK + r"\* the history has begun anew; lines may be missing")
            seat.sees(said("alice: waits"))
            seat.prompt("lobby alice>")
            seat.enter("in the new one")
            seat.sees(said("alice: in the new one"))
            assert [text for _, text in sayings(bob)] in (
                ["waits", "in the new one"], ["in the new one"])
            seat.type("\x04")
            assert seat.status() == 0


def test_retries_are_patient():
    """After 0.2, 0.5, 1, 2 ... seconds, more or less: no hammering, and no giving up."""
    with behind_proxy() as (_, proxy, alice):
        proxy.refuse()
        before, began = proxy.accepted, time.monotonic()
        proxy.cut()
        times = []
        while len(times) < 4:
            alice.look(0.01)
            times += [time.monotonic() - began] * (proxy.accepted - before - len(times))
        assert 0.08 < times[0] < 1.5 and times[3] > 1.5, times
        assert all(later - sooner > 0.08 for sooner, later in zip(times, times[1:])), times
        alice.prompt("lobby alice [offline]>")


def test_typing_while_offline_is_kept():
    """What stands in the prompt stands there through it all, the cursor too."""
    with behind_proxy() as (daemon, proxy, alice):
        alice.type("half line\x1b[D\x1b[D\x1b[D\x1b[D")
        proxy.refuse()
        proxy.cut()
        alice.prompt("lobby alice [offline]> half line")
        proxy.refuse(False)
        alice.prompt("lobby alice> half line")
        alice.type("a ")
        alice.prompt("lobby alice> half a line")


def test_silence_is_asked_about():
    """After `timeout` seconds; an answer is all that it takes."""
    with Stage() as stage, Seat(stage.tcp, "-n", "alice", config=HASTY) as alice:
        alice.prompt("lobby alice>")
        def pings():
            return sum(text.startswith("/ping") for text in stage.heard)
        before = pings()
        poll(lambda: pings() > before, "ping")
        assert alice.quiet(0.5)
        stage.answers["/ping"] = []
        alice.sees(CLOCK + r"\* link lost, retrying")


def test_tail_tells_on_stderr():
    with Daemon() as daemon, Proxy(daemon.tcp) as proxy, Json(daemon.tcp) as bob, \
            Pipe(proxy.tcp, "--tail", "-l", "1", config=HASTY) as tail:
        bob.ask(b"one")
        tail.sees(r".* \| one")
        poll(lambda: proxy.lives, "the end of the replay")
        proxy.refuse()
        proxy.cut()
        tail.tells("mtchat: link lost, retrying")
        bob.ask(b"two")
        proxy.refuse(False)
        tail.sees(r".* \| two")
        tail.tells(r"mtchat: back after \d+ s, 1 lines? caught up")
        assert len(tail.lines()) == 2


def test_plain_ways_do_not_retry():
    """75, as ever: there is no history to catch up with."""
    with Daemon() as daemon, Proxy(daemon.tcp) as proxy, Seat(proxy.tcp, "--plain") as seat:
        seat.prompt(">")
        proxy.cut()
        assert seat.status() == LOST
