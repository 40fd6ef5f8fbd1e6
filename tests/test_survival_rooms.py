"""test_survival_rooms.py - rooms, programs, moves and what is owed outlive kills and restarts"""
import concurrent.futures
import contextlib
import itertools
import re
import threading

import pytest

from chatter import poll, short
from jsonl import Json, bots, sequence
from manager import Service
from named import ask, company, notice, take
from survivors import unread

ENDS = ["kill", "restart"]
IN = re.compile(rb"\* you are in (\S+) now, (\d+) here")


@pytest.fixture(name="service", params=[1, 2], ids=["one-handler", "two-handlers"])
def service_(request):
    with Service(handlers=request.param, tune={"split_members": 1}) as service:
        yield service


def settle(*clients):
    """All have heard what was said before."""
    for client in clients:
        client.ask()


def lively(events):
    return [event for event in events if event["ev"] != "restarted"]


def restarts(events):
    return [event["gap_ms"] for event in events if event["ev"] == "restarted"]


def texts(events):
    return [event["text"] for event in events if event["ev"] == "say"]


def rooms(client):
    """By name: how many are in it."""
    return {room["name"]: room["clients"] for room in client.answer(b"/rooms")["rooms"]}


@contextlib.contextmanager
def house(service):
    """Three rooms: a program with a name, one without, and a text client in each."""
    with contextlib.ExitStack() as stack:
        found = {}
        for room in (b"lobby", b"tea", b"kitchen"):
            plain, = stack.enter_context(company(service.tcp, None))
            take(plain, b"plain." + room)
            named = stack.enter_context(Json(service.tcp, name=b"bot." + room, room=room))
            watcher = stack.enter_context(Json(service.tcp, room=room))
            answer = notice(plain, b"/join " + room)
            assert IN.fullmatch(answer)[1] == room
            found[room] = named, watcher, plain
        for named, watcher, plain in found.values():
            settle(named, watcher)
            ask(plain)
        yield found


# Who is where

@pytest.mark.parametrize("end", ENDS)
def test_everybody_stays_in_the_room(service, end):
    with house(service) as found:
        for turn in range(3):
            getattr(service, end)()
            for room, (named, watcher, plain) in found.items():
                head = sequence(watcher.track.head)
                assert ask(plain, b"%d" % turn) == [b"[plain.%s] %d" % (room, turn)]
                said = lively(named.ask(b"in %s" % room))
                assert [event["from"].encode() for event in said] == [
                    b"plain." + room, b"bot." + room]
                assert ask(plain) == [b"[bot.%s] in %s" % (room, room)]
                assert lively(watcher.ask()) == said
                assert sequence(watcher.track.head) == (head[0], head[1] + 2)
        watcher = found[b"tea"][1]
        assert rooms(watcher) == {"kitchen": 3, "lobby": 3, "tea": 3}
        for room in found:
            told = watcher.answer(b"/who " + room)
            assert (told["names"], told["unnamed"]) == (
                [f"bot.{room.decode()}", f"plain.{room.decode()}"], 1)


@pytest.mark.parametrize("end", ENDS)
def test_private_lines_go_across_rooms_after_it(service, end):
    with house(service) as found:
        getattr(service, end)()
        bot, _, plain = found[b"tea"]
        bot.ask(b"/msg plain.kitchen psst")
        assert ask(found[b"kitchen"][2]) == [b"[bot.tea -> you] psst"]
        assert ask(plain, b"/msg bot.lobby psst") == [b"[you -> bot.lobby] psst"]
        assert [event["from"] for event in lively(found[b"lobby"][0].ask())] == ["plain.tea"]


def test_from_two_handlers_to_one_and_to_three():
    with Service(handlers=2, tune={"split_members": 1}) as service, house(service) as found:
        for turn, (handlers, end) in enumerate(itertools.product((1, 3, 2), ENDS)):
            service.settings["handlers"] = handlers
            service.write_config()
            getattr(service, end)()
            for room, (named, watcher, plain) in found.items():
                assert ask(plain, b"%d" % turn)[-1] == b"[plain.%s] %d" % (room, turn)
                named.ask(b"x")
                assert [event["text"] for event in lively(watcher.ask())] == [str(turn), "x"]
        assert rooms(watcher) == {"kitchen": 3, "lobby": 3, "tea": 3}


