"""test_rooms_limits.py - how many rooms, how long the lists of them and of names, and how fast"""
import contextlib
import re
import time

import pytest

from chatter import SHORT, poll
from daemon import Daemon
from jsonl import WAYS, Json, bots
from manager import Service
from named import ask, notice
from replays import newcomer

FULL = re.compile(r"there are (\d+) rooms already, no more")


@pytest.fixture(name="few", params=WAYS["argvalues"], ids=WAYS["ids"])
def three_rooms(request):
    with Daemon(max_rooms=3, **request.param) as daemon:
        yield daemon


def names(bot):
    return [room["name"] for room in bot.answer(b"/rooms")["rooms"]]


def wait_names(bot, *wanted):
    poll(lambda: names(bot) == list(wanted), f"the rooms are {wanted}", step=0.05)


# How many rooms

def test_one_room_too_many_is_refused(few):
    with bots(few.tcp, None, None, None) as (one, two, late), newcomer(few.tcp) as text:
        one.join(b"a")
        two.join(b"b")
        for room in (b"c", b"d"):
            assert late.notice(b"/join " + room) == (
                "too_many_rooms", "there are 3 rooms already, no more")
            assert notice(text, b"/join " + room) == b"* there are 3 rooms already, no more"
        assert late.answer(b"/join")["text"].startswith("you are in lobby;")
        late.say(b"still here")
        assert late.event()["text"] == "still here" and ask(text) == [b"still here"]
        assert names(late) == ["a", "b", "lobby"]
        late.join(b"A")  # one that is there has room
        assert late.hello["room"] == "a"


def test_a_place_is_free_when_a_room_goes(few):
    with bots(few.tcp, None, None, None) as (one, two, late):
        for turn in range(10):
            one.join(b"a%d" % turn)
            two.join(b"b%d" % turn)
            assert late.notice(b"/join c")[0] == "too_many_rooms"
            one.join(b"lobby")
            wait_names(late, f"b{turn}", "lobby")
            late.join(b"c")
            assert one.notice(b"/join d")[0] == "too_many_rooms"
            late.join(b"lobby")
            two.join(b"lobby")
            wait_names(late, "lobby")


@pytest.mark.parametrize("leave", ["close", "reset"])
def test_a_place_is_free_when_the_last_of_a_room_hangs_up(few, leave):
    with Json(few.tcp) as stays:
        for turn in range(5):
            crowd = [Json(few.tcp, room=room) for room in (b"a", b"b")]
            assert stays.notice(b"/join c%d" % turn)[0] == "too_many_rooms"
            for bot in crowd:
                getattr(bot, leave)()
            wait_names(stays, "lobby")


def test_one_may_move_to_and_fro_in_a_full_house(few):
    """Whether the room that one leaves counts still is the daemon's choice; it must come out."""
    with bots(few.tcp, None, None) as (one, two):
        one.join(b"a")
        two.join(b"b")
        for turn in range(20):
            events = one.ask(b"/join x%d" % turn)
            if events[0]["ev"] == "notice":
                assert events[0]["code"] == "too_many_rooms"
                one.join(b"lobby")
                poll(lambda turn=turn: one.ask(b"/join x%d" % turn)[0]["ev"] == "hello",
                     "there is room", step=0.05)
            assert len(names(two)) <= 3


def test_only_the_lobby():
    with Daemon(max_rooms=1) as daemon, Json(daemon.tcp) as bot:
        assert FULL.fullmatch(bot.notice(b"/join tea")[1])[1] == "1"
        bot.join(b"lobby")
        assert names(bot) == ["lobby"]


OWN = "there are 2 rooms from your address already, no more"


@pytest.fixture(name="shared")
def fixture_shared():
    """Its clients come from two addresses."""
    with Daemon(listen=["127.0.0.1"], max_rooms_per_address=2) as daemon:
        yield daemon


def test_one_address_has_not_all_rooms(shared):
    with contextlib.ExitStack() as stack:
        def bot(source):
            return stack.enter_context(Json(shared.tcp, source=source))
        one, two, three = (bot("127.0.0.1") for _ in range(3))
        other, local = bot("127.0.0.2"), stack.enter_context(Json(shared.unix))
        one.join(b"a")
        two.join(b"b")
        assert three.notice(b"/join c") == ("too_many_rooms", OWN)
        three.join(b"a")  # it may go to one that is there
        other.join(b"c")  # and others may make some
        local.join(b"d")
        assert sorted(names(other)) == ["a", "b", "c", "d", "lobby"]
        one.join(b"c")  # others are in its room: it counts for who made it
        assert one.notice(b"/join e") == ("too_many_rooms", OWN)
        three.join(b"lobby")
        wait_names(three, "b", "c", "d", "lobby")
        one.join(b"e")  # it is gone, so there may be another one
        shared.reload(max_rooms_per_address=0)
        three.join(b"f")


