"""test_rests.py - what is left without LF when a connection ends: half a command is for nobody"""
import pytest

from chatter import Client, poll
from daemon import Daemon

WAYS = ("half_close", "close", "reset")
CLOSED = ("half_close", "close")  # the client closed its side: what came is all there was
FRONTS = [  # of a command, as far as they go: nothing can be said of them
    b"/", b" /", b"\t /", b"/\r", b"\0/", b"\xff\xf1/", b"/\xe3\x85", "/ㅡ".encode(),
    "／".encode(), b"@n=torn /"]


@pytest.fixture(scope="module", name="daemon")
def one_daemon():
    with Daemon() as daemon:
        yield daemon


class Listener(Client):
    """Keeps what people said; the answers to its own questions are not among that."""

    said = ()

    def ask(self, question):
        self.say(question)
        heard = [self.read_line()]
        while not heard[-1].startswith(b"* "):
            heard.append(self.read_line())
        self.said += tuple(heard[:-1])
        return heard[-1]


def end(where, rest, how, before=b""):
    """One comes, is there, sends the rest and goes: (what the others hear, what it is told)."""
    told = b""
    with Listener(where) as listener, Client(where) as client:
        listener.enter()
        client.say(before + b"/ping in")
        client.read_until(b"* pong in")
        client.send(rest)
        getattr(client, how)()
        if how == "half_close":
            told = client.read_to_end()
        poll(lambda: listener.ask(b"/who").startswith(b"* 1 here"), "it is gone")
        return list(listener.said), told


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("rest", FRONTS)
def test_the_first_byte_of_a_command_is_not_said(daemon, rest, how):
    assert end(daemon.tcp, rest, how) == ([], b"")


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("rest", FRONTS)
def test_nor_is_it_by_one_with_a_name(daemon, rest, how):
    assert end(daemon.tcp, rest, how, b"/name carol\n") == ([], b"")


@pytest.mark.parametrize("how", WAYS)
def test_the_rest_of_a_line_that_is_too_long_is_still_one(daemon, how):
    said, told = end(daemon.tcp, b"x" * 5000 + b"/", how)
    assert said == []
    assert told == (b"* line too long (5001 > 4096 bytes), not sent\n" if how == "half_close"
                    else b"")


@pytest.mark.parametrize("how", CLOSED)
@pytest.mark.parametrize("rest, said", [
    (b"//x", b"/x"), (b"/etc/passwd", b"/etc/passwd"), (b"last words", b"last words"),
    (b"@n=b812 text", b"@n=b812 text")])
def test_text_is_said(daemon, rest, said, how):
    assert end(daemon.tcp, rest, how)[0] == [said]


@pytest.mark.parametrize("rest", [b"//x", b"/etc/passwd", b"/msg bob sec", b" /x", b"/me nods",
                                  b"@n=b812 text", b"@n=b812 /msg bob sec", b"/"])
def test_after_a_reset_what_begins_with_a_slash_is_for_nobody(daemon, rest):
    assert end(daemon.tcp, rest, "reset") == ([], b"")


def test_after_a_reset_text_is_said(daemon):
    assert end(daemon.tcp, b"last words", "reset")[0] == [b"last words"]


@pytest.mark.parametrize("how", WAYS)
def test_a_private_line_is_for_its_receiver_or_for_nobody(daemon, how):
    """`printf '/name alice\\n/msg bob hi' | nc -N` is all that was to come; a reset is not."""
    with Client(daemon.tcp) as bob:
        bob.say(b"/name bob")
        assert bob.read_line() == b"* you are bob now"
        with Client(daemon.tcp) as alice:
            alice.say(b"/name alice")
            assert alice.read_line() == b"* you are alice now"
            alice.send(b"/msg bob hi")
            getattr(alice, how)()
            if how == "half_close":
                assert alice.read_to_end() == b"[you -> bob] hi\n"
        with Client(daemon.tcp) as late:
            def gone():
                late.say(b"/name alice")
                return late.read_line() == b"* you are alice now"
            poll(gone, "alice is gone")
        bob.say(b"/ping end")
        heard = bob.read_until(b"* pong end")[:-1]
        assert heard == ([] if how == "reset" else [b"[alice -> you] hi"])


@pytest.mark.parametrize("rest, told", [
    (b"/ping x", b"* pong x\n"), (b"/json", None), (b"/js", b"* unknown command /js; to say it, "
                                                           b"type //js\n")])
def test_a_command_is_obeyed_at_a_half_close(daemon, rest, told):
    said, heard = end(daemon.tcp, rest, "half_close")
    assert said == []
    assert heard == told if told else heard.startswith(b'{"ev":"hello"')


@pytest.mark.parametrize("rest", [b"/name ali", b"/join kit", b"/name", b"@n=x /join kit"])
def test_a_name_or_a_room_for_no_moment_is_not_taken(daemon, rest):
    """Half of `/name alice` would be told to the room as somebody who comes and goes."""
    assert end(daemon.tcp, rest, "half_close") == ([], b"")
