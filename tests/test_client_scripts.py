"""test_client_scripts.py - mtchat in scripts: -m, --tail and --json"""
import json
import re
import signal
import time

import pytest

from chatter import SHORT, Client, poll, short
from daemon import Daemon, free_port
from hub import Hub
from jsonl import Json
from pipe import Pipe
from scenes import one_call, one_daemon, one_home  # noqa: F401
from seat import sayings, wait_listening
from stage import Stage

USAGE, REFUSED, NO_HOST, UNAVAILABLE = 64, 65, 68, 69
OUTPUT, LOST, PROTOCOL, NAME = 74, 75, 76, 77
STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d "


@pytest.fixture(name="patient", scope="module", autouse=True)
def patient_ones(home):
    """Two that need long to give up, while the other tests run."""
    if SHORT:
        yield None
        return
    with Stage(holds=True) as stage, Pipe(stage.tcp, "-m", "hello", home=home) as lost, \
            Hub(after=swallow) as hub, Pipe(hub.target, "-m", "hello", home=home) as plain:
        stage.wait_heard("hello")
        stage.shut()
        stage.hang_up()
        yield lost, plain, time.monotonic()


def swallow(_, sock):
    while sock.recv(1 << 16):
        pass


# -m

@pytest.mark.parametrize("arguments, want", [
    (["-m", "hi"], [(None, "hi")]),
    (["-n", "alice", "-m", "hi"], [("alice", "hi")]),
    (["-n", "alice", "--message", "//slash"], [("alice", "/slash")]),
    (["--name=alice", "-m", "/me waves"], [("alice", "waves")]),
    (["-n", "지은", "-m", "네, 로그는"], [("지은", "네, 로그는")]),
    (["-n", "alice", "-m", "/etc/passwd"], [("alice", "/etc/passwd")]),
])
def test_message(daemon, call, arguments, want):
    """It ends when the server has shown the line: so there it is, once, and nothing is written."""
    with Json(daemon.tcp) as witness:
        assert call(daemon.tcp, *arguments) == (0, b"", "")
        assert sayings(witness) == want


def test_message_to_one_and_in_a_room(daemon, call):
    with Json(daemon.tcp, name=b"bob", room=b"tea") as bob, Json(daemon.tcp) as lobby:
        assert call(daemon.unix, "-n", "alice", "-m", "/msg bob psst") == (0, b"", "")
        private = bob.until(ev="priv")[-1]
        assert (private["from"], private["text"]) == ("alice", "psst")
        assert call(daemon.tcp, "-n", "ali", "-r", "tea", "-m", "hi") == (0, b"", "")
        assert sayings(bob) == [("ali", "hi")]
        assert sayings(lobby) == []


@pytest.mark.parametrize("arguments, status, why", [
    (["-n", "alice", "-m", "/msg nobody psst"], REFUSED, "nobody"),
    (["-m", "/msg bob psst"], REFUSED, "name"),
    (["-m", "/me waves"], REFUSED, "name"),
    (["-m", 5000 * "x"], REFUSED, "long"),
    (["-m", ""], REFUSED, ""),
    (["-m", "two\nlines"], REFUSED, "line"),
    (["-m", "/who"], USAGE, "command"),
    (["-m", "/quit"], USAGE, "command"),
    (["-m", "/nosuch secret"], USAGE, "command"),
    (["-n", "bob", "-m", "hi"], NAME, "the name bob is taken"),
    (["-n", "-x", "-m", "hi"], NAME, "a name"),
    (["-n", "server", "-m", "hi"], NAME, "reserved"),
    (["-n", "a b", "-m", "hi"], USAGE, "name"),
    (["-n", "", "-m", "hi"], USAGE, "name"),
    (["-n", 65 * "x", "-m", "hi"], USAGE, "name"),
    (["-r", ".", "-m", "hi"], REFUSED, ""),
])
def test_message_refused(daemon, call, arguments, status, why):
    """Told on stderr, and nobody hears it."""
    with Json(daemon.tcp, name=b"bob") as bob:
        got, out, err = call(daemon.tcp, *arguments)
        assert (got, out) == (status, b"") and why in err.lower(), err
        assert err.startswith("mtchat: ") and err.endswith("\n")
        assert [event for event in bob.ask() if event["ev"] in ("say", "me", "priv")] == []


