"""test_mtchat.py - mtchat without a terminal: the command line, the link, pipes"""
import os
import signal
import socket
import subprocess
import threading
import time

import pytest

from chatter import PATIENCE, poll, short
from daemon import Daemon, free_port
from hub import Hub, cpu_seconds, reset
from mtchat import MTCHAT, close, lines, run, start

USAGE, IO_ERROR, NO_HOST, UNAVAILABLE, LOST = 64, 74, 68, 69, 75


# The command line

def test_help_and_version():
    for option in ("-h", "--help"):
        status, out, err = run(option)
        assert (status, err) == (0, "") and out.startswith(b"usage: mtchat ")
    for option in ("-V", "--version"):
        status, out, err = run(option)
        assert (status, err) == (0, "") and out.startswith(b"mtchat ")


@pytest.mark.parametrize("arguments, why", [
    (["--shout"], "--shout"),
    (["-x"], "x"),
    (["127.0.0.1", "9190"], "one or three"),
    (["1", "2", "3", "4"], "too many"),
    (["localhost:0"], "port must be 1 to 65535"),
    (["localhost:65536"], "port must be 1 to 65535"),
    (["localhost:http"], "port must be 1 to 65535"),
    ([":9190"], "no host"),
    (["[::1"], "] after the address is missing"),
    (["[::1]x"], "only a port may follow"),
    (["unix:"], "no path"),
    (["unix:/" + 108 * "x"], "too long"),
    (["127.0.0.1", "-1", "bob"], "invalid option"),
    (["127.0.0.1", "90x", "bob"], "port must be 1 to 65535"),
    (["127.0.0.1", "9190", ""], "the name must have"),
    (["127.0.0.1", "9190", 256 * "x"], "the name must have"),
    (["127.0.0.1", "9190", "a\nb"], "the name must have"),
])
def test_bad_usage(arguments, why):
    status, out, err = run(*arguments)
    assert (status, out) == (USAGE, b"") and why in err


def test_server_from_environment():
    with Hub() as hub:
        env = dict(os.environ, MTCHAT_SERVER=hub.target)
        assert run(data=b"hi\n", env=env) == (0, b"hi\n", "")
    assert run(env=dict(os.environ, MTCHAT_SERVER="x:y"))[0] == USAGE


# Finding the server

def test_unknown_host():
    status, out, err = run("no-such-host.invalid")
    assert (status, out) == (NO_HOST, b"") and "no-such-host.invalid" in err
    assert run("no-such-host.invalid", 9190, "bob")[0] == NO_HOST


def test_refused():
    port = free_port()
    status, out, err = run(f"127.0.0.1:{port}")
    assert (status, out) == (UNAVAILABLE, b"")
    assert err == f"mtchat: cannot connect to 127.0.0.1 port {port}: Connection refused\n"


def test_unix_socket(tmp_path):
    status, _, err = run(f"unix:{tmp_path}/none")
    assert status == UNAVAILABLE and err.endswith("none: No such file or directory\n")
    with Hub(path=str(tmp_path / "socket")) as hub:
        assert run(hub.target, data=b"hi\n") == (0, b"hi\n", "")


@pytest.mark.parametrize("shape", ["[::1]:%d", "[::1] %d bob", "::1 %d bob"])
def test_ipv6(shape):
    with Hub(socket.AF_INET6) as hub:
        arguments = (shape % hub.port).split()
        want = b"[bob] hi\n" if len(arguments) == 3 else b"hi\n"
        assert run(*arguments, data=b"hi\n") == (0, want, "")


def test_every_address_is_tried():
    """The name localhost has ::1 and 127.0.0.1; only one of the two listens."""
    found = {info[4][0] for info in socket.getaddrinfo("localhost", 1, type=socket.SOCK_STREAM)}
    families = {"127.0.0.1": socket.AF_INET, "::1": socket.AF_INET6}
    for host in found & set(families):
        with Hub(families[host]) as hub:
            assert run(f"localhost:{hub.port}", data=b"hi\n") == (0, b"hi\n", "")


def full_backlog(where, family):
    """A listener that has no place any more, and those who took it."""
    listener = socket.socket(family)
    listener.bind(where)
    listener.listen(0)
    waiting = [socket.socket(family) for _ in range(3)]
    for sock in waiting:
        sock.setblocking(False)
        sock.connect_ex(listener.getsockname())
    return listener, waiting


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_UNIX])
def test_no_answer_ends(family, tmp_path):
    """An address that does not answer is given up after ten seconds."""
    where = str(tmp_path / "full") if family == socket.AF_UNIX else ("127.0.0.1", 0)
    listener, waiting = full_backlog(where, family)
    name = listener.getsockname()
    began = time.monotonic()
    target = f"unix:{name}" if family == socket.AF_UNIX else f"127.0.0.1:{name[1]}"
    status, _, err = run(target)
    assert status == UNAVAILABLE and err.endswith("Connection timed out\n")
    assert 9 < time.monotonic() - began < 15
    for sock in (listener, *waiting):
        sock.close()


# Pipes

@pytest.mark.parametrize("data", [
    b"", b"a\nb\n", b"no end", b"\n\n", b"\r\n", b"q\nQ\n", bytes(range(256)) * 9, b"x" * 300000],
    ids=["nothing", "lines", "tail", "empty", "cr", "q", "binary", "long"])
def test_pipe_is_byte_for_byte(data):
    with Hub() as hub:
        assert run(hub.target, data=data) == (0, data, "")
        assert hub.heard == data


def test_many_lines_both_ways():
    data = lines(short(100000))
    with Hub() as hub:
        assert run(hub.target, data=data) == (0, data, "")
        assert hub.heard == data