def test_the_count_outlives_the_process():
    with Service(max_rooms_per_address=2) as service, Json(service.tcp) as one, \
            Json(service.tcp) as two, Json(service.tcp) as three:
        one.join(b"a")
        two.join(b"b")
        service.kill()
        assert three.event()["ev"] == "restarted"
        assert three.notice(b"/join c") == ("too_many_rooms", OWN)


def test_a_reload_moves_the_limit(few):
    with bots(few.tcp, None, None, None) as (one, two, three):
        one.join(b"a")
        two.join(b"b")
        few.reload(max_rooms=1)
        assert one.notice(b"/join c")[1] == "there are 3 rooms already, no more"
        one.join(b"B")
        few.reload(max_rooms=4)
        wait_names(three, "b", "lobby")
        one.join(b"c")
        three.join(b"d")
        assert sorted(names(one)) == ["b", "c", "d", "lobby"]


def test_memory_of_rooms_that_went_is_given_back():
    with Daemon(room_log_kib=1024) as daemon, bots(daemon.tcp, None, None) as (bot, stays):
        def fill(room):
            bot.join(room)
            for _ in range(12):
                bot.say(*[b"x" * 4000] * 100)
                bot.events(100)
        fill(b"first")
        before = daemon.rss()
        for turn in range(4 if SHORT else 40):
            fill(b"room%d" % turn)
        bot.join(b"lobby")
        wait_names(stays, "lobby")
        assert daemon.rss() - before < 4 << 20, "a log of 1 MiB for each room that went"


def test_the_least_log():
    """A room of 256 KiB holds its lines, and forgets the oldest."""
    with Daemon(room_log_kib=256) as daemon, Json(daemon.tcp, room=b"small") as bot:
        for turn in range(10):
            bot.say(*[b"%d %d " % (turn, i) + b"x" * 4000 for i in range(20)])
            bot.events(20)
        events = bot.ask(b"/last 1000")
        assert 10 < events[0]["lines"] < 200 and events[-1]["head"].endswith(".200")
        assert len(events) == events[0]["lines"] + 2


# Long lists

@pytest.fixture(scope="module", name="crowd")
def full_house():
    """120 rooms beside the lobby, with one client each: r000, R001, r002..."""
    with Daemon(max_rooms=200, max_clients=300) as daemon:
        clients = []
        for i in range(120):
            clients.append(newcomer(daemon.tcp))
            clients[-1].say((b"/join R%03d" if i % 2 else b"/join r%03d") % i)
        for client in clients:
            assert client.read_line().startswith(b"* you are in ")
        yield daemon
        for client in clients:
            client.close()


ROOMS = sorted(["lobby", *((f"R{i:03}" if i % 2 else f"r{i:03}") for i in range(120))],
               key=str.casefold)


def test_pages_of_rooms(crowd):
    with Json(crowd.tcp) as bot:
        page = bot.answer(b"/rooms")
        assert [room["name"] for room in page["rooms"]] == ROOMS[:100] and page["more"] == 21
        page = bot.answer(b"/rooms " + ROOMS[99].encode())
        assert [room["name"] for room in page["rooms"]] == ROOMS[100:] and page["more"] == 0
        assert {room["clients"] for room in page["rooms"]} == {1}


@pytest.mark.parametrize("after, first", [
    (b"r050", 52), (b"R050", 52), (b"lobby", 1), (b"a", 0), (b"m", 1), (b"r0505", 52),
    (b"r119", 121), (b"z", 121)])
def test_rooms_after_a_name_that_need_not_be_one(crowd, after, first):
    with Json(crowd.tcp) as bot:
        page = bot.answer(b"/rooms " + after)
        assert [room["name"] for room in page["rooms"]] == ROOMS[first:first + 100]
        assert page["more"] == max(0, 121 - first - 100)


def test_pages_of_rooms_in_text(crowd):
    with newcomer(crowd.tcp) as client:
        poll(lambda: b"lobby (1)" in ask(client, b"/rooms")[0], "others are gone", step=0.05)
        first, more = ask(client, b"/rooms")
        assert first == b"* 121 rooms: " + b" ".join(
            name.encode() + b" (1)" for name in ROOMS[:100])
        assert more == b"* and 21 more: /rooms " + ROOMS[99].encode()
        second, = ask(client, more.split(b": ")[1])
        assert second.endswith(b": " + b" ".join(name.encode() + b" (1)" for name in ROOMS[100:]))