def test_no_server(call):
    status, out, err = call(("127.0.0.1", free_port()), "-m", "hi")
    assert (status, out) == (UNAVAILABLE, b"") and "Connection refused" in err
    assert call(None, "no-such-host.invalid", "-m", "hi")[0] == NO_HOST
    assert call(None, "unix:/nonexistent", "--tail")[0] == UNAVAILABLE


@pytest.mark.parametrize("arguments", [["-m", "hi"], ["--tail"], ["--json", "--no-follow"]])
def test_server_full(call, arguments):
    with Daemon(max_clients=1) as daemon, Client(daemon.tcp).enter():
        status, out, err = call(daemon.tcp, *arguments)
        assert (status, out) == (UNAVAILABLE, b"") and "server full (1 of 1)" in err


# --tail and --json

@pytest.fixture(name="talk")
def some_talk(daemon):
    """Two who have said some lines; the ids of those."""
    with Json(daemon.tcp, name=b"bob") as bob, Json(daemon.tcp) as nobody:
        events = bob.ask(*(b"line %d" % number for number in range(60)), b"/me waves")
        events += bob.ask()
        nobody.ask(b"the last")
        events += bob.until(ev="say", text="the last")
        yield bob, [event for event in events if "id" in event]


def test_tail_no_follow(daemon, talk, call):
    """The last lines, with times, and the end."""
    config = {"XDG_CONFIG_HOME": "/nonexistent"}
    status, out, err = call(daemon.tcp, "--tail", "--no-follow", "-l", "4", **config)
    rows = out.decode().splitlines()
    assert (status, err, len(rows)) == (0, "", 4)
    for row, text in zip(rows, ("bob: line 58", "bob: line 59", "** bob waves", "| the last")):
        assert re.fullmatch(STAMP + re.escape(text), row)
    assert len(call(daemon.tcp, "--tail", "--no-follow")[1].splitlines()) == 50
    assert call(daemon.tcp, "--tail", "--no-follow", "--last", "0") == (0, b"", "")


def test_since(daemon, talk, call):
    _, events = talk
    since = next(event["id"] for event in events if event.get("text") == "line 57")
    out = call(daemon.tcp, "--tail", "--no-follow", "--since", since)[1].decode()
    assert [row.split(" ", 2)[2] for row in out.splitlines()] == [
        "bob: line 58", "bob: line 59", "** bob waves", "| the last"]
    status, out, _ = call(daemon.tcp, "--json", "--no-follow", "--since", since)
    said = [json.loads(line) for line in out.splitlines()]
    assert status == 0 and [event for event in said if "id" in event] == events[-4:]


@pytest.mark.parametrize("way", ["--tail", "--json"])
@pytest.mark.parametrize("since", ["stale1.5", None])
def test_stale_since(daemon, talk, call, way, since):
    """Of another history, or not said yet."""
    since = since or talk[1][-1]["id"].partition(".")[0] + ".99999"
    status, _, err = call(daemon.tcp, way, "--no-follow", "--since", since)
    assert status == REFUSED and err.startswith("mtchat: ")


def test_tail_follows(daemon, home):
    """New lines only, each as soon as it is there, and who comes if that is wanted."""
    with Json(daemon.tcp, name=b"bob") as bob, Pipe(daemon.tcp, "--tail", home=home) as tail, \
            Pipe(daemon.tcp, "--tail", config="comings = false;\n") as quiet:
        wait_listening(bob, tail, quiet)
        bob.ask(b"one")
        tail.sees(STAMP + "bob: one")
        with Json(daemon.tcp, name=b"carol"):
            tail.sees(STAMP + r".*\bcarol\b.*")
        bob.ask(b"two")
        for pipe in (tail, quiet):
            pipe.sees(STAMP + "bob: two")
        assert [line[26:] for line in quiet.lines() if b"listening?" not in line] == [
            b"bob: one", b"bob: two"]
        tail.process.send_signal(signal.SIGINT)
        quiet.process.send_signal(signal.SIGTERM)
        assert (tail.status(), quiet.status()) == (130, 143)
        assert (tail.err, quiet.err) == (b"", b"")


