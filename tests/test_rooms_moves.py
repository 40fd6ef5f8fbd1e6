"""test_rooms_moves.py - moving, switching, asking in mid-stream: no line is lost or doubled"""
import itertools
import re

import pytest

from chatter import Streams, poll, short, token
from daemon import Daemon
from jsonl import WAYS, Json, bots, shown, shown_all
from named import ask
from replays import newcomer


@pytest.fixture(name="daemon", params=WAYS["argvalues"], ids=WAYS["ids"])
def daemon_(request):
    with Daemon(**request.param) as daemon:
        yield daemon


LINE = re.compile(rb"(lobby|tea) (\d{6}) (\.*)")


def flood(name, going):
    """Numbered lines, as long as it is going on."""
    for i in itertools.count():
        if not going():
            return
        yield b"".join(b"%s %06d %s\n" % (name, i * 20 + j, b"." * (j * 7)) for j in range(20))


def steps(client, pieces):
    """What it sends: each piece when the last line of the one before was heard, and more since."""
    marker, at = b"", 0
    for piece in pieces:
        while (found := client.buffer.find(marker, at)) < 0 or len(client.buffer) < found + 20000:
            yield b""
        marker, at = piece.split(b"\n")[-2], len(client.buffer)
        yield piece


def move_between_floods(daemon, mover, *pieces):
    """One floods the lobby and one floods tea while it sends these, and then says `end`."""
    end, ended = token(), []
    with newcomer(daemon.tcp) as lobby, newcomer(daemon.tcp) as tea:
        ask(tea, b"/join tea")

        def hear(client, data):
            if client is mover:
                mover.buffer += data
                if mover.buffer.find(end, len(mover.buffer) - len(data) - 50) >= 0:
                    ended.append(True)
        streams = Streams(hear)
        streams.add(lobby, flood(b"lobby", lambda: not ended))
        streams.add(tea, flood(b"tea", lambda: not ended))
        streams.add(mover, steps(mover, [*pieces, end + b"\n"]))
        streams.run(lambda: ended)
    return end


def check_whole(lines, name):
    """Lines of one talker without a gap: the numbers of the first and of the last."""
    matches = [LINE.fullmatch(line) for line in lines]
    assert all(match and match[1] == name for match in matches), lines[:3]
    numbers = [int(match[2]) for match in matches]
    assert numbers and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert all(len(match[3]) == number % 20 * 7 for match, number in zip(matches, numbers))
    return numbers[0], numbers[-1]


def test_a_text_client_moves_between_floods(daemon):
    with newcomer(daemon.tcp) as mover:
        end = move_between_floods(daemon, mover, b"old 0\n/join tea\nnew 0\n",
                                  b"old 1\n/join lobby\nnew 1\n", b"old 2\n/join tea\nnew 2\n")
        seen = {b"lobby": -1, b"tea": -1}
        for turn, name in enumerate((b"lobby", b"tea", b"lobby")):
            part = mover.read_until(b"* you are in %s now, 2 here" % (
                b"tea" if name == b"lobby" else b"lobby"))[:-1]
            part.remove(b"old %d" % turn)
            if turn:
                part.remove(b"new %d" % (turn - 1))
            first, last_one = check_whole(part, name)
            assert first > seen[name]
            seen[name] = last_one
        part = mover.read_until(end)[:-1]
        part.remove(b"new 2")
        assert check_whole(part, b"tea")[0] > seen[b"tea"]


def test_a_json_client_moves_between_floods(daemon):
    with Json(daemon.tcp, name=b"alice") as mover:
        end = move_between_floods(daemon, mover, b"old 0\n/join tea\nnew 0\n",
                                  b"old 1\n/join lobby\nnew 1\n", b"old 2\n/join tea\nnew 2\n")
        for turn, name in enumerate(("lobby", "tea", "lobby", "tea")):
            part = mover.until(**({"ev": "hello"} if turn < 3 else {"text": end.decode()}))
            check_whole([shown(event) for event in part if event.get("from", "") is None],
                        name.encode())
            mine = [event.get("text", event["ev"]) for event in part
                    if "alice" in (event.get("from"), event.get("name"))]
            assert mine == (["join", f"new {turn - 1}"] if turn else []) + [
                f"old {turn}" if turn < 3 else end.decode()]
        assert not mover.track.skips


def test_a_client_switches_in_a_flood(daemon):
    """The old rest comes as text, what follows as JSON; nothing is cut, lost or doubled."""
    with Json(daemon.tcp, plain=True) as mover:
        end = move_between_floods(daemon, mover, b"before\n/json\nafter\n")
        text = mover.rest_of_text()
        assert b"before" in text
        text.remove(b"before")
        events = mover.until(text=end.decode())
        texts = [event["text"] for event in events if event["ev"] == "say"]
        texts.remove("after")
        lines = text + [line.encode() for line in texts[:-1]]
        check_whole(lines, b"lobby")
        assert [event["ev"] for event in events if event["ev"] != "say"] == []
        assert not mover.track.skips


