"""test_service_survival.py - restarts, upgrades, crashes and kills of the installed service

What the unit and the packages make of it, on a real systemd; every way of dying, at every moment,
is in tests/test_survival.py.
"""
import concurrent.futures
import os
import re
import signal

import pytest

from chaos import Crowd
from chatter import Client, catch_up, poll
from guests import Churner
from service import OVERRIDE, PORT, SOCKET, Service
from test_packages import repacked, version_of
from test_service import threads
from test_watchdog import WALL, halted

PROGRAM = "/usr/sbin/mtchatd"
BASE = 1 + 3            # descriptors in the store: the arena; IPv4, IPv6 and the Unix socket
BAG_SLOTS = 240         # clients for each two more


@pytest.fixture(name="crowd")
def crowd_(service):
    """Who listens, who talks, who comes and goes, over TCP and the Unix socket, all the time."""
    service.reload(rate_lines=0)

    def unix():
        return Client(service.machine.path(SOCKET)).sock
    with Crowd(lambda: service.connect().sock, churners=3) as crowd:
        crowd.add(6)
        crowd.add(4, talks=True, pings=True)
        crowd.add(1, connect=unix, talks=True, twice_ok=True)
        crowd.gather()
        crowd.run(0.1)
        yield crowd


def during(crowd, function, *args, **options):
    """Call it in a thread; the crowd goes on meanwhile.  What it returns."""
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        future = thread.submit(function, *args, **options)
        crowd.run(120, until=future.done)
        return future.result()


def signal_main(service, number):
    os.kill(service.machine.host_pid(service.pid), number)


def wait_next(service, pid):
    """Until another process serves."""
    poll(lambda: service.show("ActiveState") == "active" and service.pid not in (0, pid),
         "the next process")


def kept(crowd, least=50):
    """The verdict: nobody was hung up on, all lines came once and in the one order."""
    crowd.run(0.1)
    verdict = crowd.finish()
    verdict.check()
    assert verdict.lines > least and verdict.deliveries >= 10 * verdict.lines
    return verdict


@pytest.mark.parametrize("verb", ["restart", "try-restart", "kill"])
def test_systemctl_ends_no_connection_by_(verb, service, crowd):
    """`systemctl kill` sends SIGTERM to the keeper, too."""
    for _ in range(2):
        pid = service.pid
        crowd.mark(crash=False)
        during(crowd, service.systemctl, verb)
        during(crowd, wait_next, service, pid)
    assert kept(crowd).repeats == 0, "a restart is exact for the Unix socket, too"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGTERM])
def test_a_signal_ends_no_connection(service, crowd, number):
    """SIGTERM not from systemd: nobody is there to say that it is for good."""
    for restarts in "1", "2":
        pid = service.pid
        crowd.mark(crash=number != signal.SIGTERM)
        signal_main(service, number)
        during(crowd, wait_next, service, pid)
        assert service.show("NRestarts") == restarts
    kept(crowd)


def test_a_kill_of_all_its_processes_ends_no_connection(service, crowd):
    """The keeper dies with it: but everybody is parked, if nobody comes in that very moment."""
    pid = service.pid
    crowd.churners = 0
    crowd.run(until=lambda: not any(isinstance(one, Churner) for one in crowd.all))
    crowd.mark()
    during(crowd, service.machine.run, "systemctl", "kill", "--signal=KILL", "mtchatd")
    during(crowd, wait_next, service, pid)
    kept(crowd)


def test_a_reload_or_reexec_of_systemd_ends_no_connection(service, crowd):
    """It hands the store on to itself; the process lives on, and so does the next one."""
    pid = service.pid
    for verb in "daemon-reload", "daemon-reexec":
        during(crowd, service.machine.run, "systemctl", verb)
        assert service.pid == pid
        crowd.run(0.1)
    crowd.mark()
    signal_main(service, signal.SIGKILL)
    during(crowd, wait_next, service, pid)
    during(crowd, service.machine.run, "systemctl", "daemon-reexec")
    during(crowd, service.systemctl, "restart")
    kept(crowd)


def test_the_watchdog_ends_no_connection(service):
    service.drop_in("[Service]\nWatchdogSec=1\n")
    service.systemctl("restart")
    with service.client() as one, service.client() as two, service.local_client() as local:
        catch_up([one, two, local])
        pid = service.pid
        tid = threads(service.machine, pid)["handler/0"]
        with halted(tid):
            one.say(b"said to a thread that hangs")
            poll(lambda: os.waitpid(tid, WALL | os.WNOHANG)[0] == tid, "the watchdog's kill")
        wait_next(service, pid)
        assert "Watchdog timeout" in service.journal()
        two.say(b"said after")
        for client in one, two:
            assert sorted(client.read_lines(2)) == [b"said after", b"said to a thread that hangs"]
        catch_up([one, two, local])


