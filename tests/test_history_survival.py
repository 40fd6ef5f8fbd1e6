"""test_history_survival.py - replays that are asked for, or under way, when the daemon dies"""
import os
import random
import socket
import sys

import pytest

from chaos import Crowd
from chatter import Client, poll, short
from manager import Service
from replays import ALL, LIVE, Asker, Room, follow, last, newcomer
from survivors import strike, unread
from test_crash_points import CRASHING, TIMES, armed_with

WIDE = {"room_log_kib": 16384, "slow_grace_ms": 60000}
LONG = 4096  # bytes of a line; a thousand and a half are more than the kernel takes for a client
ENDS = ["kill", "restart"]
POINTS = ["RENDERED", "RECORDED", "HALF_DONE", "APPLIED", "COMMITTED", "SENT_LINES", "SENT_ANSWER",
          "OUTBOX_LENT", "EMPTIED", "RETURNED", "REPLAYING", "RECEIVED", "COUNTED"]


def unread_by(client):
    """Bytes of a TCP client that have come and the daemon has not read; None: no connection."""
    wanted = ["%08X:%04X" % (int.from_bytes(socket.inet_aton(host), sys.byteorder), port)
              for host, port in (client.sock.getpeername(), client.sock.getsockname())]
    with open("/proc/net/tcp", encoding="ascii") as file:
        for fields in map(str.split, file):
            if fields[1:3] == wanted:
                return int(fields[4].split(":")[1], 16)
    return None


def ask(client, *said):
    """Until the daemon has read it."""
    client.say(*said)
    poll(lambda: unread_by(client) == 0, "the question is read")


@pytest.fixture(name="room")
def room_of_a_service():
    with Service(**WIDE) as service:
        room = Room(service)
        room.talk(1500, LONG)
        yield room


# Deaths at chosen moments

@pytest.mark.parametrize("end", ENDS)
def test_replays_under_way(room, end):
    """Of some nothing was read yet; three ends while they read on."""
    clients = [newcomer(room.daemon.tcp, rcvbuf=4096) for _ in range(8)]
    heard = {client: [] for client in clients}
    for index, client in enumerate(clients):
        ask(client, b"/last %d" % (1500 - index))
    for _ in range(3):
        for index, client in enumerate(clients):
            heard[client] += client.read_lines(30 * index)
        room.talk(10)
        getattr(room.daemon, end)()
        room.talk(10)
    for index, client in enumerate(clients):
        path = follow(heard[client] + client.read_until(room.log[-1]), room.log, 1500)
        assert path.replays == [(1500, 1500 - index)] and not path.notices
        client.close()


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("count", [0, 1, 300, 2000])
def test_a_replay_that_is_asked_for_and_has_not_begun(room, end, count):
    with newcomer(room.daemon.unix) as stuck:
        room.talk(500)
        stuck.say(b"/last %d" % count)
        poll(lambda: not unread(stuck), "the question is read")
        room.talk(20)
        getattr(room.daemon, end)()
        room.talk(20)
        path = follow(stuck.read_until(LIVE) + stuck.read_until(room.log[-1]), room.log, 1500)
        assert path.replays == [(2000, count)] and not path.notices


@pytest.mark.parametrize("end", ENDS)
def test_one_whose_replay_has_not_begun_is_read_no_further(room, end):
    with newcomer(room.daemon.unix) as stuck:
        room.talk(500)
        stuck.say(b"/last 300")
        poll(lambda: not unread(stuck), "the question is read")
        stuck.say(b"mine", b"/last 7", b"/ping x")
        getattr(room.daemon, end)()
        assert room.speaker.silent(0.1), "it is read on before its question took effect"
        heard = stuck.read_until(b"* pong x")
        room.hear(b"mine")
        path = follow(heard, room.log, 1500)
        assert path.replays == [(2000, 300), (2001, 7)]
        assert path.notices == [(2001, False, b"* pong x")]


def test_a_replay_goes_on_in_fewer_handlers_and_more():
    with Service(handlers=3, tune={"split_members": 1}, **WIDE) as service:
        room = Room(service)
        room.talk(1500, LONG)
        clients = [newcomer(service.tcp, rcvbuf=4096) for _ in range(6)]
        for client in clients:
            ask(client, ALL)
        for handlers in (1, 2):
            service.settings["handlers"] = handlers
            service.write_config()
            service.restart()
            room.talk(10)
        for client in clients:
            path = follow(client.read_until(room.log[-1]), room.log, 1500)
            assert path.replays == [(1500, 1500)]
            client.close()


