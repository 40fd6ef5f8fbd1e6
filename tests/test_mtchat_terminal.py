"""test_mtchat_terminal.py - mtchat in a terminal: the prompt, what comes above it, every way out"""
import os
import signal
import subprocess
import threading

import pytest

from chatter import PATIENCE, poll, short
from hub import Hub, cpu_seconds
from mtchat import MTCHAT
from terminal import Terminal

UNAVAILABLE, LOST = 69, 75
PROMPT = ">"  # rows are shown without the blanks at their end


@pytest.fixture(name="hub")
def one_hub():
    with Hub() as hub:
        yield hub


def open_terminal(hub, *arguments, **options):
    terminal = Terminal([MTCHAT, *(arguments or ["--plain", hub.target])], **options)
    hub.wait_clients(1)
    terminal.wait_row(PROMPT, last=True)
    return terminal


# What is shown

def test_talk(hub):
    with open_terminal(hub) as terminal:
        terminal.type("hello\r")
        hub.wait_heard(b"hello\n")
        terminal.wait_row("hello")
        terminal.type("안녕, 세계\r")
        hub.wait_heard("안녕, 세계\n".encode())
        terminal.wait_row("안녕, 세계")
        terminal.wait_row(PROMPT, last=True)
        assert terminal.screen.rows()[:5] == [
            "> hello", "hello", "> 안녕, 세계", "안녕, 세계", ">"]


def test_textbook_way(hub):
    with open_terminal(hub, "127.0.0.1", str(hub.port), "bob") as terminal:
        terminal.type("/quit\r")
        terminal.wait_row("[bob] /quit")
        terminal.type("q\r")
        assert terminal.wait_exit() == 0
        assert hub.heard == b"[bob] /quit\n"
        assert terminal.is_restored()


@pytest.mark.parametrize("columns, typed", [
    (80, "what is being typed"), (20, "a line that needs several rows of the terminal")])
def test_typing_while_lines_arrive(hub, columns, typed):
    with open_terminal(hub, columns=columns) as terminal:
        said = []
        for number, char in enumerate(typed):
            terminal.type(char)
            said += [f"line {number}.{i}" for i in range(short(10))]
            hub.say("".join(line + "\n" for line in said[-short(10):]).encode())
            if number % 7 == 0:
                terminal.wait_row(said[-1])
        terminal.wait_row(said[-1])
        rows = wrapped("> " + typed, columns)
        terminal.wait(lambda: terminal.screen.rows()[-len(rows):] == rows, rows)
        assert terminal.screen.rows()[:-len(rows)] == said
        assert hub.heard == b""
        terminal.type("\r")
        hub.wait_heard(typed.encode() + b"\n")


def wrapped(text, columns):
    return [text[at:at + columns].rstrip() for at in range(0, len(text), columns)]


def test_cursor_stays_in_the_middle(hub):
    with open_terminal(hub) as terminal:
        terminal.type("helo\x1b[D")
        terminal.wait_row("> helo", last=True)
        hub.say(b"news\n")
        terminal.wait_row("news")
        terminal.type("l\r")
        hub.wait_heard(b"hello\n")


ATTACKS = [
    b"\x1b[2J\x1b[H", b"\x1b]0;title\x07", b"\x1b]52;c;cHduZWQ=\x07", b"\x9b31m", b"\xc2\x9b31m",
    b"\x08\x08\x08", b"\r> fake", b"\x0e", b"\x7f", b"\xe2\x80\xae", b"\xe2\x81\xa6", b"\x05",
    b"\xff\xff", b"\xe2\x82", b"\x1bP1;2|\x1b\\", b"\x0b\x0c"]


@pytest.mark.parametrize("way", ["prompt", "pipe"])
def test_made_safe(hub, way):
    """No control character but LF and TAB, no broken text; the pipe's stdin is not a terminal."""
    mtchat = [MTCHAT, "--plain", hub.target]
    argv = mtchat if way == "prompt" else ["sh", "-c", 'sleep 60 | exec "$0" "$@"', *mtchat]
    with Terminal(argv) as terminal:
        hub.wait_clients(1)
        if way == "prompt":
            terminal.wait_row(PROMPT, last=True)
        for number, attack in enumerate(ATTACKS):
            begin = len(terminal.raw)
            hub.say(b"<%d\t%b>\n" % (number, attack))
            terminal.wait(lambda: b">\r\n" in terminal.raw[begin:], attack)
            raw = bytes(terminal.raw[begin:])
            shown = raw[raw.index(b"<"):raw.index(b">\r\n")]
            text = shown.decode()
            assert "\ufffd" in text and shown.startswith(b"<%d\t" % number)
            assert not [c for c in text if (c < " " and c != "\t") or "\x7f" <= c < "\xa0"
                        or c in "\u202e\u2066"]
        os.killpg(terminal.process.pid, signal.SIGKILL)


