"""test_frozen.py - a journal or a service manager that hangs stops neither chat nor end"""
import os
import re
import signal
import socket
import threading
import time

from chatter import SHORT, Client, gather, poll, short
from daemon import Daemon

CHAT = short(500)
IN_TIME = 20 if SHORT else 3  # seconds


def chat(clients, rounds=CHAT):
    """Everybody talks and is heard, soon enough."""
    begin = time.monotonic()
    for i in range(rounds):
        clients[i % len(clients)].say(b"round %d" % i)
    for client in clients:
        assert sorted(client.read_lines(rounds)) == sorted(b"round %d" % i for i in range(rounds))
    assert time.monotonic() - begin < IN_TIME


def come_and_go(daemon, count):
    """Which is worth a line in the log each time."""
    for _ in range(count // 10):
        clients = [Client(daemon.unix) for _ in range(10)]
        for client in clients:
            client.say(b"/ping")
            assert client.read_line() == b"* pong"
        for client in clients:
            client.close()


class FrozenLog:
    """A full pipe that nobody reads, as stderr."""

    def __init__(self):
        self.reader, self.writer = os.pipe()

    def freeze(self):
        """Fill it; by a descriptor of its own, for O_NONBLOCK must not reach the daemon."""
        fd = os.open(f"/proc/self/fd/{self.writer}", os.O_WRONLY | os.O_NONBLOCK)
        for size in (4096, 1):
            try:
                while True:
                    os.write(fd, b"#" * size)
            except BlockingIOError:
                pass
        os.close(fd)

    def thaw(self, daemon):
        """Read on until the daemon has ended: all lines."""
        data = bytearray()

        def read():
            while some := os.read(self.reader, 1 << 16):
                data.extend(some)
        reader = threading.Thread(target=read)
        reader.start()
        poll(lambda: data, "it can be written to again")
        daemon.stop()
        os.close(self.writer)
        reader.join()
        self.writer = os.open("/dev/null", os.O_WRONLY)
        return data.lstrip(b"#").decode().splitlines()

    def close(self):
        os.close(self.reader)
        os.close(self.writer)


def test_a_frozen_log_does_not_stop_the_chat_nor_the_end():
    log = FrozenLog()
    with Daemon(stderr=log.writer, log_level="debug", tune={"status_ms": 50},
                env={"WATCHDOG_USEC": "400000"}) as daemon:
        clients = gather(daemon.tcp, 4)
        log.freeze()
        come_and_go(daemon, short(3000))
        chat(clients)
        told = len(daemon.messages)
        daemon.wait_message("WATCHDOG=1", told)
        daemon.wait_message("STATUS=.*", told)
        daemon.hang_up()
        chat(clients)
        begin = time.monotonic()
        daemon.terminate()
        for client in clients:
            assert client.read_to_end() == b""
        assert daemon.exit_status() == 0
        assert time.monotonic() - begin < (10 if SHORT else 3)
    log.close()


def test_what_did_not_fit_is_counted_and_told():
    """Lines that were written and those that are only counted are as many as there were events."""
    log, count = FrozenLog(), 5000
    with Daemon(stderr=log.writer, log_level="debug") as daemon:
        client = daemon.client()
        log.freeze()
        come_and_go(daemon, count)
        chat([client])
        lines = log.thaw(daemon)
        counted = [int(number) for line in lines for number in re.findall(r"^(\d+) ", line)]
        assert counted, lines[-20:]
        assert len(lines) - len(counted) + sum(counted) >= 2 * count, lines[-20:]
    log.close()


def test_a_log_without_a_reader_does_not_kill_it():
    log = FrozenLog()
    with Daemon(stderr=log.writer, log_level="debug") as daemon:
        clients = gather(daemon.tcp, 2)
        os.close(log.reader)
        come_and_go(daemon, 100)
        chat(clients)
        log.reader = os.open("/dev/null", os.O_RDONLY)
    log.close()


def fill_queue(path):
    """Fill the queue of $NOTIFY_SOCKET: what it sends now finds no room."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        probe.setblocking(False)
        try:
            while True:
                probe.sendto(b"X_FULL=1", path)
        except BlockingIOError:
            pass


def test_a_hung_service_manager_does_not_stop_the_chat_nor_the_end():
    with Daemon(tune={"status_ms": 20}, env={"WATCHDOG_USEC": "400000"}) as daemon:
        clients = gather(daemon.tcp, 4)
        daemon.stop_hearing()
        fill_queue(daemon.path("notify"))
        chat(clients)
        os.kill(daemon.pid, signal.SIGHUP)
        chat(clients)
        used = daemon.cpu()
        late = Client(daemon.tcp).enter()
        assert late.silent(0.5)
        assert daemon.cpu() - used < 0.2, "it spins at the full queue"
        begin = time.monotonic()
        daemon.terminate()
        assert late.read_to_end() == b""
        assert daemon.exit_status() == 0
        assert time.monotonic() - begin < (10 if SHORT else 3)


def test_after_a_hang_the_service_manager_is_told_again():
    with Daemon(tune={"status_ms": 20}, env={"WATCHDOG_USEC": "400000"}) as daemon:
        client = daemon.client()
        daemon.stop_hearing()
        fill_queue(daemon.path("notify"))
        os.kill(daemon.pid, signal.SIGHUP)  # its READY=1 is owed until there is room
        chat([client])
        daemon.notify.settimeout(10)
        wanted = {"READY=1", "WATCHDOG=1"}
        while wanted:
            wanted -= set(daemon.notify.recv(8192).decode().splitlines())
