"""test_talk.py - people of the machine talk to each other through the installed service"""
import contextlib
import os
import stat
import threading

import pytest

from chatter import PATIENCE, catch_up
from service import SOCKET

USERS = "nobody", "www-data"  # any Debian has them


@contextlib.contextmanager
def mtchat(machine, user, *arguments):
    """The client of the package, run by a user; it must end well, and in time."""
    process = machine.start("mtchat", *arguments, user=user)
    deadline = threading.Timer(PATIENCE, process.kill)
    deadline.start()
    try:
        yield process
        process.stdin.close()
        assert process.wait() == 0
    finally:
        deadline.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


def say(process, line):
    process.stdin.write(line + b"\n")
    process.stdin.flush()


def hear(process, last):
    """What it prints up to that line."""
    lines = []
    while last not in lines:
        line = process.stdout.readline()
        assert line.endswith(b"\n"), f"mtchat ended after {lines}"
        lines.append(line[:-1])
    return lines


def talk(service):
    """Four people, two ways in, one order for all."""
    machine = service.machine
    with service.client() as tcp, service.local_client() as local, \
            mtchat(machine, USERS[0], "unix:" + SOCKET) as first, \
            mtchat(machine, USERS[1], "localhost") as second:
        for process in first, second:  # who has got something back is in the room
            line = b"process %d" % process.pid
            say(process, line)
            hear(process, line)
        catch_up([tcp, local])
        lines = [b"from TCP", "안녕 from the Unix socket".encode(), b"from a user", b"and another"]
        for index, speak in enumerate((tcp.say, local.say, lambda line: say(first, line),
                                       lambda line: say(second, line))):
            speak(lines[index])
            assert tcp.read_line() == local.read_line() == lines[index]
        assert hear(first, lines[-1])[-4:] == hear(second, lines[-1])[-4:] == lines


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
    assert os.stat(service.machine.path(os.path.dirname(SOCKET))).st_mode & 0o777 == 0o755


@pytest.mark.parametrize("user", USERS)
def test_mtchat_finds_the_service_by_itself(service, user):
    """By the Unix socket: the port would do as well, but there nobody knows whose line it is."""
    done = service.machine.run("mtchat", user=user, data="hello\nthere\n")
    assert done.stdout == "hello\nthere\n"
    uid = service.machine.run("id", "-u", user).stdout.strip()
    connected = service.wait_records("CLIENT_CONNECTED", 1)
    assert [record["CLIENT_ADDRESS"] for record in connected] == ["unix:uid=" + uid]