def test_torn_characters_and_lines(hub):
    """The pieces of a line are shown as one; a start is shown alone after a second."""
    with open_terminal(hub) as terminal:
        for byte in "여러 조각 piece by piece".encode():
            hub.say(bytes([byte]))
            terminal.read()
        assert terminal.screen.rows() == [PROMPT]
        hub.say(b"\n")
        terminal.wait_row("여러 조각 piece by piece")
        hub.say("no end 끝".encode()[:-1])
        terminal.wait_row("no end")
        hub.say("끝\n".encode()[-2:])
        terminal.wait_row("끝")
        hub.say(b"alone")
        terminal.wait_row("alone")
        hub.say(b"\r\nnext\n")
        terminal.wait(lambda: terminal.screen.rows()[-3:] == ["alone", "next", PROMPT], "next")


def test_long_line(hub):
    """Longer than what is held: shown in pieces, and nothing of it is lost."""
    text = b"0123456789" * 20000
    with open_terminal(hub) as terminal:
        hub.say(text + b"\nnext\n")
        terminal.wait_row("next")
        rows = terminal.screen.rows()
        assert "".join(rows[:rows.index("next")]).encode() == text


def test_resize(hub):
    typed = "a line of some length that is being typed here"
    with open_terminal(hub) as terminal:
        terminal.type(typed)
        terminal.wait_row("> " + typed, last=True)
        before = len(terminal.raw)
        terminal.resize(30)
        terminal.wait(lambda: len(terminal.raw) > before, "redrawn line")
        terminal.type(" and on")
        rows = wrapped("> " + typed + " and on", 30)
        terminal.wait(lambda: terminal.screen.rows()[-len(rows):] == rows, rows)
        hub.say(b"news\n")
        terminal.wait(lambda: terminal.screen.rows()[-len(rows) - 1:] == ["news", *rows], rows)
        terminal.type("\r")
        hub.wait_heard(typed.encode() + b" and on\n")


def test_paste_of_several_lines(hub):
    with open_terminal(hub, "127.0.0.1", str(hub.port), "bob") as terminal:
        terminal.type("\x1b[200~one\rtwo\x1b[201~\r")
        hub.wait_heard(b"[bob] one\n[bob] two\n")


@pytest.mark.parametrize("term", ["dumb", "linux", "xterm-256color"])
def test_kinds_of_terminal(hub, term):
    with open_terminal(hub, env={"TERM": term}) as terminal:
        terminal.type("typed")
        terminal.wait_row("> typed", last=True)
        hub.say(b"news\n")
        terminal.wait_row("news")
        terminal.wait_row("> typed", last=True)
        terminal.type("\r")
        hub.wait_heard(b"typed\n")


def test_more_than_the_server_takes(tmp_path):
    """A paste waits until the server reads on; meanwhile what comes is shown; nothing is lost."""
    paste = "".join("line %d of the paste\r" % i for i in range(20000))
    release = threading.Event()

    def lazy(hub, sock):
        release.wait(PATIENCE)
        while data := sock.recv(65536):
            hub.heard += data
    with Hub(path=str(tmp_path / "socket"), after=lazy) as hub:
        with open_terminal(hub, columns=4000) as terminal:
            terminal.type_much("\x1b[200~" + paste + "\x1b[201~\r")
            terminal.wait(lambda: "20000 lines" in terminal.screen.rows()[-1], "the question")
            terminal.type("y")
            hub.say(b"meanwhile\n")
            terminal.wait_row("meanwhile")
            assert hub.heard == b""
            release.set()
            said = paste.replace("\r", "\n").encode() + b"\n"
            terminal.wait(lambda: len(hub.heard) >= len(said), "the paste said")
            assert hub.heard == said
            while terminal.read(0.1):
                pass
            used = cpu_seconds(terminal.process.pid)
            with pytest.raises(subprocess.TimeoutExpired):
                terminal.process.wait(0.5)
            assert cpu_seconds(terminal.process.pid) - used < 0.1


