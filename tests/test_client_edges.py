"""test_client_edges.py - mtchat where things are too many, too early or too late"""
import contextlib
import fcntl
import json
import os
import pwd
import re
import signal
import socket
import stat
import subprocess

import pytest

from chatter import PATIENCE, poll
from daemon import Daemon
from jsonl import Json
from mtchat import MTCHAT, run
from seat import CLOCK, Home, Seat, said, sayings, sit, speaker
from stage import Stage
from terminal import Terminal


@pytest.fixture(name="daemon", scope="module")
def one_daemon():
    with Daemon() as daemon:
        yield daemon


def test_a_paste_of_more_lines_than_may_wait(daemon):
    """On a link that stands each line waits for its turn, and none is put back."""
    lines = [f"{number} of a long paste" for number in range(350)]
    with Json(daemon.tcp, room=b"paste") as witness, sit(daemon, "paste") as alice:
        alice.emulator.paste("".join(line + "\n" for line in lines))
        alice.type("\r")
        alice.wait(lambda rows: "y = send" in rows[-1], "the question")
        alice.type("y")
        alice.sees(said(f"alice: {lines[-1]}"))
        alice.prompt("paste alice>")
        assert sayings(witness) == [("alice", line) for line in lines]


def test_a_paste_of_several_lines_obeys_nothing(daemon):
    lines = ["to leave type:", "/quit", "/usr/bin/rustfmt", "//", "/msg alice x", "out"]
    with Json(daemon.tcp, room=b"slash") as witness, sit(daemon, "slash") as alice:
        alice.emulator.paste("\n".join(lines[:3]))
        alice.type("\r")
        alice.sees(said(f"alice: {lines[2]}"))
        alice.emulator.paste("\n".join(lines))
        alice.wait(lambda rows: rows[-1] == "out", "the paste")
        alice.type("\r")
        alice.wait(lambda rows: rows[-1].startswith("send 6 lines"), "the question")
        alice.type("y")
        alice.sees(*[said(f"alice: {line}") for line in (*lines[:3], *lines)])
        alice.prompt("slash alice>")
        assert sayings(witness) == [("alice", line) for line in (*lines[:3], *lines)]


def test_an_enter_alone_says_nothing(daemon):
    with Json(daemon.tcp, room=b"enter") as witness, sit(daemon, "enter") as alice:
        alice.enter("", "", "hello", "")
        alice.sees(said("alice: hello"))
        alice.emulator.paste("one\n\nthree\n")
        alice.enter("")
        alice.sees(said("alice: three"))
        alice.enter("/quit")
        assert alice.status() == 0
        assert [text for _, text in sayings(witness)] == ["hello", "one", "", "three"]


@pytest.mark.parametrize("end", ["\x04", "/quit\r"])
def test_what_is_typed_behind_the_end_is_for_the_shell(end):
    """Also while it waits for what was said before to come back."""
    with Stage(holds=True) as stage, Seat(stage.tcp, "-n", "alice") as alice:
        alice.prompt("lobby alice>")
        alice.enter("first")
        stage.wait_heard("first")
        alice.type(end + "ls secret\r")
        stage.say("news", sender="bob")
        stage.release()
        assert alice.status() == 0
        assert "secret" not in "".join(stage.heard)


def state_of(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rpartition(")")[2].split()[0]


def test_stop_before_the_prompt():
    """^Z while nobody answers yet: it stops, as a shell takes it, and goes on."""
    with socket.create_server(("127.0.0.1", 0)) as silent, Home() as home:
        target = "%s:%d" % silent.getsockname()
        with Terminal([MTCHAT, target], env=home.env) as terminal:
            peer, _ = silent.accept()
            with peer:  # the kernel stops no group whose leader has no shell: so by hand
                terminal.process.send_signal(signal.SIGTSTP)
                terminal.process.send_signal(signal.SIGCONT)
                terminal.wait_row(">", last=True)  # the plain prompt, after a second
                assert state_of(terminal.process.pid) in "SR"
                terminal.type("\x04")
                assert terminal.wait_exit() == 0


def test_the_key_is_not_printed(daemon):
    status, out, err = run("%s:%d" % daemon.tcp, "--json", "--no-follow")
    hello = json.loads(out.splitlines()[0])
    assert (status, err) == (0, "")
    assert hello["ev"] == "hello" and hello["room"] == "lobby" and "key" not in hello


@pytest.mark.parametrize("way", ["--tail", "--json"])
def test_a_socket_whose_reader_goes(daemon, way):
    ours, its = socket.socketpair()
    with Home() as home, its:
        target = "%s:%d" % daemon.tcp
        follower = subprocess.Popen([MTCHAT, target, "-l", "1", way], stdout=its, env=home.environ)
        try:
            ours.close()
            poll(lambda: follower.poll() is not None, "its end")
            assert follower.returncode == 0
        finally:
            follower.kill()
            follower.wait()


def test_a_reader_who_does_not_wait(daemon):
    """A pipe that somebody made non-blocking, and that is full."""
    with speaker(daemon, "full", "bob") as bob, Home() as home:
        read, write = os.pipe()
        os.set_blocking(write, False)
        target = "%s:%d" % daemon.tcp
        for number in range(300):
            bob.say(b"%d " % number + 1000 * b"x")
        bob.ask()
        follower = subprocess.Popen([MTCHAT, target, "-r", "full", "-l", "300", "--tail",
                                     "--no-follow"], stdout=write, env=home.environ)
        os.close(write)
        with open(read, "rb") as out:
            lines = out.read().splitlines()
        assert follower.wait(PATIENCE) == 0
        assert sum(b"bob: " in line for line in lines) >= 299


def test_a_home_that_is_not_ours():
    """sudo -u somebody, with the HOME of another one: its settings are not there for us."""
    if os.geteuid() != 0:
        pytest.skip("it takes root")
    with Home() as home, Daemon() as daemon:  # a TemporaryDirectory is 0700
        target = "%s:%d" % daemon.tcp
        done = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", MTCHAT, target, "-m",
                               "hi"], env=home.environ, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")


