"""test_passed.py - sockets that a .socket unit passes: taken as listeners, or closed and told"""
import contextlib
import os
import socket

import pytest

from chatter import Client, catch_up, gather, poll
from daemon import free_port
from manager import Service
from survivors import same_clients


class Name(str):
    """Two of one spelling are two, and what is sent as FDNAME= is none of them.

    So the manager passes them to each life, as systemd passes those of a .socket unit: they are
    not in the store, and FDSTOREREMOVE=1 does not concern them.
    """
    __hash__ = object.__hash__

    def __eq__(self, other):
        return self is other


class Activated(Service):
    def __init__(self, passed, name="mtchatd.socket", **options):
        self.passed, self.passed_name = passed, name
        super().__init__(**options)

    def _start(self, preexec, stderr):
        for sock in self.passed:
            self.stored[Name(self.passed_name)] = os.dup(sock.fileno())
        super()._start(preexec, stderr)


def listening(family, address):
    sock = socket.socket(family)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.bind(address)
    sock.listen()
    return sock


def listeners(service):
    """Its sockets in /proc/net that listen, by inode."""
    found = set()
    for name in ("tcp", "tcp6"):
        with open(f"/proc/{service.pid}/net/{name}", encoding="ascii") as table:
            found |= {row.split()[9] for row in table if row.split()[3] == "0A"}
    with open(f"/proc/{service.pid}/net/unix", encoding="ascii") as table:
        found |= {row.split()[6] for row in table if row.split()[3] == "00010000"}
    ours = (os.readlink(f"/proc/{service.pid}/fd/{fd}") for fd in service.fds())
    return [link for link in ours if link.startswith("socket:[") and link[8:-1] in found]


def test_each_life_serves_them_and_none_doubles(tmp_path):
    path = str(tmp_path / "passed")
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as tcp, \
            listening(socket.AF_UNIX, path) as unix, \
            listening(socket.AF_UNIX, b"\0" + os.urandom(8).hex().encode()) as abstract, \
            Activated([tcp, unix, abstract], max_per_address=50) as service:
        roads = [tcp.getsockname(), path, abstract.getsockname().decode(), service.tcp, service.unix]
        told = service.wait_log("listening on ")
        assert f"127.0.0.1:{tcp.getsockname()[1]}" in told and path in told and ", @" in told
        clients, count = [], len(listeners(service))
        assert count == 5
        for end in (service.kill, service.restart, service.hang_up, service.kill):
            clients += [Client(road).enter() for road in roads]
            catch_up(clients)
            end()
            same_clients(clients)
            assert len(listeners(service)) == count
            assert sum(name.startswith("l") for name in service.stored) == 2
        assert os.path.exists(path)
    assert os.path.exists(path), "it is not ours to remove"


@pytest.mark.parametrize("listen", [None, ["0.0.0.0", "::"], ["127.0.0.1", "::1"]])
def test_one_that_covers_what_is_configured_wins(listen):
    port = free_port()
    with listening(socket.AF_INET6, ("::", port)) as passed, \
            Activated([passed], listen=listen, port=port, tune={"visit_ms": 0}) as service:
        assert len(listeners(service)) == 2  # and the Unix socket
        for _ in range(2):
            clients = [Client((host, port)).enter() for host in ("127.0.0.1", "::1")]
            same_clients(clients)
            assert service.wait_log(r"client 127\.0\.0\.1:\d+ connected")
            service.restart()
            same_clients(clients)
        service.hang_up()
        assert len(listeners(service)) == 2


def test_one_address_beside_all_addresses():
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as passed, \
            Activated([passed], listen=None, port=passed.getsockname()[1]) as service:
        port = passed.getsockname()[1]
        same_clients([Client((host, port)).enter() for host in ("127.0.0.1", "127.0.0.2", "::1")])
        assert len(listeners(service)) == 4


def test_what_cannot_serve_is_told_once_and_closed(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, \
            socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as packets, \
            socket.socket() as silent:
        packets.bind(str(tmp_path / "packets"))
        packets.listen()
        with Activated([datagrams, packets, silent], name="odd.socket") as service:
            service.client().close()
            service.wait_log("listening on ")
            assert len([line for line in service.lines if '"odd.socket"' in line]) == 3
            inodes = [f"socket:[{os.fstat(sock.fileno()).st_ino}]"
                      for sock in (datagrams, packets, silent)]
            links = set()
            for fd in service.fds():
                with contextlib.suppress(FileNotFoundError):  # closed since the folder was read
                    links.add(os.readlink(f"/proc/{service.pid}/fd/{fd}"))
            assert not set(inodes) & links


def test_as_many_as_there_is_room_for():
    passed = [listening(socket.AF_INET, ("127.0.0.1", 0)) for _ in range(18)]
    with Activated(passed) as service:
        assert len(listeners(service)) == 18  # 16, and two of ours
        service.wait_log("listening on ")
        assert len([line for line in service.lines if "No buffer space" in line]) == 2
        same_clients(gather(passed[15].getsockname(), 2))
    for sock in passed:
        sock.close()


@pytest.mark.parametrize("name", ["l2tp.socket", "l1.socket", "b0.socket"])
def test_names_that_begin_as_ours_do(name):
    """A .socket unit may be called as one likes: by default that is the name which is passed."""
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as passed, \
            Activated([passed], name=name) as service:
        clients = gather(passed.getsockname(), 2)
        service.restart()
        same_clients(clients + gather(passed.getsockname(), 1))


def test_without_a_store():
    """A unit that keeps nothing (no $FDSTORE) can be activated by a socket all the same."""
    class Poor(Activated):
        def _environ(self):
            self.next_env = {"FDSTORE": ""}
            return super()._environ()
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as passed, Poor([passed]) as service:
        same_clients(gather(passed.getsockname(), 2) + [service.client()])
        poll(lambda: len(listeners(service)) == 3, "all listen")
