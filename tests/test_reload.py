"""test_reload.py - SIGHUP: what may change live does, what may not is told, nobody is dropped"""
import os
import re
import signal
import socket
import time

import pytest

from chatter import Client, catch_up, gather, poll
from daemon import Daemon, free_port


def refuses(where):
    """Is nobody listening there any more?"""
    try:
        Client(where).close()
        return False
    except ConnectionRefusedError:
        return True


def test_the_service_manager_is_told_begin_and_end():
    with Daemon() as daemon, daemon.client() as client:
        told = len(daemon.messages)
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        daemon.hang_up()
        after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        begin = daemon.wait_message("RELOADING=1", told)
        usec = next(line for line in begin if line.startswith("MONOTONIC_USEC="))
        assert before <= int(usec.split("=")[1]) <= after
        heard = [line for _, message in daemon.messages[told:] for line in message]
        assert heard.index("RELOADING=1") < heard.index("READY=1")
        client.say(b"still here")
        assert client.read_line() == b"still here"


def test_ten_reloads_in_a_row_drop_nobody():
    with Daemon() as daemon:
        clients = gather(daemon.tcp, 3) + gather(daemon.unix, 2)
        catch_up(clients)
        fds = len(daemon.fds())
        for _ in range(10):
            daemon.hang_up()
            catch_up(clients)
        assert len(daemon.fds()) == fds
        for _ in range(50):  # faster than they can be answered
            os.kill(daemon.pid, signal.SIGHUP)
        catch_up(clients)
        daemon.hang_up()
        catch_up(clients)


def test_a_new_port_serves_and_the_old_one_closes():
    with Daemon() as daemon:
        before, old = daemon.tcp, daemon.client()
        daemon.reload(port=free_port())
        new = daemon.client()
        catch_up([old, new])
        poll(lambda: refuses(before), "the old port closes")
        catch_up([old, new])
        old.close()
        new.close()


def test_new_addresses_serve_and_old_ones_close():
    with Daemon(listen=["127.0.0.1", "::1"]) as daemon:
        port = daemon.settings["port"]
        old = gather(("::1", port), 1) + gather(("127.0.0.1", port), 1)
        daemon.reload(listen=["127.0.0.2", "127.0.0.1"])
        new = gather(("127.0.0.2", port), 1) + gather(("127.0.0.1", port), 1)
        catch_up(old[:1] + old[1:] + new)
        poll(lambda: refuses(("::1", port)), "the address that was taken out closes")
        daemon.reload(listen=None)  # all addresses, those we have among them
        everywhere = gather(("127.0.0.9", port), 1) + gather(("::1", port), 1)
        catch_up(old + new + everywhere)


def test_who_waits_in_the_old_ports_backlog_is_served():
    """The listener closes when its backlog is accepted."""
    with Daemon() as daemon:
        old = daemon.tcp
        os.kill(daemon.pid, signal.SIGSTOP)
        waiting = [Client(old) for _ in range(20)]
        daemon.settings["port"] = free_port()
        daemon.write_config()
        told = len(daemon.messages)
        os.kill(daemon.pid, signal.SIGHUP)
        os.kill(daemon.pid, signal.SIGCONT)
        daemon.wait_message("READY=1", told)
        for client in waiting:
            client.enter()
        catch_up(waiting + [daemon.client()])


def test_mode_holds_for_connections_that_come_after():
    with Daemon() as daemon:
        talker, listener = gather(daemon.tcp, 2)
        daemon.reload(mode="echo")
        with Client(daemon.tcp) as echo:
            echo.send(b"/no line")
            assert echo.read_exactly(8) == b"/no line"
            talker.say(b"to the room")
            assert listener.read_line() == b"to the room"
            assert echo.silent(0.1)
            daemon.reload(mode="broadcast")
            echo.send(b"\0")
            assert echo.read_exactly(1) == b"\0"
        catch_up([talker, listener, daemon.client()])


def told_full(daemon, most):
    with Client(daemon.tcp) as late:
        line = late.read_to_end()
    return re.fullmatch(rb"\* server full \(\d+ of %d\), try again later\n" % most, line)


def gets_in(daemon):
    with Client(daemon.tcp) as client:
        client.say(b"in")
        return client.read_line() == b"in"


