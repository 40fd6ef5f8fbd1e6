"""test_live_reload.py - systemctl reload: a good file holds when it returns, a bad one fails"""
import socket
import time

import pytest

from chatter import catch_up, poll
from service import CONFIG, OVERRIDE, PORT


def told_full(service, most, port=PORT):
    with service.connect(port) as late:
        return late.read_to_end().endswith(b"of %d), try again later\n" % most)


@pytest.fixture
def present(service):
    """Two who are there and must stay, whatever happens: one for each way in."""
    with service.client() as tcp, service.local_client() as local:
        catch_up([tcp, local])
        ids = {record["CLIENT_ID"] for record in service.wait_records("CLIENT_CONNECTED", 2)}
        pid = service.pid
        yield tcp, local
        catch_up([tcp, local])
        assert service.pid == pid and service.show("NRestarts") == "0"
        gone = {record["CLIENT_ID"] for record in service.records("CLIENT_DISCONNECTED")}
        assert len(ids) == 2 and not ids & gone


def test_port(service, present):
    service.reload(port=9191)
    with service.client(9191) as new:  # at once: it holds when systemctl returns
        catch_up([*present, new])
        poll(lambda: service.refuses(PORT), "the old port closes")
        catch_up([*present, new])


def test_port_there_and_back_many_times(service, present):
    """A reload that returned too early would show here."""
    for port in (9192, PORT) * 5:
        service.reload(port=port)
        with service.connect(port):
            pass
    service.wait_records("RELOADED", 10)
    poll(lambda: service.refuses(9192), "the other port closes")
    catch_up(present)


def test_max_clients(service, present):
    service.reload(max_clients=2)
    assert told_full(service, 2)
    service.reload(max_clients=1)  # cuts nobody off
    assert told_full(service, 1)
    service.reload(max_clients=3)
    with service.client() as third:
        assert told_full(service, 3)
        catch_up([*present, third])
    poll(lambda: "2/3 clients" in service.status(), "the new number in the status")


def test_mode(service, present):
    service.reload(mode="echo")
    with service.connect() as echo:
        echo.send(b"\0no line")
        assert echo.read_exactly(8) == b"\0no line"
        catch_up(present)
        assert echo.silent(0.1)
        service.reload(mode="broadcast")
        with service.client() as new:
            catch_up([*present, new])


def test_limits(service, present):
    tcp, local = present
    service.reload(max_line=64, max_per_address=1, rate_lines=20, rate_burst=1)
    tcp.say(b"x" * 65)
    assert tcp.read_line() == b"* line too long (65 > 64 bytes), not sent"
    with service.connect() as second:
        assert second.read_to_end().startswith(b"* ")
    lines = [b"line %d" % i for i in range(10)]
    begin = time.monotonic()
    tcp.say(*lines)
    assert tcp.read_lines(10) == local.read_lines(10) == lines
    assert time.monotonic() - begin > 0.4, "10 lines at 20 a second"


def test_the_status_and_the_journal_tell(service, present):
    service.reload(max_clients=77)
    assert len(service.wait_records("RELOADED", 1)) == 1
    service.wait_status(r'Status: "2/77 clients')


BAD = {
    "a number out of range": ("port = 70000;\n", r"test\.conf:1: port must be 1 to 65535"),
    "an unknown name": ("max_clients = 2;\nprot = 1;\n", r"test\.conf:2: .*prot"),
    "a syntax error": ("max_clients = 2;\n\nport = \n", r"test\.conf:\d+: "),
}


@pytest.mark.parametrize("text, told", BAD.values(), ids=BAD.keys())
def test_a_bad_file_fails_and_changes_nothing(service, present, text, told):
    service.machine.write(OVERRIDE, "max_per_address = 1;\nmax_clients = 1;\n" + text)
    failed = service.systemctl("reload", check=False)
    assert failed.returncode != 0 and "mtchatd.service" in failed.stderr, failed
    told = told.replace(":1:", ":3:").replace(":2:", ":4:")
    shown = service.wait_status(told).string
    assert "Active: active (running)" in shown
    assert len(service.wait_records("RELOAD_REFUSED", 1)) == 1
    with service.client() as new:  # neither port nor limits are those of the file
        catch_up([*present, new])
    service.wait_status(r'Status: "\d/256 clients.*refused')
    service.reload(max_clients=99)  # mended: the trouble is forgotten
    poll(lambda: "refused" not in service.status().partition("Status:")[2].splitlines()[0],
         "a status without trouble")


def test_a_file_that_is_gone_fails_and_changes_nothing(service, present):
    machine = service.machine
    machine.run("mv", CONFIG, CONFIG + ".away")
    try:
        assert service.systemctl("reload", check=False).returncode != 0
        catch_up(present)
    finally:
        machine.run("mv", CONFIG + ".away", CONFIG)
    service.systemctl("reload")


def test_a_port_that_is_taken_changes_nothing_and_is_told(service, present):
    """The file is good, so the reload itself does not fail: status and journal tell."""
    taken = service.machine.in_network(socket.create_server, ("127.0.0.1", 9193))
    with taken:
        service.reload(port=9193, max_clients=9)
        assert len(service.wait_records("CANNOT_LISTEN", 1)) == 1
        service.wait_status(r'Status: "2/256 clients.*refused')
        with service.client() as new:
            catch_up([*present, new])