# Every way out

@pytest.mark.parametrize("typed", ["", "half a line"])
@pytest.mark.parametrize("way, want", [("\x03", 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signals(hub, typed, way, want):
    with open_terminal(hub) as terminal:
        terminal.type(typed)
        terminal.wait_row(f"> {typed}".rstrip(), last=True)
        if isinstance(way, str):
            terminal.type(way)
        else:
            terminal.process.send_signal(way)
        assert terminal.wait_exit() == want
        assert terminal.is_restored()
        assert hub.heard == b""


@pytest.mark.parametrize("answer", [True, False])
def test_end_of_input(answer):
    """^D leaves; what was typed before arrives, and so does what is owed."""
    with Hub(answer=answer) as hub, open_terminal(hub) as terminal:
        terminal.type("last words\r\x04")
        assert terminal.wait_exit() == 0
        assert hub.heard == b"last words\n"
        assert "last words" in terminal.screen.rows()
        assert terminal.is_restored()


def test_quit(hub):
    """The server closes because we asked it to."""
    with open_terminal(hub) as terminal:
        terminal.type("/quit\r")
        hub.wait_heard(b"/quit\n")
        hub.hang_up()
        assert terminal.wait_exit() == 0
        assert terminal.is_restored()


def test_server_closes(hub):
    """What was being typed stays there to be copied."""
    with open_terminal(hub) as terminal:
        terminal.type("half a line\x1b[D\x1b[D")
        terminal.wait_row("> half a line", last=True)
        hub.say(b"tail without end")
        hub.hang_up()
        assert terminal.wait_exit() == LOST
        assert terminal.screen.rows()[:3] == [
            "tail without end", "> half a line",
            "mtchat: connection lost: the server closed it"]
        assert terminal.is_restored()


def test_terminal_vanishes(hub):
    """It ends, and what was half typed is not said."""
    with open_terminal(hub) as terminal:
        terminal.type("half a line")
        terminal.wait_row("> half a line", last=True)
        terminal.close("slave")
        terminal.close("master")
        assert terminal.process.wait(PATIENCE) == 129
        assert hub.heard == b""


def test_idle_costs_nothing(hub):
    with open_terminal(hub) as terminal:
        hub.say(b"half a line, held \xec\x95")  # and a torn character
        terminal.wait_row("half a line, held")
        used = cpu_seconds(terminal.process.pid)
        with pytest.raises(subprocess.TimeoutExpired):
            terminal.process.wait(1)
        assert cpu_seconds(terminal.process.pid) - used < 0.05


def test_stop_and_go_on(hub):
    """^Z and fg in a shell: the terminal is the shell's meanwhile, and the line comes back."""
    with Terminal(["bash", "--norc", "--noediting", "-i"], env={"PS1": "$ "}) as terminal:
        terminal.wait_row("$", last=True)
        terminal.type(f"{MTCHAT} --plain {hub.target}\r")
        hub.wait_clients(1)
        terminal.wait_row(PROMPT, last=True)
        terminal.type("half")
        terminal.wait_row("> half", last=True)
        begin = len(terminal.raw)
        terminal.type("\x1a")
        terminal.wait_row("$", last=True)
        assert b"\x1b[?2004l" in terminal.raw[begin:]  # readline gave the terminal back
        terminal.type("stty -a\r")
        terminal.wait(lambda: " icanon" in "".join(terminal.screen.rows()), "cooked terminal")
        terminal.type("fg\r")
        terminal.wait_row("> half", last=True)
        hub.say(b"news\n")
        terminal.wait_row("news")
        terminal.type(" a line\r")
        hub.wait_heard(b"half a line\n")
        terminal.type("\x04")
        poll(lambda: hub.ended == 1, "the end")
        terminal.type("exit\r")
        terminal.wait_exit()


def test_cannot_connect(tmp_path):
    with Terminal([MTCHAT, f"unix:{tmp_path}/none"]) as terminal:
        assert terminal.wait_exit() == UNAVAILABLE
        assert terminal.is_restored()