def test_slow_output_loses_nothing():
    """The reader of stdout comes late: what it has no room for waits, and nobody spins."""
    data = lines(short(100000))
    with Hub() as hub:
        process = start(hub.target)
        writer = threading.Thread(target=lambda: (process.stdin.write(data), process.stdin.close()))
        writer.start()
        poll(lambda: len(hub.heard) > 100000, "talk")
        used = cpu_seconds(process.pid)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        assert cpu_seconds(process.pid) - used < 0.1
        assert process.stdout.read() == data
        writer.join()
        assert process.wait(PATIENCE) == 0
        close(process)


def test_waits_for_the_server_without_spinning():
    """After the half-close the server takes its time: the rest is waited for, and shown."""
    with Hub(answer=False) as hub:
        process = start(hub.target)
        process.stdin.write(b"hi\n")
        process.stdin.close()
        poll(lambda: hub.ended == 1, "half-close")
        used = cpu_seconds(process.pid)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2.5)
        assert cpu_seconds(process.pid) - used < 0.1
        hub.say(b"late\n")
        hub.hang_up()
        assert process.stdout.read() == b"hi\nlate\n"
        assert process.wait(PATIENCE) == 0
        close(process)


def test_closed_by_the_server():
    """Before all was said: what the server had to say is shown, then 75."""
    def refuse(_, sock):
        sock.sendall(b"* server full (1 of 1), try again later\n")
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(65536):
            pass
    with Hub(after=refuse) as hub:
        process = start(hub.target)
        assert process.wait(PATIENCE) == LOST
        assert process.stdout.read() == b"* server full (1 of 1), try again later\n"
        assert process.stderr.read() == b"mtchat: connection lost: the server closed it\n"
        close(process)


@pytest.mark.parametrize("size", [0, 4 << 20])
def test_reset_by_the_server(size):
    """While we have nothing more to say, and in the middle of much."""
    def answer(_, sock):
        sock.recv(1)  # it is connected then, and knows it
        reset(sock)
    with Hub(after=answer) as hub:
        status, _, err = run(hub.target, data=b"x" * size) if size else idle(hub.target)
        assert status == LOST and err.startswith("mtchat: connection lost: ")


def idle(target):
    """Like run(), but stdin is one byte and does not end."""
    process = start(target)
    process.stdin.write(b"x")
    process.stdin.flush()
    status = process.wait(PATIENCE)
    result = status, process.stdout.read(), process.stderr.read().decode()
    close(process)
    return result


def test_quit_asks_for_the_end():
    def serve(_, sock):
        while b"/quit\n" not in sock.recv(4096):
            pass
    with Hub(after=serve) as hub:
        process = start(hub.target)
        process.stdin.write(b"hi\n/quit\n")
        process.stdin.flush()
        assert process.wait(PATIENCE) == 0
        assert process.stderr.read() == b""
        close(process)


def test_reader_of_stdout_goes():
    """Quietly; what was read of stdin is said, but it was not all: 74."""
    with Hub() as hub:
        process = start(hub.target)
        process.stdin.write(b"first\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"first\n"
        process.stdout.close()
        assert process.wait(PATIENCE) == IO_ERROR
        assert process.stderr.read() == b""
        assert hub.heard == b"first\n"
        close(process)


def test_reader_of_stdout_goes_at_last():
    """Everything was said by then: nothing is wrong."""
    data = lines(20000)
    with Hub() as hub:
        process = start(hub.target)
        process.stdin.write(data)
        process.stdin.close()
        poll(lambda: hub.ended == 1, "half-close")
        process.stdout.close()
        assert process.wait(PATIENCE) == 0
        assert process.stderr.read() == b""
        assert hub.heard == data
        close(process)


def test_full_disk():
    with Hub() as hub, open("/dev/full", "wb") as full:
        done = subprocess.run([MTCHAT, hub.target], input=b"hi\n", stdout=full,
                              stderr=subprocess.PIPE, timeout=PATIENCE, check=False)
        assert done.returncode == IO_ERROR
        assert done.stderr == b"mtchat: cannot write standard output: No space left on device\n"


def test_input_that_cannot_be_read():
    with Hub() as hub:
        folder = os.open("/", os.O_RDONLY)
        process = start(hub.target, stdin=folder)
        os.close(folder)
        assert process.wait(PATIENCE) == IO_ERROR
        assert process.stderr.read() == b"mtchat: cannot read standard input: Is a directory\n"
        close(process)


def test_closed_standard_streams():
    """Their numbers must not go to the link: nothing is said, and nobody waits."""
    with Hub() as hub:
        done = subprocess.run(["sh", "-c", f'exec "$0" {hub.target} <&- >&-', MTCHAT],
                              timeout=PATIENCE, check=False)
        assert done.returncode == 0
        assert hub.heard == b""


def test_signal_ends_a_pipe():
    with Hub() as hub:
        process = start(hub.target)
        hub.wait_clients(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == -signal.SIGINT
        close(process)


# The real daemon, whenever there is one to be tested

@pytest.mark.skipif("MTCHATD" not in os.environ, reason="no $MTCHATD")
def test_with_mtchatd():
    data = lines(short(100000))
    with Daemon() as daemon:
        port = daemon.settings["port"]
        for target in (f"127.0.0.1:{port}", f"unix:{daemon.unix}"):
            assert run(target, data=data) == (0, data, "")
            assert run(target, data=b"hi") == (0, b"hi\n", "")
            assert run(target, data=b"/quit\n")[0] == 0
        want = b"[bob] one\n[bob] two\n"
        assert run("127.0.0.1", port, "bob", data=b"one\ntwo\n") == (0, want, "")
