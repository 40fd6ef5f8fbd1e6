"""test_client_spelling.py - commands that are not spelled as they are: nothing private is said"""
import contextlib
import pathlib
import re
import signal

import pytest

from pipe import Pipe
from scenes import one_home, one_room, shared_daemon  # noqa: F401
from seat import CLOCK, Home, Seat, said, sit, speaker
from stage import Stage

USAGE, REFUSED = 64, 65
MSG = "/msg bob secret"
OTHERWISE = [  # and what is put back
    (" /msg bob secret", MSG), ("/ㅡㄴㅎ bob secret", MSG), ("／msg bob secret", MSG),
    ("/msg,bob secret", MSG), ("/msg: bob secret", MSG), ("/ msg bob secret", MSG),
    ("\u3000／ㅡㄴㅎ　bob secret", MSG), ("/\u1173\u1102\u1112 bob secret", MSG),
    ("/w bob secret", MSG), ("/ｍｓｇ bob secret", MSG)]
UNKNOWN = ["/없는명령 bob secret", " /mgs bob secret", "/мсг bob secret", "/mgs,bob secret"]


def spoken(events):
    return [event["text"] for event in events if event["ev"] in ("say", "me", "priv")]


def test_it_is_put_back_and_given_at_the_second_enter(daemon, room):
    with speaker(daemon, room, "bob") as bob, speaker(daemon, room) as carol, \
            sit(daemon, room) as alice:
        for number, (typed, right) in enumerate(OTHERWISE):
            alice.enter(f"{typed}{number}")
            alice.prompt(f"{room} alice> {right}{number}")
            alice.enter("")
            alice.sees(CLOCK + re.escape(f"you -> bob: secret{number}"))
        alice.sees(CLOCK + r"\* not given yet: this was meant as /msg\? .*")
        assert spoken(bob.ask()) == [f"secret{number}" for number in range(len(OTHERWISE))]
        assert spoken(carol.ask()) == []


def test_what_nobody_knows_stays_to_be_edited(daemon, room):
    with speaker(daemon, room, "bob") as bob, sit(daemon, room) as alice:
        for typed in UNKNOWN:
            alice.enter(typed)
            alice.prompt(f"{room} alice> {typed}".rstrip())
            alice.type("\x15")  # ^U
            alice.prompt(f"{room} alice>")
        alice.sees(CLOCK + r"\* there is no command 없는명령: /help lists them; .*")
        alice.enter("/etc/passwd is a path", "//msg is text")
        alice.sees(said("alice: /etc/passwd is a path"), said("alice: /msg is text"))
        assert spoken(bob.ask()) == ["/etc/passwd is a path", "/msg is text"]


def test_the_case_does_not_matter(daemon, room):
    with speaker(daemon, room, "bob") as bob, sit(daemon, room) as alice:
        alice.enter("/MSG bob secret", "/Set comings off", "/ME waves")
        alice.sees(CLOCK + "you -> bob: secret", CLOCK + r"\*\* alice waves")
        alice.sees(CLOCK + r"\* .*comings.*off.*")
        assert spoken(bob.ask()) == ["secret", "waves"]


def test_an_older_server_hears_none_of_it():
    """It knows small letters only, and says all else."""
    with Stage() as stage, Seat(stage.tcp, "-n", "alice") as alice:
        alice.prompt("lobby alice>")
        for typed, _ in OTHERWISE:
            alice.enter(typed)
            alice.prompt(f"lobby alice> {MSG}")
            alice.type("\x15")
            alice.prompt("lobby alice>")
        for typed in UNKNOWN:
            alice.enter(typed)
            alice.prompt(f"lobby alice> {typed}")
            alice.type("\x15")
            alice.prompt("lobby alice>")
        alice.enter("/MGS bob secret", "last")
        stage.wait_heard("/mgs bob secret")
        assert [text for text in stage.heard if "secret" in text] == ["/mgs bob secret"]


def test_of_many_lines_the_rest_stays(daemon, room):
    with speaker(daemon, room, "bob") as bob, sit(daemon, room) as alice:
        alice.type("one\x16\n /msg bob secret\x16\nthree\r")
        alice.sees(said("alice: one"))
        alice.wait(lambda rows: rows[-2:] == [f"{room} alice> {MSG}", "three"] or
                   rows[-1].endswith(f"{MSG}^Jthree"), "the rest")
        alice.enter("")
        alice.sees(said("alice: three"))
        assert spoken(bob.ask()) == ["one", "secret", "three"]


# In scripts

