"""test_rooms.py - making, finding and leaving rooms; who is where"""
import pytest

from chatter import poll
from daemon import Daemon
from jsonl import WAYS, Json, bots, number, sequence
from named import ask, company, notice, short_id, take
from replays import last, newcomer


@pytest.fixture(name="daemon", params=WAYS["argvalues"], ids=WAYS["ids"])
def daemon_(request):
    with Daemon(**request.param) as daemon:
        yield daemon


@pytest.fixture(scope="module", name="shared")
def shared_daemon():
    """For tests that leave nobody behind."""
    with Daemon() as daemon:
        yield daemon


def rooms(bot):
    """Name and number of clients of each."""
    return [tuple(room.values()) for room in bot.answer(b"/rooms")["rooms"]]


def wait_rooms(bot, *wanted):
    """Those that leave may be on their way still."""
    wanted = sorted(wanted, key=lambda room: room[0].casefold())
    poll(lambda: rooms(bot) == wanted, f"the rooms are {wanted}", step=0.05)


# Text clients

def test_a_text_client_moves_and_is_told(daemon):
    with company(daemon.tcp, None, None) as (mover, stays):
        assert ask(mover, b"/join tea") == [b"* you are in tea now, 1 here"]
        assert ask(mover, b"in tea") == [b"in tea"] and ask(stays, b"in lobby") == [b"in lobby"]
        assert ask(stays, b"/join tea") == [b"* you are in tea now, 2 here"]
        assert ask(mover, b"both") == [b"both"] and ask(stays) == [b"both"]


@pytest.mark.parametrize("line", [b"/join", b"/join "])
def test_join_without_a_room_tells_where_one_is(shared, line):
    with newcomer(shared.tcp) as client:
        assert notice(client, line) == b"* you are in lobby; another: /join ROOM"
        notice(client, b"/join tea")
        assert notice(client, line) == b"* you are in tea; another: /join ROOM"


def test_the_same_room_again(daemon):
    with bots(daemon.tcp, b"alice", b"bob") as (alice, bob), newcomer(daemon.tcp) as text:
        alice.say(b"x")
        head = bob.event()["id"]
        alice.ask()
        again = alice.answer(b"/join lobby")
        assert (again["ev"], again["room"], again["head"], again["you"]) == (
            "hello", "lobby", head, "alice")
        ask(text)
        assert ask(text, b"/join Lobby") == [b"* you are in lobby now, 3 here"]
        assert bob.ask() == [] and rooms(bob) == [("lobby", 3)]


@pytest.mark.parametrize("name", [
    b"-x", b".x", b"a/b", b"#tea", b"x" * 25, "가".encode() * 22, b"x" * 4000, "🙂".encode(),
    "\u0301x".encode(), b"a\x1bb", b"\xfe", b"you", b"SERVER", "ａｌｌ".encode(), b"*"], ids=short_id)
def test_bad_rooms(shared, name):
    with newcomer(shared.tcp) as text, Json(shared.tcp) as bot:
        answer = notice(text, b"/join " + name)
        assert b" cannot be a room: " in answer and len(answer) < 512
        code, same = bot.notice(b"/join " + name)
        assert (code, same) == ("bad_room", answer[2:].decode())
        wait_rooms(bot, ("lobby", 2))


@pytest.mark.parametrize("name", ["x" * 24, "가" * 21 + "z", "日本語", "محمد", "_", "7", "a.b-c"])
def test_good_rooms(shared, name):
    with Json(shared.tcp, room=name.encode()) as bot:
        assert bot.hello["room"] == name and sequence(bot.hello["head"])[1] == 0
        bot.say(b"hi")
        assert bot.event()["room"] == name


SAME = [("Tea", "tea"), ("tea", "ＴＥＡ"), ("한글", "\u1112\u1161\u11ab\u1100\u1173\u11af"),
        ("Straße", "STRASSE"), ("lobby", "LOBBY"), ("te\u034fa", "tea")]


@pytest.mark.parametrize("one, other", SAME + [(other, one) for one, other in SAME])
def test_rooms_are_the_same_in_every_spelling(daemon, one, other):
    with Json(daemon.tcp, room=one.encode()) as first, Json(daemon.tcp) as second:
        room = first.hello["room"]
        second.join(other.encode())
        assert second.hello["room"] == room and second.track.epoch == first.track.epoch
        second.say(b"hi")
        assert first.event() == second.event()
        assert first.answer(b"/who " + other.encode())["room"] == room


# JSON clients

def test_joining_and_leaving_with_a_name(daemon):
    with bots(daemon.tcp, b"alice", b"bob", None) as (alice, bob, other):
        other.join(b"tea")
        old, new = alice.join(b"tea")
        left, = bob.ask()
        assert (left["ev"], left["name"], left["reason"]) == ("leave", "alice", "moved")
        assert old == [] and alice.hello["you"] == "alice" and alice.hello["room"] == "tea"
        assert [event["ev"] for event in new] == ["join"] and other.ask() == new
        assert (new[0]["name"], new[0]["room"], number(new[0])) == ("alice", "tea", 1)
        alice.join(b"lobby")
        left, = other.ask()
        assert (left["reason"], left["room"], number(left)) == ("moved", "tea", 2)


def test_joining_and_leaving_without_a_name(daemon):
    with bots(daemon.tcp, None, b"bob", None) as (mover, bob, other):
        other.join(b"tea")
        assert mover.join(b"tea") == ([], []) and bob.ask() == other.ask() == []


