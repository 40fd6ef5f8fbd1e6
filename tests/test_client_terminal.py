"""test_client_terminal.py - the conversation in a terminal, from the greeting to every way out"""
import contextlib
import re
import signal

import pytest

from chatter import Client
from daemon import Daemon
from scenes import one_room, shared_daemon  # noqa: F401
from seat import CLOCK, Seat, said, sit, speaker
from stage import Stage, packed

QUIET = "comings = false;\n"
DATE = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) "


def numbers(seat):
    """What the rules say: lines shown, the room's last; and the rows between the rules."""
    rows = seat.rows()
    first = next(i for i, row in enumerate(rows) if row.startswith("-- last "))
    live = next(i for i, row in enumerate(rows) if row.startswith("-- live "))
    match = re.fullmatch(rf"-- last (\d+) of (\d+) lines -+ {DATE}\d\d:\d\d --", rows[first])
    assert match, rows[first]
    assert re.fullmatch("-- live -+", rows[live])
    return int(match[1]), int(match[2]), rows[first + 1:live]


# The greeting

def test_greeting(daemon, room):
    """Who is here, the history between its rules, and then what is new."""
    with speaker(daemon, room, "bob") as bob, speaker(daemon, room, "carol"), \
            speaker(daemon, room) as nobody:
        for number in range(9):
            (nobody if number % 2 else bob).ask(b"line %d" % number)
        bob.ask()
        with sit(daemon, room, "-l", "3", config=QUIET) as alice:
            greeting = alice.sees(rf"\* 127\.0\.0\.1(?::\d+)?, room {room}, (\d+) here: (.*)")
            assert greeting.groups() == ("3", "bob carol and 1 more")  # 1 without a name
            shown, last, rows = numbers(alice)
            # Her own coming may be the last of the lines.
            assert shown == len(rows) == 3 and last - bob.track.at in (0, 1)
            assert all(re.fullmatch(CLOCK + r"(bob: line [68]|\| line 7)", row) for row in rows)
            bob.say(b"news")
            alice.sees("-- live -+", said("bob: news"))
            rules = [row for row in alice.rows() if row.startswith("-- ")]
            assert len(rules) == 2 and {len(row) for row in rules} <= {78, 79, 80}


def test_greeting_without_history(daemon, room):
    with speaker(daemon, room, "bob") as bob:
        bob.say(b"old")
        bob.ask()
        with sit(daemon, room, "-l", "0") as alice:
            bob.say(b"new")
            alice.sees(said("bob: new"))
            assert not [row for row in alice.rows() if row.startswith("-- ") or "old" in row]


def test_greeting_of_many(daemon, room):
    with contextlib.ExitStack() as stack:
        for number in range(40):
            stack.enter_context(speaker(daemon, room, f"somebody-{number}"))
        alice = stack.enter_context(sit(daemon, room))
        greeting = alice.sees(rf"\* .*room {room}, 40 here: (.*) and (\d+) more")
        assert len(greeting[1].split()) + int(greeting[2]) == 40


def test_first_write_is_the_greeting():
    """Before the server has answered nothing is shown: nothing would have to be taken back."""
    with Stage() as stage:
        stage.answers["/json"] = []
        stage.answers["/ping"] = []
        with Seat(stage.tcp) as seat:
            stage.wait_heard("/json")
            assert seat.quiet(0.3) and seat.rows() == []


# What is said

def test_kinds_of_lines(daemon, room):
    with speaker(daemon, room, "bob") as bob, speaker(daemon, room) as nobody, \
            sit(daemon, room) as alice:
        bob.ask(b"hello", b"/me waves", b"/msg alice the vault", b"good morning, Alice!")
        nobody.ask(b"without a name")
        alice.sees(said("bob: hello"), said("** bob waves"), said("bob -> you: the vault"),
                   said(">> bob: good morning, Alice!"), said("| without a name"))
        alice.enter("mine", "/me sits", "/msg bob seen")
        alice.sees(said("alice: mine"), said("** alice sits"), said("you -> bob: seen"))
        texts = [event.get("text") for event in bob.until(ev="priv", text="seen")]
        assert [text for text in texts if text in ("mine", "sits", "seen")] == [
            "mine", "sits", "seen"]
        alice.prompt(f"{room} alice>")


