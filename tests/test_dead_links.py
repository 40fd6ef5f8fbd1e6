"""test_dead_links.py - a peer on a dead link is let go; one that is only silent or stopped lives

The links are real: two network namespaces with a cable between them that can be pulled.
"""
import ctypes
import os
import subprocess
import threading
import time

import pytest

from chatter import PATIENCE, Client, catch_up, poll, push
from daemon import Daemon

CLONE_NEWNET = 0x40000000
SERVER, PEER = "10.117.83.1", "10.117.83.2"
MAC = "02:00:00:00:00:01"
# Found within some 3 s when idle, 2 s when something is owed; real life is 10 to 60 times slower.
TUNE = {"keepalive_idle_s": 1, "keepalive_step_s": 1, "keepalive_probes": 2,
        "link_look_ms": 100, "link_dead_ms": 2000, "status_ms": 100}
LIVES = 7  # seconds after which a live link would have been ended by a wrong rule


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def enter_namespace(name):
    with open(f"/run/netns/{name}", "rb") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")


class Cable:
    """Two namespaces and a link; the daemon lives at one end, the peers at the other."""

    def __init__(self):
        self.near, self.far = (f"mtchat-{os.getpid()}-{end}" for end in "ab")
        ip("netns", "add", self.near)
        try:
            ip("netns", "add", self.far)
            ip("-n", self.near, "link", "add", "cable", "type", "veth",
               "peer", "name", "cable", "netns", self.far)
            for name, address in ((self.near, SERVER), (self.far, PEER)):
                ip("-n", name, "address", "add", address + "/24", "dev", "cable")
                ip("-n", name, "link", "set", "cable", "up")
                ip("-n", name, "link", "set", "lo", "up")
            ip("-n", self.far, "link", "set", "cable", "address", MAC)
            ip("-n", self.near, "neighbour", "replace", PEER, "lladdr", MAC, "dev", "cable")
        except subprocess.CalledProcessError:
            self.close()
            raise

    def unplug(self):
        """The daemon's own end loses its carrier: nothing even leaves."""
        ip("-n", self.far, "link", "set", "cable", "down")

    def pull(self):
        """From now on nothing arrives, and nobody is told: as with a cable pulled further off."""
        ip("-n", self.far, "route", "replace", "blackhole", SERVER + "/32")
        ip("-n", self.far, "link", "set", "cable", "arp", "off", "address", MAC.replace("1", "7"))

    def close(self):
        for name in (self.near, self.far):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)

    def client(self, where, name=None, **options):
        """A client at the far end (or in the namespace `name`)."""
        made = []

        def connect():  # a socket stays in the namespace in which its thread made it
            enter_namespace(name or self.far)
            made.append(Client(where, **options))
        thread = threading.Thread(target=connect)
        thread.start()
        thread.join()
        return made[0]


@pytest.fixture(name="cable")
def pulled_cable():
    try:
        cable = Cable()
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no network namespaces here: {error}")
    yield cable
    cable.close()


@pytest.fixture(name="daemon")
def far_daemon(cable):
    with Daemon(tune=TUNE, preexec=lambda: enter_namespace(cable.near), listen=[SERVER],
                max_clients=50) as daemon:
        yield daemon


def wait_clients(daemon, count, seconds=PATIENCE):
    told = len(daemon.messages)
    daemon.wait_message(rf"STATUS=.*\b{count}\s*(/|of)\s*50\b.*", told, seconds)


def test_a_silent_link_that_is_dead_is_found(cable, daemon):
    local = Client(daemon.unix).enter()
    lost = [cable.client(daemon.tcp) for _ in range(5)]
    wait_clients(daemon, 6)
    cable.pull()
    begin = time.monotonic()
    wait_clients(daemon, 1)
    assert time.monotonic() - begin < 10
    local.say(b"alone")
    assert local.read_line() == b"alone"
    for client in lost:
        client.close()


@pytest.mark.parametrize("cut", ["pull", "unplug"])
def test_a_dead_link_with_lines_owed_is_found(cable, daemon, cut):
    """Retransmissions without an answer; keepalive is silent then."""
    local = Client(daemon.unix).enter()
    lost = [cable.client(daemon.tcp).enter() for _ in range(3)]
    catch_up([local] + lost)
    fds = len(daemon.fds())
    getattr(cable, cut)()
    begin = time.monotonic()
    local.say(b"for those who cannot hear it")
    daemon.wait_fds(fds - 3)
    assert 1.5 < time.monotonic() - begin < 10, "too early, or too late"
    local.read_line()
    for client in lost:
        client.close()


def test_a_shut_window_on_a_dead_link_is_found(cable, daemon):
    """Window probes without an answer."""
    local = Client(daemon.unix).enter()
    stuck = cable.client(daemon.tcp, rcvbuf=8192).enter()
    catch_up([local, stuck])
    for _ in range(300):  # 300 kB: less than the log, more than its window
        local.say(b"w" * 999)
    local.read_lines(300)
    fds = len(daemon.fds())
    cable.pull()
    daemon.wait_fds(fds - 1)
    stuck.close()


def test_a_reader_that_is_stopped_lives(cable, daemon):
    """Its window stays shut, but its kernel answers the probes: as one stopped with ^Z."""
    local = Client(daemon.unix).enter()
    stopped = cable.client(daemon.tcp, rcvbuf=8192).enter()
    catch_up([local, stopped])
    lines = [b"%03d" % i + b"w" * 996 for i in range(300)]
    local.say(*lines)
    local.read_lines(300)
    threading.Event().wait(LIVES)
    assert stopped.read_lines(300) == lines
    stopped.say(b"back again")
    assert local.read_line() == b"back again"


def test_a_silent_peer_lives(cable, daemon):
    silent = cable.client(daemon.tcp).enter()
    threading.Event().wait(LIVES)
    silent.say(b"hello?")
    assert silent.read_line() == b"hello?"


def test_in_echo_mode_too(cable):
    with Daemon(tune=TUNE, preexec=lambda: enter_namespace(cable.near), listen=[SERVER],
                mode="echo") as daemon:
        fds = len(daemon.fds())
        stuck = cable.client(daemon.tcp, rcvbuf=8192)
        idle = cable.client(daemon.tcp)
        push(stuck, bytes(1 << 20), limit=50 << 20)
        poll(lambda: len(daemon.fds()) == fds + 2, "both are in")
        cable.pull()
        daemon.wait_fds(fds)
        stuck.close()
        idle.close()