@pytest.mark.parametrize("turns", [b"/join tea|/join lobby", b"/json|/json", b"/last 0|/last 0"])
def test_what_was_said_before_a_command_is_heard_before_its_answer(daemon, turns):
    with newcomer(daemon.tcp) as lobby, newcomer(daemon.tcp) as tea, \
            Json(daemon.tcp) as mover:
        ask(tea, b"/join tea")
        for turn in range(short(50)):
            for command in turns.split(b"|"):
                talker = tea if mover.track.room == "tea" else lobby
                words = [token() for _ in range(5)]
                talker.say(*words)
                assert talker.read_lines(5) == words
                events = mover.ask(command)
                at = next(i for i, event in enumerate(events) if event["ev"] in ("hello", "replay"))
                assert shown_all(events[:at]) == words, turn


def test_hello_stands_where_the_text_ended(daemon):
    """Many switch and talk at once; each has heard as many lines as the head says."""
    for _ in range(short(20)):
        clients = [Json(daemon.tcp, room=b"tea")]
        clients += [Json(daemon.tcp, plain=True) for _ in range(5)]
        for client in clients[1:]:
            client.say(b"/join tea")
            assert client.read_line().startswith(b"* you are in tea now")
        for at, client in enumerate(clients[1:]):
            client.say(b"one %d" % at, b"/json", b"two %d" % at)
        for client in clients[1:]:
            text = client.rest_of_text()
            assert client.hello["head"] == f"{client.track.epoch}.{len(text)}"
            assert len(text) + len(client.until(id=f"{client.track.epoch}.10")) == 10
        for client in clients:
            client.close()
        with Json(daemon.tcp) as bot:
            poll(lambda bot=bot: bot.answer(b"/who tea")["ev"] == "notice", "tea is gone",
                 step=0.05)


def test_what_is_sent_behind_a_move_is_said_in_the_new_room(daemon):
    with bots(daemon.tcp, b"alice", None, None) as (alice, lobby, tea):
        tea.join(b"tea")
        for turn in range(short(50)):
            alice.say(b"/join tea", b"tea %d" % turn, b"/me waves")
            alice.say(b"/join lobby", b"lobby %d" % turn)
        alice.ask()
        for bot, name in ((tea, "tea"), (lobby, "lobby")):
            said = [event["text"] for event in bot.ask() if event["ev"] == "say"]
            assert said == [f"{name} {turn}" for turn in range(short(50))]


def test_a_move_behind_one_to_the_same_room(daemon):
    """It takes effect when what was said before it was heard, and what is said behind it waits.

    A move to the same room puts the mover behind all others of the room, in the midst of a flush.
    """
    with newcomer(daemon.tcp) as mover, newcomer(daemon.tcp) as stays:
        for turn in range(10):
            mover.send(b"one\n/join lobby\ntwo\n/join tea\nthree\n/join lobby\n/ping x\n")
            assert mover.read_until(b"* pong x") == [
                b"one", b"* you are in lobby now, 2 here", b"two", b"* you are in tea now, 1 here",
                b"three", b"* you are in lobby now, 2 here", b"* pong x"]
            assert ask(stays) == [b"one", b"two"], f"turn {turn}"


def test_a_move_as_the_last_words(daemon):
    with bots(daemon.tcp, None) as (tea,):
        tea.join(b"tea")
        with newcomer(daemon.tcp) as client:
            client.send(b"in lobby\n/join tea\nin tea")
            client.half_close()
            assert client.read_to_end() == b"in lobby\n* you are in tea now, 2 here\nin tea\n"
        assert tea.event()["text"] == "in tea"


def test_many_moves_of_many(daemon):
    """Each is heard in each room exactly by those that are there, and all rooms go again."""
    names, turns = [b"a", b"b", b"c", b"d"], short(60)
    with bots(daemon.tcp, *names, None) as clients:
        *movers, stays = clients
        for turn in range(turns):
            for at, bot in enumerate(movers):
                bot.say(b"/join r%d" % ((turn * (at + 1)) % 5), b"turn %d" % turn)
        for name, bot in zip(names, movers):
            events = bot.ask(b"/join lobby", b"end")
            mine = [event["text"] for event in events if event.get("from") == name.decode()]
            assert mine == [f"turn {turn}" for turn in range(turns)] + ["end"]
        poll(lambda: stays.answer(b"/rooms")["rooms"] == [{"name": "lobby", "clients": 5}],
             "all rooms are gone", step=0.05)
