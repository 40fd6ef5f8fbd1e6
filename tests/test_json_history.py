"""test_json_history.py - replays and gaps in JSON: marks, ids, and the very lines as they were"""
import itertools

import pytest

from chatter import Streams, poll, short, token
from daemon import Daemon
from jsonl import WAYS, Json, bots, number, sequence, shown_all
from named import short_id
from replays import newcomer

SMALL = {"room_log_kib": 256, "slow_grace_ms": 20}


@pytest.fixture(name="daemon", params=WAYS["argvalues"], ids=WAYS["ids"])
def daemon_(request):
    with Daemon(**request.param) as daemon:
        yield daemon


@pytest.fixture(scope="module", name="small")
def small_room():
    """Its log has come round: a bot that has heard all, and all it heard."""
    with Daemon(**SMALL) as daemon, bots(daemon.tcp, b"alice") as (alice,):
        log = []
        for turn in range(20):
            log += talk(alice, turn)
        yield alice, log


def talk(alice, turn, count=50):
    """So many lines of 1 KB and a rename; all are events."""
    alice.say(*[b"%d %d " % (turn, i) + b"." * 1000 for i in range(count)], b"/name a%d" % turn)
    return [event for event in alice.ask() if "id" in event]


def replay(bot, command):
    """(mark, lines, end) of a replay that comes at once."""
    bot.ask()
    mark, *lines, end = bot.ask(command)
    assert mark["ev"] == "replay" and end["ev"] == "live" and mark["lines"] == len(lines)
    assert end["head"] == bot.track.head
    return mark, lines, end


def all_kinds(alice, daemon):
    """Something of each: what alice heard."""
    with Json(daemon.unix) as other:
        heard = alice.ask(b"one", b"/me two", b"/name carol", b'"\\\xfe', b"@n=t five", b"")
        other.ask(b"/name dora", b"* six", b"/join tea")
    return [event for event in heard + alice.ask() if "id" in event]


# Replays

def test_the_lines_are_the_very_lines_that_were_heard(daemon):
    with bots(daemon.tcp, b"alice") as (alice,), Json(daemon.tcp) as late:
        start = alice.track.head
        log = all_kinds(alice, daemon)
        assert [event["ev"] for event in log] == [
            "say", "me", "rename", "say", "say", "say", "join", "say", "leave"]
        for bot in (alice, late):
            for command, mark in ((b"/last %d" % len(log), {"ev": "replay", "last": len(log)}),
                                  (b"/since " + start.encode(), {"ev": "replay", "since": start})):
                assert replay(bot, command)[:2] == ({**mark, "lines": len(log)}, log)


@pytest.mark.parametrize("count", [0, 1, 2, 5, 8])
def test_so_many(daemon, count):
    with bots(daemon.tcp, None) as (bot,):
        bot.say(*[b"%d" % i for i in range(8)])
        log = bot.events(8)
        mark, lines, end = replay(bot, b"/last %d" % count)
        assert lines == log[8 - count:] and end == {"ev": "live", "head": log[-1]["id"]}
        assert mark == {"ev": "replay", "last": count, "lines": count}
        mark, lines, _ = replay(bot, b"/since " + f"{bot.track.epoch}.{8 - count}".encode())
        assert lines == log[8 - count:]
        assert mark == {"ev": "replay", "since": f"{bot.track.epoch}.{8 - count}", "lines": count}


def test_more_than_there_is(daemon):
    with bots(daemon.tcp, None) as (bot,):
        _, lines, end = replay(bot, b"/last 10")
        assert lines == [] and end["head"].endswith(".0")
        bot.say(b"x", b"y")
        log = bot.events(2)
        assert replay(bot, b"/last 10")[:2] == ({"ev": "replay", "last": 10, "lines": 2}, log)


def test_as_many_as_the_setting_says():
    with Daemon(history=3) as daemon, bots(daemon.tcp, None) as (bot,):
        bot.say(*[b"%d" % i for i in range(8)])
        log = bot.events(8)
        assert replay(bot, b"/last")[:2] == ({"ev": "replay", "last": 3, "lines": 3}, log[5:])