# What was typed, for the next session

def typed_before(home):
    with open(home.path("state", "mtchat", "history"), encoding="utf-8") as file:
        return file.read().splitlines()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGKILL])
def test_many_that_end_at_once_lose_nothing_that_was_typed(daemon, number):
    """Who logs out ends all of them in one moment; a kill asks nobody."""
    with Home() as home, contextlib.ExitStack() as stack:
        seats = [stack.enter_context(sit(daemon, "logout", name=f"user{i}", home=home))
                 for i in range(4)]
        for turn in range(3):
            for i, seat in enumerate(seats):
                seat.enter(f"line {turn} of {i}", f"/msg nobody secret {turn} of {i}")
        for i, seat in enumerate(seats):
            seat.sees(said(f"user{i}: line 2 of {i}"))
            poll(lambda i=i: f"line 2 of {i}" in typed_before(home), "the last line in the file")
        for seat in seats:
            seat.emulator.process.send_signal(number)
        for seat in seats:
            seat.status()
        found = typed_before(home)
        assert sorted(found) == sorted(f"line {turn} of {i}" for turn in range(3)
                                       for i in range(4))
        path = home.path("state", "mtchat")
        assert set(os.listdir(path)) <= {"history", "keys"}  # no scratch file
        assert stat.S_IMODE(os.stat(os.path.join(path, "history")).st_mode) == 0o600


def test_a_history_that_somebody_holds_keeps_nobody_from_talking(daemon):
    """A client that was stopped in the wrong moment: what was typed is written when it lets go."""
    with Home() as home, sit(daemon, "held", home=home) as alice:
        with open(home.path("state", "mtchat", "history"), "w", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            alice.enter("first")
            alice.sees(said("alice: first"))
            assert not typed_before(home)
        alice.enter("second")
        alice.sees(said("alice: second"))
        poll(lambda: typed_before(home) == ["first", "second"], "both in the file")
        alice.enter("/quit")
        assert alice.status() == 0


# The name of an account

ME = pwd.getpwuid(os.getuid()).pw_name


@pytest.mark.parametrize("by_hand", [False, True])
def test_the_account_comes_for_its_name(by_hand):
    """Who takes it over is called so from then on, who had it is not: each knows it of itself."""
    with Daemon() as daemon, Seat(daemon.tcp, "-n", ME) as guest, Json(daemon.tcp) as other:
        guest.prompt(f"lobby {ME}>")
        with Seat(daemon.unix, *([] if by_hand else ["-n", ME])) as owner:
            if by_hand:
                owner.prompt("lobby>")
                owner.enter(f"/name {ME}")
            guest.prompt(f"lobby {ME}-2>")
            owner.sees(f".*{ME} is {ME}-2 now.*")
            owner.enter("one", f"/msg {ME}-2 psst")
            owner.sees(said(f"{ME}: one"), CLOCK + re.escape(f"you -> {ME}-2: psst"))
            guest.enter("two")
            for seat in (owner, guest):
                seat.sees(said(f"{ME}: one"), said(f"{ME}-2: two"))
            other.say(f"{ME}-2: hello".encode(), f"{ME}: hello".encode())
            guest.sees(rf"{CLOCK}>> \| {ME}-2: hello", rf"{CLOCK}\| {ME}: hello")
            owner.sees(rf"{CLOCK}\| {ME}-2: hello", rf"{CLOCK}>> \| {ME}: hello")
            owner.prompt(f"lobby {ME}>")
            guest.prompt(f"lobby {ME}-2>")
            for seat in (owner, guest):
                seat.type("\x04")
                assert seat.status() == 0
