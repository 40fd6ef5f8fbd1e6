"""test_survival_start.py - what a start finds changed: settings, files, ports, a broken store"""
import contextlib
import os
import random
import re
import signal
import socket

import pytest

from chatter import Client, catch_up, gather, poll
from daemon import free_port
from manager import Service
from survivors import crowd_for, same_clients, strike, told_full

# struct arena_header: magic, layout, pad, size
MAGIC, LAYOUT = slice(0, 8), slice(8, 12)


@pytest.fixture(name="service")
def service_():
    with Service() as service:
        yield service


# Other settings in the next life

def test_a_lower_max_clients_cuts_nobody_off(service):
    clients = gather(service.tcp, 5)
    service.settings["max_clients"] = 3
    service.write_config()
    service.restart()
    same_clients(clients)
    assert told_full(service, 3)
    clients.pop().close()
    clients.pop().close()
    same_clients(clients)
    assert told_full(service, 3)
    service.kill()
    same_clients(clients)
    assert told_full(service, 3)
    service.settings["max_clients"] = 10
    service.write_config()
    service.kill()
    clients += gather(service.tcp, 7)
    same_clients(clients)
    assert told_full(service, 10)


def test_a_connection_keeps_the_mode_it_began_with(service):
    talkers = gather(service.tcp, 2)
    catch_up(talkers)
    service.settings["mode"] = "echo"
    service.write_config()
    service.restart()
    same_clients(talkers)
    with Client(service.tcp) as echo:
        echo.send(b"\0 no line")
        assert echo.read_exactly(9) == b"\0 no line"
        service.settings["mode"] = "broadcast"
        service.write_config()
        service.kill()
        echo.send(b"/ping")
        assert echo.read_exactly(5) == b"/ping"
        same_clients(talkers + [service.client()])
        assert echo.silent(0.05)


def test_more_handlers_and_fewer():
    with Service(handlers=1, tune={"split_members": 4}) as service, \
            crowd_for(service, churners=2) as crowd:
        crowd.gather()
        for handlers in (3, 1, 2, 4, 1):
            crowd.run(0.1)
            service.settings["handlers"] = handlers
            service.write_config()
            strike(service, crowd, random.choice([signal.SIGKILL, signal.SIGTERM]))
            names = [name for name in service.threads() if name.startswith("handler")]
            assert len(names) == handlers
        crowd.run(0.1)
        crowd.finish().check()


def test_another_log_size_waits_or_is_taken_over():
    """An arena is laid out for all sizes: the room that is there keeps its own, nobody notices."""
    with Service(room_log_kib=1024) as service, crowd_for(service) as crowd:
        crowd.gather()
        for size in (256, 4096):
            crowd.run(0.1)
            service.settings["room_log_kib"] = size
            service.write_config()
            strike(service, crowd, signal.SIGTERM)
        crowd.run(0.1)
        crowd.finish().check()


@pytest.mark.parametrize("text", [
    "port = 0;\n", "nonsense = 1;\n", "port = 9190\nmode = \n", "max_clients = 0;\n", ""])
def test_a_bad_file_and_a_crash_hang_up_on_nobody(service, text):
    service.settings["max_clients"] = 4
    service.reload()
    clients = gather(service.tcp, 3)
    with open(service.config, "w", encoding="utf-8") as file:
        file.write(text)
    for _ in range(2):
        logged = len(service.lines)
        service.kill()
        same_clients(clients)
        service.wait_log(re.escape(service.config), logged)
        poll(lambda: "mtchatd.conf" in service.status or "config" in service.status,
             "STATUS= tells of the file")
    clients.append(service.client())  # the last good one holds
    assert told_full(service, 4)
    service.write_config()
    service.restart()
    poll(lambda: "config" not in service.status and ".conf" not in service.status,
         "STATUS= has forgotten it")
    same_clients(clients)


def test_a_file_that_is_gone_hangs_up_on_nobody(service):
    clients = gather(service.tcp, 2)
    os.unlink(service.config)
    logged = len(service.lines)
    service.kill()
    same_clients(clients)
    service.wait_log(re.escape(service.config), logged)


def test_a_port_taken_by_somebody_else_leaves_us_the_old_one(service):
    clients, old = gather(service.tcp, 2), service.tcp
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        service.settings["port"] = port
        service.write_config()
        logged = len(service.lines)
        service.kill()
        same_clients(clients + gather(old, 1))
        service.wait_log(str(port), logged)
        poll(lambda: "new address refused" in service.status, "STATUS= tells of it")
    service.restart()  # now it is free
    same_clients(clients + gather(service.tcp, 1))
    poll(lambda: not listens(old), "the old port closes")


def listens(where):
    try:
        Client(where).close()
        return True
    except ConnectionRefusedError:
        return False