@pytest.mark.parametrize("end", ENDS)
def test_the_limit_of_rooms_stays(end):
    with Service(max_rooms=3) as service, bots(service.tcp, None, room=b"tea") as (one,), \
            bots(service.tcp, None, room=b"kitchen") as (two,), Json(service.tcp) as late:
        getattr(service, end)()
        settle(one, two, late)
        assert late.notice(b"/join den") == (
            "too_many_rooms", "there are 3 rooms already, no more")
        two.close()
        poll(lambda: late.ask(b"/join den")[-1]["ev"] == "hello", "a room is free")
        assert rooms(one) == {"den": 1, "lobby": 0, "tea": 1}


# Rooms that nobody is in

def test_a_room_that_was_left_in_the_gap_is_gone(service):
    """Made again, it is another one."""
    with bots(service.tcp, b"alice", room=b"tea") as (alice,), bots(service.tcp, None) as (other,):
        alice.ask(b"hi")
        before = alice.track.head
        with service.down():
            alice.close()
        poll(lambda: rooms(other) == {"lobby": 1}, "the room is gone")
        other.join(b"tea")
        assert sequence(other.hello["head"])[0] != sequence(before)[0]
        assert sequence(other.hello["head"])[1] == 0
        assert other.notice(b"/since " + before.encode())[0] == "history_restarted"


def test_a_room_that_was_empty_at_the_kill_is_gone(service):
    with Json(service.tcp) as other:
        for turn in range(short(10)):
            with Json(service.tcp, room=b"tea") as guest:
                guest.ask(b"%d" % turn)
                guest.say(b"/join lobby")
                following = service.kill(wait=turn % 2)
                assert guest.until(ev="hello")[-1]["room"] == "lobby"
                service.wait_life(following)
            other.ask()
            poll(lambda: "tea" not in rooms(other), "the room is gone")


@pytest.mark.parametrize("end", ENDS)
def test_the_lobby_stays_and_so_does_its_past(service, end):
    with Json(service.tcp, room=b"tea") as other:
        with Json(service.tcp) as lonely:
            lonely.ask(b"one", b"two")
            head = lonely.track.head
        poll(lambda: rooms(other)["lobby"] == 0, "the lobby is empty")
        getattr(service, end)()
        settle(other)
        other.join(b"lobby")
        assert other.hello["head"] == head
        assert texts(other.ask(b"/last 2")) == ["one", "two"]


@pytest.mark.parametrize("leave", ["close", "reset", "half_close", "quit"])
def test_one_leave_of_a_client_that_went_in_the_gap(service, leave):
    with bots(service.tcp, b"alice", None, room=b"tea") as (alice, watcher):
        settle(watcher)
        with service.down():
            if leave == "quit":
                alice.say(b"/quit")
            else:
                getattr(alice, leave)()
        heard = []
        poll(lambda: heard.extend(lively(watcher.ask())) or heard, "the leave")
        service.kill()
        heard += lively(watcher.ask())
        assert [(event["ev"], event["name"], event["room"]) for event in heard] == [
            ("leave", "alice", "tea")]
        reasons = {"close": ["closed", "reset"], "half_close": ["closed"], "quit": ["quit"],
                   "reset": ["reset", "closed"]}
        assert heard[0]["reason"] in reasons[leave]
        assert watcher.answer(b"/who")["names"] == []


def test_several_went_in_the_gap(service):
    names = [b"n%d" % i for i in range(9)]
    with bots(service.tcp, *names, None, room=b"tea") as (*clients, watcher):
        settle(watcher)
        with service.down():
            for client in clients[:6]:
                client.close()
        heard = []
        poll(lambda: len(heard.extend(lively(watcher.ask())) or heard) >= 6, "the leaves")
        assert sorted((event["ev"], event["name"]) for event in heard) == [
            ("leave", f"n{i}") for i in range(6)]
        assert watcher.answer(b"/who")["names"] == ["n6", "n7", "n8"]


# What programs are told

@pytest.mark.parametrize("end", ENDS)
def test_programs_are_told_once_of_each_end(service, end):
    with bots(service.tcp, None) as (lobby,), bots(service.tcp, b"bot", room=b"tea") as (tea,), \
            company(service.tcp, b"alice", None) as (alice, plain):
        settle(lobby, tea)
        for _ in range(3):
            getattr(service, end)()
            for program in (lobby, tea):
                told = program.ask()
                assert [event["ev"] for event in told] == ["restarted"], told
                gap = told[0]["gap_ms"]
                if gap is not None or end == "restart":
                    assert 0 <= gap < 60000, told
                assert program.ask() == []
        assert ask(alice) == [] == ask(plain), "text clients are told nothing"
        with Json(service.tcp) as late:
            assert late.ask() == [], "it has seen no end"


def test_one_that_does_not_read_is_told_of_each(service):
    with bots(service.tcp, None) as (program,):
        settle(program)
        for end in ("kill", "kill", "restart"):
            getattr(service, end)()
        assert len(restarts(program.ask())) == 3


