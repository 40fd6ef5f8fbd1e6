"""test_seed.py - the faults of the textbook's chat server, each absent; and its client, served

Each test is named after the fault.  What concerns the textbook's client is tried on $MTCHAT.
"""
import os
import pathlib
import pty
import random
import re
import resource
import subprocess
import termios
import threading
import tty

import pytest

from chatter import PATIENCE, Client, Streams, catch_up, gather, push, short
from daemon import Daemon

MTCHAT = os.environ.get("MTCHAT", "")
HERE = pathlib.Path(__file__).resolve().parent
SEEDS = pathlib.Path(os.environ.get("MTCHAT_SEEDS", HERE.parent.parent / "shared" / "seeds"))


def test_client_number_handed_over_by_address_of_a_local():
    """Connections in quick succession must not take each other's numbers."""
    with Daemon(mode="echo", handlers=3) as daemon:
        clients = [Client(daemon.tcp) for _ in range(200)]
        for i, client in enumerate(clients):
            client.send(b"mine %03d" % i)
        for i, client in enumerate(clients):
            assert client.read_exactly(8) == b"mine %03d" % i
            client.close()


def test_no_check_of_max_clnt():
    with Daemon() as daemon:  # 256 places by default
        clients = [Client(daemon.tcp) for _ in range(256)]
        clients[-1].enter()
        for _ in range(20):
            with Client(daemon.tcp) as late:
                assert late.read_to_end() == b"* server full (256 of 256), try again later\n"
        last = b"everybody is still there"
        clients[0].say(last)
        for client in clients:
            client.read_until(last)
            client.close()


@pytest.mark.parametrize("leaver", [0, 2, 4], ids=["first", "middle", "last"])
def test_a_leaver_not_removed(leaver):
    """Nobody else loses a place, and what is said comes once."""
    with Daemon() as daemon:
        clients = gather(daemon.tcp, 5)
        fds = len(daemon.fds())
        clients.pop(leaver).close()
        daemon.wait_fds(fds - 1)
        for i in range(10):
            clients[i % 4].say(b"line %d" % i)
            for client in clients:
                assert client.read_line() == b"line %d" % i


def test_read_returning_minus_one_sent_on():
    """A reset is no message of length -1."""
    with Daemon() as daemon:
        clients = gather(daemon.tcp, 3)
        fds = len(daemon.fds())
        for i in range(20):
            rude = Client(daemon.tcp).enter()
            catch_up(clients)
            rude.send(b"half")
            rude.reset()
        daemon.wait_fds(fds)
        last = b"end"
        clients[0].say(last)
        for client in clients:
            rest = client.read_until(last)[:-1]
            assert set(rest) <= {b"half"}, "something that nobody said"


def test_sigpipe():
    """Writing to those who have just left."""
    with Daemon() as daemon:
        with daemon.client() as stays:
            for i in range(short(300)):
                gone = Client(daemon.tcp)
                gone.say(b"hello")
                gone.close()
                stays.say(b"line %d" % i)
            stays.read_until(b"line %d" % (short(300) - 1))


def test_one_lock_over_all_blocking_writes():
    """One who does not read holds nobody up; while the log has room, not even for a moment."""
    with Daemon(room_log_kib=32768, slow_grace_ms=60000) as daemon:
        live = gather(daemon.tcp, 2)
        stuck = gather(daemon.unix, 1)[0]
        catch_up(live + [stuck])
        data = (b"z" * 499 + b"\n") * 40000  # 20 MB: far more than the kernel takes for it
        got = {client: 0 for client in live}

        def count(client, some):
            got[client] += len(some)
        streams = Streams(count)
        streams.add(live[0], [data])
        streams.add(live[1])
        streams.run(lambda: all(size >= len(data) for size in got.values()))
        stuck.close()


def test_a_lock_kept_on_break():
    """In echo mode the end of one leaves all others served."""
    with Daemon(mode="echo") as daemon:
        clients = [Client(daemon.tcp) for _ in range(10)]
        while clients:
            for client in clients:
                client.send(b"x")
                assert client.read_exactly(1) == b"x"
            gone = clients.pop()
            gone.reset() if len(clients) % 2 else gone.close()


@pytest.mark.parametrize("length", [99, 100, 101, 255, 256, 257, 356, 4095, 4096])
def test_strcpy_and_sprintf_overruns(length):
    """Lines, names and words of any length do no harm."""
    with Daemon() as daemon, daemon.client() as client:
        rng = random.Random(length)
        for word in (b"", b"/", b"//", b"/ping ", b"[", b"* "):
            line = (word + bytes(rng.choices(b"abcdefghij", k=length)))[:length]
            client.say(line, b"/ping %d" % length)
            assert b"* pong %d" % length in (client.read_line(), client.read_line())


def test_a_joined_thread_id_that_was_never_set():
    """At the end every thread is waited for, and none for ever."""
    with Daemon(handlers=4) as daemon:
        clients = gather(daemon.tcp, 8)
        names = daemon.threads()
        assert {"handler/0", "handler/1", "handler/2", "handler/3"} <= set(names)
        daemon.terminate()
        assert daemon.exit_status() == 0
        for client in clients:
            client.read_to_end()


