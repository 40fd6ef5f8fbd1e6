"""test_streams.py - started with any of stdin, stdout and stderr closed, it is /dev/null

What a program opens gets the lowest free number.  With stderr closed that was the arena, and the
log was written over it.
"""
import itertools
import os
import subprocess

import pytest

from chatter import catch_up, gather, poll
from daemon import Daemon, die_with_parent
from mtchat import MTCHAT

CLOSED = [some for count in range(4) for some in itertools.combinations((0, 1, 2), count)]


def closing(numbers):
    def close():
        for fd in numbers:
            os.close(fd)
    return close


def streams(pid):
    return [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in range(3)]


@pytest.mark.parametrize("closed", CLOSED)
def test_of_the_daemon(closed):
    with Daemon(stderr=subprocess.DEVNULL, preexec=closing(closed)) as daemon:
        assert streams(daemon.pid) == ["/dev/null"] * 3
        # What is logged disturbs nobody.
        clients = gather(daemon.tcp, 2)
        for i in range(30):
            daemon.reload(max_clients=100 + i)
        catch_up(clients)
        assert streams(daemon.pid) == ["/dev/null"] * 3


@pytest.mark.parametrize("closed", CLOSED)
def test_of_mtchat(closed):
    def prepare():
        die_with_parent()
        closing(closed)()

    def listens():
        with open(f"/proc/{process.pid}/net/tcp", encoding="ascii") as table:
            return f":{daemon.tcp[1]:04X} 01 " in table.read()
    with Daemon() as daemon:
        with subprocess.Popen([MTCHAT, "--tail", f"127.0.0.1:{daemon.tcp[1]}"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, preexec_fn=prepare) as process:
            try:
                poll(listens, "it is connected")
                assert streams(process.pid) == ["/dev/null"] * 3
            finally:
                process.kill()
