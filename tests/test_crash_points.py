"""test_crash_points.py - the daemon dies at every point of crash.h, and nobody notices

In each test the daemon is started anew with the point armed while a crowd talks; it dies there, in
`./dev test all` twice in a row, and everything that the crowd hears is compared.  At the end each
client is in the room and has the name that it should, and rooms that nobody uses are gone.
"""
import os
import re
import time

import pytest

from balancer import version2
from chaos import Crowd
from chatter import Client, poll
from guests import Echoer, Guest
from jsonl import Json
from manager import Service
from passers import Listener, populate

HERE = os.path.dirname(os.path.abspath(__file__))
CRASHING = os.path.join(os.path.dirname(os.path.realpath(os.environ.get("MTCHATD", "mtchatd"))),
                        "tests", "mtchatd-crash")
TIMES = int(os.environ.get("MTCHAT_CRASHES", "1"))
TIGHT = {"room_log_kib": 256, "slow_grace_ms": 20, "handlers": 2, "max_clients": 100}
SPREAD = {"split_members": 5}  # one room over both handlers

# Points that a start passes only after a death at another one.
AFTER = {"FINISHED": "CLOSING", "ADOPTED": "ACCEPTED"}
# Passed once by each start.
AT_START = {"INHERITED", "REDONE", "RECONCILED", "FINISHED", "ADOPTED", "DEALT", "READY",
            "CONFIG_SAVED"}
# By one that finds nothing.
FIRST_START = {"FIRST_STORE", "BAG_MADE", "LISTENER_OPEN"}
ECHO = {"SENT_ECHO", "RECEIVED", "COUNTED", "LENT"}
FOR_QUITTERS = {"QUITS", "DRAINING", "FIN_SENT"}
FOR_ASKERS = {"REPLAYING"}
FOR_STRANGERS = {"TURNED_AWAY"}
FOR_PROXIED = {"PROXY_WAITS", "PROXY_TOLD"}
ECHO_PROXIED = FOR_PROXIED | {"ECHO_BEGUN", "RECEIVED", "COUNTED", "RECORDED", "HALF_DONE"}
BALANCER = "127.0.0.2"
# Passed by who stays with its handler and by who goes to another one.
MOVES = {"MOVING", "MOVED_IN"}
LOG_BLOCKS = TIGHT["room_log_kib"] * 2  # of a room in one rendering: 512 bytes each


def points():
    with open(os.path.join(HERE, "../src/mtchatd/crash.h"), encoding="utf-8") as header:
        return re.findall(r"^\tPOINT\((\w+),", header.read(), re.MULTILINE)


def sources():
    """The files with a point in them."""
    folder = os.path.join(HERE, "../src/mtchatd")
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as source:
            if name.endswith(".c") and re.search(r"\bcrash_point\(", source.read()):
                yield "src/mtchatd/" + name


def serve(**settings):
    return Service(command=[CRASHING], **{"tune": SPREAD, **TIGHT, **settings})


class Halves(Guest):
    """Has always begun its next line, so that its buffer is never empty."""

    held = b""

    def say(self, data):
        data = self.held + data
        cut = len(data) - self.crowd.random.randrange(1, 8)
        self.held = data[cut:]
        self.out += data[:cut]
        self.flush()

    def turn(self, now):
        if not self.crowd.talks:
            self.out += self.held
            self.held = b""
            self.flush()
        super().turn(now)


class Quitters:
    """Come, say /quit and nothing else, and must be hung up on."""

    words = b"/quit\n"

    def __init__(self, service):
        self.service, self.due, self.socks = service, 0.0, []

    def turn(self):
        now = time.monotonic()
        if now >= self.due:
            self.due = now + 0.02
            self.socks.append(Client(self.service.tcp))
            self.socks[-1].send(self.words)

    def check(self):
        for client in self.socks:
            client.read_to_end()
            client.close()


class Askers(Quitters):
    """Come, ask for the last lines, and must get them, between the two marks, once."""

    words = b"/last 3\n/quit\n"

    def check(self):
        for client in self.socks:
            lines = client.read_to_end().split(b"\n")
            begin, end = lines.index(b"* last 3 lines"), lines.index(b"* live")
            assert end == begin + 4 and lines.count(b"* live") == 1, lines
            client.close()