def test_messages_cut_at_100_bytes():
    with Daemon() as daemon:
        speaker, listener = gather(daemon.tcp, 2)
        for length in range(95, 110):
            speaker.say(b"m" * length)
            assert listener.read_line() == b"m" * length
        speaker.close()
        listener.close()


def test_messages_mixed_up_in_mid_line():
    with Daemon() as daemon:
        clients = gather(daemon.tcp, 4)
        count = short(500)
        threads = [threading.Thread(target=lambda client=client, mark=mark: [
            client.send(part) for _ in range(count) for part in (mark * 60, mark * 61 + b"\n")])
            for client, mark in zip(clients, (b"a", b"b", b"c"))]
        for thread in threads:
            thread.start()
        heard = clients[3].read_lines(3 * count)
        for thread in threads:
            thread.join()
        assert sorted(heard) == [mark * 121 for mark in (b"a", b"b", b"c") for _ in range(count)]


def needs_mtchat():
    if not os.access(MTCHAT, os.X_OK):
        pytest.skip("no $MTCHAT to try it on")


def test_spinning_at_eof_in_the_client():
    """At the end of its input, and of the server's, mtchat leaves, at no cost."""
    needs_mtchat()
    with Daemon() as daemon:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        host, port = daemon.tcp
        done = subprocess.run([MTCHAT, f"{host}:{port}"], input=b"hi\n", timeout=PATIENCE,
                              capture_output=True, check=True)
        assert done.stdout == b"hi\n"
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1


def test_spinning_at_eof_in_the_daemon():
    """A client that has ended but still takes the rest, slowly, costs nothing."""
    with Daemon() as daemon:
        with daemon.client(rcvbuf=65536) as client:
            push(client, (b"s" * 999 + b"\n") * 1000, limit=16 << 20)
            client.half_close()
            used = daemon.cpu()
            threading.Event().wait(1)  # over which CPU time is measured
            assert daemon.cpu() - used < 0.2


def textbook_client(tmp_path):
    """The textbook's client, compiled from its text."""
    for page in sorted(SEEDS.glob("*")) if SEEDS.is_dir() else []:
        for block in re.findall(r"^```\w*\n(.*?)^```", page.read_text("utf-8"), re.M | re.S):
            if "recv_msg(void *arg)" in block and "int main" in block:
                source, program = tmp_path / "client.cpp", tmp_path / "client"
                source.write_text(block, "utf-8")
                missing = [word for name in ("cstring", "cstdio", "cstdlib")
                           for word in ("-include", name)]  # headers that it forgets
                subprocess.run(["g++", "-w", "-pthread", *missing, "-o", program, source],
                               check=True)
                return program
    pytest.skip(f"the textbook is not in {SEEDS}")


class Terminal:
    """A program on a terminal of its own that shows bytes as they are."""

    def __init__(self, *argv):
        master, slave = pty.openpty()
        tty.setraw(slave)
        mode = termios.tcgetattr(slave)
        mode[3] &= ~termios.ECHO
        termios.tcsetattr(slave, termios.TCSANOW, mode)
        self.process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        self.master, self.shown = master, b""

    def type(self, text):
        os.write(self.master, text)

    def reads(self, text):
        """Wait until all that was shown is just this."""
        while self.shown != text:
            assert text.startswith(self.shown), self.shown
            self.shown += os.read(self.master, 4096)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)


def test_the_textbooks_own_client_is_a_full_member(tmp_path):
    """What it shows, byte for byte; and what others get of it."""
    program = textbook_client(tmp_path)
    with Daemon() as daemon, daemon.client() as other:
        host, port = daemon.tcp
        alice = Terminal(program, host, str(port), "alice")
        alice.type(b"is it on?\n")
        alice.reads(b"[alice] is it on?\n")
        bob = Terminal(program, host, str(port), "bob")
        try:
            bob.type(b"hello\n")
            bob.reads(b"[bob] hello\n")
            alice.reads(b"[alice] is it on?\n[bob] hello\n")
            text = "q is not the end, 한글 too\n".encode()
            other.read_until(b"[bob] hello")
            other.send(text)
            alice.reads(b"[alice] is it on?\n[bob] hello\n" + text)
            bob.reads(b"[bob] hello\n" + text)
            assert other.read_line() == text[:-1]
            alice.type(b"q\n")
            assert alice.process.wait(PATIENCE) == 0
            bob.type(b"alone\n")
            assert other.read_line() == b"[bob] alone"
            bob.reads(b"[bob] hello\n" + text + b"[bob] alone\n")
        finally:
            alice.close()
            bob.close()


def test_a_line_typed_over_several_reads_of_the_textbooks_client(tmp_path):
    """It cuts what is typed at 99 bytes and names each part: odd, but said as it came."""
    program = textbook_client(tmp_path)
    with Daemon() as daemon, daemon.client() as other:
        host, port = daemon.tcp
        alice = Terminal(program, host, str(port), "alice")
        try:
            alice.type(b"a" * 150 + b"\n")
            wanted = b"[alice] " + b"a" * 99 + b"[alice] " + b"a" * 51
            assert other.read_line() == wanted
            alice.reads(wanted + b"\n")
        finally:
            alice.close()