def test_each_room_has_ids_and_epochs_of_its_own(daemon):
    with bots(daemon.tcp, None, None, None) as clients:
        for bot, room in zip(clients, (b"a", b"b", b"lobby")):
            bot.join(room)
        assert len({bot.track.epoch for bot in clients}) == 3
        for count, bot in enumerate(clients, 1):
            bot.say(*[b"x"] * count)
        assert [number(bot.ask()[-1]) for bot in clients] == [1, 2, 3]


def test_a_room_goes_when_it_is_empty_and_comes_back_anew(daemon):
    with bots(daemon.tcp, None, None) as (mover, stays):
        epochs = set()
        for turn in range(4):
            mover.join(b"tea")
            assert mover.hello["head"].endswith(".0")
            epochs.add(mover.track.epoch)
            mover.say(b"turn %d" % turn)
            assert mover.event()["id"] == f"{mover.track.epoch}.1"
            wait_rooms(stays, ("lobby", 1), ("tea", 1))
            mover.join(b"lobby")
            wait_rooms(stays, ("lobby", 2))
            assert stays.notice(b"/who tea") == ("no_such_room", "there is no room tea")
        assert len(epochs) == 4
        mover.join(b"TEA")  # spelled as its first one does now
        assert mover.hello["room"] == "TEA"


@pytest.mark.parametrize("leave", ["close", "reset", "half_close", "quit"])
def test_a_room_goes_with_its_last_client(daemon, leave):
    with Json(daemon.tcp) as stays, Json(daemon.tcp, name=b"alice", room=b"tea") as alice:
        wait_rooms(stays, ("lobby", 1), ("tea", 1))
        if leave == "quit":
            alice.say(b"/quit")
        else:
            getattr(alice, leave)()
        wait_rooms(stays, ("lobby", 1))


def test_the_lobby_stays(daemon):
    with Json(daemon.tcp) as bot:
        bot.say(b"one", b"two")
        bot.events(2)
        lobby = bot.track.head
        bot.join(b"tea")
        wait_rooms(bot, ("lobby", 0), ("tea", 1))
        assert bot.answer(b"/who lobby") == {
            "ev": "who", "room": "lobby", "names": [], "unnamed": 0, "more": 0}
        bot.join(b"lobby")
        assert bot.hello["head"] == lobby
    with Json(daemon.tcp) as bot:
        assert bot.hello["head"] == lobby


def test_a_client_s_first_room_is_the_lobby(daemon):
    with Json(daemon.tcp, room=b"tea"), Json(daemon.unix) as bot:
        assert bot.hello["room"] == "lobby"


def test_history_is_each_room_s_own(daemon):
    with bots(daemon.tcp, None) as (bot,), newcomer(daemon.tcp) as text:
        bot.say(b"in lobby")
        lobby = bot.event()["id"]
        text.read_until(b"in lobby")
        bot.join(b"tea")
        ask(text, b"/join tea")
        bot.say(b"in tea")
        bot.event()
        assert ask(text) == last(text, b"/last 9") == [b"in tea"]
        assert bot.notice(b"/since " + lobby.encode())[0] == "history_restarted"
        bot.join(b"lobby")
        assert [event.get("text") for event in bot.ask(b"/last 9")] == [None, "in lobby", None]


def test_private_lines_go_across_rooms(daemon):
    with bots(daemon.tcp, b"alice", b"bob") as (alice, bob), company(daemon.tcp, b"carol") as (
            carol,):
        alice.join(b"tea")
        ask(carol, b"/join coffee")
        bob.ask()
        priv = alice.answer(b"/msg bob psst")
        assert bob.ask() == [priv] and priv["ev"] == "priv"
        assert alice.answer(b"/msg carol psst")["ev"] == "priv"
        assert ask(carol, b"/msg alice and to you") == [
            b"[alice -> you] psst", b"[you -> alice] and to you"]
        assert [event["text"] for event in alice.ask()] == ["and to you"]


def test_names_hold_in_all_rooms(daemon):
    with bots(daemon.tcp, b"alice", None) as (alice, other):
        other.join(b"tea")
        assert other.notice(b"/name alice") == ("name_taken", "the name alice is taken")
        alice.join(b"cafe")
        alice.say(b"hi")
        assert alice.event()["from"] == "alice"


# Who is where

def test_who_of_another_room(daemon):
    with bots(daemon.tcp, b"bob", b"alice", None, None) as (bob, alice, third, _):
        for bot in (alice, third):
            bot.join(b"Tea")
        assert bob.answer(b"/who tea") == {
            "ev": "who", "room": "Tea", "names": ["alice"], "unnamed": 1, "more": 0}
        assert bob.answer(b"/who") == {
            "ev": "who", "room": "lobby", "names": ["bob"], "unnamed": 1, "more": 0}
        assert bob.notice(b"/who nowhere") == ("no_such_room", "there is no room nowhere")
        assert rooms(bob) == [("lobby", 2), ("Tea", 2)]


def test_who_and_rooms_in_text(daemon):
    with company(daemon.tcp, b"bob", b"alice", None, None) as (bob, alice, plain, _):
        poll(lambda: ask(bob, b"/who") == [
            b"* 4 here: alice bob", b"* and 2 without a name"], "the crier is gone", step=0.05)
        ask(alice, b"/join tea")
        ask(plain, b"/join kitchen")
        assert ask(bob, b"/who tea") == [b"* 1 in tea: alice"]
        assert ask(bob, b"/who KITCHEN") == [b"* 1 in kitchen: nobody has a name"]
        assert ask(plain, b"/who") == [b"* 1 here: nobody has a name"]
        assert ask(bob, b"/who nowhere") == [b"* there is no room nowhere"]
        assert ask(bob, b"/rooms") == [b"* 3 rooms: kitchen (1) lobby (2) tea (1)"]
        take(plain, b"dora")
        assert ask(bob, b"/who kitchen") == [b"* 1 in kitchen: dora"]