class ByBalancer(Quitters):
    """Come by a balancer, whose header comes in two pieces; each gets its answer, once."""

    words = version2("203.0.113.7") + b"/ping x\n/quit\n"

    def turn(self):
        now = time.monotonic()
        if now >= self.due:
            self.due = now + 0.02
            self.socks.append(Client(self.service.tcp, source=BALANCER))
            self.socks[-1].send(self.words[:20])
            self.socks[-1].send(self.words[20:])

    def check(self):
        for client in self.socks:
            lines = client.read_to_end().split(b"\n")
            assert [line for line in lines if line.startswith(b"* ")] == [b"* pong x"]
            client.close()
        clients = [line for line in self.service.lines if line.startswith("client ")]
        assert any(line.startswith("client 203.0.113.7:4711 left: quit") for line in clients)
        assert not any(BALANCER in line for line in clients)


class EchoByBalancer(ByBalancer):
    words = version2("203.0.113.7") + b"POST / HTTP/1.1\n"

    def check(self):
        for client in self.socks:
            client.half_close()
            assert client.read_to_end() == b"POST / HTTP/1.1\n"
            client.close()


class Strangers(Quitters):
    """Web pages that post what they want said: each gets its answer, once, and nobody hears it."""

    words = b"POST / HTTP/1.1\r\n\r\n/name page\nlog in at example.org\n"

    def check(self):
        for client in self.socks:
            _, _, answer = client.read_to_end().partition(b"HTTP/1.1 400 Bad Request\r\n")
            head, _, body = answer.partition(b"\r\n\r\n")
            assert b"Content-Length: %d" % len(body) in head, answer
            client.close()


def crowd_of(service):
    """All kinds: who talks, asks, listens, reads slowly, comes and goes, moves, whispers."""
    crowd = Crowd(lambda: Client(service.tcp).sock, churners=4, window=4)
    populate(crowd, 9, rooms=[b"tea"])
    crowd.add(4)
    crowd.add(4, talks=True, pings=True)
    crowd.add(2, talks=True)
    crowd.add(1, kind=Halves, talks=True, window=100)
    for kind in (Guest, Guest, Listener):
        crowd.add(kind=kind, stuck=(0.3, 0.1), twice_ok=True,
                  connect=lambda: Client(service.unix).sock)
    crowd.add(1, talks=True, twice_ok=True, connect=lambda: Client(service.unix).sock)
    return crowd


def die_at(service, crowd, armed, provoke):
    """One life after the other has one of these points armed, and dies there."""
    first = service.lives + 1

    def arm():  # as each life begins: one that dies at once is followed by the next
        life = service.lives + 1 - first
        if life < len(armed):
            service.next_env = {"MTCHATD_CRASH": armed[life]}
    service.before_start = arm
    service.kill(15, wait=False)
    crowd.mark(crash=False)
    crowd.run(until=lambda: service.lives >= first)
    for life in range(first, first + len(armed)):
        crowd.mark()
        crowd.run(until=lambda: provoke() or service.lives > life)
        assert service.statuses[life - 1] == -9, service.statuses
    service.before_start = None
    crowd.run(until=lambda: service.ready_life == service.lives)
    crowd.run(0.1)


def armed_with(point, times):
    """In each life: the point, and at which of its passages it kills."""
    passage = 3 if times == 1 and point not in AT_START else 1
    before = [AFTER[point] + ":1"] if point in AFTER else []
    return (before + [f"{point}:{passage}"]) * times


def ask(client, question, kind):
    """The answer; what else it hears meanwhile is passed over."""
    return next(event for event in client.ask(question) if event["ev"] == kind)


def rooms(client):
    return {room["name"]: room["clients"] for room in ask(client, b"/rooms", "rooms")["rooms"]}


def check_empty(service):
    """All have gone, and so have their names, and the rooms but the lobby."""
    with Json(service.tcp) as late:
        poll(lambda: rooms(late) == {"lobby": 1}, "the rooms are gone")
        who = ask(late, b"/who", "who")
        assert (who["names"], who["unnamed"]) == ([], 1)


def test_all_points_are_compiled_in():
    with open(os.path.join(HERE, "../Makefile.am"), encoding="utf-8") as makefile:
        listed = re.search(r"^tests_mtchatd_crash_SOURCES = ((?:.*\\\n)*.*)", makefile.read(),
                           re.MULTILINE)[1].replace("\\", " ").split()
    assert set(listed) - {"src/mtchatd/main.c"} == set(sources())


