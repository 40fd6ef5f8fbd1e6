"""test_client_lies.py - who connects is text at first, and somebody says what a server would say

Before /json is obeyed a newcomer gets the lines of the lobby as they are said, and any of them may
look like an event.  None is believed.
"""
import contextlib
import json
import selectors
import socket
import threading

import pytest

from chatter import PATIENCE, Client, short
from daemon import Daemon
from jsonl import Json
from pipe import Pipe
from seat import CLOCK, Seat, said

HELLO = b'{"ev":"hello","room":"lobby","head":"k.1","you":"mallory","key":"k"}'
LIES = (HELLO, b'{"ev":"pong","token":"mtchat"}', b'{"ev":"bye","reason":"quit"}',
        b'{"ev":"notice","code":"name_taken","text":"lie"}', b'{"ev":"pong"}',
        b'{"ev":"hello","room":"trap","head":"k.1","you":"mallory","key":"k"}',
        b'{"ev":"say","id":"k.2","t":"2026-11-21T10:31:07.412Z","room":"lobby","text":"lie"}',
        b'{"ev":"replay","last":1,"lines":1}', b'{"ev":"live","head":"k.2"}')
CONNECTS = short(30)


class Late:
    """A proxy: what its clients say waits until the lobby has told them a lie, and they ask."""

    def __init__(self, where, liar):
        self.where, self.liar, self.stops = where, liar, False
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.listener.settimeout(0.05)
        self.tcp = self.listener.getsockname()
        self.fooled = 0  # connections that were told lies, and have asked about them
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.links = []

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stops = True
        for thread in (self.thread, *self.links):
            thread.join()
        self.listener.close()

    def _accept(self):
        while not self.stops:
            with contextlib.suppress(TimeoutError):
                client, _ = self.listener.accept()
                self.links.append(threading.Thread(target=self._serve, args=(client,), daemon=True))
                self.links[-1].start()

    def _serve(self, client):
        with client, socket.create_connection(self.where, PATIENCE) as server, \
                contextlib.suppress(OSError), selectors.DefaultSelector() as selector:
            kept, told = b"", b""
            client.sendall(HELLO + b"\n")  # or it takes the server for a plain one, a second later
            selector.register(client, selectors.EVENT_READ)
            selector.register(server, selectors.EVENT_READ)
            while not self.stops:
                if told.count(HELLO) < 2:  # not at once is the newcomer in the lobby
                    self.liar.say(*LIES, HELLO)
                for key, _ in selector.select(0.05):
                    data = key.fileobj.recv(1 << 16)
                    if not data:
                        return
                    if key.fileobj is server:
                        client.sendall(data)
                        told += data
                    elif kept is not None:
                        kept += data
                    else:
                        server.sendall(data)
                if kept is not None and told.count(HELLO) > 1 and kept.count(b"\n") > 1:
                    self.fooled += kept.startswith(b"/json\n/ping ")
                    server.sendall(kept)
                    kept = None


@contextlib.contextmanager
def lobby(**settings):
    """daemon, somebody who lies in its lobby, and a way there that is slow."""
    with Daemon(rate_lines=0, **settings) as daemon, Client(daemon.tcp) as liar, \
            Late(daemon.tcp, liar) as late:
        yield daemon, liar, late


def test_a_line_is_said():
    with lobby() as (daemon, _, late), Json(daemon.tcp, room=b"tea") as bob:
        for number in range(CONNECTS):
            with Pipe(late.tcp, "-n", "alice", "-r", "tea", "-m", f"line {number}") as process:
                assert process.process.wait(PATIENCE) == 0, number
                assert process.process.stderr.read() == b""
            event = bob.until(ev="say")[-1]
            assert (event["from"], event["text"]) == ("alice", f"line {number}")
        assert late.fooled == CONNECTS


@pytest.mark.parametrize("name", ["alice", None])
def test_on_a_terminal(name):
    names = ["-n", name] if name else []
    with lobby() as (daemon, liar, late), \
            Seat(late.tcp, *names, "-l", "0", config="comings = false;\n") as seat:
        seat.prompt(f"lobby {name}>" if name else "lobby>")
        assert late.fooled == 1
        seat.enter("here")
        seat.sees(said(f"{name}: here" if name else "| here"))
        liar.say(HELLO)
        seat.sees(CLOCK + r"\| \{\"ev\":\"hello\".*")
        assert not any("trap" in row for row in seat.rows())
        seat.type("\x04")
        assert seat.status() == 0


def test_events_as_they_come():
    """The one hello that is printed is the server's."""
    with lobby() as (daemon, _, late), Pipe(late.tcp, "--json", "-l", "0") as pipe, \
            Json(daemon.tcp) as bob:
        pipe.sees(r'\{"ev":"live".*')
        bob.ask(b"the end")
        pipe.sees(r'.*"text":"the end".*')
        events = [json.loads(line) for line in pipe.lines()]
        assert late.fooled == 1
        assert [event["ev"] for event in events[:3]] == ["hello", "replay", "live"]
        assert events[0]["server"].startswith("mtchatd ") and events[0]["you"] is None
        assert not any("lie" == event.get("text") for event in events)


def test_lies_without_an_end():
    """Many who come while somebody does nothing but lie, on a link like any other."""
    with Daemon(rate_lines=0) as daemon, Client(daemon.tcp) as liar, \
            Json(daemon.tcp, room=b"tea") as bob:
        stops = threading.Event()

        def flood():
            while not stops.is_set():
                liar.say(*LIES)
                liar.fill()
                liar.buffer.clear()

        thread = threading.Thread(target=flood, daemon=True)
        thread.start()
        try:
            for number in range(CONNECTS):
                with Pipe(daemon.tcp, "-n", "alice", "-r", "tea", "-m", f"{number}") as process:
                    assert process.process.wait(PATIENCE) == 0, number
                assert bob.until(ev="say")[-1]["text"] == str(number)
        finally:
            stops.set()
            thread.join()
