"""test_mtchat_textbook.py - mtchat IP PORT NAME, also with the textbook's own programs"""
import subprocess
import threading
import time

import pytest

from chatter import PATIENCE, poll, short
from daemon import free_port
from hub import Hub, cpu_seconds
from mtchat import close, lines, run, start
from textbook import build, chapter, is_listening

@pytest.mark.parametrize("said, sent", [
    (b"", b""),
    (b"hi\n", b"[bob] hi\n"),
    (b"no end", b"[bob] no end\n"),
    (b"one\nq\ntwo\n", b"[bob] one\n"),
    (b"one\nQ\ntwo\n", b"[bob] one\n"),
    (b"one\nq", b"[bob] one\n"),
    (b"quit\nq \n\nqq\n", b"[bob] quit\n[bob] q \n[bob] \n[bob] qq\n"),
    (b"/quit\n/help\n", b"[bob] /quit\n[bob] /help\n"),
    (b"same\nsame\nsame\n", 3 * b"[bob] same\n"),
])
@pytest.mark.parametrize("answer", [True, False])
def test_textbook_way(said, sent, answer):
    """With a server that closes, and with one that does not: it leaves at its last line."""
    with Hub(answer=answer) as hub:
        began = time.monotonic()
        assert run("127.0.0.1", hub.port, "bob", data=said) == (0, sent, "")
        assert answer or time.monotonic() - began < 1.5
        assert hub.heard == sent


def test_textbook_way_many_lines():
    data = lines(short(100000))
    want = b"".join(b"[bob] " + line for line in data.splitlines(True))
    with Hub(answer=False) as hub:
        assert run("127.0.0.1", hub.port, "bob", data=data) == (0, want, "")


def test_textbook_way_mute_server():
    """Nothing comes back; all that stdin becomes is sent nevertheless, however much it grows."""
    def listen(hub, sock):
        while data := sock.recv(65536):
            hub.heard += data
        hub.release.wait(PATIENCE)
    with Hub(after=listen) as hub:
        hub.release = threading.Event()
        assert run("127.0.0.1", hub.port, "bob", data=60000 * b"\n") == (0, b"", "")
        assert hub.heard == 60000 * b"[bob] \n"
        hub.release.set()


def test_textbook_way_silence():
    """Our line comes back as another: two seconds of silence, without spinning, end it."""
    def mangle(hub, sock):
        sock.sendall(b"{" + sock.recv(4096)[1:])
        hub.release.wait(PATIENCE)
    with Hub(after=mangle) as hub:
        hub.release = threading.Event()
        began = time.monotonic()
        process = start("127.0.0.1", hub.port, "bob")
        process.stdin.write(b"hi\n")
        process.stdin.close()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1.5)
        assert cpu_seconds(process.pid) < 0.2
        assert process.wait(PATIENCE) == 0
        assert 1.9 < time.monotonic() - began < 5
        assert process.stdout.read() == b"{bob] hi\n"
        hub.release.set()
        close(process)


needs_chapter = pytest.mark.skipif(chapter() is None, reason="the textbook's chapter is not here")


@needs_chapter
def test_same_bytes_as_the_textbooks_client(tmp_path):
    program = build("chat_clnt", tmp_path)
    said = b"hello\n\nq?\n/help\nlast\nq\n"
    for _ in range(5):  # it closes with something unread: the reset may take its last words along
        with Hub() as theirs:
            subprocess.run([program, "127.0.0.1", str(theirs.port), "bob"], input=said,
                           stdout=subprocess.DEVNULL, timeout=PATIENCE, check=True)
            poll(lambda: theirs.ended == 1, "the end of theirs")
        if theirs.heard.endswith(b"last\n"):
            break
    with Hub() as ours:
        assert run("127.0.0.1", ours.port, "bob", data=said)[0] == 0
        poll(lambda: ours.ended == 1, "the end of ours")
        assert ours.heard == theirs.heard != b""


@needs_chapter
@pytest.mark.parametrize("count", [1, 5000])
def test_against_the_textbooks_server(tmp_path, count):
    port = free_port()
    program = build("chat_server", tmp_path)
    with subprocess.Popen([program, str(port)], stdout=subprocess.DEVNULL) as server:
        try:
            poll(lambda: is_listening(port), "the textbook's server")
            want = b"".join(b"[bob] " + line for line in lines(count).splitlines(True))
            assert run("127.0.0.1", port, "bob", data=lines(count)) == (0, want, "")
        finally:
            server.kill()
