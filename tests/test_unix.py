"""test_unix.py - the Unix socket: the same room by another road"""
import os
import socket
import stat

from chatter import Client, catch_up, gather, push, short
from daemon import Daemon, refused


def test_it_is_a_road_into_the_same_room():
    with Daemon() as daemon:
        near, far = gather(daemon.unix, 1) + gather(daemon.tcp, 1)
        catch_up([near, far])
        near.say(b"from here")
        far.say(b"from there")
        lines = near.read_lines(2)
        assert sorted(lines) == [b"from here", b"from there"] and far.read_lines(2) == lines


def test_a_tail_and_a_half_close():
    with Daemon() as daemon:
        with Client(daemon.unix) as client:
            client.send(b"hi")
            client.half_close()
            assert client.read_to_end() == b"hi\n"


def test_a_pipe_of_many_lines_comes_back_whole():
    data = b"".join(b"line %d\n" % i for i in range(short(100000)))
    with Daemon() as daemon, Client(daemon.unix) as client:
        sent = push(client, data)
        while sent < len(data):
            client.fill()
            sent += push(client, data[sent:], quiet=0.05)
        client.half_close()
        assert client.read_to_end() == data


def test_it_is_in_the_runtime_directory_by_default(tmp_path):
    with Daemon(env={"RUNTIME_DIRECTORY": str(tmp_path)}, socket=None) as daemon:
        path = str(tmp_path / "socket")
        assert stat.S_ISSOCK(os.stat(path).st_mode)
        with Client(path) as client:
            client.enter()
        assert daemon.client().sock


def test_none_without_a_path(tmp_path):
    with Daemon(env={"RUNTIME_DIRECTORY": str(tmp_path)}, socket="") as daemon:
        assert os.listdir(tmp_path) == []
        with daemon.client():
            pass
    with Daemon(socket=None) as daemon:
        with daemon.client():
            pass


def test_a_stale_socket_file_is_replaced(tmp_path):
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
        dead.listen()
    with Daemon(socket=path):
        with Client(path) as client:
            client.enter()


def test_after_a_kill_the_next_one_starts(tmp_path):
    path = str(tmp_path / "socket")
    Daemon(socket=path).kill()
    with Daemon(socket=path):
        with Client(path) as client:
            client.enter()


def test_a_live_socket_is_refused_and_left_alone(tmp_path):
    path = str(tmp_path / "socket")
    with Daemon(socket=path) as daemon:
        status, took, log = refused(socket=path)
        assert status == 69 and took < 2
        assert any(path in line for line in log)
        with Client(path) as client:  # it still leads to the first
            client.enter()
        assert daemon.client().sock


def test_a_file_that_is_no_socket_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "socket"
    path.write_text("precious")
    status, _, log = refused(socket=str(path))
    assert status == 69
    assert any(str(path) in line for line in log)
    assert path.read_text() == "precious"


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    path = str(tmp_path / "nowhere" / "socket")
    status, _, log = refused(socket=path)
    assert status == 69
    assert any(path in line for line in log)


def test_leavers_of_every_kind_hurt_nobody():
    with Daemon() as daemon:
        stays = gather(daemon.unix, 1)[0]
        fds = len(daemon.fds())
        for i in range(30):
            client = Client(daemon.unix)
            client.send(b"half a line" if i % 3 else b"\n" * 5000)
            if i % 2:
                client.half_close()
            client.close()  # unread bytes: the daemon sees a reset
        daemon.wait_fds(fds)
        stays.say(b"end")
        stays.read_until(b"end")