def test_another_port_in_the_next_life_serves_the_old_backlog(service):
    clients, old = gather(service.tcp, 2), service.tcp
    with service.down():
        waiting = [Client(old) for _ in range(5)]
        service.settings["port"] = free_port()
        service.write_config()
    same_clients(clients + [client.enter() for client in waiting] + gather(service.tcp, 1))
    poll(lambda: not listens(old), "the old port closes")


def test_a_first_start_still_fails_for_a_bad_file():
    service = Service(max_clients=0, wait=False)
    try:
        assert service.exit_status() == 78 and service.lives == 1
    finally:
        service.discard()


# A store that is not as it was left

def aliens(*parts):
    """A memfd of a page with those bytes, that is no arena."""
    fd = os.memfd_create("alien")
    os.write(fd, b"".join(parts).ljust(4096, b"\0"))
    return fd


def flip(service, where):
    with contextlib.closing(service.memory()) as memory:
        memory[where] = bytes(byte ^ 0xff for byte in memory[where])


def spoil_everything(service):
    """Behind the header, all that was ever touched."""
    with contextlib.closing(service.memory()) as memory:
        noise = random.Random(1)
        at, fd = 4096, service.stored["arena"]
        while True:
            try:
                at = os.lseek(fd, at, os.SEEK_DATA)
            except OSError:  # ENXIO: no more
                return
            memory[at:at + 4096] = noise.randbytes(4096)
            at += 4096


DAMAGES = {
    "magic": lambda service: flip(service, MAGIC),
    "layout": lambda service: flip(service, LAYOUT),
    "noise": spoil_everything,
    "empty": lambda service: service.replace("arena", os.memfd_create("empty")),
    "alien": lambda service: service.replace("arena", aliens(b"\x7fELF", os.urandom(4000))),
    "socket": lambda service: service.replace("arena", socket.socket().detach()),
    "missing": lambda service: service.drop("arena"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_broken_arena_keeps_the_connections_and_tells_them(damage):
    with Service() as service:
        clients = gather(service.tcp, 5) + gather(service.unix, 2)
        catch_up(clients)
        logged = len(service.lines)
        with service.down():
            DAMAGES[damage](service)
        hear_a_notice(clients, at_least=0 if damage == "missing" else 1)
        if damage != "missing":
            service.wait_log(r"arena", logged)
        same_clients(clients + [service.client()])
        assert service.lives == 2, "it died of it"
        service.kill()  # and the new arena is as good as any
        same_clients(clients)


def hear_a_notice(clients, at_least):
    """Each gets one notice, and then what is said; without an arena nobody knows who they were."""
    clients[0].say(b"who is here")
    for client in clients:
        *notices, _ = client.read_until(b"who is here")
        if notices and not notices[0]:  # it ends a line that may have been cut
            del notices[0]
        assert at_least <= len(notices) <= 1, notices
        assert all(notice.startswith(b"* ") for notice in notices), notices


def test_a_bag_that_is_missing_is_made_anew(service):
    """Who was parked in it is lost; the others, and the service, are not."""
    inside = gather(service.tcp, 3)
    catch_up(inside)
    with service.down():
        bags = [name for name in service.stored if re.fullmatch(r"b\d+\.(in|out)", name)]
        assert bags and len(bags) % 2 == 0
        for name in bags:
            service.drop(name)
    assert service.lives == 2
    newcomers = gather(service.tcp, 3)
    service.kill()
    same_clients(newcomers)
    for client in inside:  # they see an end, whatever kind
        with contextlib.suppress(ConnectionResetError):
            client.read_to_end()


def test_half_a_bag_is_no_bag(service):
    gather(service.tcp, 2)
    with service.down():
        service.drop(next(name for name in service.stored if re.fullmatch(r"b\d+\.out", name)))
    clients = gather(service.tcp, 2)
    service.kill()
    same_clients(clients)


def test_a_missing_listener_is_made_anew(service):
    clients = gather(service.tcp, 2)
    with service.down():
        for name in [name for name in service.stored if re.fullmatch(r"l\d+", name)]:
            service.drop(name)
    same_clients(clients + gather(service.tcp, 2) + gather(service.unix, 2))


def test_a_descriptor_nobody_knows_is_dropped(service):
    clients = gather(service.tcp, 2)
    with service.down():
        service.replace("stranger", os.open("/dev/null", os.O_RDONLY))
        service.replace("b9999.in", os.memfd_create("odd"))
    same_clients(clients)
    poll(lambda: not {"stranger", "b9999.in"} & set(service.stored), "they are dropped")
    fds = {os.readlink(f"/proc/{service.pid}/fd/{fd}") for fd in service.fds() if fd > 2}
    assert not any("/dev/null" in target or "odd" in target for target in fds)