@pytest.mark.parametrize("text", [*(typed for typed, _ in OTHERWISE), *UNKNOWN])
def test_not_said_by_a_script(daemon, room, home, text):
    with speaker(daemon, room, "bob") as bob, \
            Pipe(daemon.tcp, "-n", "alice", "-r", room, "-m", text, home=home) as pipe:
        assert pipe.status() == REFUSED
        assert b"//" in pipe.err and b"secret" not in pipe.err
        assert spoken(bob.ask()) == []


def test_given_by_a_script(daemon, room, home):
    with speaker(daemon, room, "bob") as bob, speaker(daemon, room) as carol:
        with Pipe(daemon.tcp, "-n", "alice", "-r", room, "-m", "/MSG bob secret",
                  home=home) as pipe:
            assert pipe.status() == 0
        with Pipe(daemon.tcp, "-n", "alice", "-r", room, "-m", "/WHO", home=home) as pipe:
            assert pipe.status() == USAGE
        assert spoken(bob.ask()) == ["secret"] and spoken(carol.ask()) == []


# No trace

@pytest.mark.parametrize("end", ["/quit\r", signal.SIGKILL, signal.SIGHUP, signal.SIGTERM],
                         ids=["quit", "kill", "hangup", "term"])
def test_no_private_line_is_in_a_file(daemon, room, end):
    """However it was spelt, and however the client ends; what is harmless is there."""
    with Home() as home, contextlib.ExitStack() as stack:
        bob = stack.enter_context(speaker(daemon, room, "bob"))
        alice = stack.enter_context(sit(daemon, room, home=home))
        for typed, right in OTHERWISE:
            alice.enter(typed)
            alice.prompt(f"{room} alice> {right}")
            alice.enter("")
        for typed in UNKNOWN:
            alice.enter(typed)
            alice.prompt(f"{room} alice> {typed}".rstrip())
            alice.type("\x15")
            alice.prompt(f"{room} alice>")
        alice.enter("/MSG bob secret", "/mgs bob secret", "@n=x /MSG bob secret",
                    "/name alice 0123secret", "/me is harmless")
        bob.until(ev="me", text="is harmless")
        alice.sees(CLOCK + r"\*\* alice is harmless")
        if isinstance(end, str):
            alice.type(end)
        else:
            alice.emulator.process.send_signal(end)
        alice.status()
        kept = b"".join(path.read_bytes() for path in pathlib.Path(home.path()).rglob("*")
                        if path.is_file())
        assert b"secret" not in kept
        assert end == signal.SIGKILL or b"/me is harmless" in kept


# Hints

def test_a_name_it_has_elsewhere(daemon, room):
    with sit(daemon, room) as alice:
        alice.enter("/nick Dora")
        alice.prompt(f"{room} alice> /name Dora")
        alice.enter("")
        alice.prompt(f"{room} Dora>")
        alice.sees(CLOCK + r"\* you are Dora now")
        assert alice.count(r".*is Dora now.*|.*alice is .*") == 0
        alice.enter("/nothing")
        alice.sees(CLOCK + r"\* unknown command /nothing; .*", CLOCK + r"\* /help lists the commands")
        alice.type("\x0c")
        alice.enter("/?")
        alice.prompt(f"{room} Dora> /help")


def test_help_is_for_people(daemon, room):
    with sit(daemon, room, rows=50) as alice:
        alice.enter("/help", "that is all")
        alice.sees(CLOCK + r"\* /help .*", CLOCK + r"\* /who .*", said("alice: that is all"))
        assert alice.count(r".*(/json|/since).*") == 0


def test_to_oneself_once(daemon, room):
    with sit(daemon, room) as alice:
        alice.enter("/msg alice note", "that is all")
        alice.sees(said("alice: that is all"))
        assert alice.count(r".*note") == 1


def test_two_words_are_no_name(daemon, room):
    with sit(daemon, room) as alice:
        alice.enter("/name John Smith")
        alice.sees(CLOCK + r"\* a name is one word, not John Smith")
        alice.prompt(f"{room} alice>")


def test_who_is_ignored_stays_so_under_another_name(daemon, room):
    with speaker(daemon, room, "bob") as bob, sit(daemon, room) as alice:
        alice.enter("/ignore zoe,bob", "/ignore -list", "/ignore bob")
        alice.sees(CLOCK + r"\* zoe,bob is no name", CLOCK + r"\* -list is no name",
                   CLOCK + r"\* you ignore bob; .*")
        bob.ask(b"spam", b"/name robert", b"spam again")
        with speaker(daemon, room, "carol") as carol:
            carol.ask(b"not me")
        alice.sees(said("carol: not me"))
        assert alice.count(r".*spam.*") == 0
        alice.enter("/ignore")
        alice.sees(CLOCK + r"\* you ignore robert")