def test_nobody_gets_a_replay_unasked(daemon):
    with bots(daemon.tcp, None, None) as (bot, other):
        bot.say(b"x")
        bot.ask(b"/last 1", b"/json", b"/last 1")
        other.join(b"tea")
        assert other.join(b"lobby") == ([], []) and Json(daemon.tcp).ask() == []


def test_private_lines_and_answers_are_not_history(daemon):
    with bots(daemon.tcp, b"alice", b"bob") as (alice, bob):
        alice.ask(b"one", b"/msg bob psst", b"/ping x", b"/who", b"/nosuch", b"two")
        for bot in (alice, bob):
            events = replay(bot, b"/last 100")[1]
            assert [event["ev"] for event in events] == ["join", "join", "say", "say"]


@pytest.mark.parametrize("name", ["zzzz.1", "{epoch}0.1", "0.0", "x{epoch}.1", "{epoch}x.2"],
                         ids=short_id)
def test_a_stale_epoch_is_refused(small, name):
    alice, _ = small
    code, _ = alice.notice(b"/since " + name.format(epoch=alice.track.epoch).encode())
    assert code == "history_restarted"


@pytest.mark.parametrize("beyond", [1, 1000, 2**63, 2**64, 10**40])
def test_an_id_that_is_not_given_yet_is_refused(small, beyond):
    alice, log = small
    code, _ = alice.notice(f"/since {alice.track.epoch}.{number(log[-1]) + beyond}".encode())
    assert code in ("bad_id", "history_restarted")


def test_the_epoch_of_a_room_that_went_is_stale(daemon):
    with bots(daemon.tcp, None, None) as (bot, other):
        bot.join(b"tea")
        bot.say(b"x")
        old = bot.ask()[-1]["id"]
        bot.join(b"lobby")
        poll(lambda: other.answer(b"/who tea")["ev"] == "notice", "tea is gone", step=0.05)
        other.join(b"tea")
        bot.join(b"tea")
        assert bot.track.epoch == other.track.epoch != sequence(old)[0]
        assert bot.notice(b"/since " + old.encode())[0] == "history_restarted"


def test_since_an_id_that_is_no_longer_held(small):
    alice, log = small
    asked = f"{alice.track.epoch}.1"
    alice.ask()
    skip, mark, *lines, live = alice.ask(b"/since " + asked.encode())
    assert skip["ev"] == "skip" and skip["from"] == f"{alice.track.epoch}.2"
    assert mark == {"ev": "replay", "since": asked, "lines": len(lines)}
    assert live["ev"] == "live" and lines and lines == log[-len(lines):]
    assert sequence(skip["to"])[1] + 1 == number(lines[0])
    assert replay(alice, b"/last 100000")[1] == lines


def test_a_replay_amid_floods_is_in_its_place(daemon):
    """Two ask and talk while two more talk; their tracks check each id."""
    with bots(daemon.tcp, b"alice", b"bob", None, None) as clients:
        streams = Streams(lambda client, data: client.buffer.extend(data))
        turns = short(100)
        for at, client in enumerate(clients):
            pieces = [b"%d says %d\n" % (at, i) * 5 + (b"/last %d\n" % (i * 7 % 60) if at < 2 else
                                                       b"") for i in range(turns)]
            streams.add(client, pieces)
        streams.run(lambda: not streams.pieces)
        logs = []
        for client in clients:
            client.ask()
        end = token()
        clients[3].say(end)
        for at, client in enumerate(clients):
            events = client.until(text=end.decode())
            logs.append(events)
            assert not client.track.skips and client.track.replay is None
        assert all(events[-1] == logs[0][-1] for events in logs)