def test_the_gap_is_told_in_milliseconds(service):
    with Json(service.tcp) as program:
        with service.down():
            threading.Event().wait(0.3)  # the gap itself: time is what is measured here
        gap, = restarts(program.ask())
        assert gap is None or 250 <= gap < 20000


@pytest.mark.parametrize("end", ENDS)
def test_a_hello_after_it_has_the_right_head(service, end):
    with house(service) as found:
        for turn in range(3):
            for named, _, _ in found.values():
                named.ask(b"%d" % turn)
            getattr(service, end)()
            for room, (_, watcher, _) in found.items():
                settle(watcher)
                with Json(service.tcp, room=room) as late:
                    assert late.hello["head"] == watcher.track.head
                    late.ask(b"next")  # with the next id, or the harness fails


# In mid-stream

def talk(client, prefix, stop):
    """Line after line, each when it has heard the one before: what it said."""
    said = []
    while not stop.is_set() and len(said) < 3000:
        said.append(f"{prefix.decode()} {len(said)}")
        client.say(said[-1].encode())
        client.until(ev="say", text=said[-1])
    return said


@pytest.mark.parametrize("end", ENDS)
def test_ids_go_on_while_all_talk(service, end):
    """Every line of every room comes once, in order and with the next id."""
    with house(service) as found, concurrent.futures.ThreadPoolExecutor() as pool:
        stop = threading.Event()
        said = {room: pool.submit(talk, named, room, stop)
                for room, (named, _, _) in found.items()}
        try:
            for _ in range(4):
                getattr(service, end)()
        finally:
            stop.set()
        for room, (_, watcher, plain) in found.items():
            wanted = said[room].result()
            heard = watcher.ask()
            assert texts(heard) == wanted
            # A life that ended before it had told everybody is part of the next one's gap.
            assert 1 <= len(restarts(heard)) <= 4
            assert ask(plain) == [b"[bot.%s] %s" % (room, line.encode()) for line in wanted]


def test_moves_and_names_at_any_moment(service):
    """Each move has its one answer, and what is said is said in the room that it names."""
    with bots(service.tcp, None, room=b"tea") as (tea,), bots(service.tcp, None) as (lobby,), \
            bots(service.tcp, *(b"n%d" % i for i in range(4))) as movers:
        settle(tea, lobby)
        turns = range(short(25))
        for turn in turns:
            following = service.kill(wait=False)
            for mover in movers:
                mover.say(b"/join tea", b"tea %d" % turn, b"/join lobby", b"lobby %d" % turn)
            for mover in movers:
                heard = lively(mover.ask())
                assert [event["room"] for event in heard if event["ev"] == "hello"] == [
                    "tea", "lobby"]
                name = mover.hello["you"]
                assert [(event["room"], event["text"]) for event in heard
                        if event["ev"] == "say" and event["from"] == name] == [
                            ("tea", f"tea {turn}"), ("lobby", f"lobby {turn}")]
            service.wait_life(following)
        for room, watcher in (("tea", tea), ("lobby", lobby)):
            heard = lively(watcher.ask())
            once = ["join", "say", "leave"] if room == "tea" else ["leave", "join", "say"]
            for name in ("n0", "n1", "n2", "n3"):
                mine = [event for event in heard
                        if name in (event.get("name"), event.get("from"))]
                assert [event["ev"] for event in mine] == once * len(turns)
                assert texts(mine) == [f"{room} {turn}" for turn in turns]
        assert rooms(tea) == {"lobby": 5, "tea": 1}


def test_half_a_command_before_it(service):
    with bots(service.tcp, None) as (program,), company(service.tcp, None) as (plain,):
        for client in (program, plain):
            client.send(b"/jo")
            poll(lambda client=client: unread(client) == 0, "the half is there")
        service.kill()
        for client in (program, plain):
            client.send(b"in tea\n")
        assert program.until(ev="hello")[-1]["room"] == "tea"
        assert IN.fullmatch(plain.read_line())[1] == b"tea"


def test_the_switch_to_json_in_the_gap(service):
    with Json(service.tcp, plain=True) as program, Json(service.tcp) as other:
        with service.down():
            program.say(b"/name alice", b"/join tea", b"/json", b"hi", b"/ping x")
        lines = [program.read_line() for _ in range(2)]
        assert lines[0] == b"* you are alice now" and IN.fullmatch(lines[1])
        events = program.until(ev="pong")
        assert [event["ev"] for event in lively(events)] == ["hello", "say", "pong"]
        assert rooms(other) == {"lobby": 1, "tea": 1}