def test_max_clients_up_and_down():
    with Daemon(max_clients=2) as daemon:
        clients = gather(daemon.tcp, 2)
        assert told_full(daemon, 2)
        daemon.reload(max_clients=4)
        clients += gather(daemon.tcp, 2)
        assert told_full(daemon, 4)
        daemon.reload(max_clients=1)  # which cuts nobody off
        catch_up(clients)
        assert told_full(daemon, 1)
        while len(clients) > 1:
            clients.pop().close()
        assert told_full(daemon, 1)
        clients.pop().close()
        poll(lambda: gets_in(daemon), "the one place is free again")


def test_limits_are_live_for_those_who_are_there():
    with Daemon() as daemon, daemon.client() as client:
        lines = [b"line %d" % i for i in range(50)]
        daemon.reload(rate_lines=25, rate_burst=10, max_per_address=1)
        begin = time.monotonic()
        client.say(*lines)
        assert client.read_lines(50) == lines
        assert time.monotonic() - begin > 1.4, "40 lines beyond the burst, at 25 a second"
        with Client(daemon.tcp) as second:
            assert second.read_to_end().startswith(b"* ")
        daemon.reload(rate_lines=0, max_per_address=0)
        begin = time.monotonic()
        client.say(*lines)
        assert client.read_lines(50) == lines
        assert time.monotonic() - begin < 1.4
        daemon.client().close()


def test_what_waits_for_the_next_start_is_told():
    with Daemon(handlers=1) as daemon, daemon.client() as client:
        logged = daemon.reload(handlers=3)
        assert daemon.wait_log(r"handlers.*start|start.*handlers", logged)
        client.say(b"still here")
        assert client.read_line() == b"still here"


def test_a_unix_socket_that_somebody_removed_is_made_again():
    with Daemon() as daemon, Client(daemon.unix) as before:
        os.unlink(daemon.unix)
        logged = daemon.hang_up()
        assert daemon.unix in daemon.wait_log("somebody has removed", logged)
        with Client(daemon.unix) as after:
            catch_up([before.enter(), after.enter()])
        logged = daemon.hang_up()
        assert not any("removed" in line for line in daemon.lines[logged:])
        os.unlink(daemon.unix)
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(daemon.unix)
            other.listen()
            logged = daemon.hang_up()
            daemon.wait_log("reload refused", logged)
            assert os.path.exists(daemon.unix)
        catch_up([before, daemon.client()])


def test_log_level_is_live():
    with Daemon(log_level="error") as daemon:
        daemon.client().close()
        logged = daemon.reload(log_level="debug")
        daemon.client().close()
        daemon.wait_log(".", logged)


@pytest.mark.parametrize("settings, name", [
    ({"max_clients": 0}, "max_clients"), ({"mode": "shout"}, "mode"), ({"nonsense": 1}, "nonsense"),
    ({"port": 70000}, "port")])
def test_a_bad_file_changes_nothing_and_is_told(settings, name):
    with Daemon(max_clients=2) as daemon:
        clients = gather(daemon.tcp, 2)
        where = daemon.tcp
        logged = daemon.reload(**{"rate_lines": 1, "rate_burst": 1, "listen": ["127.0.0.3"]} |
                               settings)
        daemon.wait_log(r"mtchatd\.conf:\d+: .*" + name, logged)
        for _ in range(5):  # no rate limit came in with it
            catch_up(clients)
        with Client(where) as late:
            assert late.read_to_end() == b"* server full (2 of 2), try again later\n"


def test_a_file_that_is_gone_changes_nothing_and_is_told():
    with Daemon() as daemon, daemon.client() as client:
        os.unlink(daemon.config)
        logged = daemon.hang_up()
        daemon.wait_log(re.escape(daemon.config), logged)
        client.say(b"still here")
        assert client.read_line() == b"still here"
        daemon.client().close()


def test_a_port_that_is_taken_is_told_and_the_old_one_stays():
    with Daemon() as daemon, socket.socket() as taken:
        old = daemon.tcp
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        logged = daemon.reload(port=taken.getsockname()[1])
        daemon.wait_log(str(taken.getsockname()[1]), logged)
        with Client(old) as client:
            client.enter()
