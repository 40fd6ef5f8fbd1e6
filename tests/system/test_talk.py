"""test_talk.py - people of the machine talk to each other through the installed service"""
import contextlib
import os
import stat

import pytest

from chatter import catch_up
from service import SOCKET

USERS = "nobody", "www-data"  # any Debian has them


@contextlib.contextmanager
def mtchat(machine, user, *arguments):
    """The client of the package, run by a user; it must end well."""
    process = machine.start("mtchat", *arguments, user=user)
    try:
        yield process
        process.stdin.close()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def say(process, line):
    process.stdin.write(line + b"\n")
    process.stdin.flush()


def talk(service):
    """Four people, two ways in, one order for all."""
    machine = service.machine
    with service.client() as tcp, service.local_client() as local, \
            mtchat(machine, USERS[0]) as first, mtchat(machine, USERS[1], "localhost") as second:
        for process in first, second:  # who has got something back is in the room
            line = b"process %d" % process.pid
            say(process, line)
            while process.stdout.readline() != line + b"\n":
                pass
        catch_up([tcp, local])
        tcp.say(b"from TCP")
        assert local.read_line() == b"from TCP"
        local.say("안녕 from the Unix socket".encode())
        lines = [b"from TCP", "안녕 from the Unix socket".encode()]
        assert tcp.read_lines(2) == lines
        say(first, b"from a user")
        assert tcp.read_line() == local.read_lines(2)[1] == b"from a user"
        for process in first, second:
            while process.stdout.readline() != b"from TCP\n":
                pass
            assert process.stdout.readline() == lines[1] + b"\n"
            assert process.stdout.readline() == b"from a user\n"


def test_users_talk_over_tcp_and_the_unix_socket(service):
    talk(service)


def test_users_talk_after_restarts(service):
    """The socket lies in a folder that is made anew each time."""
    for verb in "restart", "restart":
        service.systemctl(verb)
        talk(service)


def test_users_talk_after_stop_and_start(service):
    service.systemctl("stop")
    assert not service.machine.exists(SOCKET)
    service.systemctl("start")
    talk(service)


def test_every_user_may_open_the_unix_socket(service):
    mode = os.stat(service.machine.path(SOCKET)).st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o666
    assert os.stat(service.machine.path("/run/mtchatd")).st_mode & 0o777 == 0o755


@pytest.mark.parametrize("user", USERS)
def test_mtchat_finds_the_service_by_itself(service, user):
    done = service.machine.run("mtchat", user=user, data="hello\nthere\n")
    assert done.stdout == "hello\nthere\n"