@pytest.fixture(name="newer", scope="module")
def newer_(packages, tmp_path_factory):
    """mtchatd in a version to come."""
    return repacked(packages[0], str(tmp_path_factory.mktemp("packages")),
                    version_of(packages[0]) + "+1", "of the next version")


def test_packages_end_no_connection(service, crowd, packages, newer):
    """The same once more, an upgrade, and back again."""
    machine = service.machine
    for install, package in ((machine.unpack, packages[0]), (machine.install, newer),
                             (machine.unpack, packages[0])):
        pid = service.pid
        crowd.mark(crash=False)
        during(crowd, install, package)
        assert service.pid != pid, f"{package} restarts it"
        exe = os.readlink(f"/proc/{machine.host_pid(service.pid)}/exe")
        assert exe == PROGRAM, "or it is the old program, deleted"
    assert kept(crowd).repeats == 0


def test_a_program_that_does_not_start_ends_no_connection(service):
    """A broken upgrade, say: they wait until a good one is there."""
    machine, pid = service.machine, service.pid
    with service.client() as tcp, service.local_client() as local:
        catch_up([tcp, local])
        machine.run("mv", PROGRAM, PROGRAM + ".away")
        try:
            machine.run("cp", "/bin/false", PROGRAM)
            signal_main(service, signal.SIGKILL)
            poll(lambda: int(service.show("NRestarts")) >= 10, "ten starts that fail")
            tcp.say(b"anybody there?")
        finally:
            machine.run("mv", PROGRAM + ".away", PROGRAM)
        wait_next(service, pid)
        assert tcp.read_line() == local.read_line() == b"anybody there?"
        catch_up([tcp, local])


@pytest.mark.parametrize("end", ["restart", "kill"])
def test_half_a_line_before_and_its_rest_after(service, end):
    with service.client() as tcp, service.local_client() as local:
        catch_up([tcp, local])
        for client, half in (tcp, b"from "), (local, b"and f"):
            client.send(half)
        pid = service.pid
        if end == "kill":
            signal_main(service, signal.SIGKILL)
            wait_next(service, pid)
        else:
            service.systemctl("restart")
        tcp.send(b"TCP\n")
        assert tcp.read_line() == local.read_line() == b"from TCP"
        local.send(b"rom the Unix socket\n")
        assert tcp.read_line() == local.read_line() == b"and from the Unix socket"


def test_who_comes_in_a_restart_is_let_in(service):
    """The port is always open: whoever connects waits some milliseconds."""
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        for _ in range(3):
            pid, came = service.pid, 0
            restart = thread.submit(service.systemctl, "restart")
            while not restart.done():
                service.client().close()
                came += 1
            restart.result()
            assert service.pid != pid and came >= 2


# The store