def test_mention_is_a_word(daemon, room):
    """A name within another word is none; case and what stands around it do not matter."""
    with speaker(daemon, room, "bob") as bob, sit(daemon, room) as alice:
        bob.ask("malice aliceandbob alice-2".encode(), b"ALICE: you?", b"ask alice", b"(alice)")
        alice.sees(said("bob: malice aliceandbob alice-2"), said(">> bob: ALICE: you?"),
                   said(">> bob: ask alice"), said(">> bob: (alice)"))


def test_comings(daemon, room):
    """Who comes, goes and is called something else is told, or not by the setting."""
    with sit(daemon, room, name="alice") as alice, sit(daemon, room, name="dave",
                                                       config=QUIET) as dave:
        with speaker(daemon, room, "bob") as bob:
            alice.sees(CLOCK + r"\* .*\bbob\b.*")
            bob.ask(b"/name bobby")
            alice.sees(CLOCK + r"\* .*\bbob\b.*\bbobby\b.*")
        alice.wait(lambda rows: sum("bob" in row for row in rows) == 3, "three happenings")
        dave.enter("and dave?")
        dave.sees(said("dave: and dave?"))
        assert not [row for row in dave.rows() if "bob" in row]


def test_own_line_waits_for_its_echo():
    """Gone from the prompt at Enter, dim above it, and then as the server says it: once."""
    with Stage(holds=True) as stage, Seat(stage.tcp, "-n", "alice") as alice:
        alice.prompt("lobby alice>")
        alice.enter("first", "second")
        waiting = ["… first", "… second", "lobby alice>"]
        alice.wait(lambda rows: rows[-3:] == waiting, waiting)
        assert re.search(rb"\x1b\[(?:\d+;)*2(?:;\d+)*m[^\x1b]*" + "… first".encode(), alice.raw)
        stage.say("meanwhile")
        alice.wait(lambda rows: rows[-3:] == waiting and rows[-4].endswith("bob: meanwhile"),
                   "news above what waits")
        stage.release()
        alice.sees(said("bob: meanwhile"), said("alice: first"), said("alice: second"))
        alice.prompt("lobby alice>")
        assert not [row for row in alice.rows() if row.startswith("…")]
        assert alice.count(".*first") == alice.count(".*second") == 1


def test_many_waiting_rows():
    with Stage(holds=True) as stage, Seat(stage.tcp, "-n", "alice") as alice:
        alice.prompt("lobby alice>")
        alice.enter(*(f"line {number}" for number in range(12)))
        stage.wait_heard("line 11")
        alice.wait(lambda rows: any(re.fullmatch("… and [78] more", row) for row in rows), "more")
        assert 5 <= sum(row.startswith("…") for row in alice.rows()) <= 6
        stage.release()
        alice.sees(*(said(f"alice: line {number}") for number in range(12)))
        alice.prompt("lobby alice>")


def test_without_a_name(daemon, room):
    with speaker(daemon, room) as witness, sit(daemon, room, name=None) as seat:
        seat.enter("who am I?")
        seat.sees(said("| who am I?"))
        assert witness.until(ev="say")[-1]["from"] is None
        seat.enter("/name zoe")
        seat.prompt(f"{room} zoe>")
        seat.enter("and now?")
        seat.sees(said("zoe: and now?"))
        assert seat.count(".*who am I.*") == 1


def test_day_changes():
    """A rule with the date stands before the first line of another day."""
    with Stage() as stage, Seat(stage.tcp, "-n", "alice") as alice:
        alice.prompt("lobby alice>")
        for when in ("2026-11-21T23:59:59.000Z", "2026-11-22T00:01:00.000Z"):
            stage.send(packed({**stage.said("on the " + when[8:10], "bob"), "t": when}))
        alice.sees("23:59 bob: on the 21", "-- Sun 2026-11-22 -+", "00:01 bob: on the 22")


# The server's answers, and the client's own commands

def test_answers(daemon, room):
    with speaker(daemon, room, "bob"), sit(daemon, room) as alice:
        alice.enter("/nothing at all")
        alice.sees(CLOCK + r"\* unknown command /nothing; .*")
        alice.enter("//nothing")
        alice.sees(said("alice: /nothing"))
        alice.enter("/name bob")  # refused, and life goes on
        alice.sees(CLOCK + r"\* the name bob is taken")
        alice.enter("/name alicia")
        alice.prompt(f"{room} alicia>")
        alice.enter("/who")
        alice.sees(CLOCK + rf"\* .*{room}.*\balicia\b.*\bbob\b.*")