@pytest.mark.parametrize("times", range(1, TIMES + 1))
@pytest.mark.parametrize("point, handlers", [
    *((name, 2) for name in points() if name not in FIRST_START | {"SENT_ECHO", "ECHO_BEGUN"}),
    *((name, 1) for name in sorted(MOVES))])
def test_death_at(point, handlers, times):
    with serve(handlers=handlers, proxy=BALANCER) as service, crowd_of(service) as crowd:
        others = Quitters(service) if point in FOR_QUITTERS else None
        others = Askers(service) if point in FOR_ASKERS else others
        others = Strangers(service) if point in FOR_STRANGERS else others
        others = ByBalancer(service) if point in FOR_PROXIED else others
        crowd.gather()
        die_at(service, crowd, armed_with(point, times), others.turn if others else bool)
        crowd.finish().check()
        if others:
            others.check()
        check_empty(service)


@pytest.mark.parametrize("times", range(1, TIMES + 1))
@pytest.mark.parametrize("point", sorted(ECHO))
def test_death_of_an_echo_at(point, times):
    with serve(mode="echo") as service:
        with Crowd(lambda: Client(service.tcp).sock) as crowd:
            crowd.add(4, kind=Echoer)
            crowd.began = True
            die_at(service, crowd, armed_with(point, times), bool)
            verdict = crowd.finish()
            verdict.check()
            assert verdict.deliveries


@pytest.mark.parametrize("point", sorted(ECHO_PROXIED))
def test_death_of_an_echo_by_a_balancer_at(point):
    """All come by it: its header is never sent back, what is said always."""
    with serve(mode="echo", proxy=BALANCER) as service:
        with Crowd(lambda: Client(service.tcp).sock) as crowd:
            crowd.add(2, kind=Echoer)
            crowd.began = True
            others = EchoByBalancer(service)
            die_at(service, crowd, armed_with(point, 1), others.turn)
            crowd.finish().check()
            others.check()


@pytest.mark.parametrize("point", sorted(FIRST_START))
def test_death_in_a_first_start(point):
    with serve() as service:
        with service.down():
            for name in list(service.stored):
                service.drop(name)
            service.next_env = {"MTCHATD_CRASH": f"{point}:1"}
        assert service.statuses[-1] == -9 and service.lives == 3
        with crowd_of(service) as crowd:
            crowd.gather()
            crowd.run(0.1)
            service.kill(wait=False)
            crowd.mark()
            crowd.run(until=lambda: service.ready_life == 4)
            crowd.finish().check()


# The memory of rooms

def arena_blocks(service):
    return os.fstat(service.stored["arena"]).st_blocks


def fill_room(clients):
    """More than its log holds, in both renderings."""
    for turn in range(20):
        clients[0].ask(*(b"%d %d " % (turn, i) + b"f" * 900 for i in range(20)))


@pytest.mark.parametrize("point", ["ROOM_MADE", "ROOM_GONE", "MOVED_IN", "HANDED_OVER"])
def test_the_memory_of_a_room_is_given_back(point):
    """Whoever makes it or goes last dies on the way; then it is made again, and goes again."""
    with serve(tune={"split_members": 1}) as service, Json(service.tcp) as one, \
            Json(service.tcp) as two, Client(service.tcp) as plain:
        plain.enter()
        fill_room([one])  # the lobby's log
        before = arena_blocks(service)
        for passage in (1, 2, 3):
            service.next_env = {"MTCHATD_CRASH": f"{point}:{passage}"}
            dying = service.kill(15)
            while service.lives == dying:
                for client in one, two:
                    client.join(b"tea")
                plain.say(b"/join tea")
                poll(lambda: rooms(one).get("tea") == 3, "all are there")
                fill_room([one])
                assert arena_blocks(service) >= before + 2 * LOG_BLOCKS, "it holds both logs"
                plain.say(b"/join lobby")
                for client in one, two:
                    client.join(b"lobby")
                poll(lambda: rooms(one) == {"lobby": 3}, "the room is gone")
            service.wait_life(dying + 1)
            assert service.statuses[-1] == -9
            poll(lambda: rooms(one) == {"lobby": 3}, "the room is gone")
            # All but a few pages of buffers that were not used before.
            poll(lambda: arena_blocks(service) < before + LOG_BLOCKS / 4, "its memory, too")
