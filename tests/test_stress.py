"""test_stress.py - everything at once, checked to the byte; and that mischief costs no CPU"""
import array
import fcntl
import pathlib
import socket
import struct
import subprocess
import termios
import threading

import pytest

from chatter import PATIENCE, SHORT, Client, poll
from daemon import MTCHATD, Daemon

SECONDS = 3 if SHORT else 5
SPREAD = {"split_members": 1}  # one room over all handlers
TIGHT = {"room_log_kib": 256, "slow_grace_ms": 20, "handlers": 3}


@pytest.mark.parametrize("max_line, words, settings", [
    (64, ["limited"], {"rate_lines": 2000, "rate_burst": 500}),
    (21000, ["raw"], {"text": "raw"}),
])
def test_all_at_once(max_line, words, settings):
    """tests/stress says what it checks; it prints what is wrong, or figures."""
    program = pathlib.Path(MTCHATD).resolve().parent / "tests" / "stress"
    with Daemon(tune=SPREAD, max_line=max_line, **TIGHT, **settings) as daemon:
        fds = len(daemon.fds())
        ran = subprocess.run(
            [program, str(daemon.tcp[1]), daemon.unix, str(SECONDS), str(max_line), *words,
             *(["patient"] if SHORT else [])],
            stdout=subprocess.PIPE, timeout=SECONDS + 6 * PATIENCE, check=False)
        assert ran.returncode == 0, ran.stdout.decode(errors="replace")
        daemon.wait_fds(fds)
        check_idle(daemon)


def check_idle(daemon):
    """It uses no CPU time: no descriptor that epoll reports for ever, no timer that is always due."""
    def rests():
        used = daemon.cpu()
        threading.Event().wait(0.5)  # over which CPU time is measured
        return daemon.cpu() - used < 0.06
    poll(rests, "the daemon is idle", 5)


def unread(client):
    """Bytes sent over a Unix socket that the daemon has not read."""
    count = array.array("i", [0])
    fcntl.ioctl(client.sock, termios.TIOCOUTQ, count)
    return count[0]


def reset(client):
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def test_idle_beside_a_stuck_reader():
    with Daemon(tune=SPREAD, **TIGHT) as daemon:
        talker = daemon.client()
        stuck = [Client(daemon.unix).enter(), Client(daemon.tcp, rcvbuf=8192).enter()]
        talker.read_lines(2)
        for _ in range(300):
            talker.say(*[b"." * 999] * 10)
            talker.read_lines(10)
        check_idle(daemon)
        for client in stuck:
            client.close()
        check_idle(daemon)


@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize("way", [Client.half_close, Client.close, reset])
def test_idle_after_a_throttled_client_has_gone(local, way):
    with Daemon(rate_lines=1, rate_burst=5) as daemon:
        with daemon.client() as listener:
            client = Client(daemon.unix if local else daemon.tcp).enter()
            listener.read_line()
            client.send(b"x\n" * 1000)
            listener.read_lines(4)
            way(client)
            check_idle(daemon)
            client.close()


def test_idle_with_refused_clients_that_stay():
    with Daemon(max_clients=1, tune={"linger_ms": 3000}) as daemon:
        with daemon.client():
            refused = [Client(where) for where in [daemon.tcp, daemon.unix] * 10]
            for client in refused:
                assert client.read_line().startswith(b"* server full")
            check_idle(daemon)
            for client in refused:
                client.close()
            check_idle(daemon)


def test_idle_with_a_deaf_client():
    """One that shut its Unix socket for reading: what it said is heard, then it is let go."""
    with Daemon() as daemon:
        with daemon.client() as listener:
            fds = len(daemon.fds())
            deaf = Client(daemon.unix).enter()
            listener.read_line()
            deaf.sock.shutdown(socket.SHUT_RD)
            deaf.say(b"I cannot hear you")
            assert listener.read_line() == b"I cannot hear you"
            listener.say(b"what?")
            assert listener.read_line() == b"what?"
            daemon.wait_fds(fds)
            check_idle(daemon)
            deaf.close()


def test_a_half_closed_client_with_a_full_outbox_goes():
    """Its tail is a question whose answer did not fit; then it closes without reading."""
    question = b"/ping " + b"x" * 60
    with Daemon() as daemon:
        fds = len(daemon.fds())

        def ask(client, count):
            """Until the daemon reads it no further: how many questions it has read."""
            for number in range(count):
                client.say(question)
                try:
                    poll(lambda: not unread(client), "the question is read", 0.5, 0.0002)
                except AssertionError:
                    return number
            return count
        with Client(daemon.unix) as client:
            read = ask(client, 100000)  # the last of these waits, and all after it
        daemon.wait_fds(fds)
        with Client(daemon.unix) as client:
            assert ask(client, read - 1) == read - 1
            client.send(question)
            client.half_close()
            check_idle(daemon)
        daemon.wait_fds(fds)
        check_idle(daemon)


def test_the_last_words_of_the_only_client_of_a_handler():
    """It goes in the moment in which it is heard; the other handler is told all the same."""
    with Daemon(tune=SPREAD, handlers=2) as daemon:
        with daemon.client(timeout=3) as listener:  # other timers wake the handler after 10 s
            for turn in range(5):
                with Client(daemon.unix).enter() as client:
                    client.send(b"good bye %d" % turn)
                listener.read_line()
                assert listener.read_line() == b"good bye %d" % turn