def test_join(daemon, room):
    with speaker(daemon, room, "bob") as bob, speaker(daemon, room + "-b", "carol") as carol, \
            sit(daemon, room) as alice:
        carol.ask(b"before")
        alice.enter(f"/join {room}-b")
        alice.prompt(f"{room}-b alice>")
        alice.sees(rf"({CLOCK})?\* .*{room}-b, 1 here: carol")
        bob.ask(b"to the old room")
        alice.enter("here now")
        alice.sees(said("alice: here now"))
        carol.until(ev="say", text="here now", **{"from": "alice"})
        carol.ask(b"welcome")
        alice.sees(said("carol: welcome"))
        assert alice.count(".*old room.*") == 0


def test_help_and_set(daemon, room):
    with sit(daemon, room) as alice:
        alice.enter("/help")
        alice.wait(lambda rows: all(any(word in row for row in rows) for word in (
            "/who", "/msg", "/set", "/ignore", "/quit")), "help of both")
        alice.enter("/set")
        alice.wait(lambda rows: all(any(word in row for row in rows) for word in (
            "bell", "mention", "colour", "comings", "timeout")), "the settings")
        alice.enter("/set bell loud", "/set volume 11")
        alice.sees(CLOCK + r"\* .*\bbell\b.*\bmention\b.*", CLOCK + r"\* .*\bvolume\b.*")
        alice.prompt(f"{room} alice>")


def test_own_commands_are_not_sent():
    with Stage() as stage, Seat(stage.tcp, "-n", "alice") as alice:
        alice.prompt("lobby alice>")
        alice.enter("/set bell all", "/ignore bob", "/set", "/ignore", "/nosuch x", "last")
        alice.sees(said("alice: last"))
        assert not [text for text in stage.heard if text.startswith(("/set", "/ignore"))]
        assert "/nosuch x" in stage.heard


def test_ignore(daemon, room):
    with speaker(daemon, room, "bob") as bob, speaker(daemon, room, "carol") as carol, \
            sit(daemon, room) as alice:
        alice.enter("/ignore BOB")
        alice.sees(CLOCK + r"\* .*ignore.*\bBOB\b.*")
        bob.ask(b"spam for alice", b"/me spams", b"/msg alice spam")
        carol.ask(b"no spam from me")
        alice.sees(said("carol: no spam from me"))
        assert alice.count(".*spam.*") == 1
        assert alice.bells() == 0
        alice.enter("/ignore")
        alice.wait(lambda rows: any("bob" in row.lower() for row in rows[-4:]), "who is ignored")


# Ways out

@pytest.mark.parametrize("way, want", [
    ("\x04", 0), ("/quit\r", 0), ("\x03", 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=["eof", "quit", "interrupt", "term", "hangup"])
def test_ways_out(daemon, room, way, want):
    with speaker(daemon, room) as witness, sit(daemon, room) as alice:
        if want == 0:
            alice.enter("last words")
        if isinstance(way, str):
            alice.type(way)
        else:
            alice.emulator.process.send_signal(way)
        assert alice.status() == want
        assert alice.emulator.is_restored()
        assert alice.raw.count(b"\x1b[?2004h") == alice.raw.count(b"\x1b[?2004l")
        leave = witness.until(ev="leave", name="alice")
        texts = [event["text"] for event in leave if event["ev"] == "say"]
        assert texts == (["last words"] if want == 0 else [])


def test_name_refused(daemon, room):
    with speaker(daemon, room, "bob"), Seat(daemon.tcp, "-n", "Bob", "-r", room) as seat:
        assert seat.status() == 77
        assert any("the name Bob is taken" in row or "the name bob is taken" in row
                   for row in seat.rows())


def test_server_full():
    with Daemon(max_clients=1) as daemon, Client(daemon.tcp).enter(), Seat(daemon.tcp) as seat:
        assert seat.status() == 69
        assert any("server full (1 of 1)" in row for row in seat.rows())


def test_restarted_is_told():
    with Stage() as stage, Seat(stage.tcp, "-n", "alice") as alice:
        alice.prompt("lobby alice>")
        stage.tell("restarted", gap_ms=41)
        alice.sees(CLOCK + r"\* server restarted: 41 ms, still connected, 0 lines lost")