@pytest.fixture(scope="module", name="party")
def many_names():
    """120 with a name in tea, and two without: n000, N001, n002..."""
    with Daemon(max_clients=300) as daemon:
        clients = []
        for i in range(122):
            clients.append(newcomer(daemon.tcp))
            if i < 120:
                clients[-1].say((b"/name N%03d" if i % 2 else b"/name n%03d") % i)
                assert clients[-1].read_line().startswith(b"* you are ")
            clients[-1].say(b"/join tea")
            assert clients[-1].read_line().startswith(b"* you are in tea now")
        yield daemon
        for client in clients:
            client.close()


NAMES = [f"N{i:03}" if i % 2 else f"n{i:03}" for i in range(120)]


def test_pages_of_names(party):
    with Json(party.tcp) as bot:
        assert bot.answer(b"/who tea") == {
            "ev": "who", "room": "tea", "names": NAMES[:100], "unnamed": 2, "more": 20}
        page = bot.answer(b"/who tea " + NAMES[99].encode())
        assert (page["names"], page["more"]) == (NAMES[100:], 0)
        page = bot.answer(b"/who TEA n0595")
        assert (page["names"], page["more"]) == (NAMES[60:], 0)
        page = bot.answer(b"/who tea m")
        assert (page["names"], page["more"]) == (NAMES[:100], 20)
        page = bot.answer(b"/who tea z")
        assert (page["names"], page["more"]) == ([], 0)


def test_pages_of_names_in_text(party):
    with newcomer(party.tcp) as client:
        assert ask(client, b"/who tea") == [
            b"* 122 in tea: " + " ".join(NAMES[:100]).encode(),
            b"* and 20 more with a name: /who tea N099", b"* and 2 without a name"]
        lines = ask(client, b"/who tea N099")
        assert lines[0].endswith(b": " + " ".join(NAMES[100:]).encode())
        assert not any(b"more" in line for line in lines)


def test_a_page_of_the_longest_names_is_whole():
    longest = ["가" * 20 + chr(97 + i // 10) + chr(97 + i % 10) for i in range(120)]
    with Daemon(max_clients=300) as daemon, Json(daemon.tcp, rcvbuf=4096) as bot:
        clients = []
        for name in longest:
            clients.append(newcomer(daemon.unix))
            clients[-1].say(b"/name " + name.encode())
            assert clients[-1].read_line() == b"* you are %s now" % name.encode()
        bot.ask()
        shown, after = [], ""
        while True:
            page = bot.answer(f"/who lobby {after}".rstrip().encode())
            shown += page["names"]
            assert page["names"] and page["more"] == 120 - len(shown)
            if not page["more"]:
                break
            after = page["names"][-1]
        assert shown == sorted(longest)
        for client in clients:
            client.close()


# How fast

def test_a_flood_of_commands_is_slowed_and_told():
    with Daemon(tune={"commands_rate": 100}) as daemon, \
            bots(daemon.tcp, None, None) as (bot, other):
        begin, count = time.monotonic(), 400
        bot.say(*[b"/ping %d" % i for i in range(count)], b"end")
        events = bot.until(text="end")
        took = time.monotonic() - begin
        assert 1.7 < took < (10 if SHORT else 4), "200 beyond the burst, at 100 a second"
        told = [event for event in events if event["ev"] == "notice"]
        assert told == [{"ev": "notice", "code": "throttled", "text": "slowed to 100 commands/s"}]
        assert [event["token"] for event in events if event["ev"] == "pong"] == [
            str(i) for i in range(count)]
        assert [event["text"] for event in other.ask()] == ["end"]


def test_lines_have_a_bucket_of_their_own():
    with Daemon(rate_lines=50, rate_burst=10) as daemon, bots(daemon.tcp, None) as (bot,):
        bot.say(*[b"%d" % i for i in range(60)], b"end")
        events = bot.until(text="end")
        assert [event["text"] for event in events if event["ev"] == "notice"] == [
            "slowed to 50 lines/s"]
        assert [event["code"] for event in events if event["ev"] == "notice"] == ["throttled"]
        assert [event["text"] for event in events if event["ev"] == "say"] == [
            *map(str, range(60)), "end"]