def test_one_that_leaves_in_its_replay_while_nobody_is_there(room):
    stuck, other = newcomer(room.daemon.tcp, rcvbuf=4096), newcomer(room.daemon.tcp)
    ask(stuck, ALL)
    with room.daemon.down():
        stuck.reset()
    room.talk(10)
    assert other.read_lines(10) == room.log[-10:]
    assert last(other, b"/last 20") == room.log[-20:]


@pytest.mark.parametrize("end", ENDS)
def test_the_end_of_a_connection_in_its_replay(room, end):
    """It gets all and then the end, over any death."""
    with newcomer(room.daemon.tcp, rcvbuf=4096) as stuck:
        stuck.send(ALL + b"\nmine")
        stuck.half_close()
        poll(lambda: unread_by(stuck) in (0, 1), "all is read")
        getattr(room.daemon, end)()
        rest = stuck.read_to_end().split(b"\n")
        room.hear(b"mine")
        assert rest[-2:] == [b"mine", b""]
        assert follow(rest[:-1], room.log, 1500).replays == [(1500, 1500)]


@pytest.mark.parametrize("end", ENDS)
def test_history_and_ids_outlive_it(end):
    with Service(room_log_kib=256, slow_grace_ms=20) as service:
        room = Room(service)
        room.learn_epoch()
        held = last(room.speaker, ALL)
        getattr(service, end)()
        assert last(room.speaker, ALL) == held == room.log[-len(held):]
        room.talk(5)
        with newcomer(service.tcp) as client:
            client.say(b"/since " + room.id(len(room.log) - 9))
            assert client.read_lines(11)[1:] == [*room.log[-9:], LIVE]


# Deaths at any moment

def crowd_of_askers(service):
    crowd = Crowd(lambda: Client(service.tcp).sock, churners=2)
    crowd.add(3)
    crowd.add(3, talks=True, pings=True)
    crowd.add(4, kind=Asker)
    crowd.add(2, kind=Asker, talks=True, pings=True)
    crowd.add(1, kind=Asker, most=20)
    crowd.add(2, kind=Asker, stuck=(0.05, 0.05))
    return crowd


def replays(crowd):
    return sum(member.replays for member in crowd.all if isinstance(member, Asker))


@pytest.mark.parametrize("tune", [{}, {"split_members": 5}], ids=["one-handler", "two-handlers"])
def test_twenty_kills_at_any_moment(tune):
    with Service(tune=tune, handlers=2, **WIDE) as service, crowd_of_askers(service) as crowd:
        crowd.gather()
        for _ in range(short(20)):
            crowd.run(random.uniform(0, 0.08))
            strike(service, crowd)
        crowd.run(0.1)
        verdict = crowd.finish()
        verdict.check()
        assert replays(crowd) > short(20) and verdict.lines > 50


def die_at(service, crowd, armed):
    """So many lives in a row, each of which dies at its point."""
    points = iter(armed)

    def arm():  # before a life begins: it may be over before anybody looks
        point = next(points, None)
        service.next_env = {"MTCHATD_CRASH": point} if point else {}
    service.before_start = arm
    first = service.kill(15, wait=False)
    crowd.mark()
    crowd.run(until=lambda: service.lives == first + len(armed))
    assert service.statuses[first - 1:] == [-9] * len(armed), service.statuses
    crowd.run(until=lambda: service.ready_life == service.lives)
    crowd.run(0.1)


@pytest.mark.skipif(not os.path.exists(CRASHING), reason="no tests/mtchatd-crash")
@pytest.mark.parametrize("times", range(1, TIMES + 1))
@pytest.mark.parametrize("point", POINTS)
def test_death_at(point, times):
    with Service(command=[CRASHING], tune={"split_members": 5}, handlers=2, **WIDE) as service:
        with crowd_of_askers(service) as crowd:
            crowd.gather()
            die_at(service, crowd, armed_with(point, times))
            crowd.finish().check()
            assert replays(crowd)
