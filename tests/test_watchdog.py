"""test_watchdog.py - the pings come while every thread turns, and stop when one hangs"""
import contextlib
import ctypes
import os
import threading
import time

import pytest

from chatter import poll
from daemon import Daemon

USEC = 400000
PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WALL = 0x40000000  # waitpid: any thread


@contextlib.contextmanager
def halted(tid):
    """Stop this one thread; SIGSTOP would stop them all."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long] * 4
    libc.ptrace.restype = ctypes.c_long
    if libc.ptrace(PTRACE_SEIZE, tid, 0, 0):
        pytest.skip(f"ptrace: {os.strerror(ctypes.get_errno())}")
    assert libc.ptrace(PTRACE_INTERRUPT, tid, 0, 0) == 0
    os.waitpid(tid, WALL)
    try:
        yield
    finally:
        libc.ptrace(PTRACE_DETACH, tid, 0, 0)


def pings(daemon):
    return [at for at, message in list(daemon.messages) if "WATCHDOG=1" in message]


def wait_pings(daemon, count):
    """So many more."""
    before = len(pings(daemon))
    poll(lambda: len(pings(daemon)) >= before + count, f"{count} pings")


def test_pings_come_in_time():
    with Daemon(env={"WATCHDOG_USEC": str(USEC)}) as daemon:
        wait_pings(daemon, 8)
        times = pings(daemon)
        assert max(b - a for a, b in zip(times, times[1:])) < USEC / 1e6


def test_pings_come_while_it_is_busy():
    with Daemon(env={"WATCHDOG_USEC": str(USEC)}) as daemon, daemon.client() as client:
        end = threading.Event()

        def talk():
            while not end.is_set():
                client.say(*[b"x" * 500] * 100)
                client.read_lines(100)
        talker = threading.Thread(target=talk)
        talker.start()
        wait_pings(daemon, 8)
        end.set()
        talker.join()
        times = pings(daemon)
        assert max(b - a for a, b in zip(times, times[1:])) < 2 * USEC / 1e6


@pytest.mark.parametrize("thread", ["handler/0", "handler/1", "acceptor"])
def test_a_hung_thread_stops_the_pings(thread):
    with Daemon(env={"WATCHDOG_USEC": str(USEC)}, handlers=2) as daemon:
        wait_pings(daemon, 2)
        threads = daemon.threads()
        assert thread in threads, threads
        with halted(threads[thread]):
            settled = time.monotonic() + USEC / 1e6  # one may have been due already
            while time.monotonic() < settled + 3 * USEC / 1e6:
                assert not pings(daemon) or pings(daemon)[-1] < settled, "a ping from the dead"
                time.sleep(0.05)
        wait_pings(daemon, 2)  # it turns again
        daemon.client().close()


def test_none_without_a_watchdog():
    with Daemon() as daemon:
        threading.Event().wait(1)
        assert not pings(daemon)


def test_a_watchdog_for_another_process_is_not_ours():
    with Daemon(env={"WATCHDOG_USEC": str(USEC), "WATCHDOG_PID": "1"}) as daemon:
        threading.Event().wait(3 * USEC / 1e6)
        assert not pings(daemon)