def stored(clients):
    """What is in the store then."""
    return BASE + 2 * -(-clients // BAG_SLOTS)


def shown_stored(service):
    return int(service.show("NFileDescriptorStore"))


def test_the_store_does_not_grow(service):
    """Nor does the process, over restarts and kills, whoever comes and goes between."""
    with service.client() as one, service.local_client() as local:
        wait_stored = (lambda: shown_stored(service) == stored(256))
        poll(wait_stored, "the store is full")
        fds = f"/proc/{service.machine.host_pid(service.pid)}/fd"
        before = len(os.listdir(fds))
        for turn in range(20):
            pid = service.pid
            with service.client():
                if turn % 4 == 3:
                    signal_main(service, signal.SIGKILL)
                    wait_next(service, pid)
                else:
                    service.systemctl("restart")
        catch_up([one, local])
        poll(wait_stored, "the store is as it was")
        fds = f"/proc/{service.machine.host_pid(service.pid)}/fd"
        poll(lambda: len(os.listdir(fds)) <= before, "as many descriptors as before")


def cpu_of_systemd(machine):
    """Seconds that PID 1 of the machine has worked."""
    with open(f"/proc/{machine.leader}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0]) / 1e9


def test_a_thousand_clients_are_no_work_for_systemd(service):
    """They are two descriptors for each 240."""
    service.restart(max_clients=1000)
    poll(lambda: shown_stored(service) == stored(1000), "a store for 1000")

    def come():
        return [Client(("127.0.0.1", PORT)) for _ in range(1000)]
    before = cpu_of_systemd(service.machine)
    clients = service.machine.in_network(come)
    try:
        clients[-1].enter()  # so all are
        pid = service.pid
        signal_main(service, signal.SIGKILL)
        wait_next(service, pid)
        catch_up(clients)
        assert cpu_of_systemd(service.machine) - before < 0.1
        assert shown_stored(service) == stored(1000)
        told = service.wait_records("RECOVERED", 1)[-1]["MESSAGE"]
        assert told.startswith("1000 connections go on"), told
    finally:
        for client in clients:
            client.close()


def soft_reboot(service):
    """All programs end, and begin anew.  Nobody looks at it from within: systemd stops and kills
    them, and nsenter stops itself when its child is stopped."""
    pid, machine = service.pid, service.machine
    before = machine.processes("mtchatd")
    machine.run("systemctl", "soft-reboot")
    poll(lambda: machine.processes("mtchatd") - before, "a new process", seconds=120, step=0.1)
    wait_next(service, pid)


def test_a_soft_reboot_ends_no_connection(service, crowd):
    said = service.machine.run("systemctl", "--version").stdout
    if int(re.match(r"systemd (\d+)", said).group(1)) < 254:
        pytest.skip("systemd is older than 254, which has soft-reboot")
    crowd.mark(crash=True)
    during(crowd, soft_reboot, service)
    kept(crowd)
    service.systemctl("stop")
    assert shown_stored(service) == 0


# The end

def processes(service):
    """Of mtchatd, the keeper among them."""
    listed = service.machine.run("ps", "-e", "-o", "comm=").stdout.split()
    return [name for name in listed if name in ("mtchatd", "keeper")]


def assert_let_go(talked, used_a_command):
    """They got all, and the end is no reset."""
    assert talked.read_to_end() == b""
    assert used_a_command.read_to_end() == b"* server stopping\n"


def use_a_command(client):
    client.say(b"/ping")
    assert client.read_line() == b"* pong"


def test_a_stop_is_for_good(service):
    with service.client() as talked, service.client() as pinged, service.local_client() as local:
        catch_up([talked, pinged, local])
        use_a_command(pinged)
        assert sorted(processes(service)) == ["keeper", "mtchatd"]
        service.systemctl("stop")
        assert processes(service) == []
        assert shown_stored(service) == 0
        assert local.read_to_end() == b""
        assert_let_go(talked, pinged)
    assert len(service.records("STOPPING")) == 1 and not service.records("HANDING_ON")
    before = service.now()
    service.systemctl("start")
    service.client().close()
    first = service.wait_records("CLIENT_CONNECTED", 1, before)[0]
    assert first["CLIENT_ID"] == "1", "all begins anew"
    assert not service.records("RECOVERED", before)


def test_a_stop_after_a_crash_is_one_too(service):
    pid = service.pid
    with service.client() as talked, service.client() as pinged:
        catch_up([talked, pinged])
        use_a_command(pinged)
        signal_main(service, signal.SIGKILL)
        wait_next(service, pid)
        catch_up([talked, pinged])
        service.systemctl("stop")
        assert_let_go(talked, pinged)


@pytest.mark.parametrize("verb", ["poweroff", "reboot"])
def test_the_end_of_the_machine_lets_everybody_go(verb, fresh, packages):
    """It is a stop, although no job for the unit was asked for."""
    fresh.unpack(*packages)
    service = Service(fresh)
    with service.client() as talked, service.client() as pinged:
        catch_up([talked, pinged])
        use_a_command(pinged)
        fresh.run("systemctl", verb, check=False)
        assert_let_go(talked, pinged)


# What is told

def test_the_journal_tells_of_restarts_and_crashes(service):
    with service.client(), service.local_client():
        service.systemctl("restart")
        kept_ = service.wait_records("HANDING_ON", 1)[0]
        assert "2 connections are kept" in kept_["MESSAGE"]
        first = service.wait_records("RECOVERED", 1)[0]
        assert "2 connections go on" in first["MESSAGE"]
        pid = service.pid
        signal_main(service, signal.SIGKILL)
        wait_next(service, pid)
        second = service.wait_records("RECOVERED", 2)[1]
        assert len(service.records("HANDING_ON")) == 1
        for record in first, second:
            took, gap = map(int, re.search(r"recovered in (\d+) ms, (\d+) ms after the end",
                                           record["MESSAGE"]).groups())
            assert took <= gap < 5000 and gap > 0, record["MESSAGE"]


BAD = {"a number out of range": "port = 70000;\n", "a syntax error": "port = \n"}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("end", ["kill", "restart"])
def test_a_bad_file_hangs_up_on_nobody(service, text, end):
    service.reload(max_clients=77)
    with service.client() as tcp, service.local_client() as local:
        service.machine.write(OVERRIDE, text)
        pid = service.pid
        if end == "kill":
            signal_main(service, signal.SIGKILL)
            wait_next(service, pid)
        else:
            service.systemctl("restart")
        catch_up([tcp, local])
        service.wait_records("CONFIG_KEPT", 1)
        shown = service.wait_status(r'Status: "2/77 clients.*configuration file refused').string
        assert "Active: active (running)" in shown
        assert re.search(r"test\.conf:1: ", shown), "and which error it is"
        service.reload(max_clients=78)
        service.wait_status(r'Status: "2/78 clients, 1 room, \d+ lines/s"')
        catch_up([tcp, local])