def test_tail_in_a_room(daemon, talk, call):
    with Json(daemon.tcp, name=b"carol", room=b"tea") as carol:
        carol.ask(b"in tea")
        _, out, _ = call(daemon.tcp, "--tail", "--no-follow", "-r", "tea", "-n", "dave")
        rows = out.decode().splitlines()
        assert any(row.endswith(" carol: in tea") for row in rows)
        assert not any(" bob: " in row for row in rows)


def test_json_is_what_came(daemon, talk, home):
    """Byte for byte what a client of the protocol gets."""
    bob, _ = talk
    with Json(daemon.tcp) as witness, Pipe(daemon.tcp, "--json", "-l", "5", home=home) as pipe:
        witness.say(b"/last 5")
        want = [witness.read_line()]
        while b'"ev":"live"' not in want[-1]:
            want.append(witness.read_line())
        pipe.sees(r'\{"ev":"live".*')
        bob.say("네, \\ \"quoted\" \t ok".encode(), b"/msg nobody x", b"end")
        while b'"text":"end"' not in want[-1]:
            want.append(witness.read_line())
        pipe.sees(r'.*"text":"end".*')
        lines = pipe.lines()
        assert json.loads(lines[0])["ev"] == "hello"
        begin = next(i for i, line in enumerate(lines) if b'"ev":"replay"' in line)
        assert [line for line in lines[begin:] if b'"pong"' not in line] == want


@pytest.mark.parametrize("way", ["--tail", "--json"])
def test_many_lines(daemon, home, way):
    """All of them, in order, also into a pipe that is read late."""
    count = short(20000)
    with Json(daemon.tcp) as witness, Client(daemon.tcp) as bob, \
            Pipe(daemon.tcp, way, home=home) as pipe:
        wait_listening(witness, pipe)
        bob.say(*(b"number %d" % number for number in range(count)))
        bob.read_until(b"number %d" % (count - 1))
        pipe.sees(rf".*number {count - 1}\b.*")
        found = re.findall(rb"number (\d+)", bytes(pipe.out))
        assert list(map(int, found)) == list(range(count))


def test_reader_gone(daemon, talk, home):
    """`mtchat --tail | head -1`: no error, and no process that stays."""
    bob, _ = talk
    with Pipe(daemon.tcp, "--tail", "-l", "1", home=home) as tail:
        tail.sees(STAMP + r"\| the last")
        tail.open.pop(tail.process.stdout)
        tail.process.stdout.close()
        poll(lambda: (bob.ask(b"more"), tail.process.poll() is not None)[1], "its end")
        assert tail.status() == 0 and tail.err == b""


def test_full_disk(daemon, talk, home):
    with open("/dev/full", "wb") as full, Pipe(daemon.tcp, "--tail", "--no-follow", home=home,
                                               stdout=full) as tail:
        assert tail.status() == OUTPUT
        assert b"No space left on device" in tail.err


# A server that speaks no JSON

def test_message_to_a_plain_server(call):
    with Hub() as hub:
        assert call(hub.target, "-m", "hi") == (0, b"", "")
        assert b"hi\n" in hub.heard


@pytest.mark.parametrize("way", ["--tail", "--json"])
def test_no_json_here(call, way):
    """There is nothing to follow: told, not waited for."""
    with Hub() as hub:
        status, out, err = call(hub.target, way)
        assert (status, out) == (PROTOCOL, b"") and err.startswith("mtchat: ")


@pytest.mark.skipif(SHORT, reason="it takes half a minute")
def test_patience(patient):
    """A line that is not seen to be said: 10 s with a plain server, 30 s with a lost link."""
    lost, plain, began = patient
    assert plain.status() == LOST
    while lost.process.poll() is None:
        assert time.monotonic() < began + 45
        lost.read(0.1)
    assert lost.status() == LOST and lost.out == b"" and lost.err.startswith(b"mtchat: ")
