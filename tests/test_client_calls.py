"""test_client_calls.py - calls of mtchat: usage, settings, pipes, --stdio, ssh, plain servers"""
import os
import re
import stat

import pytest

from chatter import short
from daemon import Daemon, free_port
from hub import Hub
from jsonl import Json
from mtchat import MTCHAT, run
from pipe import Pipe
from scenes import one_call, one_daemon, one_home  # noqa: F401
from seat import Home, Seat, address, sayings, speaker, wait_listening

USAGE, UNAVAILABLE = 64, 69


# Calls that cannot be

@pytest.mark.parametrize("arguments", [
    ["--tail", "--json"], ["--tail", "-m", "x"], ["--json", "--plain"], ["--stdio", "--plain"],
    ["--stdio", "-m", "x"], ["--no-follow"], ["-m", "x", "--no-follow"], ["-l", "100001"],
    ["-l", "-1"], ["-l", "x"], ["-l", ""], ["--since", "x"], ["--since", "a."], ["--since", ".5"],
    ["--since", "a.5x"], ["--since", "A b.5"], ["--room"], ["--nonsense"], ["a", "b"],
], ids=" ".join)
def test_usage(call, arguments):
    status, out, err = call(None, *arguments)
    assert (status, out) == (USAGE, b"") and re.match(r"(\S*/)?mtchat: \S", err)


@pytest.mark.parametrize("text, line, why", [
    ("name = ;\n", 1, ""), ("\nvolume = 11;\n", 2, "volume"), ('bell = "loud";\n', 1, "bell"),
    ('\n\nhistory = "many";\n', 3, "history"), ("timeout = -1;\n", 1, "timeout"),
    ("colour = 3;\n", 1, "colour"), ("history = 100001;\n", 1, "history"),
    ('notify = "smoke";\n', 1, "notify"), ('name = "a b";\n', 1, "name"),
    ("ignore = 5;\n", 1, "ignore"),
])
def test_bad_settings(text, line, why):
    with Home(text) as home:
        status, out, err = run("127.0.0.1:9", "-m", "x", env=home.environ)
        assert (status, out) == (USAGE, b"")
        assert err.startswith(f"mtchat: {home.config}:{line}: ") and why in err


def test_where_settings_come_from(daemon):
    """An option before the environment, that before the file."""
    with Json(daemon.tcp) as witness, Json(daemon.tcp, room=b"tea") as tea, \
            Home(f'server = "{address(daemon.tcp)}";\nname = "filed";\nroom = "tea";\n') as home:
        def say(*arguments, **env):
            assert run(*arguments, "-m", "x", env={**home.environ, **env}) == (0, b"", "")
        say()
        say(MTCHAT_NAME="envy")
        say("-n", "given", "-r", "lobby", MTCHAT_NAME="envy")
        assert sayings(tea) == [("filed", "x"), ("envy", "x")]
        assert sayings(witness) == [("given", "x")]
        wrong = "127.0.0.1:%d" % free_port()
        assert run("-m", "x", env={**home.environ, "MTCHAT_SERVER": wrong})[0] == UNAVAILABLE
        say(address(daemon.tcp), MTCHAT_SERVER=wrong)


# Pipes, --stdio, ssh

def test_pipe(daemon, call):
    """As ever without options; with them, the commands go first."""
    with Json(daemon.tcp, room=b"tea") as tea:
        assert call(daemon.tcp, data=b"hi\nthere\n") == (0, b"hi\nthere\n", "")
        status, out, _ = call(daemon.tcp, "-n", "alice", "-r", "tea", data=b"a\n/me b\nno end")
        assert status == 0 and out.endswith(b"[alice] a\n** alice b\n[alice] no end\n")
        assert sayings(tea) == [("alice", "a"), ("alice", "b"), ("alice", "no end")]
        status, out, _ = call(daemon.tcp, "--plain", "-n", "alice", data=b"c\n")
        assert status == 0 and out.endswith(b"[alice] c\n")


def test_stdio_is_untouched(call):
    data = bytes(range(256)) * short(300) + b"\x1b[2J\xff no end"
    with Hub() as hub:
        assert call(hub.target, "--stdio", data=data) == (0, data, "")
        assert hub.heard == data


FAKE_SSH = """#!/bin/sh
# Runs what it is to run over there over here, and notes how it was called.
printf '%s\\n' "$@" >"$SSH_NOTE"
while [ $# -gt 0 ]; do
	case $1 in
	--) shift; break ;;
	-[bcDEeFIiJLlmOopQRSWw]) shift 2 ;;
	-*) shift ;;
	*) break ;;
	esac
done
[ "$1" != nobody@unknown ] || { echo "ssh: no such host" >&2; exit 255; }
shift
MTCHAT_SERVER=$SSH_SERVER exec sh -c "$*"
"""