def test_live_lines_come_once_around_a_replay(daemon):
    with bots(daemon.tcp, None, None, None) as (asker, talker, ear):
        for turn in range(short(40)):
            talker.say(*[b"%d %d" % (turn, i) for i in range(10)])
            asker.say(b"asked %d" % turn, b"/last 15", b"behind %d" % turn)
        talker.ask()
        mine, heard, inside = asker.ask(), ear.ask(), False
        mine, heard, live = mine + asker.ask(), heard + ear.ask(), []
        for event in mine:
            if event["ev"] in ("replay", "live"):
                inside = event["ev"] == "replay"
            elif not inside:
                live.append(event)
        assert live == heard


def test_one_who_half_closes_gets_its_replay(daemon):
    with bots(daemon.tcp, None) as (bot,):
        bot.send(b"one\ntwo\n/last 1")
        bot.half_close()
        assert [event["ev"] for event in bot.end()] == [
            "say", "say", "replay", "say", "live", "bye"]


# Gaps

@pytest.mark.parametrize("road", ["tcp", "unix"])
def test_a_slow_reader_is_told_what_it_missed(road):
    with Daemon(**SMALL) as daemon, bots(daemon.tcp, b"alice") as (alice,), \
            Json(getattr(daemon, road), rcvbuf=16384) as slow:
        log = list(itertools.chain(*(talk(alice, turn, 100) for turn in range(short(60) + 40))))
        by_id = {event["id"]: event for event in log}
        events = slow.until(ev="rename", to=log[-1]["to"])
        skips = [event for event in events if event["ev"] == "skip"]
        assert skips and skips == slow.track.skips and slow.track.head == log[-1]["id"]
        missing = sum(event["lines"] for event in skips)
        assert missing + len(events) - len(skips) == len(log)
        assert all(event == by_id[event["id"]] for event in events if event["ev"] != "skip")
        alice.say(b"and on")
        assert slow.event()["text"] == "and on"


def test_one_that_missed_lines_asks_for_what_is_held():
    with Daemon(**SMALL) as daemon, bots(daemon.tcp, b"alice") as (alice,), \
            Json(daemon.unix) as slow:
        before = slow.track.head
        for turn in range(20):
            log = talk(alice, turn)
        slow.until(ev="rename", to=log[-1]["to"])
        first, mark, *_ = slow.ask(b"/since " + before.encode())
        assert first["ev"] == "skip" and mark["ev"] == "replay"
        head = slow.track.head.encode()
        assert replay(slow, b"/since " + head)[1] == []


def test_a_gap_before_a_switch_and_a_move():
    """The old rest has a gap, told in text; then comes the hello, and ids fit."""
    with Daemon(**SMALL) as daemon, bots(daemon.tcp, b"alice") as (alice,), \
            Json(daemon.unix, plain=True) as slow:
        slow.say(b"/ping")
        assert slow.read_line() == b"* pong"
        for turn in range(20):
            log = talk(alice, turn)
        text = slow.switch()
        assert any(b" skipped (" + alice.track.epoch.encode() in line for line in text)
        assert slow.hello["head"] == log[-1]["id"]
        log = list(itertools.chain(*(talk(alice, turn) for turn in range(20, 40))))
        slow.say(b"/join tea")
        events = slow.until(ev="hello")
        assert slow.track.skips and slow.hello["room"] == "tea"
        assert shown_all(events)[-1] == shown_all(log)[-1]
        slow.say(b"here")
        assert slow.event()["id"].endswith(".1")


def test_a_text_listener_and_a_json_listener_skip_alike():
    """Both are put on a line that is held, and both hear it."""
    with Daemon(**SMALL) as daemon, bots(daemon.tcp, b"alice") as (alice,), \
            Json(daemon.unix) as slow, newcomer(daemon.unix) as text:
        log = []
        for turn in range(20):
            log += talk(alice, turn)
        lines = text.read_until(shown_all(log)[-1])
        events = slow.until(ev="rename", to=log[-1]["to"])
        assert shown_all(events)[-1] == lines[-1]
        for listener in (lines, shown_all(events)):
            said = [line for line in listener if not line.startswith(b"* ")]
            assert set(said) < set(shown_all(log)) and len(set(said)) == len(said)
