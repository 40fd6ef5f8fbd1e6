"""test_survival_moves.py - moves that wait, and what is owed to one that does not read"""
import pytest

from chatter import Client, poll
from jsonl import bots
from manager import Service
from named import ask, company, notice
from test_history_survival import unread_by
from test_survival_rooms import ENDS, IN, lively, restarts, rooms, settle, texts

WIDE = {"room_log_kib": 16384, "slow_grace_ms": 60000}
FULL = (8 << 20) // 917  # lines of 917 bytes: more than the kernel takes for a client


def asked(client, line):
    """Until the daemon has read it."""
    client.say(line)
    poll(lambda: unread_by(client) == 0, "the question is read")


def fill(talker):
    """More than the kernel takes for anybody who does not read: the lines."""
    lines = [b"%06d " % i + b"f" * 900 for i in range(FULL)]
    for at in range(0, FULL, 100):
        talker.ask(*lines[at:at + 100])
    return [line.decode() for line in lines]


@pytest.mark.parametrize("ends", [["kill"], ["restart"], ["kill", "restart", "kill"]],
                         ids=["kill", "restart", "three"])
def test_a_move_that_has_not_taken_effect(ends):
    """The old rest, the answer, the new: none of it is cut, doubled or lost."""
    with Service(**WIDE) as service, bots(service.tcp, None) as (talker,), \
            bots(service.tcp, b"tea", room=b"tea") as (tea,), \
            bots(service.tcp, b"alice", rcvbuf=4096) as (program,), \
            company(service.tcp, b"bob", rcvbuf=4096) as (plain,):
        settle(program, talker)
        ask(plain)
        lines = fill(talker)
        for client in (program, plain):
            asked(client, b"/join tea")
        for number, end in enumerate(ends):
            talker.ask(b"too late for them %d" % number)
            tea.ask(b"before %d" % number)
            getattr(service, end)()
        settle(tea)
        answer = lively(program.until(ev="hello"))
        assert texts(answer) == lines and answer[-1]["room"] == "tea"
        told = plain.read_lines(FULL + 1)
        assert [line.decode() for line in told[:-1]] == lines
        assert IN.fullmatch(told[-1])[1] == b"tea"
        program.ask(b"/ping here")
        ask(plain)
        tea.ask(b"both are here")
        assert texts(program.ask())[-1:] == ["both are here"]
        assert ask(plain)[-1:] == [b"[tea] both are here"]
        assert {"alice", "bob"} <= set(tea.answer(b"/who")["names"])


@pytest.mark.parametrize("road", ["tea", "lobby"])
def test_what_is_owed_outlives_it(road):
    """Lines, private ones and notices, in order, to a program and to a text client."""
    with Service(**WIDE) as service, \
            bots(service.tcp, b"talker", room=road.encode()) as (talker,), \
            bots(service.tcp, b"alice", room=road.encode(), rcvbuf=4096) as (program,), \
            Client(service.tcp, rcvbuf=4096) as plain:
        assert ask(plain, b"/name bob")[-1] == b"* you are bob now"
        if road != "lobby":
            notice(plain, b"/join " + road.encode())
        settle(program, talker)
        ask(plain)
        lines = fill(talker)
        for turn, end in enumerate(("kill", "restart", "kill")):
            talker.ask(b"/msg alice owed %d" % turn, b"/msg bob owed %d" % turn)
            getattr(service, end)()
            lines.append(f"after {turn}")
            talker.ask(lines[-1].encode())
        heard = program.ask()
        assert texts(heard) == lines and len(restarts(heard)) == 3
        private = [(index, event["text"]) for index, event in enumerate(lively(heard))
                   if event["ev"] == "priv"]
        assert private == [(FULL + 2 * i, f"owed {i}") for i in range(3)]
        wanted = [b"[talker] " + line.encode() for line in lines]
        for i in range(3):
            wanted.insert(FULL + 2 * i, b"[talker -> you] owed %d" % i)
        assert ask(plain) == wanted


@pytest.mark.parametrize("end", ENDS)
def test_one_that_leaves_with_its_move_pending(end):
    """It moved nowhere: its old room sees it go, its new one nothing of it or both."""
    with Service(**WIDE) as service, bots(service.tcp, None) as (talker,), \
            bots(service.tcp, None, room=b"tea") as (tea,), \
            bots(service.tcp, b"alice", rcvbuf=4096) as (program,):
        settle(talker, tea)
        fill(talker)
        asked(program, b"/join tea")
        getattr(service, end)()
        program.reset()
        heard = []
        poll(lambda: heard.extend(lively(talker.ask())) or "leave" in [
            event["ev"] for event in heard], "the leave")
        assert [event["name"] for event in heard if event["ev"] == "leave"] == ["alice"]
        told = [event["ev"] for event in lively(tea.ask()) if event["ev"] != "say"]
        assert told in ([], ["join", "leave"])
        poll(lambda: rooms(tea) == {"lobby": 1, "tea": 1}, "it counts nowhere")