@pytest.fixture(name="ssh")
def fake_ssh(tmp_path, daemon):
    """The environment in which ssh is one that stays here, and what it was called with."""
    (tmp_path / "ssh").write_text(FAKE_SSH)
    (tmp_path / "ssh").chmod(stat.S_IRWXU)
    os.symlink(os.path.abspath(MTCHAT), tmp_path / "mtchat")
    note = tmp_path / "note"
    return {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SSH_NOTE": str(note),
            "SSH_SERVER": "unix:" + daemon.unix}, note


def test_ssh(daemon, ssh, call, home):
    env, note = ssh
    with Json(daemon.tcp) as witness:
        assert call(None, "ssh:alice@far", "-n", "alice", "-m", "from afar", **env) == (0, b"", "")
        assert sayings(witness) == [("alice", "from afar")]
        called = note.read_text().splitlines()
        assert "alice@far" in called and "mtchat --stdio" in " ".join(called)
        status, out, _ = call(None, "ssh:far", "--tail", "--no-follow", "-l", "10", **env)
        assert status == 0 and b" alice: from afar\n" in out
        assert call(None, "ssh:far", data=b"piped\n", **env)[:2] == (0, b"piped\n")
        with Pipe(None, "ssh:far", "--tail", home=home, env=env) as tail:
            wait_listening(witness, tail)
            witness.ask(b"news")
            tail.sees(r"[0-9: +-]+\| news")
            tail.process.terminate()
            assert tail.status() == 143


def test_ssh_fails(ssh, call):
    env, note = ssh
    assert call(None, "ssh:nobody@unknown", "-m", "x", **env)[0] == UNAVAILABLE
    note.unlink()
    for evil in ("ssh:-oProxyCommand=touch /tmp/x", "ssh:", "ssh:@", "ssh:user@-oX", "ssh:a b"):
        assert call(None, evil, "-m", "x", **env)[0] == USAGE
        assert not note.exists(), f"{evil}: ssh was called"


# A server that speaks no JSON

def swallow(hub, sock):
    """It takes everything and says nothing."""
    while data := sock.recv(1 << 16):
        hub.heard += data


@pytest.mark.parametrize("after", [None, swallow], ids=["everything", "nothing"])
def test_fallback(after):
    """The textbook's server says the question back: it is not shown, and all goes to the server."""
    with Hub(after=after) as hub, Seat(None, hub.target) as seat:
        seat.prompt(">")
        assert hub.heard.startswith(b"/json\n") and seat.rows() == [">"]
        seat.enter("hello", "/help")
        hub.wait_heard(b"hello\n/help\n")
        if not after:
            seat.sees("hello", "/help", ">")
            hub.say(b"[bob] a line\n")
            seat.sees(r"\[bob\] a line")
        assert not [row for row in seat.rows() if "json" in row or "ping" in row]
        seat.type("\x04")
        assert seat.status() == 0


def test_fallback_in_echo_mode():
    with Daemon(mode="echo") as daemon, Seat(daemon.tcp) as seat:
        seat.prompt(">")
        assert seat.rows() == [">"]
        seat.enter("hello", "/who")
        seat.sees("hello", "/who", ">")
        assert not [row for row in seat.rows() if "json" in row or "ping" in row]
        seat.type("\x04")
        assert seat.status() == 0


def test_fallback_while_others_talk():
    """A line of somebody else in that second is no answer, and it is shown."""
    def talk(hub, sock):
        for number in range(5):
            sock.sendall(b"line %d\n" % number)
        swallow(hub, sock)
    with Hub(after=talk) as hub, Seat(None, hub.target) as seat:
        seat.prompt(">")
        seat.sees(*(f"line {number}" for number in range(5)))


def test_plain_by_choice(daemon):
    with Hub() as hub, Seat(None, hub.target, "--plain", "-n", "alice", "-r", "tea") as seat:
        seat.prompt(">")
        hub.wait_heard(b"/name alice\n/join tea\n")
        assert hub.heard == b"/name alice\n/join tea\n"
    with speaker(daemon, "tea") as tea, Seat(daemon.tcp, "--plain", "-n", "alice",
                                             "-r", "tea") as seat:
        seat.prompt(">")
        seat.enter("hello")
        seat.sees(r"\[alice\] hello")
        assert tea.until(ev="say")[-1]["from"] == "alice"


def test_textbook_sends_nothing_by_itself():
    with Hub() as hub, Seat(None, "127.0.0.1", hub.port, "bob") as seat:
        seat.prompt(">")
        assert hub.heard == b""
        seat.enter("/json", "q")
        assert seat.status() == 0
        assert hub.heard == b"[bob] /json\n"
